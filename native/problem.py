"""The problem of the search as values: promotions, tiers, and a choice of tiers as weights.

Amounts: discounts in 1/10_000 minor unit, values in 1/10^12 minor unit (two percentages on top).
Shares that do not divide are Fractions; nothing is rounded here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from array import array

    from .packing import Offers

PERCENT, AMOUNT_OFF, FIXED_PRICE = 0, 1, 2
N_FOR_M, BUNDLE, BUY_GET, STEPS = 0, 1, 2, 3
RECEIPT, CUSTOMER = 0, 1
SHARED, UNITS, ALONE = 0, 1, 2  # exclusive: no, units, receipt

D = 10**4  # discounts: basis points of a minor unit
W = 10**8  # weights of the later layers
V = D * W

Exact = int | Fraction


class Application(NamedTuple):
    """``times`` equal applications; members are (class, units, target units) of one.

    ``step``: which tier holds, of a promotion with quantity tiers.
    """

    promo: int
    times: int
    members: tuple[tuple[int, int, int], ...]
    step: int = -1


@dataclass(slots=True)
class Slot:
    """Units of one slot and the classes that fit it."""

    quantity: int
    classes: frozenset[int]
    part: int = 0  # the slot's part of a fixed price or amount per unit, in 1/10_000 minor
    is_target: bool = False  # of a buy-get: whether its units get the benefit


class Step(NamedTuple):
    """A quantity tier: from so many units on, this benefit on each of them."""

    least: int
    benefit: int
    value: int


@dataclass(slots=True)
class Promo:
    """One promotion of the article layer; a unit discount is an n-for-m of one unit.

    ``discounted``: how many units of one application get the benefit.
    ``within_buy``: no target of a buy-get may cost more than the cheapest unit bought.
    ``steps``: quantity tiers, ascending; ``least``: units that one of them asks for, when chosen.
    ``limit``: applications on this receipt. ``pool``: coupons shared with others, -1 none.
    ``correction``: what the parts of the slots miss of the whole, once per application.
    """

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
    slots: list[Slot]
    classes: frozenset[int]
    units: int = 0  # in reach
    most: int = 0  # applications that could be formed at all
    correction: int = 0  # what the parts of the slots miss of the whole, once per application
    within_buy: bool = False
    steps: tuple[Step, ...] = ()
    least: int = 0

    @property
    def is_free(self) -> bool:
        """Takes single units without any limit: no state to carry."""
        return (
            self.kind == N_FOR_M
            and self.size == 1
            and self.limit is None
            and self.pool < 0
            and self.cap is None
            and not self.least
        )

    def unit_discount(self, price: int) -> int:
        """Benefit on one unit in 1/10_000 minor; with quantity tiers that of the best one."""
        if self.steps:
            return max(benefit_on(price, step.benefit, step.value) for step in self.steps)
        return benefit_on(price, self.benefit, self.value)

    def sum_discount(self, price_sum: int) -> int:
        """Benefit on a bundle's sum in 1/10_000 minor; 0 where the application does not exist."""
        return self.unit_discount(price_sum)


@dataclass(slots=True)
class Tier:
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
    cap: int | None = None  # of a percentage, 1/10_000 minor

    def given(self, base: Exact) -> Exact:
        """Discount on a base, both in 1/10_000 minor."""
        if self.benefit == AMOUNT_OFF:
            return min(self.value * D, base)
        discount = fraction(base * self.value, D)
        return discount if self.cap is None else min(self.cap, discount)


@dataclass(slots=True)
class Problem:
    """Everything the search looks at: classes in falling price, promotions in ascending id."""

    price: list[int]
    count: list[int]
    promos: list[Promo]
    tiers: list[Tier]
    pool_limit: list[int]
    offers: Offers
    columns: dict[str, array[int]]


@dataclass(slots=True)
class Budget:
    """Steps the search may take; they decide what is given up, never time."""

    steps: int
    used: int = 0

    @property
    def spent(self) -> bool:
        """Whether the allowed steps are used up: from here on only the best labels go on."""
        return self.used >= self.steps

    @property
    def exhausted(self) -> bool:
        """Whether even that took too long: nothing more is looked at."""
        return self.used >= 3 * self.steps


class Room(NamedTuple):
    """How much may be taken from a base before its threshold breaks, in 1/10_000 minor."""

    zone: int  # bit of the zone
    slack: Exact
    factor: int  # value of a unit of room at most, 1/10^8
    receipt_rate: int  # basis points that the receipt layer takes from the common base anyway
    open_elsewhere: bool  # whether promotions may give outside this base

    def used(self, sums: tuple[Exact, ...]) -> Exact:
        """Room that a label has used."""
        if self.zone == 1:
            return sums[1]
        if not self.receipt_rate:
            return sums[2]
        return sums[2] - fraction(sums[3] * self.receipt_rate, D)


