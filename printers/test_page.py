"""The test page: what a printer and a scanner have to show before a shop trusts them.

A ruler as wide as the paper, the letters that go wrong first, a wedge from white to black, and
codes with the characters that a scanner mixes up when it believes in another keyboard. Its words
and its layout are the template ``test-page`` of the product.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Final, Literal

from printers.limits import CHARACTER_DOTS
from printers.templates.builtin import builtin
from printers.templates.fill import NoFormats, fill

if TYPE_CHECKING:
    from collections.abc import Mapping

    from printers.document import Document

QR_CONTENT: Final = "SKTEST-YZ/-0123456789"
BAR_CONTENT: Final = "SKTEST-YZ-09"

_TEMPLATE: Final = "test-page"
_WEDGE_ROWS: Final = 48
_WEDGE_STEPS: Final = 16
# Bayer's matrix: sixteen greys that no printer can mistake for lines.
_BAYER: Final = ((0, 8, 2, 10), (12, 4, 14, 6), (3, 11, 1, 9), (15, 7, 13, 5))


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
    template = builtin(_TEMPLATE, lang)
    if template is None:
        raise FileNotFoundError(_TEMPLATE)
    wedge = _wedge(dots)
    name = sha256(wedge).hexdigest()
    document = fill(
        template,
        {
            "printer": printer,
            "width": str(dots),
            "said": said,
            "code": QR_CONTENT,
            "line_code": BAR_CONTENT,
            "wedge": name,
            "ruler": _ruler(dots // CHARACTER_DOTS),
        },
        formats=NoFormats(),
        subject_uid=_TEMPLATE,
    )
    return document, {name: wedge}


# The name begins as those of tests do, and it is none.
test_page.__test__ = False  # type: ignore[attr-defined]


def _ruler(columns: int) -> str:
    """One line from edge to edge, a figure at each fifth character.

    >>> _ruler(12)
    '|...5....0.|'
    """
    marks = "".join("." if place % 5 else str(place % 10) for place in range(2, columns))
    return f"|{marks}|"


def _wedge(dots: int) -> bytes:
    rows = bytearray()
    for row in range(_WEDGE_ROWS):
        packed = 0
        for column in range(dots):
            grey = column * (_WEDGE_STEPS + 1) // dots
            packed = packed << 1 | (_BAYER[row % 4][column % 4] < grey)
        rows += packed.to_bytes(dots // 8, "big")
    return f"P4\n{dots} {_WEDGE_ROWS}\n".encode() + bytes(rows)
