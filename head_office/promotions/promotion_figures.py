"""What each promotion did in a time: on how many receipts, what it cost, what was sold with it.

Counted from the completed sales as their tills sent them, each on its own day, less whatever came
back of it up to now, on whichever day and at whichever till.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from head_office.promotions import past_sales
from pos_plugin.units import divide_half_up
from sync_agent.protocol.words import Int64, Text

if TYPE_CHECKING:
    import datetime as dt

    from head_office.storage import Database

RECEIPTS_MAX: Final = 50_000


@dataclass(slots=True)
class Figures:
    """Of one promotion.

    Args:
        receipts: on which it applied, and something of it is left.
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
        receipts: completed sales that were not taken back whole.
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

    line_id: Text
    promotion: Text
    discount_minor: Int64


class _Line(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)

    line_id: Text
    quantity_milli: Int64


class _Returned(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)

    return_of: Text
    quantity_milli: Int64


class _TakenBack(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)

    till: Text
    sale_id: Text
    receipt: Int64 | None = None
    moment: Text = "after"
    turnover_minor: Int64 = 0
    lines: list[_Returned] = []


_RESULTS: Final = TypeAdapter(list[_Result])
_LINES: Final = TypeAdapter(list[_Line])


@dataclass(slots=True)
class _Back:
    """What came back of a sale.

    Args:
        is_whole: whether the sale was voided.
        turnover_minor: less turnover by returns, in minor units (cents).
        quantity_milli: of each line, in thousandths.
    """

    is_whole: bool = False
    turnover_minor: int = 0
    quantity_milli: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))


def figures(database: Database, *, first_on: dt.date, last_on: dt.date) -> Report:
    """Return what happened from the first to the last shop day, both included."""
    report = Report()
    own, foreign = _backs(database, since_on=first_on)
    read = 0
    for body in past_sales.bodies(
        database, first_on=first_on, last_on=last_on, receipts_max=RECEIPTS_MAX
    ):
        read += 1
        receipt = body["receipt"]
        sale_id = receipt["sale_id"]
        here = own.get((body.get("till"), sale_id))
        # Taken out: two tills may have given the same id, and one sale came back.
        elsewhere = foreign.pop(sale_id, None)
        backs = [one for one in (here, elsewhere) if one is not None]
        if any(one.is_whole for one in backs):
            continue
        turnover_minor = receipt["total_minor"] - sum(one.turnover_minor for one in backs)
        report.receipts += 1
        report.turnover_minor += turnover_minor
        for promotion, discount_minor in _given(body, backs).items():
            if backs and not discount_minor:
                continue  # all of it came back
            mine = report.promotions[promotion]
            mine.receipts += 1
            mine.discount_minor += discount_minor
            mine.turnover_minor += turnover_minor
            mine.by_day[receipt["business_on"]] += discount_minor
            report.discount_minor += discount_minor
    report.is_whole = read < RECEIPTS_MAX
    return report


_Own = dict[tuple[str | None, str], _Back]


def _backs(database: Database, *, since_on: dt.date) -> tuple[_Own, dict[str, _Back]]:
    """What came back at the till of the sale, by till and sale; and elsewhere, by sale alone."""
    own: _Own = {}
    foreign: dict[str, _Back] = {}
    for kind, body in past_sales.taken_back(database, since_on=since_on):
        try:
            said = _TakenBack.model_validate(body)
        except ValidationError:
            continue  # a till said something odd
        if said.moment != "after":
            continue  # a sale that was given up was never completed
        # A till that has the sale itself names its event; others know nothing but the id.
        if said.receipt is not None:
            back = own.setdefault((said.till, said.sale_id), _Back())
        else:
            back = foreign.setdefault(said.sale_id, _Back())
        back.is_whole |= kind == "sale_voided"
        back.turnover_minor += said.turnover_minor
        for line in said.lines:
            back.quantity_milli[line.return_of] += line.quantity_milli
    return own, foreign


def _given(body: dict[str, Any], backs: list[_Back]) -> dict[str, int]:
    """What each promotion gave, in minor units (cents), for the goods that were kept."""
    sold = {line.line_id: line.quantity_milli for line in _lines(body)} if backs else {}
    given: defaultdict[str, int] = defaultdict(int)
    for one in _results(body):
        quantity_milli = sold.get(one.line_id, 0)
        back_milli = sum(back.quantity_milli.get(one.line_id, 0) for back in backs)
        kept_minor = one.discount_minor
        if quantity_milli > 0 and back_milli > 0:
            kept_milli = max(0, quantity_milli - back_milli)
            kept_minor = divide_half_up(one.discount_minor * kept_milli, quantity_milli)
        given[one.promotion] += kept_minor
    return given


def _lines(body: dict[str, Any]) -> list[_Line]:
    try:
        return _LINES.validate_python(body.get("lines", []))
    except ValidationError:
        return []


def _results(body: dict[str, Any]) -> list[_Result]:
    """What each promotion gave on each line; nothing where a till said something odd."""
    try:
        return _RESULTS.validate_python(body.get("promotion_results", []))
    except ValidationError:
        return []