@dataclass(slots=True)
class Choice:
    """A receipt tier and a customer tier (either may be missing), as weights."""

    receipt: Tier | None
    customer: Tier | None
    promos: list[Promo]
    zone: list[int]  # per class: bit 0 in the receipt base, bit 1 in the customer base
    weight: list[int] = field(default_factory=list)  # per zone, 1/10^8
    constant: Exact = 0  # value when the article layer takes nothing, 1/10^12
    base: list[int] = field(default_factory=list)  # untouched receipt, customer, common base
    pool_left: list[int] = field(default_factory=list)

    @property
    def is_cut(self) -> bool:
        """Whether the cap of the receipt tier may bind: then it takes less than its rate says."""
        receipt = self.receipt
        return (
            receipt is not None
            and receipt.cap is not None
            and self.base[0] * receipt.value > receipt.cap * D
        )

    @property
    def is_linear(self) -> bool:
        """Whether weights and constant say exactly what the tiers give once they are open."""
        receipt, customer = self.receipt, self.customer
        for tier, base in ((receipt, self.base[0]), (customer, self.base[1])):
            if tier is None:
                continue
            if tier.benefit == AMOUNT_OFF and tier.min_value < tier.value * D:
                return False
            if tier.cap is not None and base * tier.value > tier.cap * D:
                return False
        if receipt is None or customer is None or receipt.benefit == PERCENT:
            return True
        # An amount is spread over its base: what of it falls into the other base may vary.
        return not customer.min_value and not (1 in self.zone and 3 in self.zone)

    def rooms(self) -> list[Room]:
        """What the article layer may give inside each base that has a threshold to keep."""
        rooms = []
        if self.receipt is not None and self.receipt.min_value:
            weight = min((self.weight[z] for z in self.zone if z & 1), default=0)
            rooms.append(
                Room(
                    1,
                    self.base[0] - self.receipt.min_value,
                    W - weight,
                    0,
                    any(not z & 1 for z in self.zone),
                )
            )
        if self.customer is not None and self.customer.min_value:
            rate = 0
            slack: Exact = self.base[1] - self.customer.min_value
            weight = min((self.weight[z] for z in self.zone if z & 2), default=0)
            if self.receipt is not None and self.receipt.benefit == PERCENT and not self.is_cut:
                rate = self.receipt.value
                slack -= fraction(self.base[2] * rate, D)
                # A discount in both bases lowers the customer base by (1 - rate) only, and is
                # worth (1 - rate)(1 - customer rate): per unit of room the same as elsewhere.
                weight = self.weight[2]
            rooms.append(Room(2, slack, W - weight, rate, any(not z & 2 for z in self.zone)))
        return rooms

    def saving(self, discount: Exact, left: tuple[Exact, Exact, Exact]) -> Exact | None:
        """Exact saving of all layers in 1/10_000 minor, or None where a tier is not open.

        ``left`` is what the article layer leaves in the receipt base, the customer base and in
        both.
        """
        receipt_left, customer_left, common_left = left
        total: Exact = discount
        taken_from_common: Exact = 0
        if self.receipt is not None:
            if receipt_left < self.receipt.min_value:
                return None
            given = self.receipt.given(receipt_left)
            total += given
            if receipt_left:
                taken_from_common = fraction(given * common_left, receipt_left)
        if self.customer is not None:
            customer_base = customer_left - taken_from_common
            if customer_base < self.customer.min_value:
                return None
            total += self.customer.given(customer_base)
        return total


def fraction(numerator: Exact, denominator: Exact) -> Exact:
    """Exact quotient, an int where it divides."""
    if isinstance(numerator, int) and isinstance(denominator, int) and not numerator % denominator:
        return numerator // denominator
    quotient = Fraction(numerator) / denominator
    return quotient.numerator if quotient.denominator == 1 else quotient


@dataclass(slots=True)
class Solved:
    """Solution of one component or of one whole choice."""

    value: Exact | None  # None: nothing found that is worth more than the floor
    bound: Exact
    applications: list[Application]


def make_choice(
    problem: Problem, promos: list[Promo], receipt: Tier | None, customer: Tier | None
) -> Choice | None:
    """Return the choice of these tiers, or None where it cannot be open at all."""
    classes = range(len(problem.price))
    zone = [
        (1 if receipt is not None and c in receipt.classes else 0)
        | (2 if customer is not None and c in customer.classes else 0)
        for c in classes
    ]
    choice = Choice(receipt, customer, promos, zone)
    pool_left = list(problem.pool_limit)
    for tier in (receipt, customer):
        if tier is not None and tier.pool >= 0:
            pool_left[tier.pool] -= 1
            if pool_left[tier.pool] < 0:
                return None
    choice.pool_left = pool_left
    base = [0, 0, 0]
    for c in classes:
        amount = problem.price[c] * problem.count[c] * D
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
        receipt_rate * D,
        customer_rate * D,
        (receipt_rate + customer_rate) * D - receipt_rate * customer_rate,
    ]
    constant = sum(
        problem.price[c] * problem.count[c] * D * choice.weight[zone[c]] for c in classes
    )
    if receipt is not None and receipt.benefit == AMOUNT_OFF:
        constant += receipt.value * V
        # The customer base loses the whole amount when every unit of the receipt base is in it.
        if customer_rate and all(zone[c] == 3 for c in classes if zone[c] & 1):
            constant -= receipt.value * customer_rate * W
    if customer is not None and customer.benefit == AMOUNT_OFF:
        constant += customer.value * V
    choice.constant = constant
    if receipt is not None and base[0] < receipt.min_value:
        return None
    return None if any(room.slack < 0 for room in choice.rooms()) else choice


