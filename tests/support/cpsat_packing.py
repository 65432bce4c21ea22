"""CP-SAT oracle for medium baskets: a set packing of applications.

Every distinct application of an article promotion is a column, with the number of its times as the
variable; the units taken must be there. The columns are those of the brute force (promotions.md §4,
the table of offers); how they are joined, and the layers above, are written again.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations_with_replacement, product
from typing import TYPE_CHECKING

from cpsat_model import (
    Answer,
    Basket,
    Lin,
    Part,
    Program,
    UnsupportedError,
    capped,
    lowest_total,
    total_of,
)
from oracle import off
from oracle_sale import selects

if TYPE_CHECKING:
    from collections.abc import Iterator

    from oracle_sale import Doc

COLUMNS_MAX = 6000


def packing_total(promotions: list[Doc], sale: Doc) -> Answer:
    """Return the lowest total of a sale of a few dozen units, over all layers together."""
    return lowest_total(promotions, sale, _part)


def _part(program: Program, basket: Basket, promotion: Doc) -> Part:
    offer, limits = promotion["offer"], promotion.get("limits") or {}
    if offer["kind"] == "quantity_tiers":
        return tiered(program, basket, promotion)
    times: list[Lin] = []
    taken: dict[int, list[Lin]] = {}
    given: dict[int, list[Lin]] = {}
    most_minor = 0
    for number, (units, discount) in enumerate(_columns(offer, basket)):
        if number == COLUMNS_MAX:
            raise UnsupportedError("too many applications")
        fits = min(basket.counts[c] // n for c, n in units.items())
        if not fits:
            continue
        column = program.integer(fits)
        times.append(column)
        price_minor = sum(basket.price(c) * n for c, n in units.items())
        for c, n in units.items():
            taken.setdefault(c, []).append(column * n)
            # An application's discount belongs to all its units, in proportion to price.
            share = discount * basket.price(c) * n / price_minor
            given.setdefault(basket.zone[c], []).append(column * share)
        most_minor += int(discount * fits) + 1
    part = Part(
        total_of(times),
        {c: total_of(parts) for c, parts in taken.items()},
        {zone: total_of(parts) for zone, parts in given.items()},
    )
    bounds = [limits.get("per_receipt"), offer.get("max_units")]
    for bound in bounds:
        if bound is not None:
            program.at_least(Lin(bound), part.times)
    part.given = capped(program, promotion, part.given, most_minor)
    return part


def _columns(offer: Doc, basket: Basket) -> Iterator[tuple[dict[int, int], Fraction]]:
    """Every distinct application that saves something: units per class, exact discount."""
    seen = set()
    for units, discount in _formed(offer, basket):
        counts = {c: units.count(c) for c in units}
        key = (frozenset(counts.items()), discount)
        if discount > 0 and key not in seen:
            seen.add(key)
            yield counts, discount


def _formed(offer: Doc, basket: Basket) -> Iterator[tuple[tuple[int, ...], Fraction]]:
    benefit = offer.get("benefit") or {"type": "percent", "bp": 10_000}
    if offer["kind"] == "unit_discount":
        for c in basket.matching(offer.get("on")):
            yield (c,), off(benefit, basket.price(c))
    elif offer["kind"] == "n_for_m":
        # The dearest first: the last ones of a combination are its cheapest.
        ordered = basket.matching(offer.get("on"))
        for units in combinations_with_replacement(ordered, offer["n"]):
            cheapest = units[-offer.get("discounted", 1) :]
            yield units, sum((off(benefit, basket.price(c)) for c in cheapest), Fraction(0))
    elif offer["kind"] == "bundle":
        for units in _fills(offer["slots"], basket):
            yield units, off(benefit, sum(basket.price(c) for c in units))
    else:
        for bought, got in product(_fills(offer["buy"], basket), _fills(offer["get"], basket)):
            cheapest = min(basket.price(c) for c in bought)
            if not offer.get("get_at_most_buy_price") or all(
                basket.price(c) <= cheapest for c in got
            ):
                discount = sum((off(benefit, basket.price(c)) for c in got), Fraction(0))
                yield bought + got, discount


def _fills(slots: list[Doc], basket: Basket) -> list[tuple[int, ...]]:
    """Every distinct manner to fill some slots."""
    of_slot = [
        combinations_with_replacement(basket.matching(slot.get("on")), slot.get("quantity", 1))
        for slot in slots
    ]
    return sorted({tuple(sorted(sum(fill, ()))) for fill in product(*of_slot)})


def tiered(program: Program, basket: Basket, promotion: Doc) -> Part:
    """Quantity tiers: a switch for each, on between its number and the next one's."""
    offer, limits = promotion["offer"], promotion.get("limits") or {}
    classes = [c for c, unit in enumerate(basket.classes) if selects(offer.get("on"), unit)]
    tiers = sorted(offer["tiers"], key=lambda tier: tier["min_quantity"])
    switches, times = [], []
    taken: dict[int, list[Lin]] = {c: [] for c in classes}
    given: dict[int, list[Lin]] = {basket.zone[c]: [] for c in classes}
    most_minor = 0
    for tier, following in zip(tiers, [*tiers[1:], None], strict=True):
        switch = program.integer(1)
        switches.append(switch)
        units = []
        for c in classes:
            one = program.integer(basket.counts[c])
            program.at_least(switch * basket.counts[c], one)
            units.append(one)
            taken[c].append(one)
            discount = off(tier["benefit"], basket.price(c))
            given[basket.zone[c]].append(one * discount)
            most_minor += int(discount * basket.counts[c]) + 1
        program.at_least(total_of(units), switch * tier["min_quantity"])
        if following is not None:
            program.at_least(Lin(following["min_quantity"] - 1), total_of(units))
        times += units
    program.at_least(Lin(1), total_of(switches))
    part = Part(
        total_of(times),
        {c: total_of(parts) for c, parts in taken.items()},
        {zone: total_of(parts) for zone, parts in given.items()},
    )
    if limits.get("per_receipt") is not None:
        program.at_least(Lin(limits["per_receipt"]), part.times)
    part.given = capped(program, promotion, part.given, most_minor)
    return part
