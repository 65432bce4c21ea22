"""Texts that come in: ids, codes, names. Their one form stands here.

``Text`` is what lies in a basket: it is read at every scan, so only its length is looked at.
``PlainText`` is what is kept and shown to people: no control character, which would end a name in
C, break a line of paper or move a terminal's cursor.
"""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import Field

from pos_plugin.limits import MAX_TEXT

_CONTROL: Final = r"\x00-\x1f\x7f"

Text = Annotated[str, Field(min_length=1, max_length=MAX_TEXT)]
PlainText = Annotated[str, Field(min_length=1, max_length=MAX_TEXT, pattern=f"^[^{_CONTROL}]*$")]

_CONTROLS: Final = re.compile(f"[{_CONTROL}]")


def has_control(text: str) -> bool:
    r"""Say whether a text holds a control character.

    >>> has_control("Anna Ärmel"), has_control("Anna\x00")
    (False, True)
    """
    return _CONTROLS.search(text) is not None
