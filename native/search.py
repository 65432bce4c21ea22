# cython: boundscheck=True, wraparound=False, cdivision=False, overflowcheck=True, language_level=3
"""The best price: which promotions apply, how often, and which units each takes.

1. Units are classes with a count. Promotions that take single units without any limit are folded
   into the best discount of each class; the others tie classes together into components.
2. Each component is packed once, without later layers (``packing``).
3. A *choice* is a receipt tier or none, a customer tier or none. A percentage only scales what the
   article layer is worth, so for nearly every choice sums over the components say what it saves,
   or at most could save.
4. Only choices that could save more than the best known one are solved on their own, with weights
   and thresholds (``choices``).
5. Of equal solutions the one without idle promotions: in descending id, each whose removal leaves
   the exact total unchanged is dropped.

Amounts: discounts in 1/10_000 minor unit, savings of all layers in 1/10^12 minor.
"""

from __future__ import annotations

from array import array
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

import cython

from native import codes
from native.arrays import require_int64

from .packing import Offers, Packing, benefit_on, integers

if TYPE_CHECKING:
    from native.choices import Choices
    from native.problem import Application, Exact, Problem

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

PROMO_COLUMNS = cython.declare(cython.Py_ssize_t, codes.PROMO_COLUMNS)
STEP_COLUMNS = cython.declare(cython.Py_ssize_t, codes.STEP_COLUMNS)
SLOT_COLUMNS = cython.declare(cython.Py_ssize_t, codes.SLOT_COLUMNS)
TIER_COLUMNS = cython.declare(cython.Py_ssize_t, codes.TIER_COLUMNS)
PERCENT = cython.declare(cython.longlong, codes.PERCENT)
AMOUNT_OFF = cython.declare(cython.longlong, codes.AMOUNT_OFF)
FIXED_PRICE = cython.declare(cython.longlong, codes.FIXED_PRICE)
N_FOR_M = cython.declare(cython.longlong, codes.N_FOR_M)
BUNDLE = cython.declare(cython.longlong, codes.BUNDLE)
BUY_GET = cython.declare(cython.longlong, codes.BUY_GET)
STEPS = cython.declare(cython.longlong, codes.STEPS)
RECEIPT = cython.declare(cython.longlong, codes.RECEIPT)
CUSTOMER = cython.declare(cython.longlong, codes.CUSTOMER)
SHARED = cython.declare(cython.longlong, codes.SHARED)
UNITS = cython.declare(cython.longlong, codes.UNITS)
ALONE = cython.declare(cython.longlong, codes.ALONE)
_ALIKE = 1_000  # tiers that a tier is compared with
# Amounts are discounts in 1/10_000 minor, savings in 1/10^12 minor.
D = cython.declare(cython.longlong, 10_000)
W = cython.declare(cython.longlong, 100_000_000)
V = cython.declare(cython.longlong, 1_000_000_000_000)

# Promotions without a state have no row in the columns of the packing; beyond this number follow
# their numbers in the call.
_FREE = cython.declare(cython.longlong, 1 << 30)

# An application as ``packing`` gives it: promotion, times, members (class, units, targets), tier.
Given = tuple[int, int, tuple[tuple[int, int, int], ...], int]


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


class _Answer(NamedTuple):
    """A solution: its saving, a bound that none exceeds, its tiers (-1 none), its applications.

    ``rivals``: whether another choice may save as much.
    """

    saving: Exact  # 1/10^12 minor
    bound: Exact
    receipt: int
    customer: int
    applications: list[Given]
    rivals: bool


class _Component(NamedTuple):
    """Connected classes and the promotions with a state that want them (rows of the offers)."""

    classes: array[int]
    promos: array[int]


class _Packed(NamedTuple):
    """A component without later layers: value and bound in 1/10_000 minor."""

    value: int
    bound: int
    applications: list[Given]


