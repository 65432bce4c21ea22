"""Poses the question to the core: units, eligible promotions and open tiers as arrays."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, NamedTuple

from native import search as core
from pos_plugin.promotions.benefits import AmountOff, FixedPrice, Percent
from pos_plugin.promotions.offers import (
    Bundle,
    BuyGet,
    NForM,
    QuantityTiers,
    ReceiptDiscount,
    UnitDiscount,
)

if TYPE_CHECKING:
    from pos_plugin.model import Customer
    from pos_plugin.promotions.classes import UnitClass
    from pos_plugin.promotions.coupons import CouponPools
    from pos_plugin.promotions.facts import SaleFacts
    from pos_plugin.promotions.promotion import Promotion

_BENEFITS: dict[type, int] = {
    Percent: core.PERCENT,
    AmountOff: core.AMOUNT_OFF,
    FixedPrice: core.FIXED_PRICE,
}
_EXCLUSIVE = {"no": core.SHARED, "units": core.UNITS, "receipt": core.ALONE}


class TierChoice(NamedTuple):
    """A tier that may be chosen: its promotion, and the benefit as the core takes it."""

    promotion: Promotion
    benefit: int
    value: int
    min_value_minor: int
    cap_minor: int = -1


def undominated(articles: list[Promotion], pools: CouponPools) -> list[Promotion]:
    """Leave out promotions that another one replaces on every unit, by id.

    Of promotions alike in all but the size of the benefit, and free of limits and coupons, only the
    best can be of use; of equal ones the first by id.
    """
    best: dict[object, Promotion] = {}
    kept: list[Promotion] = []
    for promotion in articles:
        offer, limits = promotion.offer, promotion.limits
        bounded = (
            limits.per_receipt is not None
            or limits.max_discount_minor is not None
            or pools.pool_of(promotion) >= 0
            or (isinstance(offer, UnitDiscount) and offer.max_units is not None)
        )
        if bounded or promotion.exclusive != "no" or not isinstance(offer, UnitDiscount | NForM):
            kept.append(promotion)
            continue
        shape = offer.model_copy(update={"benefit": None})
        key = (type(offer.benefit), shape)
        rival = best.get(key)
        if rival is None or _is_better(offer.benefit, rival.offer.benefit):  # type: ignore[union-attr]
            best[key] = promotion
    return sorted([*kept, *best.values()], key=lambda promotion: promotion.id)


def _value_of(benefit: Percent | AmountOff | FixedPrice) -> int:
    return benefit.bp if isinstance(benefit, Percent) else benefit.minor


def _is_better(
    benefit: Percent | AmountOff | FixedPrice, other: Percent | AmountOff | FixedPrice
) -> bool:
    if isinstance(benefit, Percent) and isinstance(other, Percent):
        return benefit.bp > other.bp
    if isinstance(benefit, AmountOff) and isinstance(other, AmountOff):
        return benefit.minor > other.minor
    return (
        isinstance(benefit, FixedPrice)
        and isinstance(other, FixedPrice)
        and benefit.minor < other.minor
    )


def tiers_of(eligible: list[Promotion], customer: Customer | None) -> list[TierChoice]:
    """Return every tier of the receipt and customer promotions that could give something."""
    tiers = []
    for promotion in eligible:
        if not isinstance(promotion.offer, ReceiptDiscount):
            continue
        for tier in promotion.offer.tiers:
            benefit, value = core.PERCENT, 0
            if isinstance(tier.benefit, Percent):
                value = tier.benefit.bp
            elif isinstance(tier.benefit, AmountOff):
                benefit, value = core.AMOUNT_OFF, tier.benefit.minor
            elif customer is not None:
                value = min(tier.benefit.max_bp, customer.instant_discount_bp)
            cap_minor = promotion.limits.max_discount_minor
            if not value or cap_minor == 0:
                continue
            if cap_minor is None:
                tiers.append(TierChoice(promotion, benefit, value, tier.min_value_minor))
            elif benefit == core.AMOUNT_OFF:
                capped = min(value, cap_minor)
                tiers.append(TierChoice(promotion, benefit, capped, tier.min_value_minor))
            else:
                # Below the cap a rate, from there on an amount: the core takes both as tiers.
                reached_minor = -(-cap_minor * 10_000 // value)
                tiers += [
                    TierChoice(promotion, benefit, value, tier.min_value_minor, cap_minor),
                    TierChoice(
                        promotion,
                        core.AMOUNT_OFF,
                        cap_minor,
                        max(tier.min_value_minor, reached_minor),
                    ),
                ]
    return tiers


def search(
    classes: list[UnitClass],
    open_classes: list[int],
    articles: list[Promotion],
    tiers: list[TierChoice],
    facts: SaleFacts,
    pools: CouponPools,
    *,
    max_steps: int,
) -> core.Found:
    """Hand the discountable units and the eligible promotions to the core."""
    place = {c: i for i, c in enumerate(open_classes)}
    owners = sorted({tier.promotion.id for tier in tiers})
    ids = sorted([promotion.id for promotion in articles] + owners)
    rank = {promotion: number for number, promotion in enumerate(ids)}
    promo = array("q")
    step_start, step = array("q", [0]), array("q")
    slot_start, slot = array("q", [0]), array("q")
    slot_class_start, slot_class = array("q", [0]), array("q")
    for promotion in articles:
        offer = promotion.offer
        kind, size, discounted = core.N_FOR_M, 1, 1
        quantities, targets, within_buy = [1], 0, False
        benefit, value = core.PERCENT, 0
        bounds = [promotion.limits.per_receipt]
        if isinstance(offer, UnitDiscount):
            bounds.append(offer.max_units)
        elif isinstance(offer, NForM):
            size, discounted, quantities = offer.n, offer.discounted, [offer.n]
        elif isinstance(offer, Bundle):
            quantities = [one.quantity for one in offer.slots]
            kind, size = core.BUNDLE, sum(quantities)
        elif isinstance(offer, BuyGet):
            quantities = [one.quantity for one in offer.slots]
            targets = len(offer.get)
            kind, size, discounted = core.BUY_GET, sum(quantities), sum(quantities[-targets:])
            within_buy = offer.get_at_most_buy_price
        elif isinstance(offer, QuantityTiers):
            kind = core.STEPS
            for one in offer.steps():
                step.extend(
                    (one.min_quantity, _BENEFITS[type(one.benefit)], _value_of(one.benefit))
                )
        else:
            raise TypeError(f"{offer.kind} is no offer of the article layer")
        if not isinstance(offer, QuantityTiers):
            benefit, value = _BENEFITS[type(offer.benefit)], _value_of(offer.benefit)
        step_start.append(len(step) // core.STEP_COLUMNS)
        of_target = [False] * (len(quantities) - targets) + [True] * targets
        for quantity, is_target, selector in zip(
            quantities, of_target, promotion.selectors(), strict=True
        ):
            slot.extend((quantity, is_target))
            slot_class.extend(place[c] for c in facts.classes_of(selector) if c in place)
            slot_class_start.append(len(slot_class))
        slot_start.append(len(slot) // core.SLOT_COLUMNS)
        cap_minor = promotion.limits.max_discount_minor
        promo.extend(
            (
                *(kind, size, discounted, benefit, value),
                min((b for b in bounds if b is not None), default=-1),
                pools.pool_of(promotion),
                -1 if cap_minor is None else cap_minor,
                _EXCLUSIVE[promotion.exclusive],
                within_buy,
                rank[promotion.id],
            )
        )
    tier = array("q")
    tier_class_start, tier_class = array("q", [0]), array("q")
    for choice in tiers:
        promotion = choice.promotion
        tier.extend(
            (
                core.RECEIPT if promotion.layer == "receipt" else core.CUSTOMER,
                # Numbers of their own: those of the article promotions come first.
                len(articles) + owners.index(promotion.id),
                *(choice.benefit, choice.value, choice.min_value_minor),
                pools.pool_of(promotion),
                _EXCLUSIVE[promotion.exclusive],
                choice.cap_minor,
                rank[promotion.id],
            )
        )
        base = facts.classes_of(promotion.selectors()[0])
        tier_class.extend(place[c] for c in base if c in place)
        tier_class_start.append(len(tier_class))
    return core.search(
        price_minor=array("q", [classes[c].price_minor for c in open_classes]),
        count=array("q", [classes[c].count for c in open_classes]),
        promo=promo,
        step_start=step_start,
        step=step,
        slot_start=slot_start,
        slot=slot,
        slot_class_start=slot_class_start,
        slot_class=slot_class,
        tier=tier,
        tier_class_start=tier_class_start,
        tier_class=tier_class,
        pool_limit=array("q", pools.limits),
        max_steps=max_steps,
    )
