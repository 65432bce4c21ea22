"""In which class a customer is by bounds or by a matrix; it depends on nobody else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pos_plugin.loyalty.class_scheme import COUNTS, NEW, NONE

if TYPE_CHECKING:
    from pos_plugin.loyalty.class_scheme import ClassBounds, ClassScheme


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


def _grade(by_rank: tuple[ClassBounds, ...], metric: str, customer: Measured) -> str:
    return next((one.code for one in by_rank if _is_in(one, metric, customer)), NONE)


def _is_in(one: ClassBounds, metric: str, customer: Measured) -> bool:
    low, high = one.bounds(metric)
    return low <= customer.value(metric) < high
