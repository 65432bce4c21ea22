"""A page becomes the bytes of a receipt printer: raster only, every dot is ours.

Four commands and padding are all that ever leaves (the simulator knows exactly these):

- ``NUL``: padding that fills up a picture left unfinished by an interrupted job
- ``ESC @``: the printer's own settings are back
- ``GS v 0``: a strip of the page, at most 4,096 bytes of dots
- ``GS V 65 0``, ``GS V 66 0``: feed to the cutter and cut, fully or partially
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from printers.limits import FRAGMENT_BYTES_MAX, PAGE_DOTS
from printers.render import render

if TYPE_CHECKING:
    from collections.abc import Mapping

    from printers.document import Document
    from printers.page import Page

NUL: Final = b"\x00"
INITIALISE: Final = b"\x1b@"
RASTER: Final = b"\x1dv0\x00"
CUTS: Final = {"full": b"\x1dV\x41\x00", "partial": b"\x1dV\x42\x00"}

RASTER_HEADER_BYTES: Final = 8
# What surely ends an unfinished picture when nobody knows how long its strip was.
PADDING_BYTES_MAX: Final = FRAGMENT_BYTES_MAX + RASTER_HEADER_BYTES


@dataclass(frozen=True, slots=True)
class Job:
    """Everything of one print, ready before the port opens.

    Args:
        data: all bytes, in order.
        fragments: number of picture strips.
        fragment_max: bytes of dots in the largest strip.
        warnings: what the paper lacks, for example ``missing_glyph U+4E2D``.
    """

    data: bytes
    fragments: int
    fragment_max: int
    warnings: tuple[str, ...]

    @property
    def sha256(self) -> str:
        """Lower-case hex digest of the bytes."""
        return sha256(self.data).hexdigest()


def encode(
    document: Document,
    pictures: Mapping[str, bytes],
    *,
    dots: int = PAGE_DOTS,
    padding_bytes: int = 0,
) -> Job:
    """The bytes of a document.

    Args:
        document: a checked document.
        pictures: PBM files by SHA-256.
        dots: width of the printer.
        padding_bytes: NUL bytes to begin with, after an unclean end or on a new connection.

    Raises:
        DocumentInvalid: it cannot be laid out; nothing has left.
    """
    return encode_page(render(document, pictures, dots=dots), padding_bytes=padding_bytes)


def encode_page(page: Page, *, padding_bytes: int = 0) -> Job:
    """The bytes of a page that :func:`printers.render.render` made."""
    parts = [NUL * padding_bytes, INITIALISE]
    strip_rows = FRAGMENT_BYTES_MAX // page.row_bytes
    sizes = []
    row = 0
    for cut in page.cuts:
        while row < cut.row:
            rows = min(strip_rows, cut.row - row)
            dots = page.data[row * page.row_bytes : (row + rows) * page.row_bytes]
            parts.append(RASTER)
            parts.append(page.row_bytes.to_bytes(2, "little") + rows.to_bytes(2, "little"))
            parts.append(dots)
            sizes.append(len(dots))
            row += rows
        parts.append(CUTS[cut.mode])
    return Job(
        data=b"".join(parts),
        fragments=len(sizes),
        fragment_max=max(sizes, default=0),
        warnings=page.notes,
    )
