"""What each promotion did in a time: on how many receipts, what it cost, what was sold with it.

Counted from the completed sales as their tills sent them. Voids and returns are not subtracted:
they are other events, often of another day.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from head_office.promotions import past_sales
from sync_agent.protocol import Int64, Text

if TYPE_CHECKING:
    import datetime as dt

    from head_office.storage import Database

RECEIPTS_MAX: Final = 50_000


@dataclass(slots=True)
class Figures:
    """Of one promotion.

    Args:
        receipts: on which it applied.
        discount_minor: what it gave, in minor units (cents).
        turnover_minor: what was paid for these receipts as a whole, in minor units (cents).
        by_day: what it gave, by shop day.
    """

    receipts: int = 0
    discount_minor: int = 0
    turnover_minor: int = 0
    by_day: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))


@dataclass(slots=True)
class Report:
    """Of a time.

    Args:
        receipts: completed sales.
        turnover_minor: what was paid for them, in minor units (cents).
        discount_minor: what all promotions gave, in minor units (cents).
        promotions: by id.
        is_whole: whether all receipts of the time were counted.
    """

    receipts: int = 0
    turnover_minor: int = 0
    discount_minor: int = 0
    promotions: defaultdict[str, Figures] = field(default_factory=lambda: defaultdict(Figures))
    is_whole: bool = True


class _Result(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)

    promotion: Text
    discount_minor: Int64


_RESULTS: Final = TypeAdapter(list[_Result])


def figures(database: Database, *, first_on: dt.date, last_on: dt.date) -> Report:
    """Return what happened from the first to the last shop day, both included."""
    report = Report()
    for body in past_sales.bodies(
        database, first_on=first_on, last_on=last_on, receipts_max=RECEIPTS_MAX
    ):
        receipt = body["receipt"]
        report.receipts += 1
        report.turnover_minor += receipt["total_minor"]
        given: defaultdict[str, int] = defaultdict(int)
        for one in _results(body):
            given[one.promotion] += one.discount_minor
        for promotion, discount_minor in given.items():
            mine = report.promotions[promotion]
            mine.receipts += 1
            mine.discount_minor += discount_minor
            mine.turnover_minor += receipt["total_minor"]
            mine.by_day[receipt["business_on"]] += discount_minor
            report.discount_minor += discount_minor
    report.is_whole = report.receipts < RECEIPTS_MAX
    return report


def _results(body: dict[str, Any]) -> list[_Result]:
    """What each promotion gave on each line; nothing where a till said something odd."""
    try:
        return _RESULTS.validate_python(body.get("promotion_results", []))
    except ValidationError:
        return []
