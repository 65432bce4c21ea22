# cython: boundscheck=True, wraparound=False, cdivision=False, overflowcheck=True, language_level=3
# cython: initializedcheck=False
"""What a promotion carries from unit to unit, and the most that it can still make of it.

Units are decided one by one in falling price (``beam``). All that a promotion has to remember is
the state of an automaton: the fill of the open group and groups begun, or the tier and the units
it lacks, or the units of each slot that wait for the others. An exact table says what it can still
make beyond the multipliers from a state and a unit on. Automata are built once a packing, tables
are filled again where the multipliers have moved.

Where an automaton would have too many states, some are left out: then labels find packings, but
prove nothing. Where only its table would be too large, the best of each unit bounds it.
"""

from __future__ import annotations

from typing import Any

import cython

from native import codes

from .rooms import grown, zeros

N_FOR_M = cython.declare(cython.longlong, codes.N_FOR_M)
STEPS = cython.declare(cython.longlong, codes.STEPS)

_NEVER = cython.declare(cython.longlong, -(1 << 60))  # cannot be completed any more
_NO_LIMIT = cython.declare(cython.longlong, 1 << 40)
_STATES = cython.declare(cython.longlong, 4_096)  # of one automaton at most
_ENTRIES = cython.declare(cython.longlong, 60_000)  # of the exact table of one automaton at most
_FEW_STATES = cython.declare(cython.longlong, 64)  # together


