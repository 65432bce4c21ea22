"""Pictures of a voucher: PBM (P4) files named by their own SHA-256, nothing else.

As PBM has it, a file holds one picture or several, one behind the other: the same one, made ready
for places of different width, the widest first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from printers.halftone import resampled, thresholded
from printers.limits import ASSET_BYTES_MAX, PAGE_ROWS_MAX

# Digits are bounded, so that no header can ask for more than the file holds.
_HEADER: Final = re.compile(rb"P4\s(?:#[^\n]{0,200}\n)?([1-9][0-9]{0,4})\s+([1-9][0-9]{0,4})\s")
_PICTURES_MAX: Final = 4


@dataclass(frozen=True, slots=True)
class Picture:
    """Rows of a picture as integers, the leftmost dot in bit ``width_dots - 1``, 1 is black."""

    width_dots: int
    rows: tuple[int, ...]

    # The rungs of one voucher, and the next voucher, want the same again. A till has about nine
    # pictures, of some 25 kB each; one that was not made for its place takes long to draw.
    @lru_cache(maxsize=32)  # noqa: B019 - of values, which hold nothing
    def scaled_to(self, width_dots: int, *, line_art: bool = False) -> Picture | None:
        """The picture at another width; None if it would be longer than a page.

        Pictures come at the width of their place, so this changes them only when a shop's layout
        and its picture do not fit each other. Logos are line art: their edges stay hard, while the
        grey of covers is dithered anew.
        """
        if width_dots == self.width_dots:
            return self if len(self.rows) <= PAGE_ROWS_MAX else None
        height = max(1, len(self.rows) * width_dots // self.width_dots)
        if height > PAGE_ROWS_MAX:
            return None
        again = thresholded if line_art else resampled
        rows = again(self.rows, width=self.width_dots, new_width=width_dots, new_height=height)
        return Picture(width_dots, tuple(rows))


def read_pbm(file: bytes) -> Picture | None:
    """The widest picture in a PBM file of type P4; None if it is anything else or cut off."""
    pictures = read_pbms(file)
    return pictures[0] if pictures else None


def read_pbms(file: bytes) -> tuple[Picture, ...]:
    """All pictures in a PBM file, in its order; none if a byte of it is wrong or missing."""
    if len(file) > ASSET_BYTES_MAX:
        return ()
    found: list[Picture] = []
    place = 0
    while place < len(file):
        header = _HEADER.match(file, place)
        if header is None or len(found) == _PICTURES_MAX:
            return ()
        width_dots, height_dots = int(header[1]), int(header[2])
        row_bytes = -(-width_dots // 8)
        place = header.end() + row_bytes * height_dots
        if place > len(file):
            return ()
        spare_bits = 8 * row_bytes - width_dots
        rows = tuple(
            int.from_bytes(file[start : start + row_bytes], "big") >> spare_bits
            for start in range(header.end(), place, row_bytes)
        )
        found.append(Picture(width_dots, rows))
    return tuple(found)
