"""The test page: what a printer and a scanner have to show before a shop trusts them.

A ruler as wide as the paper, the letters that go wrong first, a wedge from white to black, and
codes with the characters that a scanner mixes up when it believes in another keyboard.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Final, Literal

from printers.document import SCHEMA, Document

if TYPE_CHECKING:
    from collections.abc import Mapping

QR_CONTENT: Final = "SKTEST-YZ/-0123456789"
BAR_CONTENT: Final = "SKTEST-YZ-09"

_WEDGE_ROWS: Final = 48
_WEDGE_STEPS: Final = 16
# Bayer's matrix: sixteen greys that no printer can mistake for lines.
_BAYER: Final = ((0, 8, 2, 10), (12, 4, 14, 6), (3, 11, 1, 9), (15, 7, 13, 5))
_CHARACTER_DOTS: Final = 12
_WORDS: Final = {
    "de": {
        "title": "Testseite",
        "dots": "Punkte",
        "ruler": "Jeder Strich ist ein Zeichen breit; beide Ränder müssen da sein.",
        "letters": "Umlaute, ß und € müssen lesbar sein:",
        "wedge": "Von Weiß nach Schwarz ohne Streifen:",
        "codes": "Beide Codes scannen; Y und Z, - und / dürfen nicht vertauscht sein.",
    },
    "en": {
        "title": "Test page",
        "dots": "dots",
        "ruler": "Each mark is one character wide; both edges must be there.",
        "letters": "Umlauts, ß and € must be readable:",
        "wedge": "From white to black without stripes:",
        "codes": "Scan both codes; Y and Z, - and / must not be swapped.",
    },
}


def test_page(
    *, dots: int, lang: Literal["de", "en"], printer: str, said: str
) -> tuple[Document, Mapping[str, bytes]]:
    """Return the page and its pictures.

    Args:
        dots: width of the paper.
        lang: of its words.
        printer: name in the settings.
        said: when and where, one line.
    """
    wedge = _wedge(dots)
    name = sha256(wedge).hexdigest()
    words = _WORDS[lang]
    columns = dots // _CHARACTER_DOTS
    ruler = "".join(str(number % 10) if number % 5 == 0 else "." for number in range(1, columns))
    blocks: list[dict[str, object]] = [
        {"type": "text", "value": words["title"], "size": 2, "bold": True, "align": "center"},
        {"type": "text", "value": f"{printer}, {dots} {words['dots']}", "align": "center"},
        {"type": "text", "value": said, "align": "center"},
        {"type": "feed", "rows": 12},
        {"type": "text", "value": f"|{ruler[:-1]}|"},
        {"type": "text", "value": words["ruler"]},
        {"type": "rule", "style": "solid"},
        {"type": "text", "value": words["letters"]},
        {"type": "text", "value": "ÄÖÜ äöü ß € Łukasz Şahin „…“"},
        {"type": "text", "value": "ÄÖÜ äöü ß €", "size": 2},
        {"type": "rule", "style": "dashed"},
        {"type": "text", "value": words["wedge"]},
        {"type": "image", "asset": name, "width_percent": 100, "align": "left"},
        {"type": "feed", "rows": 12},
        {"type": "text", "value": words["codes"]},
        {"type": "code", "content": QR_CONTENT, "symbology": "qr", "role": "test_mark"},
        {"type": "feed", "rows": 12},
        {"type": "code", "content": BAR_CONTENT, "symbology": "code128"},
        {"type": "cut", "mode": "partial"},
    ]
    document = Document.from_dict(
        {
            "schema": SCHEMA,
            "kind": "test_page",
            "subject_uid": "test-page",
            "lang": lang,
            "blocks": blocks,
        }
    )
    return document, {name: wedge}


# The name begins as those of tests do, and it is none.
test_page.__test__ = False  # type: ignore[attr-defined]


def _wedge(dots: int) -> bytes:
    rows = bytearray()
    for row in range(_WEDGE_ROWS):
        packed = 0
        for column in range(dots):
            grey = column * (_WEDGE_STEPS + 1) // dots
            packed = packed << 1 | (_BAYER[row % 4][column % 4] < grey)
        rows += packed.to_bytes(dots // 8, "big")
    return f"P4\n{dots} {_WEDGE_ROWS}\n".encode() + bytes(rows)
