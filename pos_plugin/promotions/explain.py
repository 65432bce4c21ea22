"""Why a promotion does not apply: the first reason in the order of promotions.md §5."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pos_plugin.promotions.benefits import CustomerRate, FixedPrice, Percent
from pos_plugin.promotions.condition import Missing
from pos_plugin.promotions.eligible import refusal
from pos_plugin.promotions.offers import (
    Bundle,
    BuyGet,
    EarnMultiplier,
    NForM,
    QuantityTiers,
    ReceiptDiscount,
    UnitDiscount,
)
from pos_plugin.promotions.result import NotApplied
from pos_plugin.promotions.settle import benefit_minor

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pos_plugin.model import Basket
    from pos_plugin.promotions.classes import UnitClass
    from pos_plugin.promotions.facts import SaleFacts
    from pos_plugin.promotions.promotion import Promotion
    from pos_plugin.promotions.rounding import Piece
    from pos_plugin.promotions.selector import Selector


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the chosen solution did: applied promotions, and what each layer found of the units.

    ``bases`` are the units with what earlier layers left, for ``receipt`` and ``customer``;
    ``given_minor`` is what each of these layers gives now, in minor units (cents).
    """

    applied: set[str]
    bases: Mapping[str, list[Piece]]
    given_minor: Mapping[str, int]
    total_minor: int


def explain(
    promotions: Sequence[Promotion],
    basket: Basket,
    classes: list[UnitClass],
    facts: SaleFacts,
    outcome: Outcome,
) -> tuple[NotApplied, ...]:
    """Return one reason for every promotion of the generation that is not applied, by id."""
    alone = [
        promotion
        for promotion in promotions
        if promotion.exclusive == "receipt" and promotion.id in outcome.applied
    ]
    reasons = []
    for promotion in promotions:
        if promotion.id in outcome.applied:
            continue
        missing = (
            refusal(promotion, basket, facts)
            or _units_missing(promotion, classes, facts)
            or _tier_missing(promotion, classes, facts, outcome)
        )
        if missing is None:
            if promotion.layer == "earn":
                is_outdone = _is_outdone(promotion, promotions, facts, outcome)
                missing = Missing("beaten" if is_outdone else "no_saving")
            elif not _could_save(promotion, basket, classes, facts):
                missing = Missing("no_saving")
            elif (
                alone or promotion.exclusive == "receipt" or _closed_out(promotion, facts, outcome)
            ):
                missing = Missing("excluded")
            else:
                missing = Missing("beaten")
        reasons.append(NotApplied(promotion.id, *missing))
    return tuple(reasons)


def _units_missing(
    promotion: Promotion, classes: list[UnitClass], facts: SaleFacts
) -> Missing | None:
    """Units that match but are price-bound, no units, or too few to form one application."""
    offer = promotion.offer
    matching = [facts.classes_of(selector) for selector in promotion.selectors()]
    if promotion.layer == "earn":
        return None if matching[0] else Missing("no_matching_units")
    open_units = [
        sum(classes[c].count for c in found if classes[c].discountable) for found in matching
    ]
    if all(matching) and not all(open_units):
        return Missing("not_discountable")
    if not all(matching):
        return Missing("no_matching_units")
    if isinstance(offer, NForM) and open_units[0] < offer.n:
        return Missing("min_quantity", offer.n, open_units[0])
    if isinstance(offer, QuantityTiers):
        limit = promotion.limits.per_receipt
        have = open_units[0] if limit is None else min(open_units[0], limit)
        need = offer.steps()[0].min_quantity
        return Missing("min_quantity", need, have) if have < need else None
    if isinstance(offer, Bundle | BuyGet):
        for slot, have in zip(offer.slots, open_units, strict=True):
            if have < slot.quantity:
                return Missing("min_quantity", slot.quantity, have)
        need = sum(slot.quantity for slot in offer.slots)
        reach = {c for found in matching for c in found if classes[c].discountable}
        have = sum(classes[c].count for c in reach)
        if have < need:
            return Missing("min_quantity", need, have)
    if isinstance(offer, BuyGet) and offer.get_at_most_buy_price:
        return _gift_missing(offer, classes, facts)
    return None


def _gift_missing(offer: BuyGet, classes: list[UnitClass], facts: SaleFacts) -> Missing | None:
    """Units to be given that cost no more than what could be bought for them."""
    at_most_minor = min(_prices(slot.on, classes, facts)[slot.quantity - 1] for slot in offer.buy)
    for slot in offer.get:
        have = sum(price <= at_most_minor for price in _prices(slot.on, classes, facts))
        if have < slot.quantity:
            return Missing("min_quantity", slot.quantity, have)
    return None


