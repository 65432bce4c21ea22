"""Wishes that exclude each other: proven from the rules alone, or not said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pos_plugin.promotions.conditions import (
    Age,
    Birthday,
    CustomerKnown,
    History,
    InSegment,
    MinQuantity,
    MinValue,
    Tender,
)
from pos_plugin.promotions.lint.matching import excludes_all
from pos_plugin.promotions.offers import ReceiptDiscount
from pos_plugin.promotions.selector import EVERY_UNIT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pos_plugin.promotions.condition import Condition
    from pos_plugin.promotions.lint.ways import Wish
    from pos_plugin.promotions.promotion import Promotion

OF_CUSTOMER = (CustomerKnown, InSegment, Birthday, Age, History)
"""Leaves that never hold without a customer."""

WISHES_COMPARED: Final = 200
"""Wishes of one way that are compared with each other; of more nothing is proven."""


def needs_customer(promotion: Promotion) -> bool:
    """Return whether a promotion wants a customer whatever its conditions say."""
    offer = promotion.offer
    return (
        promotion.limits.per_customer is not None
        or promotion.layer == "earn"
        or (
            isinstance(offer, ReceiptDiscount)
            and all(tier.benefit.type == "customer_rate" for tier in offer.tiers)
        )
    )


def clash(wishes: Sequence[Wish], *, customer: bool) -> str | None:
    """Return why no sale can meet all wishes, or None where nothing proves that.

    Args:
        wishes: of one way.
        customer: whether a customer is needed besides.
    """
    if len(wishes) > WISHES_COMPARED:
        return None
    return next(_clashes(wishes, customer=customer), None)


def _clashes(wishes: Sequence[Wish], *, customer: bool) -> Iterator[str]:
    unwanted = {wish.leaf for wish in wishes if not wish.holds}
    wanted = [wish.leaf for wish in wishes if wish.holds]
    if any(leaf in unwanted for leaf in wanted):
        yield "the same condition must hold and must not"
    known = customer or any(isinstance(leaf, OF_CUSTOMER) for leaf in wanted)
    if known and any(isinstance(leaf, CustomerKnown) for leaf in unwanted):
        yield "it needs a customer and forbids one"
    forbidden = {code for leaf in wanted if isinstance(leaf, InSegment) for code in leaf.none_of}
    for leaf in wanted:
        if isinstance(leaf, InSegment) and leaf.any_of and forbidden.issuperset(leaf.any_of):
            yield f"in_segment wants only groups that none_of excludes: {', '.join(leaf.any_of)}"
        elif isinstance(leaf, Tender) and not leaf.any_of:
            yield "tender names no means of payment"
        elif _counts(leaf) and excludes_all(leaf.selector() or EVERY_UNIT):
            yield "it counts units of a selector that excludes every unit"
    yield from _empty_ranges(wanted)
    yield from _amounts(wanted, unwanted)


def _counts(leaf: Condition) -> bool:
    """Whether the leaf needs at least one unit."""
    return isinstance(leaf, MinQuantity) or (isinstance(leaf, MinValue) and leaf.minor > 0)


def _empty_ranges(wanted: Sequence[Condition]) -> Iterator[str]:
    ranges: dict[str, list[tuple[int | None, int | None]]] = {}
    for leaf in wanted:
        if isinstance(leaf, History):
            ranges.setdefault(f"history {leaf.metric}", []).append((leaf.min, leaf.max))
        elif isinstance(leaf, Age):
            ranges.setdefault("age", []).append((leaf.min, leaf.max))
    for name, bounds in ranges.items():
        low = max((low for low, _ in bounds if low is not None), default=None)
        high = min((high for _, high in bounds if high is not None), default=None)
        if low is not None and high is not None and low > high:
            yield f"{name} must be at least {low} and at most {high}"


def _amounts(wanted: Sequence[Condition], unwanted: set[Condition]) -> Iterator[str]:
    """Amounts that must be reached and must not: of one selector, or of every unit."""
    for leaf in unwanted:
        if isinstance(leaf, MinValue):
            if leaf.minor == 0:
                yield "min_value of 0 always holds"
            for other in wanted:
                if not isinstance(other, MinValue) or leaf.of not in (other.of, EVERY_UNIT):
                    continue
                if other.minor >= leaf.minor:
                    yield f"the value must reach {other.minor} and stay below {leaf.minor}"
        elif isinstance(leaf, MinQuantity) and leaf.distinct_skus in (None, 1):
            for other in wanted:
                if not isinstance(other, MinQuantity) or leaf.of not in (other.of, EVERY_UNIT):
                    continue
                if max(other.quantity, other.distinct_skus or 1) >= leaf.quantity:
                    yield f"{other.quantity} units must be there and fewer than {leaf.quantity}"
