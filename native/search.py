"""The best price: which promotions apply, how often, and which units each takes.

One article-layer problem is solved per *choice* (a receipt tier or none, a customer tier or none).
Units are classes with a count. A choice turns the later layers into weights on what the article
layer leaves, so that the article problem is a sum over connected components; each is solved by
labels that run over its units in order of falling price and carry fill counters of the group
offers. Labels of equal state keep only the best; a label whose bound cannot beat the best known
solution is dropped. Beyond the budget of steps the search keeps the most promising labels only,
and the best bound it gave up becomes the proven gap.

Where a choice has a threshold that its unconstrained optimum misses, or a sum that is not linear,
the choice is solved a second time with exact sums in every label.
"""

from __future__ import annotations

from array import array
from dataclasses import replace
from fractions import Fraction
from typing import NamedTuple

from native.arrays import require_int64, require_range, require_starts
from native.labels import Labels
from native.problem import (
    ALONE,
    AMOUNT_OFF,
    BUNDLE,
    BUY_GET,
    CUSTOMER,
    FIXED_PRICE,
    N_FOR_M,
    PERCENT,
    RECEIPT,
    SHARED,
    STEPS,
    UNITS,
    Application,
    Budget,
    Choice,
    D,
    Exact,
    Problem,
    Promo,
    Slot,
    Solved,
    Step,
    Tier,
    V,
    W,
    discount_of,
    fraction,
    make_choice,
)
from native.steps import best_of_steps, loosest

__all__ = [
    "ALONE",
    "AMOUNT_OFF",
    "BUNDLE",
    "BUY_GET",
    "CUSTOMER",
    "FIXED_PRICE",
    "N_FOR_M",
    "PERCENT",
    "RECEIPT",
    "SHARED",
    "STEPS",
    "UNITS",
    "Found",
    "search",
]


class Found(NamedTuple):
    """The chosen solution.

    ``app_*``: one entry per group of equal applications; its members stand in ``member_*`` from
    ``member_start[i]`` to ``member_start[i + 1]``: class, units per application, and how many of
    them are targets. ``receipt_choice`` and ``customer_choice`` are indices into the choices or -1.
    ``gap_minor``: proven upper bound of what could still be saved, rounded up; 0 when optimal.
    """

    optimal: bool
    gap_minor: int
    steps: int
    receipt_choice: int
    customer_choice: int
    app_promo: array[int]
    app_times: array[int]
    member_start: array[int]
    member_class: array[int]
    member_units: array[int]
    member_targets: array[int]


_Combination = tuple[list[Promo], "Tier | None", "Tier | None"]


class _Component(NamedTuple):
    """Connected units and the promotions that want them, under one choice.

    Values are those under ``choice`` times ``factor`` / 10^8.
    """

    key: tuple[object, ...]
    choice: Choice
    classes: list[int]
    promos: list[Promo]
    factor: int

    def _labels(self, run: _Search, promos: list[Promo]) -> Labels:
        return Labels(run.problem, self.choice, self.classes, promos, run.budget, exact=False)

    def bound(self, run: _Search) -> Exact:
        """Bound on the value, before or after solving."""
        known = run.solved.get(self.key)
        if known is not None:
            bound = known.bound
        else:
            bound = run.roots.get(self.key, -1)
            if bound < 0:
                bound = run.roots[self.key] = self._labels(run, loosest(self.promos)).root()
        return fraction(bound * self.factor, W)

    def solve(self, run: _Search, floor: Exact) -> Solved:
        """Best solution worth more than ``floor``, and a bound."""
        if not self.factor:
            return Solved(0, 0, [])
        solved = run.solved.get(self.key)
        if solved is None:
            least = -1 if floor < 0 else floor * W // self.factor
            if self.key in run.refuted and run.refuted[self.key] <= least:
                return Solved(None, floor, [])
            solved = best_of_steps(
                self.promos, least, run.budget, lambda promos: self._labels(run, promos)
            )
            if solved.value is None:
                if solved.bound <= least:
                    run.refuted[self.key] = least
                return Solved(None, max(floor, fraction(solved.bound * self.factor, W)), [])
            if least < 0:
                run.solved[self.key] = solved
        value = None if solved.value is None else fraction(solved.value * self.factor, W)
        return Solved(value, fraction(solved.bound * self.factor, W), solved.applications)