def _prices(of: Selector, classes: list[UnitClass], facts: SaleFacts) -> list[int]:
    """Scanned prices of the discountable units that match, falling."""
    return [
        classes[c].price_minor
        for c in facts.classes_of(of)
        if classes[c].discountable
        for _ in range(classes[c].count)
    ]


def _is_outdone(
    promotion: Promotion, promotions: Sequence[Promotion], facts: SaleFacts, outcome: Outcome
) -> bool:
    """Whether another multiplier of the account holds on units that this one means, too."""
    offer = promotion.offer
    if not isinstance(offer, EarnMultiplier):
        return False
    own = set(facts.classes_of(offer.on))
    return any(
        isinstance(other.offer, EarnMultiplier)
        and other.offer.account == offer.account
        and other.id in outcome.applied
        and own & set(facts.classes_of(other.offer.on))
        for other in promotions
    )


def _tier_missing(
    promotion: Promotion, classes: list[UnitClass], facts: SaleFacts, outcome: Outcome
) -> Missing | None:
    """The lowest tier against the base that the chosen solution leaves."""
    offer = promotion.offer
    if not isinstance(offer, ReceiptDiscount):
        return None
    have_minor = base_minor(promotion, classes, facts, outcome)
    need_minor = min(tier.min_value_minor for tier in offer.tiers)
    return Missing("min_value", need_minor, have_minor) if have_minor < need_minor else None


def base_minor(
    promotion: Promotion, classes: list[UnitClass], facts: SaleFacts, outcome: Outcome
) -> int:
    """Return the base of a receipt or customer promotion: what earlier layers left, in cents."""
    wanted = set(facts.classes_of(promotion.selectors()[0]))
    return sum(
        piece.left_minor * piece.count
        for piece in outcome.bases[promotion.layer]
        if piece.unit_class in wanted
        and classes[piece.unit_class].discountable
        and not piece.closed
    )


def _could_save(
    promotion: Promotion, basket: Basket, classes: list[UnitClass], facts: SaleFacts
) -> bool:
    """Whether the benefit could lower the price of any unit it can take."""
    offer = promotion.offer
    reduced = promotion.selectors()
    if isinstance(offer, BuyGet):
        reduced = tuple(slot.on for slot in offer.get)
    prices = [
        classes[c].price_minor
        for selector in reduced
        for c in facts.classes_of(selector)
        if classes[c].discountable
    ]
    if isinstance(offer, ReceiptDiscount):
        rate_bp = 0 if basket.customer is None else basket.customer.instant_discount_bp
        return any(prices) and any(
            min(tier.benefit.max_bp, rate_bp) > 0
            if isinstance(tier.benefit, CustomerRate)
            else (tier.benefit.bp if isinstance(tier.benefit, Percent) else tier.benefit.minor) > 0
            for tier in offer.tiers
        )
    if promotion.limits.max_discount_minor == 0:
        return False
    if isinstance(offer, QuantityTiers | BuyGet):
        steps = offer.steps() if isinstance(offer, QuantityTiers) else [offer]
        return any(benefit_minor(step.benefit, price) for step in steps for price in prices)
    if not isinstance(offer, UnitDiscount | NForM | Bundle):
        return False
    benefit = offer.benefit
    if isinstance(benefit, FixedPrice):
        return _dearest(offer, classes, facts) > benefit.minor
    return any(prices) and (benefit.bp if isinstance(benefit, Percent) else benefit.minor) > 0


def _dearest(
    offer: UnitDiscount | NForM | Bundle, classes: list[UnitClass], facts: SaleFacts
) -> int:
    """Highest scanned price of one target: a unit, or the dearest units of all slots together."""
    total_minor = 0
    quantities = [slot.quantity for slot in offer.slots] if isinstance(offer, Bundle) else [1]
    for selector, quantity in zip(offer.selectors(), quantities, strict=True):
        left = quantity
        for c in facts.classes_of(selector):
            if classes[c].discountable and left:
                used = min(left, classes[c].count)
                total_minor += classes[c].price_minor * used
                left -= used
    return total_minor


def _closed_out(promotion: Promotion, facts: SaleFacts, outcome: Outcome) -> bool:
    """Whether every unit of a later layer's base was taken by an exclusive promotion."""
    if promotion.layer == "article":
        return False
    wanted = set(facts.classes_of(promotion.selectors()[0]))
    own = [piece for piece in outcome.bases[promotion.layer] if piece.unit_class in wanted]
    return bool(own) and all(piece.closed for piece in own)
