"""In which class a customer is: every customer in exactly one, whatever order they come in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pos_plugin.loyalty.class_scheme import COUNTS, NEW, NONE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pos_plugin.loyalty.class_scheme import ClassBounds, ClassScheme

_WHOLE_BP: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a customer did in the time that is counted; amounts in minor units (cents).

    ``age_days``: since the first receipt or rental of all.
    """

    rentals: int = 0
    visits: int = 0
    turnover_minor: int = 0
    margin_minor: int = 0
    age_days: int = 0

    def value(self, metric: str) -> int:
        """Return a metric by its word in the scheme."""
        values = {
            "rentals": self.rentals,
            "visits": self.visits,
            "turnover": self.turnover_minor,
            "margin": self.margin_minor,
        }
        return values[metric]


def class_by_bounds(scheme: ClassScheme, customer: Measured) -> str:
    """Return the class of one customer in a scheme with bounds or a matrix.

    Example: "3 to 10 rentals are C":

    >>> from pos_plugin.loyalty.class_scheme import read_scheme
    >>> c = {"code": "C", "rank": 3, "count_min": 3, "count_max": 10}
    >>> window = {"kind": "rolling_days", "days": 365}
    >>> scheme = read_scheme({"code": "abc", "revision": 1, "since_on": "2026-01-01",
    ...     "window": window, "metrics": ["rentals"], "classes": [c]}, "scheme")
    >>> [class_by_bounds(scheme, Measured(rentals=count)) for count in (2, 3, 10, 11)]
    ['none', 'C', 'C', 'none']
    """
    if customer.age_days < scheme.age_days_min:
        return NEW
    by_rank = scheme.by_rank
    if scheme.method == "matrix":
        count, turnover = sorted(scheme.metrics, key=lambda metric: metric not in COUNTS)
        grades = (_grade(by_rank, count, customer), _grade(by_rank, turnover, customer))
        return next((c.result for c in scheme.cells if (c.count, c.turnover) == grades), NONE)
    holds = all if scheme.combine == "all" else any
    for one in by_rank:
        if holds(_is_in(one, metric, customer) for metric in scheme.metrics):
            return one.code
    return NONE


def classify(scheme: ClassScheme, customers: Mapping[str, Measured]) -> dict[str, str]:
    """Return the class of every customer.

    By share a customer is in the class in whose part of the whole its own amount begins, the
    largest first, equal ones by id: A to 80 % holds who starts below 80 %, so the largest of all
    is always in A. Who has nothing, or less, has no share and is in no class.

    Args:
        scheme: the bounds.
        customers: by id.
    """
    if scheme.method != "share":
        return {one: class_by_bounds(scheme, measured) for one, measured in customers.items()}
    rated = {one: m for one, m in customers.items() if m.age_days >= scheme.age_days_min}
    by_metric = [_by_share(scheme, rated, metric) for metric in scheme.metrics]
    rank = {one.code: one.rank for one in scheme.classes}
    last = len(rank) + max(rank.values())
    choose = max if scheme.combine == "all" else min
    found = {
        one: choose((grades[one] for grades in by_metric), key=lambda code: rank.get(code, last))
        for one in rated
    }
    return {one: found.get(one, NEW) for one in customers}


def _grade(by_rank: tuple[ClassBounds, ...], metric: str, customer: Measured) -> str:
    return next((one.code for one in by_rank if _is_in(one, metric, customer)), NONE)


def _is_in(one: ClassBounds, metric: str, customer: Measured) -> bool:
    low, high = one.bounds(metric)
    return low <= customer.value(metric) < high


def _by_share(
    scheme: ClassScheme, customers: Mapping[str, Measured], metric: str
) -> dict[str, str]:
    # (value descending, id): the same order on every machine, whatever order they came in.
    values = sorted((-measured.value(metric), one) for one, measured in customers.items())
    total = sum(max(0, -value) for value, _ in values)
    grades = dict.fromkeys(customers, NONE)
    before = 0
    for negative, one in values:
        if negative >= 0:
            break
        for bounds in scheme.by_rank:
            if before * _WHOLE_BP < (bounds.share_to_bp or 0) * total:
                grades[one] = bounds.code
                break
        before -= negative
    return grades
