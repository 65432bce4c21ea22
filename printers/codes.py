"""Codes to scan as dots: which symbology has room, and how wide its bars are (printing.md P11-P13).

Laws of this file:
1. The quiet zone is part of the width: a code whose edge is not white is not read.
2. What does not fit falls to the next symbology; where none is left the document is refused.
3. Digits in pairs (set C of Code 128) are drawn by us and never sent as a command, because makers
   and emulators do not agree on the bytes of it.

Sources: ISO/IEC 15417 (Code 128), GS1 General Specifications 5.2 (EAN-13).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from printers.errors import DocumentInvalid, InvalidReason
from printers.picture import Picture
from printers.qr import draw_qr

if TYPE_CHECKING:
    from collections.abc import Sequence

Symbology = Literal["auto", "qr", "code128", "ean13"]
Drawn = Literal["qr", "code128", "ean13"]

_SENT_CHARACTERS_MAX: Final = 250
BAR_ROWS: Final = 80
"""10 mm at 203 dots an inch: a hand scanner still hits it on a bent strip."""
MODULE_DOTS: Final = (4, 3, 2)

_CODE128_QUIET: Final = 10
_EAN13_QUIET: Final = (11, 7)
_START_B, _START_C, _TO_B, _STOP = 104, 105, 100, 106
_STOP_BAR: Final = 2  # closes the stop symbol
# Widths of bar, space, bar, space, bar, space in modules; the symbol's value is its place.
_CODE128_WIDTHS: Final = (
    "212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 "
    "112232 122132 122231 113222 123122 123221 223211 221132 221231 213212 223112 312131 "
    "311222 321122 321221 312212 322112 322211 212123 212321 232121 111323 131123 131321 "
    "112313 132113 132311 211313 231113 231311 112133 112331 132131 113123 113321 133121 "
    "313121 211331 231131 213113 213311 213131 311123 311321 331121 312113 312311 332111 "
    "314111 221411 431111 111224 111422 121124 121421 141122 141221 112214 112412 122114 "
    "122411 142112 142211 241211 221114 413111 241112 134111 111242 121142 121241 114212 "
    "124112 124211 411212 421112 421211 212141 214121 412121 111143 111341 131141 114113 "
    "114311 411113 411311 113141 114131 311141 411131 211412 211214 211232 233111"
)
_CODE128: Final = _CODE128_WIDTHS.split(" ")
_EAN_A: Final = ("3211", "2221", "2122", "1411", "1132", "1231", "1114", "1312", "1213", "3112")
# Which of the six left digits are mirrored (set B) says the first digit.
_EAN_PARITY: Final = (
    *("AAAAAA", "AABABB", "AABBAB", "AABBBA", "ABAABB"),
    *("ABBAAB", "ABBBAA", "ABABAB", "ABABBA", "ABBABA"),
)

_ALPHABET: Final = {
    "qr": re.compile(r"[A-Z0-9\-:/.?]+"),
    "code128": re.compile(r"[A-Z0-9\-]+"),
    "ean13": re.compile(r"[0-9]{13}"),
}
_FALLS_TO: Final[dict[str, tuple[Drawn, ...]]] = {
    "auto": ("qr", "code128"),
    "qr": ("qr",),
    "code128": ("code128", "qr"),
    "ean13": ("ean13", "qr"),
}


class DrawnCode(NamedTuple):
    """A code with its quiet zone: ``module_dots`` is the width of its narrowest bar."""

    symbology: Drawn
    module_dots: int
    picture: Picture


def has_alphabet(content: str, symbology: Symbology) -> bool:
    """Say whether a symbology can hold the content; EAN-13 with its right check digit.

    >>> has_alphabet("4006381333931", "ean13"), has_alphabet("4006381333930", "ean13")
    (True, False)
    """
    name = "qr" if symbology == "auto" else symbology
    if _ALPHABET[name].fullmatch(content) is None:
        return False
    return name != "ean13" or ean13_check_digit(content[:12]) == content[12]


def ean13_check_digit(digits: str) -> str:
    """Return the thirteenth digit of twelve.

    >>> ean13_check_digit("400638133393")
    '1'
    """
    weighted = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return str(-weighted % 10)


def draw_code(content: str, symbology: Symbology, *, page_dots: int, where: str) -> DrawnCode:
    """Return a code in the first symbology that has room, as wide as fits.

    Args:
        content: within the alphabet of ``symbology``.
        symbology: ``auto`` is QR, then Code 128.
        page_dots: width of the page.
        where: place of the block, for the refusal.

    Raises:
        DocumentInvalid: ``code_too_wide``.
    """
    for name in _FALLS_TO[symbology]:
        if not has_alphabet(content, name):
            continue
        if name == "qr":
            qr = draw_qr(content, page_dots=page_dots)
            if qr is not None:
                return DrawnCode("qr", *qr)
            continue
        modules = code128_modules(content) if name == "code128" else ean13_modules(content)
        quiet = (_CODE128_QUIET, _CODE128_QUIET) if name == "code128" else _EAN13_QUIET
        bars = _bars(modules, quiet, page_dots)
        if bars is not None:
            return DrawnCode(name, *bars)
    raise DocumentInvalid(
        InvalidReason.CODE_TOO_WIDE,
        where,
        f"a code of {len(content)} characters does not fit on {page_dots} dots",
    )


def needs_drawing(content: str, symbology: Drawn) -> bool:
    """Say whether the code is drawn although the printer has the symbology: set C (law 3).

    Long QR codes, too: the length in their command could read as a real-time command (10 04).
    """
    return content.isdigit() if symbology == "code128" else len(content) > _SENT_CHARACTERS_MAX


def code128_modules(content: str) -> list[int]:
    """Return the widths of a Code 128 in modules, bars and spaces in turn, no quiet zone.

    Digits alone go in pairs (set C), the odd one behind them in set B; all else in set B.

    >>> sum(code128_modules("1234567890123456")), sum(code128_modules("ABCDEFGHIJKLM"))
    (123, 178)
    """
    if content.isdigit() and len(content) > 1:
        paired = len(content) - len(content) % 2
        values = [_START_C, *(int(content[at : at + 2]) for at in range(0, paired, 2))]
        if paired < len(content):
            values += [_TO_B, ord(content[-1]) - ord(" ")]
    else:
        values = [_START_B, *(ord(character) - ord(" ") for character in content)]
    check = (values[0] + sum(place * value for place, value in enumerate(values))) % 103
    widths = [int(width) for value in (*values, check, _STOP) for width in _CODE128[value]]
    return [*widths, _STOP_BAR]


def ean13_modules(digits: str) -> list[int]:
    """Return the widths of an EAN-13 in modules, bars and spaces in turn, no quiet zone.

    >>> sum(ean13_modules("4006381333931"))
    95
    """
    widths = [1, 1, 1]
    for digit, parity in zip(digits[1:7], _EAN_PARITY[int(digits[0])], strict=True):
        pattern = _EAN_A[int(digit)]
        widths += [int(width) for width in (pattern if parity == "A" else reversed(pattern))]
    widths += [1, 1, 1, 1, 1]
    for digit in digits[7:]:
        widths += [int(width) for width in _EAN_A[int(digit)]]
    return [*widths, 1, 1, 1]


def _bars(
    modules: Sequence[int], quiet: tuple[int, int], page_dots: int
) -> tuple[int, Picture] | None:
    wide = sum(modules) + sum(quiet)
    for module_dots in MODULE_DOTS:
        if wide * module_dots > page_dots:
            continue
        row = 0
        for place, width in enumerate(modules):
            dots = width * module_dots
            row = row << dots | (0 if place % 2 else (1 << dots) - 1)
        row <<= quiet[1] * module_dots
        return module_dots, Picture(wide * module_dots, (row,) * BAR_ROWS)
    return None
