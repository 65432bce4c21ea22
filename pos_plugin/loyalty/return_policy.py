"""Which discount policy a return follows: the shop's own, with exceptions by promotion.

1. A receipt is repriced when one of its promotions says so; one without promotions follows the
   shop. What does not belong together with the goods that come back costs the same either way.
2. What a promotion of ``all_or_nothing`` gave together comes back together, or not at all.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from pos_plugin.loyalty.returns import SoldLine


class DiscountPolicy(StrEnum):
    """What becomes of a discount when part of the goods comes back (domain.md §7.2)."""

    PRORATED = "prorated"
    REPRICE_REMAINING = "reprice_remaining"
    ALL_OR_NOTHING = "all_or_nothing"


class Together(NamedTuple):
    """The goods that equal applications of a promotion took together.

    Args:
        promotion: its id.
        times: number of equal applications.
        units_milli: line id to what all of them took of it, in thousandths.
    """

    promotion: str
    times: int
    units_milli: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ReturnPolicy:
    """The policy of a shop, and of single promotions.

    Args:
        shop: what holds where nothing else is said.
        by_promotion: exceptions by promotion id.
    """

    shop: DiscountPolicy = DiscountPolicy.PRORATED
    by_promotion: Mapping[str, DiscountPolicy] = field(default_factory=dict)

    def of(self, promotion: str) -> DiscountPolicy:
        """Return what holds for a promotion."""
        return self.by_promotion.get(promotion, self.shop)

    def reprices(self, promotions: Collection[str]) -> bool:
        """Say whether a return from a receipt with these promotions prices the rest anew."""
        asked = {self.of(one) for one in promotions} or {self.shop}
        return DiscountPolicy.REPRICE_REMAINING in asked

    def torn(self, groups: Iterable[Together], lines: Mapping[str, SoldLine]) -> Together | None:
        """Return a group that must stay whole and of which only a part is back; None = none.

        Args:
            groups: of the receipt.
            lines: of the receipt by id, after the return.

        A bundle of a shirt and a belt, of which the belt comes back:

        >>> from pos_plugin.loyalty.returns import SoldLine
        >>> bundle = Together("BUNDLE", 1, {"shirt": 1000, "belt": 1000})
        >>> lines = {
        ...     "shirt": SoldLine("shirt", "s", 1000, 7000),
        ...     "belt": SoldLine("belt", "b", 1000, 2900, returned_milli=1000),
        ... }
        >>> ReturnPolicy(DiscountPolicy.ALL_OR_NOTHING).torn([bundle], lines) == bundle
        True
        """
        for group in groups:
            if self.of(group.promotion) is not DiscountPolicy.ALL_OR_NOTHING:
                continue
            if not any(_fits(group, lines, back) for back in range(group.times + 1)):
                return group
        return None


def _fits(group: Together, lines: Mapping[str, SoldLine], back: int) -> bool:
    """Say whether what came back can be so many whole applications, and goods beside them."""
    for line_id, units_milli in group.units_milli.items():
        line = lines[line_id]
        beside_milli = line.quantity_milli - units_milli
        at_least = max(0, line.returned_milli - beside_milli) * group.times
        at_most = min(line.returned_milli, units_milli) * group.times
        if not at_least <= back * units_milli <= at_most:
            return False
    return True
