"""Brute-force oracle of the best price: every packing of a small basket, in exact arithmetic.

Written from promotions.md §2 to §4 and from nothing else. Slow and plain on purpose: it lists what
each article promotion can take and give (``Way``), joins the ways of all promotions in every manner
that does not take a unit twice, and puts every receipt and customer tier on top. Nothing is cut but
duplicates: equal units are counted, and of two joins that leave the same units, coupons and bases
the one with the higher discount stays. Earning is outside.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations_with_replacement, product
from typing import TYPE_CHECKING

from oracle_sale import Doc, Unit, line_gross_minor, may_apply, selects, units_of

if TYPE_CHECKING:
    from collections.abc import Iterator

Counts = tuple[int, ...]  # one per class of equal units
Exacts = tuple[Fraction, ...]  # one per cell
Series = tuple[str, ...]  # coupons that are left, sorted

ZERO = Fraction(0)


@dataclass(frozen=True)
class Way:
    """All that one article promotion does on the receipt."""

    taken: Counts
    times: int
    discount: Fraction
    discount_of_cell: Exacts


@dataclass(frozen=True)
class State:
    """What the promotions joined so far leave to the others.

    ``bases``: per cell, what is left of the units that later layers may still discount.
    """

    free: Counts
    coupons: Series
    bases: Exacts


def best_total(promotions: list[Doc], sale: Doc) -> Fraction:
    """Return the exact lowest total of the sale in minor units, over all layers together."""
    gross = Fraction(sum(line_gross_minor(line) for line in sale["lines"]))
    usable = [p for p in promotions if p["layer"] != "earn" and may_apply(p, sale)]
    together = [p for p in usable if p.get("exclusive") != "receipt"]
    # An exclusive promotion that applies is alone on the receipt.
    alone = [[p] for p in usable if p.get("exclusive") == "receipt"]
    return gross - max(_best_discount(group, sale) for group in [together, *alone])


def _best_discount(promotions: list[Doc], sale: Doc) -> Fraction:
    article, receipt, customer = (
        [p for p in promotions if p["layer"] == layer]
        for layer in ("article", "receipt", "customer")
    )
    basket = _Basket(sale, later=receipt + customer)
    coupons = tuple(sorted(coupon["series"] for coupon in sale.get("coupons", ())))
    states = {State(basket.counts, coupons, basket.bases): ZERO}
    for number, promotion in enumerate(article):
        still_wanted = basket.wanted_by(article[number + 1 :])
        states = _join(states, basket, promotion, still_wanted)
    return max(
        discount + _later_discount(basket, state, receipt, customer)
        for state, discount in states.items()
    )


class _Basket:
    """Equal units as classes with a count; cells are the units that later layers treat alike."""

    def __init__(self, sale: Doc, later: list[Doc]) -> None:
        count_of = Counter(unit for unit in units_of(sale) if unit.discountable)
        self.sale = sale
        self.classes: list[Unit] = list(count_of)
        self.counts: Counts = tuple(count_of.values())
        seen_by = [
            tuple(n for n, p in enumerate(later) if selects(p["offer"].get("on"), unit))
            for unit in self.classes
        ]
        # Units that no later promotion sees need no cell: only their discount counts.
        self.cells = sorted(set(seen_by) - {()})
        self.cell_of = [self.cells.index(key) if key else None for key in seen_by]
        self.cells_of = {
            p["id"]: [n for n, key in enumerate(self.cells) if number in key]
            for number, p in enumerate(later)
        }
        self.bases = self.price_of_cells(self.counts)

    def price(self, taken: Counts) -> int:
        return sum(n * unit.price_minor for n, unit in zip(taken, self.classes, strict=True))

    def price_of_cells(self, taken: Counts) -> Exacts:
        prices = [ZERO] * len(self.cells)
        for n, unit, cell in zip(taken, self.classes, self.cell_of, strict=True):
            if cell is not None:
                prices[cell] += n * unit.price_minor
        return tuple(prices)

    def wanted_by(self, promotions: list[Doc]) -> list[bool]:
        selectors = [on for p in promotions for on in _selectors(p["offer"])]
        return [any(selects(on, unit) for on in selectors) for unit in self.classes]


# --- article layer --------------------------------------------------------------------------------


def _selectors(offer: Doc) -> list[Doc | None]:
    slots = offer.get("slots") or [*offer.get("buy", []), *offer.get("get", [])] or [offer]
    return [slot.get("on") for slot in slots]


def off(benefit: Doc, price: Fraction | int) -> Fraction:
    """What a benefit takes off a price, a bundle's sum or a base; never more than it."""
    if benefit["type"] == "percent":
        return Fraction(price) * benefit["bp"] / 10_000
    if benefit["type"] == "amount_off":
        return Fraction(min(benefit["minor"], price))
    return Fraction(max(price - benefit["minor"], 0))  # fixed_price


