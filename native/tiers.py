# cython: boundscheck=True, wraparound=False, cdivision=False, overflowcheck=True, language_level=3
# cython: initializedcheck=False
"""Proves a packing tier by tier: at a known tier a unit counts for itself, the rest falls apart.

"5 % from 96 pieces" on everything ties all units together. But once the tier is given, its discount
is one of a single unit, and only the number of units is left to see to. So a quantity tier is
granted first, whatever it asks for: what is left are components of the other promotions, mostly
small, each a packing of its own (``packing``). Where as many units take the tier as it asks for, or
none, that is a packing, and none is worth more. Where too few do, either the tier is not granted
(the one below it is), or each unit that takes it gets a bonus until there are enough; the bonus on
the units that the tier asks for comes off the bound.

The case with the best bound comes first. What is open when the budget ends is part of the bound.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import Any, NamedTuple

import cython

from .rooms import zeros

_ANY = -1
_FIRST_PERCENT = cython.declare(cython.longlong, 50)  # of the steps, for all tiers granted
_TRIES = cython.declare(cython.longlong, 16)  # of one bonus
_CEILING = cython.declare(cython.longlong, 1 << 56)  # no bonus on all units is higher


class _Case(NamedTuple):
    """What is granted, a value for each promotion with tiers."""

    top: tuple[int, ...]  # the highest tier, -1 for none
    bonus: tuple[int, ...]  # of a unit that takes it; _ANY where it may take too few


class _Part(NamedTuple):
    """A component of the other promotions: classes and promotions, by place."""

    classes: list[int]
    promos: list[int]


@cython.cclass
class Tiers:
    """The search by tiers of one packing problem.

    Args:
        packing: the problem, without side constraints; it keeps the best packing and counts steps.
        granted: places of the promotions with tiers, and the units that each tier asks for.
        until: the steps of the packing at which the search ends.
    """

    packing: Any
    until: cython.longlong
    m: cython.Py_ssize_t
    t: cython.Py_ssize_t  # promotions with tiers
    tiered: list[int]  # their places
    least: list[list[int]]  # units that each of their tiers asks for
    parts: list[_Part]
    alone: list[int]  # classes of no part
    known: list[dict[tuple[int, ...], Any]]  # packings of each part by what a unit alone is worth
    latest: list[Any]
    opened: cython.longlong
    open_cases: list[Any]

    left: cython.longlong[::1]
    free: cython.longlong[::1]
    rest: cython.longlong[::1]
    made: cython.longlong[::1]
    gain: cython.longlong[::1]
    pair_start: cython.longlong[::1]
    pair_class: cython.longlong[::1]
    pair_off: cython.longlong[::1]
    worth: cython.longlong[::1]  # of a unit of each class that no other promotion takes
    taker: cython.longlong[::1]  # which promotion with tiers takes it then, -1 for none
    taken: cython.longlong[::1]  # units that each promotion with tiers takes

    def __init__(
        self,
        packing: Any,  # noqa: ANN401 - of either form
        granted: list[tuple[int, list[int]]],
        until: int,
    ) -> None:
        self.packing = packing
        self.until = until
        classes, pairs, places = packing.lend_units()
        self.left, self.free, self.rest = classes
        self.pair_start, self.pair_class, self.pair_off = pairs
        self.gain, self.made = places
        self.m = len(self.left)
        self.tiered = [place for place, _ in granted]
        self.least = [least for _, least in granted]
        self.t = len(granted)
        self.worth = zeros(self.m)
        self.taker = zeros(self.m)
        self.taken = zeros(self.t)
        self.parts = self._fall_apart()
        tied = {c for part in self.parts for c in part.classes}
        self.alone = [c for c in range(self.m) if c not in tied]
        self.known = [{} for _ in self.parts]
        self.latest = [None] * len(self.parts)
        self.opened = 0
        self.open_cases = []

    def _fall_apart(self) -> list[_Part]:
        """Return the components that are left without the promotions with tiers."""
        others = [k for k in range(len(self.pair_start) - 1) if k not in self.tiered]
        home = list(range(self.m))

        def first_of(c: int) -> int:
            while home[c] != c:
                c = home[c]
            return c

        for k in others:
            for e in range(self.pair_start[k], self.pair_start[k + 1]):
                one = first_of(self.pair_class[self.pair_start[k]])
                other = first_of(self.pair_class[e])
                home[max(one, other)] = min(one, other)
        parts: dict[int, _Part] = {}
        for c in range(self.m):
            parts.setdefault(first_of(c), _Part([], [])).classes.append(c)
        for k in others:
            if self.pair_start[k] < self.pair_start[k + 1]:
                parts[first_of(self.pair_class[self.pair_start[k]])].promos.append(k)
        return [part for part in parts.values() if part.promos]

    def search(self) -> int:
        """Look at the cases; what no packing exceeds (the packing keeps the best one found)."""
        known: int = self.packing.bound
        given_up = 0
        until: int = self.until
        self.until = self.packing.steps + (until - self.packing.steps) * _FIRST_PERCENT // 100
        case = _Case(tuple([len(least) - 1 for least in self.least]), (_ANY,) * self.t)
        upper: int = self._bound(case)
        if upper >= known:
            # The multipliers know better: too few units take what was granted.
            return known
        self.until = until
        self._note(case, upper)
        while self.open_cases:
            upper, _, case, short = heappop(self.open_cases)
            upper = -upper
            self.packing.set_bound(upper)
            if self.packing.steps >= self.until or self.packing.is_proven():
                # No open case has a higher bound.
                return max(upper, given_up)
            if short < 0:
                # Enough units everywhere: what is open, its parts or its bonus leave open.
                given_up = max(given_up, upper)
                continue
            top = list(case.top)
            top[short] -= 1
            lower = case._replace(top=tuple(top))
            self._note(lower, min(upper, self._bound(lower)))
            self._fill_up(case, short, upper)
        return given_up

    def _note(self, case: _Case, upper: int) -> None:
        """Note the case that was bounded last: the best bound first, of equal ones the last.

        With it the promotion that misses most units for its tier, -1 for none.
        """
        short = -1
        most = 0
        for t in range(self.t):
            missing = self.least[t][case.top[t]] - self.taken[t]
            if case.bonus[t] == _ANY and self.taken[t] and missing > most:
                short, most = t, missing
        self.opened += 1
        heappush(self.open_cases, (-upper, -self.opened, case, short))

    def _fill_up(self, case: _Case, short: int, upper: int) -> None:
        """Note the case that a promotion has the units that its tier asks for.

        The bound falls with the bonus until enough units take it, and rises from there: where
        both lines meet it may be lowest.
        """
        k = self.tiered[short]
        least = self.least[short][case.top[short]]
        units = 0
        most = 1
        for e in range(self.pair_start[k], self.pair_start[k + 1]):
            units += self.left[self.pair_class[e]]
            most = max(most, self.gain[self.pair_off[e] + case.top[short]])
        if units < least:
            return
        # Bonus, bound and its rise, on either side of the lowest.
        low: tuple[int, int, int] | None = None
        high: tuple[int, int, int] | None = None
        best: tuple[int, _Case] | None = None
        bonus = 0
        for _ in range(_TRIES):
            filled = case._replace(bonus=(*case.bonus[:short], bonus, *case.bonus[short + 1 :]))
            bound = self._bound(filled)
            if best is None or bound < best[0]:
                best = (bound, filled)
            self.packing.set_bound(min(upper, best[0]))
            rise = self.taken[short] - least
            if not rise or self.packing.is_proven() or self.packing.steps >= self.until:
                break
            if rise < 0:
                low = (bonus, bound, rise)
            else:
                high = (bonus, bound, rise)
            if low is None:
                break
            if high is None:
                bonus = max(2 * bonus, most // 4)
                if bonus > _CEILING // units:
                    break
                continue
            bonus = (low[1] - high[1] + high[2] * high[0] - low[2] * low[0]) // (high[2] - low[2])
            if not low[0] < bonus < high[0]:
                break
        if best is not None:
            bound, filled = best
            self._bound(filled)
            self._note(filled, min(upper, bound))

    def _bound(self, case: _Case) -> int:
        """Upper bound of a case; the packing that comes with it is kept if it is the best."""
        c: cython.Py_ssize_t
        e: cython.Py_ssize_t
        t: cython.Py_ssize_t
        k: cython.Py_ssize_t
        top: cython.Py_ssize_t
        bonus: cython.longlong
        value: cython.longlong
        total: cython.longlong = 0
        for c in range(self.m):
            self.worth[c] = self.free[c]
            self.taker[c] = -1
            self.rest[c] = self.left[c]
        for t in range(self.t):
            self.taken[t] = 0
            if case.top[t] < 0:
                continue
            k = self.tiered[t]
            top = case.top[t]
            bonus = max(0, case.bonus[t])
            total -= bonus * self.least[t][top]
            for e in range(self.pair_start[k], self.pair_start[k + 1]):
                value = self.gain[self.pair_off[e] + top] + bonus
                c = self.pair_class[e]
                if value > self.worth[c]:
                    self.worth[c] = value
                    self.taker[c] = t
        for c in range(len(self.made)):
            self.made[c] = 0
        self.packing.spend(len(self.made) // 8 + 1)
        for number, part in enumerate(self.parts):
            solved = self._solved(number, part)
            total += solved.bound
            solved.hand_up(self.packing, part.classes, part.promos)
        for c in self.alone:
            total += self.worth[c] * self.left[c]
        for c in range(self.m):
            if self.taker[c] >= 0:
                self.taken[self.taker[c]] += self.rest[c]
        for t in range(self.t):
            self._take(t)
        self.packing.keep_parts()
        return int(total)

    def _solved(self, number: int, part: _Part) -> Any:  # noqa: ANN401 - of either form
        """Return the packing of a part where a unit alone is worth what this case says."""
        worth = tuple([self.worth[c] for c in part.classes])
        solved = self.known[number].get(worth)
        if solved is None:
            left = max(1, self.until - self.packing.steps)
            solved = self.packing.within(part.classes, part.promos, worth, left)
            if self.latest[number] is not None:
                solved.start_like(self.latest[number])
            solved.solve(-1)
            self.packing.spend(solved.steps)
            self.known[number][worth] = self.latest[number] = solved
        return solved

    @cython.cfunc
    @cython.exceptval(check=True)
    def _take(self, t: cython.Py_ssize_t) -> cython.void:
        """Give a promotion the units that nobody else takes, at the tier that they reach."""
        k: cython.Py_ssize_t = self.tiered[t]
        e: cython.Py_ssize_t
        c: cython.Py_ssize_t
        tier: cython.Py_ssize_t = -1
        least: list[int] = self.least[t]
        while tier + 1 < len(least) and least[tier + 1] <= self.taken[t]:
            tier += 1
        if tier < 0:
            return
        for e in range(self.pair_start[k], self.pair_start[k + 1]):
            c = self.pair_class[e]
            if self.taker[c] == t:
                self.made[self.pair_off[e] + tier] = self.rest[c]
                self.rest[c] = 0
