# cython: boundscheck=True, wraparound=False, cdivision=False, overflowcheck=True, language_level=3
# cython: initializedcheck=False
"""A beam of labels over single units: what multipliers leave open is decided unit by unit.

Units come in falling price. A label says what was decided so far: its value, and of each promotion
the state of its automaton, of each cap and each shared coupon how much is used. Exact tables
(``automata``) bound what can still be made of it, so every decision has its loss, and a label lives
as long as its bound reaches the goal. Labels of equal states keep the best. Beyond a width the most
promising labels stay, and the best bound given up is what remains of the proof.

These labels know nothing of what an application is composed of; those of ``labels`` do.
"""

from __future__ import annotations

from typing import Any

import cython

from native import codes

from .rooms import grown, zeros

N_FOR_M = cython.declare(cython.longlong, codes.N_FOR_M)
UNITS = cython.declare(cython.longlong, codes.UNITS)

_NEVER = cython.declare(cython.longlong, -(1 << 60))  # cannot be completed any more
_EVERY = cython.declare(cython.longlong, (1 << 62) - 1)  # promotions, a bit each

# Columns of a label: value, bound, taken of either row, trail of its parent, move, and the
# promotions (a bit each) without which some way here is worth as much.
_VALUE = cython.declare(cython.Py_ssize_t, 0)
_BOUND = cython.declare(cython.Py_ssize_t, 1)
_SPENT = cython.declare(cython.Py_ssize_t, 2)
_SPENT_2 = cython.declare(cython.Py_ssize_t, 3)
_TRAIL = cython.declare(cython.Py_ssize_t, 4)
_MOVE = cython.declare(cython.Py_ssize_t, 5)
_SPARED = cython.declare(cython.Py_ssize_t, 6)
_LABEL = cython.declare(cython.Py_ssize_t, 7)


