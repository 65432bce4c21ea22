"""Counters of the last 365 days: kept by the day, so that a day leaves them when its time is over.

An entry of such a counter bears its shop day in its key, ``history:receipts_365d:2026-03-07``; the
row that sums them is ``history:receipts_365d`` and holds one sum a day. The window is cut when it
is read, by the day of reading: no nightly run has to come in time, and a clock that was set wrong
leaves nothing wrong behind.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Final

from pos_plugin.limits import MAX_COUNTER_DAYS
from pos_plugin.loyalty.ledger import RECEIPTS, REVENUE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

WINDOW_DAYS: Final = 365
_BY_DAY: Final = re.compile(f"({RECEIPTS}|{REVENUE}):([0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})")


def row_and_day(key: str) -> tuple[str, str | None]:
    """Return the counter that an entry goes into, and its shop day if it is counted by the day.

    >>> row_and_day("history:receipts_365d:2026-03-07")
    ('history:receipts_365d', '2026-03-07')
    >>> row_and_day("history:revenue_minor_year:2026")
    ('history:revenue_minor_year:2026', None)
    """
    found = _BY_DAY.fullmatch(key)
    return (found[1], found[2]) if found else (key, None)


def first_day(on: dt.date) -> str:
    """Return the first shop day of the window; the day itself is its last.

    >>> first_day(dt.date(2026, 12, 31))
    '2026-01-01'
    """
    return dt.date.fromordinal(max(1, on.toordinal() - WINDOW_DAYS + 1)).isoformat()


def within(days: Iterable[tuple[str, int]], on: dt.date) -> int:
    """Return what the days of the window add up to.

    Days after ``on`` count: a clock that was set back makes no receipt vanish.

    Args:
        days: shop day and its sum.
        on: shop day of reading.
    """
    since_on = first_day(on)
    return sum(value for day, value in days if day >= since_on)


def newest(days: Mapping[str, int]) -> list[list[str | int]]:
    """Return the sums by day as a row carries them: the newest days, the oldest of them first."""
    kept = sorted(day for day, value in days.items() if value)[-MAX_COUNTER_DAYS:]
    return [[day, days[day]] for day in kept]
