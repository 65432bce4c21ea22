"""From the rule vocabulary to the tables of the core: what each promotion asks and what it offers.

Made once per generation, in ascending id; the numbers of promotions are their places in it.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any, NamedTuple

from native import codes
from native.limits import INT64_MAX
from pos_plugin.promotions.benefits import AmountOff, CustomerRate, FixedPrice, Percent
from pos_plugin.promotions.conditions import (
    Coupon,
    CustomerKnown,
    InSegment,
    MinQuantity,
    MinValue,
)
from pos_plugin.promotions.offers import (
    Bundle,
    BuyGet,
    NForM,
    QuantityTiers,
    ReceiptDiscount,
    UnitDiscount,
)

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Sequence

    from pos_plugin.promotions.condition import Condition
    from pos_plugin.promotions.promotion import Promotion
    from pos_plugin.promotions.selector import Selector

_BENEFITS: dict[type, int] = {
    Percent: codes.PERCENT,
    AmountOff: codes.AMOUNT_OFF,
    FixedPrice: codes.FIXED_PRICE,
    CustomerRate: codes.CUSTOMER_RATE,
}
_EXCLUSIVE = {"no": codes.SHARED, "units": codes.UNITS, "receipt": codes.ALONE}
_LAYERS = {
    "article": codes.ARTICLE,
    "receipt": codes.RECEIPT,
    "customer": codes.CUSTOMER,
    "earn": codes.EARN,
}


def value_of(benefit: Percent | AmountOff | FixedPrice | CustomerRate) -> int:
    """Return the figure of a benefit: basis points or minor units (cents)."""
    if isinstance(benefit, Percent):
        return benefit.bp
    return benefit.max_bp if isinstance(benefit, CustomerRate) else benefit.minor


class Numbered:
    """Words as numbers, in the order in which they are first named."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def number(self, word: str) -> int:
        """Return the number of a word."""
        return self.numbers.setdefault(word, len(self.numbers))


