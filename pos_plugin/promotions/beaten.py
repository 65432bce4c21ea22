"""Which applied promotions stand in the way of one that is beaten."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pos_plugin.promotions.eligible import coupon_manners
from pos_plugin.promotions.offers import EarnMultiplier

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pos_plugin.promotions.classes import UnitClass
    from pos_plugin.promotions.facts import SaleFacts
    from pos_plugin.promotions.promotion import Promotion
    from pos_plugin.promotions.result import LineResult


def beaten_by(
    promotion: Promotion,
    applied: Sequence[Promotion],
    lines: Sequence[LineResult],
    classes: Sequence[UnitClass],
    facts: SaleFacts,
) -> tuple[str, ...]:
    """Return who took its units, or its layer: by id.

    Where nobody did, those that use its coupons; else those that would give less on its units (a
    gift is forgone to keep a receipt over its threshold), or all that apply where what they give
    is rounded away.

    Args:
        promotion: not applied, though it could save something.
        applied: the promotions that are, earning aside.
        lines: of the result, with what each promotion gave there.
        classes: units of the sale.
        facts: what selectors match, and the coupons.
    """
    own = {
        number
        for selector in promotion.selectors()
        for c in facts.classes_of(selector)
        if classes[c].discountable
        for number, _ in classes[c].lines
    }
    on_its_lines = {(one.promotion, one.layer) for number in own for one in lines[number].discounts}
    if promotion.layer == "article":
        found = {name for name, layer in on_its_lines if layer == "article"}
    else:
        found = {other.id for other in applied if other.layer == promotion.layer}
    if not found:
        series = _series(promotion, facts)
        found = {one.id for one in applied if not series.isdisjoint(_series(one, facts))}
    if not found:
        found = {name for name, _ in on_its_lines} or {one.id for one in applied}
    return tuple(sorted(found))


def _series(promotion: Promotion, facts: SaleFacts) -> set[str]:
    return {one for manner in coupon_manners(promotion, facts).sets for one in manner}


def outdone_by(
    promotion: Promotion, applied: Sequence[Promotion], facts: SaleFacts
) -> tuple[str, ...]:
    """Return the multipliers of its account that hold on units that this multiplier means."""
    offer = promotion.offer
    if not isinstance(offer, EarnMultiplier):
        return ()
    own = set(facts.classes_of(offer.on))
    return tuple(
        other.id
        for other in applied
        if isinstance(other.offer, EarnMultiplier)
        and other.offer.account == offer.account
        and not own.isdisjoint(facts.classes_of(other.offer.on))
    )
