"""The price as a competent developer writes it in an afternoon, for the words of the workload.

plain_loop.py all        every line looks at every promotion
plain_loop.py indexed    promotions are looked up by category

The best percent per unit; then "3 for 2" in price order and bundles of the dearest units, each
where it gives more than the percents it replaces; then the receipt tier that gives most. Fast,
short, and not the lowest total: what is taken first is never given back. ``loop.c`` does the same
step by step, and both come to the same total. Money in hundredths of a basis point of a cent, so
that nothing is rounded before the end.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from dataclasses import dataclass
from typing import Any, Final

import rival

WHOLE_BP: Final = 10_000


@dataclass(frozen=True, slots=True)
class Percent:
    """``bp`` off units of a category; for a group of customers, against a coupon, or for all."""

    category: str
    bp: int
    group: str | None
    series: str | None


@dataclass(frozen=True, slots=True)
class ThreeForTwo:
    category: str


@dataclass(frozen=True, slots=True)
class Set:
    """``bp`` off a unit of each of the two categories."""

    category: str
    other: str
    bp: int


@dataclass(frozen=True, slots=True)
class Tiers:
    """Percents on what is left to pay of some categories, or of all when there are none."""

    categories: frozenset[str]
    tiers: tuple[tuple[int, int], ...]


@dataclass(slots=True)
class Unit:
    """One piece; ``gain`` is price times basis points."""

    price_minor: int
    category: str
    gain: int = 0
    taken: bool = False


def read(promotion: dict[str, Any]) -> Percent | ThreeForTwo | Set | Tiers:
    """Return a promotion of the workload as this module knows it."""
    offer = promotion["offer"]

    def categories(selector: dict[str, Any] | None) -> list[str]:
        return list(selector["any_of"][0]["categories"]) if selector else []

    if offer["kind"] == "n_for_m":
        return ThreeForTwo(*categories(offer["on"]))
    if offer["kind"] == "bundle":
        slots = [categories(slot["on"])[0] for slot in offer["slots"]]
        return Set(*slots, offer["benefit"]["bp"])
    if offer["kind"] == "receipt_discount":
        tiers = tuple((one["min_value_minor"], one["benefit"]["bp"]) for one in offer["tiers"])
        return Tiers(frozenset(categories(offer.get("on"))), tiers)
    condition = promotion.get("when", [{}])[0]
    return Percent(
        *categories(offer["on"]),
        offer["benefit"]["bp"],
        condition.get("any_of", [None])[0],
        condition.get("series"),
    )


class PlainLoop:
    """All promotions, looked at one by one, or by category."""

    def __init__(self, promotions: list[dict[str, Any]], *, indexed: bool) -> None:
        rules = [read(one) for one in promotions]
        self._tiers = [one for one in rules if isinstance(one, Tiers)]
        self._rules = [one for one in rules if not isinstance(one, Tiers)]
        self._by_category: dict[str, list[Percent | ThreeForTwo | Set]] | None = None
        if indexed:
            self._by_category = defaultdict(list)
            for rule in self._rules:
                self._by_category[rule.category].append(rule)

    def _of(self, category: str) -> list[Percent | ThreeForTwo | Set]:
        if self._by_category is not None:
            return self._by_category.get(category, [])
        return [rule for rule in self._rules if rule.category == category]

    def total_minor(self, sale: dict[str, Any]) -> int:
        """Return what the customer pays, in minor units (cents)."""
        units = [
            Unit(line["unit_price_minor"], line["categories"][0])
            for line in sale["lines"]
            for _ in range(line["quantity_milli"] // 1000)
        ]
        units.sort(key=lambda unit: -unit.price_minor)
        shelves: dict[str, list[Unit]] = {}
        for unit in units:
            shelves.setdefault(unit.category, []).append(unit)
        rules = {category: self._of(category) for category in shelves}
        groups = set(sale["customer"]["segments"])

        for category, shelf in shelves.items():
            best_bp = max(
                (
                    rule.bp
                    for rule in rules[category]
                    if isinstance(rule, Percent)
                    and rule.series is None
                    and (rule.group is None or rule.group in groups)
                ),
                default=0,
            )
            for unit in shelf:
                unit.gain = unit.price_minor * best_bp
        for coupon in sale["coupons"]:
            _redeem(coupon["series"], shelves, rules)
        for category, shelf in shelves.items():
            if any(isinstance(rule, ThreeForTwo) for rule in rules[category]):
                _give_thirds(shelf)
        for category, shelf in shelves.items():
            for rule in rules[category]:
                if isinstance(rule, Set):
                    _give_sets(rule, shelf, shelves.get(rule.other, []))

        left: dict[str, int] = {
            category: sum(unit.price_minor * WHOLE_BP - unit.gain for unit in shelf)
            for category, shelf in shelves.items()
        }
        whole = sum(left.values())
        best = 0
        for tiers in self._tiers:
            base = (
                sum(left[category] for category in shelves if category in tiers.categories)
                if tiers.categories
                else whole
            )
            for min_value_minor, bp in tiers.tiers:
                if base >= min_value_minor * WHOLE_BP:
                    best = max(best, base * bp)
        scale = WHOLE_BP * WHOLE_BP
        return (whole * WHOLE_BP - best + scale // 2) // scale


def _redeem(
    series: str,
    shelves: dict[str, list[Unit]],
    rules: dict[str, list[Percent | ThreeForTwo | Set]],
) -> None:
    """Give one coupon to the unit that it helps most."""
    chosen: Unit | None = None
    most, gain = 0, 0
    for category, shelf in shelves.items():
        for rule in rules[category]:
            if isinstance(rule, Percent) and rule.series == series:
                for unit in shelf:
                    more = unit.price_minor * rule.bp - unit.gain
                    if more > most:
                        chosen, most, gain = unit, more, unit.price_minor * rule.bp
    if chosen:
        chosen.gain = gain


def _give_thirds(shelf: list[Unit]) -> None:
    """Make the cheapest of three free, from the dearest on, where that is worth more."""
    for start in range(0, len(shelf) - 2, 3):
        group = shelf[start : start + 3]
        free = group[2].price_minor * WHOLE_BP
        if free > sum(unit.gain for unit in group):
            for unit in group:
                unit.gain, unit.taken = 0, True
            group[2].gain = free


def _give_sets(rule: Set, shelf: list[Unit], others: list[Unit]) -> None:
    """Join the dearest free units of both categories while that is worth more."""
    while True:
        one = next((unit for unit in shelf if not unit.taken), None)
        other = next((unit for unit in others if not unit.taken and unit is not one), None)
        if one is None or other is None:
            return
        if (one.price_minor + other.price_minor) * rule.bp <= one.gain + other.gain:
            return
        for unit in (one, other):
            unit.gain, unit.taken = unit.price_minor * rule.bp, True


if __name__ == "__main__":
    loop = PlainLoop(rival.promotions(), indexed=sys.argv[1] == "indexed")
    rival.serve(lambda sale: lambda: loop.total_minor(sale))
