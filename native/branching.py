# cython: boundscheck=True, wraparound=False, cdivision=False, overflowcheck=True, language_level=3
# cython: initializedcheck=False
"""Proves a packing by cases: how often a promotion applies, and at which tier.

The multipliers bound every packing, but a promotion cannot apply two and a half times, and the
bound does not know that. So the best shares of plans are looked at (``plans``): where they come to
whole numbers they are a packing, and mostly none is better; where a promotion comes to two and a
half, it is at most two or at least three, and both cases are bounded again. Every bound is that of
``packing``, in integers; the linear program only says which multipliers to try and what to ask.

The case with the best bound comes first. What is open when the budget ends is part of the bound.
Classes count once, however many units they have: piles cost no more than single pieces.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import Any, NamedTuple

import cython

from native import codes

from .plans import Plans
from .rooms import grown, zeros

N_FOR_M = cython.declare(cython.longlong, codes.N_FOR_M)
STEPS = cython.declare(cython.longlong, codes.STEPS)

_NO_LIMIT: cython.longlong = 1 << 40
_NOTHING = cython.declare(cython.longlong, -(1 << 60))  # no plan keeps to the bounds
_MULTIPLIED = cython.declare(cython.longlong, 64)  # multiplications that take as long as a step
_COMPOSED = cython.declare(cython.longlong, 4)  # rounds from one packing made to the next
_ROUNDS = cython.declare(cython.longlong, 300)  # of one case
_EARLY = cython.declare(cython.longlong, 4)  # times nearer the bound than what is known: branch
_SHY = cython.declare(cython.longlong, 4)  # eighths of the way that are not gone at first
_WHOLE = cython.declare(cython.longlong, 1 << 30)  # of a share
_LEAST = cython.declare(cython.longlong, 100)  # of a share that is one
_NEAR = cython.declare(cython.longlong, 1 << 18)  # what counts as a whole number: 1/4096 of one
_HEAVY = cython.declare(cython.longlong, 1 << 24)  # the heaviest weight


class _Case(NamedTuple):
    """Bounds (promotion, least, most) and the multipliers to start from."""

    bounds: tuple[tuple[int, int, int], ...]
    lam: list[int]
    charge: list[int]


@cython.cclass
class Branching:
    """The search by cases of one packing problem, from its multipliers on.

    Args:
        packing: the problem, its multipliers moved; it keeps the best packing and counts the steps.
        until: the steps of the packing at which the search ends.
    """

    packing: Any
    plans: Any
    until: cython.longlong
    m: cython.Py_ssize_t
    k: cython.Py_ssize_t
    ceiling: cython.longlong  # no multiplier is higher
    base: cython.longlong  # what all units are worth alone
    open_cases: list[Any]
    seen: set[Any]  # plans
    opened: cython.longlong
    entered: tuple[Any, ...]
    given_up: cython.longlong  # the best bound of a case that was given up

    # Of the packing.
    left: cython.longlong[::1]
    free: cython.longlong[::1]
    lam: cython.longlong[::1]
    fee: cython.longlong[::1]
    profit: cython.longlong[::1]
    take: cython.longlong[::1]
    made: cython.longlong[::1]
    rest: cython.longlong[::1]
    worth: cython.longlong[::1]
    least: cython.longlong[::1]
    most: cython.longlong[::1]
    pair_start: cython.longlong[::1]
    pair_class: cython.longlong[::1]
    pair_off: cython.longlong[::1]
    kinds: cython.longlong[::1]
    kind: cython.longlong[::1]
    size: cython.longlong[::1]

    # Of the case that is being looked at.
    low: cython.longlong[::1]  # applications, or tier + 1, of each promotion
    high: cython.longlong[::1]
    weight: cython.longlong[::1]  # about what one application more is worth
    times: cython.longlong[::1]
    mean: cython.longlong[::1]  # units of each pair and kind, by the shares
    mean_times: cython.longlong[::1]
    dual: cython.longlong[::1]
    share: cython.longlong[::1]
    apart: cython.longlong[::1]  # how far the tiers of the shares lie apart

    counter: cython.longlong[::1]  # row of the program that counts an n-for-m, -1 for none
    charge: cython.longlong[::1]  # of each promotion, for one application more

    # Plans: their column, promotion, applications and units.
    known: cython.Py_ssize_t
    column: cython.longlong[::1]
    owner: cython.longlong[::1]
    plan_times: cython.longlong[::1]
    plan_start: cython.longlong[::1]
    plan_at: cython.longlong[::1]
    plan_units: cython.longlong[::1]

    def __init__(self, packing: Any, until: int) -> None:  # noqa: ANN401 - of either form
        c: cython.Py_ssize_t
        k: cython.Py_ssize_t
        e: cython.Py_ssize_t
        g: cython.Py_ssize_t
        best: cython.longlong
        pieces: cython.longlong = 1
        heaviest: cython.longlong = 0
        self.packing = packing
        self.until = until
        classes, pairs, places, promos = packing.lend()
        self.left, self.free, self.lam, self.rest = classes
        (
            self.pair_start,
            self.pair_class,
            self.pair_off,
            self.kinds,
            self.kind,
            self.size,
        ) = pairs
        self.worth, self.take, self.made = places
        self.profit, self.least, self.most, self.fee = promos
        self.m = len(self.left)
        self.k = len(self.kind)
        self.plans = Plans([self.left[c] for c in range(self.m)], self.k, packing.bound)
        self.given_up = 0
        self.base = packing.base()
        self.open_cases = []
        self.opened = 0
        self.entered = ()
        for c in range(self.m):
            pieces += self.left[c]
        self.ceiling = (1 << 60) // pieces
        self.low = zeros(self.k)
        self.high = zeros(self.k)
        self.weight = zeros(self.k)
        self.times = zeros(self.k)
        self.mean = zeros(len(self.take))
        self.mean_times = zeros(self.k)
        self.apart = zeros(self.k)
        for k in range(self.k):
            self.high[k] = _NO_LIMIT
            best = 0
            for e in range(self.pair_start[k], self.pair_start[k + 1]):
                for g in range(self.kinds[k]):
                    best = max(best, self.worth[self.pair_off[e] + g])
            self.weight[k] = best * self.size[k]
            heaviest = max(heaviest, self.weight[k])
        for k in range(self.k):
            self.weight[k] = self.weight[k] // (heaviest // _HEAVY + 1) + 1
        self.dual = zeros(1)
        self.share = self.dual
        self._tell()
        self.seen = set()
        self.counter = zeros(self.k)
        self.charge = zeros(self.k)
        for k in range(self.k):
            self.counter[k] = -1
        self.known = 0
        self.column = zeros(64)
        self.owner = zeros(64)
        self.plan_times = zeros(64)
        self.plan_start = zeros(65)
        self.plan_at = zeros(512)
        self.plan_units = zeros(512)

    def note(self) -> None:
        """Keep what each promotion would take under the multipliers as they are."""
        self._count_times()
        self._know()

    def search(self) -> int:
        """Look at the cases; what no packing exceeds (the packing keeps the best one found)."""
        self._bound()
        self._know()
        self._open((), self.packing.bound)
        while self.open_cases:
            upper, _, case = heappop(self.open_cases)
            self.packing.set_bound(-upper)
            if self.packing.steps >= self.until or self.packing.is_proven():
                # No open case has a higher bound.
                return max(-upper, self.given_up)
            self._enter(case)
            self._case()
        return self.given_up

    def _open(self, bounds: tuple[tuple[int, int, int], ...], upper: int) -> None:
        """Note a case to be looked at: the best bound first, of equal ones the last."""
        self.opened += 1
        case = _Case(bounds, list(self.lam), list(self.charge))
        heappush(self.open_cases, (-upper, -self.opened, case))

    def _enter(self, case: _Case) -> None:
        """Take the bounds and multipliers of a case."""
        for k, _, _ in self.entered:
            self.low[k] = 0
            self.high[k] = _NO_LIMIT
        self.entered = case.bounds
        for k, low, high in case.bounds:
            self.low[k] = low
            self.high[k] = high
        for c, value in enumerate(case.lam):
            self.lam[c] = value
        for k, value in enumerate(case.charge[: self.k]):
            self.charge[k] = value

    # --- bounds and plans

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _bound(self) -> cython.longlong:
        """Upper bound of the case under ``lam`` and the charges; notes what each would take."""
        k: cython.Py_ssize_t
        total: cython.longlong = 0
        for k in range(self.k):
            if self.kind[k] == N_FOR_M:
                self.fee[k] = self.charge[k]
                if self.charge[k] > 0:
                    total += self.charge[k] * self.high[k]
                elif self.charge[k] < 0:
                    total += self.charge[k] * self.low[k]
            else:
                self.least[k] = self.low[k]
                self.most[k] = self.high[k]
        total += self.packing.bound_now()
        for k in range(self.k):
            self.fee[k] = 0
            self.least[k] = 0
            self.most[k] = _NO_LIMIT
        self._count_times()
        return total

    @cython.cfunc
    @cython.exceptval(check=True)
    def _count_times(self) -> cython.void:
        """Applications, or tier + 1, of what each promotion would take."""
        k: cython.Py_ssize_t
        e: cython.Py_ssize_t
        g: cython.Py_ssize_t
        for k in range(self.k):
            self.times[k] = 0
            for e in range(self.pair_start[k], self.pair_start[k + 1]):
                for g in range(self.kinds[k]):
                    if self.take[self.pair_off[e] + g]:
                        if self.kind[k] == STEPS:
                            self.times[k] = g + 1
                        else:
                            self.times[k] += self.take[self.pair_off[e] + g]
            if self.kind[k] != STEPS:
                self.times[k] = self.times[k] // self.size[k]

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _know(self) -> cython.longlong:
        """Add what each promotion would take to the plans, where that improves the shares."""
        k: cython.Py_ssize_t
        e: cython.Py_ssize_t
        o: cython.Py_ssize_t
        used: cython.Py_ssize_t
        c: cython.longlong
        units: cython.longlong
        value: cython.longlong
        column: cython.longlong
        added: cython.longlong = 0
        for k in range(self.k):
            if self.profit[k] < _NOTHING // 2:
                continue
            # What the plan is worth beyond leaving its units to whoever wants them alone.
            value = self.profit[k]
            members: list[tuple[int, int]] = []
            used = self.plan_start[self.known]
            for e in range(self.pair_start[k], self.pair_start[k + 1]):
                c = self.pair_class[e]
                units = 0
                for o in range(self.pair_off[e], self.pair_off[e] + self.kinds[k]):
                    if self.take[o]:
                        units += self.take[o]
                        self._room_for_unit(used)
                        self.plan_at[used] = o
                        self.plan_units[used] = self.take[o]
                        used += 1
                if units:
                    value += (self.lam[c] - self.free[c]) * units
                    members.append((c, units))
            if not members:
                continue
            value += self.charge[k] * self.times[k]
            key = (
                k,
                *[
                    (self.plan_at[i], self.plan_units[i])
                    for i in range(self.plan_start[self.known], used)
                ],
            )
            if key in self.seen:
                continue
            column = self.plans.add(k, value, members, self.times[k])
            if column < 0:
                continue
            self.seen.add(key)
            self._room_for_plan()
            self.column[self.known] = column
            self.owner[self.known] = k
            self.plan_times[self.known] = self.times[k]
            self.known += 1
            self.plan_start[self.known] = used
            added += 1
        return added

    @cython.cfunc
    @cython.exceptval(check=True)
    def _room_for_unit(self, used: cython.Py_ssize_t) -> cython.void:
        if used >= len(self.plan_at):
            self.plan_at = grown(self.plan_at, used)
            self.plan_units = grown(self.plan_units, used)

    @cython.cfunc
    @cython.exceptval(check=True)
    def _room_for_plan(self) -> cython.void:
        if self.known >= len(self.column):
            self.column = grown(self.column, self.known)
            self.owner = grown(self.owner, self.known)
            self.plan_times = grown(self.plan_times, self.known)
            self.plan_start = grown(self.plan_start, self.known + 1)

    # --- a case

    @cython.cfunc
    @cython.exceptval(check=True)
    def _bind(self) -> cython.void:
        """Tell the linear program which plans keep to the case."""
        i: cython.Py_ssize_t
        k: cython.Py_ssize_t
        for i in range(self.known):
            k = self.owner[i]
            if self.kind[k] != N_FOR_M:
                self.plans.allow(self.column[i], self.low[k] <= self.plan_times[i] <= self.high[k])
        for k in range(self.k):
            if self.kind[k] != N_FOR_M:
                self.plans.allow(self.m + k, not self.low[k])
            elif self.counter[k] >= 0:
                self.plans.limit(k, self.low[k], self.high[k] if self.high[k] < _NO_LIMIT else -1)

    @cython.cfunc
    @cython.exceptval(check=True)
    def _case(self) -> cython.void:
        """Bound the case that was entered; branch where that proves nothing."""
        c: cython.Py_ssize_t
        k: cython.Py_ssize_t
        round_: cython.longlong
        before: cython.longlong
        total: cython.longlong
        open_: cython.longlong
        shy: cython.longlong = _SHY // 2 if self.entered else _SHY
        upper: cython.longlong = self.packing.bound
        is_new: cython.bint = True
        center: cython.longlong[::1] = zeros(self.m)
        charged: cython.longlong[::1] = zeros(self.k)
        self._keep_multipliers(center, charged)
        self._bind()
        for round_ in range(_ROUNDS):
            if self.packing.steps >= self.until:
                break
            if is_new:
                before = self.plans.steps
                self.plans.solve()
                self.packing.spend((self.plans.steps - before) // _MULTIPLIED)
                self._mix()
                if self._make_whole() and self.packing.keep_made():
                    return
            self._move(center, charged, shy)
            total = self._bound()
            if total < upper:
                upper = total
                self.packing.set_bound(upper)
                self._keep_multipliers(center, charged)
                if self.packing.is_proven():
                    return
            open_ = self.plans.worth + self.base - self.packing.value
            if open_ > 1 and (upper - self.packing.value - open_) * _EARLY < open_:
                # No further plan could prove the case.
                break
            is_new = self._know() > 0
            if not round_ % _COMPOSED and self.packing.try_now():
                return
            if not is_new:
                if not shy:
                    break
                shy = max(0, shy - 2)
        for c in range(self.m):
            self.lam[c] = center[c]
        for k in range(self.k):
            self.charge[k] = charged[k]
        if not self.entered:
            self.packing.start_from_now()
        if self.packing.steps >= self.until or not self._branch(upper):
            self.given_up = max(self.given_up, upper)

    @cython.cfunc
    @cython.exceptval(check=True)
    def _keep_multipliers(
        self, center: cython.longlong[::1], charged: cython.longlong[::1]
    ) -> cython.void:
        """Note the multipliers as they are."""
        c: cython.Py_ssize_t
        k: cython.Py_ssize_t
        for c in range(self.m):
            center[c] = self.lam[c]
        for k in range(self.k):
            charged[k] = self.charge[k]

    @cython.cfunc
    @cython.exceptval(check=True)
    def _move(
        self,
        center: cython.longlong[::1],
        charged: cython.longlong[::1],
        shy: cython.longlong,
    ) -> cython.void:
        """Go from the best multipliers to the duals, all but ``shy`` eighths of the way."""
        c: cython.Py_ssize_t
        k: cython.Py_ssize_t
        wish: cython.longlong
        for c in range(self.m):
            wish = max(0, min(self.ceiling, self.dual[c])) + self.free[c]
            self.lam[c] = wish + (center[c] - wish) // 8 * shy
        for k in range(self.k):
            if self.counter[k] < 0:
                continue
            wish = max(-self.ceiling, min(self.ceiling, self.dual[self.counter[k]]))
            wish += (charged[k] - wish) // 8 * shy
            if (wish > 0 and self.high[k] >= _NO_LIMIT) or (wish < 0 and not self.low[k]):
                wish = 0
            self.charge[k] = wish

    @cython.cfunc
    @cython.exceptval(check=True)
    def _tell(self) -> cython.void:
        """Duals and shares of the linear program."""
        width: cython.Py_ssize_t = self.plans.width
        if len(self.share) < width:
            self.share = zeros(2 * width)
            self.dual = zeros(2 * width)
        self.plans.tell(self.dual, self.share)

    @cython.cfunc
    @cython.exceptval(check=True)
    def _mix(self) -> cython.void:
        """Units and applications of each promotion, as the shares come to."""
        i: cython.Py_ssize_t
        o: cython.Py_ssize_t
        k: cython.Py_ssize_t
        share: cython.longlong
        away: cython.longlong
        self._tell()
        for o in range(len(self.take)):
            self.mean[o] = 0
        for k in range(self.k):
            self.mean_times[k] = 0
            self.apart[k] = 0
        for i in range(self.known):
            share = min(_WHOLE, self.share[self.column[i]])
            if share < _LEAST:
                continue
            self.mean_times[self.owner[i]] += share * self.plan_times[i]
            for o in range(self.plan_start[i], self.plan_start[i + 1]):
                self.mean[self.plan_at[o]] += share * self.plan_units[o]
        for i in range(self.known):
            k = self.owner[i]
            if self.kind[k] == STEPS:
                share = min(_WHOLE, max(0, self.share[self.column[i]]))
                away = self.plan_times[i] * _WHOLE - self.mean_times[k]
                if away < 0:
                    away = -away
                self.apart[k] += (share >> 15) * (away >> 15)
        self.packing.spend(self.known // 8 + len(self.take) // 16)

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _make_whole(self) -> cython.bint:
        """Make the packing that the shares come to; False where they come to no whole units."""
        c: cython.Py_ssize_t
        e: cython.Py_ssize_t
        o: cython.Py_ssize_t
        near: cython.longlong
        for c in range(self.m):
            self.rest[c] = self.left[c]
        for e in range(self.pair_start[self.k]):
            o = self.pair_off[e]
            while o < len(self.mean) and (
                e + 1 == self.pair_start[self.k] or o < self.pair_off[e + 1]
            ):
                near = (self.mean[o] + _WHOLE // 2) // _WHOLE
                if not -_NEAR <= self.mean[o] - near * _WHOLE <= _NEAR:
                    return False
                self.made[o] = near
                self.rest[self.pair_class[e]] -= near
                o += 1
        return True

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _branch(self, upper: cython.longlong) -> cython.bint:
        """Open both sides of what is most broken; False where nothing is."""
        k: cython.Py_ssize_t
        at: cython.Py_ssize_t = -1
        turn: cython.Py_ssize_t
        part: cython.longlong
        best: cython.longlong = 0
        for k in range(self.k):
            if self.low[k] == self.high[k]:
                continue
            part = self.apart[k]
            if self.kind[k] != STEPS:
                part = self.mean_times[k] % _WHOLE
                part = min(part, _WHOLE - part)
            if part > _NEAR and part * self.weight[k] > best:
                best = part * self.weight[k]
                at = k
        if at < 0:
            return False
        if self.kind[at] == N_FOR_M and self.counter[at] < 0:
            self.counter[at] = self.plans.count(at)
        split: cython.longlong = (self.mean_times[at] + _NEAR) // _WHOLE
        is_up: cython.bint = 2 * (self.mean_times[at] - split * _WHOLE) >= _WHOLE
        split = max(self.low[at], min(split, self.high[at] - 1))
        others = tuple(one for one in self.entered if one[0] != at)
        for turn in range(2):
            # The nearer side is opened last.
            if is_up == (turn == 1):
                self._open((*others, (at, split + 1, self.high[at])), upper)
            else:
                self._open((*others, (at, self.low[at], split)), upper)
        return True
