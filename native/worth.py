"""What a promotion is worth on a unit under one choice of later layers.

A discount now takes something from the later layers; an exclusive promotion takes the whole unit
from them. Values are in 1/10^12 minor unit.
"""

from __future__ import annotations

from native.problem import (
    AMOUNT_OFF,
    BUNDLE,
    BUY_GET,
    N_FOR_M,
    PERCENT,
    UNITS,
    Application,
    Choice,
    D,
    Exact,
    Problem,
    Promo,
    W,
    discount_of,
    fraction,
)
from native.state import Open, with_value


class Worth:
    """Values of discounts for one choice.

    ``explicit``: promotions of which the composition of each single application matters.
    ``deferred``: promotions whose cap cuts applications in a way only known at the end.
    """

    def __init__(
        self, problem: Problem, choice: Choice, promos: list[Promo], *, exact: bool
    ) -> None:
        self.problem = problem
        self.choice = choice
        self.exact = exact
        weights = [choice.weight[zone] for zone in choice.zone]
        self.least_weight = {
            p.index: min((weights[c] for c in p.classes), default=0) for p in promos
        }
        # Exact sums are told apart by zone, values by weight only.
        kinds = choice.zone if exact else weights
        self.is_mixed = {
            p.index for p in promos if p.kind == BUY_GET and len({kinds[c] for c in p.classes}) > 1
        }
        self.one_zone = {p.index: len({weights[c] for c in p.classes}) <= 1 for p in promos}
        self.explicit = {p.index for p in promos if self._is_explicit(p)}
        # A cap cuts all applications in proportion: where it matters on which units, or where the
        # shares may fall below zero, its effect is only known at the end.
        self.deferred = {
            p.index
            for p in promos
            if p.cap is not None
            and (
                exact
                or p.index in self.explicit
                or (p.exclusive != UNITS and not self.one_zone[p.index])
            )
        }

    def factor(self, p: Promo) -> int:
        """Value of a discount unit at most: its worth where the later layers give least."""
        return W if p.exclusive == UNITS else W - self.least_weight[p.index]

    def _is_explicit(self, p: Promo) -> bool:
        """Whether the composition of each single application matters."""
        if p.size == 1:
            return False
        if p.kind == BUY_GET:
            # Its units give what they give, whichever application they are in: only the spread of
            # the discount over units that later layers treat differently does not.
            return p.exclusive != UNITS and p.index in self.is_mixed
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

    def gain(self, p: Promo, c: int, discount: Exact) -> Exact:
        """Value of a discount on one unit of class c, when the unit stands for itself."""
        weight = self.choice.weight[self.choice.zone[c]]
        if p.exclusive == UNITS:
            return discount * W - self.problem.price[c] * D * weight
        return discount * (W - weight)

    def share(self, p: Promo, slot: int, c: int) -> Exact:
        """Admissible share of one unit in the value of an application.

        The shares of an application sum to at least its value: an n-for-m discounts the cheapest,
        so its discount is at most discounted/n of the benefit on all its units; a bundle's price
        is split over its slots; the targets of a buy-get hand a part to the units bought.
        """
        price = self.problem.price[c]
        if p.kind == BUY_GET:
            share = self.slot_discount(p, slot, c)
            # The room of a threshold is measured in real discounts: no parts handed on there.
            share -= 0 if self.exact else p.slots[slot].part
        elif p.kind == N_FOR_M:
            share = -(-p.unit_discount(price) * p.discounted // p.size)
        elif p.benefit == PERCENT:
            share = price * p.value
        elif p.benefit == AMOUNT_OFF:
            share = p.slots[slot].part
        else:
            share = price * D - p.slots[slot].part
        if p.exclusive == UNITS:
            return share * W - price * D * self.choice.weight[self.choice.zone[c]]
        return share * (W - self.least_weight[p.index])

    def slot_discount(self, p: Promo, slot: int, c: int) -> int:
        """What a unit in a slot of a buy-get is reduced by, in 1/10_000 minor."""
        return p.unit_discount(self.problem.price[c]) if p.slots[slot].is_target else 0

    def sums(self, p: Promo, c: int, discount: Exact, share: Exact) -> tuple[Exact, ...]:
        """Discount given now, and what one unit takes from the three bases."""
        leaves = self.problem.price[c] * D if p.exclusive == UNITS else share
        zone = self.choice.zone[c]
        return (
            discount,
            leaves if zone & 1 else 0,
            leaves if zone & 2 else 0,
            leaves if zone == 3 else 0,
        )

    def group_value(self, p: Promo, c: int) -> Exact:
        """Value of one application made of units of class c alone."""
        price = self.problem.price[c]
        if p.kind != BUNDLE:
            discount = p.unit_discount(price) * p.discounted
        else:
            discount = p.sum_discount(price * p.size)
        weight = self.choice.weight[self.choice.zone[c]]
        if p.exclusive == UNITS:
            return discount * W - price * p.size * D * weight
        return discount * (W - weight)

    def grown(self, p: Promo, slot: int, c: int, one: Open) -> Open:
        """Return an open application with one more unit of class c in a slot."""
        price = self.problem.price[c]
        zone = self.choice.zone[c]
        fill = with_value(one.fill, slot, one.fill[slot] + 1)
        discount = one.discount
        if p.kind == N_FOR_M and fill[0] > p.size - p.discounted:
            discount += p.unit_discount(price)
        elif p.kind == BUY_GET:
            discount += self.slot_discount(p, slot, c)
        return Open(
            fill,
            with_value(one.price, zone, one.price[zone] + price),
            discount,
            one.share + self.share(p, slot, c),
            one.weighed + price * D * self.choice.weight[zone],
        )

    def value_of(self, applications: list[Application], promos: list[Promo]) -> Exact:
        """Return the value of a whole solution, caps cut in proportion."""
        by_index = {p.index: p for p in promos}
        price, zone, weight = self.problem.price, self.choice.zone, self.choice.weight
        given: dict[int, int] = {}
        for a in applications:
            discount = discount_of(by_index[a.promo], a, price) * a.times
            given[a.promo] = given.get(a.promo, 0) + discount
        total: Exact = 0
        for a in applications:
            p = by_index[a.promo]
            discount_now: Exact = discount_of(p, a, price)
            if p.cap is not None and given[p.index] > p.cap:
                discount_now = fraction(discount_now * p.cap, given[p.index])
            whole = sum(price[c] * units for c, units, _ in a.members)
            weighed = sum(price[c] * units * weight[zone[c]] for c, units, _ in a.members)
            if p.exclusive == UNITS:
                value = discount_now * W - weighed * D
            elif whole:
                value = fraction(discount_now * (whole * W - weighed), whole)
            else:
                value = 0
            total += value * a.times
        return total
