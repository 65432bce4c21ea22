"""What is left to pay, exactly, of units that one promotion took alone."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from typing import TYPE_CHECKING

from pos_plugin.promotions.offers import Bundle, QuantityTiers, UnitDiscount
from pos_plugin.promotions.settle import benefit_minor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pos_plugin.promotions.benefits import AmountOff, FixedPrice, Percent
    from pos_plugin.promotions.promotion import Promotion
    from pos_plugin.promotions.result import Result


def left_over(promotion: Promotion, prices_minor: Sequence[int], alone: Result) -> list[Fraction]:
    """Return what is left of each line's units, in minor units (cents), before any rounding.

    Args:
        promotion: of the article layer.
        prices_minor: price of one unit of each line.
        alone: result of these lines with this promotion only; it applies.
    """
    benefit = _benefit(promotion, alone.promotions[0].applications)
    given = [Fraction(0)] * len(prices_minor)
    # Per group of equal applications: line, units, units that are reduced.
    groups: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    times: dict[int, int] = {}
    for number, line in enumerate(alone.lines):
        for one in line.discounts:
            units = one.units_milli // 1000
            targets = units if one.role == "target" else 0
            groups[one.application].append((number, units, targets))
            times[one.application] = one.times
    for application, members in groups.items():
        if isinstance(promotion.offer, UnitDiscount | QuantityTiers):
            for number, units, _ in members:
                given[number] += benefit_minor(benefit, prices_minor[number]) * units
            continue
        worth_minor = sum(prices_minor[number] * units for number, units, _ in members)
        whole: Fraction | int
        if isinstance(promotion.offer, Bundle):
            one_minor = worth_minor // times[application]
            whole = benefit_minor(benefit, one_minor) * times[application]
        else:
            whole = sum(
                benefit_minor(benefit, prices_minor[number]) * targets
                for number, _, targets in members
            )
        for number, units, _ in members:
            given[number] += Fraction(whole * prices_minor[number] * units) / (worth_minor or 1)
    cap_minor = promotion.limits.max_discount_minor
    total = sum(given, Fraction(0))
    cut = Fraction(1) if cap_minor is None or total <= cap_minor else Fraction(cap_minor) / total
    return [
        line.gross_minor - discount * cut for line, discount in zip(alone.lines, given, strict=True)
    ]


def _benefit(promotion: Promotion, units: int) -> Percent | AmountOff | FixedPrice:
    offer = promotion.offer
    if isinstance(offer, QuantityTiers):
        return [tier for tier in offer.steps() if tier.min_quantity <= units][-1].benefit
    benefit: Percent | AmountOff | FixedPrice = offer.benefit  # type: ignore[union-attr]
    return benefit
