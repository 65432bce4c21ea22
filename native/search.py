"""The best price: which promotions apply, how often, and which units each takes.

One article-layer problem is solved per *choice* (a receipt tier or none, a customer tier or none).
Units are classes with a count. A choice turns the later layers into weights on what the article
layer leaves, so that the article problem is a sum over connected components; each is solved by
labels that run over its units in order of falling price and carry fill counters of the group
offers. Labels of equal state keep only the best; a label whose bound cannot beat the best known
solution is dropped. Beyond the budget of steps the search keeps the most promising labels only,
and the best bound it gave up becomes the proven gap.

Where a choice has a threshold that its unconstrained optimum misses, or a sum that is not linear,
the choice is solved a second time with exact sums in every label (``exact`` below).

Amounts: discounts in 1/10_000 minor unit, values in 1/10^12 minor unit (two percentages on top).
Shares that do not divide are Fractions; nothing is rounded here.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, NamedTuple, TypeVar

from native._arrays import require_int64, require_range, require_starts

PERCENT, AMOUNT_OFF, FIXED_PRICE = 0, 1, 2
N_FOR_M, BUNDLE = 0, 1
RECEIPT, CUSTOMER = 0, 1
SHARED, UNITS, ALONE = 0, 1, 2  # exclusive: no, units, receipt

_D = 10**4  # discounts: basis points of a minor unit
_W = 10**8  # weights of the later layers
_V = _D * _W

_NARROW = 48  # labels kept in the first pass; enough for nearly every sale
_WIDE = 4_000
_CHUNKS = 32  # equal units that no group offer wants are tried in at most this many portions

_NOTHING = -(10**30)  # below the value of every solution

T = TypeVar("T")
Exact = int | Fraction
Trace = tuple["Trace | None", tuple[Any, ...]]


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


class Application(NamedTuple):
    """``times`` equal applications; members are (class, units, target units) of one."""

    promo: int
    times: int
    members: tuple[tuple[int, int, int], ...]


@dataclass(slots=True)
class _Slot:
    quantity: int
    classes: frozenset[int]
    part: int = 0  # the slot's part of a fixed price or amount per unit, in 1/10_000 minor


@dataclass(slots=True)
class _Promo:
    index: int
    kind: int
    size: int  # units of one application
    discounted: int
    benefit: int
    value: int
    limit: int | None  # applications on this receipt
    pool: int  # coupons shared with others, -1 none
    cap: int | None  # 1/10_000 minor
    exclusive: int
    slots: list[_Slot]
    classes: frozenset[int]
    units: int = 0
    correction: int = 0  # what the parts of the slots miss of the whole, once per application

    @property
    def is_free(self) -> bool:
        """Takes single units without any limit: no state to carry."""
        return (
            self.kind == N_FOR_M
            and self.size == 1
            and self.limit is None
            and self.pool < 0
            and self.cap is None
        )

    def unit_discount(self, price: int) -> int:
        """Benefit on one unit in 1/10_000 minor."""
        if self.benefit == PERCENT:
            return price * self.value
        if self.benefit == AMOUNT_OFF:
            return min(price, self.value) * _D
        return max(0, price - self.value) * _D

    def sum_discount(self, price_sum: int) -> int:
        """Benefit on a bundle's sum in 1/10_000 minor; 0 where the application does not exist."""
        return self.unit_discount(price_sum)


@dataclass(slots=True)
class _Tier:
    """One tier of a receipt or customer promotion."""

    index: int
    layer: int
    promo: int
    benefit: int
    value: int
    min_value: int  # 1/10_000 minor
    classes: frozenset[int]
    pool: int
    exclusive: int


@dataclass(slots=True)
class _Problem:
    price: list[int]
    count: list[int]
    promos: list[_Promo]
    tiers: list[_Tier]
    pool_limit: list[int]


@dataclass(slots=True)
class _Budget:
    steps: int
    used: int = 0

    @property
    def spent(self) -> bool:
        return self.used >= self.steps


@dataclass(slots=True)
class _Choice:
    """A receipt tier and a customer tier (either may be missing), as weights."""

    receipt: _Tier | None
    customer: _Tier | None
    promos: list[_Promo]
    zone: list[int]  # per class: bit 0 in the receipt base, bit 1 in the customer base
    weight: list[int] = field(default_factory=list)  # per zone, 1/10^8
    constant: Exact = 0  # value when the article layer takes nothing, 1/10^12
    base: list[int] = field(default_factory=list)  # untouched receipt, customer, common base
    pool_left: list[int] = field(default_factory=list)

    def saving(self, discount: Exact, left: tuple[Exact, Exact, Exact]) -> Exact | None:
        """Exact saving of all layers in 1/10_000 minor, or None where a tier is not open.

        ``left`` is what the article layer leaves in the receipt base, the customer base and in
        both.
        """
        receipt_left, customer_left, common_left = left
        total: Exact = discount
        taken_from_common: Exact = 0
        if self.receipt is not None:
            tier = self.receipt
            if receipt_left < tier.min_value:
                return None
            if tier.benefit == PERCENT:
                total += _fraction(receipt_left * tier.value, _D)
                taken_from_common = _fraction(common_left * tier.value, _D)
            else:
                given = min(tier.value * _D, receipt_left)
                total += given
                if receipt_left:
                    taken_from_common = _fraction(given * common_left, receipt_left)
        if self.customer is not None:
            tier = self.customer
            customer_base = customer_left - taken_from_common
            if customer_base < tier.min_value:
                return None
            if tier.benefit == PERCENT:
                total += _fraction(customer_base * tier.value, _D)
            else:
                total += min(tier.value * _D, customer_base)
        return total


def _fraction(numerator: Exact, denominator: Exact) -> Exact:
    """Exact quotient, an int where it divides."""
    quotient = Fraction(numerator) / denominator
    return quotient.numerator if quotient.denominator == 1 else quotient


@dataclass(slots=True)
class _Solved:
    """Solution of one component or of one whole choice."""

    value: Exact | None  # None: nothing found that is worth more than the floor
    bound: Exact
    applications: list[Application]


# --- the weights of a choice -----------------------------------------------------------------


