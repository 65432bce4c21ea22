"""A shop-local moment at which several promotions are valid together."""

from __future__ import annotations

import datetime as dt
from itertools import islice
from typing import TYPE_CHECKING, Final

from pos_plugin.units import divide_down

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pos_plugin.promotions.promotion import Validity

WINDOWS_TRIED: Final = 50
"""Windows of which every beginning is tried."""

CHECKS_MOST: Final = 40_000  # of a moment against a window
FIRST: Final = dt.datetime.min  # noqa: DTZ901 - shop-local
LAST: Final = dt.datetime.max  # noqa: DTZ901 - shop-local
_DAYS: Final = 8  # a week, and the rest of the day it began in


def common_moment(validities: Sequence[Validity], on: dt.date) -> dt.datetime | None:
    """Return a moment at which all are valid, or None where none was found.

    With at most 50 windows in all, None proves that there is none: a common opening begins where
    one of them begins, within the first week.

    Args:
        validities: of the promotions.
        on: the day to take where they leave it open.
    """
    windows = sum(len(one.windows) for one in validities)
    tried = islice(_moments(validities, on), 1 + divide_down(CHECKS_MOST, 1 + windows))
    return next((moment for moment in tried if _holds(validities, moment)), None)


def _moments(validities: Sequence[Validity], on: dt.date) -> Iterator[dt.datetime]:
    begins = [one.from_ for one in validities if one.from_ is not None]
    ends = [one.until for one in validities if one.until is not None]
    begin = max(begins) if begins else dt.datetime.combine(on, dt.time(10))
    if not begins and ends and min(ends) <= begin:
        # Of a promotion without a beginning, the week before its end.
        begin = max(min(ends) - FIRST, dt.timedelta(days=_DAYS)) + FIRST
        begin -= dt.timedelta(days=_DAYS)
    windows = [window for one in validities for window in one.windows]
    times = list(dict.fromkeys([dt.time(0), *(window.from_ for window in windows)]))[
        : WINDOWS_TRIED + 1
    ]
    yield begin
    for days in range(_DAYS + 1):
        if LAST - begin < dt.timedelta(days=days):
            return
        day = (begin + dt.timedelta(days=days)).date()
        for time in times:
            moment = dt.datetime.combine(day, time)
            if moment >= begin:
                yield moment


def _holds(validities: Sequence[Validity], moment: dt.datetime) -> bool:
    return all(one.refusal(moment) is None for one in validities)
