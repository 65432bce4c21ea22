"""Promotions and tiers that never save anything, whatever is bought."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pos_plugin.promotions.lint.finding import Finding, FindingCode, Severity
from pos_plugin.promotions.lint.matching import bounds_minor, includes
from pos_plugin.promotions.offers import (
    Bundle,
    BuyGet,
    Earn,
    EarnFixed,
    EarnMultiplier,
    NForM,
    QuantityTiers,
    ReceiptDiscount,
    UnitDiscount,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pos_plugin.promotions.benefits import AmountOff, CustomerRate, FixedPrice, Percent
    from pos_plugin.promotions.lint.shelf import RealShelf
    from pos_plugin.promotions.lint.work import Work
    from pos_plugin.promotions.promotion import Promotion
    from pos_plugin.promotions.selector import Selector

    AnyBenefit = Percent | AmountOff | FixedPrice | CustomerRate


def find(work: Work) -> Iterator[Finding]:
    """Yield promotions that give nothing, and receipt tiers that a lower one always beats."""
    for promotion in work.promotions:
        why, severity = _why_nothing(promotion, work, None), Severity.ERROR
        if why is None and work.articles is not None and promotion.id not in work.dead:
            # A piece sold by weight may cost more than its article: no proof, but worth a look.
            why, severity = _why_nothing(promotion, work, work.articles), Severity.WARNING
        if why is not None:
            work.dead.add(promotion.id)
            yield Finding(
                FindingCode.NEVER_SAVES,
                severity,
                (promotion.id,),
                f"{promotion.id} never saves anything: {why}.",
                work.showcase(promotion),
            )
        elif isinstance(promotion.offer, ReceiptDiscount):
            yield from _idle_tiers(work, promotion, promotion.offer)


def _why_nothing(promotion: Promotion, work: Work, shelf: RealShelf | None) -> str | None:
    offer = promotion.offer
    if promotion.limits.max_discount_minor == 0 and promotion.layer != "earn":
        return "max_discount_minor is 0"
    if isinstance(offer, Earn | EarnFixed):
        return None if offer.points else "it gives 0 points"
    if isinstance(offer, EarnMultiplier):
        others = (p.offer for p in work.promotions if p.id not in work.dead)
        if offer.factor_bp <= 10_000:
            return "a factor of 10000 basis points or less multiplies nothing"
        if not any(isinstance(one, Earn) and one.account == offer.account for one in others):
            return f"nothing earns for the account {offer.account}"
        return None
    if isinstance(offer, ReceiptDiscount | QuantityTiers):
        empty = all(_gives_nothing(tier.benefit) for tier in offer.tiers)
        if not empty and isinstance(offer, QuantityTiers):
            dearest_minor = _dearest_minor(shelf, offer.on)
            empty = all(_keeps(tier.benefit, dearest_minor) for tier in offer.tiers)
        return "no tier takes anything off" if empty else None
    if _gives_nothing(offer.benefit):
        return "its benefit is 0"
    highest_minor = _highest_minor(shelf, offer)
    if _keeps(offer.benefit, highest_minor):
        return (
            f"what it sets a price for costs at most {highest_minor} cents, "
            f"the fixed price is {offer.benefit.minor}"  # type: ignore[union-attr]
        )
    return None


def _gives_nothing(benefit: AnyBenefit) -> bool:
    if benefit.type == "percent":
        return benefit.bp == 0
    if benefit.type == "customer_rate":
        return benefit.max_bp == 0
    return benefit.type == "amount_off" and benefit.minor == 0


def _keeps(benefit: AnyBenefit, highest_minor: int) -> bool:
    if benefit.type == "fixed_price":
        return benefit.minor >= highest_minor
    return _gives_nothing(benefit)


def _highest_minor(shelf: RealShelf | None, offer: UnitDiscount | NForM | Bundle | BuyGet) -> int:
    """Return the highest price that the benefit could meet, in minor units (cents)."""
    if isinstance(offer, Bundle):
        return sum(slot.quantity * _dearest_minor(shelf, slot.on) for slot in offer.slots)
    if isinstance(offer, BuyGet):
        return max(_dearest_minor(shelf, slot.on) for slot in offer.get)
    return _dearest_minor(shelf, offer.on)


def _dearest_minor(shelf: RealShelf | None, selector: Selector) -> int:
    """Return the highest price of a unit, of these articles or as far as the selector says."""
    if shelf is not None:
        prices = (shelf.articles[number].unit_price_minor for number in shelf.of(selector))
        return max(prices, default=0)
    return max(bounds_minor(match)[1] for match in includes(selector))


def _idle_tiers(work: Work, promotion: Promotion, offer: ReceiptDiscount) -> Iterator[Finding]:
    for tier in offer.tiers:
        for other in offer.tiers:
            if other is tier or other.min_value_minor > tier.min_value_minor:
                continue
            mine, theirs = tier.benefit, other.benefit
            if mine.type != theirs.type or _size(mine) > _size(theirs):
                continue
            if other.min_value_minor == tier.min_value_minor and _size(mine) == _size(theirs):
                continue
            yield Finding(
                FindingCode.TIER_NEVER_USED,
                Severity.WARNING,
                (promotion.id,),
                f"The tier of {promotion.id} from {tier.min_value_minor} cents gives no more than "
                f"that from {other.min_value_minor} cents: it is never used.",
                work.showcase(promotion),
                figures={
                    "tier_min_value_minor": tier.min_value_minor,
                    "better_tier_min_value_minor": other.min_value_minor,
                },
            )
            break


def _size(benefit: AnyBenefit) -> int:
    if benefit.type == "percent":
        return benefit.bp
    return benefit.max_bp if benefit.type == "customer_rate" else benefit.minor