class _Search:
    """Best solution over all choices of receipt and customer tiers, for one set of promotions."""

    def __init__(self, problem: Problem, budget: Budget) -> None:
        self.problem = problem
        self.budget = budget
        self.solved: dict[tuple[object, ...], Solved] = {}
        self.refuted: dict[tuple[object, ...], Exact] = {}  # no solution is worth more than this
        self.roots: dict[tuple[object, ...], Exact] = {}

    def best(self, banned: frozenset[int], target: Exact | None = None) -> _Answer | None:
        """The best solution without the banned promotions.

        With a ``target`` (a total saving) only a solution that reaches it is of interest: the
        search ends with None as soon as the bounds exclude it.
        """
        promos = [p for p in self.problem.promos if p.index not in banned]
        tiers = [t for t in self.problem.tiers if t.promo not in banned]
        best: _Answer | None = None
        open_choices: list[tuple[Exact, int, Choice]] = []
        proven: Exact = 0
        for number, (most, combination) in enumerate(self._combinations(promos, tiers)):
            if best is not None and most <= max(best.saving, target or 0) * W:
                break
            if target is not None and self.budget.exhausted:
                return None
            if best is not None and self.budget.exhausted:
                # Never looked at: what such a combination could bring stays in the gap.
                proven = max(proven, most)
                break
            self.budget.used += 50 + 2 * len(self.problem.price)
            choice = make_choice(self.problem, *combination)
            if choice is None:
                continue
            solved = self._relaxed(choice, None if target is None else target * W)
            if solved is None:
                continue
            relaxed, value, reach = solved
            saving = choice.saving(*self._measure(choice, relaxed))
            if saving is not None and (best is None or saving > best.saving):
                best = _Answer(saving, saving, choice, relaxed)
            if saving is not None and saving * W == value:
                # Every tier is open and every sum linear: nothing to gain by exact sums.
                proven = max(proven, reach)
            elif reach > proven:
                open_choices.append((-reach, number, choice))
        open_choices.sort(key=lambda entry: entry[:2])
        for reach, _, choice in open_choices:
            known = best.saving if best is not None else -1
            if target is not None:
                known = max(known, target - Fraction(1, W))
            if -reach <= known * W:
                break
            if self.budget.spent:
                proven = max(proven, -reach)
                break
            exact = self._exact(choice, known * W)
            if exact.value is not None:
                saving = choice.saving(*self._measure(choice, exact.applications))
                if saving is not None and saving > known:
                    best = _Answer(saving, saving, choice, exact.applications)
            proven = max(proven, min(-reach, exact.bound))
        if best is None:
            return None
        if target is not None and best.saving < target:
            return None
        best_value = best.saving * W
        return best._replace(bound=max(best_value, proven))

    def _combinations(
        self, promos: list[Promo], tiers: list[Tier]
    ) -> list[tuple[Exact, _Combination]]:
        """Every combination of tiers with a bound on its value: no tier first, then falling bound.

        A promotion that stands alone stands alone. What the later layers take from a unit is worth
        no more than the whole unit, so article bound + receipt bound + customer bound is a bound.
        """
        together = [p for p in promos if p.exclusive != ALONE]
        # Without any tier first: something is known to be open whenever the search may stop.
        first: _Combination = (together, None, None)
        rest: list[tuple[Exact, _Combination]] = [
            (self._alone_bound(p), ([p], None, None)) for p in promos if p.exclusive == ALONE
        ]
        most = {t.index: self._tier_bound(t) for t in tiers}
        rest += [
            (most[t.index], ([], t, None) if t.layer == RECEIPT else ([], None, t))
            for t in tiers
            if t.exclusive == ALONE
        ]
        receipts = [t for t in tiers if t.layer == RECEIPT and t.exclusive != ALONE]
        customers = [t for t in tiers if t.layer == CUSTOMER and t.exclusive != ALONE]
        articles = self._article_bound(together) if receipts or customers else 0
        for receipt in (None, *receipts):
            for customer in (None, *customers):
                if receipt is not None or customer is not None:
                    bound = articles
                    bound += most[receipt.index] if receipt is not None else 0
                    bound += most[customer.index] if customer is not None else 0
                    rest.append((bound, (together, receipt, customer)))
        # A stable sort: equal bounds stay in the order of ids.
        rest.sort(key=lambda entry: -entry[0])
        return [(max([V * 10**9, *(bound for bound, _ in rest[:1])]), first), *rest]

    def _article_bound(self, promos: list[Promo]) -> Exact:
        plain = make_choice(self.problem, promos, None, None)
        classes = list(range(len(self.problem.price)))
        if plain is None or not classes:
            return 0
        labels = Labels(self.problem, plain, classes, loosest(promos), self.budget, exact=False)
        return labels.root()

    def _alone_bound(self, p: Promo) -> Exact:
        """What a promotion that stands alone can give at most: the benefit on all it can take."""
        price, count = self.problem.price, self.problem.count
        if p.kind == BUNDLE and p.benefit != PERCENT:
            bound = sum(price[c] * count[c] for c in p.classes) * D
            if p.benefit == AMOUNT_OFF:
                bound = min(bound, p.value * p.most * D)
        else:
            bound = sum(p.unit_discount(price[c]) * count[c] for c in p.classes)
            if p.kind == N_FOR_M:
                bound = -(-bound * p.discounted // p.size)
        return (bound if p.cap is None else min(bound, p.cap)) * W

    def _tier_bound(self, tier: Tier) -> Exact:
        price, count = self.problem.price, self.problem.count
        base = sum(price[c] * count[c] * D for c in tier.classes)
        return 0 if base < tier.min_value else tier.given(base) * W

    def _components(self, choice: Choice) -> tuple[list[int], list[tuple[list[int], list[Promo]]]]:
        """Classes that only free promotions want, and the connected rest."""
        parent = list(range(len(self.problem.price)))

        def root(c: int) -> int:
            while parent[c] != c:
                parent[c] = parent[parent[c]]
                c = parent[c]
            return c

        stateful = [p for p in choice.promos if not p.is_free]
        pool_class: dict[int, int] = {}
        for p in stateful:
            classes = sorted(p.classes)
            if not classes:
                continue
            if p.pool >= 0:
                classes.append(pool_class.setdefault(p.pool, classes[0]))
            for c in classes[1:]:
                a, b = root(classes[0]), root(c)
                parent[max(a, b)] = min(a, b)
        wanted = {c for p in stateful for c in p.classes}
        groups: dict[int, list[int]] = {}
        for c in sorted(wanted):
            groups.setdefault(root(c), []).append(c)
        alone = [c for c in range(len(self.problem.price)) if c not in wanted]
        parts = []
        for classes in groups.values():
            members = set(classes)
            parts.append((classes, [p for p in choice.promos if p.classes & members]))
        return alone, parts

    def _relaxed(
        self, choice: Choice, target: Exact | None
    ) -> tuple[list[Application], Exact, Exact] | None:
        """Best applications of the choice without its thresholds, their value, and a bound.

        None when the bounds exclude a total value of ``target``.
        """
        alone, parts = self._components(choice)
        wanted = [
            self._component(choice, classes, promos)
            for classes, promos in ((alone, choice.promos), *parts)
            if classes
        ]
        bounds = [component.bound(self) if target is not None else 0 for component in wanted]
        value: Exact = choice.constant
        applications: list[Application] = []
        for i, component in enumerate(wanted):
            floor: Exact = -1
            if target is not None:
                # The others give at most their bounds: this part must bring the rest.
                floor = max(-1, target - choice.constant - (sum(bounds) - bounds[i]) - 1)
                if bounds[i] <= floor:
                    return None
            solved = component.solve(self, floor)
            if solved.value is None:
                return None
            bounds[i] = solved.bound
            value += solved.value
            applications += solved.applications
        bound = choice.constant + sum(bounds)
        for room in choice.rooms():
            elsewhere: Exact = 0
            if room.open_elsewhere:
                elsewhere = sum(bounds)
            bound = min(bound, choice.constant + room.factor * room.slack + elsewhere)
        if target is not None and bound < target:
            return None
        return applications, value, bound

    def _component(self, choice: Choice, classes: list[int], promos: list[Promo]) -> _Component:
        weights = {choice.weight[choice.zone[c]] for c in classes}
        plain = choice
        factor = W
        if len(weights) == 1 and not any(p.exclusive == UNITS for p in promos):
            # Equal weights only scale the values: most choices share one solution.
            factor = W - weights.pop()
            plain = replace(choice, receipt=None, customer=None, weight=[0, 0, 0, 0])
        key = (
            tuple(classes),
            tuple(plain.weight[choice.zone[c]] for c in classes),
            tuple(p.index for p in promos),
            tuple(choice.pool_left[p.pool] for p in promos if p.pool >= 0),
        )
        return _Component(key, plain, classes, promos, factor)

    def _exact(self, choice: Choice, floor: Exact) -> Solved:
        """The choice with its thresholds and exact sums; values are totals of all layers."""
        alone, parts = self._components(choice)
        classes = alone + [c for part, _ in parts for c in part]

        def labels_of(promos: list[Promo]) -> Labels:
            return Labels(self.problem, choice, classes, promos, self.budget, exact=True)

        solved = best_of_steps(choice.promos, floor - choice.constant, self.budget, labels_of)
        value = None if solved.value is None else solved.value + choice.constant
        return Solved(value, solved.bound + choice.constant, solved.applications)

    def _measure(
        self, choice: Choice, applications: list[Application]
    ) -> tuple[Exact, tuple[Exact, Exact, Exact]]:
        """Exact discount of the article layer and what it leaves in the three bases."""
        price = self.problem.price
        by_index = {p.index: p for p in choice.promos}
        given: dict[int, Exact] = {}
        for a in applications:
            given[a.promo] = given.get(a.promo, 0) + a.times * discount_of(
                by_index[a.promo], a, price
            )
        total: Exact = 0
        left: list[Exact] = list(choice.base)
        for a in applications:
            p = by_index[a.promo]
            discount: Exact = discount_of(p, a, price)
            if p.cap is not None and given[a.promo] > p.cap:
                discount = fraction(discount * p.cap, given[a.promo])
            total += discount * a.times
            price_sum = sum(price[c] * units for c, units, _ in a.members)
            for c, units, _ in a.members:
                if p.exclusive == UNITS:
                    gone: Exact = price[c] * units * D
                elif price_sum:
                    gone = fraction(discount * price[c] * units, price_sum)
                else:
                    gone = 0
                zone = choice.zone[c]
                left[0] -= gone * a.times if zone & 1 else 0
                left[1] -= gone * a.times if zone & 2 else 0
                left[2] -= gone * a.times if zone == 3 else 0
        return total, (left[0], left[1], left[2])


class _Answer(NamedTuple):
    saving: Exact  # 1/10_000 minor
    bound: Exact  # 1/10^12 minor
    choice: Choice
    applications: list[Application]


PROMO_COLUMNS = 11
STEP_COLUMNS = 3
SLOT_COLUMNS = 2
TIER_COLUMNS = 9


def search(
    *,
    price_minor: array[int],
    count: array[int],
    promo: array[int],
    step_start: array[int],
    step: array[int],
    slot_start: array[int],
    slot: array[int],
    slot_class_start: array[int],
    slot_class: array[int],
    tier: array[int],
    tier_class_start: array[int],
    tier_class: array[int],
    pool_limit: array[int],
    max_steps: int,
) -> Found:
    """Return the lowest total over all layers together, with a proof or a proven gap.

    Args (each ``array("q")``; classes in falling price, promotions in ascending id; tables row by
            row, their columns in the order given here):
        price_minor, count: per class of equal discountable units.
        promo: per article promotion: kind N_FOR_M (a unit discount is 1 for 1), BUNDLE, BUY_GET or
            STEPS (quantity tiers); units of one application; how many of them are discounted;
            benefit PERCENT, AMOUNT_OFF or FIXED_PRICE, and its value (basis points or minor), 0 and
            0 with STEPS; limit of applications, pool of coupons and cap in minor, -1 = none;
            exclusive; 1 where no unit that a buy-get gives may cost more than the cheapest one
            bought for it; rank: the place in ascending id among all promotions, those of tiers too.
        step: per quantity tier, ascending: units it begins with, benefit, value. ``step_start``
            has the offsets of each promotion.
        slot: per slot: quantity, and 1 where a buy-get gives the units. ``slot_start`` has the
            offsets of each promotion (one slot for N_FOR_M and STEPS), ``slot_class_start`` those
            of the classes ``slot_class`` that fit each slot.
        tier: per tier of a receipt or customer promotion: layer; number of its promotion, beyond
            those of the article promotions; benefit PERCENT or AMOUNT_OFF, its value; the base it
            is open from, in minor; pool, exclusive, cap and rank as above. ``tier_class_start`` and
            ``tier_class``: the classes of its base.
        pool_limit: coupons per pool.
        max_steps: labels the search may try; the result depends on it, never on time.

    Raises:
        TypeError: anything but ``array("q")``.
        ValueError: offsets or indices out of range.
    """
    _check(
        classes=len(count),
        price_minor=price_minor,
        count=count,
        promo=promo,
        step_start=step_start,
        step=step,
        slot_start=slot_start,
        slot=slot,
        slot_class_start=slot_class_start,
        slot_class=slot_class,
        tier=tier,
        tier_class_start=tier_class_start,
        tier_class=tier_class,
        pool_limit=pool_limit,
    )
    promos = []
    ranked: list[tuple[int, int]] = []
    for i in range(len(slot_start) - 1):
        row = promo[i * PROMO_COLUMNS : (i + 1) * PROMO_COLUMNS]
        kind, size, discounted, benefit, value, limit, pool, cap_minor, exclusive, within, rank = (
            row
        )
        ranked.append((rank, i))
        slots = [
            Slot(
                slot[s * SLOT_COLUMNS],
                frozenset(slot_class[slot_class_start[s] : slot_class_start[s + 1]]),
                is_target=bool(slot[s * SLOT_COLUMNS + 1]),
            )
            for s in range(slot_start[i], slot_start[i + 1])
        ]
        one = Promo(
            index=i,
            kind=kind,
            size=size,
            discounted=discounted,
            benefit=benefit,
            value=value,
            limit=None if limit < 0 else limit,
            pool=pool,
            cap=None if cap_minor < 0 else cap_minor * D,
            exclusive=exclusive,
            slots=slots,
            classes=frozenset(c for fitting in slots for c in fitting.classes),
            within_buy=bool(within),
            steps=tuple(
                Step(*step[s * STEP_COLUMNS : (s + 1) * STEP_COLUMNS])
                for s in range(step_start[i], step_start[i + 1])
            ),
        )
        if one.kind == STEPS and not one.steps:
            raise ValueError("quantity tiers must have a tier")
        _prepare(one, price_minor, count)
        promos.append(one)
    tiers = []
    for i in range(len(tier_class_start) - 1):
        row = tier[i * TIER_COLUMNS : (i + 1) * TIER_COLUMNS]
        layer, number, benefit, value, min_minor, pool, exclusive, cap_minor, rank = row
        ranked.append((rank, number))
        tiers.append(
            Tier(
                index=i,
                layer=layer,
                promo=number,
                benefit=benefit,
                value=value,
                min_value=min_minor * D,
                classes=frozenset(tier_class[tier_class_start[i] : tier_class_start[i + 1]]),
                pool=pool,
                exclusive=exclusive,
                cap=None if cap_minor < 0 else cap_minor * D,
            )
        )
    order = [number for _, number in sorted(set(ranked))]
    problem = Problem(list(price_minor), list(count), promos, tiers, list(pool_limit))
    budget = Budget(max_steps)
    run = _Search(problem, budget)
    answer = run.best(frozenset())
    worth = sum(p * n for p, n in zip(problem.price, problem.count, strict=True))
    assert answer is not None, "taking nothing is always open"  # noqa: S101
    # Whatever the search gave up: nobody can save more than the goods are worth.
    answer = answer._replace(bound=min(answer.bound, worth * V))
    if answer.bound <= answer.saving * W:
        answer = _without_the_idle(run, answer, order)
    return _found(answer, budget)


def _check(*, classes: int, **given: array[int]) -> None:
    """Raise where the arrays of a problem do not fit each other."""
    for name, values in given.items():
        require_int64(name, values)
    require_range("price_minor", given["price_minor"], low=0, high=10**9 + 1)
    require_range("count", given["count"], low=0, high=10**9 + 1)
    promos = len(given["slot_start"]) - 1
    for name, columns, rows in (
        ("price_minor", 1, classes),
        ("step_start", 1, promos + 1),
        ("promo", PROMO_COLUMNS, promos),
        ("step", STEP_COLUMNS, len(given["step"]) // STEP_COLUMNS),
        ("slot", SLOT_COLUMNS, len(given["slot_class_start"]) - 1),
        ("tier", TIER_COLUMNS, len(given["tier_class_start"]) - 1),
    ):
        if len(given[name]) != rows * columns:
            raise ValueError(f"{name} must have {rows} rows of {columns} columns")
    require_starts("step_start", given["step_start"], items=len(given["step"]) // STEP_COLUMNS)
    require_starts("slot_start", given["slot_start"], items=len(given["slot"]) // SLOT_COLUMNS)
    for name in ("slot_class", "tier_class"):
        require_starts(f"{name}_start", given[f"{name}_start"], items=len(given[name]))
        require_range(name, given[name], low=0, high=max(classes, 1))
    require_range("promo kind", given["promo"][0::PROMO_COLUMNS], low=N_FOR_M, high=STEPS + 1)
    step = given["step"]
    require_range("step least", step[0::STEP_COLUMNS], low=1, high=10**9 + 1)
    require_range("step benefit", step[1::STEP_COLUMNS], low=PERCENT, high=FIXED_PRICE + 1)
    require_range("step value", step[2::STEP_COLUMNS], low=0, high=10**9 + 1)


def _prepare(p: Promo, price: array[int], count: array[int]) -> None:
    """Derive what the search needs: units in reach, slot parts, limits and caps that can bind."""
    p.units = sum(count[c] for c in p.classes)
    if p.size == 1 and p.kind == BUNDLE:
        p.kind = N_FOR_M  # a bundle of one unit
    merged: dict[tuple[frozenset[int], bool], int] = {}
    for slot in p.slots:
        # Slots that the same units fit are one slot of more units.
        key = slot.classes, slot.is_target
        merged[key] = merged.get(key, 0) + slot.quantity
    p.slots = [
        Slot(quantity, fitting, is_target=is_target)
        for (fitting, is_target), quantity in merged.items()
    ]
    most = p.units // p.size
    if p.kind in {BUNDLE, BUY_GET}:
        served = [sum(count[c] for c in slot.classes) // slot.quantity for slot in p.slots]
        most = min([most, *served])
    p.most = most
    if p.kind == STEPS:
        units = p.units if p.limit is None else min(p.units, p.limit)
        p.steps = tuple(s for s in p.steps if s.least <= units)
    if p.kind == BUY_GET:
        _hand_on(p, price, count)
    if p.limit is not None and p.limit >= most:
        p.limit = None
    if p.cap is not None:
        if p.steps or p.benefit in {FIXED_PRICE, PERCENT}:
            reach = sum(p.unit_discount(price[c]) * count[c] for c in p.classes)
            if p.kind == BUNDLE and p.benefit == FIXED_PRICE:
                reach = sum(price[c] * count[c] * D for c in p.classes)
        else:
            reach = p.value * D * most * (p.discounted if p.kind != BUNDLE else 1)
        if reach <= p.cap:
            p.cap = None
    if p.kind != BUNDLE or p.benefit == PERCENT:
        return
    if p.benefit == AMOUNT_OFF:
        for slot in p.slots:
            slot.part = -(-p.value * D // p.size)
        p.correction = p.value * D - sum(s.part * s.quantity for s in p.slots)
        return
    # A slot bears the fixed price in proportion to the dearest unit that fits it.
    dearest = [s.quantity * max((price[c] for c in s.classes), default=0) or 1 for s in p.slots]
    for slot, weight in zip(p.slots, dearest, strict=True):
        slot.part = p.value * D * weight // (sum(dearest) * slot.quantity)
    p.correction = sum(s.part * s.quantity for s in p.slots) - p.value * D


def _hand_on(p: Promo, price: array[int], count: array[int]) -> None:
    """Let the targets of a buy-get hand a part of their benefit to the units bought for them.

    Any part is admissible: an application has them all. The one with the lowest sum of best shares
    bounds best; that sum is convex in the part.
    """
    targets = p.discounted
    bought = p.size - targets
    gives = frozenset(c for slot in p.slots if slot.is_target for c in slot.classes)
    takes = frozenset(c for slot in p.slots if not slot.is_target for c in slot.classes)
    units = [
        (p.unit_discount(price[c]) if c in gives else -1, c in takes, count[c]) for c in p.classes
    ]

    def whole(part: int) -> int:
        total = 0
        for discount, is_taken, number in units:
            best = discount - part * bought
            if is_taken:
                best = max(best, part * targets)
            total += max(0, best) * number
        return total

    low, high = 0, max((discount for discount, _, _ in units), default=0) // bought + 1
    while low < high:
        middle = (low + high) // 2
        if whole(middle) <= whole(middle + 1):
            high = middle
        else:
            low = middle + 1
    for slot in p.slots:
        slot.part = low * bought if slot.is_target else -low * targets


def _without_the_idle(run: _Search, answer: _Answer, order: list[int]) -> _Answer:
    """Drop, in descending id, every promotion whose removal leaves the exact total unchanged."""
    banned: set[int] = set()
    for promo in reversed(order):
        used = {a.promo for a in answer.applications}
        used |= {t.promo for t in (answer.choice.receipt, answer.choice.customer) if t is not None}
        if promo in used:
            without = run.best(frozenset(banned | {promo}), target=answer.saving)
            if without is None or without.saving < answer.saving:
                continue
            answer = without
        banned.add(promo)
    return answer


def _found(answer: _Answer, budget: Budget) -> Found:
    gap: Exact = Fraction(answer.bound - answer.saving * W, V)
    found = Found(
        optimal=gap <= 0,
        gap_minor=max(0, -(-gap.numerator // gap.denominator)),
        steps=budget.used,
        receipt_choice=-1 if answer.choice.receipt is None else answer.choice.receipt.index,
        customer_choice=-1 if answer.choice.customer is None else answer.choice.customer.index,
        app_promo=array("q"),
        app_times=array("q"),
        member_start=array("q", [0]),
        member_class=array("q"),
        member_units=array("q"),
        member_targets=array("q"),
    )
    for a in sorted(answer.applications, key=lambda a: (a.promo, a.members)):
        found.app_promo.append(a.promo)
        found.app_times.append(a.times)
        for c, units, targets in a.members:
            found.member_class.append(c)
            found.member_units.append(units)
            found.member_targets.append(targets)
        found.member_start.append(len(found.member_class))
    return found
