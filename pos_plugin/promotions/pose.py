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
    promo: dict[str, array[int]] = {
        name: array("q")
        for name in (
            *("kind", "size", "discounted", "benefit", "value"),
            *("limit", "pool", "cap_minor", "exclusive", "within_buy"),
        )
    }
    step_start, step_least = array("q", [0]), array("q")
    step_benefit, step_value = array("q"), array("q")
    slot_start, slot_quantity, slot_target = array("q", [0]), array("q"), array("q")
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
            quantities = [slot.quantity for slot in offer.slots]
            kind, size = core.BUNDLE, sum(quantities)
        elif isinstance(offer, BuyGet):
            quantities = [slot.quantity for slot in offer.slots]
            targets = len(offer.get)
            kind, size, discounted = core.BUY_GET, sum(quantities), sum(quantities[-targets:])
            within_buy = offer.get_at_most_buy_price
        elif isinstance(offer, QuantityTiers):
            kind = core.STEPS
            for step in offer.steps():
                step_least.append(step.min_quantity)
                step_benefit.append(_BENEFITS[type(step.benefit)])
                step_value.append(_value_of(step.benefit))
        else:
            raise TypeError(f"{offer.kind} is no offer of the article layer")
        if not isinstance(offer, QuantityTiers):
            benefit, value = _BENEFITS[type(offer.benefit)], _value_of(offer.benefit)
        step_start.append(len(step_least))
        of_target = [False] * (len(quantities) - targets) + [True] * targets
        for quantity, is_target, selector in zip(
            quantities, of_target, promotion.selectors(), strict=True
        ):
            slot_quantity.append(quantity)
            slot_target.append(is_target)
            slot_class.extend(place[c] for c in facts.classes_of(selector) if c in place)
            slot_class_start.append(len(slot_class))
        slot_start.append(len(slot_quantity))
        promo["kind"].append(kind)
        promo["size"].append(size)
        promo["discounted"].append(discounted)
        promo["benefit"].append(benefit)
        promo["value"].append(value)
        promo["within_buy"].append(within_buy)
        promo["limit"].append(min((b for b in bounds if b is not None), default=-1))
        promo["pool"].append(pools.pool_of(promotion))
        cap_minor = promotion.limits.max_discount_minor
        promo["cap_minor"].append(-1 if cap_minor is None else cap_minor)
        promo["exclusive"].append(_EXCLUSIVE[promotion.exclusive])
    owners = sorted({tier.promotion.id for tier in tiers})
    ids = [promotion.id for promotion in articles] + owners
    tier_class_start, tier_class = array("q", [0]), array("q")
    for tier in tiers:
        tier_class.extend(
            place[c] for c in facts.classes_of(tier.promotion.selectors()[0]) if c in place
        )
        tier_class_start.append(len(tier_class))
    return core.search(
        price_minor=array("q", [classes[c].price_minor for c in open_classes]),
        count=array("q", [classes[c].count for c in open_classes]),
        **{f"promo_{name}": values for name, values in promo.items()},
        order=array("q", sorted(range(len(ids)), key=ids.__getitem__)),
        step_start=step_start,
        step_least=step_least,
        step_benefit=step_benefit,
        step_value=step_value,
        slot_start=slot_start,
        slot_quantity=slot_quantity,
        slot_target=slot_target,
        slot_class_start=slot_class_start,
        slot_class=slot_class,
        tier_layer=array(
            "q",
            [core.RECEIPT if t.promotion.layer == "receipt" else core.CUSTOMER for t in tiers],
        ),
        # Numbers of their own: those of the article promotions come first.
        tier_promo=array("q", [len(articles) + owners.index(t.promotion.id) for t in tiers]),
        tier_benefit=array("q", [t.benefit for t in tiers]),
        tier_value=array("q", [t.value for t in tiers]),
        tier_min_minor=array("q", [t.min_value_minor for t in tiers]),
        tier_pool=array("q", [pools.pool_of(t.promotion) for t in tiers]),
        tier_exclusive=array("q", [_EXCLUSIVE[t.promotion.exclusive] for t in tiers]),
        tier_cap_minor=array("q", [t.cap_minor for t in tiers]),
        tier_class_start=tier_class_start,
        tier_class=tier_class,
        pool_limit=array("q", pools.limits),
        max_steps=max_steps,
    )
