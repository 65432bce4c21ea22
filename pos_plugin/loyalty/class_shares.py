"""Classes by share, kept from day to day: asked again are those who moved or were passed by a cut.

1. A customer is in the class in whose part of the whole its own amount begins, the largest first,
   equal ones by id: A to 80 % holds who starts below 80 %, so the largest of all is always in A.
   Who has nothing, or less, has no share and is in no class.
2. Where a class ends is kept as a place in that order, its cut. What one customer buys moves the
   whole, and with it the cuts; who did not move changes the class only where a cut passes over it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from pos_plugin.loyalty.class_scheme import NEW, NONE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pos_plugin.loyalty.class_scheme import ClassScheme
    from pos_plugin.loyalty.classes import Measured

    # (amount with its sign turned, id): the same order on every machine, however they came in.
    Place = tuple[int, str]

_WHOLE_BP: Final = 10_000
_END: Final = (0, "")  # behind everybody who has something, before everybody else


class Shares:
    """The classes of all customers in a scheme by share.

    >>> from pos_plugin.loyalty.class_scheme import read_scheme
    >>> from pos_plugin.loyalty.classes import Measured
    >>> classes = [{"code": "A", "rank": 1, "share_to_bp": 8_000}]
    >>> shares = Shares(read_scheme({"code": "abc", "revision": 1, "since_on": "2026-01-01",
    ...     "window": {"kind": "calendar_year"}, "metrics": ["turnover"], "method": "share",
    ...     "classes": classes}, "scheme"))
    >>> shares.move({"K1": Measured(turnover_minor=900), "K2": Measured(turnover_minor=100)})
    {'K1': 'A', 'K2': 'none'}
    >>> shares.move({"K1": Measured(turnover_minor=300)})  # K2 did not move: 300 of 400 are 75 %
    {'K1': 'A', 'K2': 'A'}
    """

    def __init__(self, scheme: ClassScheme) -> None:
        self._age_days_min = scheme.age_days_min
        self._orders = [_Order(scheme, metric) for metric in scheme.metrics]
        self._codes = [*(one.code for one in scheme.by_rank), NONE]
        self._choose = max if scheme.combine == "all" else min

    def move(self, customers: Mapping[str, Measured]) -> dict[str, str]:
        """Take in what some customers have now; return whose class can be another one, and which.

        Args:
            customers: by id; of all others what was said last holds, nobody grows younger.
        """
        rated = {one: m for one, m in customers.items() if m.age_days >= self._age_days_min}
        asked = {*rated}
        for order in self._orders:
            asked |= order.move(rated)
        found = {one: NEW for one in customers if one not in rated}
        for one in sorted(asked):
            found[one] = self._codes[self._choose(order.grade(one) for order in self._orders)]
        return found


class _Order:
    """The customers by one metric, and the cuts between the classes."""

    def __init__(self, scheme: ClassScheme, metric: str) -> None:
        self._metric = metric
        self._shares_bp = [one.share_to_bp or 0 for one in scheme.by_rank]
        self._place: dict[str, Place] = {}
        self._with_share: list[Place] = []  # sorted
        self._cuts: list[Place] = [_END for _ in self._shares_bp]

    def grade(self, customer: str) -> int:
        """Return the number of the class, 0 = the best; behind the last one is none."""
        return bisect_right(self._cuts, self._place[customer])

    def move(self, customers: Mapping[str, Measured]) -> set[str]:
        """Take in new amounts; return whom a cut passed."""
        came = {one: (-measured.value(self._metric), one) for one, measured in customers.items()}
        self._place |= came
        stayed = [place for place in self._with_share if place[1] not in came]
        # The long part is in order already: sorting is one pass that puts the others between.
        places = sorted([*stayed, *sorted(one for one in came.values() if one < _END)])
        self._with_share = places
        cuts_before, self._cuts = self._cuts, self._found_cuts()
        passed: set[str] = set()
        for cuts in zip(cuts_before, self._cuts, strict=True):
            first, behind = (bisect_left(places, cut) for cut in sorted(cuts))
            passed.update(one for _, one in places[first:behind])
        return passed

    def _found_cuts(self) -> list[Place]:
        places = self._with_share
        begins_at = [0, *accumulate(-negative for negative, _ in places)]
        total = begins_at[-1]
        ends = [
            bisect_left(begins_at, share_bp * total, key=lambda before: before * _WHOLE_BP)
            for share_bp in self._shares_bp
        ]
        return [places[end] if end < len(places) else _END for end in ends]