def _applications(offer: Doc, basket: _Basket) -> Iterator[tuple[Counts, Fraction]]:
    """Every distinct application that saves something: units taken per class, discount."""
    if offer["kind"] == "buy_get":
        yield from _gifts(offer, basket)
        return
    every = range(len(basket.classes))
    slots = [
        list(
            combinations_with_replacement(
                [c for c in every if selects(slot.get("on"), basket.classes[c])], size
            )
        )
        for slot, size in _slots(offer)
    ]
    seen = set()
    for fill in product(*slots):
        picked = sorted((c for part in fill for c in part), key=lambda c: _price(basket, c))
        taken = tuple(picked.count(c) for c in every)
        if taken in seen or any(n > have for n, have in zip(taken, basket.counts, strict=True)):
            continue
        seen.add(taken)
        if offer["kind"] == "bundle":
            discount = off(offer["benefit"], basket.price(taken))
        else:
            cheapest = picked[: offer.get("discounted", 1)]
            benefit = offer.get("benefit") or {"type": "percent", "bp": 10_000}
            discount = sum((off(benefit, _price(basket, c)) for c in cheapest), ZERO)
        if discount > 0:
            yield taken, discount


def _gifts(offer: Doc, basket: _Basket) -> Iterator[tuple[Counts, Fraction]]:
    """Every distinct application of a buy-get: which units are bought and which are given."""
    every = range(len(basket.classes))

    def fills(slots: list[Doc]) -> list[tuple[int, ...]]:
        parts = [
            combinations_with_replacement(
                [c for c in every if selects(slot.get("on"), basket.classes[c])],
                slot.get("quantity", 1),
            )
            for slot in slots
        ]
        return sorted({tuple(sorted(c for part in fill for c in part)) for fill in product(*parts)})

    seen = set()
    for bought, given in product(fills(offer["buy"]), fills(offer["get"])):
        cheapest = min(_price(basket, c) for c in bought)
        if offer.get("get_at_most_buy_price") and any(_price(basket, c) > cheapest for c in given):
            continue
        taken = tuple((bought + given).count(c) for c in every)
        discount = sum((off(offer["benefit"], _price(basket, c)) for c in given), ZERO)
        fits = all(n <= have for n, have in zip(taken, basket.counts, strict=True))
        if fits and discount > 0 and (taken, discount) not in seen:
            seen.add((taken, discount))
            yield taken, discount


def _tiered_ways(offer: Doc, basket: _Basket, most: int) -> Iterator[Way]:
    """Every number of units of every class, at the highest tier that their number reaches."""
    ranges = [
        range(have + 1 if selects(offer.get("on"), unit) else 1)
        for unit, have in zip(basket.classes, basket.counts, strict=True)
    ]
    for taken in product(*ranges):
        reached = [t for t in offer["tiers"] if t["min_quantity"] <= sum(taken)]
        if not reached or sum(taken) > most:
            continue
        benefit = max(reached, key=lambda t: t["min_quantity"])["benefit"]
        of_cell = [ZERO] * len(basket.cells)
        discount = ZERO
        for n, unit, cell in zip(taken, basket.classes, basket.cell_of, strict=True):
            part = n * off(benefit, unit.price_minor)
            discount += part
            if cell is not None:
                of_cell[cell] += part
        if discount > 0:
            yield Way(taken, sum(taken), discount, tuple(of_cell))


def _slots(offer: Doc) -> list[tuple[Doc, int]]:
    if offer["kind"] == "bundle":
        return [(slot, slot.get("quantity", 1)) for slot in offer["slots"]]
    return [(offer, offer["n"] if offer["kind"] == "n_for_m" else 1)]


def _price(basket: _Basket, class_number: int) -> int:
    return basket.classes[class_number].price_minor


