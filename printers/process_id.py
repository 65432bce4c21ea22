"""The 4 characters by which a printer answers for one attempt (P28, GS ( H function 48)."""

from __future__ import annotations

from hashlib import sha256
from typing import Final

_FIRST: Final = 0x21
_LETTERS: Final = 0x7A - _FIRST + 1
_LENGTH: Final = 4


def process_id(till: str, job_uid: str, attempt: int) -> str:
    """Return the process id of an attempt: 4 characters from 21H to 7AH.

    Two attempts get the same one once in 65 million; an answer left over from another job or till
    is then still refused, because only one job is in flight.

    Args:
        till: shop and number of the till.
        job_uid: of the print job.
        attempt: from 1.

    Example:
        >>> process_id("001-3", "a", 1)
        'ET=y'
    """
    number = int.from_bytes(sha256(f"{till}\n{job_uid}\n{attempt}".encode()).digest()[:8])
    characters = []
    for _ in range(_LENGTH):
        number, letter = divmod(number, _LETTERS)
        characters.append(chr(_FIRST + letter))
    return "".join(characters)
