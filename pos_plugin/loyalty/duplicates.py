"""Who a new customer may already be (Doubletten): reasons to look twice, never a merge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LISTED_MAX: Final = 10
REASONS: Final = ("birthday_name", "email", "phone")
"""In the order of their weight: a family shares its phone, nobody a name with a birthday."""


class Likeness(NamedTuple):
    """A known customer and why it may be the new one."""

    customer: str
    reasons: tuple[str, ...]


def ranked(by_reason: Mapping[str, Iterable[str]]) -> list[Likeness]:
    """Return each customer once with its reasons, the likeliest first, at most ten.

    Args:
        by_reason: ids of those found for each of ``REASONS``.

    >>> ranked({"phone": ["K2", "K1"], "birthday_name": ["K1"]})
    [Likeness(customer='K1', reasons=('birthday_name', 'phone')), Likeness(customer='K2', \
reasons=('phone',))]
    """
    known: dict[str, set[str]] = {}
    for reason, found in by_reason.items():
        for customer in found:
            known.setdefault(customer, set()).add(reason)
    likenesses = [
        Likeness(customer, tuple(one for one in REASONS if one in reasons))
        for customer, reasons in known.items()
    ]
    likenesses.sort(
        key=lambda one: (-len(one.reasons), REASONS.index(one.reasons[0]), one.customer)
    )
    return likenesses[:LISTED_MAX]
