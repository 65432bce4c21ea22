# cython: boundscheck=True, wraparound=False, cdivision=False, overflowcheck=True, language_level=3
# cython: initializedcheck=False
"""Which promotions may apply to a sale, before the search looks at any unit.

Only a promotion of which a selector matches is looked at, so the cost follows the basket, not the
generation. What most promotions ask is decided here by comparing integers; a promotion that asks
anything else carries ``asks`` and is decided by the rules themselves.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any

import cython

from native import codes
from native.limits import INT64_MAX

from .sorting import sort_first

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from .match import Matches


GATE = cython.declare(cython.longlong, codes.GATE_COLUMNS)
LAYER = cython.declare(cython.longlong, 0)
FROM = cython.declare(cython.longlong, 1)
UNTIL = cython.declare(cython.longlong, 2)
PER_CUSTOMER = cython.declare(cython.longlong, 3)
ASKS = cython.declare(cython.longlong, 4)
CONDITION = cython.declare(cython.longlong, codes.CONDITION_COLUMNS)
EARN = cython.declare(cython.longlong, codes.EARN)
CUSTOMER_KNOWN = cython.declare(cython.longlong, codes.CUSTOMER_KNOWN)
COUPON = cython.declare(cython.longlong, codes.COUPON)
MIN_VALUE = cython.declare(cython.longlong, codes.MIN_VALUE)
MIN_QUANTITY = cython.declare(cython.longlong, codes.MIN_QUANTITY)
FOREVER = cython.declare(cython.longlong, INT64_MAX)


@cython.cclass
class Gates:
    """What the promotions of a generation ask, as numbers; ids ascend, numbers follow them.

    Args:
        ids: of the promotions.
        gate: a table of GATE columns, row by row: layer; microseconds of
            wall time from which and until which the promotion runs; receipts per customer, -1 = no
            limit; 1 where the rules themselves must be asked.
        condition_start, condition: per promotion a table of CONDITION columns: kind and figures.
            IN_SEGMENT: from and to in ``word`` (any of them), from and to there (none of them);
            COUPON: number of the series; MIN_VALUE, MIN_QUANTITY: selector and least figure.
        word: numbers of segments.
        segments, series: number of each segment and of each series of coupons that is named.
        selector_start, selector: per promotion the selectors of its slots.
        concern_start, concern: per selector the promotions that have it.
    """

    promotions = cython.declare(cython.longlong, visibility="readonly")
    ids: list[str]
    segments: dict[str, int]
    series: dict[str, int]
    gate: cython.longlong[::1]
    condition_start: cython.longlong[::1]
    condition: cython.longlong[::1]
    word: cython.longlong[::1]
    selector_start: cython.longlong[::1]
    selector: cython.longlong[::1]
    concern_start: cython.longlong[::1]
    concern: cython.longlong[::1]

    def __init__(
        self,
        *,
        ids: Sequence[str],
        gate: array[int],
        condition_start: array[int],
        condition: array[int],
        word: array[int],
        segments: dict[str, int],
        series: dict[str, int],
        selector_start: array[int],
        selector: array[int],
        concern_start: array[int],
        concern: array[int],
    ) -> None:
        self.ids = list(ids)
        self.promotions = len(self.ids)
        self.segments = segments
        self.series = series
        self.gate = gate
        self.condition_start = condition_start
        self.condition = condition
        self.word = word
        self.selector_start = selector_start
        self.selector = selector
        self.concern_start = concern_start
        self.concern = concern


@cython.cclass
class Eligible:
    """The promotions that may apply to one sale after another; the arrays are used again.

    Args:
        gates: of the generation.
        classes: the arrays of ``native.classes.Classes``.
        matches: the ``native.matches.Matches`` that finds what selectors match.

    After ``find``, the numbers of ``size`` promotions stand in ``number``, ascending; every slot of
    each has a unit that it could take.
    """

    size = cython.declare(cython.longlong, visibility="readonly")
    number = cython.declare(object, visibility="readonly")
    gates: Gates
    matches: Matches
    numbers: cython.longlong[::1]
    price_minor: cython.longlong[::1]
    count: cython.longlong[::1]
    is_open: cython.longlong[::1]
    stamp: cython.longlong[::1]
    start: cython.longlong[::1]
    matched: cython.longlong[::1]
    hit: cython.longlong[::1]
    members: cython.longlong[::1]
    member: object
    now: cython.longlong
    seen: cython.longlong[::1]
    held_segment: cython.longlong[::1]
    held_series: cython.longlong[::1]
    wall_at: cython.longlong
    is_known: cython.bint

    def __init__(self, gates: Gates, classes: Mapping[str, array[int]], matches: Matches) -> None:
        self.gates = gates
        self.matches = matches
        self.price_minor = classes["price_minor"]
        self.count = classes["count"]
        self.is_open = classes["is_open"]
        self.stamp = matches.arrays["stamp"]
        self.start = matches.arrays["start"]
        self.matched = matches.arrays["number"]
        self.hit = matches.arrays["hit"]
        self.member = None
        self.size = 0
        self.now = 0
        self.wall_at = -1
        self.is_known = False
        self.number = array("q", bytes(8 * (gates.promotions + 1)))
        self.numbers = self.number
        self.seen = array("q", bytes(8 * (gates.promotions + 1)))
        self.held_segment = array("q", bytes(8 * (len(gates.segments) + 1)))
        self.held_series = array("q", bytes(8 * (len(gates.series) + 1)))

    def find(self, basket: Any, ask: Callable[[int], bool]) -> int:  # noqa: ANN401 - model above
        """Look at a sale; return how many promotions may apply.

        Args:
            basket: the sale (``pos_plugin.model.Basket``), read and matched before.
            ask: whether the rules let a promotion apply, by its number.
        """
        k: cython.longlong
        i: cython.longlong
        selector: cython.longlong
        number: cython.longlong
        candidates: cython.longlong = 0
        now: cython.longlong = self.matches.now
        touched: cython.longlong = self.matches.touched
        self.now = now
        self.wall_at = -1
        if self.member is not self.matches.member:
            self.member = self.matches.member
            self.members = self.member
        customer = basket.customer
        self.is_known = customer is not None
        self._hold(customer, basket.coupons)
        for k in range(touched):
            selector = self.hit[k]
            for i in range(
                self.gates.concern_start[selector], self.gates.concern_start[selector + 1]
            ):
                number = self.gates.concern[i]
                if self.seen[number] != now:
                    self.seen[number] = now
                    if self._may(number, basket, customer):
                        self.numbers[candidates] = number
                        candidates += 1
        if candidates > 1:
            sort_first(self.number, candidates)
        declined = basket.declined
        self.size = 0
        for k in range(candidates):
            number = self.numbers[k]
            if declined and self.gates.ids[number] in declined:
                continue
            if self.gates.gate[number * GATE + ASKS] and not ask(number):
                continue
            self.numbers[self.size] = number
            self.size += 1
        return int(self.size)

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _hold(self, customer: Any, coupons: tuple[Any, ...]) -> cython.int:  # noqa: ANN401
        """Note the segments of the customer and the series of the coupons that rules name."""
        if customer is not None and self.gates.segments:
            for segment in customer.segments:
                number = self.gates.segments.get(segment)
                if number is not None:
                    self.held_segment[cython.cast(cython.longlong, number)] = self.now
        for coupon in coupons:
            number = self.gates.series.get(coupon.series)
            if number is not None:
                self.held_series[cython.cast(cython.longlong, number)] = self.now
        return 0

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _may(self, number: cython.longlong, basket: Any, customer: Any) -> cython.bint:  # noqa: ANN401
        """Whether units are there, the time is right and the conditions hold that are numbers."""
        k: cython.longlong
        row: cython.longlong = number * GATE
        gates: Gates = self.gates
        is_earn: cython.bint = gates.gate[row + LAYER] == EARN
        if is_earn and not self.is_known:
            return False
        for k in range(gates.selector_start[number], gates.selector_start[number + 1]):
            if not self._has_units(gates.selector[k], is_earn):
                return False
        if gates.gate[row + FROM] > 0 or gates.gate[row + UNTIL] < FOREVER:
            if self.wall_at < 0:
                self.wall_at = wall_us(basket.at)
            if self.wall_at < gates.gate[row + FROM] or self.wall_at >= gates.gate[row + UNTIL]:
                return False
        if gates.gate[row + PER_CUSTOMER] >= 0:
            if not self.is_known:
                return False
            if customer.uses.get(gates.ids[number], 0) >= gates.gate[row + PER_CUSTOMER]:
                return False
        for k in range(gates.condition_start[number], gates.condition_start[number + 1]):
            if not self._holds(k * CONDITION):
                return False
        return True

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _has_units(self, selector: cython.longlong, closed_too: cython.bint) -> cython.bint:
        """Whether a selector matches units that a promotion may take."""
        k: cython.longlong
        start: cython.longlong
        if self.stamp[selector] != self.now:
            return False
        if closed_too:
            return True
        start = self.start[selector]
        for k in range(start, start + self.matched[selector]):
            if self.is_open[self.members[k]]:
                return True
        return False

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _holds(self, row: cython.longlong) -> cython.bint:
        """Whether a condition holds on the sale as scanned."""
        gates: Gates = self.gates
        kind: cython.longlong = gates.condition[row]
        if kind == COUPON:
            return self.held_series[gates.condition[row + 1]] == self.now
        if kind in (MIN_VALUE, MIN_QUANTITY):
            return self._measured(gates.condition[row + 1], kind) >= gates.condition[row + 2]
        if not self.is_known:
            return False
        if kind == CUSTOMER_KNOWN:
            return True
        if gates.condition[row + 2] > gates.condition[row + 1] and not self._in_any(
            gates.condition[row + 1], gates.condition[row + 2]
        ):
            return False
        return not self._in_any(gates.condition[row + 3], gates.condition[row + 4])

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _in_any(self, start: cython.longlong, end: cython.longlong) -> cython.bint:
        """Whether the customer is in one of the segments of a stretch of words."""
        k: cython.longlong
        for k in range(start, end):
            if self.held_segment[self.gates.word[k]] == self.now:
                return True
        return False

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _measured(self, selector: cython.longlong, kind: cython.longlong) -> cython.longlong:
        """Value in minor units, or number, of the units that a selector matches."""
        k: cython.longlong
        c: cython.longlong
        start: cython.longlong
        total: cython.longlong = 0
        if self.stamp[selector] != self.now:
            return 0
        start = self.start[selector]
        for k in range(start, start + self.matched[selector]):
            c = self.members[k]
            total += self.count[c] * (self.price_minor[c] if kind == MIN_VALUE else 1)
        return total


def wall_us(at: Any) -> int:  # noqa: ANN401 - datetime.datetime
    """Return the wall-clock part of an instant as microseconds; later instants are larger."""
    seconds: cython.longlong = at.toordinal() * 86_400
    seconds += at.hour * 3_600 + at.minute * 60 + at.second
    return int(seconds * 1_000_000 + at.microsecond)
