"""The compact integer model of promotions.md §7 in OR-Tools CP-SAT, for the words of the workload.

Units taken per class and promotion: percents fold into the best of a class; a "3 for 2" counts the
groups complete down to each price; a bundle is a flow from both slots. A receipt tier fixes its
rate and adds its threshold: one model for each tier that could still win, the one without first.
Proven to the optimum by one worker; building is timed with solving, as a till would do both. Money
in 1/10 000 of a cent, exact while all percents are whole.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import plain_loop
import rival

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

WHOLE: Final = 100
LIMIT_S: Final = 30
"""After so long a sale counts as not solved, and the run ends."""

Class = tuple[str, int]
"""Units of one category and price."""


def candidates(rules: list[Any], sale: dict[str, Any]) -> tuple[list[Any], Counter[str]]:
    """Return the promotions that may apply to the sale, and its coupons by series."""
    here = {line["categories"][0] for line in sale["lines"]}
    groups = set(sale["customer"]["segments"])
    coupons = Counter(one["series"] for one in sale["coupons"])
    found = [
        rule
        for rule in rules
        if isinstance(rule, plain_loop.Tiers)
        or (
            rule.category in here
            and not (isinstance(rule, plain_loop.Set) and rule.other not in here)
            and not (
                isinstance(rule, plain_loop.Percent)
                and (
                    (rule.group and rule.group not in groups)
                    or (rule.series and rule.series not in coupons)
                )
            )
        )
    ]
    return found, coupons


@dataclass(frozen=True, slots=True)
class Tier:
    """A receipt tier as one sale meets it; ``most`` is the base before any discount."""

    counted: frozenset[str]
    minimum: int
    percent: int
    most: int


class Model:
    """The article layer of one sale under one receipt tier, or none.

    ``gain`` has the terms of the article discount by category, in percents of a cent.
    """

    def __init__(self, found: list[Any], sale: dict[str, Any], coupons: Counter[str]) -> None:
        from ortools.sat.python import cp_model

        self.model: cp_model.CpModel = cp_model.CpModel()
        self.count: Counter[Class] = Counter()
        for line in sale["lines"]:
            one = (line["categories"][0], line["unit_price_minor"])
            self.count[one] += line["quantity_milli"] // 1000
        self.classes: dict[str, list[Class]] = defaultdict(list)
        for one in sorted(self.count, key=lambda one: (one[0], -one[1])):
            self.classes[one[0]].append(one)
        self.taken: dict[Class, list[Any]] = defaultdict(list)
        self.gain: dict[str, list[Any]] = defaultdict(list)
        self._percents([one for one in found if isinstance(one, plain_loop.Percent)], coupons)
        for category in {one.category for one in found if isinstance(one, plain_loop.ThreeForTwo)}:
            self._three_for_two(category)
        for rule in found:
            if isinstance(rule, plain_loop.Set):
                self._set(rule)
        for one, takers in self.taken.items():
            self.model.add(sum(takers) <= self.count[one])
        self.gross = {
            category: sum(price * self.count[category, price] for _, price in classes) * WHOLE
            for category, classes in self.classes.items()
        }

    def best(self, tier: Tier | None) -> int:
        """Return the highest saving, in 1/10 000 of a cent."""
        from ortools.sat.python import cp_model

        saving = WHOLE * sum(sum(terms) for terms in self.gain.values())
        if tier:
            base = tier.most - sum(sum(self.gain[one]) for one in tier.counted)
            self.model.add(base >= tier.minimum)
            saving += tier.percent * base
        self.model.maximize(saving)
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.max_time_in_seconds = LIMIT_S
        status = solver.solve(self.model)
        if status == cp_model.INFEASIBLE:
            return 0
        if status != cp_model.OPTIMAL:
            raise SystemExit(f"no proof after {LIMIT_S} s")
        return int(solver.value(saving))

    def _units(self, one: Class) -> cp_model.IntVar:
        """Return how many units of a class somebody takes."""
        units = self.model.new_int_var(0, self.count[one], "")
        self.taken[one].append(units)
        return units

    def _percents(self, rules: list[plain_loop.Percent], coupons: Counter[str]) -> None:
        best: Counter[str] = Counter()
        against: dict[str, list[Any]] = defaultdict(list)
        for rule in rules:
            if rule.series is None:
                best[rule.category] = max(best[rule.category], rule.bp)
                continue
            for one in self.classes[rule.category]:
                units = self._units(one)
                against[rule.series].append(units)
                self.gain[one[0]].append(units * (one[1] * (rule.bp // WHOLE)))
        for category, bp in best.items():
            for one in self.classes[category]:
                self.gain[category].append(self._units(one) * (one[1] * (bp // WHOLE)))
        for series, units in against.items():
            self.model.add(sum(units) <= coupons[series])

    def _three_for_two(self, category: str) -> None:
        so_far: list[Any] = []
        pieces = 0
        classes = self.classes[category]
        for place, one in enumerate(classes):
            so_far.append(self._units(one))
            pieces += self.count[one]
            below_minor = classes[place + 1][1] if place + 1 < len(classes) else 0
            groups = self.model.new_int_var(0, pieces // 3, "")
            self.model.add(3 * groups <= sum(so_far))
            self.gain[category].append(groups * ((one[1] - below_minor) * WHOLE))

    def _set(self, rule: plain_loop.Set) -> None:
        sums = []
        for category in (rule.category, rule.other):
            slot = [(one, self._units(one)) for one in self.classes[category]]
            self.gain[category] += [units * (one[1] * (rule.bp // WHOLE)) for one, units in slot]
            sums.append(sum(units for _, units in slot))
        self.model.add(sums[0] == sums[1])


def tiers_of(rules: list[Any], gross: dict[str, int]) -> list[Tier]:
    """Return the tiers within reach of this sale; of equal ones that with the highest percent."""
    best: dict[tuple[frozenset[str], int], Tier] = {}
    for rule in rules:
        if isinstance(rule, plain_loop.Tiers):
            counted = frozenset(rule.categories & gross.keys() if rule.categories else gross)
            most = sum(gross[one] for one in counted)
            for min_value_minor, bp in rule.tiers:
                tier = Tier(counted, min_value_minor * WHOLE, bp // WHOLE, most)
                other = best.get((counted, tier.minimum))
                if most >= tier.minimum and not (other and other.percent >= tier.percent):
                    best[counted, tier.minimum] = tier
    return sorted(best.values(), key=lambda tier: -tier.most * tier.percent)


def total_minor(rules: list[Any], sale: dict[str, Any]) -> int:
    """Return the proven lowest total in minor units (cents)."""
    found, coupons = candidates(rules, sale)
    plain = Model(found, sale, coupons)
    articles = best = plain.best(None)
    for tier in tiers_of(found, plain.gross):
        if articles + tier.most * tier.percent > best:
            best = max(best, Model(found, sale, coupons).best(tier))
    scale = WHOLE * WHOLE
    return (sum(plain.gross.values()) * WHOLE - best + scale // 2) // scale


def main() -> None:
    """Read the rules, answer."""
    from ortools.sat.python import cp_model  # noqa: F401 - loaded before the clock starts

    rules = [plain_loop.read(one) for one in rival.promotions()]
    rival.serve(lambda sale: lambda: total_minor(rules, sale))


if __name__ == "__main__":
    main()
