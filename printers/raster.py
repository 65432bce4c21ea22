"""The commands that carry dots, written by ourselves (ADR 0012): constants and strips."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from printers.limits import FRAGMENT_BYTES_MAX

if TYPE_CHECKING:
    from collections.abc import Iterator

NUL: Final = b"\x00"
INITIALISE: Final = b"\x1b@"
RASTER: Final = b"\x1dv0\x00"
CUTS: Final = {"full": b"\x1dV\x41\x00", "partial": b"\x1dV\x42\x00"}
# ESC J n: paper beyond the tear bar of a printer that cannot cut.
NO_CUTTER_FEED_ROWS: Final = 160
FEED: Final = b"\x1bJ" + bytes([NO_CUTTER_FEED_ROWS])

RASTER_HEADER_BYTES: Final = 8
# What surely ends an unfinished picture when nobody knows how long its strip was.
PADDING_BYTES_MAX: Final = FRAGMENT_BYTES_MAX + RASTER_HEADER_BYTES


def strips(data: bytes, *, row_bytes: int, fragment_bytes: int) -> Iterator[tuple[bytes, int]]:
    """Yield the commands of a picture from above, each with its bytes of dots.

    Args:
        data: packed rows.
        row_bytes: bytes of a row.
        fragment_bytes: most bytes of dots in one command; a row always has room.
    """
    step = row_bytes * max(1, fragment_bytes // row_bytes)
    for start in range(0, len(data), step):
        dots = data[start : start + step]
        rows = len(dots) // row_bytes
        head = RASTER + row_bytes.to_bytes(2, "little") + rows.to_bytes(2, "little")
        yield head + dots, len(dots)
