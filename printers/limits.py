"""Every limit of printing in one place; each says its name when it is hit (``InvalidReason``)."""

from __future__ import annotations

from typing import Final

BLOCKS_MAX: Final = 200
TEXT_CHARACTERS_MAX: Final = 2_000
DOCUMENT_BYTES_MAX: Final = 64 * 1024
PAGE_ROWS_MAX: Final = 4_000
CODES_MAX: Final = 3
COVERS_MAX: Final = 4
COPY_INDEX_MAX: Final = 99
COLUMN_CELLS_MAX: Final = 4
FEED_ROWS_MAX: Final = 400

# A file of this size is already more paper than a page may have: 576 dots x 3,640 rows.
ASSET_BYTES_MAX: Final = 256 * 1024

PAGE_DOTS: Final = 576
CHARACTER_DOTS: Final = 12

# P16: what printers on fast lines take in one GS v 0 without pausing in the middle of a picture.
FRAGMENT_BYTES_MAX: Final = 4_096
