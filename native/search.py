# cython: boundscheck=True, wraparound=False, cdivision=False, overflowcheck=True, language_level=3
# cython: initializedcheck=False
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
from typing import TYPE_CHECKING, Any, NamedTuple

import cython

from native import codes
from native.arrays import require_int64, require_range, require_starts

from .packing import Offers, Packing, benefit_on, integers

if TYPE_CHECKING:
    from native.choices import Choices
    from native.problem import Application, Exact, Problem, Promo

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
UNITS = cython.declare(cython.longlong, codes.UNITS)
ALONE = cython.declare(cython.longlong, codes.ALONE)
_ALIKE = cython.declare(cython.longlong, 1_000)  # tiers that a tier is compared with
_SEEN = cython.declare(cython.longlong, 256)  # choices that are looked at whatever was spent
_TRIED = cython.declare(cython.Py_ssize_t, 16)  # choices under which the plain packing is weighed
# Amounts are discounts in 1/10_000 minor, savings in 1/10^12 minor.
D = cython.declare(cython.longlong, 10_000)
_W = 100_000_000
_V = 1_000_000_000_000
_BUCKETS = cython.declare(cython.Py_ssize_t, 256)  # of tiers with equal bases

# The columns of ``packing.Offers``, and each row's number in the call.
_COLUMNS = (
    *("number", "kind", "size", "discounted", "benefit", "value", "limit", "pool", "cap"),
    *("exclusive", "within_buy", "most", "correction"),
)
_STEP_COLUMNS = ("step_least", "step_benefit", "step_value")
_SLOT_COLUMNS = ("slot_quantity", "slot_target", "slot_part")

# Promotions without a state have no row in the columns of the packing; beyond this number follow
# their numbers in the call.
_FREE = cython.declare(cython.longlong, 1 << 30)

# An application as ``packing`` gives it: promotion, times, members (class, units, targets), tier.
Given = tuple[int, int, tuple[tuple[int, int, int], ...], int]


@cython.cclass
class Found:
    """The chosen solution.

    ``groups``: a row per group of equal applications: promotion, times, and where its members end;
    ``members``: a row per member: class, units per application, and how many of them are targets.
    ``receipt_choice`` and ``customer_choice`` are indices into the choices or -1. ``gap_minor``:
    proven upper bound of what could still be saved, rounded up; 0 when optimal.
    """

    optimal = cython.declare(cython.bint, visibility="readonly")
    gap_minor = cython.declare(object, visibility="readonly")
    steps = cython.declare(cython.longlong, visibility="readonly")
    receipt_choice = cython.declare(cython.longlong, visibility="readonly")
    customer_choice = cython.declare(cython.longlong, visibility="readonly")
    groups = cython.declare(object, visibility="readonly")
    members = cython.declare(object, visibility="readonly")

    @property
    def app_promo(self) -> array[int]:
        """Promotion of each group."""
        return self._column(self.groups, 0)

    @property
    def app_times(self) -> array[int]:
        """Equal applications of each group."""
        return self._column(self.groups, 1)

    @property
    def member_start(self) -> array[int]:
        """Where the members of each group begin, and the end of all."""
        return array("q", [0]) + self._column(self.groups, 2)

    @property
    def member_class(self) -> array[int]:
        """Class of each member."""
        return self._column(self.members, 0)

    @property
    def member_units(self) -> array[int]:
        """Units of each member in one application."""
        return self._column(self.members, 1)

    @property
    def member_targets(self) -> array[int]:
        """How many of them are targets."""
        return self._column(self.members, 2)

    def _column(self, rows: array[int], column: int) -> array[int]:
        return rows[column::3]

    def said(self) -> tuple[object, ...]:
        """Return everything it says."""
        return (
            *(bool(self.optimal), self.gap_minor, self.steps),
            *(self.receipt_choice, self.customer_choice),
            *(tuple(self.groups), tuple(self.members)),
        )

    def __eq__(self, other: object) -> bool:
        if type(other).__name__ != "Found":
            return False
        said: tuple[object, ...] = other.said()  # type: ignore[attr-defined]
        return self.said() == said

    def __hash__(self) -> int:
        return hash(self.said())


class _Answer(NamedTuple):
    """A solution: its saving, a bound that none exceeds, its tiers (-1 none), its applications.

    ``rivals``: whether another choice may save as much. ``applications`` is None where they are
    those of the plain packing and of single units, as the search holds them.
    """

    saving: Exact  # 1/10^12 minor
    bound: Exact
    receipt: int
    customer: int
    applications: list[Given] | None
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
    packing: Packing | None  # None where it is composed of single applications


