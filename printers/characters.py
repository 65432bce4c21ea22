"""Law 6 of printing: no control character of any name, text or code reaches a printer."""

from __future__ import annotations

import unicodedata

_LINE_SEPARATORS = {"\r\n": "\n", "\r": "\n", "\x85": "\n", "\u2028": "\n", "\u2029": "\n"}
# Cc: C0 and C1. Cf: bidirectional overrides, zero-width marks, soft hyphens, all of them
# invisible on paper. Cs: halves of characters. Co, Cn: no glyph anywhere, but they show as a box,
# so that a damaged name is seen; therefore they stay.
_INVISIBLE = frozenset({"Cc", "Cf", "Cs"})


def printable(text: str) -> str:
    r"""Text as it may be printed: composed, line breaks as ``\n``, nothing invisible.

    A customer's name is no reason to refuse a voucher, so what cannot be printed is left out
    instead of refused. Tabulators become blanks.

    >>> printable("Ła\x1b@\u202eŞ\tahin\x00")
    'Ła@Ş ahin'
    """
    if text.isprintable() and unicodedata.is_normalized("NFC", text):
        return text  # nearly every text; nothing below would change it
    for separator, line_break in _LINE_SEPARATORS.items():
        text = text.replace(separator, line_break)
    kept = "".join(
        character
        for character in text.replace("\t", " ")
        if character == "\n" or unicodedata.category(character) not in _INVISIBLE
    )
    # Composing comes last: leaving a mark out can bring a letter and its accent together.
    return unicodedata.normalize("NFC", kept)
