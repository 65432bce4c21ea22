"""What a paper lacks, in words for people: the warnings of a job say it in one word each."""

from __future__ import annotations

from typing import Final

_WORDS: Final = {
    "missing_picture": "a picture is not here: {}",
    "missing_glyph": "no letter for {}: a box stands there",
    "code_fell": "the paper is too narrow for {0}: {1} instead",
    "encoder_fell": "this profile names no letters of the printer (cp858_slot): {1}, not {0}",
}


def in_words(warning: str) -> str:
    """Return a warning as a sentence.

    >>> in_words("missing_glyph U+4E2D")
    'no letter for U+4E2D: a box stands there'
    """
    kind, *values = warning.split(" ")
    return _WORDS[kind].format(*values)
