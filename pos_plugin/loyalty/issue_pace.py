"""How often a customer may get a voucher of one kind: after a rest, and so many a year."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


class Given(NamedTuple):
    """A voucher that the customer got; cancelled ones never were.

    Args:
        issued_on: shop day.
        ended_on: shop day on which it was used up, or its last valid day when nobody used it.
        is_over: it can be used no more.
    """

    issued_on: dt.date
    ended_on: dt.date
    is_over: bool


def may_have_another(
    given: Sequence[Given], *, on: dt.date, interval_days: int | None, per_year_max: int | None
) -> bool:
    """Say whether the rest is over and the year has room.

    Args:
        given: of this kind, in any order.
        on: shop day.
        interval_days: days from the last use or expiry to the next voucher; None = no rest.
        per_year_max: so many in a calendar year; None = as many as come.

    >>> used = Given(dt.date(2026, 3, 1), dt.date(2026, 3, 7), True)
    >>> [may_have_another([used], on=dt.date(2026, 3, day), interval_days=14, per_year_max=None)
    ...     for day in (20, 21)]
    [False, True]
    """
    if per_year_max is not None:
        this_year = sum(one.issued_on.year == on.year for one in given)
        if this_year >= per_year_max:
            return False
    rest = dt.timedelta(days=interval_days or 0)
    return all(one.ended_on + rest <= on for one in given if one.is_over)
