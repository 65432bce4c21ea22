"""Brute force of a forced promotion: the lowest total of all packings that contain it.

Beside ``oracle``, with the same plain means: the forced promotion is joined first, and of its ways
only those stay in which it takes units; or its layer is its own, and it must give something there.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import oracle
from oracle_sale import line_gross_minor, may_apply

if TYPE_CHECKING:
    from oracle_sale import Doc


def forced_total(promotions: list[Doc], sale: Doc, name: str) -> Fraction | None:
    """Return the exact lowest total in minor units with this promotion, None: it cannot apply."""
    gross = Fraction(sum(line_gross_minor(line) for line in sale["lines"]))
    usable = [p for p in promotions if p["layer"] != "earn" and may_apply(p, sale)]
    forced = next((p for p in usable if p["id"] == name), None)
    if forced is None:
        return None
    if forced.get("exclusive") == "receipt":
        group = [forced]
    else:
        group = [p for p in usable if p.get("exclusive") != "receipt"]
    discounts = list(_discounts(group, sale, forced))
    return gross - max(discounts) if discounts else None


def _discounts(group: list[Doc], sale: Doc, forced: Doc) -> list[Fraction]:
    article, receipt, customer = (
        [p for p in group if p["layer"] == layer] for layer in ("article", "receipt", "customer")
    )
    basket = oracle._Basket(sale, later=receipt + customer)
    coupons = tuple(sorted(coupon["series"] for coupon in sale.get("coupons", ())))
    states = {oracle.State(basket.counts, coupons, basket.bases): oracle.ZERO}
    others = [p for p in article if p is not forced]
    if forced["layer"] == "article":
        everything = [True for _ in basket.classes]
        states = {
            state: discount
            for state, discount in oracle._join(states, basket, forced, everything).items()
            if state.free != basket.counts and discount > 0
        }
    for number, promotion in enumerate(others):
        still_wanted = basket.wanted_by(others[number + 1 :])
        states = oracle._join(states, basket, promotion, still_wanted)
    return [
        discount + first + second
        for state, discount in states.items()
        for first, left, bases in _layer(basket, state.coupons, state.bases, receipt, forced)
        for second, _, _ in _layer(basket, left, bases, customer, forced)
    ]


def _layer(
    basket: oracle._Basket,
    coupons: oracle.Series,
    bases: oracle.Exacts,
    promotions: list[Doc],
    forced: Doc,
) -> list[tuple[Fraction, oracle.Series, oracle.Exacts]]:
    if forced in promotions:
        ways = oracle._layer(basket, coupons, bases, [forced])
        return [way for way in ways if way[0] > 0]
    return list(oracle._layer(basket, coupons, bases, promotions))
