"""The shipped bitmap strikes: 12 x 24 dots, regular and bold, the same on every machine.

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

Glyph = tuple[int, ...]

_RECORD: Final = struct.Struct(">I24H")

# What stands for characters that look the same on paper: blanks of other widths, hyphens that do
# not break, and the capital sharp s, which Terminus lacks.
_ALIKE: Final = {"\u202f": " ", "\u2009": " ", "\u2007": " ", "\u2010": "-", "\u2011": "-"} | {
    "\u1e9e": "ß"
}

# A missing glyph is an empty box: nobody mistakes it for a letter, and the line keeps its width.
_EDGE: Final = 0b001111111100
_SIDES: Final = 0b001000000100
BOX: Final[Glyph] = (0,) * 4 + (_EDGE,) + (_SIDES,) * 13 + (_EDGE,) + (0,) * 5


@cache
def strike(*, bold: bool) -> Mapping[str, Glyph]:
    """Glyphs by character: 24 rows, the leftmost dot in bit 11."""
    packed = files(__package__).joinpath(f"{'bold' if bold else 'regular'}_12x24.bin").read_bytes()
    if packed[:4] != b"SKG1":
        raise AssertionError("the shipped glyph file is damaged: install the package again")
    glyphs = {chr(code): tuple(rows) for code, *rows in _RECORD.iter_unpack(packed[4:])}
    glyphs.update((other, glyphs[shown]) for other, shown in _ALIKE.items())
    return glyphs
