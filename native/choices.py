"""One choice of a receipt tier and a customer tier, solved with their weights and thresholds.

``search`` solves the article layer once without later layers; most choices only scale it. This is
for the others: where the later layers treat the units of one component differently, where the
threshold of a tier is missed, or where a sum is not linear. A choice turns the later layers into
weights on what the article layer leaves, so that the article problem is again a sum over connected
components. Promotions whose units count for themselves are packed (``packing``); where the
composition of single applications matters, labels with their composition (``labels``) decide.
"""

from __future__ import annotations

import math
from array import array
from dataclasses import replace
from operator import mul
from typing import TYPE_CHECKING, NamedTuple

from native.applications import application
from native.fitting import fitted
from native.labels import Labels
from native.pairing import as_buy_gets
from native.problem import (
    AMOUNT_OFF,
    BUNDLE,
    BUY_GET,
    FIXED_PRICE,
    N_FOR_M,
    PERCENT,
    STEPS,
    UNITS,
    Application,
    Budget,
    Choice,
    D,
    Exact,
    Problem,
    Promo,
    Solved,
    Tier,
    V,
    W,
    discount_of,
    fraction,
    hand_on,
    make_choice,
)
from native.steps import best_of_steps
from native.worth import Worth

if TYPE_CHECKING:
    from collections.abc import Callable

    from native.packing import Offers, Packing


# What labels of single applications can carry.
_FEW_PROMOS = 6
_FEW_UNITS = 40
_UNKNOWN = 10**30  # above every value: nothing is proven


class _Component(NamedTuple):
    """Connected units and the promotions that want them, under one choice.

    Values are those under ``choice`` times ``factor`` / 10^8.
    """

    key: tuple[object, ...]
    choice: Choice
    classes: list[int]
    promos: list[Promo]
    factor: int

    def solve(self, run: Choices) -> Solved:
        """Best solution and a bound."""
        if not self.factor:
            return Solved(0, 0, [])
        solved = run.solved.get(self.key)
        if solved is None:
            solved = self._solved(run)
            run.solved[self.key] = solved
        value = None if solved.value is None else fraction(solved.value * self.factor, W)
        return Solved(value, fraction(solved.bound * self.factor, W), solved.applications)

    def _solved(self, run: Choices) -> Solved:
        problem, choice = run.problem, self.choice
        stateful = [p for p in self.promos if not p.is_free]
        if all(is_separable(p, choice, problem.price, exact=False) for p in stateful):
            return packed(run, choice, self.classes, self.promos)

        # A packing as if every unit had the best factor of its promotion bounds what applications
        # can be composed of, and is worth what it is worth: mostly nothing is better.
        found = packed(run, choice, self.classes, self.promos, is_bound=True)
        worth = Worth(problem, choice, stateful, exact=False)
        value = worth.value_of(found.applications, self.promos)
        given_away = sum(
            problem.price[c] * problem.count[c] * (W - choice.weight[choice.zone[c]])
            for c in self.classes
        )
        bound = min(found.bound + cut_too_soon(stateful, problem.price), given_away * D)
        bound = max(value, bound)
        if bound < value + self._grain(problem.price):
            bound = value
        found = Solved(value, bound, found.applications)
        if bound == value or is_crowd(problem, self.classes, stateful):
            return found

        solved = run.by_labels(choice, self.classes, self.promos, value, exact=False)
        bound = min(bound, max(value, solved.bound))
        if solved.value is None:
            return replace(found, bound=bound)
        return replace(solved, bound=bound)

    def _grain(self, price: list[int]) -> int:
        """What every value is a multiple of: two different ones lie at least so far apart."""
        if any(self.choice.weight):
            return 0
        grain = 0
        for p in self.promos:
            rates = [(p.benefit, p.value), *[(step.benefit, step.value) for step in p.steps]]
            for benefit, value in rates:
                parts = [price[c] * value for c in p.classes] if benefit == PERCENT else [D]
                grain = math.gcd(grain, *parts)
            grain = math.gcd(grain, D if p.cap is not None else 0)
        return grain * W


