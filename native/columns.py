# cython: boundscheck=True, wraparound=False, cdivision=False, overflowcheck=True, language_level=3
# cython: initializedcheck=False
"""What the packing looks at: the promotions of a sale as columns, and what they tie together.

Promotions that take single units without any limit have no state: they are only listed. All others
get a row of the columns: what cannot apply is left out, slots of the same units are merged, limits
and caps that cannot bind are dropped. Rows tie the classes that they want into components, each
packed on its own.
"""

from __future__ import annotations

from array import array
from typing import NamedTuple

import cython

from native import codes
from native.arrays import room

from .packing import Offers, benefit_on

PROMO_COLUMNS = cython.declare(cython.Py_ssize_t, codes.PROMO_COLUMNS)
PERCENT = cython.declare(cython.longlong, codes.PERCENT)
AMOUNT_OFF = cython.declare(cython.longlong, codes.AMOUNT_OFF)
FIXED_PRICE = cython.declare(cython.longlong, codes.FIXED_PRICE)
N_FOR_M = cython.declare(cython.longlong, codes.N_FOR_M)
BUNDLE = cython.declare(cython.longlong, codes.BUNDLE)
BUY_GET = cython.declare(cython.longlong, codes.BUY_GET)
STEPS = cython.declare(cython.longlong, codes.STEPS)
UNITS = cython.declare(cython.longlong, codes.UNITS)
ALONE = cython.declare(cython.longlong, codes.ALONE)
FREE = cython.declare(cython.longlong, codes.FREE)
D = cython.declare(cython.longlong, 10_000)  # amounts are discounts in 1/10_000 minor

# The columns of ``packing.Offers``.
_COLUMNS = (
    *("kind", "size", "discounted", "benefit", "value", "limit", "pool", "cap"),
    *("exclusive", "within_buy", "most", "correction"),
)
_STEP_COLUMNS = ("step_least", "step_benefit", "step_value")
_SLOT_COLUMNS = ("slot_quantity", "slot_target", "slot_part")
_NONE: frozenset[int] = frozenset()


class Component(NamedTuple):
    """Connected classes and the promotions with a state that want them (rows of the columns)."""

    classes: array[int]
    promos: array[int]


