"""A member whose card nobody knows here yet: it earns, it redeems nothing, its owner comes later.

The id is made of the card's hash, so every till of the chain gives the same card the same id and
head office can move what it earned when somebody owns the card.
"""

from __future__ import annotations

from typing import Final

_PREFIX: Final = "card:"


def provisional_id(code_hash: bytes) -> str:
    """Return the customer id of a card without a known owner.

    >>> provisional_id(bytes(2))
    'card:0000'
    """
    return _PREFIX + code_hash.hex()


def is_provisional(customer: str | None) -> bool:
    """Say whether a customer id stands for a card without a known owner; such a one only earns.

    >>> is_provisional("card:00ff"), is_provisional("K100"), is_provisional(None)
    (True, False, False)
    """
    return customer is not None and customer.startswith(_PREFIX)
