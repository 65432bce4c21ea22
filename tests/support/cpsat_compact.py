"""CP-SAT oracle for large counts: the compact integer model of promotions.md §7.

Units taken per class and promotion, never single applications, so that 70 000 equal pieces are one
variable. What the model cannot say exactly it refuses (``UnsupportedError``): a group whose units
lie in and outside a later base, a bundle that may save nothing, ``get_at_most_buy_price`` with more
than one unit a side, several but not all units of an n-for-m reduced below a threshold.
"""

from __future__ import annotations

from fractions import Fraction
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
from cpsat_packing import tiered
from oracle import off

if TYPE_CHECKING:
    from oracle_sale import Doc

FREE: Doc = {"type": "percent", "bp": 10_000}


def compact_total(promotions: list[Doc], sale: Doc) -> Answer:
    """Return the lowest total of a sale of any counts, over all layers together."""
    return lowest_total(promotions, sale, _part)


def _part(program: Program, basket: Basket, promotion: Doc) -> Part:
    offer, limits = promotion["offer"], promotion.get("limits") or {}
    kind = offer["kind"]
    if kind == "quantity_tiers":
        return tiered(program, basket, promotion)
    if kind == "unit_discount":
        part = _units(program, basket, offer)
    elif kind == "n_for_m":
        part = _n_for_m(program, basket, offer)
    elif kind == "bundle":
        part = _bundle(program, basket, offer)
    else:
        part = _buy_get(program, basket, offer)
    for bound in (limits.get("per_receipt"), offer.get("max_units")):
        if bound is not None:
            program.at_least(Lin(bound), part.times)
    most_minor = sum(basket.counts[c] * basket.price(c) for c in part.taken)
    part.given = capped(program, promotion, part.given, most_minor)
    return part


def _units(program: Program, basket: Basket, offer: Doc) -> Part:
    taken, given = {}, {}
    for c in basket.matching(offer.get("on")):
        taken[c] = program.integer(basket.counts[c])
        share = taken[c] * off(offer["benefit"], basket.price(c))
        given[basket.zone[c]] = given.get(basket.zone[c], Lin()) + share
    return Part(total_of([*taken.values()]), taken, given)


def _in_one_zone(basket: Basket, classes: list[int]) -> int:
    zones = basket.zones_of(classes)
    if len(zones) > 1:
        raise UnsupportedError("a group lies in and outside a later base")
    return zones.pop()


def _n_for_m(program: Program, basket: Basket, offer: Doc) -> Part:
    """Classes by falling price: of the units up to a class, at most so many are the cheapest ones.

    ``reduced``: units with the benefit up to a class; ``groups``: whole groups up to it.
    """
    n, d = offer["n"], offer.get("discounted", 1)
    benefit = offer.get("benefit") or FREE
    classes = basket.matching(offer.get("on"))
    if not classes:
        return Part(Lin(), {}, {})
    zone = _in_one_zone(basket, classes)
    if 1 < d < n and basket.has_bounds:
        raise UnsupportedError("which discounts several reduced units allow below the best")
    have = sum(basket.counts[c] for c in classes)
    times = program.integer(have // n)
    taken = {c: program.integer(basket.counts[c]) for c in classes}
    program.equal(total_of([*taken.values()]), times * n)
    up_to, before, given = Lin(), Lin(), Lin()
    for c in classes:
        up_to += taken[c]
        reduced = program.integer(d * have)
        program.at_least(reduced, before)
        program.at_least(taken[c], reduced - before)
        groups = program.integer(have // n)
        program.at_least(up_to, groups * n)
        # Whole groups give d each; of the rest only what exceeds the n - d dear ones of a group.
        more = program.integer(d)
        program.at_least(groups * d + more, reduced)
        if d == 1:
            program.at_least(Lin(0), more)
        else:
            opened = program.integer(1)
            program.at_least(opened * d, more)
            program.at_least(up_to - groups * n - Lin(n - d), more, if_=opened)
        given += (reduced - before) * off(benefit, basket.price(c))
        before = reduced
    program.equal(before, times * d)
    return Part(times, taken, {zone: given})


def _flows(program: Program, basket: Basket, slots: list[Doc], times: Lin) -> list[dict[int, Lin]]:
    """Per slot the units of each class that fill it: ``quantity`` of them an application."""
    flows = []
    for slot in slots:
        flow = {c: program.integer(basket.counts[c]) for c in basket.matching(slot.get("on"))}
        program.equal(total_of([*flow.values()]), times * slot.get("quantity", 1))
        flows.append(flow)
    return flows


def _joined(flows: list[dict[int, Lin]]) -> dict[int, Lin]:
    taken: dict[int, Lin] = {}
    for flow in flows:
        for c, units in flow.items():
            taken[c] = taken.get(c, Lin()) + units
    return taken


def _bundle(program: Program, basket: Basket, offer: Doc) -> Part:
    slots, benefit = offer["slots"], offer["benefit"]
    matching = [basket.matching(slot.get("on")) for slot in slots]
    if not all(matching):
        return Part(Lin(), {}, {})
    zone = _in_one_zone(basket, sorted({c for classes in matching for c in classes}))
    times = program.integer(sum(basket.counts))
    flows = _flows(program, basket, slots, times)
    price = total_of([one * basket.price(c) for flow in flows for c, one in flow.items()])
    # The least that an application can be worth: each slot from its cheapest class.
    least_minor = sum(
        basket.price(classes[-1]) * slot.get("quantity", 1)
        for slot, classes in zip(slots, matching, strict=True)
    )
    if benefit["type"] == "percent":
        given = price * Fraction(benefit["bp"], 10_000)
    elif least_minor < benefit["minor"]:
        raise UnsupportedError("a bundle may be worth less than its amount or its price")
    elif benefit["type"] == "amount_off":
        given = times * benefit["minor"]
    else:
        given = price - times * benefit["minor"]
    return Part(times, _joined(flows), {zone: given})


def _buy_get(program: Program, basket: Basket, offer: Doc) -> Part:
    slots = [*offer["buy"], *offer["get"]]
    matching = [basket.matching(slot.get("on")) for slot in slots]
    if not all(matching):
        return Part(Lin(), {}, {})
    zone = _in_one_zone(basket, sorted({c for classes in matching for c in classes}))
    times = program.integer(sum(basket.counts))
    flows = _flows(program, basket, slots, times)
    bought, got = _joined(flows[: len(offer["buy"])]), _joined(flows[len(offer["buy"]) :])
    if offer.get("get_at_most_buy_price"):
        if any(slot.get("quantity", 1) > 1 for slot in slots) or len(slots) > 2:
            raise UnsupportedError("gifts no dearer than the cheapest of several units")
        # Each gift finds a partner at least as dear: at every price, as many bought from there up.
        for price_minor in {basket.price(c) for c in got}:
            program.at_least(
                total_of([one for c, one in bought.items() if basket.price(c) >= price_minor]),
                total_of([one for c, one in got.items() if basket.price(c) >= price_minor]),
            )
    given = total_of([one * off(offer["benefit"], basket.price(c)) for c, one in got.items()])
    return Part(times, _joined(flows), {zone: given})