@cython.cclass
class Search:
    """Searches one sale after another; the arrays are used again.

    Call ``bind``, then ``solve`` for each sale.
    """

    met_threshold = cython.declare(cython.bint, visibility="readonly")
    """Whether a choice was solved for which a threshold may leave less to the article layer."""

    # The tables of the call, which may be longer than what a sale fills.
    tables: dict[str, array[int]]
    price: cython.longlong[::1]
    count: cython.longlong[::1]
    promo: cython.longlong[::1]
    step_start: cython.longlong[::1]
    step: cython.longlong[::1]
    slot: cython.longlong[::1]
    slot_start: cython.longlong[::1]
    class_start: cython.longlong[::1]
    slot_class: cython.longlong[::1]
    tier: cython.longlong[::1]
    tier_start: cython.longlong[::1]
    tier_class: cython.longlong[::1]
    pool_limit: array[int]
    classes: cython.Py_ssize_t
    promos: cython.Py_ssize_t
    tiers: cython.Py_ssize_t
    max_steps: cython.longlong
    used: cython.longlong
    packed: dict[tuple[int, ...], _Packed]
    choices: Choices | None
    problem: Problem | None
    ones: Any
    # Promotions with a state: a row of the columns each; ``numbers`` are theirs in the call.
    columns: dict[str, array[int]] | None
    offers: Any
    bound_columns: dict[str, array[int]]
    seen_columns: Any
    bound_offers: Offers | None
    rows: cython.Py_ssize_t
    row_steps: cython.Py_ssize_t
    row_slots: cython.Py_ssize_t
    row_classes: cython.Py_ssize_t
    numbers: cython.longlong[::1]
    col_kind: cython.longlong[::1]
    col_size: cython.longlong[::1]
    col_discounted: cython.longlong[::1]
    col_benefit: cython.longlong[::1]
    col_value: cython.longlong[::1]
    col_limit: cython.longlong[::1]
    col_pool: cython.longlong[::1]
    col_cap: cython.longlong[::1]
    col_exclusive: cython.longlong[::1]
    col_within: cython.longlong[::1]
    col_most: cython.longlong[::1]
    col_correction: cython.longlong[::1]
    col_step_start: cython.longlong[::1]
    col_step_least: cython.longlong[::1]
    col_step_benefit: cython.longlong[::1]
    col_step_value: cython.longlong[::1]
    col_slot_start: cython.longlong[::1]
    col_slot_quantity: cython.longlong[::1]
    col_slot_target: cython.longlong[::1]
    col_slot_part: cython.longlong[::1]
    col_class_start: cython.longlong[::1]
    col_class: cython.longlong[::1]
    # Promotions without a state, in ascending id.
    frees: cython.Py_ssize_t
    free: cython.longlong[::1]
    bound_rows: list[int]
    alone_rows: list[int]
    free_at: dict[int, int]
    is_whole: cython.bint  # whether the columns hold what has no state, too
    has_units: cython.bint
    # Marks: what carries the number of the moment is marked.
    now: cython.longlong
    seen: cython.longlong[::1]
    needed: cython.longlong[::1]
    # Per class: the best and second best discount of single units, who gives it, its component.
    best: cython.longlong[::1]
    second: cython.longlong[::1]
    best_row: cython.longlong[::1]
    second_row: cython.longlong[::1]
    home: cython.longlong[::1]
    parent: cython.longlong[::1]
    # Components; of each the number of its classes and the value of its plain packing.
    components: list[_Component]
    plain: list[_Packed]
    parts: cython.Py_ssize_t
    part_size: cython.longlong[::1]
    part_value: cython.longlong[::1]
    touched: cython.longlong[::1]
    met: cython.longlong[::1]
    users: dict[int, list[int]] | None
    # Savings of all layers in parts of a minor unit that the rates of the tiers leave whole:
    # ``receipt_parts`` and ``customer_parts`` of 1/10_000 minor; ``unit`` of them are one minor.
    receipt_parts: cython.longlong
    customer_parts: cython.longlong
    unit: cython.longlong
    article: cython.longlong
    reach: cython.longlong
    loose: cython.longlong  # the same, as if no discount had to be forgone
    saving: cython.longlong
    # Per tier.
    rate: cython.longlong[::1]
    base: cython.longlong[::1]
    inside: cython.longlong[::1]
    mixed: cython.longlong[::1]
    adds: cython.longlong[::1]
    following: cython.longlong[::1]
    receipts: cython.Py_ssize_t
    open_receipt: cython.longlong[::1]
    customers: cython.Py_ssize_t
    open_customer: cython.longlong[::1]
    first_alike: cython.longlong[::1]
    alike_now: cython.longlong[::1]
    is_guessed: cython.bint  # whether the search gave up where it asked what is idle
    # Of the answer: a row a group (promotion, times, first member, end), and its members.
    groups: cython.Py_ssize_t
    members: cython.Py_ssize_t
    group: cython.longlong[::1]
    member: cython.longlong[::1]
    order: cython.longlong[::1]
    told_groups: Any
    told_members: Any
    told_group: cython.longlong[::1]
    told_member: cython.longlong[::1]

    def bind(self, tables: dict[str, array[int]]) -> None:
        """Take the tables of all calls that follow (see ``search``)."""
        self.tables = tables
        self.price = tables["price_minor"]
        self.count = tables["count"]
        self.promo = tables["promo"]
        self.step_start = tables["step_start"]
        self.step = tables["step"]
        self.slot = tables["slot"]
        self.slot_start = tables["slot_start"]
        self.class_start = tables["slot_class_start"]
        self.slot_class = tables["slot_class"]
        self.tier = tables["tier"]
        self.tier_start = tables["tier_class_start"]
        self.tier_class = tables["tier_class"]
        classes = len(tables["price_minor"])
        promos = len(tables["slot_start"])
        tiers = len(tables["tier_class_start"])
        self.ones = array("q", [1]) * max(1, classes)
        self.bound_offers = None
        self.free = _room(promos)
        self.needed = _room(promos)
        self.now = 0
        self.seen = _room(classes)
        self.best = _room(classes)
        self.second = _room(classes)
        self.best_row = _room(classes)
        self.second_row = _room(classes)
        self.home = _room(classes)
        self.parent = _room(classes)
        self.part_size = _room(classes)
        self.part_value = _room(classes)
        self.touched = _room(classes)
        self.met = _room(classes)
        self.rate = _room(tiers)
        self.base = _room(tiers)
        self.inside = _room(tiers)
        self.mixed = _room(tiers)
        self.adds = _unbounded(tiers)
        self.following = _room(tiers)
        self.open_receipt = _room(tiers)
        self.open_customer = _room(tiers)
        self.first_alike = _room(2 * _BUCKETS)
        self.alike_now = _room(2 * _BUCKETS)
        self._make_group_room(classes)
        self._make_member_room(classes)

    def solve(
        self, classes: int, promos: int, tiers: int, pool_limit: array[int], max_steps: int
    ) -> Found:
        """Return the best solution of what so many rows of the tables say (see ``search``)."""
        self.classes = classes
        self.promos = promos
        self.tiers = tiers
        self.pool_limit = pool_limit
        self.max_steps = max_steps
        self.used = 0
        self.met_threshold = False
        self.is_guessed = False
        self.packed = {}
        self.choices = None
        self.problem = None
        self.columns = None
        self.offers = None
        self.users = None
        self._prepare()
        self._connect()
        return self._found()

    def given(self) -> dict[str, array[int]]:
        """Return the tables of this call, each just as long as what it says."""
        slots = self.slot_start[self.promos]
        steps = self.step_start[self.promos]
        rows = {
            "price_minor": self.classes,
            "count": self.classes,
            "promo": self.promos * PROMO_COLUMNS,
            "step_start": self.promos + 1,
            "step": steps * STEP_COLUMNS,
            "slot_start": self.promos + 1,
            "slot": slots * SLOT_COLUMNS,
            "slot_class_start": slots + 1,
            "slot_class": self.class_start[slots],
            "tier": self.tiers * TIER_COLUMNS,
            "tier_class_start": self.tiers + 1,
            "tier_class": self.tier_start[self.tiers],
        }
        given = {name: self.tables[name][:length] for name, length in rows.items()}
        given["pool_limit"] = self.pool_limit
        return given

    # --- what the arrays say

    @cython.cfunc
    @cython.exceptval(check=True)
    def _prepare(self) -> cython.void:
        """Merge slots, leave out what cannot apply, find limits and caps that can bind."""
        promo: cython.longlong[::1] = self.promo
        slot_start: cython.longlong[::1] = self.slot_start
        class_start: cython.longlong[::1] = self.class_start
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
        self.rows = 0
        self.row_steps = 0
        self.row_slots = 0
        self.row_classes = 0
        self.frees = 0
        self.bound_rows = []
        self.alone_rows = []
        self.free_at = {}
        self.is_whole = False
        self.has_units = False
        for i in range(self.promos):
            at = i * PROMO_COLUMNS
            kind = promo[at]
            size = promo[at + 1]
            limit = promo[at + 5]
            pool = promo[at + 6]
            cap = promo[at + 7]
            if kind == STEPS and self.step_start[i] == self.step_start[i + 1]:
                raise ValueError("quantity tiers must have a tier")
            if not limit or not cap or (pool >= 0 and not self.pool_limit[pool]):
                continue
            units = 0
            most = 1 << 40
            self.now += 1
            for s in range(slot_start[i], slot_start[i + 1]):
                served = 0
                for j in range(class_start[s], class_start[s + 1]):
                    c = self.slot_class[j]
                    served += self.count[c]
                    if self.seen[c] != self.now:
                        self.seen[c] = self.now
                        units += self.count[c]
                if kind in (BUNDLE, BUY_GET):
                    served = served // self.slot[2 * s]
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
                self.free[self.frees] = _FREE + i
                self.frees += 1
                if promo[at + 8] == UNITS:
                    self.has_units = True
            else:
                self._add_row(i, units, most)

    def _columns(self) -> dict[str, array[int]]:
        """The columns of promotions with a state (see ``packing.Offers``), made when needed."""
        if self.columns is None:
            if self.bound_offers is None:
                tables = self.tables
                promos = len(tables["slot_start"])
                self.bound_columns = self._hold_columns(
                    promos=promos,
                    steps=len(tables["step"]) + promos,
                    slots=len(tables["slot"]),
                    classes=len(tables["slot_class"]),
                )
                self.bound_offers = Offers(self.bound_columns)
                self.seen_columns = None
            if self.seen_columns is not self.bound_columns:
                self._look_at_columns(self.bound_columns)
            self.columns = self.bound_columns
            self.offers = self.bound_offers
        return self.columns

    def _hold_columns(
        self, *, promos: int, steps: int, slots: int, classes: int
    ) -> dict[str, array[int]]:
        """Return columns with room for so many."""
        columns = {name: _room(promos) for name in (*_COLUMNS, "step_start", "slot_start")}
        columns |= {name: _room(steps) for name in _STEP_COLUMNS}
        columns |= {name: _room(slots) for name in (*_SLOT_COLUMNS, "slot_class_start")}
        columns["slot_class"] = _room(classes)
        columns["price"] = self.tables["price_minor"]
        columns["count"] = self.tables["count"]
        return columns

    def _look_at_columns(self, columns: dict[str, array[int]]) -> None:
        self.seen_columns = columns
        self.numbers = columns["number"]
        self.col_kind = columns["kind"]
        self.col_size = columns["size"]
        self.col_discounted = columns["discounted"]
        self.col_benefit = columns["benefit"]
        self.col_value = columns["value"]
        self.col_limit = columns["limit"]
        self.col_pool = columns["pool"]
        self.col_cap = columns["cap"]
        self.col_exclusive = columns["exclusive"]
        self.col_within = columns["within_buy"]
        self.col_most = columns["most"]
        self.col_correction = columns["correction"]
        self.col_step_start = columns["step_start"]
        self.col_step_least = columns["step_least"]
        self.col_step_benefit = columns["step_benefit"]
        self.col_step_value = columns["step_value"]
        self.col_slot_start = columns["slot_start"]
        self.col_slot_quantity = columns["slot_quantity"]
        self.col_slot_target = columns["slot_target"]
        self.col_slot_part = columns["slot_part"]
        self.col_class_start = columns["slot_class_start"]
        self.col_class = columns["slot_class"]

    def _whole_columns(self) -> dict[str, array[int]]:
        """Add what has no state to the columns; return them as long as what they say.

        The packings so far hold the columns: the whole table is a copy.
        """
        old = self._columns()
        rows, slots, classes = self.rows, self.row_slots, self.row_classes
        steps: int = self.row_steps
        more = self._hold_columns(
            promos=rows + self.frees,
            steps=steps + self.frees,
            slots=slots + self.frees,
            classes=classes + sum([self._reached_by(row) for row in self._free_rows()]),
        )
        for names, length in (
            ((*_COLUMNS,), rows),
            (("step_start", "slot_start"), rows + 1),
            (_STEP_COLUMNS, steps),
            (_SLOT_COLUMNS, slots),
            (("slot_class_start",), slots + 1),
            (("slot_class",), classes),
        ):
            for name in names:
                more[name][:length] = old[name][:length]
        self.columns = more
        self._look_at_columns(more)
        self.is_whole = True
        for row in self._free_rows():
            # Without a limit as many as there are units: the state of a free one is empty.
            self.free_at[row] = self.rows
            self._add_row(row - _FREE, 1 << 30, 1 << 30)
            more["limit"][self.rows - 1] = -1
        whole = {name: more[name][: self.rows] for name in _COLUMNS}
        whole |= {name: more[name][: self.rows + 1] for name in ("step_start", "slot_start")}
        whole |= {name: more[name][: self.row_steps] for name in _STEP_COLUMNS}
        whole |= {name: more[name][: self.row_slots] for name in _SLOT_COLUMNS}
        whole["slot_class_start"] = more["slot_class_start"][: self.row_slots + 1]
        whole["slot_class"] = more["slot_class"][: self.row_classes]
        whole["price"] = more["price"][: self.classes]
        whole["count"] = more["count"][: self.classes]
        self.columns = whole
        self.offers = Offers(whole)
        return whole

    def _reached_by(self, row: int) -> int:
        """How many classes a promotion without a state fits."""
        slot = self.slot_start[row - _FREE]
        return self.class_start[slot + 1] - self.class_start[slot]

    def _free_rows(self) -> list[int]:
        """The promotions without a state, ascending."""
        return [self.free[i] for i in range(self.frees)]

    @cython.cfunc
    @cython.exceptval(check=True)
    def _add_row(
        self, i: cython.Py_ssize_t, units: cython.longlong, most: cython.longlong
    ) -> cython.void:
        """Add the row of a promotion that can apply."""
        if self.columns is None:
            self._columns()
        row: cython.Py_ssize_t = self.rows
        at: cython.Py_ssize_t = i * PROMO_COLUMNS
        s: cython.Py_ssize_t
        kind: cython.longlong = self.promo[at]
        size: cython.longlong = self.promo[at + 1]
        benefit: cython.longlong = self.promo[at + 3]
        value: cython.longlong = self.promo[at + 4]
        limit: cython.longlong = self.promo[at + 5]
        pool: cython.longlong = self.promo[at + 6]
        cap: cython.longlong = self.promo[at + 7]
        exclusive: cython.longlong = self.promo[at + 8]
        within: cython.longlong = self.promo[at + 9]
        reach: cython.longlong
        correction: cython.longlong = 0
        part: cython.longlong
        first: cython.Py_ssize_t = self.row_slots
        last: cython.Py_ssize_t = self._merge_slots(i)
        steps: cython.Py_ssize_t = self.row_steps
        if kind == BUNDLE and size == 1:
            kind = N_FOR_M
        if kind == BUY_GET and within:
            for s in range(first, last):
                if not self._is_same_slot(first, s):
                    break
            else:
                # Whatever is bought and given is of the same kind: the cheapest are given.
                kind, within, last = N_FOR_M, 0, first + 1
                self.col_slot_quantity[first] = size
                self.col_slot_target[first] = 0
        if kind == STEPS:
            reach = units if limit < 0 else min(units, limit)
            for s in range(self.step_start[i], self.step_start[i + 1]):
                if self.step[3 * s] <= reach:
                    self._add_step(
                        steps, self.step[3 * s], self.step[3 * s + 1], self.step[3 * s + 2]
                    )
                    steps += 1
            if steps == self.row_steps:
                return
        if limit >= most:
            limit = -1
        cap = -1 if cap < 0 else cap * D
        self.col_kind[row] = kind
        self.col_discounted[row] = self.promo[at + 2]
        self.col_benefit[row] = benefit
        self.col_value[row] = value
        self.col_most[row] = most
        if cap >= 0 and self._reach(row, first, last, steps) <= cap:
            cap = -1
        if kind == N_FOR_M and size == 1 and (limit >= 0 or cap >= 0 or pool >= 0):
            # Single units under a limit: a tier from the first unit on.
            self.col_kind[row] = STEPS
            self._add_step(steps, 1, benefit, value)
            steps += 1
        for s in range(first, last):
            self.col_slot_part[s] = 0
        if kind == BUNDLE and benefit == AMOUNT_OFF:
            # No application gives more than its dearest units cost.
            correction = min(value, self._dearest(first, last)) * D
            part = -(-correction // size)
            for s in range(first, last):
                self.col_slot_part[s] = part
                correction -= part * self.col_slot_quantity[s]
        elif kind == BUNDLE and benefit == FIXED_PRICE:
            correction = self._share_price(value, first, last)
        self.numbers[row] = i
        self.col_size[row] = size
        self.col_limit[row] = limit
        self.col_pool[row] = pool
        self.col_cap[row] = cap
        self.col_exclusive[row] = exclusive
        self.col_within[row] = within
        self.col_correction[row] = correction
        self.rows = row + 1
        self.row_steps = steps
        self.col_step_start[row + 1] = steps
        self.row_slots = last
        self.col_slot_start[row + 1] = last
        self.row_classes = self.col_class_start[last]
        if exclusive == ALONE:
            self.alone_rows.append(row)
        elif not self.is_whole:
            self.bound_rows.append(row)
        if exclusive == UNITS:
            self.has_units = True

    @cython.cfunc
    @cython.exceptval(check=True)
    def _add_step(
        self,
        place: cython.Py_ssize_t,
        least: cython.longlong,
        benefit: cython.longlong,
        value: cython.longlong,
    ) -> cython.void:
        self.col_step_least[place] = least
        self.col_step_benefit[place] = benefit
        self.col_step_value[place] = value

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _merge_slots(self, i: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Put the slots of a promotion behind those there; slots of the same units are one.

        Returns where they end.
        """
        s: cython.Py_ssize_t
        t: cython.Py_ssize_t
        j: cython.Py_ssize_t
        last: cython.Py_ssize_t = self.row_slots
        end: cython.Py_ssize_t = self.row_classes
        for s in range(self.slot_start[i], self.slot_start[i + 1]):
            self.col_slot_quantity[last] = self.slot[2 * s]
            self.col_slot_target[last] = self.slot[2 * s + 1]
            self.col_class_start[last] = end
            for j in range(self.class_start[s], self.class_start[s + 1]):
                self.col_class[end] = self.slot_class[j]
                end += 1
            self.col_class_start[last + 1] = end
            for t in range(self.row_slots, last):
                if self.col_slot_target[t] == self.col_slot_target[last] and self._is_same_slot(
                    t, last
                ):
                    self.col_slot_quantity[t] += self.slot[2 * s]
                    end = self.col_class_start[last]
                    break
            else:
                last += 1
        return last

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _is_same_slot(self, a: cython.Py_ssize_t, b: cython.Py_ssize_t) -> cython.bint:
        """Whether two slots of the columns fit the same units."""
        i: cython.Py_ssize_t
        start: cython.Py_ssize_t = self.col_class_start[a]
        other: cython.Py_ssize_t = self.col_class_start[b]
        length: cython.Py_ssize_t = self.col_class_start[a + 1] - start
        if self.col_class_start[b + 1] - other != length:
            return False
        for i in range(length):
            if self.col_class[start + i] != self.col_class[other + i]:
                return False
        return True

    def _dearest(self, first: int, last: int) -> int:
        """What the dearest application of these slots of the columns costs."""
        starts = self.col_class_start
        return sum(
            [
                self.col_slot_quantity[s]
                * max([self.price[self.col_class[k]] for k in range(starts[s], starts[s + 1])])
                for s in range(first, last)
            ]
        )

    def _share_price(self, value: int, first: int, last: int) -> int:
        """Let each slot bear a fixed price in proportion to the dearest unit that fits it.

        Returns what the parts of the slots miss of the whole.
        """
        weights: list[int] = []
        for s in range(first, last):
            dearest = max(
                [
                    self.price[self.col_class[k]]
                    for k in range(self.col_class_start[s], self.col_class_start[s + 1])
                ]
            )
            weights.append(self.col_slot_quantity[s] * dearest or 1)
        whole = sum(weights)
        given = -value * 10_000
        for weight, s in zip(weights, range(first, last), strict=True):
            quantity: int = self.col_slot_quantity[s]
            part = value * 10_000 * weight // (whole * quantity)
            self.col_slot_part[s] = part
            given += part * quantity
        return given

    def _reach(self, row: int, first: int, last: int, steps: int) -> int:
        """Discount that a promotion cannot exceed, in 1/10_000 minor."""
        kind, benefit, value = self.col_kind[row], self.col_benefit[row], self.col_value[row]
        starts = self.col_class_start
        classes = sorted({self.col_class[k] for k in range(starts[first], starts[last])})
        if kind == STEPS:
            ways = [
                (self.col_step_benefit[s], self.col_step_value[s])
                for s in range(self.row_steps, steps)
            ]
            return sum(
                max(benefit_on(self.price[c], b, v) for b, v in ways) * self.count[c]
                for c in classes
            )
        if benefit == AMOUNT_OFF:
            times: int = self.col_most[row]
            return value * 10_000 * times * (self.col_discounted[row] if kind != BUNDLE else 1)
        if kind == BUNDLE and benefit == FIXED_PRICE:
            return sum(self.price[c] * self.count[c] for c in classes) * 10_000
        return sum(benefit_on(self.price[c], benefit, value) * self.count[c] for c in classes)

    @cython.cfunc
    @cython.exceptval(check=True)
    def _fold(self, banned: frozenset[int]) -> cython.void:
        """The best two discounts of single units of each class, first in id of equal ones."""
        slot: cython.longlong
        i: cython.Py_ssize_t
        k: cython.Py_ssize_t
        c: cython.Py_ssize_t
        row: cython.longlong
        discount: cython.longlong
        benefit: cython.longlong
        value: cython.longlong
        price: cython.longlong
        for c in range(self.classes):
            self.best[c] = 0
            self.second[c] = 0
            self.best_row[c] = -1
            self.second_row[c] = -1
        for k in range(self.frees):
            row = self.free[k]
            if banned and row in banned:
                continue
            slot = self.slot_start[row - _FREE]
            benefit = self.promo[(row - _FREE) * PROMO_COLUMNS + 3]
            value = self.promo[(row - _FREE) * PROMO_COLUMNS + 4]
            for i in range(self.class_start[slot], self.class_start[slot + 1]):
                c = self.slot_class[i]
                price = self.price[c]
                if benefit == PERCENT:
                    discount = price * value
                elif benefit == AMOUNT_OFF:
                    discount = (min(value, price)) * D
                else:
                    discount = (price - value) * D if price > value else 0
                if discount > self.best[c]:
                    self.second[c] = self.best[c]
                    self.second_row[c] = self.best_row[c]
                    self.best[c] = discount
                    self.best_row[c] = row
                elif discount > self.second[c]:
                    self.second[c] = discount
                    self.second_row[c] = row

    @cython.cfunc
    @cython.exceptval(check=True)
    def _connect(self) -> cython.void:
        """Connected classes, tied together by promotions with a state and by their coupons."""
        c: cython.Py_ssize_t
        for c in range(self.classes):
            self.home[c] = -1
        self.components = []
        self.parts = 0
        if self.bound_rows:
            self._tie()

    @cython.cfunc
    @cython.exceptval(check=True)
    def _tie(self) -> cython.void:
        """Tie classes together; whoever no promotion with a state wants stays alone."""
        parent: cython.longlong[::1] = self.parent
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
            for i in range(
                self.col_class_start[self.col_slot_start[row]],
                self.col_class_start[self.col_slot_start[row + 1]],
            ):
                b = self.col_class[i]
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
            if self.col_pool[row] >= 0:
                b = of_pool.setdefault(self.col_pool[row], a)
                while parent[b] != b:
                    b = parent[b]
                if b != a:
                    if b < a:
                        a, b = b, a
                    parent[b] = a
        found: list[tuple[list[int], list[int]]] = []
        own: list[int]
        for c in range(self.classes):
            if parent[c] < 0:
                continue
            b = c
            while parent[b] != b:
                b = parent[b]
            if b == c:
                home[c] = len(found)
                found.append(([], []))
            home[c] = home[b]
            own = found[home[b]][0]
            own.append(c)
        for row in self.bound_rows:
            own = found[home[self.col_class[self.col_class_start[self.col_slot_start[row]]]]][1]
            own.append(row)
        for classes, promos in found:
            self.part_size[self.parts] = len(classes)
            self.touched[self.parts] = 0
            self.parts += 1
            self.components.append(_Component(array("q", classes), array("q", promos)))

    # --- components without later layers

    def _pack(self, part: _Component, banned: frozenset[int], without: int = -1) -> _Packed:
        """Pack a component without the banned promotions.

        ``without`` is one of them that the fold still counts, or -1.
        """
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
        packing = self._packing(part, promos, without)
        packing.seek_ties()
        packing.solve(-1)
        self.used += packing.steps
        known = _Packed(packing.value, packing.bound, packing.applications(), packing)
        self.packed[key] = known
        return known

    def _packing(self, part: _Component, promos: array[int], without: int) -> Packing:
        """Pose the packing of a component; ``without`` as in ``_pack``."""
        values: list[int] = []
        rows: list[int] = []
        c: cython.Py_ssize_t
        for c in part.classes:
            if without >= 0 and self.best_row[c] == without:
                values.append(self.second[c])
                rows.append(self.second_row[c])
            else:
                values.append(self.best[c])
                rows.append(self.best_row[c])
        return Packing(
            self.offers,
            classes=part.classes,
            promos=promos,
            factor=self.ones,
            unit=1,
            option_start=array("q", range(len(part.classes) + 1)),
            option_value=array("q", values),
            option_promo=array("q", rows),
            budget=max(1, self.max_steps - self.used),
            pool_left=self.pool_limit or array("q", [0]),
        )

    def _pack_composed(
        self, key: tuple[int, ...], part: _Component, promos: array[int], banned: frozenset[int]
    ) -> _Packed:
        """Pack a component with a bundle whose discount depends on what it is composed of."""
        run = self._choices()
        rows = [*promos, *[self.free_at[row] for row in self._free_rows() if row not in banned]]
        solved = run.component(list(part.classes), rows)
        value = solved.value or 0
        known = _Packed(
            int(value // _W), int(-(-solved.bound // _W)), self._named(solved.applications), None
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

    def _choices(self) -> Choices:
        """The slow way for single choices, prepared when it is first needed."""
        if self.choices is None:
            from native.choices import Choices
            from native.problem import Budget, problem_of

            columns = self._whole_columns()
            self.problem = problem_of(columns, self.given(), self.offers)
            # What labels do in objects costs far more than a step of the packing.
            self.choices = Choices(
                self.problem, Budget(max(1, self.max_steps // 3)), Packing, integers
            )
        return self.choices

    def _named(self, applications: list[Application]) -> list[Given]:
        """Applications of the slow way in the numbers of the fast one."""
        rows = {row: name for name, row in self.free_at.items()}
        return [(rows.get(a.promo, a.promo), a.times, a.members, a.step) for a in applications]

    def _unnamed(self, applications: list[Given]) -> list[Application]:
        """Applications of the fast way in the numbers of the slow one."""
        from native.problem import Application

        return [
            Application(self.free_at.get(row, row), times, members, step)
            for row, times, members, step in applications
        ]

    # --- choices of tiers

    @cython.cfunc
    @cython.exceptval(check=True)
    def _measure_bases(self) -> cython.void:
        """Per tier: the untouched base, and what the plain packing gives inside it."""
        t: cython.Py_ssize_t
        i: cython.Py_ssize_t
        c: cython.Py_ssize_t
        k: cython.Py_ssize_t
        p: cython.Py_ssize_t
        parts: cython.Py_ssize_t
        base: cython.longlong
        inside: cython.longlong
        outside: cython.longlong
        for t in range(self.tiers):
            if t and self._is_same_base(t - 1, t):
                self.base[t] = self.base[t - 1]
                self.inside[t] = self.inside[t - 1]
                self.mixed[t] = self.mixed[t - 1]
                continue
            base = 0
            inside = 0
            parts = 0
            for i in range(self.tier_start[t], self.tier_start[t + 1]):
                c = self.tier_class[i]
                base += self.price[c] * self.count[c]
                p = self.home[c]
                if p < 0:
                    inside += self.best[c] * self.count[c]
                else:
                    if not self.touched[p]:
                        self.met[parts] = p
                        parts += 1
                    self.touched[p] += 1
            outside = 0
            for k in range(parts):
                p = self.met[k]
                if self.touched[p] == self.part_size[p]:
                    inside += self.part_value[p]
                else:
                    # Some of the discount lies inside, nobody knows how much without looking.
                    outside += 1
                self.touched[p] = 0
            self.base[t] = base * D
            self.inside[t] = inside
            self.mixed[t] = outside

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _is_same_base(self, a: cython.Py_ssize_t, b: cython.Py_ssize_t) -> cython.bint:
        """Whether two tiers have the same base."""
        i: cython.Py_ssize_t
        start: cython.Py_ssize_t = self.tier_start[a]
        shift: cython.Py_ssize_t = self.tier_start[b] - start
        if self.tier_start[a + 1] - start != self.tier_start[b + 1] - self.tier_start[b]:
            return False
        if self.tier_start[a + 1] - start == self.classes:
            return True  # both hold every class
        for i in range(start, self.tier_start[a + 1]):
            if self.tier_class[i] != self.tier_class[i + shift]:
                return False
        return True

    @cython.cfunc
    @cython.exceptval(check=True)
    def _scale(self) -> cython.void:
        """Find the parts of an amount that the rates of all tiers leave whole."""
        t: cython.Py_ssize_t
        at: cython.Py_ssize_t
        receipt: cython.longlong = D
        customer: cython.longlong = D
        for t in range(self.tiers):
            at = t * TIER_COLUMNS
            if self.tier[at + 2] == PERCENT:
                if self.tier[at] == RECEIPT:
                    receipt = _common_factor(receipt, self.tier[at + 3])
                else:
                    customer = _common_factor(customer, self.tier[at + 3])
        self.receipt_parts = D // receipt
        self.customer_parts = D // customer
        self.unit = D * self.receipt_parts * self.customer_parts
        for t in range(self.tiers):
            at = t * TIER_COLUMNS
            if self.tier[at + 2] == PERCENT:
                self.rate[t] = self.tier[at + 3] // (
                    receipt if self.tier[at] == RECEIPT else customer
                )

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _common(self, r: cython.Py_ssize_t, k: cython.Py_ssize_t) -> cython.longlong:
        """What is left in the bases of both tiers; -1 where that cannot be told."""
        starts: cython.longlong[::1] = self.tier_start
        fitting: cython.longlong[::1] = self.tier_class
        if starts[k + 1] - starts[k] == self.classes:
            return self.base[r] - self.inside[r]
        if starts[r + 1] - starts[r] == self.classes:
            return self.base[k] - self.inside[k]
        if self.mixed[r] or self.mixed[k]:
            return -1
        i: cython.Py_ssize_t = starts[r]
        j: cython.Py_ssize_t = starts[k]
        c: cython.Py_ssize_t
        p: cython.Py_ssize_t
        left: cython.longlong = 0
        self.now += 1
        while i < starts[r + 1] and j < starts[k + 1]:
            if fitting[i] < fitting[j]:
                i += 1
            elif fitting[i] > fitting[j]:
                j += 1
            else:
                c = fitting[i]
                left += self.price[c] * self.count[c] * D
                p = self.home[c]
                if p < 0:
                    left -= self.best[c] * self.count[c]
                elif self.seen[p] != self.now:
                    # A component inside both bases counts once.
                    self.seen[p] = self.now
                    left -= self.part_value[p]
                i += 1
                j += 1
        return left

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _rate(self, t: cython.Py_ssize_t, amount: cython.longlong) -> cython.longlong:
        """What a tier gives on an amount, in the parts of 1/10_000 minor of its layer."""
        at: cython.Py_ssize_t = t * TIER_COLUMNS
        parts: cython.longlong = (
            self.receipt_parts if self.tier[at] == RECEIPT else self.customer_parts
        )
        given: cython.longlong
        if self.tier[at + 2] == AMOUNT_OFF:
            given = self.tier[at + 3] * D
            return (min(amount, given)) * parts
        given = amount * self.rate[t]
        if self.tier[at + 7] >= 0:
            given = min(given, self.tier[at + 7] * D * parts)
        return given

    @cython.cfunc
    @cython.exceptval(check=True)
    def _weigh(self, r: cython.Py_ssize_t, k: cython.Py_ssize_t) -> cython.void:
        """Find an upper bound of a choice (``reach``) and what the plain packing saves under it.

        ``saving`` is -1 where it cannot be told: a tier is not open, or the later layers treat the
        units of one component differently.
        """
        parts_r: cython.longlong = self.receipt_parts
        parts_k: cython.longlong = self.customer_parts
        most: cython.longlong = self.article * parts_r * parts_k
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
            value += self._rate(r, left_r) * parts_k
            if self.tier[at + 2] == PERCENT:
                rate_r = self.rate[r]
                is_plain = self.tier[at + 7] < 0
                most += self._rate(r, self.base[r] if self.has_units else left_r) * parts_k
            else:
                most += self.tier[at + 3] * self.unit
        if k >= 0:
            at = k * TIER_COLUMNS
            left_k = (self.base[k] - self.inside[k]) * parts_r
            reach = self.base[k] * parts_r if self.has_units else left_k
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
                elif self._is_amount_within(r, k) and not self.has_units:
                    # Whatever the article layer leaves: the whole amount is gone from this base.
                    reach -= self.tier[r * TIER_COLUMNS + 3] * D * parts_r
            least = self.tier[at + 4] * D * parts_r
            known = known and left_k >= least and not self.mixed[k] and self._has_coupon(k)
            if self.tier[at + 2] == PERCENT:
                rate_k = self.rate[k]
                given = left_k * rate_k
                most_k = reach * rate_k
                if self.tier[at + 7] >= 0:
                    given = min(given, self.tier[at + 7] * self.unit)
                    most_k = min(most_k, self.tier[at + 7] * self.unit)
            else:
                most_k = self.tier[at + 3] * self.unit
                given = min(left_k * parts_k, most_k)
            value += given
            most += most_k
        self.loose = most
        if short > 0 and not self.has_units and not self.mixed[r]:
            # So much discount inside the base has to be forgone.
            most -= short * (parts_r - rate_r) * (parts_k - rate_k)
        self.reach = most
        self.saving = value if known else -1

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _is_amount_within(self, r: cython.Py_ssize_t, k: cython.Py_ssize_t) -> cython.bint:
        """Whether an open receipt tier takes a whole amount from what a customer tier sees."""
        at: cython.Py_ssize_t = r * TIER_COLUMNS
        return (
            self.tier[at + 2] == AMOUNT_OFF
            and self.tier[at + 4] >= self.tier[at + 3]
            and self.tier_start[k + 1] - self.tier_start[k] == self.classes
        )

    def _has_coupons(self, r: int, k: int) -> bool:
        """Whether there are coupons enough for both tiers."""
        if r < 0 or k < 0:
            return True
        pool = self.tier[r * TIER_COLUMNS + 5]
        return pool < 0 or pool != self.tier[k * TIER_COLUMNS + 5] or self.pool_limit[pool] > 1

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _has_coupon(self, t: cython.Py_ssize_t) -> cython.bint:
        """Whether the coupon of a tier is none that the article layer could use."""
        pool: cython.longlong = self.tier[t * TIER_COLUMNS + 5]
        row: cython.Py_ssize_t
        if pool >= 0:
            for row in range(self.rows):
                if self.col_pool[row] == pool:
                    return False
        return True

    def _best(self, banned: frozenset[int], banned_tiers: frozenset[int]) -> _Answer:
        """The best solution without the banned promotions (rows, and numbers of tiers)."""
        self._fold(banned)
        self._pack_all(banned)
        most: cython.longlong = 0
        c: cython.Py_ssize_t
        p: cython.Py_ssize_t
        article: cython.longlong = 0
        for c in range(self.classes):
            if self.home[c] < 0:
                article += self.best[c] * self.count[c]
        most = article
        for p in range(self.parts):
            packed: _Packed = self.plain[p]
            article += self.part_value[p]
            most += packed.bound
        self.article = article
        unsure: list[tuple[int, int, int, int, int]] = []
        answer: _Answer
        if self.tiers:
            answer = self._best_choice(banned_tiers, most, unsure)
        else:
            answer = _Answer(int(article) * _W, int(most) * _W, -1, -1, None, False)
        if self.alone_rows:
            for row in self.alone_rows:
                if row not in banned:
                    unsure.append((-self._alone_bound(row) * _W, len(unsure), -1, -1, row + 1))
        if unsure:
            return self._settle(answer, unsure, banned)
        return answer

    @cython.cfunc
    @cython.exceptval(check=True)
    def _pack_all(self, banned: frozenset[int]) -> cython.void:
        """Pack every component."""
        p: cython.Py_ssize_t
        self.users = None
        self.plain = []
        for p in range(self.parts):
            packed: _Packed = self._pack(self.components[p], banned)
            self.plain.append(packed)
            self.part_value[p] = packed.value

    def _best_choice(
        self,
        banned: frozenset[int],
        most_article: int,
        unsure: list[tuple[int, int, int, int, int]],
    ) -> _Answer:
        """The best choice of tiers, as far as sums say what it saves.

        Args:
            banned: numbers of the promotions whose tiers are left out.
            most_article: bound of what the article layer is worth.
            unsure: takes the choices that could save more, or as much: what they save at most,
                their place, their tiers; negative, for sorting.
        """
        self._scale()
        self._measure_bases()
        alone: list[int] = self._open_tiers(banned)
        unit: cython.longlong = self.receipt_parts * self.customer_parts
        whole: Any = _V // self.unit
        value: cython.longlong = self.article * unit
        plain: cython.longlong = value
        # Where components are not proven, any choice could save so much more.
        article_bound: cython.longlong = most_article
        open_value: cython.longlong = (article_bound - self.article) * unit
        receipt: cython.longlong = -1
        customer: cython.longlong = -1
        number: cython.longlong = 0
        # The two highest bounds of choices whose saving is known.
        sure: cython.longlong = value
        next_sure: cython.longlong = -1
        left_out: cython.longlong = 0
        saving: cython.longlong
        i: cython.Py_ssize_t
        r: cython.Py_ssize_t
        k: cython.Py_ssize_t
        t: cython.Py_ssize_t
        # What each tier could add by itself, then pairs as long as both together could win.
        for i in range(self.receipts + self.customers):
            number += 1
            r = k = -1
            if i < self.receipts:
                t = r = self.open_receipt[i]
            else:
                t = k = self.open_customer[i - self.receipts]
            self._weigh(r, k)
            self.adds[t] = self.loose - plain
            if self.saving > value:
                value, receipt, customer = self.saving, r, k
            if self.saving >= self.reach:
                if self.reach > sure:
                    sure, next_sure = self.reach, sure
                elif self.reach > next_sure:
                    next_sure = self.reach
            elif self.reach + open_value >= value:
                unsure.append((-(self.reach + open_value) * whole, number, r, k, 0))
        if self.receipts and self.customers:
            for r in self._by_adds(self.open_receipt, self.receipts):
                for k in self._by_adds(self.open_customer, self.customers):
                    if plain + self.adds[r] + self.adds[k] < value:
                        break
                    if self.used > self.max_steps and number > _SEEN:
                        # Never looked at: what such a pair could save stays in the gap.
                        left_out = max(left_out, plain + self.adds[r] + self.adds[k])
                        break
                    if not self._has_coupons(r, k):
                        continue
                    number += 1
                    self.used += 1
                    self._weigh(r, k)
                    if self.saving > value:
                        value, receipt, customer = self.saving, r, k
                    if self.saving >= self.reach:
                        if self.reach > sure:
                            sure, next_sure = self.reach, sure
                        elif self.reach > next_sure:
                            next_sure = self.reach
                    elif self.reach + open_value >= value:
                        unsure.append((-(self.reach + open_value) * whole, number, r, k, 0))
        for t in alone:
            saving = self._rate(t, self.base[t]) * (
                self.customer_parts
                if self.tier[t * TIER_COLUMNS] == RECEIPT
                else self.receipt_parts
            )
            if saving > sure:
                sure, next_sure = saving, sure
            elif saving > next_sure:
                next_sure = saving
            if saving > value:
                value, receipt, customer = saving, t, -2
        rivals: bool = next_sure >= value
        if unsure and not rivals:
            reached: Any = -value * whole
            rivals = any([one[0] <= reached for one in unsure])  # noqa: C419 - typed names, no closure
        applications: list[Given] | None = None
        if customer == -2:
            # It stands alone.
            applications = []
            if self.tier[receipt * TIER_COLUMNS] == RECEIPT:
                customer = -1
            else:
                receipt, customer = -1, receipt
        return _Answer(
            value * whole,
            (max(sure, left_out) + open_value) * whole,
            receipt,
            customer,
            applications,
            rivals,
        )

    def _by_adds(self, tiers: array[int], count: int) -> list[int]:
        """Return tiers, those first that could add most."""
        return sorted([tiers[i] for i in range(count)], key=self._adds_of, reverse=True)

    def _adds_of(self, t: int) -> int:
        return self.adds[t]

    def _open_tiers(self, banned: frozenset[int]) -> list[int]:
        """Find the tiers that can be open; return those that stand alone."""
        alone: list[int] = []
        at: cython.Py_ssize_t
        t: cython.Py_ssize_t
        other: cython.Py_ssize_t
        bucket: cython.Py_ssize_t
        looks: cython.longlong
        self.receipts = 0
        self.customers = 0
        self.now += 1
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
            bucket = self.base[t] // D % _BUCKETS
            if self.tier[at] != RECEIPT:
                bucket += _BUCKETS
            other = -1
            if self.alike_now[bucket] == self.now:
                other = self.first_alike[bucket]
            self.following[t] = other
            looks = _ALIKE
            if guarded and self.tier[at] == RECEIPT:
                looks = 0
            while other >= 0 and looks:
                # Of tiers with the same base one that gives more, or as much, replaces the others.
                if self._replaces(other, t):
                    break
                other = self.following[other]
                looks -= 1
            if other >= 0 and looks:
                continue
            self.alike_now[bucket] = self.now
            self.first_alike[bucket] = t
            if self.tier[at] == RECEIPT:
                self.open_receipt[self.receipts] = t
                self.receipts += 1
            else:
                self.open_customer[self.customers] = t
                self.customers += 1
        return alone

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _replaces(self, a: cython.Py_ssize_t, b: cython.Py_ssize_t) -> cython.bint:
        """Whether tier a is as good as tier b on the same base whatever is left of it."""
        at: cython.Py_ssize_t = a * TIER_COLUMNS
        bt: cython.Py_ssize_t = b * TIER_COLUMNS
        return not (
            self.base[a] != self.base[b]
            or self.tier[at + 2] != self.tier[bt + 2]
            or self.tier[at + 3] < self.tier[bt + 3]
            or self.tier[at + 4] > self.tier[bt + 4]
            or self.tier[at + 5] >= 0
            or self.tier[at + 7] >= 0
            or (self.tier[at + 3] == self.tier[bt + 3] and self.tier[at + 8] > self.tier[bt + 8])
            or not self._is_same_base(a, b)
        )

    def _applications(self, answer: _Answer) -> list[Given]:
        """Return the applications of an answer, for as long as nothing else is packed."""
        if answer.applications is not None:
            return answer.applications
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
        if -unsure[0][0] > answer.saving:
            allowed = self._allowed(banned)
            answer = self._tried(answer, unsure)
            parts = [list(part.classes) for part in self.components]
        rivals = answer.rivals
        for reach, _, r, k, alone in unsure:
            if -reach <= answer.saving:
                rivals = rivals or -reach == answer.saving
                break
            run = self._choices()
            assert self.problem is not None  # noqa: S101 - made with the choices
            if run.budget.spent:
                bound = max(bound, -reach)
                continue
            promos = allowed
            if alone:
                promos = [self.problem.promos[alone - 1]]
            tiers = self.problem.tiers
            for t in (r, k):
                if t >= 0 and tiers[t].min_value:
                    self.met_threshold = True
            solved = run.solve(
                promos,
                [sorted(promos[0].classes)] if alone else parts,
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

    def _allowed(self, banned: frozenset[int]) -> list[Promo]:
        """Return the promotions that are not banned as values, what they are worth being known."""
        from native.problem import Solved

        run = self._choices()
        assert self.problem is not None  # noqa: S101 - made with the choices
        rows = [row for row in self.bound_rows if row not in banned]
        rows += [self.free_at[row] for row in self._free_rows() if row not in banned]
        promos = [self.problem.promos[row] for row in rows]
        for part, packed in zip(self.components, self.plain, strict=True):
            if packed.packing is not None:
                run.know(
                    promos,
                    list(part.classes),
                    packed.packing,
                    Solved(
                        packed.value * _W, packed.bound * _W, self._unnamed(packed.applications)
                    ),
                )
        return promos

    def _tried(
        self,
        answer: _Answer,
        unsure: list[tuple[int, int, int, int, int]],
    ) -> _Answer:
        """Look what the packing without later layers saves under the choices that could save more.

        The better the answer, the fewer of them are solved.
        """
        plain = self._applications(answer._replace(applications=None))
        applications = self._unnamed(plain)
        run = self._choices()
        assert self.problem is not None  # noqa: S101 - made with the choices
        tiers = self.problem.tiers
        for reach, _, r, k, alone in unsure[:_TRIED]:
            if -reach <= answer.saving:
                break
            if alone or any(t >= 0 and tiers[t].pool >= 0 for t in (r, k)):
                # A coupon of a tier is one that the applications may have used up.
                continue
            saving = run.saving_of(
                tiers[r] if r >= 0 else None, tiers[k] if k >= 0 else None, applications
            )
            self.used += len(applications)
            if saving is not None and saving > answer.saving:
                answer = _Answer(saving, 0, r, k, plain, True)
        return answer

    # --- the answer

    def _found(self) -> Found:
        """Solve, and say it in arrays."""
        answer: _Answer = self._best(frozenset(), frozenset())
        # Whatever the search gave up: nobody can save more than the goods are worth.
        worth: cython.longlong = 0
        c: cython.Py_ssize_t
        found: Found = Found.__new__(Found)
        found.gap_minor = 0
        saving: Any = answer.saving
        bound: Any = answer.bound
        if bound > saving:
            for c in range(self.classes):
                worth += self.price[c] * self.count[c]
            bound = min(bound, int(worth) * _V)
            if bound > saving:
                answer = self._without_the_useless(answer)
        if bound <= answer.saving:
            answer = self._without_the_idle(answer)
        if bound > answer.saving:
            gap = Fraction(bound - answer.saving, _V)
            found.gap_minor = -(-gap.numerator // gap.denominator)
        found.optimal = not found.gap_minor
        found.steps = self.used
        if self.choices is not None:
            found.steps += self.choices.budget.used
        found.receipt_choice = answer.receipt
        found.customer_choice = answer.customer
        self._tell(answer)
        found.groups = self.told_groups[: self.groups * 3]
        found.members = self.told_members[: self.members * 3]
        return found

    @cython.cfunc
    @cython.exceptval(check=True)
    def _tell(self, answer: _Answer) -> cython.void:
        """Put the applications of an answer in order: by promotion, then by members."""
        c: cython.Py_ssize_t
        i: cython.Py_ssize_t
        m: cython.Py_ssize_t
        g: cython.Py_ssize_t
        self.groups = 0
        self.members = 0
        applications: list[Given] | None = answer.applications
        if applications is None:
            for c in range(self.classes):
                if self.best_row[c] >= 0 and self.home[c] < 0:
                    self._tell_group(self.best_row[c] - _FREE, self.count[c])
                    self._tell_member(c, 1, 1)
            for i in range(self.parts):
                self._tell_all(self.plain[i].applications)
        else:
            self._tell_all(applications)
        self._sort_groups()
        m = 0
        for i in range(self.groups):
            g = self.order[i] * 4
            self.told_group[3 * i] = self.group[g]
            self.told_group[3 * i + 1] = self.group[g + 1]
            for c in range(self.group[g + 2], self.group[g + 3]):
                self.told_member[3 * m] = self.member[3 * c]
                self.told_member[3 * m + 1] = self.member[3 * c + 1]
                self.told_member[3 * m + 2] = self.member[3 * c + 2]
                m += 1
            self.told_group[3 * i + 2] = m

    @cython.cfunc
    @cython.exceptval(check=True)
    def _tell_all(self, applications: list[Given]) -> cython.void:
        for row, times, members, _ in applications:
            self._tell_group(row - _FREE if row >= _FREE else self.numbers[row], times)
            for c, units, targets in members:
                self._tell_member(c, units, targets)

    @cython.cfunc
    @cython.exceptval(check=True)
    def _tell_group(self, number: cython.longlong, times: cython.longlong) -> cython.void:
        """Begin a group of equal applications."""
        at: cython.Py_ssize_t = self.groups * 4
        if at + 4 > len(self.group):
            old: cython.longlong[::1] = self.group
            i: cython.Py_ssize_t
            self._make_group_room(2 * self.groups)
            for i in range(len(old)):
                self.group[i] = old[i]
        self.group[at] = number
        self.group[at + 1] = times
        self.group[at + 2] = self.members
        self.group[at + 3] = self.members
        self.groups += 1

    @cython.cfunc
    @cython.exceptval(check=True)
    def _tell_member(
        self, c: cython.longlong, units: cython.longlong, targets: cython.longlong
    ) -> cython.void:
        """Add a member to the last group."""
        at: cython.Py_ssize_t = self.members * 3
        if at + 3 > len(self.member):
            old: cython.longlong[::1] = self.member
            i: cython.Py_ssize_t
            self._make_member_room(2 * self.members)
            for i in range(len(old)):
                self.member[i] = old[i]
        self.member[at] = c
        self.member[at + 1] = units
        self.member[at + 2] = targets
        self.members += 1
        self.group[self.groups * 4 - 1] = self.members

    def _make_group_room(self, groups: int) -> None:
        self.group = _room(4 * groups + 4)
        self.order = _room(groups + 1)
        self.told_groups = _room(3 * groups + 3)
        self.told_group = self.told_groups

    def _make_member_room(self, members: int) -> None:
        self.member = _room(3 * members + 3)
        self.told_members = _room(3 * members + 3)
        self.told_member = self.told_members

    @cython.cfunc
    @cython.exceptval(check=True)
    def _sort_groups(self) -> cython.void:
        """Order the groups (Shell's way)."""
        gap: cython.Py_ssize_t = 1
        g: cython.Py_ssize_t
        i: cython.Py_ssize_t
        k: cython.Py_ssize_t
        for i in range(self.groups):
            self.order[i] = i
        while gap < self.groups:
            gap = 3 * gap + 1
        while gap > 1:
            gap = (gap - 1) // 3
            for i in range(gap, self.groups):
                k = i
                g = self.order[i]
                while k >= gap and self._comes_before(g, self.order[k - gap]):
                    self.order[k] = self.order[k - gap]
                    k -= gap
                self.order[k] = g

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _comes_before(self, a: cython.Py_ssize_t, b: cython.Py_ssize_t) -> cython.bint:
        """By promotion, by members, else as they were found."""
        i: cython.Py_ssize_t
        first: cython.longlong
        second: cython.longlong
        if self.group[4 * a] != self.group[4 * b]:
            return self.group[4 * a] < self.group[4 * b]
        first = self.group[4 * a + 2]
        second = self.group[4 * b + 2]
        for i in range(3 * min(self.group[4 * a + 3] - first, self.group[4 * b + 3] - second)):
            if self.member[3 * first + i] != self.member[3 * second + i]:
                return self.member[3 * first + i] < self.member[3 * second + i]
        if self.group[4 * a + 3] - first != self.group[4 * b + 3] - second:
            return self.group[4 * a + 3] - first < self.group[4 * b + 3] - second
        return a < b

    def _number_of(self, row: int) -> int:
        """The number of a promotion in the call."""
        return row - _FREE if row >= _FREE else self.numbers[row]

    # --- no idle promotions

    def _without_the_idle(self, answer: _Answer) -> _Answer:
        """Drop, in descending id, every promotion without which the exact total is the same."""
        rows, numbers = self._used(answer)
        is_plain: bool = self._is_plain(answer)
        if is_plain and self._are_needed(rows):
            return answer
        answer = answer._replace(applications=self._applications(answer))
        banned: frozenset[int] = frozenset()
        banned_tiers: frozenset[int] = frozenset()
        is_stale = False
        for row, number in self._falling_in_id():
            if row in rows or number in numbers:
                if is_stale:
                    # What is left out already is nobody's second best either.
                    self._fold(banned)
                    is_stale = False
                if is_plain and self._is_needed(row, rows, banned):
                    continue
                if row >= 0:
                    without = self._best(banned | {row}, banned_tiers)
                else:
                    without = self._best(banned, banned_tiers | {number})
                if without.saving < answer.saving:
                    self.is_guessed = self.is_guessed or without.bound >= answer.saving
                    # It is needed: back to what the looks at single promotions go by.
                    self._fold(banned)
                    self._pack_all(banned)
                    continue
                answer = without._replace(
                    bound=answer.bound, applications=self._applications(without)
                )
                rows, numbers = self._used(answer)
                is_plain = self._is_plain(answer)
            if row >= 0:
                banned |= {row}
                is_stale = is_stale or row >= _FREE
            else:
                banned_tiers |= {number}
        return self._without_the_useless(answer) if self.is_guessed else answer

    def _falling_in_id(self) -> list[tuple[int, int]]:
        """Promotions in descending id: row and -1, of those with tiers -1 and their number."""
        ranked: dict[tuple[int, int, int], None] = {}
        for row in (*self.bound_rows, *self.alone_rows, *self._free_rows()):
            ranked[self.promo[self._number_of(row) * PROMO_COLUMNS + 10], row, -1] = None
        for t in range(self.tiers):
            at = t * TIER_COLUMNS
            ranked[self.tier[at + 8], -1, self.tier[at + 1]] = None
        return [(row, number) for _, row, number in sorted(ranked, reverse=True)]

    def _without_the_useless(self, answer: _Answer) -> _Answer:
        """Drop, in descending id, every promotion without which this very solution saves as much.

        For answers where the search gave up: a choice of tiers may have found the better articles,
        and its tier give nothing on what they leave. What else its units could be worth was not
        searched; but whatever gives nothing as it is must not cost a coupon.
        """
        if answer.applications is None and self._counts_discounts(answer):
            # Every application of the plain packing gives something, and each tier added to it.
            return answer
        run = self._choices()
        assert self.problem is not None  # noqa: S101 - made with the choices
        tiers = self.problem.tiers
        falling = [(self.free_at.get(row, row), number) for row, number in self._falling_in_id()]
        saving, receipt, customer, applications = run.without_the_useless(
            tiers[answer.receipt] if answer.receipt >= 0 else None,
            tiers[answer.customer] if answer.customer >= 0 else None,
            self._unnamed(self._applications(answer)),
            falling,
        )
        return _Answer(
            saving,
            answer.bound,
            -1 if receipt is None else receipt.index,
            -1 if customer is None else customer.index,
            self._named(applications),
            True,
        )

    def _counts_discounts(self, answer: _Answer) -> bool:
        """Whether the tiers of an answer leave something of each discount of the article layer."""
        if self.has_units:
            return False
        for t in (answer.receipt, answer.customer):
            at = t * TIER_COLUMNS
            if t < 0:
                continue
            # All of the base, or an amount that may be more than what is left of it.
            whole = D if self.tier[at + 2] == PERCENT else self.tier[at + 4] + 1
            if self.tier[at + 3] >= whole:
                return False
        return True

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
        rows: set[int] = set()
        numbers: set[int] = set()
        c: cython.Py_ssize_t
        t: cython.Py_ssize_t
        if answer.applications is None:
            for c in range(self.classes):
                if self.best_row[c] >= 0 and self.home[c] < 0:
                    rows.add(self.best_row[c])
            for packed in self.plain:
                for one in packed.applications:
                    rows.add(one[0])
        else:
            rows.update([one[0] for one in answer.applications])
        for t in (answer.receipt, answer.customer):
            if t >= 0:
                numbers.add(self.tier[t * TIER_COLUMNS + 1])
        return rows, numbers

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _are_needed(self, rows: set[int]) -> cython.bint:
        """Whether each of these rows is needed, nothing being banned."""
        c: cython.Py_ssize_t
        row: cython.longlong
        self.now += 1
        for c in range(self.classes):
            if self.home[c] < 0 and self.best[c] > self.second[c]:
                self.needed[self.best_row[c] - _FREE] = self.now
        for row in rows:
            if row >= _FREE and self.needed[row - _FREE] == self.now:
                continue
            if not self._is_needed(row, rows, frozenset()):
                return False
        return True

    @cython.cfunc
    @cython.exceptval(-1, check=True)
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
        p: cython.Py_ssize_t
        c: cython.Py_ssize_t
        value: cython.longlong
        for p in self._parts_of(row):
            part: _Component = self.components[p]
            if len(part.promos) == 1 and row == part.promos[0]:
                value = 0
                for c in part.classes:
                    value += self.best[c] * self.count[c]
            else:
                if row < _FREE and not banned:
                    known: _Packed = self.plain[p]
                    is_spare = None if known.packing is None else known.packing.is_spare(row)
                    if is_spare is not None:
                        return not is_spare
                value = self._value_without(p, banned | {row}, row)
            if value < self.part_value[p]:
                return True
        return False

    def _value_without(self, p: int, banned: frozenset[int], row: int) -> int:
        """What a component is worth without a promotion, as far as it is as much as with it.

        Prices that were good with it are good without: mostly they say at once that it is less.
        """
        part: _Component = self.components[p]
        known: _Packed = self.plain[p]
        if known.packing is None or (part.classes[0], *sorted(banned)) in self.packed:
            other = self._pack(part, banned, row)
            self.is_guessed = self.is_guessed or other.value < known.value <= other.bound
            return other.value
        promos = array("q", [one for one in part.promos if one not in banned])
        packing = self._packing(part, promos, row)
        packing.start_like(known.packing)
        packing.solve(known.value - 1)
        self.used += packing.steps
        self.is_guessed = self.is_guessed or packing.value < known.value <= packing.bound
        return packing.value

    def _parts_of(self, row: int) -> list[int]:
        """Return the components that a promotion has a part in."""
        if row < _FREE:
            return [self.home[self.col_class[self.col_class_start[self.col_slot_start[row]]]]]
        if self.users is None:
            users: dict[int, list[int]] = {}
            for p, packed in enumerate(self.plain):
                for user in {one[0] for one in packed.applications}:
                    users.setdefault(user, []).append(p)
            self.users = users
        return self.users.get(row, [])

    def _has_equal(self, c: int, row: int, used: set[int]) -> bool:
        """Whether another promotion, before this one in id or used, gives as much on a class."""
        for other in self._free_rows():
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
    tables = {
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
    }
    _check(classes=len(count), given={**tables, "pool_limit": pool_limit})
    run = Search()
    run.bind(tables)
    return run.solve(
        len(count), len(slot_start) - 1, len(tier_class_start) - 1, pool_limit, max_steps
    )


@cython.cfunc
@cython.exceptval(-1, check=True)
def _common_factor(a: cython.longlong, b: cython.longlong) -> cython.longlong:
    """Greatest common divisor of a positive number and one that may be 0."""
    while b:
        a, b = b, a % b
    return a


def _room(size: int) -> array[int]:
    return array("q", bytes(8 * (size + 1)))


def _unbounded(size: int) -> Any:  # noqa: ANN401 - an array or a list
    """Return room for values that may leave 64 bits: the compiled form says so, then."""
    return _room(size) if cython.compiled else [0] * (size + 1)


def _check(*, classes: int, given: dict[str, array[int]]) -> None:
    """Raise where the arrays of a problem do not fit each other."""
    for name, values in given.items():
        require_int64(name, values)
    for name in ("price_minor", "count"):
        require_range(name, given[name], low=0, high=1_000_000_001)
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
    for name, items in (
        ("step_start", len(given["step"]) // STEP_COLUMNS),
        ("slot_start", len(given["slot"]) // SLOT_COLUMNS),
        ("slot_class_start", len(given["slot_class"])),
        ("tier_class_start", len(given["tier_class"])),
    ):
        require_starts(name, given[name], items=items)
    for name in ("slot_class", "tier_class"):
        require_range(name, given[name], low=0, high=max(classes, 1))
    kinds, step = given["promo"][::PROMO_COLUMNS], given["step"]
    require_range("promo kind", kinds, low=codes.N_FOR_M, high=codes.STEPS + 1)
    require_range("step least", step[::STEP_COLUMNS], low=1, high=1_000_000_001)
    require_range("step benefit", step[1::STEP_COLUMNS], low=0, high=codes.FIXED_PRICE + 1)
    require_range("step value", step[2::STEP_COLUMNS], low=0, high=1_000_000_001)