def _make_choice(
    problem: _Problem, promos: list[_Promo], receipt: _Tier | None, customer: _Tier | None
) -> _Choice | None:
    classes = range(len(problem.price))
    zone = [
        (1 if receipt is not None and c in receipt.classes else 0)
        | (2 if customer is not None and c in customer.classes else 0)
        for c in classes
    ]
    choice = _Choice(receipt, customer, promos, zone)
    pool_left = list(problem.pool_limit)
    for tier in (receipt, customer):
        if tier is not None and tier.pool >= 0:
            pool_left[tier.pool] -= 1
            if pool_left[tier.pool] < 0:
                return None
    choice.pool_left = pool_left
    base = [0, 0, 0]
    for c in classes:
        amount = problem.price[c] * problem.count[c] * _D
        if zone[c] & 1:
            base[0] += amount
        if zone[c] & 2:
            base[1] += amount
        if zone[c] == 3:
            base[2] += amount
    choice.base = base
    receipt_rate = receipt.value if receipt is not None and receipt.benefit == PERCENT else 0
    customer_rate = customer.value if customer is not None and customer.benefit == PERCENT else 0
    choice.weight = [
        0,
        receipt_rate * _D,
        customer_rate * _D,
        (receipt_rate + customer_rate) * _D - receipt_rate * customer_rate,
    ]
    constant = sum(
        problem.price[c] * problem.count[c] * _D * choice.weight[zone[c]] for c in classes
    )
    if receipt is not None and receipt.benefit == AMOUNT_OFF:
        constant += receipt.value * _V
        # The customer base loses the whole amount when every unit of the receipt base is in it.
        if customer_rate and all(zone[c] == 3 for c in classes if zone[c] & 1):
            constant -= receipt.value * customer_rate * _W
    if customer is not None and customer.benefit == AMOUNT_OFF:
        constant += customer.value * _V
    choice.constant = constant
    for tier, reachable in ((receipt, base[0]), (customer, base[1])):
        if tier is not None and reachable < tier.min_value:
            return None
    return choice


# --- the state of a label ---------------------------------------------------------------------


class _Open(NamedTuple):
    """An application that still lacks units, where its composition matters."""

    fill: tuple[int, ...]
    price: tuple[int, ...]  # price sum per zone, minor
    discount: Exact
    share: Exact
    weighed: int  # what the later layers would have given on its units


class _State(NamedTuple):
    """What one promotion has done so far on this receipt."""

    used: int
    fill: tuple[int, ...]
    open: tuple[_Open, ...]
    given: Exact  # counted towards the cap, 1/10_000 minor
    later: tuple[Exact, ...] = ()  # value and sums that the cap may still cut


_NO_ZONES = (0, 0, 0, 0)
_NO_SUMS: tuple[Exact, ...] = (0, 0, 0, 0, 0)
_NEW = _Open((), (), 0, 0, 0)  # marks the first unit of an application

_Step = tuple[_State, int, Exact, "Exact | None", tuple[Exact, ...], "_Open | None"]
_Move = tuple[
    tuple[_State, ...],
    tuple[int, ...],
    Exact,
    int,
    "Exact | None",
    tuple[Exact, ...],
    tuple[Any, ...],
]


def _with(values: tuple[T, ...], place: int, value: T) -> tuple[T, ...]:
    return (*values[:place], value, *values[place + 1 :])


def _application(p: _Promo, times: int, classes: list[int]) -> Application:
    """Members in falling price; of an n for m the last ``discounted`` units are the targets."""
    units: dict[int, int] = {}
    for c in sorted(classes):
        units[c] = units.get(c, 0) + 1
    targets_left = p.discounted if p.kind == N_FOR_M else p.size
    members = []
    for c in reversed(units):
        targets = min(units[c], targets_left)
        targets_left -= targets
        members.append((c, units[c], targets))
    return Application(p.index, times, tuple(reversed(members)))


def _chunked(p: _Promo, slots: list[list[tuple[int, int]]]) -> list[Application]:
    """Applications of a promotion that took these units per slot, in falling price."""
    result: list[Application] = []
    flat = [[c for c, units in slot for _ in range(units)] for slot in slots]
    times = len(flat[0]) // p.slots[0].quantity
    for number in range(times):
        classes: list[int] = []
        for slot, taken in zip(p.slots, flat, strict=True):
            classes += taken[number * slot.quantity : (number + 1) * slot.quantity]
        one = _application(p, 1, classes)
        if result and result[-1].members == one.members:
            result[-1] = result[-1]._replace(times=result[-1].times + 1)
        else:
            result.append(one)
    return result


# --- one component, or one whole choice, by labels --------------------------------------------


class _Label(NamedTuple):
    value: Exact  # 1/10^12 minor, of everything decided
    pending: tuple[Exact, ...]  # per stateful promotion: bound of its open group beyond `value`
    sums: tuple[Exact, ...]  # exact mode: discount, and what left the three bases
    trace: Trace | None


