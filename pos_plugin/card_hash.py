"""How a card is found: by a hash of its number's one written form, never by the number itself."""

from __future__ import annotations

import hashlib

HASH_BYTES = 16


def normalised(code: str) -> str:
    """Return a code without blanks and hyphens, in upper case.

    >>> normalised(" 29-0000 0123a ")
    '2900000123A'
    """
    return "".join(code.split()).replace("-", "").upper()


def card_hash(code: str, card_key: bytes) -> bytes:
    """Return the 16 bytes by which a card is found: BLAKE2b keyed per chain.

    The key keeps one chain's hashes useless for another; it is no secrecy: card numbers are few.
    """
    plain = normalised(code).encode()
    return hashlib.blake2b(plain, digest_size=HASH_BYTES, key=card_key).digest()