class Choices:
    """Best solution over all choices of receipt and customer tiers, for one set of promotions."""

    def __init__(
        self,
        problem: Problem,
        budget: Budget,
        packing: type[Packing],
        integers: Callable[[list[int]], array[int]],
    ) -> None:
        self.problem = problem
        self.budget = budget
        self.packing = packing
        self.integers = integers
        self.solved: dict[tuple[object, ...], Solved] = {}
        self.paired: Offers | None = None
        self.handed_on: set[int] = set()  # buy-gets whose targets bear a part, for the labels
        self.plain: dict[tuple[int, ...], Packing] = {}  # by their classes: without later layers

    def paired_offers(self) -> Offers:
        """The offers with every n-for-m that may pair otherwise as a buy-get, made when needed."""
        if self.paired is None:
            self.paired = type(self.problem.offers)(
                as_buy_gets(self.problem.columns, set(self._pairing()))
            )
        return self.paired

    def as_n_for_m(self, one: Application) -> Application:
        """An application of the paired offers as what it is."""
        p = self._pairing().get(one.promo)
        if p is None:
            return one
        return application(p, one.times, {c: units for c, units, _ in one.members})

    def _pairing(self) -> dict[int, Promo]:
        promos, price = self.problem.promos, self.problem.price
        return {p.index: p for p in promos if may_pair_otherwise(p, price)}

    def know(
        self, promos: list[Promo], classes: list[int], packing: Packing, solved: Solved
    ) -> None:
        """Take what a component is worth to these promotions without later layers.

        Choices that only scale a component need no more than that.
        """
        choice = make_choice(self.problem, promos, None, None)
        assert choice is not None, "taking no tier is always open"  # noqa: S101
        members = set(classes)
        own = [p for p in promos if p.classes & members]
        self.solved[self._component(choice, classes, own).key] = solved
        self.plain[tuple(classes)] = packing

    def solve(
        self,
        promos: list[Promo],
        parts: list[list[int]],
        receipt: Tier | None,
        customer: Tier | None,
        floor: Exact,
    ) -> Solved | None:
        """Best solution of one choice worth more than ``floor``, and a bound.

        ``parts``: the connected classes; the others only free promotions want. Values are savings
        of all layers in 1/10^12 minor; None where the choice cannot be open.
        """
        choice = make_choice(self.problem, promos, receipt, customer)
        if choice is None:
            return None
        applications, value, reach = self._relaxed(choice, parts)
        applications, saving = self._fitted(choice, applications)
        if saving is not None and saving * W == value:
            # Every tier is open and every sum linear: nothing to gain by exact sums.
            return Solved(value, reach, applications)
        best: Exact | None = None if saving is None else saving * W
        known = floor if best is None else max(floor, best)
        if reach <= known:
            return Solved(best, reach, applications)
        exact = self._exact(choice, parts, known)
        if exact.value is not None:
            exact_saving = choice.saving(*self.measure(choice, exact.applications))
            if exact_saving is not None and exact_saving * W > known:
                best, applications = exact_saving * W, exact.applications
        bound = min(reach, max(exact.bound, known))
        return Solved(best, max(bound, best or 0), applications)

    def _fitted(
        self, choice: Choice, applications: list[Application]
    ) -> tuple[list[Application], Exact | None]:
        """As much of applications as keeps the tiers open, and what all layers save then.

        In 1/10_000 minor; None, and the applications as they are, where no part of them does.
        """
        saving = choice.saving(*self.measure(choice, applications))
        if saving is not None:
            return applications, saving
        rooms = choice.rooms()

        def taken_of(some: list[Application], room: int) -> Exact:
            _, left = self.measure(choice, some)
            taken = [base - rest for base, rest in zip(choice.base, left, strict=True)]
            return rooms[room].used((0, *taken))

        kept, steps = fitted(choice, applications, taken_of)
        self.budget.used += steps
        if kept is None:
            return applications, None
        return kept, choice.saving(*self.measure(choice, kept))

    def saving_of(
        self, receipt: Tier | None, customer: Tier | None, applications: list[Application]
    ) -> Exact | None:
        """Return what these applications save under a choice, in 1/10^12 minor.

        None where a tier is not open; that there are coupons enough is for the caller to know.
        """
        choice = make_choice(self.problem, self.problem.promos, receipt, customer)
        if choice is None:
            return None
        saving = choice.saving(*self.measure(choice, applications))
        return None if saving is None else saving * W

    def without_the_useless(
        self,
        receipt: Tier | None,
        customer: Tier | None,
        applications: list[Application],
        falling: list[tuple[int, int]],
    ) -> tuple[Exact, Tier | None, Tier | None, list[Application]]:
        """Leave out, one after another, promotions without which as much is saved; say how much.

        Args:
            receipt: of a solution; what is left out only raises the base.
            customer: the same.
            applications: its applications.
            falling: the promotions in the order of leaving out: -1 or the index of one of the
                article layer, -1 or the number of one with tiers.
        """
        kept = {
            one.promo: [a for a in applications if a.promo == one.promo] for one in applications
        }
        known: dict[tuple[int, int], tuple[Choice, dict[int, tuple[Exact, ...]]]] = {}

        def saving_of(r: Tier | None, k: Tier | None, promos: list[int]) -> Exact:
            key = (-1 if r is None else r.index, -1 if k is None else k.index)
            if key not in known:
                choice = make_choice(self.problem, self.problem.promos, r, k)
                assert choice is not None, "less is left out of an open choice"  # noqa: S101
                known[key] = choice, {promo: self._taken(choice, kept[promo]) for promo in kept}
            choice, taken = known[key]
            discount, *gone = [sum(taken[promo][i] for promo in promos) for i in range(4)]
            left = [base - part for base, part in zip(choice.base, gone, strict=True)]
            saving = choice.saving(discount, (left[0], left[1], left[2]))
            assert saving is not None, "a tier that was open stays open"  # noqa: S101
            return saving

        saving = saving_of(receipt, customer, [*kept])
        for index, number in falling:
            r = None if receipt is not None and receipt.promo == number else receipt
            k = None if customer is not None and customer.promo == number else customer
            if r is receipt and k is customer and index not in kept:
                continue
            without = saving_of(r, k, [promo for promo in kept if promo != index])
            if without >= saving:
                saving, receipt, customer = without, r, k
                kept.pop(index, None)
        return saving * W, receipt, customer, [a for some in kept.values() for a in some]

    def _taken(self, choice: Choice, applications: list[Application]) -> tuple[Exact, ...]:
        """Discount of all applications of one promotion, and what they take from the bases."""
        discount, left = self.measure(choice, applications)
        return discount, *[base - rest for base, rest in zip(choice.base, left, strict=True)]

    def component(self, classes: list[int], rows: list[int]) -> Solved:
        """Best solution of a component without later layers."""
        members = set(classes)
        promos = [self.problem.promos[row] for row in rows]
        promos = [p for p in promos if p.classes & members]
        plain = make_choice(self.problem, promos, None, None)
        assert plain is not None, "taking no tier is always open"  # noqa: S101
        return self._component(plain, classes, promos).solve(self)

    def _components(
        self, choice: Choice, within: list[list[int]]
    ) -> tuple[list[int], list[tuple[list[int], list[Promo]]]]:
        """Classes that only free promotions want, and the connected rest with who wants it."""
        tied = {c for classes in within for c in classes}
        alone = [c for c in range(len(self.problem.price)) if c not in tied]
        parts = []
        for classes in within:
            members = set(classes)
            parts.append((classes, [p for p in choice.promos if p.classes & members]))
        return alone, parts

    def _relaxed(
        self, choice: Choice, within: list[list[int]]
    ) -> tuple[list[Application], Exact, Exact]:
        """Best applications of the choice without its thresholds, their value, and a bound."""
        alone, parts = self._components(choice, within)
        value: Exact = choice.constant
        inside: Exact = 0
        applications: list[Application] = []
        for classes, promos in ((alone, choice.promos), *parts):
            if not classes:
                continue
            solved = self._component(choice, classes, promos).solve(self)
            value += solved.value or 0
            inside += solved.bound
            applications += solved.applications
        price, count = self.problem.price, self.problem.count
        bound = min(choice.constant + inside, sum(map(mul, price, count)) * V)
        for room in choice.rooms():
            elsewhere = inside if room.open_elsewhere else 0
            bound = min(bound, choice.constant + room.factor * room.slack + elsewhere)
        return applications, value, max(bound, value) if value <= bound else bound

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

    def _exact(self, choice: Choice, within: list[list[int]], floor: Exact) -> Solved:
        """The choice with its thresholds; values are savings of all layers."""
        alone, parts = self._components(choice, within)
        classes = alone + [c for part, _ in parts for c in part]
        stateful = [p for p in choice.promos if not p.is_free]
        price = self.problem.price
        crowd = is_crowd(self.problem, classes, stateful)
        pairs = bool(choice.rooms()) and any(may_pair_otherwise(p, price) for p in stateful)
        known = floor - choice.constant
        if choice.is_linear and all(is_separable(p, choice, price, exact=True) for p in stateful):
            solved = packed(self, choice, classes, choice.promos, floor=known, with_rooms=True)
            if pairs:
                solved = self._paired(choice, classes, solved, known)
            if not crowd and not self._is_worth(choice, solved):
                # A packing may make a bundle dearer than its units to stay within a threshold.
                made = self.by_labels(choice, classes, choice.promos, known, exact=True)
                solved = replace(made, bound=min(made.bound, solved.bound))
        elif crowd:
            found = packed(
                self,
                choice,
                classes,
                choice.promos,
                floor=known,
                with_rooms=True,
                is_bound=True,
            )
            # A try: what it saves is measured, and it proves nothing.
            solved = Solved(found.value, _UNKNOWN, found.applications)
        else:
            solved = self.by_labels(choice, classes, choice.promos, known, exact=True)
        value = None if solved.value is None else solved.value + choice.constant
        return Solved(value, solved.bound + choice.constant, solved.applications)

    def _is_worth(self, choice: Choice, solved: Solved) -> bool:
        """Whether the applications save what the solution says; True where there are none."""
        if solved.value is None:
            return True
        saving = choice.saving(*self.measure(choice, solved.applications))
        return saving is not None and saving * W >= solved.value + choice.constant

    def by_labels(
        self,
        choice: Choice,
        classes: list[int],
        promos: list[Promo],
        floor: Exact,
        *,
        exact: bool,
    ) -> Solved:
        """Best solution that follows the composition of single applications, and a bound."""
        for p in promos:
            if p.kind == BUY_GET and p.index not in self.handed_on:
                self.handed_on.add(p.index)
                hand_on(p, self.problem.price, self.problem.count)

        def labels_of(promos: list[Promo]) -> Labels:
            return Labels(self.problem, choice, classes, promos, self.budget, exact=exact)

        return best_of_steps(promos, floor, self.budget, labels_of)

    def _paired(self, choice: Choice, classes: list[int], solved: Solved, floor: Exact) -> Solved:
        """The better of a packing and one that may pair dear units with cheap ones, and a bound."""
        best = floor if solved.value is None else max(floor, solved.value)
        other = packed(
            self, choice, classes, choice.promos, floor=best, with_rooms=True, with_pairs=True
        )
        if other.value is not None:
            return other
        return Solved(solved.value, other.bound, solved.applications)

    def measure(
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
            zone = choice.zone[a.members[0][0]]
            if p.exclusive != UNITS and all(choice.zone[c] == zone for c, _, _ in a.members):
                # However it is spread over its units: it leaves the same bases.
                left[0] -= discount * a.times if zone & 1 else 0
                left[1] -= discount * a.times if zone & 2 else 0
                left[2] -= discount * a.times if zone == 3 else 0
                continue
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


def is_separable(p: Promo, choice: Choice, price: list[int], *, exact: bool) -> bool:
    """Whether a unit brings the same in every application of the promotion.

    Not so where the discount of an application is spread over units that the later layers treat
    differently, and where one application may give less than the rule says.
    """
    if p.kind == BUNDLE and p.benefit != PERCENT:
        if p.cap is not None:
            return False
        if p.benefit == AMOUNT_OFF:
            least = sum(s.quantity * min((price[c] for c in s.classes), default=0) for s in p.slots)
            if least < p.value:
                return False
    if p.exclusive == UNITS:
        return True
    zones = {choice.zone[c] for c in p.classes}
    if not exact:
        zones = {choice.weight[zone] for zone in zones}
    if len(zones) <= 1:
        return True
    by_unit = p.kind == STEPS or p.size == 1 or (p.kind == BUNDLE and p.benefit == PERCENT)
    return by_unit and p.cap is None


def may_pair_otherwise(p: Promo, price: list[int]) -> bool:
    """Whether the same units could make less discount, as a packing never groups them.

    A packing puts the dearest units together. Where a threshold leaves no room for that, another
    grouping might be what fits, and only the bound without the threshold holds.
    """
    times = p.most if p.limit is None else min(p.most, p.limit)
    prices = {price[c] for c in p.classes}
    return p.kind == N_FOR_M and p.discounted < p.size and times > 1 and len(prices) > 1


def cut_too_soon(stateful: list[Promo], price: list[int]) -> int:
    """Return what a packing of bundles under a cap may miss of their value, in 1/10^12 minor.

    The parts that the slots bear of a price or an amount are rounded in the customer's favour and
    corrected once an application, and a unit may cost less than its part; a packing measures the
    cap before that.
    """
    missed = 0
    for p in stateful:
        if p.cap is None or p.kind != BUNDLE:
            continue
        taken_back = max(0, -p.correction)
        for slot in p.slots if p.benefit == FIXED_PRICE else ():
            least = min((price[c] for c in slot.classes), default=0)
            taken_back += slot.quantity * max(0, slot.part - least * D)
        times = p.most if p.limit is None else min(p.most, p.limit)
        missed += min(p.cap, taken_back * times) * W
    return missed


def is_crowd(problem: Problem, classes: list[int], stateful: list[Promo]) -> bool:
    """Whether these are too many for labels that follow the composition of single applications."""
    return len(stateful) > _FEW_PROMOS or sum(problem.count[c] for c in classes) > _FEW_UNITS


def packed(
    run: Choices,
    choice: Choice,
    classes: list[int],
    promos: list[Promo],
    *,
    floor: Exact = -1,
    with_rooms: bool = False,
    is_bound: bool = False,
    with_pairs: bool = False,
) -> Solved:
    """Solve classes and separable promotions under the weights of a choice by packing.

    Args:
        run: the search.
        choice: its weights and thresholds.
        classes: the classes.
        promos: the promotions.
        floor: solutions worth at most this are of no interest.
        with_rooms: with the thresholds.
        is_bound: promotions that are not separable count as if their discount lay where the later
            layers leave most of it; the value is then a bound only.
        with_pairs: dear units of an n-for-m may stand with cheap ones.
    """
    problem, budget = run.problem, run.budget
    stateful = [p for p in promos if not p.is_free and p.most > 0 and (p.kind != STEPS or p.steps)]
    common = math.gcd(W, *choice.weight)
    unit = W // common
    factor = array("q", [(W - choice.weight[zone]) // common for zone in choice.zone])
    even = [-1] * len(stateful)
    for k, p in enumerate(stateful if is_bound else ()):
        if not is_separable(p, choice, problem.price, exact=with_rooms):
            even[k] = max(factor[c] for c in p.classes)
    rows: list[array[int]] = []
    rooms: list[int] = []
    for room in choice.rooms() if with_rooms else ():
        per_zone = [0, 0, 0, 0]
        for zone in range(4):
            if zone & room.zone:
                per_zone[zone] = D - (room.receipt_rate if zone == 3 else 0)
        small = math.gcd(*per_zone)
        rows.append(array("q", [per_zone[zone] // (small or 1) for zone in choice.zone]))
        rooms.append(int(room.slack * D // (small or 1)))
    starts, values, numbers = [0], [], []
    spent: tuple[list[int], list[int]] = ([], [])
    free = [p for p in promos if p.is_free]
    for c in classes:
        ways = [(0, -1, (0, 0))]
        for p in free:
            if c in p.classes:
                discount = p.unit_discount(problem.price[c])
                gone = problem.price[c] * D if p.exclusive == UNITS else discount
                value = discount * unit - gone * (unit - factor[c])
                if p.exclusive != UNITS:
                    value = discount * factor[c]
                used = [gone * row[c] for row in rows] + [0, 0]
                ways.append((value, p.index, (used[0], used[1])))
        ways.sort(key=lambda way: (-way[0], way[1]))
        kept = [ways[0]]
        for way in ways[1:]:
            if rows and not any(k[2][0] <= way[2][0] and k[2][1] <= way[2][1] for k in kept):
                kept.append(way)
        for value, number, used_of in kept:
            values.append(value)
            numbers.append(number)
            spent[0].append(used_of[0])
            spent[1].append(used_of[1])
        starts.append(len(values))
    packing = run.packing(
        run.paired_offers() if with_pairs else problem.offers,
        classes=array("q", classes),
        promos=array("q", [p.index for p in stateful]),
        factor=factor,
        unit=unit,
        option_start=run.integers(starts),
        option_value=run.integers(values),
        option_promo=run.integers(numbers),
        option_spent=run.integers(spent[0]),
        option_spent_2=run.integers(spent[1]),
        budget=max(1, budget.steps - budget.used),
        pool_left=array("q", choice.pool_left or [0]),
        rows=tuple(rows),
        rooms=tuple(rooms),
        even=run.integers(even or [-1]),
    )
    plain = run.plain.get(tuple(classes))
    # A coupon that a tier takes is one that it may have used.
    if plain is not None and choice.pool_left == problem.pool_limit:
        packing.start_like(plain)
    found = packing.solve(-1 if floor < 0 else int(floor // common))
    budget.used += packing.steps
    if not found:
        return Solved(None, max(packing.bound * common, floor), [])
    applications = applications_of(packing)
    if with_pairs:
        applications = [run.as_n_for_m(one) for one in applications]
    return Solved(packing.value * common, packing.bound * common, applications)


def applications_of(packing: Packing) -> list[Application]:
    """Return the applications of the packing found; one that gives nothing does not exist."""
    return [
        Application(promo, times, members, step)
        for promo, times, members, step in packing.applications()
    ]
