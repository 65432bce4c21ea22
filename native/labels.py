"""Solves one component, or one whole choice, by labels that run over its units.

Units come in order of falling price. A label says what was decided so far; its state is what the
stateful promotions carry: fill counters, used applications, open applications. Labels of equal
state keep only the best. A label whose bound cannot beat the best known solution is dropped, and
beyond the width the most promising ones stay: the best bound given up is the proof of the gap.

In ``exact`` mode a label also carries exact sums, for thresholds and for sums that are not linear;
then labels of equal state stay beside each other unless one is better in every respect.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from native.applications import applications_of
from native.bounds import Ahead, Bounds
from native.greedy import one_after_another
from native.problem import (
    BUNDLE,
    BUY_GET,
    N_FOR_M,
    PERCENT,
    UNITS,
    Application,
    Budget,
    Choice,
    D,
    Exact,
    Problem,
    Promo,
    Solved,
    W,
    fraction,
)
from native.state import (
    NEW,
    NO_SUMS,
    NO_ZONES,
    Open,
    State,
    is_idle,
    is_late,
    started,
    with_unit,
    with_value,
)
from native.worth import Worth

_NARROW = 48  # labels kept in the first pass; enough for nearly every sale
_WIDE = 1_500
_EXHAUSTED = 2  # once the budget is spent
_CHUNKS = 32  # equal units that no group offer wants are tried in at most this many portions
_MANY = 400  # equal units beyond which the rest is decided at once, proven or not
_FEW = 60  # units that are then left to decide one by one
_UNITS = 2_000  # units of one component that are decided one by one at most
_OPEN = 12  # applications of one promotion that may lack units at a time
_CROWD = 24  # group offers of one component that the labels look at; the others only bound

_NOTHING = -(10**30)  # below the value of every solution

Trace = tuple["Trace | None", tuple[Any, ...]]
Key = tuple[tuple[State, ...], tuple[int, ...]]  # per promotion, and coupons used per pool
Unit = tuple[int, int]  # class, and how many equal units are decided together

# value (1/10^12 minor) of everything decided; per stateful promotion the bound of its open group
# beyond that value; in exact mode discount and what left the three bases; how it came about
Label = tuple[Exact, tuple[Exact, ...], tuple[Exact, ...], "Trace | None"]
_Pass = tuple["Label | None", "Exact | None"]

# new state, applications opened, value, bound beyond it (None: nothing is open), sums, joined
Step = tuple[State, int, Exact, "Exact | None", tuple[Exact, ...], "Open | None"]
# number of the new state, value, promotion whose pending bound changes, by how much, sums, action
Move = tuple[int, Exact, int, "Exact | None", tuple[Exact, ...], tuple[Any, ...]]


# value, sums, promotion or -1
Option = tuple[Exact, tuple[Exact, ...], int]
_UNTOUCHED: Option = (0, (0, 0, 0, 0), -1)


class Labels:
    """Labels over the units of some classes for one choice."""

    def __init__(
        self,
        problem: Problem,
        choice: Choice,
        classes: list[int],
        promos: list[Promo],
        budget: Budget,
        *,
        exact: bool,
    ) -> None:
        self.problem = problem
        self.choice = choice
        self.budget = budget
        self.exact = exact
        self.classes = classes
        self.free = [p for p in promos if p.is_free]
        self.stateful = [p for p in promos if not p.is_free]
        self.restricted = False
        self.fixed: list[Application] = []
        self.worth = Worth(problem, choice, self.stateful, exact=exact)
        self.explicit = self.worth.explicit
        self.deferred = self.worth.deferred
        self.options = self._free_options()
        self.best_free = {c: max(0, options[0][0]) for c, options in self.options.items()}
        self.still: list[list[int]] = []
        self.keys: list[Key] = []
        self.plans: dict[int, list[list[Ahead]]] = {}  # what the states fix of the bounds
        self.needs: list[tuple[int, ...]] = []
        self.numbers: dict[Key, int] = {}
        self.known_moves: dict[tuple[int, int, int], list[Move]] = {}
        self.crowd_root: Exact | None = None
        if len(self.stateful) > _CROWD:
            self._thin_out()
        self._seat(self.stateful)

    def _thin_out(self) -> None:
        """Look at the most promising promotions only; the others stay in the root bound."""
        price, count = self.problem.price, self.problem.count
        best = dict(self.best_free)
        reach: list[tuple[Exact, int, Promo]] = []
        for p in self.stateful:
            total: Exact = 0
            for s, slot in enumerate(p.slots):
                for c in slot.classes:
                    if c in best:
                        share = self.worth.share(p, s, c)
                        total += max(0, share - self.best_free[c]) * count[c]
                        best[c] = max(best[c], share)
            limit = p.most if p.limit is None else p.limit
            dearest = max((price[c] for c in p.classes), default=0) * D * W
            reach.append((-min(total, limit * p.size * dearest), p.index, p))
        reach.sort(key=lambda entry: entry[:2])
        self.stateful = sorted((p for _, _, p in reach[:_CROWD]), key=lambda p: p.index)
        self.crowd_root = sum(best[c] * count[c] for c in self.classes)
        self.restricted = True

    def root(self) -> Exact:
        """Bound on the value of all units, before anything is decided."""
        return self.bounds.root() if self.crowd_root is None else self.crowd_root

    def _seat(self, stateful: list[Promo]) -> None:
        """Make these promotions the ones that the labels look at."""
        self.stateful = stateful
        # Every slot of a promotion makes a label dearer: a step is about constant work.
        self.cost = 1 + sum(len(p.slots) for p in stateful) // 8
        self.place = {p.index: i for i, p in enumerate(stateful)}
        self.within_buy = [(k, p) for k, p in enumerate(stateful) if p.within_buy]
        self.pools = sorted({p.pool for p in stateful if p.pool >= 0})
        self.on_class: dict[int, list[tuple[Promo, int]]] = {c: [] for c in self.classes}
        for p in stateful:
            for s, slot in enumerate(p.slots):
                for c in slot.classes:
                    if c in self.on_class:
                        self.on_class[c].append((p, s))
        self.touched = {
            c: sorted({self.place[p.index] for p, _ in wanting})
            for c, wanting in self.on_class.items()
        }
        self.bounds = Bounds(self.worth, self.classes, stateful, self.on_class, self.best_free)

    def _free_options(self) -> dict[int, list[Option]]:
        """Ways to treat one unit of a class without any state, best first.

        Equal values: untouched first, then the order of ids. Only in exact mode is a lesser one of
        use: it may leave more in a base with a threshold.
        """
        price, choice = self.problem.price, self.choice
        weight = {c: choice.weight[choice.zone[c]] for c in self.classes}
        options: dict[int, list[Option]] = {c: [_UNTOUCHED] for c in self.classes}
        for p in self.free:
            for c in p.classes:
                if c not in options:
                    continue
                discount = p.unit_discount(price[c])
                value = discount * (W - weight[c])
                if p.exclusive == UNITS:
                    value = discount * W - price[c] * D * weight[c]
                if self.exact:
                    sums = self.worth.sums(p, c, discount, discount)
                    options[c].append((value, sums, p.index))
                elif value > options[c][0][0]:
                    options[c] = [(value, (), p.index)]
        if not self.exact:
            return options
        return {c: self._useful(found) for c, found in options.items()}

    def _useful(self, options: list[Option]) -> list[Option]:
        kept: list[Option] = []
        for option in sorted(options, key=lambda option: (-option[0], option[2])):
            if not any(self._not_worse(k[0], k[1], option[0], option[1]) for k in kept):
                kept.append(option)
        return kept

    def _not_worse(
        self, value: Exact, sums: tuple[Exact, ...], other: Exact, others: tuple[Exact, ...]
    ) -> bool:
        """Whether the first label can replace the second one in every continuation."""
        if not self.exact:
            return value >= other
        choice = self.choice
        receipt, customer = choice.receipt, choice.customer
        if all(
            tier is None or (tier.benefit == PERCENT and tier.cap is None)
            for tier in (receipt, customer)
        ):
            if value < other:
                return False
            if receipt is not None and sums[1] > others[1]:
                return False
            if customer is not None:
                rate = receipt.value if receipt is not None else 0
                return sums[2] * D - rate * sums[3] <= others[2] * D - rate * others[3]
            return True
        if sums[0] < others[0]:
            return False
        # From here on: more discount, and bases that are no smaller (or just equal).
        if customer is None:
            return sums[1] <= others[1]
        if receipt is None:
            return sums[2] <= others[2]
        if all(zone in (0, 3) for zone in choice.zone):
            return sums[1] <= others[1]
        return sums[1:] == others[1:]

    # Equal units beyond any use are decided at once.

    def _reduced_count(self, c: int) -> int:
        """Units of class c left for the labels; the others go to the best option of the class.

        Exchange argument: whole groups inside one class are worth the same per unit, so more than
        a few groups of a lesser promotion can always be swapped for groups of the best one. The
        argument needs a best option without limit or cap, and no threshold; elsewhere cutting is a
        heuristic, and ``restricted`` says that the bound no longer follows from the labels.
        """
        count = self.problem.count[c]
        wants = {p.index: p for p, _ in self.on_class[c]}.values()
        best = self._best_within(c)
        best_size = 1 if best is None else best.size
        slack = 0
        proven = not self.exact
        for p in wants:
            mixing = 2 if p.kind == N_FOR_M and p.index not in self.explicit else p.units - count
            groups = best_size + mixing
            if p.cap is not None:
                # Better than the best one, all that its cap pays for, and the one it cuts.
                group = max(1, p.unit_discount(self.problem.price[c]) * p.discounted)
                groups += p.cap // group + 1
            use = p.size * groups + p.least
            limit = (
                p.limit if p.pool < 0 else min(p.limit or count, self.problem.pool_limit[p.pool])
            )
            if limit is not None:
                use = p.size * limit
            slack += min(use, count)
        slack += 2 * best_size
        if count <= slack and count > _MANY:
            slack, proven = _FEW, False
        if count <= slack or (not proven and count <= 64):
            return count
        if not proven:
            self.restricted = True
        return self._decide_groups(c, best, count, slack)

    def _best_within(self, c: int) -> Promo | None:
        """The unlimited promotion that is worth most per unit of class c; None: a free one is."""
        best: Promo | None = None
        best_rate: Exact = Fraction(self.options[c][0][0])
        for p, _ in self.on_class[c]:
            if p.limit is None and p.cap is None and p.pool < 0 and self._fits_within(p, c):
                rate = Fraction(self.worth.group_value(p, c), p.size)
                if rate > best_rate:
                    best_rate, best = rate, p
        return best

    def _decide_groups(self, c: int, best: Promo | None, count: int, leave: int) -> int:
        """Decide whole groups of class c until about ``leave`` units are left; say how many."""
        size = 1 if best is None else best.size
        groups = max(0, count - leave) // size
        if best is not None:
            targets = size if best.kind == BUNDLE else best.discounted
            self._fix(best.index, groups, c, size, targets)
        else:
            self._fix(self.options[c][0][2], groups, c, 1, 1)
        left = count - groups * size
        if left > leave + _MANY:
            # Groups larger than what may be decided one by one: the rest stays as it is.
            self.restricted = True
            self._fix(self.options[c][0][2], left - leave, c, 1, 1)
            left = leave
        return left

    def _fix(self, promo: int, times: int, c: int, units: int, targets: int) -> None:
        if times and promo >= 0:
            self.fixed.append(Application(promo, times, ((c, units, targets),)))

    def _fits_within(self, p: Promo, c: int) -> bool:
        return all(c in slot.classes for slot in p.slots)

    # The pass over the units.

    def solve(self, floor: Exact) -> Solved:
        """Best solution found and a bound that no solution exceeds (1/10^12 minor).

        Solutions worth at most ``floor`` are of no interest and may be left out.
        """
        root = self.root()
        units = [] if self.budget.exhausted else self._units()
        start: list[Exact] = [0, 0, 0, 0, 0]
        if self.budget.exhausted:
            self.restricted = True
            for c in self.classes:
                self._decide_all(c)
        for application in self.fixed:
            self._count_fixed(application, start)
        self.still = self._still(units)
        self.bounds.look_ahead(units)
        self.budget.used += self.bounds.work // 8
        first: Label = (
            start[0],
            (0,) * len(self.stateful),
            tuple(start[1:]) if self.exact else (),
            None,
        )
        best, lost = self._run(units, first, _NARROW, floor)
        hopeful = lost is not None and (best is None or lost > self._worth(best))
        if hopeful and not self.budget.spent:
            known = floor if best is None else max(floor, self._worth(best))
            wide, lost = self._run(units, first, _WIDE, known)
            if wide is not None and (best is None or self._worth(wide) > self._worth(best)):
                best = wide
        found = None if best is None else self._worth(best)
        bound = floor if found is None else max(floor, found)
        if lost is not None:
            bound = max(bound, lost)
        if self.restricted:
            bound = max(bound, root)
        applications: list[Application] = []
        if best is not None:
            applications = applications_of(best[3], self.stateful, self.worth, self.fixed)
        counted = any(p.least for p in self.stateful)
        if not (self.exact or counted) and bound > (floor if found is None else found):
            # Not proven: whatever the labels missed, never worse than one promotion after another.
            # Which does not count the units that a chosen quantity tier asks for.
            plain = one_after_another(self.problem, self.worth, self.options, self.stateful)
            value = self.worth.value_of(plain, [*self.free, *self.stateful])
            if value > (floor if found is None else found):
                found, applications, bound = value, plain, max(bound, value)
        return Solved(found, bound, applications)

    def _units(self) -> list[Unit]:
        """The units that are decided one by one, in falling price within the component."""
        left = {c: self._reduced_count(c) for c in self.classes if self.on_class[c]}
        total = sum(left.values())
        if total > _UNITS:
            self.restricted = True
            for c, count in left.items():
                few = max(1, count * _UNITS // total)
                left[c] = self._decide_groups(c, self._best_within(c), count, few)
        units: list[Unit] = []
        for c in self.classes:
            if c in left:
                units += [(c, 1)] * left[c]
            elif len(self.options[c]) == 1:
                self._decide_all(c)
            else:
                count = self.problem.count[c]
                portions = min(count, _CHUNKS)
                if portions < count:
                    self.restricted = True
                whole, more = divmod(count, portions)
                units += [(c, whole + 1)] * more + [(c, whole)] * (portions - more)
        return units

    def _worth(self, label: Label) -> Exact:
        """Value of a complete label; below every floor where a tier is not open."""
        if not self.exact:
            return label[0]
        saving = self._exact_saving(label)
        return _NOTHING if saving is None else saving * W - self.choice.constant

    def _exact_saving(self, label: Label) -> Exact | None:
        base = self.choice.base
        discount, receipt, customer, common = label[2]
        return self.choice.saving(
            discount, (base[0] - receipt, base[1] - customer, base[2] - common)
        )

    def _decide_all(self, c: int) -> None:
        self._fix(self.options[c][0][2], self.problem.count[c], c, 1, 1)

    def _count_fixed(self, application: Application, start: list[Exact]) -> None:
        """Add value and sums of applications decided at once, all inside one class."""
        p = next(q for q in (*self.free, *self.stateful) if q.index == application.promo)
        ((c, units, _),) = application.members
        price = self.problem.price[c]
        if p.kind != BUNDLE:
            discount = p.unit_discount(price) * p.discounted
        else:
            discount = p.sum_discount(price * units)
        times = application.times
        start[0] += self.worth.group_value(p, c) * times
        leaves = price * units * D if p.exclusive == UNITS else discount
        zone = self.choice.zone[c]
        start[1] += discount * times
        start[2] += leaves * times if zone & 1 else 0
        start[3] += leaves * times if zone & 2 else 0
        start[4] += leaves * times if zone == 3 else 0

    def _run(self, units: list[Unit], first: Label, width: int, floor: Exact) -> _Pass:
        """One pass over the units: the best complete label and the best bound given up."""
        lost: Exact | None = None
        layer: dict[int, list[Label]] = {self._number(self._start()): [first]}
        for i, (c, portion) in enumerate(units):
            if self.budget.exhausted:
                # Nobody follows these labels any further; their bounds stay in the gap.
                return None, self._give_up(layer, i, lost)
            if self.within_buy and i and self._price_falls(units, i):
                layer = {n: labels for n, labels in layer.items() if not self._is_late(n)}
            layer = self._extend(layer, c, portion, self.still[i + 1])
            ranked: list[tuple[Exact, int, int, Label]] = []
            for number, labels in layer.items():
                plans = self._plans(number)
                self.budget.used += len(labels) * self.cost
                for label in labels:
                    bound = self.bounds.of(label[0], label[1], label[2], plans, i + 1)
                    if bound > floor:
                        ranked.append((-bound, len(ranked), number, label))
            if self.budget.spent:
                width = min(width, _EXHAUSTED)
            if len(ranked) > width:
                ranked, given_up = self._trim(ranked, width)
                lost = given_up if lost is None else max(lost, given_up)
            layer = {}
            for _, _, number, label in ranked:
                layer.setdefault(number, []).append(label)
        best: Label | None = None
        for number, labels in layer.items():
            states = self.keys[number][0]
            if not is_idle(states):
                continue
            for label in labels:
                complete = self._settle(label, states)
                worth = self._worth(complete)
                if worth > floor and (best is None or worth > self._worth(best)):
                    best = complete
        return best, lost

    def _give_up(
        self, layer: dict[int, list[Label]], position: int, lost: Exact | None
    ) -> Exact | None:
        """The best bound among the labels that nobody follows any further."""
        bounds = [
            self.bounds.of(label[0], label[1], label[2], self._plans(number), position)
            for number, labels in layer.items()
            for label in labels
        ]
        if lost is not None:
            bounds.append(lost)
        return max(bounds, default=None)

    def _extend(
        self, layer: dict[int, list[Label]], c: int, portion: int, still: list[int]
    ) -> dict[int, list[Label]]:
        """Every way on from every label with one more unit (or portion) of class c."""
        following: dict[int, list[Label]] = {}
        touched = self.touched[c]
        for number, labels in layer.items():
            for after, value, changed, pending, sums, action in self._moves(c, portion, number):
                needs = self.needs[after]
                if any(needs[k] > still[k] for k in touched):
                    continue
                self.budget.used += len(labels) * self.cost
                for label in labels:
                    total = label[0] + value
                    bucket = following.get(after)
                    if bucket is not None and not self.exact and total <= bucket[0][0]:
                        continue
                    waiting = label[1]
                    if changed >= 0:
                        waiting = with_value(
                            waiting, changed, 0 if pending is None else waiting[changed] + pending
                        )
                    if not self.exact:
                        following[after] = [(total, waiting, (), (label[3], action))]
                        continue
                    moved = tuple(a + b for a, b in zip(label[2], sums, strict=True))
                    self._insert(
                        following.setdefault(after, []),
                        (total, waiting, moved, (label[3], action)),
                    )
        return following

    def _plans(self, number: int) -> list[list[Ahead]]:
        plans = self.plans.get(number)
        if plans is None:
            plans = self.plans[number] = self.bounds.plan(self.keys[number][0])
        return plans

    def _price_falls(self, units: list[Unit], position: int) -> bool:
        price = self.problem.price
        return price[units[position][0]] < price[units[position - 1][0]]

    def _is_late(self, number: int) -> bool:
        """Whether a state holds a target dearer than a unit still to be bought for it."""
        states = self.keys[number][0]
        for k, p in self.within_buy:
            state = states[k]
            fills = [one.fill for one in state.open] if p.index in self.explicit else [state.fill]
            if any(is_late(p, fill) for fill in fills):
                return True
        return False

    def _start(self) -> Key:
        fixed: dict[int, int] = {}
        for a in self.fixed:
            fixed[a.promo] = fixed.get(a.promo, 0) + a.times
        return (
            tuple(
                State(
                    0,
                    ()
                    if p.index in self.explicit
                    else (max(0, p.least - fixed.get(p.index, 0)),)
                    if p.least
                    else (0,) * len(p.slots),
                    (),
                    0,
                )
                for p in self.stateful
            ),
            (0,) * len(self.pools),
        )

    def _number(self, key: Key) -> int:
        """Number of a state; equal units meet the same states again and again."""
        number = self.numbers.get(key)
        if number is None:
            number = self.numbers[key] = len(self.keys)
            self.keys.append(key)
            self.needs.append(tuple(map(self._missing, self.stateful, key[0])) if key[0] else ())
        return number

    def _still(self, units: list[Unit]) -> list[list[int]]:
        """For each position, units from there on that each stateful promotion could take."""
        rows = [[0] * len(self.stateful)]
        for c, portion in reversed(units):
            row = list(rows[-1])
            for k in {self.place[p.index] for p, _ in self.on_class[c]}:
                row[k] += portion
            rows.append(row)
        return rows[::-1]

    def _missing(self, p: Promo, state: State) -> int:
        """Units that the open applications of a promotion still need."""
        if state.open:
            return sum(p.size - sum(o.fill) for o in state.open)
        if p.kind == N_FOR_M:
            if p.least:
                return state.fill[0]
            return (p.size - state.fill[0]) if state.fill and state.fill[0] else 0
        if not any(state.fill):
            return 0
        return started(p, state.fill) * p.size - sum(state.fill)

    def _insert(self, bucket: list[Label], new: Label) -> None:
        self.budget.used += len(bucket) // 4
        for label in bucket:
            if self._not_worse(label[0], label[2], new[0], new[2]):
                return
        bucket[:] = [
            label for label in bucket if not self._not_worse(new[0], new[2], label[0], label[2])
        ]
        bucket.append(new)

    def _trim(
        self, ranked: list[tuple[Exact, int, int, Label]], width: int
    ) -> tuple[list[tuple[Exact, int, int, Label]], Exact]:
        """The most promising labels, in their order, and the best bound among the others."""
        ranked.sort(key=lambda entry: entry[:2])
        chosen = ranked[:width]
        # Among those given up, one without open applications stays: it can always be completed.
        if not any(is_idle(self.keys[number][0]) for _, _, number, _ in chosen):
            chosen += [e for e in ranked[width:] if is_idle(self.keys[e[2]][0])][:1]
        chosen.sort(key=lambda entry: entry[1])
        return chosen, -ranked[width][0]

    def _settle(self, label: Label, states: tuple[State, ...]) -> Label:
        """Add what capped promotions give, cut in proportion where the cap binds."""
        value, pending, _, trace = label
        sums = list(label[2])
        for p, state in zip(self.stateful, states, strict=True):
            if p.index not in self.deferred or not state.given:
                continue
            cap = p.cap or 0
            given = state.given
            for k, amount in enumerate(state.later):
                cut = amount if given <= cap else fraction(amount * cap, given)
                if k == 0:
                    value += cut
                elif self.exact:
                    sums[k - 1] += cut
        return value, pending, tuple(sums), trace

    # The ways on from one state with one unit (or portion) of class c.

    def _moves(self, c: int, portion: int, number: int) -> list[Move]:
        known = self.known_moves.get((c, portion, number))
        if known is None:
            known = self.known_moves[c, portion, number] = self._find_moves(c, portion, number)
        return known

    def _find_moves(self, c: int, portion: int, number: int) -> list[Move]:
        states, pools = self.keys[number]
        moves: list[Move] = [
            (
                number,
                value * portion,
                -1,
                0,
                tuple(s * portion for s in sums),
                (promo, c, portion),
            )
            for value, sums, promo in self.options[c]
        ]
        for p, slot in self.on_class[c] if portion == 1 else ():
            place = self.place[p.index]
            state = states[place]
            if p.index in self.explicit:
                steps = self._explicit_steps(p, slot, c, state)
            elif p.kind == N_FOR_M:
                steps = self._counter_steps(p, c, state)
            elif p.kind == BUY_GET:
                steps = self._paired_steps(p, slot, c, state)
            else:
                steps = self._bundle_steps(p, slot, c, state)
            for new_state, opened, value, pending, sums, before in steps:
                if p.limit is not None and new_state.used > p.limit:
                    continue
                new_pools = pools
                if opened and p.pool >= 0:
                    k = self.pools.index(p.pool)
                    if pools[k] + opened > self.choice.pool_left[p.pool]:
                        continue
                    new_pools = with_value(pools, k, pools[k] + opened)
                after = self._number((with_value(states, place, new_state), new_pools))
                moves.append((after, value, place, pending, sums, (p.index, c, 1, slot, before)))
        return moves

    def _counter_steps(self, p: Promo, c: int, state: State) -> list[Step]:
        """N for m over units of falling price: the last ones of each group are the cheapest."""
        fill = state.fill[0] + 1
        opened = 1 if fill == 1 else 0
        discount = p.unit_discount(self.problem.price[c]) if fill > p.size - p.discounted else 0
        if p.least:
            # A quantity tier counts down the units that it still lacks.
            fill, opened = max(0, state.fill[0] - 1), 1
        used = state.used + (opened if p.limit is not None else 0)
        if p.index in self.deferred:
            later, value, sums = self._deferred(p, c, discount)
            state = State(
                used,
                (fill if p.least else fill % p.size,),
                state.open,
                state.given + discount,
                tuple(a + b for a, b in zip(state.later or NO_SUMS, later, strict=True)),
            )
            # What a capped promotion gives is only added at the end: all of it is pending.
            return [(state, opened, value, self.worth.share(p, 0, c) - value, sums, None)]
        given: Exact = discount
        if p.cap is not None:
            given = min(p.cap - state.given, discount)
        gained = self.worth.gain(p, c, given)
        pending: Exact | None = self.worth.share(p, 0, c) - gained
        if p.least:
            pending = None
        elif fill == p.size:
            fill, pending = 0, None
        acc = state.given + given if p.cap is not None else 0
        sums = self.worth.sums(p, c, given, given) if self.exact else ()
        return [(State(used, (fill,), (), acc), opened, gained, pending, sums, None)]

    def _deferred(
        self, p: Promo, c: int, discount: Exact
    ) -> tuple[tuple[Exact, ...], Exact, tuple[Exact, ...]]:
        """Parts of one unit that a cap may cut (value, sums), and those it may not."""
        weight = self.choice.weight[self.choice.zone[c]]
        if p.exclusive == UNITS:
            fixed = self.worth.sums(p, c, 0, 0)
            return (
                (discount * W, discount, 0, 0, 0),
                -self.problem.price[c] * D * weight,
                fixed,
            )
        return (
            (discount * (W - weight), *self.worth.sums(p, c, discount, discount)),
            0,
            (0, 0, 0, 0),
        )

    def _paired_steps(self, p: Promo, slot: int, c: int, state: State) -> list[Step]:
        """A buy-get: every unit is worth what it is in its slot, whichever application it is in."""
        fill, _ = with_unit(p, state.fill, slot)
        opened = started(p, with_value(state.fill, slot, state.fill[slot] + 1))
        opened -= started(p, state.fill)
        used = state.used + (opened if p.limit is not None else 0)
        discount = self.worth.slot_discount(p, slot, c)
        value = self.worth.share(p, slot, c)
        if p.index in self.deferred:
            later, kept, sums = self._deferred(p, c, discount)
            state = State(
                used,
                fill,
                (),
                state.given + discount,
                tuple(a + b for a, b in zip(state.later or NO_SUMS, later, strict=True)),
            )
            return [(state, opened, kept, value - kept, sums, None)]
        given: Exact = discount
        if p.cap is not None:
            given = min(p.cap - state.given, discount)
            value -= (discount - given) * self.worth.factor(p)
        acc = state.given + given if p.cap is not None else 0
        sums = self.worth.sums(p, c, given, given) if self.exact else ()
        return [(State(used, fill, (), acc), opened, value, 0, sums, None)]

    def _bundle_steps(self, p: Promo, slot: int, c: int, state: State) -> list[Step]:
        """A bundle whose applications differ in nothing that matters: counters per slot."""
        before = started(p, state.fill)
        fill = with_value(state.fill, slot, state.fill[slot] + 1)
        opened = started(p, fill) - before
        value = self.worth.share(p, slot, c)
        used = state.used + (opened if p.limit is not None else 0)
        if all(f >= s.quantity for f, s in zip(fill, p.slots, strict=True)):
            fill = tuple(f - s.quantity for f, s in zip(fill, p.slots, strict=True))
            value += p.correction * self.worth.factor(p)
        return [(State(used, fill, (), 0), opened, value, 0, (), None)]

    def _explicit_steps(self, p: Promo, slot: int, c: int, state: State) -> list[Step]:
        """Every application on its own: composition, sums, then discount and shares at its end."""
        steps: list[Step] = []
        empty = Open((0,) * len(p.slots), NO_ZONES, 0, 0, 0)
        joins: list[Open | None] = list(dict.fromkeys(state.open))
        if len(state.open) < _OPEN:
            joins.append(None)
        else:
            self.restricted = True
        for before in joins:
            one = empty if before is None else before
            if one.fill[slot] == p.slots[slot].quantity:
                continue
            now = self.worth.grown(p, slot, c, one)
            share = now.share - one.share
            others = list(state.open)
            if before is not None:
                others.remove(before)
            used = state.used + (1 if before is None and p.limit is not None else 0)
            opened = 1 if before is None else 0
            if sum(now.fill) < p.size:
                opens = tuple(sorted((*others, now)))
                steps.append(
                    (
                        state._replace(used=used, open=opens),
                        opened,
                        0,
                        share,
                        (0, 0, 0, 0) if self.exact else (),
                        before or NEW,
                    )
                )
                continue
            finished = self._finish(p, now)
            if finished is None:
                continue
            value, sums, given = finished
            opens = tuple(others)
            if p.index in self.deferred:
                kept_value, kept_sums = (
                    (-now.weighed, (0, *sums[1:])) if p.exclusive == UNITS else (0, (0, 0, 0, 0))
                )
                later = (given * W, given, 0, 0, 0) if p.exclusive == UNITS else (value, *sums)
                new_state = State(
                    used,
                    state.fill,
                    opens,
                    state.given + given,
                    tuple(a + b for a, b in zip(state.later or NO_SUMS, later, strict=True)),
                )
                steps.append(
                    (
                        new_state,
                        opened,
                        kept_value,
                        share - kept_value,
                        kept_sums if self.exact else (),
                        before or NEW,
                    )
                )
                continue
            steps.append(
                (
                    state._replace(used=used, open=opens),
                    opened,
                    value,
                    -one.share,
                    sums if self.exact else (),
                    before or NEW,
                )
            )
        return steps

    def _finish(self, p: Promo, one: Open) -> tuple[Exact, tuple[Exact, ...], Exact] | None:
        """Value, sums and discount of a complete application; None where it does not exist."""
        price_sum = sum(one.price)
        discount: Exact = p.sum_discount(price_sum) if p.kind == BUNDLE else one.discount
        if p.kind != N_FOR_M and discount <= 0:
            return None
        in_receipt = one.price[1] + one.price[3]
        in_customer = one.price[2] + one.price[3]
        in_both = one.price[3]
        if p.exclusive == UNITS:
            return (
                discount * W - one.weighed,
                (discount, in_receipt * D, in_customer * D, in_both * D),
                discount,
            )
        if not price_sum:
            return 0, (0, 0, 0, 0), 0
        value: Exact = 0
        for zone, part in enumerate(one.price):
            value += discount * part * (W - self.choice.weight[zone])
        return (
            fraction(value, price_sum),
            (
                discount,
                fraction(discount * in_receipt, price_sum),
                fraction(discount * in_customer, price_sum),
                fraction(discount * in_both, price_sum),
            ),
            discount,
        )