@cython.cclass
class Columns:
    """The promotions of one sale after another; the arrays are used again.

    Args:
        tables: of all calls that follow (see ``search``).

    After ``read``: ``free`` lists the promotions without a state, ascending; ``bound`` are the rows
    of the others, but those that stand alone; ``number`` has the number in the call of each row.
    ``home`` has the component of each class, -1 for none, ``part_size`` the number of classes of
    each component. ``offers`` is what the packing takes; None where no promotion has a row.
    """

    free = cython.declare(object, visibility="readonly")
    bound = cython.declare(object, visibility="readonly")
    number = cython.declare(object, visibility="readonly")
    home = cython.declare(object, visibility="readonly")
    part_size = cython.declare(object, visibility="readonly")
    offers = cython.declare(object, visibility="readonly")
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
    # Of the sale.
    classes: cython.Py_ssize_t
    promos: cython.Py_ssize_t
    pool_limit: array[int]
    # The columns, None until a row is needed; those that are used again, and those looked at.
    columns: dict[str, array[int]] | None
    bound_columns: dict[str, array[int]]
    bound_offers: Offers | None
    seen_columns: dict[str, array[int]] | None
    rows: cython.Py_ssize_t
    row_steps: cython.Py_ssize_t
    row_slots: cython.Py_ssize_t
    row_classes: cython.Py_ssize_t
    # What ``read`` returns; then views of what others see.
    components: list[Component]
    alone: list[int]
    frees: cython.Py_ssize_t
    pools: frozenset[int]
    has_units: cython.bint
    free_row: cython.longlong[::1]
    row_number: cython.longlong[::1]
    home_of: cython.longlong[::1]
    size_of: cython.longlong[::1]
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
    # Marks: what carries the number of the moment is marked.
    now: cython.longlong
    seen: cython.longlong[::1]
    parent: cython.longlong[::1]

    def __init__(self, tables: dict[str, array[int]]) -> None:
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
        classes = len(tables["price_minor"])
        promos = len(tables["slot_start"])
        self.bound_offers = None
        self.seen_columns = None
        self.free = self.free_row = room(promos)
        self.number = self.row_number = room(promos)
        self.home = self.home_of = room(classes)
        self.part_size = self.size_of = room(classes)
        self.parent = room(classes)
        self.now = 0
        self.seen = room(classes)

    def read(
        self, classes: int, promos: int, pool_limit: array[int]
    ) -> tuple[list[Component], list[int], int, frozenset[int], bool]:
        """Read so many rows of the tables.

        Returns the components; the rows that stand alone; how many promotions have no state; the
        pools of coupons that rows take; whether a promotion keeps later layers off its units.
        """
        self.classes = classes
        self.promos = promos
        self.pool_limit = pool_limit
        self.columns = None
        self.offers = None
        self._prepare()
        self._connect()
        return self.components, self.alone, self.frees, self.pools, self.has_units

    def whole(self) -> tuple[dict[str, array[int]], dict[int, int]]:
        """Return columns that hold what has no state, too, and where each of these stands.

        The packings so far hold the columns: the whole table is a copy, as long as what it says.
        """
        old = self._made()
        rows, slots, classes = self.rows, self.row_slots, self.row_classes
        steps: int = self.row_steps
        more = self._hold_columns(
            promos=rows + self.frees,
            steps=steps + self.frees,
            slots=slots + self.frees,
            classes=classes + sum([self._reached_by(row) for row in self.free_rows()]),
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
        free_at: dict[int, int] = {}
        for row in self.free_rows():
            # Without a limit as many as there are units: the state of a free one is empty.
            free_at[row] = self.rows
            self._add_row(row - FREE, 1 << 30, 1 << 30)
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
        return whole, free_at

    def free_rows(self) -> list[int]:
        """The promotions without a state, ascending."""
        return [self.free_row[i] for i in range(self.frees)]

    def has_composed(self, rows: array[int]) -> bool:
        """Whether the discount of one of these depends on what its bundles are composed of."""
        return any(self._is_composed(row) for row in rows)

    def _is_composed(self, row: int) -> bool:
        columns = self._made()
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

    def alone_bound(self, row: int) -> int:
        """What a promotion that stands alone can give at most, in 1/10_000 minor."""
        columns = self._made()
        starts = columns["slot_class_start"]
        first, last = columns["slot_start"][row], columns["slot_start"][row + 1]
        classes = set(columns["slot_class"][starts[first] : starts[last]])
        reach = sum(self.price[c] * self.count[c] for c in classes) * D
        cap = columns["cap"][row]
        return reach if cap < 0 else min(reach, cap)

    def part_of(self, row: int) -> int:
        """Return the component of a row."""
        return self.home_of[self.col_class[self.col_class_start[self.col_slot_start[row]]]]

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
        self.bound = []
        self.alone = []
        self.pools = _NONE
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
                self.free_row[self.frees] = FREE + i
                self.frees += 1
            elif not self._add_row(i, units, most):
                continue
            elif promo[at + 8] == ALONE:
                self.alone.append(self.rows - 1)
            else:
                self.bound.append(self.rows - 1)
            if promo[at + 8] == UNITS:
                self.has_units = True

    def _made(self) -> dict[str, array[int]]:
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
        columns = {name: room(promos) for name in (*_COLUMNS, "step_start", "slot_start")}
        columns |= {name: room(steps) for name in _STEP_COLUMNS}
        columns |= {name: room(slots) for name in (*_SLOT_COLUMNS, "slot_class_start")}
        columns["slot_class"] = room(classes)
        columns["price"] = self.tables["price_minor"]
        columns["count"] = self.tables["count"]
        return columns

    def _look_at_columns(self, columns: dict[str, array[int]]) -> None:
        self.seen_columns = columns
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

    def _reached_by(self, row: int) -> int:
        """How many classes a promotion without a state fits."""
        slot = self.slot_start[row - FREE]
        return self.class_start[slot + 1] - self.class_start[slot]

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _add_row(
        self, i: cython.Py_ssize_t, units: cython.longlong, most: cython.longlong
    ) -> cython.bint:
        """Add the row of a promotion; whether it can apply."""
        if self.columns is None:
            self._made()
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
        within: cython.longlong = self.promo[at + 9]
        reach: cython.longlong
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
                return False
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
        self.row_number[row] = i
        self.col_size[row] = size
        self.col_limit[row] = limit
        self.col_pool[row] = pool
        self.col_cap[row] = cap
        self.col_exclusive[row] = self.promo[at + 8]
        self.col_within[row] = within
        self.col_correction[row] = self._share(row, first, last)
        self.rows = row + 1
        self.row_steps = steps
        self.col_step_start[row + 1] = steps
        self.row_slots = last
        self.col_slot_start[row + 1] = last
        self.row_classes = self.col_class_start[last]
        if pool >= 0:
            self.pools |= {pool}
        return True

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

    @cython.cfunc
    @cython.exceptval(check=True)
    def _share(
        self, row: cython.Py_ssize_t, first: cython.Py_ssize_t, last: cython.Py_ssize_t
    ) -> cython.longlong:
        """Let each slot of a bundle bear its part of an amount or a fixed price.

        Returns what the parts of the slots miss of the whole.
        """
        s: cython.Py_ssize_t
        missing: cython.longlong = 0
        part: cython.longlong
        for s in range(first, last):
            self.col_slot_part[s] = 0
        if self.col_kind[row] == BUNDLE and self.col_benefit[row] == AMOUNT_OFF:
            # No application gives more than its dearest units cost.
            missing = min(self.col_value[row], sum(self._dearest(first, last))) * D
            part = -(-missing // self.col_size[row])
            for s in range(first, last):
                self.col_slot_part[s] = part
                missing -= part * self.col_slot_quantity[s]
        elif self.col_kind[row] == BUNDLE and self.col_benefit[row] == FIXED_PRICE:
            missing = self._share_price(self.col_value[row], first, last)
        return missing

    def _share_price(self, value: int, first: int, last: int) -> int:
        """Let each slot bear a fixed price in proportion to the dearest unit that fits it."""
        weights = [cost or 1 for cost in self._dearest(first, last)]
        whole = sum(weights)
        missing = -value * 10_000
        for weight, s in zip(weights, range(first, last), strict=True):
            quantity: int = self.col_slot_quantity[s]
            part = value * 10_000 * weight // (whole * quantity)
            self.col_slot_part[s] = part
            missing += part * quantity
        return missing

    def _dearest(self, first: int, last: int) -> list[int]:
        """What the dearest units that fit each of these slots of the columns cost together."""
        starts = self.col_class_start
        return [
            self.col_slot_quantity[s]
            * max([self.price[self.col_class[k]] for k in range(starts[s], starts[s + 1])])
            for s in range(first, last)
        ]

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
    def _connect(self) -> cython.void:
        """Connected classes, tied together by promotions with a state and by their coupons."""
        c: cython.Py_ssize_t
        for c in range(self.classes):
            self.home_of[c] = -1
        self.components = []
        if self.bound:
            self._tie()

    @cython.cfunc
    @cython.exceptval(check=True)
    def _tie(self) -> cython.void:
        """Tie classes together; whoever no promotion with a state wants stays alone."""
        parent: cython.longlong[::1] = self.parent
        home: cython.longlong[::1] = self.home_of
        c: cython.Py_ssize_t
        i: cython.Py_ssize_t
        a: cython.Py_ssize_t
        b: cython.Py_ssize_t
        row: cython.longlong
        of_pool: dict[int, int] = {}
        for c in range(self.classes):
            parent[c] = -1
        for row in self.bound:
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
        for row in self.bound:
            own = found[home[self.col_class[self.col_class_start[self.col_slot_start[row]]]]][1]
            own.append(row)
        for classes, promos in found:
            self.size_of[len(self.components)] = len(classes)
            self.components.append(Component(array("q", classes), array("q", promos)))
