"""Upper bounds on what a label can still become: the proof behind ``optimal`` and the gap.

Three kinds, the lowest counts. *By units*: every unit to come adds at most its best share in any
application. *By promotions*: some promotions are bounded on their own, with what they could add
beyond the best of the others, unit by unit; that sees limits, caps and incomplete groups. *By
rooms*: in exact mode a threshold leaves only so much room for discounts inside its base.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from native.problem import BUNDLE, BUY_GET, N_FOR_M, UNITS, Exact, Promo, W
from native.state import State, is_late, started, with_unit

if TYPE_CHECKING:
    from native.problem import Room
    from native.worth import Worth

_TABLE = 64  # n up to which an n-for-m gets an exact outlook
_LEAST = 20_000  # entries of the exact outlook of a quantity tier at most
_ENTRIES = 3_000  # entries of the exact outlook of a buy-get at most
_NEVER = -(10**30)  # below every value: cannot be completed any more


class _Outlook(NamedTuple):
    """What one promotion could add beyond the others, were it alone.

    ``more[i]``: sum of its shares of the units from i on. ``table[i][fill]``: exactly, for an
    n-for-m without a limit whose open group holds ``fill`` units, for a quantity tier that lacks
    ``fill`` units, or for a buy-get with these counters per slot. ``tops``: per slot the best
    shares, falling, each with the number of units that have it. ``most[k]``: value of k
    applications at most, filled as it is asked for.
    """

    more: list[Exact]
    table: list[Any]
    tops: list[list[tuple[Exact, int]]]
    most: dict[int, Exact]


class _Fills(dict[tuple[int, ...], "Exact"]):
    """Values by counters; counters that are not there cannot be completed any more."""

    def __missing__(self, fill: tuple[int, ...]) -> Exact:
        return _NEVER


_Ways = dict[tuple[int, ...], list[tuple[int, tuple[int, ...]]]]


class Ahead(NamedTuple):
    """What one promotion may still add, as far as its state fixes it.

    Either ``table[position][fill]`` or ``more[position]``; neither: only what is pending. At most
    ``most``; plus what is pending of promotion ``pending``, -1 none; all that at most ``cap``.
    """

    table: list[Any] | None
    fill: Any
    more: list[Exact] | None
    most: Exact | None
    pending: int
    cap: Exact | None


class _Family:
    """One division: promotions bounded on their own, the others through their best units."""

    def __init__(self, own: frozenset[int], base: dict[int, Exact]) -> None:
        self.own = own
        self.base = base
        self.suffix: list[Exact] = []
        self.outlooks: dict[int, _Outlook] = {}


class Bounds:
    """Bounds for the labels over the units of some classes.

    Args:
        worth: values under the choice.
        classes: the classes the labels run over.
        stateful: promotions with a state, in the order of the states.
        on_class: for each class the promotions and slots that want it.
        best_free: for each class what a unit brings without any of them.
    """

    def __init__(
        self,
        worth: Worth,
        classes: list[int],
        stateful: list[Promo],
        on_class: dict[int, list[tuple[Promo, int]]],
        best_free: dict[int, Exact],
    ) -> None:
        self._worth = worth
        self._classes = classes
        self._stateful = stateful
        self._share = {c: _best_shares(worth, c, wanting) for c, wanting in on_class.items()}
        self._rooms = [room for room in worth.choice.rooms() if self._is_bounded_by(room)]
        if not worth.exact:
            self._rooms = []
        # An exclusive promotion takes its units out of the base at once, but what a cap may still
        # cut of its discount comes only at the end.
        self._still_to_come = [
            (k, (p.cap or 0) * W)
            for k, p in enumerate(stateful)
            if p.index in worth.deferred and p.exclusive == UNITS
        ]
        self._best = {c: max((best_free[c], *self._share[c].values())) for c in classes}
        self.work = 0  # of preparing, in entries of tables
        self._ways: dict[int, list[_Ways]] = {}
        self._suffix: list[Exact] = []
        self._elsewhere: list[list[Exact]] = []
        self._families = [_Family(own, self._base(own, best_free)) for own in self._divisions()]

    def _is_bounded_by(self, room: Room) -> bool:
        """Whether what is given outside a base can be told from what is given inside.

        A discount is split over its application by price: where one application may lie on both
        sides, the units outside can bear more than their share.
        """
        zone = self._worth.choice.zone
        return not any(
            p.size > 1 and len({bool(zone[c] & room.zone) for c in p.classes}) > 1
            for p in self._stateful
        )

    def _divisions(self) -> list[frozenset[int]]:
        """Which promotions to bound on their own.

        Those with a bounded number of applications or a cap gain by it; an unlimited n-for-m does
        where nobody unlimited wants the same units, else these would be counted twice.
        """
        bounded = {
            p.index
            for p in self._stateful
            if p.cap is not None or p.limit is not None or p.pool >= 0 or p.kind != N_FOR_M
        }
        unlimited = [p for p in self._stateful if p.index not in bounded]
        wanted: dict[int, int] = {}
        for p in unlimited:
            for c in p.classes:
                wanted[c] = wanted.get(c, 0) + 1
        apart = {p.index for p in unlimited if all(wanted[c] == 1 for c in p.classes)}
        divisions = [frozenset(bounded | apart), frozenset(bounded)]
        return [d for n, d in enumerate(divisions) if d and d not in divisions[:n]]

    def _base(self, own: frozenset[int], best_free: dict[int, Exact]) -> dict[int, Exact]:
        return {
            c: max((best_free[c], *(s for index, s in self._share[c].items() if index not in own)))
            for c in self._classes
        }

    def root(self) -> Exact:
        """Bound on the value of all units of the classes, before anything is decided."""
        count = self._worth.problem.count
        whole = sum(self._best[c] * count[c] for c in self._classes)
        for family in self._families:
            total: Exact = sum(family.base[c] * count[c] for c in self._classes)
            for p in self._stateful:
                if p.index in family.own:
                    total += self._alone(p, family)
            whole = min(whole, total)
        return whole

    def _alone(self, p: Promo, family: _Family) -> Exact:
        count = self._worth.problem.count
        total: Exact = sum(
            max(0, self._share[c][p.index] - family.base[c]) * count[c]
            for c in p.classes
            if c in self._share
        )
        applications = self._left(p, 0)
        if applications is not None:
            total = min(total, _top(p, self._tops(p, family), applications))
        if p.cap is not None:
            total = min(total, p.cap * self._worth.factor(p))
        return total

    def _left(self, p: Promo, used: int) -> int | None:
        """Applications that are still allowed and could be formed; None = no bound."""
        left = None if p.kind == N_FOR_M else p.most
        if p.pool >= 0:
            pool = self._worth.choice.pool_left[p.pool]
            left = pool if left is None else min(left, pool)
        if p.limit is not None:
            left = p.limit - used if left is None else min(left, p.limit - used)
        return left

    def _tops(self, p: Promo, family: _Family) -> list[list[tuple[Exact, int]]]:
        count = self._worth.problem.count
        return [
            sorted(
                (
                    (max(0, self._worth.share(p, s, c) - family.base[c]), count[c])
                    for c in slot.classes
                    if c in family.base
                ),
                key=lambda entry: -entry[0],
            )
            for s, slot in enumerate(p.slots)
        ]

    def look_ahead(self, units: list[tuple[int, int]]) -> None:
        """Prepare the bounds for labels that run over these (class, portion) units."""
        self._suffix = _sums_from(units, self._best)
        zone = self._worth.choice.zone
        self._elsewhere = [
            _sums_from(units, {c: 0 if zone[c] & room.zone else b for c, b in self._best.items()})
            for room in self._rooms
        ]
        for family in self._families:
            family.suffix = _sums_from(units, family.base)
            family.outlooks = {
                p.index: self._outlook(p, family, units)
                for p in self._stateful
                if p.index in family.own
            }

    def _outlook(self, p: Promo, family: _Family, units: list[tuple[int, int]]) -> _Outlook:
        worth = self._worth
        more: list[Exact] = [0]
        counted = (
            p.kind == N_FOR_M
            and p.index not in worth.explicit
            and p.index not in worth.deferred
            and p.size <= _TABLE
            and p.least * len(units) <= _LEAST
        )
        # A quantity tier counts down what it still lacks; nothing may be lacking at the end.
        end: list[Exact] = [*[0] * p.size, *[_NEVER] * p.least]
        table: list[list[Exact]] = [end] if counted else []
        full: dict[int, Exact] = {}
        unpaid: dict[int, Exact] = {}
        for c in p.classes if counted else ():
            if c in family.base:
                discount = p.unit_discount(worth.problem.price[c])
                full[c] = worth.gain(p, c, discount) - family.base[c]
                unpaid[c] = worth.gain(p, c, 0) - family.base[c]
        for c, _ in reversed(units):
            share = self._share[c].get(p.index)
            more.append(more[-1] + (0 if share is None else max(0, share - family.base[c])))
            if not counted:
                continue
            after = table[-1]
            if share is None:
                table.append(after)
                continue
            if p.least:
                self.work += len(after)
                table.append(
                    [
                        max(stays, after[max(0, missing - 1)] + full[c])
                        for missing, stays in enumerate(after)
                    ]
                )
                continue
            # Taking a unit at place fill + 1 of its group, or leaving it.
            table.append(
                [
                    max(
                        after[fill],
                        after[(fill + 1) % p.size]
                        + (full[c] if fill + 1 > p.size - p.discounted else unpaid[c]),
                    )
                    for fill in range(p.size)
                ]
            )
        tops = self._tops(p, family)
        if p.kind == BUY_GET and p.index not in worth.explicit and p.index not in worth.deferred:
            return _Outlook(more[::-1], self._paired(p, family, units), tops, {})
        return _Outlook(more[::-1], table[::-1], tops, {})

    def _paired(self, p: Promo, family: _Family, units: list[tuple[int, int]]) -> list[_Fills]:
        """What a buy-get alone adds from each position on, by its counters; [] with too many."""
        ways = self._ways.get(p.index)
        if ways is None:
            ways = self._ways[p.index] = self._ways_on(p, units)
        if not ways:
            return []
        end = {fill for steps in ways[-1].values() for _, fill in steps}.union(ways[-1])
        table = [_Fills({fill: _NEVER if any(fill) else 0 for fill in end})]
        gains: dict[int, list[Exact]] = {}
        for (c, _), way in zip(reversed(units), reversed(ways), strict=True):
            after = table[-1]
            if not any(way.values()):
                # Nothing of it fits this unit; the other counters than these stay as they are.
                table.append(
                    after if len(after) == len(way) else _Fills({f: after[f] for f in way})
                )
                continue
            gain = gains.get(c)
            if gain is None:
                base = family.base[c]
                gain = gains[c] = [self._worth.share(p, s, c) - base for s in range(len(p.slots))]
            self.work += len(way)
            table.append(
                _Fills(
                    {
                        fill: max([after[fill], *[gain[s] + after[then] for s, then in steps]])
                        for fill, steps in way.items()
                    }
                )
            )
        return table[::-1]

    def _ways_on(self, p: Promo, units: list[tuple[int, int]]) -> list[_Ways]:
        """Counters of a buy-get before each unit, and where the unit can lead; [] with too many."""
        price = self._worth.problem.price
        slots_of = {c: [s for s, slot in enumerate(p.slots) if c in slot.classes] for c, _ in units}
        known: dict[tuple[tuple[int, ...], int], tuple[int, ...]] = {}
        ways: list[_Ways] = []
        fills = {(0,) * len(p.slots)}
        last = -1
        entries = 0
        for c, _ in units:
            if p.within_buy and last >= 0 and price[c] < price[last]:
                fills = {fill for fill in fills if not is_late(p, fill)}
            last = c
            slots = slots_of[c]
            way: _Ways = {}
            for fill in fills:
                steps = []
                for s in slots:
                    then = known.get((fill, s))
                    if then is None:
                        then = known[fill, s] = with_unit(p, fill, s)[0]
                    steps.append((s, then))
                way[fill] = steps
            ways.append(way)
            if slots:
                fills = fills.union(then for steps in way.values() for _, then in steps)
                entries += len(fills)
                if entries > _ENTRIES:
                    ways = []
                    break
        self.work += entries
        return ways

    def plan(self, states: tuple[State, ...]) -> list[list[Ahead]]:
        """Return what the states fix of the bounds, once for all labels that share them."""
        plans = []
        for family in self._families:
            plan = []
            for k, p in enumerate(self._stateful):
                outlook = family.outlooks.get(p.index)
                if outlook is None:
                    plan.append(Ahead(None, 0, None, None, k, None))
                else:
                    plan.append(self._ahead(k, p, outlook, states[k]))
            plans.append(plan)
        return plans

    def _ahead(self, k: int, p: Promo, outlook: _Outlook, state: State) -> Ahead:
        """What a promotion can still add, were it alone with the units to come."""
        worth = self._worth
        explicit = p.index in worth.explicit
        if p.index in worth.deferred:
            # Nothing deferred is in the value yet: the whole cap may still come.
            return Ahead(None, 0, outlook.more, None, k, (p.cap or 0) * worth.factor(p))
        most: Exact | None = None
        applications = self._left(p, state.used)
        if applications is not None:
            # An open application still adds through the units it lacks.
            applications += len(state.open) if explicit else started(p, state.fill)
            most = outlook.most.get(applications)
            if most is None:
                most = outlook.most[applications] = _top(p, outlook.tops, applications)
        if p.kind == BUY_GET and not explicit:
            # Parts that targets handed on and that no unit bought has taken up yet come back.
            parts = sum(f * s.part for f, s in zip(state.fill, p.slots, strict=True))
            cap = None
            if p.cap is not None:
                cap = (p.cap - int(state.given) + parts) * worth.factor(p)
            return Ahead(outlook.table or None, state.fill, outlook.more, most, -1, cap)
        if p.kind == BUNDLE and not explicit:
            # The shares of an open bundle are in the value already.
            return Ahead(None, 0, outlook.more, most, -1, None)
        cap = None if p.cap is None else (p.cap - int(state.given)) * worth.factor(p)
        if outlook.table:
            # The open group's credit beyond the value is part of what the table promises.
            return Ahead(outlook.table, state.fill[0], outlook.more, most, -1, cap)
        return Ahead(None, 0, outlook.more, most, k, cap)

    def of(
        self,
        value: Exact,
        pending: tuple[Exact, ...],
        sums: tuple[Exact, ...],
        plans: list[list[Ahead]],
        position: int,
    ) -> Exact:
        """Return a bound that no completion of a label exceeds.

        Args:
            value: of everything decided.
            pending: per promotion what its open applications are credited beyond it.
            sums: in exact mode, discount and what left the three bases.
            plans: of its states.
            position: number of units already decided.
        """
        waiting = sum(pending)
        bound = value + waiting + self._suffix[position]
        for family, plan in zip(self._families, plans, strict=True):
            total = value + family.suffix[position]
            for table, fill, more, most, k, cap in plan:
                if table is not None:
                    ahead = table[position][fill]
                elif more is not None:
                    ahead = more[position]
                else:
                    total += pending[k]
                    continue
                if most is not None and most < ahead:
                    ahead = most
                if k >= 0:
                    ahead += pending[k]
                if cap is not None and cap < ahead:
                    ahead = cap
                total += ahead
            bound = min(bound, total)
        for k, room in enumerate(self._rooms):
            # Whatever is still given inside a base with a threshold comes out of its room.
            left = room.factor * max(0, room.slack - room.used(sums)) + self._elsewhere[k][position]
            if room.open_elsewhere:
                left += waiting
            else:
                left += sum(min(pending[i], most) for i, most in self._still_to_come)
            bound = min(bound, value + left)
        return bound


def _best_shares(worth: Worth, c: int, wanting: list[tuple[Promo, int]]) -> dict[int, Exact]:
    """Best share of a unit of class c in each promotion that wants it, over its slots."""
    best: dict[int, Exact] = {}
    for p, slot in wanting:
        share = worth.share(p, slot, c)
        if p.index not in best or share > best[p.index]:
            best[p.index] = share
    return best


def _top(p: Promo, tops: list[list[tuple[Exact, int]]], applications: int) -> Exact:
    """Value of so many applications at most: those of the units with the best shares."""
    total: Exact = 0
    for slot, top in zip(p.slots, tops, strict=True):
        left = slot.quantity * applications
        for share, units in top:
            if not left or not share:
                break
            used = min(left, units)
            total += share * used
            left -= used
    return total


def _sums_from(units: list[tuple[int, int]], worth: dict[int, Exact]) -> list[Exact]:
    """Sum of the units from each position on."""
    sums: list[Exact] = [0]
    for c, portion in reversed(units):
        sums.append(sums[-1] + worth[c] * portion)
    return sums[::-1]