def _ways(promotion: Doc, basket: _Basket) -> set[Way]:
    """Every multiset of applications of one promotion, its limits and its cap kept."""
    offer, limits = promotion["offer"], promotion.get("limits") or {}
    bounds = [limits.get("per_receipt"), offer.get("max_units")]
    most = min((bound for bound in bounds if bound is not None), default=sum(basket.counts))
    nothing = tuple(0 for _ in basket.counts)
    ways = {Way(nothing, 0, ZERO, tuple(ZERO for _ in basket.cells))}
    if offer["kind"] == "quantity_tiers":
        ways |= set(_tiered_ways(offer, basket, most))
        return {_capped(way, limits.get("max_discount_minor")) for way in ways}
    for taken, discount in _applications(offer, basket):
        # An application's discount belongs to all its units, in proportion to price.
        share = discount / basket.price(taken)
        of_cell = tuple(share * price for price in basket.price_of_cells(taken))
        fresh = set(ways)
        while fresh:
            fresh = {
                Way(
                    _plus(way.taken, taken),
                    way.times + 1,
                    way.discount + discount,
                    _plus(way.discount_of_cell, of_cell),
                )
                for way in fresh
                if way.times < most
                and all(a + b <= c for a, b, c in zip(way.taken, taken, basket.counts, strict=True))
            }
            ways |= fresh
    return {_capped(way, limits.get("max_discount_minor")) for way in ways}


def _capped(way: Way, cap_minor: int | None) -> Way:
    if cap_minor is None or way.discount <= cap_minor:
        return way
    cut = cap_minor / way.discount
    return Way(
        way.taken, way.times, way.discount * cut, tuple(d * cut for d in way.discount_of_cell)
    )


def _plus(left: tuple, right: tuple) -> tuple:
    return tuple(a + b for a, b in zip(left, right, strict=True))


def _minus(left: tuple, right: tuple) -> tuple:
    return tuple(a - b for a, b in zip(left, right, strict=True))


def _join(
    states: dict[State, Fraction], basket: _Basket, promotion: Doc, still_wanted: list[bool]
) -> dict[State, Fraction]:
    """Every state with every way of one more promotion that its free units and coupons allow."""
    needs = may_apply(promotion, basket.sale)
    ways = _ways(promotion, basket)
    joined: dict[State, Fraction] = {}
    for state, discount in states.items():
        for way in ways:
            free = _minus(state.free, way.taken)
            if min(free, default=0) < 0:
                continue
            # Units that no further promotion can take need not be told apart.
            free = tuple(n if wanted else 0 for n, wanted in zip(free, still_wanted, strict=True))
            if promotion.get("exclusive") == "units":
                bases = _minus(state.bases, basket.price_of_cells(way.taken))
            else:
                bases = _minus(state.bases, way.discount_of_cell)
            for coupons in _redeemed(state.coupons, needs, way.times):
                after = State(free, coupons, bases)
                joined[after] = max(joined.get(after, ZERO), discount + way.discount)
    return joined


def _redeemed(coupons: Series, needs: list[frozenset[str]], times: int) -> set[Series]:
    """The coupons left after so many applications, for every manner of paying them."""
    left = {coupons}
    if frozenset() in needs:
        return left
    for _ in range(times):
        left = {
            tuple(sorted((Counter(have) - Counter(need)).elements()))
            for have in left
            for need in needs
            if need <= set(have)
        }
    return left


# --- receipt and customer layer -------------------------------------------------------------------


def _later_discount(
    basket: _Basket, state: State, receipt: list[Doc], customer: list[Doc]
) -> Fraction:
    """The most that one receipt and one customer promotion can take off on top."""
    return max(
        first + second
        for first, coupons, bases in _layer(basket, state.coupons, state.bases, receipt)
        for second, _, _ in _layer(basket, coupons, bases, customer)
    )


def _layer(
    basket: _Basket, coupons: Series, bases: Exacts, promotions: list[Doc]
) -> Iterator[tuple[Fraction, Series, Exacts]]:
    """No promotion, or any one with any of its open tiers: discount, coupons and bases left."""
    yield ZERO, coupons, bases
    for promotion in promotions:
        cells = basket.cells_of[promotion["id"]]
        base = sum((bases[cell] for cell in cells), ZERO)
        for tier in promotion["offer"]["tiers"]:
            if base == 0 or base < tier.get("min_value_minor", 0):
                continue
            discount = off(own_rate(tier["benefit"], basket.sale), base)
            cap_minor = (promotion.get("limits") or {}).get("max_discount_minor")
            if cap_minor is not None:
                discount = min(discount, Fraction(cap_minor))
            left = tuple(
                b * (1 - discount / base) if cell in cells else b for cell, b in enumerate(bases)
            )
            for rest in _redeemed(coupons, may_apply(promotion, basket.sale), 1):
                yield discount, rest, left


def own_rate(benefit: Doc, sale: Doc) -> Doc:
    """The customer's own rate as a plain percent; 0 without a customer."""
    if benefit["type"] != "customer_rate":
        return benefit
    own_bp = (sale.get("customer") or {}).get("instant_discount_bp", 0)
    return {"type": "percent", "bp": min(own_bp, benefit["max_bp"])}
