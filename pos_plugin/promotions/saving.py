"""Whether a promotion alone could make a sale cheaper at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pos_plugin.promotions.benefits import CustomerRate, Percent
from pos_plugin.promotions.eligible import allowed_units
from pos_plugin.promotions.formed import Places, Seats, places_of, split_by_price
from pos_plugin.promotions.offers import (
    Bundle,
    BuyGet,
    NForM,
    QuantityTiers,
    ReceiptDiscount,
    UnitDiscount,
)
from pos_plugin.promotions.settle import benefit_minor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pos_plugin.model import Customer
    from pos_plugin.promotions.classes import UnitClass
    from pos_plugin.promotions.facts import SaleFacts
    from pos_plugin.promotions.offers.receipt_discount import Tier
    from pos_plugin.promotions.promotion import Promotion


def could_save(
    promotion: Promotion,
    customer: Customer | None,
    classes: Sequence[UnitClass],
    facts: SaleFacts,
) -> bool:
    """Return whether some application of it gives something, were it the only promotion.

    Args:
        promotion: of any layer but earning; an application can be formed, a tier is reached.
        customer: of the sale, for a rate of their own.
        classes: units of the sale, in falling price.
        facts: what selectors match.
    """
    if promotion.limits.max_discount_minor == 0:
        return False
    offer = promotion.offer
    places = places_of(promotion, classes, facts)
    prices = [classes[c].price_minor for c in places[0].classes]
    if isinstance(offer, ReceiptDiscount):
        base_minor = sum(classes[c].price_minor * classes[c].count for c in places[0].classes)
        return base_minor > 0 and any(
            tier.min_value_minor <= base_minor and _gives(tier, customer) for tier in offer.tiers
        )
    if isinstance(offer, UnitDiscount):
        return any(benefit_minor(offer.benefit, price) for price in prices)
    if isinstance(offer, NForM):
        # Of the n dearest units the dearest one that is reduced.
        return (
            benefit_minor(offer.benefit, _nth_price(offer.n - offer.discounted, places[0], classes))
            > 0
        )
    if isinstance(offer, QuantityTiers):
        return _a_tier_saves(
            offer, prices, units=_units(places[0], classes), limit=allowed_units(promotion, facts)
        )
    if isinstance(offer, Bundle):
        worth_minor = Seats(places, classes).worth_minor
        return benefit_minor(offer.benefit, worth_minor) > 0
    if isinstance(offer, BuyGet):
        return _a_gift_saves(offer, places, classes)
    return False


def _gives(tier: Tier, customer: Customer | None) -> bool:
    benefit = tier.benefit
    if isinstance(benefit, CustomerRate):
        return min(benefit.max_bp, 0 if customer is None else customer.instant_discount_bp) > 0
    return (benefit.bp if isinstance(benefit, Percent) else benefit.minor) > 0


def _units(places: Places, classes: Sequence[UnitClass]) -> int:
    return sum(classes[c].count for c in places.classes)


def _nth_price(number: int, places: Places, classes: Sequence[UnitClass]) -> int:
    """Scanned price of a unit by falling price, counted from 0."""
    for c in places.classes:
        number -= classes[c].count
        if number < 0:
            return classes[c].price_minor
    return 0


def _a_tier_saves(
    offer: QuantityTiers, prices: Sequence[int], *, units: int, limit: int | None
) -> bool:
    most = units if limit is None else min(units, limit)
    return any(
        tier.min_quantity <= most and benefit_minor(tier.benefit, price)
        for tier in offer.tiers
        for price in prices
    )


def _a_gift_saves(offer: BuyGet, places: tuple[Places, ...], classes: Sequence[UnitClass]) -> bool:
    """Whether an application can be formed in which a unit given is worth something."""
    ways = split_by_price(places, classes) if offer.get_at_most_buy_price else [places]
    for way in ways:
        for slot, one in enumerate(way):
            if not one.is_target:
                continue
            reduced = [
                c for c in one.classes if benefit_minor(offer.benefit, classes[c].price_minor)
            ]
            if not reduced:
                continue
            rest = Places(one.quantity - 1, one.classes, is_target=True)
            others = way[:slot] + way[slot + 1 :]
            if Seats((Places(1, reduced, is_target=True), rest, *others), classes).is_full:
                return True
    return False
