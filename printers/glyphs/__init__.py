"""The shipped bitmap strikes: 12 x 24 and 8 x 16 dots, regular and bold, the same everywhere.

Made by ``packaging/make_glyphs.py``; the licence of the dots stands beside them.
"""

from __future__ import annotations

import struct
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

WIDTH_DOTS: Final = 12
HEIGHT_DOTS: Final = 24
SMALL_WIDTH_DOTS: Final = 8
SMALL_HEIGHT_DOTS: Final = 16

Glyph = tuple[int, ...]

# What stands for characters that look the same on paper: blanks of other widths, hyphens that do
# not break, and the capital sharp s, which Terminus lacks.
_ALIKE: Final = {"\u202f": " ", "\u2009": " ", "\u2007": " ", "\u2010": "-", "\u2011": "-"} | {
    "\u1e9e": "ß"
}

# A missing glyph is an empty box: nobody mistakes it for a letter, and the line keeps its width.
_EDGE: Final = 0b001111111100
_SIDES: Final = 0b001000000100
BOX: Final[Glyph] = (0,) * 4 + (_EDGE,) + (_SIDES,) * 13 + (_EDGE,) + (0,) * 5
SMALL_BOX: Final[Glyph] = (0,) * 2 + (0b01111110,) + (0b01000010,) * 9 + (0b01111110,) + (0,) * 3


@cache
def strike(*, bold: bool) -> Mapping[str, Glyph]:
    """Glyphs by character: 24 rows, the leftmost dot in bit 11."""
    thin = _read(f"{'bold' if bold else 'regular'}_12x24.bin", HEIGHT_DOTS)
    # Terminus is drawn for screens: a stroke one dot wide comes out pale on thermal paper
    # and closes up where it is white in a black bar. Letters of printers have two; so have ours.
    return {letter: tuple(_thicker(row) for row in glyph) for letter, glyph in thin.items()}


@cache
def small_strike(*, bold: bool) -> Mapping[str, Glyph]:
    """Glyphs by character: 16 rows, the leftmost dot in bit 7."""
    return _read(f"{'bold' if bold else 'regular'}_8x16.bin", SMALL_HEIGHT_DOTS)


def _thicker(row: int) -> int:
    # Never so near the next stroke, or the next letter, that both would run together.
    return row | (row >> 1 & ~(row << 1) & ~(row << 2) & ~1)


def _read(name: str, rows: int) -> Mapping[str, Glyph]:
    packed = files(__package__).joinpath(name).read_bytes()
    if packed[:4] != b"SKG1":
        raise AssertionError("the shipped glyph file is damaged: install the package again")
    record = struct.Struct(f">I{rows}H")
    glyphs = {chr(code): tuple(rest) for code, *rest in record.iter_unpack(packed[4:])}
    glyphs.update((other, glyphs[shown]) for other, shown in _ALIKE.items())
    return glyphs