@cython.cclass
class _Search:
    """One search: the prepared promotions, what is known of components and choices."""

    given: dict[str, array[int]]
    max_steps: cython.longlong
    used: cython.longlong
    classes: cython.Py_ssize_t
    price: cython.longlong[::1]
    count: cython.longlong[::1]
    pool_limit: array[int]
    tier: cython.longlong[::1]
    tier_start: cython.longlong[::1]
    tier_class: cython.longlong[::1]
    tiers: cython.Py_ssize_t
    promo: cython.longlong[::1]
    slot_start: cython.longlong[::1]
    class_start: cython.longlong[::1]
    slot_class: cython.longlong[::1]
    packed: dict[tuple[int, ...], _Packed]
    choices: Choices | None
    problem: Problem | None
    offers: Offers | None
    ones: array[int] | None
    columns: dict[str, array[int]] | None
    number: array[int]
    free_rows: array[int]
    bound_rows: array[int]
    alone_rows: array[int]
    free_at: dict[int, int]
    is_whole: cython.bint  # whether the columns hold what has no state, too
    has_units: cython.bint
    best: cython.longlong[::1]
    second: cython.longlong[::1]
    best_row: cython.longlong[::1]
    home: cython.longlong[::1]
    components: list[_Component]
    plain: list[_Packed]
    article: cython.longlong
    reach: cython.longlong
    loose: cython.longlong  # the same, as if no discount had to be forgone
    saving: cython.longlong
    base: cython.longlong[::1]
    inside: cython.longlong[::1]
    mixed: cython.longlong[::1]

    def __init__(self, given: dict[str, array[int]], max_steps: int) -> None:
        self.given = given
        self.max_steps = max_steps
        self.used = 0
        self.classes = len(given["count"])
        self.price = given["price_minor"]
        self.count = given["count"]
        self.pool_limit = given["pool_limit"]
        self.tier = given["tier"]
        self.promo = given["promo"]
        self.slot_start = given["slot_start"]
        self.class_start = given["slot_class_start"]
        self.slot_class = given["slot_class"]
        self.tier_start = given["tier_class_start"]
        self.tier_class = given["tier_class"]
        self.tiers = len(self.tier_start) - 1
        self.packed = {}
        self.choices = None
        self.problem = None
        self.offers = None
        self.ones = None
        self._prepare()
        self._connect()

    # --- what the arrays say

    @cython.cfunc
    @cython.exceptval(check=True)
    def _prepare(self) -> cython.void:
        """Merge slots, leave out what cannot apply, find limits and caps that can bind."""
        given: dict[str, array[int]] = self.given
        promo: cython.longlong[::1] = self.promo
        slot: cython.longlong[::1] = given["slot"]
        slot_start: cython.longlong[::1] = self.slot_start
        class_start: cython.longlong[::1] = self.class_start
        fitting: cython.longlong[::1] = self.slot_class
        pools: cython.longlong[::1] = given["pool_limit"]
        kind: cython.longlong
        size: cython.longlong
        limit: cython.longlong
        pool: cython.longlong
        cap: cython.longlong
        units: cython.longlong
        most: cython.longlong
        served: cython.longlong
        i: cython.Py_ssize_t
        j: cython.Py_ssize_t
        s: cython.Py_ssize_t
        c: cython.Py_ssize_t
        at: cython.Py_ssize_t
        self.columns = None
        self.number = array("q")
        self.free_rows = array("q")
        self.bound_rows = array("q")
        self.alone_rows = array("q")
        self.free_at = {}
        self.is_whole = False
        self.has_units = False
        seen: cython.longlong[::1] = array("q", bytes(8 * max(1, self.classes)))
        for i in range(len(slot_start) - 1):
            at = i * PROMO_COLUMNS
            kind = promo[at]
            size = promo[at + 1]
            limit = promo[at + 5]
            pool = promo[at + 6]
            cap = promo[at + 7]
            if kind == STEPS and given["step_start"][i] == given["step_start"][i + 1]:
                raise ValueError("quantity tiers must have a tier")
            if not limit or not cap or (pool >= 0 and not pools[pool]):
                continue
            units = 0
            most = 1 << 40
            for s in range(slot_start[i], slot_start[i + 1]):
                served = 0
                for j in range(class_start[s], class_start[s + 1]):
                    c = fitting[j]
                    served += self.count[c]
                    if seen[c] != i + 1:
                        seen[c] = i + 1
                        units += self.count[c]
                if kind in (BUNDLE, BUY_GET):
                    served = served // slot[2 * s]
                    most = min(most, served)
            most = min(most, units // size)
            if most < 1:
                continue
            if (
                kind == N_FOR_M
                and size == 1
                and pool < 0
                and cap < 0
                and (limit < 0 or limit >= most)
                and promo[at + 8] != ALONE
            ):
                self.free_rows.append(_FREE + i)
                if promo[at + 8] == UNITS:
                    self.has_units = True
            else:
                self._add_row(i, units, most)

    def _columns(self) -> dict[str, array[int]]:
        """The columns of promotions with a state (see ``packing.Offers``), made when needed."""
        if self.columns is None:
            names = (
                *("kind", "size", "discounted", "benefit", "value", "limit", "pool", "cap"),
                *("exclusive", "within_buy", "most", "correction", "step_least", "step_benefit"),
                *("step_value", "slot_quantity", "slot_target", "slot_part", "slot_class"),
            )
            self.columns = {name: array("q") for name in names}
            for name in ("step_start", "slot_start", "slot_class_start"):
                self.columns[name] = array("q", [0])
            self.columns["price"] = self.given["price_minor"]
            self.columns["count"] = self.given["count"]
        return self.columns

    def _add_row(self, i: int, units: int, most: int) -> None:
        """Add the row of a promotion that can apply."""
        given: dict[str, array[int]] = self.given
        columns: dict[str, array[int]] = self._columns()
        at = i * PROMO_COLUMNS
        row: array[int] = given["promo"][at : at + PROMO_COLUMNS]
        kind, size, discounted, benefit, value, limit, pool, cap_minor, exclusive, within, _ = row
        first = given["slot_start"][i]
        last = given["slot_start"][i + 1]
        slot: array[int] = given["slot"]
        class_start: array[int] = given["slot_class_start"]
        slot_class: array[int] = given["slot_class"]
        slots: list[tuple[int, int, array[int]]]
        if last - first == 1:
            slots = [
                (
                    slot[2 * first],
                    slot[2 * first + 1],
                    slot_class[class_start[first] : class_start[last]],
                )
            ]
        else:
            slots = _merged(slot, class_start, slot_class, first, last)
        if kind == BUNDLE and size == 1:
            kind = N_FOR_M
        if kind == BUY_GET and within and all(one[2] == slots[0][2] for one in slots):
            # Whatever is bought and given is of the same kind: the cheapest are given.
            kind, within, slots = N_FOR_M, 0, [(size, 0, slots[0][2])]
        steps: list[tuple[int, int, int]] = []
        if kind == STEPS:
            reach = units if limit < 0 else min(units, limit)
            step = given["step"]
            steps = [
                (step[3 * s], step[3 * s + 1], step[3 * s + 2])
                for s in range(given["step_start"][i], given["step_start"][i + 1])
                if step[3 * s] <= reach
            ]
            if not steps:
                return
        if limit >= most:
            limit = -1
        cap = -1 if cap_minor < 0 else cap_minor * D
        classes = (
            slots[0][2]
            if len(slots) == 1
            else array("q", sorted({c for one in slots for c in one[2]}))
        )
        if cap >= 0 and self._reach(kind, discounted, benefit, value, steps, classes, most) <= cap:
            cap = -1
        is_free = limit < 0 and cap < 0 and pool < 0
        if kind == N_FOR_M and size == 1 and not is_free:
            # Single units under a limit: a tier from the first unit on.
            kind, steps = STEPS, [(1, benefit, value)]
        correction = 0
        parts = [0] * len(slots)
        if kind == BUNDLE and benefit == AMOUNT_OFF:
            parts = [-(-value * D // size)] * len(slots)
            correction = value * D - sum(
                part * one[0] for part, one in zip(parts, slots, strict=True)
            )
        elif kind == BUNDLE and benefit == FIXED_PRICE:
            # A slot bears the fixed price in proportion to the dearest unit that fits it.
            dearest = [one[0] * max([self.price[c] for c in one[2]]) or 1 for one in slots]
            whole = sum(dearest)
            parts = [
                value * D * weight // (whole * one[0])
                for one, weight in zip(slots, dearest, strict=True)
            ]
            correction = (
                sum(part * one[0] for part, one in zip(parts, slots, strict=True)) - value * D
            )
        number = len(self.number)
        self.number.append(i)
        columns["kind"].append(kind)
        columns["size"].append(size)
        columns["discounted"].append(discounted)
        columns["benefit"].append(benefit)
        columns["value"].append(value)
        columns["limit"].append(limit)
        columns["pool"].append(pool)
        columns["cap"].append(cap)
        columns["exclusive"].append(exclusive)
        columns["within_buy"].append(within)
        columns["most"].append(most)
        columns["correction"].append(correction)
        for least, step_benefit, step_value in steps:
            columns["step_least"].append(least)
            columns["step_benefit"].append(step_benefit)
            columns["step_value"].append(step_value)
        columns["step_start"].append(len(columns["step_least"]))
        for (quantity, is_target, fitting), part in zip(slots, parts, strict=True):
            columns["slot_quantity"].append(quantity)
            columns["slot_target"].append(is_target)
            columns["slot_part"].append(part)
            columns["slot_class"].extend(fitting)
            columns["slot_class_start"].append(len(columns["slot_class"]))
        columns["slot_start"].append(len(columns["slot_quantity"]))
        if exclusive == ALONE:
            self.alone_rows.append(number)
        elif not self.is_whole:
            self.bound_rows.append(number)
        if exclusive == UNITS:
            self.has_units = True

    def _reach(
        self,
        kind: int,
        discounted: int,
        benefit: int,
        value: int,
        steps: list[tuple[int, int, int]],
        classes: array[int],
        most: int,
    ) -> int:
        """Discount that a promotion cannot exceed, in 1/10_000 minor."""
        if steps:
            return sum(
                max(benefit_on(self.price[c], b, v) for _, b, v in steps) * self.count[c]
                for c in classes
            )
        if benefit == AMOUNT_OFF:
            return value * D * most * (discounted if kind != BUNDLE else 1)
        if kind == BUNDLE and benefit == FIXED_PRICE:
            return sum(self.price[c] * self.count[c] for c in classes) * D
        return sum(benefit_on(self.price[c], benefit, value) * self.count[c] for c in classes)

    @cython.cfunc
    @cython.exceptval(check=True)
    def _fold(self, banned: frozenset[int]) -> cython.void:
        """The best discount of single units of each class, first in id of equal ones."""
        starts: cython.longlong[::1] = self.class_start
        slots: cython.longlong[::1] = self.slot_start
        fitting: cython.longlong[::1] = self.slot_class
        promo: cython.longlong[::1] = self.promo
        slot: cython.longlong
        best: cython.longlong[::1] = array("q", bytes(8 * max(1, self.classes)))
        second: cython.longlong[::1] = array("q", bytes(8 * max(1, self.classes)))
        rows: cython.longlong[::1] = array("q", bytes(8 * max(1, self.classes)))
        i: cython.Py_ssize_t
        c: cython.Py_ssize_t
        row: cython.longlong
        discount: cython.longlong
        benefit: cython.longlong
        value: cython.longlong
        price: cython.longlong
        for c in range(self.classes):
            rows[c] = -1
        for row in self.free_rows:
            if banned and row in banned:
                continue
            slot = slots[row - _FREE]
            benefit = promo[(row - _FREE) * PROMO_COLUMNS + 3]
            value = promo[(row - _FREE) * PROMO_COLUMNS + 4]
            for i in range(starts[slot], starts[slot + 1]):
                c = fitting[i]
                price = self.price[c]
                if benefit == PERCENT:
                    discount = price * value
                elif benefit == AMOUNT_OFF:
                    discount = (min(value, price)) * D
                else:
                    discount = (price - value) * D if price > value else 0
                if discount > best[c]:
                    second[c] = best[c]
                    best[c] = discount
                    rows[c] = row
                elif discount > second[c]:
                    second[c] = discount
        self.best = best
        self.second = second
        self.best_row = rows

    @cython.cfunc
    @cython.exceptval(check=True)
    def _connect(self) -> cython.void:
        """Connected classes, tied together by promotions with a state and by their coupons."""
        home: cython.longlong[::1] = array("q", bytes(8 * max(1, self.classes)))
        c: cython.Py_ssize_t
        for c in range(self.classes):
            home[c] = -1
        self.home = home
        self.components = []
        if self.bound_rows:
            self._tie()

    @cython.cfunc
    @cython.exceptval(check=True)
    def _tie(self) -> cython.void:
        """Tie classes together; whoever no promotion with a state wants stays alone."""
        columns: dict[str, array[int]] = self._columns()
        starts: cython.longlong[::1] = columns["slot_class_start"]
        slots: cython.longlong[::1] = columns["slot_start"]
        fitting: cython.longlong[::1] = columns["slot_class"]
        pools: cython.longlong[::1] = columns["pool"]
        parent: cython.longlong[::1] = array("q", bytes(8 * max(1, self.classes)))
        home: cython.longlong[::1] = self.home
        c: cython.Py_ssize_t
        i: cython.Py_ssize_t
        a: cython.Py_ssize_t
        b: cython.Py_ssize_t
        row: cython.longlong
        of_pool: dict[int, int] = {}
        for c in range(self.classes):
            parent[c] = -1
        for row in self.bound_rows:
            a = -1
            for i in range(starts[slots[row]], starts[slots[row + 1]]):
                b = fitting[i]
                if parent[b] < 0:
                    parent[b] = b
                while parent[b] != b:
                    b = parent[b]
                if a < 0:
                    a = b
                elif a != b:
                    if b < a:
                        a, b = b, a
                    parent[b] = a
            if pools[row] >= 0:
                b = of_pool.setdefault(pools[row], a)
                while parent[b] != b:
                    b = parent[b]
                if b != a:
                    if b < a:
                        a, b = b, a
                    parent[b] = a
        found: list[tuple[array[int], array[int]]] = []
        for c in range(self.classes):
            if parent[c] < 0:
                continue
            b = c
            while parent[b] != b:
                b = parent[b]
            if b == c:
                home[c] = len(found)
                found.append((array("q"), array("q")))
            home[c] = home[b]
            found[home[b]][0].append(c)
        for row in self.bound_rows:
            found[home[fitting[starts[slots[row]]]]][1].append(row)
        self.components = [_Component(classes, promos) for classes, promos in found]

    # --- components without later layers

    def _pack(self, part: _Component, banned: frozenset[int]) -> _Packed:
        """Pack a component without the banned promotions."""
        key: tuple[int, ...] = (part.classes[0],)
        promos: array[int] = part.promos
        if banned:
            key = (part.classes[0], *sorted(banned))
            promos = array("q", [row for row in promos if row not in banned])
        known = self.packed.get(key)
        if known is not None:
            return known
        if any(self._is_composed(row) for row in promos):
            return self._pack_composed(key, part, promos, banned)
        values: array[int] = array("q")
        rows: array[int] = array("q")
        c: cython.Py_ssize_t
        for c in part.classes:
            values.append(self.best[c])
            rows.append(self.best_row[c])
        packing = Packing(
            self._offers(),
            classes=part.classes,
            promos=promos,
            factor=self._ones(),
            unit=1,
            option_start=array("q", range(len(part.classes) + 1)),
            option_value=values,
            option_promo=rows,
            budget=max(1, self.max_steps - self.used),
            pool_left=self.pool_limit or array("q", [0]),
        )
        packing.solve(-1)
        self.used += packing.steps
        known = _Packed(packing.value, packing.bound, packing.applications())
        self.packed[key] = known
        return known

    def _pack_composed(
        self, key: tuple[int, ...], part: _Component, promos: array[int], banned: frozenset[int]
    ) -> _Packed:
        """Pack a component with a bundle whose discount depends on what it is composed of."""
        run = self._choices()
        rows = [*promos, *[self.free_at[row] for row in self.free_rows if row not in banned]]
        solved = run.component(list(part.classes), rows)
        value = solved.value or 0
        known = _Packed(
            int(value // W), int(-(-solved.bound // W)), self._named(solved.applications)
        )
        self.packed[key] = known
        return known

    def _is_composed(self, row: int) -> bool:
        columns = self._columns()
        if columns["kind"][row] != BUNDLE or columns["benefit"][row] == PERCENT:
            return False
        if columns["cap"][row] >= 0:
            return True
        if columns["benefit"][row] == FIXED_PRICE:
            return False
        least = 0
        for s in range(columns["slot_start"][row], columns["slot_start"][row + 1]):
            fitting = columns["slot_class"][
                columns["slot_class_start"][s] : columns["slot_class_start"][s + 1]
            ]
            least += columns["slot_quantity"][s] * min(self.price[c] for c in fitting)
        return least < columns["value"][row]

    @cython.cfunc
    def _offers(self) -> Offers:
        if self.offers is None:
            self.offers = Offers(self._columns())
        return self.offers

    @cython.cfunc
    def _ones(self) -> object:
        if self.ones is None:
            self.ones = array("q", [1]) * self.classes
        return self.ones

    def _choices(self) -> Choices:
        """The slow way for single choices, prepared when it is first needed."""
        if self.choices is None:
            from native.choices import Choices
            from native.problem import Budget, problem_of

            # The packings so far hold the columns: the whole table is a copy.
            self.columns = {name: values[:] for name, values in self._columns().items()}
            self.is_whole = True
            for row in self.free_rows:
                # Without a limit as many as there are units: the state of a free one is empty.
                self.free_at[row] = len(self.number)
                self._add_row(row - _FREE, 1 << 30, 1 << 30)
            self.offers = None
            self.problem = problem_of(self._columns(), self.given, self._offers())
            # What labels do in objects costs far more than a step of the packing.
            self.choices = Choices(
                self.problem, Budget(max(1, self.max_steps // 3)), Packing, integers
            )
        return self.choices

    def _named(self, applications: list[Application]) -> list[Given]:
        """Applications of the slow way in the numbers of the fast one."""
        rows = {row: name for name, row in self.free_at.items()}
        return [(rows.get(a.promo, a.promo), a.times, a.members, a.step) for a in applications]

    # --- choices of tiers

    @cython.cfunc
    @cython.exceptval(check=True)
    def _measure_bases(self) -> cython.void:
        """Per tier: the untouched base, and what the plain packing gives inside it."""
        t: cython.Py_ssize_t
        i: cython.Py_ssize_t
        c: cython.Py_ssize_t
        k: cython.Py_ssize_t
        base: cython.longlong
        inside: cython.longlong
        outside: cython.longlong
        parts: list[_Packed] = self.plain
        touched: cython.longlong[::1] = array("q", bytes(8 * (len(parts) + 1)))
        self.base = array("q", bytes(8 * (self.tiers + 1)))
        self.inside = array("q", bytes(8 * (self.tiers + 1)))
        self.mixed = array("q", bytes(8 * (self.tiers + 1)))
        starts: cython.longlong[::1] = self.tier_start
        fitting: cython.longlong[::1] = self.tier_class
        for t in range(self.tiers):
            base = 0
            inside = 0
            for k in range(len(parts)):
                touched[k] = 0
            for i in range(starts[t], starts[t + 1]):
                c = fitting[i]
                base += self.price[c] * self.count[c]
                if self.home[c] >= 0:
                    touched[self.home[c]] += 1
                else:
                    inside += self.best[c] * self.count[c]
            outside = 0
            for k in range(len(parts)):
                if not touched[k]:
                    continue
                if touched[k] == len(self.components[k].classes):
                    inside += parts[k].value
                else:
                    # Some of the discount lies inside, nobody knows how much without looking.
                    outside += 1
            self.base[t] = base * D
            self.inside[t] = inside
            self.mixed[t] = outside

    @cython.cfunc
    @cython.exceptval(check=True)
    def _common(self, r: cython.Py_ssize_t, k: cython.Py_ssize_t) -> cython.longlong:
        """What is left in the bases of both tiers; -1 where that cannot be told."""
        starts: cython.longlong[::1] = self.tier_start
        fitting: cython.longlong[::1] = self.tier_class
        inside: cython.longlong[::1] = self.inside
        if starts[k + 1] - starts[k] == self.classes:
            return self.base[r] - inside[r]
        if starts[r + 1] - starts[r] == self.classes:
            return self.base[k] - inside[k]
        if self.mixed[r] or self.mixed[k]:
            return -1
        i: cython.Py_ssize_t = starts[r]
        j: cython.Py_ssize_t = starts[k]
        c: cython.Py_ssize_t
        p: cython.Py_ssize_t
        left: cython.longlong = 0
        while i < starts[r + 1] and j < starts[k + 1]:
            if fitting[i] < fitting[j]:
                i += 1
            elif fitting[i] > fitting[j]:
                j += 1
            else:
                c = fitting[i]
                left += self.price[c] * self.count[c] * D
                if self.home[c] < 0:
                    left -= self.best[c] * self.count[c]
                else:
                    # A component inside both bases counts once, with its first class.
                    p = self.home[c]
                    part: _Component = self.components[p]
                    if part.classes[0] == c:
                        packed: _Packed = self.plain[p]
                        left -= packed.value
                i += 1
                j += 1
        return left

    @cython.cfunc
    @cython.exceptval(check=True)
    def _rate(self, t: cython.Py_ssize_t, amount: cython.longlong) -> cython.longlong:
        """What a tier gives on an amount in 1/10_000 minor, in 1/10^8 minor."""
        at: cython.Py_ssize_t = t * TIER_COLUMNS
        given: cython.longlong
        if self.tier[at + 2] == AMOUNT_OFF:
            given = self.tier[at + 3] * D
            return (min(amount, given)) * D
        given = amount * self.tier[at + 3]
        if self.tier[at + 7] >= 0 and given > self.tier[at + 7] * D * D:
            return self.tier[at + 7] * D * D
        return given

    @cython.cfunc
    @cython.exceptval(check=True)
    def _weigh(self, r: cython.Py_ssize_t, k: cython.Py_ssize_t) -> cython.void:
        """Find an upper bound of a choice (``reach``) and what the plain packing saves under it.

        Savings in 1/10^12 minor. ``saving`` is -1 where it cannot be told: a tier is not open, or
        the later layers treat the units of one component differently.
        """
        most: cython.longlong = self.article * W
        value: cython.longlong = most
        known: cython.bint = not self.has_units
        rate_r: cython.longlong = 0
        rate_k: cython.longlong = 0
        short: cython.longlong = 0
        left_r: cython.longlong = 0
        left_k: cython.longlong
        least: cython.longlong
        reach: cython.longlong
        common: cython.longlong
        given: cython.longlong
        most_k: cython.longlong
        is_plain: cython.bint = False  # a percentage without a cap
        at: cython.Py_ssize_t
        if r >= 0:
            at = r * TIER_COLUMNS
            left_r = self.base[r] - self.inside[r]
            short = self.tier[at + 4] * D - left_r
            known = known and short <= 0 and not self.mixed[r] and self._has_coupon(r)
            value += self._rate(r, left_r) * D
            if self.tier[at + 2] == PERCENT:
                rate_r = self.tier[at + 3]
                is_plain = self.tier[at + 7] < 0
                most += self._rate(r, self.base[r] if self.has_units else left_r) * D
            else:
                most += self.tier[at + 3] * V
        if k >= 0:
            at = k * TIER_COLUMNS
            left_k = (self.base[k] - self.inside[k]) * D
            reach = self.base[k] * D if self.has_units else left_k
            if r >= 0:
                common = self._common(r, k)
                if common < 0:
                    known = False
                elif common == left_r:
                    left_k -= self._rate(r, left_r)
                elif is_plain:
                    left_k -= common * rate_r
                elif common:
                    known = False
                if is_plain and common >= 0 and not self.has_units:
                    reach -= common * rate_r
            least = self.tier[at + 4] * D * D
            known = known and left_k >= least and not self.mixed[k] and self._has_coupon(k)
            if self.tier[at + 2] == PERCENT:
                rate_k = self.tier[at + 3]
                given = left_k * rate_k
                most_k = reach * rate_k
                if self.tier[at + 7] >= 0:
                    given = min(given, self.tier[at + 7] * V)
                    most_k = min(most_k, self.tier[at + 7] * V)
            else:
                most_k = self.tier[at + 3] * V
                given = min(left_k * D, most_k)
            value += given
            most += most_k
        self.loose = most
        if short > 0 and not self.has_units and not self.mixed[r]:
            # So much discount inside the base has to be forgone.
            most -= short * (D - rate_r) * (D - rate_k)
        self.reach = most
        self.saving = value if known else -1

    def _has_coupons(self, r: int, k: int) -> bool:
        """Whether there are coupons enough for both tiers."""
        if r < 0 or k < 0:
            return True
        pool = self.tier[r * TIER_COLUMNS + 5]
        return pool < 0 or pool != self.tier[k * TIER_COLUMNS + 5] or self.pool_limit[pool] > 1

    @cython.cfunc
    @cython.exceptval(check=True)
    def _has_coupon(self, t: cython.Py_ssize_t) -> cython.bint:
        """Whether the coupon of a tier is none that the article layer could use."""
        pool: cython.longlong = self.tier[t * TIER_COLUMNS + 5]
        return pool < 0 or self.columns is None or pool not in self.columns["pool"]

    def _best(self, banned: frozenset[int], banned_tiers: frozenset[int]) -> _Answer:
        """The best solution without the banned promotions (rows, and numbers of tiers)."""
        self._fold(banned)
        self.plain = [self._pack(part, banned) for part in self.components]
        article: cython.longlong = 0
        most: cython.longlong
        c: cython.Py_ssize_t
        for c in range(self.classes):
            if self.home[c] < 0:
                article += self.best[c] * self.count[c]
        most = article
        for packed in self.plain:
            article += packed.value
            most += packed.bound
        self.article = article
        value = article * W
        # Where components are not proven, any choice could save so much more.
        open_value = (most - article) * W
        bound = value + open_value
        receipt = customer = -1
        unsure: list[tuple[int, int, int, int, int]] = []
        rivals = False
        if self.tiers:
            self._measure_bases()
            receipts, customers, alone = self._open_tiers(banned_tiers)
            sure = [value]
            plain = value
            number = 0
            # What each tier could add by itself, then pairs as long as both together could win.
            adds: dict[int, int] = {}
            left_out = 0
            pairs = [(r, -1) for r in receipts[1:]] + [(-1, k) for k in customers[1:]]
            for r, k in pairs:
                number += 1
                self._weigh(r, k)
                adds[max(r, k)] = self.loose - plain
                if self.saving > value:
                    value, receipt, customer = self.saving, r, k
                if self.saving < self.reach:
                    unsure.append((-self.reach - open_value, number, r, k, 0))
                else:
                    sure.append(self.reach)
            if len(receipts) > 1 and len(customers) > 1:
                ordered_r = sorted(receipts[1:], key=adds.__getitem__, reverse=True)
                ordered_k = sorted(customers[1:], key=adds.__getitem__, reverse=True)
                for r in ordered_r:
                    for k in ordered_k:
                        if plain + adds[r] + adds[k] < value:
                            break
                        if self.used > self.max_steps:
                            # Never looked at: what such a pair could save stays in the gap.
                            left_out = max(left_out, plain + adds[r] + adds[k])
                            break
                        if not self._has_coupons(r, k):
                            continue
                        number += 1
                        self.used += 1
                        self._weigh(r, k)
                        if self.saving > value:
                            value, receipt, customer = self.saving, r, k
                        if self.saving < self.reach:
                            unsure.append((-self.reach - open_value, number, r, k, 0))
                        else:
                            sure.append(self.reach)
            for t in alone:
                saving = self._rate(t, self.base[t]) * D
                sure.append(saving)
                if saving > value:
                    value, receipt, customer = saving, t, -2
            rivals = sum([reach >= value for reach in sure]) > 1 or (
                any(-one[0] >= value for one in unsure)
            )
            bound = max(*sure, left_out) + open_value
        answer = _Answer(value, bound, receipt, customer, [], rivals)
        if customer == -2:
            tier_layer = self.tier[receipt * TIER_COLUMNS]
            answer = answer._replace(
                receipt=receipt if tier_layer == RECEIPT else -1,
                customer=receipt if tier_layer == CUSTOMER else -1,
            )
        else:
            answer = answer._replace(applications=self._plain_applications())
        for row in self.alone_rows:
            if row not in banned:
                unsure.append((-self._alone_bound(row) * W, len(unsure), -1, -1, row + 1))
        if unsure:
            return self._settle(answer, unsure, banned)
        return answer

    def _open_tiers(self, banned: frozenset[int]) -> tuple[list[int], list[int], list[int]]:
        """Tiers that can be open: of the receipt, of the customer, and those that stand alone."""
        receipts, customers, alone = [-1], [-1], []
        at: cython.Py_ssize_t
        t: cython.Py_ssize_t
        other: cython.Py_ssize_t
        # A smaller receipt discount may be what keeps a customer tier open.
        guarded: cython.bint = False
        for t in range(self.tiers):
            at = t * TIER_COLUMNS
            if self.tier[at] != RECEIPT and self.tier[at + 4] > 0:
                guarded = True
        for t in range(self.tiers):
            at = t * TIER_COLUMNS
            if self.base[t] < self.tier[at + 4] * D or not self.base[t]:
                continue
            if banned and self.tier[at + 1] in banned:
                continue
            if self.tier[at + 5] >= 0 and not self.pool_limit[self.tier[at + 5]]:
                continue
            if self.tier[at + 6] == ALONE:
                alone.append(t)
                continue
            same_layer = receipts if self.tier[at] == RECEIPT else customers
            for other in same_layer[-_ALIKE:]:
                # Of tiers with the same base one that gives more, or as much, replaces the others.
                if guarded and self.tier[at] == RECEIPT:
                    continue
                if other >= 0 and self._replaces(other, t):
                    break
            else:
                same_layer.append(t)
        return receipts, customers, alone

    @cython.cfunc
    @cython.exceptval(check=True)
    def _replaces(self, a: cython.Py_ssize_t, b: cython.Py_ssize_t) -> cython.bint:
        """Whether tier a is as good as tier b on the same base whatever is left of it."""
        at: cython.Py_ssize_t = a * TIER_COLUMNS
        bt: cython.Py_ssize_t = b * TIER_COLUMNS
        first: cython.Py_ssize_t = self.tier_start[a]
        shift: cython.Py_ssize_t = self.tier_start[b] - first
        i: cython.Py_ssize_t
        if (
            self.tier[at + 2] != self.tier[bt + 2]
            or self.tier[at + 3] < self.tier[bt + 3]
            or self.tier[at + 4] > self.tier[bt + 4]
            or self.tier[at + 5] >= 0
            or self.tier[at + 7] >= 0
            or (self.tier[at + 3] == self.tier[bt + 3] and self.tier[at + 8] > self.tier[bt + 8])
            or self.tier_start[a + 1] - first != self.tier_start[b + 1] - self.tier_start[b]
        ):
            return False
        for i in range(first, self.tier_start[a + 1]):
            if self.tier_class[i] != self.tier_class[i + shift]:
                return False
        return True

    def _plain_applications(self) -> list[Given]:
        given: list[Given] = []
        c: cython.Py_ssize_t
        for c in range(self.classes):
            if self.best_row[c] >= 0 and self.home[c] < 0:
                given.append((self.best_row[c], self.count[c], ((c, 1, 1),), 0))  # noqa: PERF401 - a typed loop
        for packed in self.plain:
            given += packed.applications
        return given

    def _alone_bound(self, row: int) -> int:
        """What a promotion that stands alone can give at most, in 1/10_000 minor."""
        columns = self._columns()
        starts = columns["slot_class_start"]
        first, last = columns["slot_start"][row], columns["slot_start"][row + 1]
        classes = set(columns["slot_class"][starts[first] : starts[last]])
        reach = sum(self.price[c] * self.count[c] for c in classes) * D
        cap = columns["cap"][row]
        return reach if cap < 0 else min(reach, cap)

    def _settle(
        self,
        answer: _Answer,
        unsure: list[tuple[int, int, int, int, int]],
        banned: frozenset[int],
    ) -> _Answer:
        """Solve on their own the choices that could save more than the answer."""
        unsure.sort()
        bound = answer.bound
        rivals = answer.rivals
        for reach, _, r, k, alone in unsure:
            if -reach <= answer.saving:
                rivals = rivals or -reach == answer.saving
                break
            run = self._choices()
            assert self.problem is not None  # noqa: S101 - made with the choices
            if alone:
                promos = [self.problem.promos[alone - 1]]
            else:
                rows = [row for row in self.bound_rows if row not in banned]
                rows += [self.free_at[row] for row in self.free_rows if row not in banned]
                promos = [self.problem.promos[row] for row in rows]
            if run.budget.spent:
                bound = max(bound, -reach)
                continue
            tiers = self.problem.tiers
            solved = run.solve(
                promos,
                tiers[r] if r >= 0 else None,
                tiers[k] if k >= 0 else None,
                answer.saving,
            )
            if solved is None:
                continue
            bound = max(bound, min(-reach, solved.bound))
            rivals = True
            if solved.value is not None and solved.value > answer.saving:
                answer = _Answer(solved.value, 0, r, k, self._named(solved.applications), True)
        return answer._replace(bound=max(bound, answer.saving), rivals=rivals)

    # --- the answer

    def found(self) -> Found:
        """Solve, and say it in arrays."""
        answer = self._best(frozenset(), frozenset())
        # Whatever the search gave up: nobody can save more than the goods are worth.
        worth: cython.longlong = 0
        c: cython.Py_ssize_t
        bound = answer.bound
        if bound > answer.saving:
            for c in range(self.classes):
                worth += self.price[c] * self.count[c]
            bound = min(bound, int(worth) * 10**12)
        if bound <= answer.saving:
            answer = self._without_the_idle(answer)
        gap: Exact = 0
        if bound > answer.saving:
            gap = Fraction(bound - answer.saving, V)
        found = Found(
            optimal=gap <= 0,
            gap_minor=-(-gap.numerator // gap.denominator),
            steps=self.used + (self.choices.budget.used if self.choices is not None else 0),
            receipt_choice=answer.receipt,
            customer_choice=answer.customer,
            app_promo=array("q"),
            app_times=array("q"),
            member_start=array("q", [0]),
            member_class=array("q"),
            member_units=array("q"),
            member_targets=array("q"),
        )
        applications = answer.applications
        if len(applications) > 1:
            applications = sorted(applications, key=self._in_order)
        for row, times, members, _ in applications:
            found.app_promo.append(self._number_of(row))
            found.app_times.append(times)
            for c, units, targets in members:
                found.member_class.append(c)
                found.member_units.append(units)
                found.member_targets.append(targets)
            found.member_start.append(len(found.member_class))
        return found

    def _number_of(self, row: int) -> int:
        """The number of a promotion in the call."""
        return row - _FREE if row >= _FREE else self.number[row]

    def _in_order(self, given: Given) -> tuple[int, tuple[tuple[int, int, int], ...]]:
        return self._number_of(given[0]), given[2]

    # --- no idle promotions

    def _without_the_idle(self, answer: _Answer) -> _Answer:
        """Drop, in descending id, every promotion without which the exact total is the same."""
        rows, numbers = self._used(answer)
        is_plain = self._is_plain(answer)
        if is_plain and self._are_needed(rows):
            return answer
        promo = self.given["promo"]
        ranked: dict[tuple[int, int, int], None] = {}
        for row in (*self.bound_rows, *self.alone_rows, *self.free_rows):
            ranked[promo[self._number_of(row) * PROMO_COLUMNS + 10], row, -1] = None
        for t in range(self.tiers):
            at = t * TIER_COLUMNS
            ranked[self.tier[at + 8], -1, self.tier[at + 1]] = None
        banned: frozenset[int] = frozenset()
        banned_tiers: frozenset[int] = frozenset()
        for _, row, number in sorted(ranked, reverse=True):
            if row in rows or number in numbers:
                if is_plain and self._is_needed(row, rows, banned):
                    continue
                if row >= 0:
                    without = self._best(banned | {row}, banned_tiers)
                else:
                    without = self._best(banned, banned_tiers | {number})
                if without.saving < answer.saving:
                    # It is needed: back to what the looks at single promotions go by.
                    self._fold(banned)
                    self.plain = [self._pack(part, banned) for part in self.components]
                    continue
                answer = without._replace(bound=answer.bound)
                rows, numbers = self._used(answer)
                is_plain = self._is_plain(answer)
            if row >= 0:
                banned |= {row}
            else:
                banned_tiers |= {number}
        return answer

    def _is_plain(self, answer: _Answer) -> bool:
        """Whether a promotion is needed as soon as the article layer is worth less without it.

        Not so where another choice saves as much, and where the later layers leave nothing of a
        discount anyway.
        """
        if answer.rivals or self.has_units:
            return False
        for t in (answer.receipt, answer.customer):
            at = t * TIER_COLUMNS
            if t >= 0 and self.tier[at + 2] == PERCENT and self.tier[at + 3] >= D:
                return False
        return True

    def _used(self, answer: _Answer) -> tuple[set[int], set[int]]:
        """Return the rows and the numbers of tiers that a solution uses."""
        rows = {a[0] for a in answer.applications}
        numbers = {
            self.tier[t * TIER_COLUMNS + 1] for t in (answer.receipt, answer.customer) if t >= 0
        }
        return rows, numbers

    @cython.cfunc
    @cython.exceptval(check=True)
    def _are_needed(self, rows: set[int]) -> cython.bint:
        row: cython.longlong
        for row in rows:
            if not self._is_needed(row, rows, frozenset()):
                return False
        return True

    @cython.cfunc
    @cython.exceptval(check=True)
    def _is_needed(
        self, row: cython.longlong, used: set[int], banned: frozenset[int]
    ) -> cython.bint:
        """Whether the article layer is worth less without a promotion, as far as a look can tell.

        Every other choice saves less anyway; so a promotion is needed where its units are worth
        less in the hands of the others: of those before it in id, and of those that are used.
        """
        c: cython.Py_ssize_t
        if row < 0:
            return True
        if row >= _FREE:
            for c in range(self.classes):
                if (
                    self.best_row[c] == row
                    and self.home[c] < 0
                    and (self.best[c] > self.second[c] or not self._has_equal(c, row, used))
                ):
                    return True
        return bool(self.components) and self._is_needed_within(row, banned)

    def _is_needed_within(self, row: int, banned: frozenset[int]) -> bool:
        """Whether a component is worth less without a promotion."""
        for part, packed in zip(self.components, self.plain, strict=True):
            if len(part.promos) == 1 and row == part.promos[0]:
                value = sum([self.best[c] * self.count[c] for c in part.classes])
            elif row in part.promos or any(one[0] == row for one in packed.applications):
                if row >= _FREE:
                    self._fold(banned | {row})
                value = self._pack(part, banned | {row}).value
                if row >= _FREE:
                    self._fold(banned)
            else:
                continue
            if value < packed.value:
                return True
        return False

    def _has_equal(self, c: int, row: int, used: set[int]) -> bool:
        """Whether another promotion, before this one in id or used, gives as much on a class."""
        for other in self.free_rows:
            if other == row or (other > row and other not in used):
                continue
            number = other - _FREE
            slot = self.slot_start[number]
            for i in range(self.class_start[slot], self.class_start[slot + 1]):
                if self.slot_class[i] == c:
                    at = number * PROMO_COLUMNS
                    discount = benefit_on(self.price[c], self.promo[at + 3], self.promo[at + 4])
                    if discount == self.best[c]:
                        return True
        return False


def _merged(
    slot: array[int],
    class_start: array[int],
    slot_class: array[int],
    first: int,
    last: int,
) -> list[tuple[int, int, array[int]]]:
    """Return quantity, target and classes of each slot; slots of the same units are one."""
    slots: list[tuple[int, int, array[int]]] = []
    for s in range(first, last):
        fitting = slot_class[class_start[s] : class_start[s + 1]]
        for i, (quantity, is_target, other) in enumerate(slots):
            if is_target == slot[2 * s + 1] and other == fitting:
                slots[i] = (quantity + slot[2 * s], is_target, other)
                break
        else:
            slots.append((slot[2 * s], slot[2 * s + 1], fitting))
    return slots


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
    given = {
        "price_minor": price_minor,
        "count": count,
        "promo": promo,
        "step_start": step_start,
        "step": step,
        "slot_start": slot_start,
        "slot": slot,
        "slot_class_start": slot_class_start,
        "slot_class": slot_class,
        "tier": tier,
        "tier_class_start": tier_class_start,
        "tier_class": tier_class,
        "pool_limit": pool_limit,
    }
    _check(classes=len(count), given=given)
    run = _Search(given, max_steps)
    return run.found()


@cython.cfunc
@cython.exceptval(check=True)
def _require_range(
    name: str,
    values: cython.longlong[::1],
    low: cython.longlong,
    high: cython.longlong,
    step: cython.Py_ssize_t = 1,
    first: cython.Py_ssize_t = 0,
) -> cython.void:
    """Raise ValueError unless every value (of a column) lies in low..high-1."""
    i: cython.Py_ssize_t = first
    while i < len(values):
        if values[i] < low or values[i] >= high:
            raise ValueError(f"{name} must lie in {low}..{high - 1}")
        i += step


@cython.cfunc
@cython.exceptval(check=True)
def _require_starts(name: str, starts: cython.longlong[::1], items: cython.longlong) -> cython.void:
    """Raise ValueError unless the offsets run from 0 to ``items`` and never fall."""
    i: cython.Py_ssize_t
    if not len(starts) or starts[0] != 0 or starts[len(starts) - 1] != items:
        raise ValueError(f"{name} must run from 0 to {items}")
    for i in range(1, len(starts)):
        if starts[i] < starts[i - 1]:
            raise ValueError(f"{name} must not fall")


def _check(*, classes: int, given: dict[str, array[int]]) -> None:
    """Raise where the arrays of a problem do not fit each other."""
    for name, values in given.items():
        if type(values) is not array or values.typecode != "q":
            require_int64(name, values)
    _require_range("price_minor", given["price_minor"], 0, 1_000_000_001)
    _require_range("count", given["count"], 0, 1_000_000_001)
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
    _require_starts("step_start", given["step_start"], len(given["step"]) // STEP_COLUMNS)
    _require_starts("slot_start", given["slot_start"], len(given["slot"]) // SLOT_COLUMNS)
    for name in ("slot_class", "tier_class"):
        _require_starts(f"{name}_start", given[f"{name}_start"], len(given[name]))
        _require_range(name, given[name], 0, max(classes, 1))
    _require_range("promo kind", given["promo"], N_FOR_M, STEPS + 1, PROMO_COLUMNS)
    step = given["step"]
    _require_range("step least", step, 1, 1_000_000_001, STEP_COLUMNS)
    _require_range("step benefit", step, PERCENT, FIXED_PRICE + 1, STEP_COLUMNS, 1)
    _require_range("step value", step, 0, 1_000_000_001, STEP_COLUMNS, 2)