@cython.cclass
class Beam:
    """The labels of one packing.

    Args:
        lent: the arrays of the packing and of its automata, by name.
        extras: caps and shared coupons, which are part of a state.
        with_ties: whether labels note without which promotions as much is packed.
    """

    k: cython.Py_ssize_t
    n: cython.Py_ssize_t
    size: cython.Py_ssize_t  # of a state
    rows: cython.longlong
    room: cython.longlong
    room_2: cython.longlong
    gives_back: cython.bint

    # Of the packing and its automata.
    promo: cython.longlong[::1]
    left: cython.longlong[::1]
    price: cython.longlong[::1]
    best_lam: cython.longlong[::1]
    coef: cython.longlong[::1]
    coef_2: cython.longlong[::1]
    want_start: cython.longlong[::1]
    want: cython.longlong[::1]
    best_theta: cython.longlong[::1]
    cap_value: cython.longlong[::1]
    cap_place: cython.longlong[::1]
    pool_place: cython.longlong[::1]
    pool_left: cython.longlong[::1]
    pair_start: cython.longlong[::1]
    pair_class: cython.longlong[::1]
    pair_promo: cython.longlong[::1]
    pair_off: cython.longlong[::1]
    gain: cython.longlong[::1]
    raw: cython.longlong[::1]
    spent: cython.longlong[::1]
    spent_2: cython.longlong[::1]
    best_take: cython.longlong[::1]
    option_start: cython.longlong[::1]
    option_value: cython.longlong[::1]
    option_spent: cython.longlong[::1]
    option_spent_2: cython.longlong[::1]
    option_take: cython.longlong[::1]
    kind: cython.longlong[::1]
    cap: cython.longlong[::1]
    exclusive: cython.longlong[::1]
    within_buy: cython.longlong[::1]
    correction: cython.longlong[::1]
    actions: cython.longlong[::1]
    auto_off: cython.longlong[::1]
    flag_off: cython.longlong[::1]
    next_state: cython.longlong[::1]
    gain_kind: cython.longlong[::1]
    bonus: cython.longlong[::1]
    opens: cython.longlong[::1]
    accepts: cython.longlong[::1]
    late: cython.longlong[::1]
    tabled: cython.longlong[::1]
    unit_class: cython.longlong[::1]
    row_of: cython.longlong[::1]
    table: cython.longlong[::1]
    # Of one run.
    goal: cython.longlong
    width: cython.Py_ssize_t
    most: cython.Py_ssize_t  # labels until they are cut down to the width
    used: cython.longlong  # steps
    lost: cython.longlong  # the best bound given up beyond the width
    labels: cython.Py_ssize_t
    now: cython.longlong[::1]
    now_state: cython.longlong[::1]
    fresh: cython.Py_ssize_t  # labels beyond the unit that is being decided
    new: cython.longlong[::1]
    new_state: cython.longlong[::1]
    keys: cython.longlong[::1]  # what each part of a state weighs in the place of its head
    heads: cython.longlong[::1]  # labels by state; below ``first`` that of a unit before
    first: cython.longlong
    mask: cython.longlong
    trail: cython.longlong[::1]
    trails: cython.Py_ssize_t
    best: cython.Py_ssize_t  # the label of the best packing

    # Of the label that is being extended.
    kept: cython.longlong[::1]  # what each promotion still makes if it does not take the unit
    stuck: cython.longlong  # promotions that must take it
    stuck_at: cython.Py_ssize_t  # one of them

    bits: cython.longlong[::1]
    # Of promotions without a table no row says which states are late.
    watched: cython.longlong[::1]
    watches: cython.Py_ssize_t

    def __init__(
        self,
        lent: dict[str, Any],
        *,
        extras: int,
        with_ties: bool,
    ) -> None:
        j: cython.Py_ssize_t
        self.rows = lent["rows"]
        self.room = lent["room"]
        self.room_2 = lent["room_2"]
        self.gives_back = lent["gives_back"]
        self.promo = lent["promo"]
        self.left = lent["left"]
        self.price = lent["price"]
        self.best_lam = lent["best_lam"]
        self.coef = lent["coef"]
        self.coef_2 = lent["coef_2"]
        self.want_start = lent["want_start"]
        self.want = lent["want"]
        self.best_theta = lent["best_theta"]
        self.cap_value = lent["cap_value"]
        self.cap_place = lent["cap_place"]
        self.pool_place = lent["pool_place"]
        self.pool_left = lent["pool_left"]
        self.pair_start = lent["pair_start"]
        self.pair_class = lent["pair_class"]
        self.pair_promo = lent["pair_promo"]
        self.pair_off = lent["pair_off"]
        self.gain = lent["gain"]
        self.raw = lent["raw"]
        self.spent = lent["spent"]
        self.spent_2 = lent["spent_2"]
        self.best_take = lent["best_take"]
        self.option_start = lent["option_start"]
        self.option_value = lent["option_value"]
        self.option_spent = lent["option_spent"]
        self.option_spent_2 = lent["option_spent_2"]
        self.option_take = lent["option_take"]
        offers = lent["offers"]
        self.kind = offers["kind"]
        self.cap = offers["cap"]
        self.exclusive = offers["exclusive"]
        self.within_buy = offers["within_buy"]
        self.correction = offers["correction"]
        self.actions = lent["actions"]
        self.auto_off = lent["auto_off"]
        self.flag_off = lent["flag_off"]
        self.next_state = lent["next_state"]
        self.gain_kind = lent["gain_kind"]
        self.bonus = lent["bonus"]
        self.opens = lent["opens"]
        self.accepts = lent["accepts"]
        self.late = lent["late"]
        self.tabled = lent["tabled"]
        self.unit_class = lent["unit_class"]
        self.row_of = lent["row_of"]
        self.table = lent["table"]
        self.k = len(self.promo)
        self.n = 0
        for j in range(len(self.left)):
            self.n += self.left[j]
        self.size = self.k + extras
        self.kept = zeros(self.k)
        self.keys = zeros(self.size)
        for j in range(self.size):
            self.keys[j] = 1 + j * 7_919 + (j * j * 104_729) % 999_983
        self.bits = zeros(self.k)
        for j in range(self.k if with_ties else 0):
            self.bits[j] = 1 << j
        self.watched = zeros(self.k)
        self.watches = 0
        for j in range(self.k):
            if self.within_buy[self.promo[j]] and not self.tabled[j]:
                self.watched[self.watches] = j
                self.watches += 1

    def run(self, *, width: int, start: int, goal: int, steps: int) -> tuple[int, int, int, int]:
        """Decide all units; labels whose bound is below ``goal`` are given up.

        ``start``: the value before the first unit. Returned are the steps taken, the best bound
        given up beyond the width or beyond so many ``steps``, the value of the best packing, and
        the promotions (a bit each) without which as much is packed.
        """
        u: cython.Py_ssize_t
        i: cython.Py_ssize_t
        falls: cython.bint
        self.goal = goal
        self._begin(width, start)
        for u in range(self.n):
            _give_turn()
            self.fresh = 0
            self.first += self.most
            if self.trails + self.labels > len(self.trail) // 2:
                self.trail = grown(self.trail, 2 * (self.trails + self.labels) + len(self.trail))
            falls = u > 0 and self.price[self.unit_class[u - 1]] > self.price[self.unit_class[u]]
            for i in range(self.labels):
                if not falls or not self._is_late(i):
                    self._extend(i, u)
            if self.fresh > self.width:
                self._thin()
            self.now, self.new = self.new, self.now
            self.now_state, self.new_state = self.new_state, self.now_state
            self.labels = self.fresh
            if self.used > steps:
                # Nobody follows these labels any further; the worst of them stays in the gap.
                for i in range(self.labels):
                    self.lost = max(self.lost, self.now[_LABEL * i + _BOUND])
                self.labels = 0
                break
        return self._end()

    @cython.cfunc
    @cython.exceptval(check=True)
    def _begin(self, width: cython.Py_ssize_t, start: cython.longlong) -> cython.void:
        """One label, that of no decision."""
        c: cython.Py_ssize_t
        k: cython.Py_ssize_t
        bound: cython.longlong = start
        self.width = width
        self.most = 6 * width + 64
        self.mask = 1
        while self.mask < 4 * self.most:
            self.mask *= 2
        self.heads = zeros(self.mask)
        self.mask -= 1
        self.first = 0
        # Few labels are the rule: their rooms grow with them.
        self.now_state = zeros(64 * self.size)
        self.new_state = zeros(64 * self.size)
        self.now = zeros(64 * _LABEL)
        self.new = zeros(64 * _LABEL)
        self.trail = zeros(2 * (self.most + self.n * 4))
        self.trails = 0
        self.labels = 1
        self.used = 0
        self.lost = _NEVER
        for c in range(len(self.left)):
            bound += self.best_lam[c] * self.left[c]
        for k in range(self.k):
            bound += self._ahead(k, self.row_of[k * (self.n + 1)], 0, 0)
        self.now[_VALUE] = start
        self.now[_BOUND] = bound
        self.now[_TRAIL] = -1
        self.now[_SPARED] = _EVERY

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _ahead(
        self,
        k: cython.Py_ssize_t,
        row: cython.Py_ssize_t,
        state: cython.Py_ssize_t,
        given: cython.longlong,
    ) -> cython.longlong:
        """What promotion k still makes beyond the multipliers; a cap leaves only so much."""
        value: cython.longlong = self.table[row + state if self.tabled[k] else row]
        rest: cython.longlong
        if self.cap_place[k] >= 0 and value != _NEVER:
            rest = (self.cap[self.promo[k]] - given) * self.cap_value[k]
            value += (rest * self.best_theta[k] + 1_023) // 1_024
            if rest < value:
                return rest
        return value

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _is_late(self, i: cython.Py_ssize_t) -> cython.bint:
        """Whether a label is late with a promotion that is watched, now that prices fall."""
        j: cython.Py_ssize_t
        k: cython.Py_ssize_t
        for j in range(self.watches):
            k = self.watched[j]
            if self.late[self.flag_off[k] + self.now_state[i * self.size + k]]:
                return True
        return False

    @cython.cfunc
    @cython.exceptval(check=True)
    def _extend(self, i: cython.Py_ssize_t, u: cython.Py_ssize_t) -> cython.void:
        """Decide a unit for one label in every way.

        Pair by pair, action by action, then the ways without any state; of equal labels the first
        one stays, which took the first units.
        """
        c: cython.Py_ssize_t = self.unit_class[u]
        w: cython.Py_ssize_t
        x: cython.Py_ssize_t
        base: cython.longlong
        bound: cython.longlong
        # The way here is kept for the labels that live on.
        self.trail[2 * self.trails] = self.now[_LABEL * i + _TRAIL]
        self.trail[2 * self.trails + 1] = self.now[_LABEL * i + _MOVE]
        self.trails += 1
        self.used += (self.want_start[c + 1] - self.want_start[c]) // 4
        base = self._bound_left(i, u, c)
        for w in range(self.want_start[c], self.want_start[c + 1]):
            self._take(i, u, self.want[w], base)
        for x in range(self.option_start[c], self.option_start[c + 1]):
            bound = base + self.option_value[x]
            self.used += 1
            if not self.stuck and bound >= self.goal:
                self._keep(
                    i,
                    bound,
                    self.option_value[x],
                    self.option_spent[x],
                    self.option_spent_2[x],
                    -1 - x,
                    self.now[_LABEL * i + _SPARED],
                    -1,
                    0,
                    -1,
                    0,
                    -1,
                    0,
                )

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _bound_left(
        self, i: cython.Py_ssize_t, u: cython.Py_ssize_t, c: cython.Py_ssize_t
    ) -> cython.longlong:
        """The bound of a label if no promotion takes the unit, and which must."""
        w: cython.Py_ssize_t
        k: cython.Py_ssize_t
        s: cython.Py_ssize_t
        row: cython.Py_ssize_t
        given: cython.longlong
        after: cython.longlong
        bound: cython.longlong = self.now[_LABEL * i + _BOUND] - self.best_lam[c]
        self.stuck = 0
        for w in range(self.want_start[c], self.want_start[c + 1]):
            k = self.pair_promo[self.want[w]]
            s = self.now_state[i * self.size + k]
            given = 0
            if self.cap_place[k] >= 0:
                given = self.now_state[i * self.size + self.cap_place[k]]
            row = k * (self.n + 1) + u
            after = self._ahead(k, self.row_of[row + 1], s, given)
            if after == _NEVER:
                self.stuck += 1
                self.stuck_at = k
                after = 0
            self.kept[k] = after
            bound += after - self._ahead(k, self.row_of[row], s, given)
        return bound

    @cython.cfunc
    @cython.exceptval(check=True)
    def _take(
        self,
        i: cython.Py_ssize_t,
        u: cython.Py_ssize_t,
        e: cython.Py_ssize_t,
        base: cython.longlong,
    ) -> cython.void:
        """Have a promotion take the unit, by every action of its automaton."""
        k: cython.Py_ssize_t = self.pair_promo[e]
        c: cython.Py_ssize_t = self.pair_class[e]
        s: cython.Py_ssize_t = self.now_state[i * self.size + k]
        a: cython.Py_ssize_t
        at: cython.Py_ssize_t
        p: cython.Py_ssize_t
        pool_at: cython.Py_ssize_t = self.pool_place[k]
        cap_at: cython.Py_ssize_t = self.cap_place[k]
        gain: cython.longlong
        spent: cython.longlong
        spent_2: cython.longlong
        given: cython.longlong
        add: cython.longlong
        bound: cython.longlong
        row: cython.Py_ssize_t = self.row_of[k * (self.n + 1) + u + 1]
        if self.stuck > 1 or (self.stuck and self.stuck_at != k):
            return
        for a in range(self.actions[k]):
            at = self.auto_off[k] + s * self.actions[k] + a
            if self.next_state[at] < 0:
                continue
            p = self.pair_off[e] + self.gain_kind[at]
            gain = self.gain[p]
            if gain == _NEVER:
                continue
            spent = self.spent[p]
            spent_2 = self.spent_2[p]
            gain += self.bonus[at]
            given = 0
            if cap_at >= 0:
                given = self.now_state[i * self.size + cap_at]
                add = self.raw[p]
                if given + add > self.cap[self.promo[k]]:
                    add = self.cap[self.promo[k]] - given
                    gain -= (self.raw[p] - add) * self.cap_value[k]
                    if self.exclusive[self.promo[k]] != UNITS:
                        spent = add * self.coef[c]
                        spent_2 = add * self.coef_2[c]
                given += add
            if pool_at >= 0 and (
                self.opens[at]
                and self.now_state[i * self.size + pool_at] + self.opens[at] > self.pool_left[k]
            ):
                continue
            add = self._ahead(k, row, self.next_state[at], given)
            if add == _NEVER:
                continue
            bound = base - self.kept[k] + gain + add
            self.used += 1
            if bound >= self.goal:
                self._keep(
                    i,
                    bound,
                    gain,
                    spent + self._bonus_spent(k, at),
                    spent_2,
                    e * 32 + a,
                    self.now[_LABEL * i + _SPARED] & ~self.bits[k],
                    k,
                    self.next_state[at],
                    cap_at,
                    given,
                    pool_at,
                    self.opens[at],
                )

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _bonus_spent(self, k: cython.Py_ssize_t, at: cython.Py_ssize_t) -> cython.longlong:
        """What the correction of a finished bundle takes from the first row."""
        p: cython.Py_ssize_t = self.promo[k]
        if not self.rows or not self.bonus[at] or self.exclusive[p] == UNITS:
            return 0
        return self.correction[p] * self.coef[self.pair_class[self.pair_start[k]]]

    @cython.cfunc
    @cython.exceptval(check=True)
    def _keep(
        self,
        i: cython.Py_ssize_t,
        bound: cython.longlong,
        gain: cython.longlong,
        spent: cython.longlong,
        spent_2: cython.longlong,
        move: cython.longlong,
        spared: cython.longlong,
        k: cython.Py_ssize_t,
        state: cython.longlong,
        cap_at: cython.Py_ssize_t,
        given: cython.longlong,
        pool_at: cython.Py_ssize_t,
        opened: cython.longlong,
    ) -> cython.void:
        """Keep a label with a unit more, unless one of equal state is as good.

        Of the state of label ``i`` the promotion, its cap and its shared coupon are changed, each
        where its place is not -1.
        """
        j: cython.Py_ssize_t
        size: cython.Py_ssize_t = self.size
        old: cython.Py_ssize_t = i * size
        at: cython.Py_ssize_t
        part: cython.longlong
        place: cython.longlong = 0
        value: cython.longlong = self.now[_LABEL * i + _VALUE] + gain
        spent += self.now[_LABEL * i + _SPENT]
        spent_2 += self.now[_LABEL * i + _SPENT_2]
        if self.rows and not self.gives_back and not self._has_room(spent, spent_2):
            return
        if self.fresh == self.most:
            self._thin()
            self._seat_heads()
        if _LABEL * (self.fresh + 1) > len(self.new):
            self.new = grown(self.new, _LABEL * (self.fresh + 1))
        if size * (self.fresh + 1) > len(self.new_state):
            self.new_state = grown(self.new_state, size * (self.fresh + 1))
        states: cython.longlong[::1] = self.new_state
        # Labels of equal state: look them up by a sum over the state.
        own: cython.Py_ssize_t = self.fresh * size
        for j in range(size):
            part = self.now_state[old + j]
            if j == k:
                part = state
            elif j == cap_at:
                part = given
            elif j == pool_at:
                part += opened
            states[own + j] = part
            place += part % 1_000_003 * self.keys[j]
        place = place & self.mask
        while self.heads[place] >= self.first:
            j = self.heads[place] - self.first
            at = 0
            while at < size and states[j * size + at] == states[own + at]:
                at += 1
            if at == size:
                j *= _LABEL
                if self.new[j + _VALUE] >= value and (
                    not self.rows
                    or (self.new[j + _SPENT] <= spent and self.new[j + _SPENT_2] <= spent_2)
                ):
                    if self.new[j + _VALUE] == value:
                        self.new[j + _SPARED] |= spared
                    return
                if self.new[j + _VALUE] <= value and (
                    not self.rows
                    or (self.new[j + _SPENT] >= spent and self.new[j + _SPENT_2] >= spent_2)
                ):
                    self._write(j, value, bound, spent, spent_2, move, spared)
                    return
            place = (place + 1) & self.mask
        # A label is copied and compared: many times the work of a look at a move.
        self.used += size // 4
        self.heads[place] = self.first + self.fresh
        self._write(_LABEL * self.fresh, value, bound, spent, spent_2, move, spared)
        self.fresh += 1

    @cython.cfunc
    @cython.exceptval(check=True)
    def _write(
        self,
        at: cython.Py_ssize_t,
        value: cython.longlong,
        bound: cython.longlong,
        spent: cython.longlong,
        spent_2: cython.longlong,
        move: cython.longlong,
        spared: cython.longlong,
    ) -> cython.void:
        new: cython.longlong[::1] = self.new
        new[at + _VALUE] = value
        new[at + _BOUND] = bound
        new[at + _SPENT] = spent
        new[at + _SPENT_2] = spent_2
        new[at + _TRAIL] = self.trails - 1
        new[at + _MOVE] = move
        new[at + _SPARED] = spared

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _has_room(self, spent: cython.longlong, spent_2: cython.longlong) -> cython.bint:
        """Whether the rows have room for what was taken from them."""
        return spent <= self.room and (self.rows == 1 or spent_2 <= self.room_2)

    @cython.cfunc
    @cython.exceptval(check=True)
    def _thin(self) -> cython.void:
        """Keep the best labels up to the width; of equal ones the first."""
        i: cython.Py_ssize_t
        j: cython.Py_ssize_t = 0
        p: cython.Py_ssize_t
        size: cython.Py_ssize_t = self.size
        new: cython.longlong[::1] = self.new
        states: cython.longlong[::1] = self.new_state
        bounds: list[int] = sorted(
            [new[_LABEL * i + _BOUND] for i in range(self.fresh)], reverse=True
        )
        least: cython.longlong = bounds[self.width - 1]
        for i in range(self.fresh):
            if new[_LABEL * i + _BOUND] < least or j == self.width:
                self.lost = max(self.lost, new[_LABEL * i + _BOUND])
                continue
            if i != j:
                for p in range(_LABEL):
                    new[_LABEL * j + p] = new[_LABEL * i + p]
                for p in range(size):
                    states[j * size + p] = states[i * size + p]
            j += 1
        self.fresh = j

    @cython.cfunc
    @cython.exceptval(check=True)
    def _seat_heads(self) -> cython.void:
        """Seat the labels again that are left of one unit."""
        i: cython.Py_ssize_t
        p: cython.Py_ssize_t
        place: cython.longlong
        for p in range(len(self.heads)):
            self.heads[p] = 0
        for i in range(self.fresh):
            place = 0
            for p in range(self.size):
                place += self.new_state[i * self.size + p] % 1_000_003 * self.keys[p]
            place = place & self.mask
            while self.heads[place] >= self.first:
                place = (place + 1) & self.mask
            self.heads[place] = self.first + i

    def _end(self) -> tuple[int, int, int, int]:
        """Find the best of the labels that are whole packings."""
        i: cython.Py_ssize_t
        k: cython.Py_ssize_t
        is_whole: cython.bint
        top: cython.longlong = _NEVER
        spared: cython.longlong = 0
        for i in range(self.labels):
            is_whole = not self.rows or self._has_room(
                self.now[_LABEL * i + _SPENT], self.now[_LABEL * i + _SPENT_2]
            )
            for k in range(self.k):
                if not self.accepts[self.flag_off[k] + self.now_state[i * self.size + k]]:
                    is_whole = False
            if not is_whole:
                continue
            if self.now[_LABEL * i + _VALUE] > top:
                self.best = i
                top = self.now[_LABEL * i + _VALUE]
                spared = 0
            if self.now[_LABEL * i + _VALUE] == top:
                spared |= self.now[_LABEL * i + _SPARED]
        return self.used, self.lost, top, spared

    def trace(self) -> None:
        """Note in the packing how often each way was taken to its best label of this run."""
        i: cython.Py_ssize_t
        e: cython.Py_ssize_t
        at: cython.longlong = self.now[_LABEL * self.best + _TRAIL]
        move: cython.longlong = self.now[_LABEL * self.best + _MOVE]
        for i in range(len(self.best_take)):
            self.best_take[i] = 0
        for i in range(len(self.option_take)):
            self.option_take[i] = 0
        for _ in range(self.n):
            if move < 0:
                self.option_take[-1 - move] += 1
            else:
                e = move // 32
                if self.kind[self.promo[self.pair_promo[e]]] == N_FOR_M:
                    self.best_take[self.pair_off[e]] += 1
                else:
                    self.best_take[self.pair_off[e] + move % 32] += 1
            move = self.trail[2 * at + 1]
            at = self.trail[2 * at]


@cython.cfunc
@cython.exceptval(-1, check=True)
def _give_turn() -> cython.int:
    """Let other threads run, as ``packing`` does."""
    with cython.nogil:
        pass
    return 0
