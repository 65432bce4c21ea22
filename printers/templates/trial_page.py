"""The page that shows whether a printer can do what its settings say (``printer test``)."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Final

from printers.document import TEST_CODE
from printers.halftone import dithered
from printers.templates.builtin import builtin
from printers.templates.fill import fill

if TYPE_CHECKING:
    from printers.document import Document
    from printers.profiles import Profile
    from printers.templates.fill import Formats

WEDGE_ROWS: Final = 64
_STEPS: Final = 16
# Letters and signs that keyboard-wedge scanners of another country type wrongly.
SCAN_BACK: Final = f"{TEST_CODE}-YZ/0123"
SCAN_BACK_LINE: Final = f"{TEST_CODE}-YZ-09"


def trial_page(
    profile: Profile, *, printer: str, printed_at: str, lang: str, formats: Formats, uid: str
) -> tuple[Document, dict[str, bytes]]:
    """Return the test page of a printer with its pictures.

    Args:
        profile: of the printer, with the dots of its paper.
        printer: its name in the settings.
        printed_at: shop-local minute, ``2026-11-23T14:05``.
        lang: ``de`` or ``en``.
        formats: how values are written.
        uid: of this page.
    """
    template = builtin("test-page", lang)
    if template is None:
        raise AssertionError("the test page belongs to the product: install it again")
    wedge = _wedge(profile.dots)
    name = sha256(wedge).hexdigest()
    columns = profile.dots // 12
    values = {
        "printer": printer,
        "model": profile.model,
        "width": profile.dots,
        "printed_at": printed_at,
        "code": SCAN_BACK,
        "line_code": SCAN_BACK_LINE,
        "ruler": "".join(str((place + 1) % 10) for place in range(columns)),
        "wedge": name,
    }
    document = fill(template, values, formats=formats, subject_uid=uid)
    return document, {name: wedge}


def _wedge(dots: int) -> bytes:
    """A grey wedge from white to black in even steps, as PBM."""
    row = [place * _STEPS // dots for place in range(dots)]
    made = dithered([row] * WEDGE_ROWS, whole=_STEPS - 1)
    packed = b"".join(line.to_bytes(dots // 8, "big") for line in made)
    return f"P4\n{dots} {WEDGE_ROWS}\n".encode() + packed