def benefit_on(price: int, benefit: int, value: int) -> int:
    """Discount of a benefit on one price, in 1/10_000 minor."""
    if benefit == PERCENT:
        return price * value
    if benefit == AMOUNT_OFF:
        return min(price, value) * D
    return max(0, price - value) * D


def discount_of(p: Promo, a: Application, price: list[int]) -> int:
    """Exact discount of one application before any cap, in 1/10_000 minor."""
    if p.kind == STEPS:
        _, benefit, value = p.steps[a.step]
        return sum(benefit_on(price[c], benefit, value) * targets for c, _, targets in a.members)
    if p.kind != BUNDLE:
        return sum(p.unit_discount(price[c]) * targets for c, _, targets in a.members)
    return p.sum_discount(sum(price[c] * units for c, units, _ in a.members))


def problem_of(
    columns: dict[str, array[int]], given: dict[str, array[int]], offers: Offers
) -> Problem:
    """Return prepared columns (see ``packing.Offers``) and the tiers of a search as values."""
    price, count = columns["price"], columns["count"]
    promos = []
    for row in range(len(columns["kind"])):
        slots = [
            Slot(
                columns["slot_quantity"][s],
                frozenset(
                    columns["slot_class"][
                        columns["slot_class_start"][s] : columns["slot_class_start"][s + 1]
                    ]
                ),
                columns["slot_part"][s],
                bool(columns["slot_target"][s]),
            )
            for s in range(columns["slot_start"][row], columns["slot_start"][row + 1])
        ]
        steps = tuple(
            Step(columns["step_least"][s], columns["step_benefit"][s], columns["step_value"][s])
            for s in range(columns["step_start"][row], columns["step_start"][row + 1])
        )
        kind = columns["kind"][row]
        limit, cap = columns["limit"][row], columns["cap"][row]
        classes = frozenset(c for slot in slots for c in slot.classes)
        one = Promo(
            index=row,
            kind=kind,
            size=columns["size"][row],
            discounted=columns["discounted"][row],
            benefit=columns["benefit"][row],
            value=columns["value"][row],
            limit=None if limit < 0 else limit,
            pool=columns["pool"][row],
            cap=None if cap < 0 else cap,
            exclusive=columns["exclusive"][row],
            slots=slots,
            classes=classes,
            units=sum(count[c] for c in classes),
            most=columns["most"][row],
            correction=columns["correction"][row],
            within_buy=bool(columns["within_buy"][row]),
            steps=steps,
        )
        if kind == STEPS and len(steps) == 1 and steps[0].least == 1:
            # A tier from the first unit on is a discount on single units.
            one.kind, one.steps = N_FOR_M, ()
            one.benefit, one.value = steps[0].benefit, steps[0].value
        promos.append(one)
    tier, starts = given["tier"], given["tier_class_start"]
    tiers = []
    for i in range(len(starts) - 1):
        layer, number, benefit, value, min_minor, pool, exclusive, cap_minor, _ = tier[
            9 * i : 9 * i + 9
        ]
        tiers.append(
            Tier(
                index=i,
                layer=layer,
                promo=number,
                benefit=benefit,
                value=value,
                min_value=min_minor * D,
                classes=frozenset(given["tier_class"][starts[i] : starts[i + 1]]),
                pool=pool,
                exclusive=exclusive,
                cap=None if cap_minor < 0 else cap_minor * D,
            )
        )
    return Problem(
        list(price), list(count), promos, tiers, list(given["pool_limit"]), offers, columns
    )


def hand_on(p: Promo, price: list[int], count: list[int]) -> None:
    """Let the targets of a buy-get hand a part of their benefit to the units bought for them.

    Any part is admissible: an application has them all. The one with the lowest sum of best shares
    bounds best; that sum is convex in the part.
    """
    targets = p.discounted
    bought = p.size - targets
    gives = frozenset(c for slot in p.slots if slot.is_target for c in slot.classes)
    takes = frozenset(c for slot in p.slots if not slot.is_target for c in slot.classes)
    units = [
        (p.unit_discount(price[c]) if c in gives else -1, c in takes, count[c]) for c in p.classes
    ]

    def whole(part: int) -> int:
        total = 0
        for discount, is_taken, number in units:
            best = discount - part * bought
            if is_taken:
                best = max(best, part * targets)
            total += max(0, best) * number
        return total

    low, high = 0, max((discount for discount, _, _ in units), default=0) // bought + 1
    while low < high:
        middle = (low + high) // 2
        if whole(middle) <= whole(middle + 1):
            high = middle
        else:
            low = middle + 1
    for slot in p.slots:
        slot.part = low * bought if slot.is_target else -low * targets
