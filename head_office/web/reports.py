"""The Monday report: what each promotion did, and a chart of its days."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final, NamedTuple

from head_office.promotions import promotion_figures
from head_office.users import Role
from head_office.web import promotion_list
from head_office.web.door import Page
from pos_plugin.units import divide_half_up

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.responses import Response

    from head_office.web.visit import Visit

DAYS: Final = 7
DAYS_MAX: Final = 92
_HEIGHT: Final = 100
_STEP: Final = 24


class Bar(NamedTuple):
    """A day of a chart: where it stands, how high it is, and what it says."""

    x: int
    y: int
    height: int
    on: str
    discount_minor: int


def show(visit: Visit) -> Response:
    """Show a time; the last seven whole days and today unless another one is asked for."""
    today = visit.now.astimezone().date()
    first_on = _day(visit.query.get("from", ""), today - dt.timedelta(days=DAYS))
    last_on = _day(visit.query.get("to", ""), today)
    if not dt.timedelta(0) <= last_on - first_on < dt.timedelta(days=DAYS_MAX):
        first_on = last_on - dt.timedelta(days=min(DAYS, last_on.toordinal() - 1))
    report = promotion_figures.figures(visit.database, first_on=first_on, last_on=last_on)
    names = {
        one.id: promotion_list.name_of(one.newest, visit.language)
        for one in promotion_list.known(visit).values()
    }
    days = [
        (first_on + dt.timedelta(days=number)).isoformat()
        for number in range((last_on - first_on).days + 1)
    ]
    rows = [
        {"name": names.get(one, one), "figures": mine, "bars": bars(mine.by_day, days)}
        for one, mine in sorted(
            report.promotions.items(), key=lambda item: (-item[1].discount_minor, item[0])
        )
    ]
    return visit.page(
        "report.html",
        report=report,
        rows=rows,
        first_on=first_on.isoformat(),
        last_on=last_on.isoformat(),
        width=_STEP * len(days),
        most=promotion_figures.RECEIPTS_MAX,
    )


def bars(by_day: Mapping[str, int], days: list[str]) -> list[Bar]:
    """Return a bar for each day, the highest as high as the chart.

    >>> bars({"2026-03-02": 500}, ["2026-03-01", "2026-03-02"])[1]
    Bar(x=24, y=0, height=100, on='2026-03-02', discount_minor=500)
    """
    highest = max(1, *(by_day.get(day, 0) for day in days))
    found = []
    for number, day in enumerate(days):
        minor = by_day.get(day, 0)
        height = divide_half_up(max(minor, 0) * _HEIGHT, highest)
        found.append(Bar(number * _STEP, _HEIGHT - height, height, day, minor))
    return found


def _day(text: str, otherwise: dt.date) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return otherwise


PAGES = (Page("GET", "/report", Role.VIEWER, show),)