@cython.cclass
class Automata:
    """The automata of one packing and their tables.

    Args:
        packing: the problem.
        lent: its arrays, by name.
    """

    packing: Any
    k: cython.Py_ssize_t
    n: cython.Py_ssize_t  # units
    cut: cython.bint  # states were left out

    # Of the packing.
    promo: cython.longlong[::1]
    left: cython.longlong[::1]
    price: cython.longlong[::1]
    best_lam: cython.longlong[::1]
    kinds: cython.longlong[::1]
    limit_of: cython.longlong[::1]
    bonus_of: cython.longlong[::1]
    cap_value: cython.longlong[::1]
    best_theta: cython.longlong[::1]
    pair_start: cython.longlong[::1]
    pair_class: cython.longlong[::1]
    pair_off: cython.longlong[::1]
    gain: cython.longlong[::1]
    raw: cython.longlong[::1]
    kind: cython.longlong[::1]
    size: cython.longlong[::1]
    discounted: cython.longlong[::1]
    most: cython.longlong[::1]
    within_buy: cython.longlong[::1]
    step_start: cython.longlong[::1]
    step_least: cython.longlong[::1]
    slot_start: cython.longlong[::1]
    slot_quantity: cython.longlong[::1]
    slot_target: cython.longlong[::1]
    # The automata: from ``auto_off`` on what each action does in each state, from ``flag_off`` on
    # what each state is.
    states: cython.longlong[::1]
    actions: cython.longlong[::1]
    auto_off: cython.longlong[::1]
    flag_off: cython.longlong[::1]
    autos: cython.Py_ssize_t  # actions in all states
    flags: cython.Py_ssize_t  # states
    next_state: cython.longlong[::1]
    gain_kind: cython.longlong[::1]
    bonus: cython.longlong[::1]
    opens: cython.longlong[::1]
    accepts: cython.longlong[::1]
    late: cython.longlong[::1]

    # Tables: a row for each promotion and unit, shared where nothing changes.
    tabled: cython.longlong[::1]  # whether a promotion has an exact one
    unit_class: cython.longlong[::1]
    row_of: cython.longlong[::1]
    table: cython.longlong[::1]
    filled: cython.Py_ssize_t

    def __init__(self, packing: Any, lent: dict[str, Any]) -> None:  # noqa: ANN401 - either form
        k: cython.Py_ssize_t
        kind: cython.longlong
        self.packing = packing
        self.promo = lent["promo"]
        self.left = lent["left"]
        self.price = lent["price"]
        self.best_lam = lent["best_lam"]
        self.kinds = lent["kinds"]
        self.limit_of = lent["limit_of"]
        self.bonus_of = lent["bonus_of"]
        self.cap_value = lent["cap_value"]
        self.best_theta = lent["best_theta"]
        self.pair_start = lent["pair_start"]
        self.pair_class = lent["pair_class"]
        self.pair_off = lent["pair_off"]
        self.gain = lent["gain"]
        self.raw = lent["raw"]
        offers = lent["offers"]
        self.kind = offers["kind"]
        self.size = offers["size"]
        self.discounted = offers["discounted"]
        self.most = offers["most"]
        self.within_buy = offers["within_buy"]
        self.step_start = offers["step_start"]
        self.step_least = offers["step_least"]
        self.slot_start = offers["slot_start"]
        self.slot_quantity = offers["slot_quantity"]
        self.slot_target = offers["slot_target"]
        self.k = len(self.promo)
        self.n = 0
        self.cut = False
        self.states = zeros(self.k)
        self.actions = zeros(self.k)
        self.auto_off = zeros(self.k)
        self.flag_off = zeros(self.k)
        self.tabled = zeros(self.k)
        self.autos = 0
        self.flags = 0
        self.filled = 0
        self.next_state = zeros(1_024)
        self.gain_kind = zeros(1_024)
        self.bonus = zeros(1_024)
        self.opens = zeros(1_024)
        self.accepts = zeros(512)
        self.late = zeros(512)
        for k in range(self.k):
            kind = self.kind[self.promo[k]]
            self.auto_off[k] = self.autos
            self.flag_off[k] = self.flags
            if kind == N_FOR_M:
                self._group_automaton(k)
            elif kind == STEPS:
                self._step_automaton(k)
            else:
                self._slot_automaton(k)

    def is_cut(self) -> bool:
        """Whether states were left out: then labels prove nothing."""
        return self.cut

    def lend(self) -> dict[str, Any]:
        """Share the automata and their tables, once laid out: arrays, by name."""
        return {
            "actions": self.actions,
            "auto_off": self.auto_off,
            "flag_off": self.flag_off,
            "next_state": self.next_state,
            "gain_kind": self.gain_kind,
            "bonus": self.bonus,
            "opens": self.opens,
            "accepts": self.accepts,
            "late": self.late,
            "tabled": self.tabled,
            "unit_class": self.unit_class,
            "row_of": self.row_of,
            "table": self.table,
        }

    @cython.cfunc
    @cython.exceptval(check=True)
    def _room_for(self, states: cython.Py_ssize_t, actions: cython.Py_ssize_t) -> cython.void:
        """Make room for the transitions of so many states."""
        need: cython.Py_ssize_t = self.autos + states * actions
        if need > len(self.next_state):
            self.next_state = grown(self.next_state, need)
            self.gain_kind = grown(self.gain_kind, need)
            self.bonus = grown(self.bonus, need)
            self.opens = grown(self.opens, need)
        if self.flags + states > len(self.accepts):
            self.accepts = grown(self.accepts, self.flags + states)
            self.late = grown(self.late, self.flags + states)

    @cython.cfunc
    @cython.exceptval(check=True)
    def _seat(
        self, k: cython.Py_ssize_t, states: cython.Py_ssize_t, actions: cython.Py_ssize_t
    ) -> cython.void:
        i: cython.Py_ssize_t
        self._room_for(states, actions)
        self.states[k] = states
        self.actions[k] = actions
        for i in range(self.autos, self.autos + states * actions):
            self.next_state[i] = -1
            self.bonus[i] = 0
            self.opens[i] = 0
            self.gain_kind[i] = 0
        for i in range(self.flags, self.flags + states):
            self.accepts[i] = 0
            self.late[i] = 0
        self.autos += states * actions
        self.flags += states

    @cython.cfunc
    @cython.exceptval(check=True)
    def _group_automaton(self, k: cython.Py_ssize_t) -> cython.void:
        """Fill of the open group, and groups opened where they are limited."""
        p: cython.Py_ssize_t = self.promo[k]
        n: cython.longlong = self.size[p]
        d: cython.longlong = self.discounted[p]
        limit: cython.longlong = self.limit_of[k]
        rounds: cython.longlong = 1
        u: cython.Py_ssize_t
        f: cython.Py_ssize_t
        at: cython.Py_ssize_t
        if limit < _NO_LIMIT:
            rounds = limit + 1
            if rounds > 2 and rounds * n > _STATES:
                rounds = 2 if 2 * n > _STATES else _STATES // n
                self.cut = True
        self._seat(k, rounds * n, 1)
        for u in range(rounds):
            self.accepts[self.flag_off[k] + u * n] = 1
            for f in range(n):
                at = self.auto_off[k] + u * n + f
                self.gain_kind[at] = 1 if f + 1 > n - d else 0
                if f:
                    self.next_state[at] = u * n + f + 1 if f + 1 < n else u * n
                    continue
                self.opens[at] = 1
                if limit == _NO_LIMIT:
                    self.next_state[at] = 1 if n > 1 else 0
                elif u + 1 < rounds:
                    self.next_state[at] = (u + 1) * n + (1 if n > 1 else 0)

    @cython.cfunc
    @cython.exceptval(check=True)
    def _step_automaton(self, k: cython.Py_ssize_t) -> cython.void:
        """The tier, chosen with the first unit, and the units it lacks or has."""
        p: cython.Py_ssize_t = self.promo[k]
        tiers: cython.Py_ssize_t = self.kinds[k]
        g: cython.Py_ssize_t
        i: cython.Py_ssize_t
        at: cython.Py_ssize_t
        units: cython.longlong = 0
        least: cython.longlong
        most: cython.longlong
        size: cython.longlong
        total: cython.Py_ssize_t = 1
        e: cython.Py_ssize_t
        first: cython.longlong[::1] = zeros(tiers)
        sizes: cython.longlong[::1] = zeros(tiers)
        counted: cython.longlong[::1] = zeros(tiers)
        for e in range(self.pair_start[k], self.pair_start[k + 1]):
            units += self.left[self.pair_class[e]]
        for g in range(tiers):
            least = self.step_least[self.step_start[p] + g]
            most = self.packing.tier_most(k, g)
            if most < units:
                size = most
                counted[g] = 1
            else:
                size = least
            if total + size > _STATES:
                self.cut = True
                size = 0
            if least > units or most < least:
                size = 0
            first[g] = total
            sizes[g] = size
            total += size
        self._seat(k, total, tiers)
        self.accepts[self.flag_off[k]] = 1
        for g in range(tiers):
            if not sizes[g]:
                continue
            least = self.step_least[self.step_start[p] + g]
            at = self.auto_off[k] + g
            self.gain_kind[at] = g
            self.opens[at] = 1
            # Counted tiers know the units taken, the others those that are still missing.
            self.next_state[at] = first[g] if counted[g] else first[g] + least - 1
            for i in range(sizes[g]):
                at = self.auto_off[k] + (first[g] + i) * tiers + g
                self.gain_kind[at] = g
                self.opens[at] = 1
                if counted[g]:
                    self.next_state[at] = first[g] + i + 1 if i + 1 < sizes[g] else -1
                    self.accepts[self.flag_off[k] + first[g] + i] = 1 if i + 1 >= least else 0
                else:
                    self.next_state[at] = first[g] + i - 1 if i else first[g]
                    self.accepts[self.flag_off[k] + first[g] + i] = 0 if i else 1

    @cython.cfunc
    @cython.exceptval(check=True)
    def _slot_automaton(self, k: cython.Py_ssize_t) -> cython.void:
        """Units per slot that wait for the others, and applications begun where limited."""
        p: cython.Py_ssize_t = self.promo[k]
        slots: cython.Py_ssize_t = self.kinds[k]
        base: cython.Py_ssize_t = self.slot_start[p]
        limit: cython.longlong = self.limit_of[k]
        rounds: cython.longlong = limit + 1 if limit < _NO_LIMIT else 1
        s: cython.Py_ssize_t
        i: cython.Py_ssize_t
        e: cython.Py_ssize_t
        a: cython.Py_ssize_t
        most: cython.longlong = self.most[p]
        units: cython.longlong
        span: cython.longlong = 1
        code: cython.longlong
        begun: cython.longlong
        after: cython.longlong
        whole: cython.bint
        number: cython.Py_ssize_t = 1
        at: cython.Py_ssize_t
        most = min(most, limit)
        spans: cython.longlong[::1] = zeros(slots)
        fill: cython.longlong[::1] = zeros(slots)
        for s in range(slots):
            units = 0
            for e in range(self.pair_start[k], self.pair_start[k + 1]):
                if self.gain[self.pair_off[e] + s] != _NEVER:
                    units += self.left[self.pair_class[e]]
            units = min(units, most * self.slot_quantity[base + s])
            spans[s] = units + 1
        while True:
            span = rounds
            for s in range(slots):
                span = span * spans[s] if span < (1 << 40) else span
            if span <= (1 << 22):
                break
            # Fewer applications may wait at a time; the labels then prove nothing.
            self.cut = True
            for s in range(slots):
                spans[s] = spans[s] // 2 + 1
                if spans[s] <= self.slot_quantity[base + s]:
                    spans[s] = self.slot_quantity[base + s] + 1
            rounds = rounds // 2 + 1 if rounds > 2 else rounds
            if span == rounds:
                break
        known: dict[int, int] = {0: 0}
        codes: list[int] = [0]
        self._seat(k, 1, slots)
        self.accepts[self.flag_off[k]] = 1
        i = 0
        while i < number:
            for a in range(slots):
                code = codes[i]
                begun = code % rounds
                code //= rounds
                for s in range(slots):
                    fill[s] = code % spans[s]
                    code //= spans[s]
                units = self._started(base, slots, fill)
                fill[a] += 1
                if fill[a] >= spans[a]:
                    continue
                after = self._started(base, slots, fill) - units
                if limit < _NO_LIMIT:
                    begun += after
                    if begun >= rounds:
                        continue
                whole = True
                for s in range(slots):
                    if fill[s] < self.slot_quantity[base + s]:
                        whole = False
                if whole:
                    for s in range(slots):
                        fill[s] -= self.slot_quantity[base + s]
                code = 0
                for s in range(slots - 1, -1, -1):
                    code = code * spans[s] + fill[s]
                code = code * rounds + begun
                found = known.get(code)
                if found is None:
                    if number == _STATES:
                        self.cut = True
                        continue
                    found = known[code] = number
                    codes.append(code)
                    self._add_state(k, slots)
                    number += 1
                    self.accepts[self.flag_off[k] + number - 1] = 1 if code < rounds else 0
                    if self.within_buy[p]:
                        self.late[self.flag_off[k] + number - 1] = self._is_late(base, slots, fill)
                at = self.auto_off[k] + i * slots + a
                self.next_state[at] = found
                self.gain_kind[at] = a
                self.opens[at] = after
                self.bonus[at] = self.bonus_of[k] if whole else 0
            i += 1

    @cython.cfunc
    @cython.exceptval(check=True)
    def _add_state(self, k: cython.Py_ssize_t, actions: cython.Py_ssize_t) -> cython.void:
        i: cython.Py_ssize_t
        self._room_for(1, actions)
        self.states[k] += 1
        for i in range(self.autos, self.autos + actions):
            self.next_state[i] = -1
            self.bonus[i] = 0
            self.opens[i] = 0
            self.gain_kind[i] = 0
        self.accepts[self.flags] = 0
        self.late[self.flags] = 0
        self.autos += actions
        self.flags += 1

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _started(
        self, base: cython.Py_ssize_t, slots: cython.Py_ssize_t, fill: cython.longlong[::1]
    ) -> cython.longlong:
        """Applications that counters per slot have begun."""
        s: cython.Py_ssize_t
        most: cython.longlong = 0
        begun: cython.longlong
        q: cython.longlong
        for s in range(slots):
            q = self.slot_quantity[base + s]
            begun = (fill[s] + q - 1) // q
            most = max(most, begun)
        return most

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _is_late(
        self, base: cython.Py_ssize_t, slots: cython.Py_ssize_t, fill: cython.longlong[::1]
    ) -> cython.longlong:
        """Whether a target was taken before all units that must be bought for it.

        Units come in falling price, and the first targets belong to the first units bought: no
        target costs more than what is bought for it exactly when no state is late as prices fall.
        """
        s: cython.Py_ssize_t
        q: cython.longlong
        targets: cython.longlong = 0
        bought: cython.longlong = -1
        for s in range(slots):
            q = self.slot_quantity[base + s]
            if self.slot_target[base + s]:
                targets = max(targets, (fill[s] + q - 1) // q)
            elif bought < 0 or fill[s] // q < bought:
                bought = fill[s] // q
        return 1 if targets > bought else 0

    # --- tables: what a promotion still makes from a state on

    def lay_out(self, steps: int) -> bool:
        """Make room for the tables; False where filling them takes more steps than that."""
        c: cython.Py_ssize_t
        u: cython.Py_ssize_t = 0
        k: cython.Py_ssize_t
        i: cython.Py_ssize_t
        wanted: cython.longlong
        total: cython.longlong = 0
        for k in range(self.k):
            wanted = 2
            for i in range(self.pair_start[k], self.pair_start[k + 1]):
                wanted += self.left[self.pair_class[i]]
            if self.within_buy[self.promo[k]]:
                wanted += len(self.left)
            self.tabled[k] = 1
            if wanted * self.states[k] > _ENTRIES:
                self.tabled[k] = 0
            total += wanted * (self.states[k] if self.tabled[k] else 1)
        if total // 8 > steps:
            return False
        self.n = 0
        for c in range(len(self.left)):
            self.n += self.left[c]
        self.unit_class = zeros(self.n)
        for c in range(len(self.left)):
            for i in range(self.left[c]):
                self.unit_class[u + i] = c
            u += self.left[c]
        self.row_of = zeros(self.k * (self.n + 1))
        self.table = zeros(total)
        return True

    def has_few_states(self) -> bool:
        """Whether the states of all promotions together are few."""
        k: cython.Py_ssize_t
        states: cython.longlong = 1
        for k in range(self.k):
            states *= self.states[k]
            if states > _FEW_STATES:
                return False
        return True

    def fill(self) -> int:
        """Fill the tables under the best multipliers; the steps that this took."""
        k: cython.Py_ssize_t
        steps: cython.longlong = 0
        self.filled = 0
        for k in range(self.k):
            steps += self._table_of(k)
        return steps

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _table_of(self, k: cython.Py_ssize_t) -> cython.longlong:
        u: cython.Py_ssize_t
        c: cython.Py_ssize_t
        s: cython.Py_ssize_t
        a: cython.Py_ssize_t
        e: cython.Py_ssize_t
        at: cython.Py_ssize_t
        row: cython.Py_ssize_t
        after: cython.Py_ssize_t
        states: cython.Py_ssize_t = self.states[k] if self.tabled[k] else 1
        actions: cython.Py_ssize_t = self.actions[k]
        off: cython.Py_ssize_t = self.auto_off[k]
        rows: cython.Py_ssize_t = k * (self.n + 1)
        lam: cython.longlong
        best: cython.longlong
        value: cython.longlong
        theta: cython.longlong = self.best_theta[k]
        within: cython.bint = self.within_buy[self.promo[k]]
        pair: cython.Py_ssize_t = self.pair_start[k + 1] - 1
        table: cython.longlong[::1] = self.table
        row = self.filled
        self.row_of[rows + self.n] = row
        for s in range(states):
            table[row + s] = 0
            if self.tabled[k] and not self.accepts[self.flag_off[k] + s]:
                table[row + s] = _NEVER
        self.filled += states
        for u in range(self.n - 1, -1, -1):
            c = self.unit_class[u]
            while pair >= self.pair_start[k] and self.pair_class[pair] > c:
                pair -= 1
            e = pair
            if e < self.pair_start[k] or self.pair_class[e] != c:
                e = -1
            falls: cython.bint = (
                within and u > 0 and self.price[self.unit_class[u - 1]] > self.price[c]
            )
            if e < 0 and not falls:
                self.row_of[rows + u] = row
                continue
            after = row
            row = self.filled
            self.filled += states
            self.row_of[rows + u] = row
            if e < 0:
                for s in range(states):
                    table[row + s] = table[after + s]
            elif not self.tabled[k]:
                best = 0
                for a in range(self.kinds[k]):
                    value = self.gain[self.pair_off[e] + a]
                    if value != _NEVER and value - self.best_lam[c] > best:
                        best = value - self.best_lam[c]
                if self.bonus_of[k] > 0:
                    best += self.bonus_of[k]
                table[row] = table[after] + best
            else:
                lam = self.best_lam[c]
                for s in range(states):
                    best = table[after + s]
                    for a in range(actions):
                        at = off + s * actions + a
                        if self.next_state[at] < 0:
                            continue
                        value = self.gain[self.pair_off[e] + self.gain_kind[at]]
                        if value == _NEVER or table[after + self.next_state[at]] == _NEVER:
                            continue
                        value += table[after + self.next_state[at]] + self.bonus[at] - lam
                        if theta:
                            value -= (
                                self.raw[self.pair_off[e] + self.gain_kind[at]]
                                * self.cap_value[k]
                                * theta
                                // 1_024
                            )
                        best = max(best, value)
                    table[row + s] = best
            if falls and self.tabled[k]:
                for s in range(states):
                    if self.late[self.flag_off[k] + s]:
                        table[row + s] = _NEVER
        return (self.filled - self.row_of[rows + self.n]) // 8