def gates_of(
    promotions: Sequence[Promotion], number_of: Callable[[Selector], int], selectors: int
) -> dict[str, Any]:
    """Return what the promotions ask, as the arguments of ``native.eligible.Gates``.

    Args:
        promotions: by id.
        number_of: the number of a selector.
        selectors: how many there are.
    """
    segments, series = Numbered(), Numbered()
    gate, condition, word = array("q"), array("q"), array("q")
    condition_start, selector_start, selector = array("q", [0]), array("q", [0]), array("q")
    concern: list[list[int]] = [[] for _ in range(selectors)]
    for number, promotion in enumerate(promotions):
        rows = [_row(one, segments, series, word, number_of) for one in promotion.when]
        asks = (
            promotion.validity.windows
            or promotion.scope.shops
            or promotion.scope.tills
            or None in rows
        )
        from_at, until = promotion.validity.from_, promotion.validity.until
        per_customer = promotion.limits.per_customer
        gate.extend(
            (
                _LAYERS[promotion.layer],
                0 if from_at is None else wall_us(from_at),
                INT64_MAX if until is None else wall_us(until),
                -1 if per_customer is None else per_customer,
                1 if asks else 0,
            )
        )
        for row in rows:
            if row is not None:
                condition.extend(row)
        condition_start.append(len(condition) // codes.CONDITION_COLUMNS)
        own = [number_of(one) for one in promotion.selectors()]
        selector.extend(own)
        selector_start.append(len(selector))
        for one in dict.fromkeys(own):
            concern[one].append(number)
    concern_start, flat = array("q", [0]), array("q")
    for numbers in concern:
        flat.extend(numbers)
        concern_start.append(len(flat))
    return {
        "ids": [promotion.id for promotion in promotions],
        "gate": gate,
        "condition_start": condition_start,
        "condition": condition,
        "word": word,
        "segments": segments.numbers,
        "series": series.numbers,
        "selector_start": selector_start,
        "selector": selector,
        "concern_start": concern_start,
        "concern": flat,
    }


def wall_us(at: dt.datetime) -> int:
    """Return shop-local time as microseconds, as ``native.eligible`` counts them."""
    seconds = at.toordinal() * 86_400 + at.hour * 3_600 + at.minute * 60 + at.second
    return seconds * 1_000_000 + at.microsecond


def _row(
    condition: Condition,
    segments: Numbered,
    series: Numbered,
    word: array[int],
    number_of: Callable[[Selector], int],
) -> tuple[int, ...] | None:
    """Return a condition as a row, or None where only the rules themselves can decide it."""
    if isinstance(condition, CustomerKnown):
        return codes.CUSTOMER_KNOWN, 0, 0, 0, 0
    if isinstance(condition, Coupon):
        return codes.COUPON, series.number(condition.series), 0, 0, 0
    if isinstance(condition, MinValue):
        return codes.MIN_VALUE, number_of(condition.of), condition.minor, 0, 0
    if isinstance(condition, MinQuantity) and condition.distinct_skus is None:
        return codes.MIN_QUANTITY, number_of(condition.of), condition.quantity, 0, 0
    if isinstance(condition, InSegment):
        first = len(word)
        word.extend(segments.number(one) for one in condition.any_of)
        middle = len(word)
        word.extend(segments.number(one) for one in condition.none_of)
        return codes.IN_SEGMENT, first, middle, middle, len(word)
    return None


class _Article(NamedTuple):
    """An offer of the article layer: its figures, and of each slot quantity and target or not."""

    kind: int
    size: int
    discounted: int
    benefit: int
    value: int
    limit: int | None
    within_buy: bool
    slots: list[tuple[int, bool]]


def offers_of(
    promotions: Sequence[Promotion], number_of: Callable[[Selector], int]
) -> dict[str, array[int]]:
    """Return what the promotions offer, as the arguments of ``native.pose.Offers``."""
    promo, layer, twins, place = array("q"), array("q"), array("q"), array("q")
    step_start, step = array("q", [0]), array("q")
    slot_start, slot, selector = array("q", [0]), array("q"), array("q")
    tier_start, tier = array("q", [0]), array("q")
    twin_groups = _twins(promotions, number_of)
    for number, promotion in enumerate(promotions):
        offer = promotion.offer
        own = _article(promotion)
        bounds = [promotion.limits.per_receipt, own.limit]
        cap_minor = promotion.limits.max_discount_minor
        promo.extend(
            (
                *own[:5],
                min((bound for bound in bounds if bound is not None), default=-1),
                -1,
                -1 if cap_minor is None else cap_minor,
                _EXCLUSIVE[promotion.exclusive],
                own.within_buy,
                0,
            )
        )
        layer.append(_LAYERS[promotion.layer])
        group, best = twin_groups.get(number, (-1, 0))
        twins.append(group)
        place.append(best)
        if isinstance(offer, QuantityTiers):
            for one in offer.steps():
                step.extend((one.min_quantity, _BENEFITS[type(one.benefit)], value_of(one.benefit)))
        step_start.append(len(step) // codes.STEP_COLUMNS)
        for quantity, is_target in own.slots:
            slot.extend((quantity, is_target))
        selector.extend(number_of(one) for one in promotion.selectors())
        slot_start.append(len(selector))
        if isinstance(offer, ReceiptDiscount):
            for each in offer.tiers:
                benefit = each.benefit
                tier.extend((_BENEFITS[type(benefit)], value_of(benefit), each.min_value_minor))
        tier_start.append(len(tier) // codes.RULE_TIER_COLUMNS)
    return {
        "promo": promo,
        "layer": layer,
        "twins": twins,
        "place": place,
        "step_start": step_start,
        "step": step,
        "slot_start": slot_start,
        "slot": slot,
        "selector": selector,
        "tier_start": tier_start,
        "tier": tier,
    }


def _article(promotion: Promotion) -> _Article:
    """Return an offer as the search takes it; those of other layers have one slot, their base."""
    offer = promotion.offer
    if isinstance(offer, QuantityTiers):
        return _Article(codes.STEPS, 1, 1, codes.PERCENT, 0, None, False, [(1, False)])
    if not isinstance(offer, UnitDiscount | NForM | Bundle | BuyGet):
        return _Article(codes.N_FOR_M, 1, 1, codes.PERCENT, 0, None, False, [(1, False)])
    kind, size, discounted, limit, within_buy = codes.N_FOR_M, 1, 1, None, False
    slots = [(1, False)]
    if isinstance(offer, UnitDiscount):
        limit = offer.max_units
    elif isinstance(offer, NForM):
        size, discounted, slots = offer.n, offer.discounted, [(offer.n, False)]
    elif isinstance(offer, Bundle):
        slots = [(one.quantity, False) for one in offer.slots]
        kind, size = codes.BUNDLE, sum(quantity for quantity, _ in slots)
    else:
        slots = [(one.quantity, False) for one in offer.buy]
        slots += [(one.quantity, True) for one in offer.get]
        kind, size = codes.BUY_GET, sum(quantity for quantity, _ in slots)
        discounted = sum(one.quantity for one in offer.get)
        within_buy = offer.get_at_most_buy_price
    benefit = offer.benefit
    return _Article(
        kind,
        size,
        discounted,
        _BENEFITS[type(benefit)],
        value_of(benefit),
        limit,
        within_buy,
        slots,
    )


def _twins(
    promotions: Sequence[Promotion], number_of: Callable[[Selector], int]
) -> dict[int, tuple[int, int]]:
    """Return groups of promotions of which one replaces another on every unit.

    Of promotions alike in all but the size of the benefit, and free of limits and coupons, only the
    best can be of use where no threshold asks for less; of equal ones the first by id. The answer
    is the group of a promotion and its place in it, the best first.
    """
    alike: dict[tuple[object, ...], list[tuple[int, int]]] = {}
    for number, promotion in enumerate(promotions):
        offer, limits = promotion.offer, promotion.limits
        if (
            promotion.exclusive != "no"
            or limits.per_receipt is not None
            or limits.max_discount_minor is not None
        ):
            continue
        if isinstance(offer, UnitDiscount) and offer.max_units is None:
            shape: tuple[object, ...] = (1, 1)
        elif isinstance(offer, NForM):
            shape = (offer.n, offer.discounted)
        else:
            continue
        key = (*shape, type(offer.benefit), number_of(offer.on))
        value = value_of(offer.benefit)
        better = value if isinstance(offer.benefit, FixedPrice) else -value
        alike.setdefault(key, []).append((better, number))
    return {
        number: (group, place)
        for group, members in enumerate(alike.values())
        if len(members) > 1
        for place, (_, number) in enumerate(sorted(members))
    }