class _Layers:
    """Labels over the units of some classes for one choice."""

    def __init__(
        self,
        problem: _Problem,
        choice: _Choice,
        classes: list[int],
        promos: list[_Promo],
        budget: _Budget,
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
        self.place = {p.index: i for i, p in enumerate(self.stateful)}
        self.pools = sorted({p.pool for p in self.stateful if p.pool >= 0})
        self.restricted = False
        self.fixed: list[Application] = []
        weights = choice.weight
        self.least_weight = {
            p.index: min((weights[choice.zone[c]] for c in p.classes), default=0) for p in promos
        }
        self.one_zone = {
            p.index: len({weights[choice.zone[c]] for c in p.classes}) <= 1 for p in promos
        }
        self.explicit = {p.index: self._is_explicit(p) for p in self.stateful}
        # A cap cuts all applications in proportion: where it matters on which units, or where the
        # shares may fall below zero, its effect is only known at the end.
        self.deferred = {
            p.index
            for p in self.stateful
            if p.cap is not None
            and (
                exact
                or self.explicit[p.index]
                or (p.exclusive != UNITS and not self.one_zone[p.index])
            )
        }
        self.capped = any(p.cap is not None for p in self.stateful)
        self.on_class: dict[int, list[tuple[_Promo, int]]] = {c: [] for c in classes}
        for p in self.stateful:
            for s, slot in enumerate(p.slots):
                for c in slot.classes:
                    if c in self.on_class:
                        self.on_class[c].append((p, s))
        self.options = {c: self._free_options(c) for c in classes}

    # What a promotion is worth on a unit.

    def _is_explicit(self, p: _Promo) -> bool:
        """Whether the composition of each single application matters."""
        if p.size == 1:
            return False
        if self.exact or (p.kind == BUNDLE and p.cap is not None):
            return True
        if p.exclusive != UNITS and not self.one_zone[p.index]:
            return True
        if p.kind == BUNDLE and p.benefit == AMOUNT_OFF:
            price = self.problem.price
            least = sum(
                slot.quantity * min((price[c] for c in slot.classes), default=0) for slot in p.slots
            )
            return least < p.value
        return False

    def _gain(self, p: _Promo, c: int, discount: Exact) -> Exact:
        """Value of a discount on one unit of class c, when the unit stands for itself."""
        weight = self.choice.weight[self.choice.zone[c]]
        if p.exclusive == UNITS:
            return discount * _W - self.problem.price[c] * _D * weight
        return discount * (_W - weight)

    def _share(self, p: _Promo, slot: int, c: int) -> Exact:
        """Admissible share of one unit in the value of an application.

        The shares of an application sum to at least its value: an n-for-m discounts the cheapest,
        so its discount is at most discounted/n of the benefit on all its units; a bundle's price
        is split over its slots.
        """
        price = self.problem.price[c]
        if p.kind == N_FOR_M:
            share = -(-p.unit_discount(price) * p.discounted // p.size)
        elif p.benefit == PERCENT:
            share = price * p.value
        elif p.benefit == AMOUNT_OFF:
            share = p.slots[slot].part
        else:
            share = price * _D - p.slots[slot].part
        if p.exclusive == UNITS:
            return share * _W - price * _D * self.choice.weight[self.choice.zone[c]]
        return share * (_W - self.least_weight[p.index])

    def _free_options(self, c: int) -> list[tuple[Exact, tuple[Exact, ...], int]]:
        """Ways to treat one unit without any state: (value, sums, promotion or -1), best first."""
        options: list[tuple[Exact, tuple[Exact, ...], int]] = [(0, (0, 0, 0, 0), -1)]
        for p in self.free:
            if c in p.classes:
                discount = p.unit_discount(self.problem.price[c])
                if discount:
                    options.append(
                        (self._gain(p, c, discount), self._sums(p, c, discount, discount), p.index)
                    )
        # Equal values: untouched first, then the order of ids.
        options.sort(key=lambda option: (-option[0], option[2]))
        if not self.exact:
            return options[:1]
        kept: list[tuple[Exact, tuple[Exact, ...], int]] = []
        for option in options:
            if not any(self._not_worse(k[0], k[1], option[0], option[1]) for k in kept):
                kept.append(option)
        return kept

    def _sums(self, p: _Promo, c: int, discount: Exact, share: Exact) -> tuple[Exact, ...]:
        """Discount given now, and what one unit takes from the three bases."""
        leaves = self.problem.price[c] * _D if p.exclusive == UNITS else share
        zone = self.choice.zone[c]
        return (
            discount,
            leaves if zone & 1 else 0,
            leaves if zone & 2 else 0,
            leaves if zone == 3 else 0,
        )

    def _not_worse(
        self, value: Exact, sums: tuple[Exact, ...], other: Exact, others: tuple[Exact, ...]
    ) -> bool:
        """Whether the first label can replace the second one in every continuation."""
        if not self.exact:
            return value >= other
        choice = self.choice
        receipt, customer = choice.receipt, choice.customer
        if (receipt is None or receipt.benefit == PERCENT) and (
            customer is None or customer.benefit == PERCENT
        ):
            if value < other:
                return False
            if receipt is not None and sums[1] > others[1]:
                return False
            if customer is not None:
                rate = receipt.value if receipt is not None else 0
                return sums[2] * _D - rate * sums[3] <= others[2] * _D - rate * others[3]
            return True
        if sums[0] < others[0]:
            return False
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
        best_rate: Exact = Fraction(self.options[c][0][0])
        best: _Promo | None = None
        for p in wants:
            if p.limit is None and p.cap is None and p.pool < 0 and self._fits_within(p, c):
                rate = Fraction(self._group_value(p, c), p.size)
                if rate > best_rate:
                    best_rate, best = rate, p
        best_size = 1 if best is None else best.size
        slack = 0
        proven = not self.exact
        for p in wants:
            mixing = 2 if p.kind == N_FOR_M and not self.explicit[p.index] else p.units - count
            use = p.size * (best_size + mixing)
            limit = (
                p.limit if p.pool < 0 else min(p.limit or count, self.problem.pool_limit[p.pool])
            )
            if limit is not None:
                use = p.size * limit
            elif p.cap is not None:
                group = max(1, p.unit_discount(self.problem.price[c]) * p.discounted)
                use = max(use, p.size * (p.cap // group + 2))
            slack += min(use, count)
        slack += 2 * best_size
        if count <= slack and count > 400:
            slack, proven = 60, False
        if count <= slack or (not proven and count <= 64):
            return count
        groups = (count - slack) // best_size
        if groups <= 0:
            return count
        if not proven:
            self.restricted = True
        if best is None:
            promo = self.options[c][0][2]
            if promo >= 0:
                self.fixed.append(Application(promo, groups, ((c, 1, 1),)))
        else:
            targets = best.discounted if best.kind == N_FOR_M else best.size
            self.fixed.append(Application(best.index, groups, ((c, best.size, targets),)))
        return count - groups * best_size

    def _fits_within(self, p: _Promo, c: int) -> bool:
        return all(c in slot.classes for slot in p.slots)

    def _group_value(self, p: _Promo, c: int) -> Exact:
        """Value of one application made of units of class c alone."""
        price = self.problem.price[c]
        if p.kind == N_FOR_M:
            discount = p.unit_discount(price) * p.discounted
        else:
            discount = p.sum_discount(price * p.size)
        weight = self.choice.weight[self.choice.zone[c]]
        if p.exclusive == UNITS:
            return discount * _W - price * p.size * _D * weight
        return discount * (_W - weight)

    # The pass over the units.

    def solve(self, floor: Exact) -> _Solved:
        """Best solution found and a bound that no solution exceeds (1/10^12 minor).

        Solutions worth at most ``floor`` are of no interest and may be left out.
        """
        units: list[tuple[int, int]] = []  # class, portion
        start: list[Exact] = [0, 0, 0, 0, 0]
        for c in self.classes:
            if self.on_class[c]:
                left = self._reduced_count(c)
                units += [(c, 1)] * left
            elif len(self.options[c]) == 1:
                self._decide_all(c)
            else:
                count = self.problem.count[c]
                portions = min(count, _CHUNKS)
                if portions < count:
                    self.restricted = True
                whole, more = divmod(count, portions)
                units += [(c, whole + 1)] * more + [(c, whole)] * (portions - more)
        for application in self.fixed:
            self._count_fixed(application, start)
        suffix, capless = self._suffixes(units)
        first = _Label(
            start[0], (0,) * len(self.stateful), tuple(start[1:]) if self.exact else (), None
        )
        root = self.root_bound()
        best, lost = self._run(units, suffix, capless, first, _NARROW, floor)
        if lost is not None and (best is None or lost > self._worth(best)):
            known = floor if best is None else max(floor, self._worth(best))
            wide, lost = self._run(units, suffix, capless, first, _WIDE, known)
            if wide is not None and (best is None or self._worth(wide) > self._worth(best)):
                best = wide
        found = None if best is None else self._worth(best)
        bound = floor if found is None else max(floor, found)
        if lost is not None:
            bound = max(bound, lost)
        if self.restricted:
            bound = max(bound, root)
        if best is None or found is None:
            return _Solved(None, bound, [])
        return _Solved(found, bound, self._applications(best))

    def _worth(self, label: _Label) -> Exact:
        """Value of a complete label; below every floor where a tier is not open."""
        if not self.exact:
            return label.value
        saving = self._exact_saving(label)
        return _NOTHING if saving is None else saving * _W - self.choice.constant

    def _exact_saving(self, label: _Label) -> Exact | None:
        base = self.choice.base
        discount, receipt, customer, common = label.sums
        return self.choice.saving(
            discount, (base[0] - receipt, base[1] - customer, base[2] - common)
        )

    def _decide_all(self, c: int) -> None:
        promo = self.options[c][0][2]
        if promo >= 0:
            self.fixed.append(Application(promo, self.problem.count[c], ((c, 1, 1),)))

    def _count_fixed(self, application: Application, start: list[Exact]) -> None:
        """Add value and sums of applications decided at once, all inside one class."""
        p = next(q for q in (*self.free, *self.stateful) if q.index == application.promo)
        ((c, units, _),) = application.members
        price = self.problem.price[c]
        if p.kind == N_FOR_M:
            discount = p.unit_discount(price) * p.discounted
        else:
            discount = p.sum_discount(price * units)
        times = application.times
        start[0] += self._group_value(p, c) * times
        leaves = price * units * _D if p.exclusive == UNITS else discount
        zone = self.choice.zone[c]
        start[1] += discount * times
        start[2] += leaves * times if zone & 1 else 0
        start[3] += leaves * times if zone & 2 else 0
        start[4] += leaves * times if zone == 3 else 0

    def _best_on(self, c: int, *, capped: bool) -> Exact:
        """Most that one unit of class c can add to the value."""
        best: Exact = max(0, self.options[c][0][0])
        for p, slot in self.on_class[c]:
            if capped or p.cap is None:
                best = max(best, self._share(p, slot, c))
        return best

    def root_bound(self) -> Exact:
        count = self.problem.count
        return sum(self._best_on(c, capped=True) * count[c] for c in self.classes)

    def _suffixes(self, units: list[tuple[int, int]]) -> tuple[list[Exact], list[Exact]]:
        """What the units from here on can add at most; the second without capped promotions."""
        with_all: list[Exact] = [0]
        capless: list[Exact] = [0]
        best = {c: self._best_on(c, capped=True) for c in self.classes}
        other = {c: self._best_on(c, capped=False) for c in self.classes}
        for c, portion in reversed(units):
            with_all.append(with_all[-1] + best[c] * portion)
            capless.append(capless[-1] + other[c] * portion)
        return with_all[::-1], capless[::-1]

    def _bound(
        self, label: _Label, states: tuple[_State, ...], suffix: Exact, capless: Exact
    ) -> Exact:
        bound = label.value + sum(label.pending) + suffix
        if not self.capped:
            return bound
        under_caps = label.value + capless
        for i, p in enumerate(self.stateful):
            if p.cap is None:
                under_caps += label.pending[i]
            else:
                factor = _W if p.exclusive == UNITS else _W - self.least_weight[p.index]
                # What is deferred is not yet in the value: the whole cap may still come.
                given = 0 if p.index in self.deferred else states[i].given
                under_caps += max(0, p.cap - given) * factor
        return min(bound, under_caps)

    def _run(
        self,
        units: list[tuple[int, int]],
        suffix: list[Exact],
        capless: list[Exact],
        first: _Label,
        width: int,
        floor: Exact,
    ) -> tuple[_Label | None, Exact | None]:
        """One pass over the units: the best complete label and the best bound given up."""
        budget = self.budget
        lost: Exact | None = None
        start = tuple(
            _State(0, () if self.explicit[p.index] else (0,) * len(p.slots), (), 0)
            for p in self.stateful
        )
        still = self._still(units)
        layer: dict[tuple[tuple[_State, ...], tuple[int, ...]], list[_Label]] = {
            (start, (0,) * len(self.pools)): [first]
        }
        for i, (c, portion) in enumerate(units):
            following: dict[tuple[tuple[_State, ...], tuple[int, ...]], list[_Label]] = {}
            touched = sorted({self.place[p.index] for p, _ in self.on_class[c]})
            for (states, pools), labels in layer.items():
                moves = self._moves(c, portion, states, pools)
                for new_states, new_pools, value, changed, pending, sums, action in moves:
                    if any(
                        self._missing(self.stateful[k], new_states[k]) > still[i + 1][k]
                        for k in touched
                    ):
                        continue
                    budget.used += len(labels)
                    bucket = following.setdefault((new_states, new_pools), [])
                    for label in labels:
                        new = _Label(
                            label.value + value,
                            label.pending
                            if changed < 0
                            else _with(
                                label.pending,
                                changed,
                                0 if pending is None else label.pending[changed] + pending,
                            ),
                            tuple(a + b for a, b in zip(label.sums, sums, strict=True))
                            if self.exact
                            else (),
                            (label.trace, action),
                        )
                        bound = self._bound(new, new_states, suffix[i + 1], capless[i + 1])
                        if bound > floor:
                            self._insert(bucket, new)
            if budget.spent:
                width = min(width, 4)
            layer = {key: labels for key, labels in following.items() if labels}
            if sum(map(len, layer.values())) > width:
                layer, given_up = self._trim(layer, suffix[i + 1], capless[i + 1], width)
                lost = given_up if lost is None else max(lost, given_up)
        best: _Label | None = None
        for (states, _), labels in layer.items():
            if any(s.open or any(s.fill) for s in states):
                continue
            for label in labels:
                complete = self._settle(label, states)
                worth = self._worth(complete)
                if worth > floor and (best is None or worth > self._worth(best)):
                    best = complete
        return best, lost

    def _still(self, units: list[tuple[int, int]]) -> list[list[int]]:
        """For each position, units from there on that each stateful promotion could take."""
        rows = [[0] * len(self.stateful)]
        for c, portion in reversed(units):
            row = list(rows[-1])
            for k in {self.place[p.index] for p, _ in self.on_class[c]}:
                row[k] += portion
            rows.append(row)
        return rows[::-1]

    def _missing(self, p: _Promo, state: _State) -> int:
        """Units that the open applications of a promotion still need."""
        if state.open:
            return sum(p.size - sum(o.fill) for o in state.open)
        if p.kind == N_FOR_M:
            return (p.size - state.fill[0]) if state.fill and state.fill[0] else 0
        if not any(state.fill):
            return 0
        started = self._started(p, state.fill)
        return started * p.size - sum(state.fill)

    def _started(self, p: _Promo, fill: tuple[int, ...]) -> int:
        return max(-(-f // slot.quantity) for f, slot in zip(fill, p.slots, strict=True))

    def _insert(self, bucket: list[_Label], new: _Label) -> None:
        if not self.exact:
            if not bucket:
                bucket.append(new)
            elif new.value > bucket[0].value:
                bucket[0] = new
            return
        for label in bucket:
            if self._not_worse(label.value, label.sums, new.value, new.sums):
                return
        bucket[:] = [
            label
            for label in bucket
            if not self._not_worse(new.value, new.sums, label.value, label.sums)
        ]
        bucket.append(new)

    def _trim(
        self,
        layer: dict[tuple[tuple[_State, ...], tuple[int, ...]], list[_Label]],
        suffix: Exact,
        capless: Exact,
        width: int,
    ) -> tuple[dict[tuple[tuple[_State, ...], tuple[int, ...]], list[_Label]], Exact]:
        """The most promising labels, in their order, and the best bound among the others."""
        ranked = [
            (-self._bound(label, key[0], suffix, capless), number, key, label)
            for number, (key, label) in enumerate(
                (key, label) for key, labels in layer.items() for label in labels
            )
        ]
        ranked.sort(key=lambda entry: entry[:2])
        kept = sorted(ranked[:width], key=lambda entry: entry[1])
        trimmed: dict[tuple[tuple[_State, ...], tuple[int, ...]], list[_Label]] = {}
        for _, _, key, label in kept:
            trimmed.setdefault(key, []).append(label)
        return trimmed, -ranked[width][0]

    def _settle(self, label: _Label, states: tuple[_State, ...]) -> _Label:
        """Add what capped promotions give, cut in proportion where the cap binds."""
        value = label.value
        sums = list(label.sums)
        for p, state in zip(self.stateful, states, strict=True):
            if p.index not in self.deferred or not state.given:
                continue
            cap = p.cap or 0
            given = state.given
            for k, amount in enumerate(state.later):
                cut = amount if given <= cap else _fraction(amount * cap, given)
                if k == 0:
                    value += cut
                elif self.exact:
                    sums[k - 1] += cut
        return _Label(value, label.pending, tuple(sums), label.trace)

    # The ways on from one state with one unit (or portion) of class c.

    def _moves(
        self, c: int, portion: int, states: tuple[_State, ...], pools: tuple[int, ...]
    ) -> list[_Move]:
        moves: list[_Move] = [
            (
                states,
                pools,
                value * portion,
                -1,
                0,
                tuple(s * portion for s in sums),
                (promo, c, portion),
            )
            for value, sums, promo in self.options[c]
        ]
        if portion > 1:
            return moves
        for p, slot in self.on_class[c]:
            place = self.place[p.index]
            state = states[place]
            if self.explicit[p.index]:
                steps = self._explicit_steps(p, slot, c, state)
            elif p.kind == N_FOR_M:
                steps = self._counter_steps(p, c, state)
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
                    new_pools = _with(pools, k, pools[k] + opened)
                moves.append(
                    (
                        _with(states, place, new_state),
                        new_pools,
                        value,
                        place,
                        pending,
                        sums,
                        (p.index, c, 1, slot, before),
                    )
                )
        return moves

    def _counter_steps(self, p: _Promo, c: int, state: _State) -> list[_Step]:
        """n for m over units of falling price: the last ones of each group are the cheapest."""
        fill = state.fill[0] + 1
        opened = 1 if fill == 1 else 0
        discount = p.unit_discount(self.problem.price[c]) if fill > p.size - p.discounted else 0
        used = state.used + (opened if p.limit is not None else 0)
        if p.index in self.deferred:
            later, value, sums = self._deferred(p, c, discount)
            state = _State(
                used,
                (fill % p.size,),
                state.open,
                state.given + discount,
                tuple(a + b for a, b in zip(state.later or _NO_SUMS, later, strict=True)),
            )
            # What a capped promotion gives is only added at the end: all of it is pending.
            return [(state, opened, value, self._share(p, 0, c) - value, sums, None)]
        given = discount
        if p.cap is not None:
            given = min(p.cap - state.given, discount)
        value = self._gain(p, c, given)
        pending: Exact | None = self._share(p, 0, c) - value
        if fill == p.size:
            fill, pending = 0, None
        acc = state.given + given if p.cap is not None else 0
        sums = self._sums(p, c, given, given) if self.exact else ()
        return [(_State(used, (fill,), (), acc), opened, value, pending, sums, None)]

    def _deferred(
        self, p: _Promo, c: int, discount: Exact
    ) -> tuple[tuple[Exact, ...], Exact, tuple[Exact, ...]]:
        """Parts of one unit that a cap may cut (value, sums), and those it may not."""
        weight = self.choice.weight[self.choice.zone[c]]
        if p.exclusive == UNITS:
            fixed = self._sums(p, c, 0, 0)
            return (
                (discount * _W, discount, 0, 0, 0),
                -self.problem.price[c] * _D * weight,
                fixed,
            )
        return (
            (discount * (_W - weight), *self._sums(p, c, discount, discount)),
            0,
            (0, 0, 0, 0),
        )

    def _bundle_steps(self, p: _Promo, slot: int, c: int, state: _State) -> list[_Step]:
        """A bundle whose applications differ in nothing that matters: counters per slot."""
        before = self._started(p, state.fill)
        fill = _with(state.fill, slot, state.fill[slot] + 1)
        opened = self._started(p, fill) - before
        value = self._share(p, slot, c)
        used = state.used + (opened if p.limit is not None else 0)
        if all(f >= s.quantity for f, s in zip(fill, p.slots, strict=True)):
            fill = tuple(f - s.quantity for f, s in zip(fill, p.slots, strict=True))
            factor = _W if p.exclusive == UNITS else _W - self.least_weight[p.index]
            value += p.correction * factor
        return [(_State(used, fill, (), 0), opened, value, 0, (), None)]

    def _explicit_steps(self, p: _Promo, slot: int, c: int, state: _State) -> list[_Step]:
        """Every application on its own: composition, sums, then discount and shares at its end."""
        steps: list[_Step] = []
        empty = _Open((0,) * len(p.slots), _NO_ZONES, 0, 0, 0)
        for before in (*dict.fromkeys(state.open), None):
            one = empty if before is None else before
            if one.fill[slot] == p.slots[slot].quantity:
                continue
            now = self._grown(p, slot, c, one)
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
                        before or _NEW,
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
                later = (given * _W, given, 0, 0, 0) if p.exclusive == UNITS else (value, *sums)
                new_state = _State(
                    used,
                    state.fill,
                    opens,
                    state.given + given,
                    tuple(a + b for a, b in zip(state.later or _NO_SUMS, later, strict=True)),
                )
                steps.append(
                    (
                        new_state,
                        opened,
                        kept_value,
                        share - kept_value,
                        kept_sums if self.exact else (),
                        before or _NEW,
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
                    before or _NEW,
                )
            )
        return steps

    def _finish(self, p: _Promo, one: _Open) -> tuple[Exact, tuple[Exact, ...], Exact] | None:
        """Value, sums and discount of a complete application; None where it does not exist."""
        price_sum = sum(one.price)
        discount: Exact = one.discount if p.kind == N_FOR_M else p.sum_discount(price_sum)
        if p.kind == BUNDLE and discount <= 0:
            return None
        in_receipt = one.price[1] + one.price[3]
        in_customer = one.price[2] + one.price[3]
        in_both = one.price[3]
        if p.exclusive == UNITS:
            return (
                discount * _W - one.weighed,
                (discount, in_receipt * _D, in_customer * _D, in_both * _D),
                discount,
            )
        if not price_sum:
            return 0, (0, 0, 0, 0), 0
        value: Exact = 0
        for zone, part in enumerate(one.price):
            value += discount * part * (_W - self.choice.weight[zone])
        return (
            _fraction(value, price_sum),
            (
                discount,
                _fraction(discount * in_receipt, price_sum),
                _fraction(discount * in_customer, price_sum),
                _fraction(discount * in_both, price_sum),
            ),
            discount,
        )

    # From the trace of a label back to applications.

    def _applications(self, label: _Label) -> list[Application]:
        taken: dict[int, list[list[tuple[int, int]]]] = {}
        single: dict[tuple[int, int], int] = {}
        explicit: dict[int, list[tuple[_Open, list[tuple[int, int]]]]] = {}
        finished: list[tuple[int, list[tuple[int, int]]]] = []
        actions = []
        trace = label.trace
        while trace is not None:
            trace, action = trace
            actions.append(action)
        by_index = {p.index: p for p in self.stateful}
        for action in reversed(actions):
            promo, c, portion = action[0], action[1], action[2]
            if len(action) == 3:
                if promo >= 0:
                    single[promo, c] = single.get((promo, c), 0) + portion
                continue
            slot, before = action[3], action[4]
            p = by_index[promo]
            if before is None:
                slots = taken.setdefault(promo, [[] for _ in p.slots])
                slots[slot].append((c, 1))
                continue
            groups = explicit.setdefault(promo, [])
            if before is _NEW:
                groups.append((_Open((0,) * len(p.slots), _NO_ZONES, 0, 0, 0), []))
                place = len(groups) - 1
            else:
                place = next(k for k, group in enumerate(groups) if group[0] == before)
            one, members = groups.pop(place)
            members.append((c, slot))
            now = self._grown(p, slot, c, one)
            if sum(now.fill) == p.size:
                finished.append((promo, members))
            else:
                groups.append((now, members))
        result = list(self.fixed)
        for (promo, c), count in single.items():
            result.append(Application(promo, count, ((c, 1, 1),)))
        for promo, slots in taken.items():
            result += _chunked(by_index[promo], slots)
        for promo, members in finished:
            result.append(_application(by_index[promo], 1, [c for c, _ in members]))
        price = self.problem.price
        return [
            a
            for a in result
            if a.promo not in by_index
            or by_index[a.promo].kind == N_FOR_M
            or by_index[a.promo].sum_discount(sum(price[c] * k for c, k, _ in a.members)) > 0
        ]

    def _grown(self, p: _Promo, slot: int, c: int, one: _Open) -> _Open:
        price = self.problem.price[c]
        zone = self.choice.zone[c]
        fill = _with(one.fill, slot, one.fill[slot] + 1)
        discount = one.discount
        if p.kind == N_FOR_M and fill[0] > p.size - p.discounted:
            discount += p.unit_discount(price)
        return _Open(
            fill,
            _with(one.price, zone, one.price[zone] + price),
            discount,
            one.share + self._share(p, slot, c),
            one.weighed + price * _D * self.choice.weight[zone],
        )


# --- all choices together ----------------------------------------------------------------------


class _Search:
    """Best solution over all choices of receipt and customer tiers, for one set of promotions."""

    def __init__(self, problem: _Problem, budget: _Budget) -> None:
        self.problem = problem
        self.budget = budget
        self.memo: dict[tuple[object, ...], _Solved] = {}

    def best(self, banned: frozenset[int], target: Exact | None = None) -> _Answer | None:
        """The best solution without the banned promotions.

        With a ``target`` (a total saving) only a solution that reaches it is of interest: the
        search ends with None as soon as the bounds exclude it.
        """
        promos = [p for p in self.problem.promos if p.index not in banned]
        tiers = [t for t in self.problem.tiers if t.promo not in banned]
        best: _Answer | None = None
        open_choices: list[tuple[Exact, int, _Choice]] = []
        proven: Exact = 0
        for number, choice in enumerate(self._choices(promos, tiers)):
            if target is not None and self._root(choice) < target * _W:
                continue
            relaxed, value, reach = self._relaxed(choice)
            saving = choice.saving(*self._measure(choice, relaxed))
            if saving is not None and (best is None or saving > best.saving):
                best = _Answer(saving, saving, choice, relaxed)
            if saving is not None and saving * _W == value:
                # Every tier is open and every sum linear: nothing to gain by exact sums.
                proven = max(proven, reach)
            elif reach > proven:
                open_choices.append((-reach, number, choice))
        open_choices.sort(key=lambda entry: entry[:2])
        for reach, _, choice in open_choices:
            known = best.saving if best is not None else -1
            if -reach <= known * _W:
                break
            solved = self._exact(choice, known * _W)
            if solved.value is not None:
                saving = choice.saving(*self._measure(choice, solved.applications))
                if saving is not None and saving > known:
                    best = _Answer(saving, saving, choice, solved.applications)
            proven = max(proven, min(-reach, solved.bound))
        if best is None:
            return None
        if target is not None and best.saving < target:
            return None
        best_value = best.saving * _W
        return best._replace(bound=max(best_value, proven))

    def _choices(self, promos: list[_Promo], tiers: list[_Tier]) -> list[_Choice]:
        """Every combination that can be open at all; a promotion that stands alone, alone."""
        together = [p for p in promos if p.exclusive != ALONE]
        receipts = [t for t in tiers if t.layer == RECEIPT]
        customers = [t for t in tiers if t.layer == CUSTOMER]
        wanted: list[tuple[list[_Promo], _Tier | None, _Tier | None]] = [
            (together, receipt, customer)
            for receipt in (None, *(t for t in receipts if t.exclusive != ALONE))
            for customer in (None, *(t for t in customers if t.exclusive != ALONE))
        ]
        wanted += [([p], None, None) for p in promos if p.exclusive == ALONE]
        wanted += [([], t, None) for t in receipts if t.exclusive == ALONE]
        wanted += [([], None, t) for t in customers if t.exclusive == ALONE]
        choices = (_make_choice(self.problem, *entry) for entry in wanted)
        return [choice for choice in choices if choice is not None]

    def _components(
        self, choice: _Choice
    ) -> tuple[list[int], list[tuple[list[int], list[_Promo]]]]:
        """Classes that only free promotions want, and the connected rest."""
        parent = list(range(len(self.problem.price)))

        def root(c: int) -> int:
            while parent[c] != c:
                parent[c] = parent[parent[c]]
                c = parent[c]
            return c

        stateful = [p for p in choice.promos if not p.is_free]
        pool_class: dict[int, int] = {}
        for p in stateful:
            classes = sorted(p.classes)
            if not classes:
                continue
            if p.pool >= 0:
                classes.append(pool_class.setdefault(p.pool, classes[0]))
            for c in classes[1:]:
                a, b = root(classes[0]), root(c)
                parent[max(a, b)] = min(a, b)
        wanted = {c for p in stateful for c in p.classes}
        groups: dict[int, list[int]] = {}
        for c in sorted(wanted):
            groups.setdefault(root(c), []).append(c)
        alone = [c for c in range(len(self.problem.price)) if c not in wanted]
        parts = []
        for classes in groups.values():
            members = set(classes)
            parts.append((classes, [p for p in choice.promos if p.classes & members]))
        return alone, parts

    def _relaxed(self, choice: _Choice) -> tuple[list[Application], Exact, Exact]:
        """Best applications of the choice without its thresholds, their value, and a bound."""
        alone, parts = self._components(choice)
        applications: list[Application] = []
        value: Exact = choice.constant
        bound: Exact = choice.constant
        for classes, promos in ((alone, choice.promos), *parts):
            if not classes:
                continue
            solved = self._component(choice, classes, promos)
            value += 0 if solved.value is None else solved.value
            bound += solved.bound
            applications += solved.applications
        return applications, value, bound

    def _component(self, choice: _Choice, classes: list[int], promos: list[_Promo]) -> _Solved:
        pools = tuple(choice.pool_left[p.pool] for p in promos if p.pool >= 0)
        weights = tuple(choice.weight[choice.zone[c]] for c in classes)
        # Zones matter beyond their weights only as far as equal weights mean equal treatment.
        key = (tuple(classes), weights, tuple(p.index for p in promos), pools)
        solved = self.memo.get(key)
        if solved is None:
            layers = _Layers(self.problem, choice, classes, promos, self.budget, exact=False)
            solved = layers.solve(-1)
            self.memo[key] = solved
        return solved

    def _exact(self, choice: _Choice, floor: Exact) -> _Solved:
        """The choice with its thresholds and exact sums; values are totals of all layers."""
        alone, parts = self._components(choice)
        classes = alone + [c for part, _ in parts for c in part]
        layers = _Layers(self.problem, choice, classes, choice.promos, self.budget, exact=True)
        solved = layers.solve(floor - choice.constant)
        value = None if solved.value is None else solved.value + choice.constant
        return _Solved(value, solved.bound + choice.constant, solved.applications)

    def _root(self, choice: _Choice) -> Exact:
        """Cheap bound on the total value of a choice, before anything is solved."""
        alone, parts = self._components(choice)
        bound = choice.constant
        for classes, promos in ((alone, choice.promos), *parts):
            key = (
                tuple(classes),
                tuple(choice.weight[choice.zone[c]] for c in classes),
                tuple(p.index for p in promos),
                tuple(choice.pool_left[p.pool] for p in promos if p.pool >= 0),
            )
            known = self.memo.get(key)
            if known is not None:
                bound += known.bound
            elif classes:
                layers = _Layers(self.problem, choice, classes, promos, self.budget, exact=False)
                bound += layers.root_bound()
        return bound

    def _measure(
        self, choice: _Choice, applications: list[Application]
    ) -> tuple[Exact, tuple[Exact, Exact, Exact]]:
        """Exact discount of the article layer and what it leaves in the three bases."""
        price = self.problem.price
        by_index = {p.index: p for p in choice.promos}
        given: dict[int, Exact] = {}
        for a in applications:
            given[a.promo] = given.get(a.promo, 0) + a.times * _discount_of(
                by_index[a.promo], a, price
            )
        total: Exact = 0
        left: list[Exact] = list(choice.base)
        for a in applications:
            p = by_index[a.promo]
            discount: Exact = _discount_of(p, a, price)
            if p.cap is not None and given[a.promo] > p.cap:
                discount = _fraction(discount * p.cap, given[a.promo])
            total += discount * a.times
            price_sum = sum(price[c] * units for c, units, _ in a.members)
            for c, units, _ in a.members:
                if p.exclusive == UNITS:
                    gone: Exact = price[c] * units * _D
                elif price_sum:
                    gone = _fraction(discount * price[c] * units, price_sum)
                else:
                    gone = 0
                zone = choice.zone[c]
                left[0] -= gone * a.times if zone & 1 else 0
                left[1] -= gone * a.times if zone & 2 else 0
                left[2] -= gone * a.times if zone == 3 else 0
        return total, (left[0], left[1], left[2])


def _discount_of(p: _Promo, a: Application, price: list[int]) -> int:
    """Exact discount of one application before any cap, in 1/10_000 minor."""
    if p.kind == N_FOR_M:
        return sum(p.unit_discount(price[c]) * targets for c, _, targets in a.members)
    return p.sum_discount(sum(price[c] * units for c, units, _ in a.members))


class _Answer(NamedTuple):
    saving: Exact  # 1/10_000 minor
    bound: Exact  # 1/10^12 minor
    choice: _Choice
    applications: list[Application]


def search(
    *,
    price_minor: array[int],
    count: array[int],
    promo_kind: array[int],
    promo_size: array[int],
    promo_discounted: array[int],
    promo_benefit: array[int],
    promo_value: array[int],
    promo_limit: array[int],
    promo_pool: array[int],
    promo_cap_minor: array[int],
    promo_exclusive: array[int],
    slot_start: array[int],
    slot_quantity: array[int],
    slot_class_start: array[int],
    slot_class: array[int],
    tier_layer: array[int],
    tier_promo: array[int],
    tier_benefit: array[int],
    tier_value: array[int],
    tier_min_minor: array[int],
    tier_pool: array[int],
    tier_exclusive: array[int],
    tier_class_start: array[int],
    tier_class: array[int],
    pool_limit: array[int],
    max_steps: int,
) -> Found:
    """Return the lowest total over all layers together, with a proof or a proven gap.

    Args (each ``array("q")``; classes in falling price, promotions in ascending id):
        price_minor, count: per class of equal discountable units.
        promo_*: per article promotion: kind N_FOR_M (a unit discount is 1 for 1) or BUNDLE; units
            of one application; how many of them an n-for-m discounts; benefit PERCENT (basis
            points), AMOUNT_OFF or FIXED_PRICE (minor); -1 = no limit, pool or cap; exclusive.
        slot_*: slots of each promotion (one for N_FOR_M) and the classes that fit them.
        tier_*: one entry per tier of a receipt or customer promotion; ``tier_promo`` is an index
            of its own, beyond those of the article promotions.
        pool_limit: coupons per pool.
        max_steps: labels the search may try; the result depends on it, never on time.

    Raises:
        TypeError: anything but ``array("q")``.
        ValueError: offsets or indices out of range.
    """
    classes = len(count)
    require_range("price_minor", price_minor, low=0, high=10**9 + 1)
    require_range("count", count, low=0, high=10**9 + 1)
    if len(price_minor) != classes:
        raise ValueError("price_minor and count must have one value a class")
    require_range("slot_class", slot_class, low=0, high=max(classes, 1))
    require_range("tier_class", tier_class, low=0, high=max(classes, 1))
    require_starts("slot_start", slot_start, items=len(slot_quantity))
    require_starts("slot_class_start", slot_class_start, items=len(slot_class))
    require_starts("tier_class_start", tier_class_start, items=len(tier_class))
    for name, values, length in (
        ("promo_kind", promo_kind, len(slot_start) - 1),
        ("promo_size", promo_size, len(slot_start) - 1),
        ("promo_discounted", promo_discounted, len(slot_start) - 1),
        ("promo_benefit", promo_benefit, len(slot_start) - 1),
        ("promo_value", promo_value, len(slot_start) - 1),
        ("promo_limit", promo_limit, len(slot_start) - 1),
        ("promo_pool", promo_pool, len(slot_start) - 1),
        ("promo_cap_minor", promo_cap_minor, len(slot_start) - 1),
        ("promo_exclusive", promo_exclusive, len(slot_start) - 1),
        ("slot_quantity", slot_quantity, len(slot_class_start) - 1),
        ("tier_layer", tier_layer, len(tier_class_start) - 1),
        ("tier_promo", tier_promo, len(tier_class_start) - 1),
        ("tier_benefit", tier_benefit, len(tier_class_start) - 1),
        ("tier_value", tier_value, len(tier_class_start) - 1),
        ("tier_min_minor", tier_min_minor, len(tier_class_start) - 1),
        ("tier_pool", tier_pool, len(tier_class_start) - 1),
        ("tier_exclusive", tier_exclusive, len(tier_class_start) - 1),
        ("pool_limit", pool_limit, len(pool_limit)),
    ):
        require_int64(name, values)
        if len(values) != length:
            raise ValueError(f"{name} must have {length} values")

    promos = []
    for i in range(len(slot_start) - 1):
        slots = [
            _Slot(
                slot_quantity[s],
                frozenset(slot_class[slot_class_start[s] : slot_class_start[s + 1]]),
            )
            for s in range(slot_start[i], slot_start[i + 1])
        ]
        promo = _Promo(
            index=i,
            kind=promo_kind[i],
            size=promo_size[i],
            discounted=promo_discounted[i],
            benefit=promo_benefit[i],
            value=promo_value[i],
            limit=None if promo_limit[i] < 0 else promo_limit[i],
            pool=promo_pool[i],
            cap=None if promo_cap_minor[i] < 0 else promo_cap_minor[i] * _D,
            exclusive=promo_exclusive[i],
            slots=slots,
            classes=frozenset(c for slot in slots for c in slot.classes),
        )
        _prepare(promo, price_minor, count)
        promos.append(promo)
    tiers = [
        _Tier(
            index=i,
            layer=tier_layer[i],
            promo=tier_promo[i],
            benefit=tier_benefit[i],
            value=tier_value[i],
            min_value=tier_min_minor[i] * _D,
            classes=frozenset(tier_class[tier_class_start[i] : tier_class_start[i + 1]]),
            pool=tier_pool[i],
            exclusive=tier_exclusive[i],
        )
        for i in range(len(tier_promo))
    ]
    problem = _Problem(list(price_minor), list(count), promos, tiers, list(pool_limit))
    budget = _Budget(max_steps)
    run = _Search(problem, budget)
    answer = run.best(frozenset())
    assert answer is not None, "taking nothing is always open"  # noqa: S101
    if answer.bound <= answer.saving * _W:
        answer = _without_the_idle(run, answer)
    return _found(answer, budget)


def _prepare(p: _Promo, price: array[int], count: array[int]) -> None:
    """Derive what the search needs: units in reach, slot parts, limits and caps that can bind."""
    p.units = sum(count[c] for c in p.classes)
    most = (
        min((sum(count[c] for c in slot.classes) // slot.quantity for slot in p.slots), default=0)
        if p.kind == BUNDLE
        else p.units // p.size
    )
    if p.limit is not None and p.limit >= most:
        p.limit = None
    if p.cap is not None:
        if p.benefit == FIXED_PRICE or p.benefit == PERCENT:
            reach = sum(p.unit_discount(price[c]) * count[c] for c in p.classes)
            if p.kind == BUNDLE and p.benefit == FIXED_PRICE:
                reach = sum(price[c] * count[c] * _D for c in p.classes)
        else:
            reach = p.value * _D * most * (p.discounted if p.kind == N_FOR_M else 1)
        if reach <= p.cap:
            p.cap = None
    if p.kind != BUNDLE or p.benefit == PERCENT:
        return
    if p.benefit == AMOUNT_OFF:
        for slot in p.slots:
            slot.part = -(-p.value * _D // p.size)
        p.correction = p.value * _D - sum(s.part * s.quantity for s in p.slots)
        return
    # A slot bears the fixed price in proportion to the dearest unit that fits it.
    dearest = [s.quantity * max((price[c] for c in s.classes), default=0) or 1 for s in p.slots]
    for slot, weight in zip(p.slots, dearest, strict=True):
        slot.part = p.value * _D * weight // (sum(dearest) * slot.quantity)
    p.correction = sum(s.part * s.quantity for s in p.slots) - p.value * _D


def _without_the_idle(run: _Search, answer: _Answer) -> _Answer:
    """Drop, in descending id, every promotion whose removal leaves the exact total unchanged."""
    banned: set[int] = set()
    used = {a.promo for a in answer.applications}
    used |= {t.promo for t in (answer.choice.receipt, answer.choice.customer) if t is not None}
    for promo in sorted(used, reverse=True):
        without = run.best(frozenset(banned | {promo}), target=answer.saving)
        if without is not None and without.saving == answer.saving:
            banned.add(promo)
            answer = without
    return answer


def _found(answer: _Answer, budget: _Budget) -> Found:
    gap: Exact = Fraction(answer.bound - answer.saving * _W, _V)
    found = Found(
        optimal=gap <= 0,
        gap_minor=max(0, -(-gap.numerator // gap.denominator)),
        steps=budget.used,
        receipt_choice=-1 if answer.choice.receipt is None else answer.choice.receipt.index,
        customer_choice=-1 if answer.choice.customer is None else answer.choice.customer.index,
        app_promo=array("q"),
        app_times=array("q"),
        member_start=array("q", [0]),
        member_class=array("q"),
        member_units=array("q"),
        member_targets=array("q"),
    )
    for a in sorted(answer.applications, key=lambda a: (a.promo, a.members)):
        found.app_promo.append(a.promo)
        found.app_times.append(a.times)
        for c, units, targets in a.members:
            found.member_class.append(c)
            found.member_units.append(units)
            found.member_targets.append(targets)
        found.member_start.append(len(found.member_class))
    return found
