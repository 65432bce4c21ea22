"""Whether one application of an article promotion can be formed from the units of a sale.

A place is one unit of a slot. Units are handed to places by augmenting paths, class by class in
falling price: as many places as possible are filled, and of all ways to do so the dearest units
are seated. What stays empty names the slots that together ask for more than fits them.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pos_plugin.promotions.condition import Missing
from pos_plugin.promotions.offers import Bundle, BuyGet, NForM, QuantityTiers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pos_plugin.promotions.classes import UnitClass
    from pos_plugin.promotions.facts import SaleFacts
    from pos_plugin.promotions.promotion import Promotion


@dataclass(frozen=True, slots=True)
class Places:
    """So many units of the classes that fit, in falling price."""

    quantity: int
    classes: Sequence[int]
    is_target: bool = False


def places_of(
    promotion: Promotion, classes: Sequence[UnitClass], facts: SaleFacts
) -> tuple[Places, ...]:
    """Return what the smallest application takes, slot by slot; discountable units only."""
    offer = promotion.offer
    quantities = [1]
    if isinstance(offer, NForM):
        quantities = [offer.n]
    elif isinstance(offer, QuantityTiers):
        quantities = [offer.steps()[0].min_quantity]
    elif isinstance(offer, Bundle | BuyGet):
        quantities = [slot.quantity for slot in offer.slots]
    bought = len(offer.buy) if isinstance(offer, BuyGet) else len(quantities)
    return tuple(
        Places(
            quantity,
            [c for c in facts.classes_of(selector) if classes[c].discountable],
            is_target=number >= bought,
        )
        for number, (quantity, selector) in enumerate(
            zip(quantities, promotion.selectors(), strict=True)
        )
    )


def too_few(
    promotion: Promotion, places: tuple[Places, ...], classes: Sequence[UnitClass]
) -> Missing | None:
    """Return how many units an application lacks, None where one can be formed."""
    for one in places:
        have = sum(classes[c].count for c in one.classes)
        if have < one.quantity:
            return Missing("min_quantity", one.quantity, have)
    if len(places) == 1:
        return None
    seats = Seats(places, classes)
    if not seats.is_full:
        return Missing("min_quantity", *seats.crowd())
    offer = promotion.offer
    if not isinstance(offer, BuyGet) or not offer.get_at_most_buy_price:
        return None
    bought = sum(one.quantity for one in places if not one.is_target)
    need = sum(one.quantity for one in places if one.is_target)
    have = 0
    for part in split_by_price(places, classes):
        seats = Seats(part, classes)
        if seats.is_full:
            return None
        have = max(have, seats.filled - bought)
    return Missing("min_quantity", need, have)


def split_by_price(
    places: tuple[Places, ...], classes: Sequence[UnitClass]
) -> list[tuple[Places, ...]]:
    """Return the places with every price that may part what is bought from what is given."""
    bought = {classes[c].price_minor for one in places if not one.is_target for c in one.classes}
    return [
        tuple(
            Places(
                one.quantity,
                [
                    c
                    for c in one.classes
                    if (
                        classes[c].price_minor <= price_minor
                        if one.is_target
                        else classes[c].price_minor >= price_minor
                    )
                ],
                is_target=one.is_target,
            )
            for one in places
        )
        for price_minor in sorted(bought, reverse=True)
    ]


class Seats:
    """Units in their places.

    Args:
        places: one entry per slot.
        classes: of the sale, in falling price.
    """

    def __init__(self, places: Sequence[Places], classes: Sequence[UnitClass]) -> None:
        self._places = places
        self._classes = classes
        self._free = [one.quantity for one in places]
        self._seated: list[dict[int, int]] = [{} for _ in places]
        self._slots_of: dict[int, list[int]] = {}
        for slot, one in enumerate(places):
            for c in one.classes:
                self._slots_of.setdefault(c, []).append(slot)
        self.worth_minor = 0
        """Scanned price of all units that are seated, in minor units (cents)."""
        for c in sorted(self._slots_of):
            left = classes[c].count
            while left and (path := self._path(c)):
                moved = self._move(path, left)
                left -= moved
                self.worth_minor += moved * classes[c].price_minor

    @property
    def is_full(self) -> bool:
        """Whether every place has its unit."""
        return not any(self._free)

    @property
    def filled(self) -> int:
        """How many places have their unit."""
        return sum(one.quantity for one in self._places) - sum(self._free)

    def crowd(self) -> tuple[int, int]:
        """Return what the slots around an empty place need together, and what fits them."""
        slots = [next(slot for slot, free in enumerate(self._free) if free)]
        reached: set[int] = set()
        for slot in slots:
            for c in self._places[slot].classes:
                if c not in reached:
                    reached.add(c)
                    slots += [
                        s for s in self._slots_of[c] if s not in slots and c in self._seated[s]
                    ]
        need = sum(self._places[slot].quantity for slot in slots)
        return need, sum(self._classes[c].count for c in reached)

    def _path(self, first: int) -> list[tuple[int, int]]:
        """Return (class, slot) steps from this class to a free place, [] where there is none."""
        came: dict[int, tuple[int, int]] = {}  # slot: the class that wants in, and from which slot
        queue = []
        for slot in self._slots_of[first]:
            came[slot] = first, -1
            queue.append(slot)
        for slot in queue:
            if self._free[slot]:
                path, end = [], slot
                while end >= 0:
                    c, before = came[end]
                    path.append((c, end))
                    end = before
                return path[::-1]
            for c in self._seated[slot]:
                for other in self._slots_of[c]:
                    if other not in came:
                        came[other] = c, slot
                        queue.append(other)
        return []

    def _move(self, path: list[tuple[int, int]], most: int) -> int:
        """Seat up to so many units of the first class along the path; return how many."""
        number = min(most, self._free[path[-1][1]])
        for (_, slot), (c, _) in itertools.pairwise(path):
            number = min(number, self._seated[slot][c])
        for place, (c, slot) in enumerate(path):
            self._seated[slot][c] = self._seated[slot].get(c, 0) + number
            if place:
                before = self._seated[path[place - 1][1]]
                before[c] -= number
                if not before[c]:
                    del before[c]
        self._free[path[-1][1]] -= number
        return number
