"""What stands on every further print of a voucher, and on every print of training.

No template can remove these: who prints asks here, not in the document's blocks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from printers.document import Document

_TRAINING: Final = "TRAINING"
_COPY_BAR: Final = {"de": "NACHDRUCK", "en": "REPRINT"}
_COPY_LINE: Final = {"de": "Nachdruck", "en": "Reprint"}


def bars(document: Document) -> list[str]:
    """The inverse bars on top, from above."""
    found = [_TRAINING] if document.training else []
    if document.copy_index:
        found.append(f"{_COPY_BAR[document.lang]} {document.copy_index}")
    return found


def copy_line(document: Document) -> str:
    """The line under each code of a copy, with day and minute; empty on the original."""
    if not document.copy_index:
        return ""
    day, _, time = (document.copied_at or "").partition("T")
    if document.lang == "de":
        day = f"{day[8:10]}.{day[5:7]}.{day[0:4]}"
    return f"{_COPY_LINE[document.lang]} {document.copy_index}, {day} {time}"
