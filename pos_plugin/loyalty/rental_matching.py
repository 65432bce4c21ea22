"""Which rented articles a return brings back: hosts use one id for both, or two.

The same rules at the till and at head office, so that both count the same rentals.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


class OpenRental(NamedTuple):
    """An article that is out; ``rental`` and ``position`` name it."""

    rental: str
    position: int
    customer: str | None
    sku: str | None


def brought_back(
    skus: Sequence[str | None], is_out: Sequence[OpenRental], *, rental: str, customer: str | None
) -> list[OpenRental | None]:
    """Return for each article that came back what it was rented as; None = nobody knows.

    An article of the same rental id comes first, then the longest rented one of this customer. A
    return that names no article brings back everything of its rental id.

    Args:
        skus: of the articles that came back; None = the host did not say which.
        is_out: what is out under this id or to this customer, the longest rented first.
        rental: the host's id of the return.
        customer: who brought it, if known.

    >>> film = OpenRental("R1", 0, "K1", "film 1")
    >>> brought_back(["film 1"], [film], rental="R2", customer="K1") == [film]
    True
    """
    left = list(is_out)
    if not skus:
        return [one for one in left if _is_of(one, rental, customer)] or [None]
    found: list[OpenRental | None] = []
    for sku in skus:
        here = next(
            (
                one
                for one in left
                if _is_of(one, rental, customer) and (sku is None or one.sku == sku)
            ),
            None,
        )
        if here is None and customer is not None and sku is not None:
            here = next((one for one in left if one.customer == customer and one.sku == sku), None)
        if here is not None:
            left.remove(here)
        found.append(here)
    return found


def _is_of(one: OpenRental, rental: str, customer: str | None) -> bool:
    # A return that names another customer is another rental, whatever its id.
    return one.rental == rental and (customer is None or one.customer == customer)
