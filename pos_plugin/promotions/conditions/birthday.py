"""``birthday``: the sale falls into the days around the customer's birthday."""

from __future__ import annotations

import calendar
import datetime as dt
from typing import Literal

from pos_plugin.promotions.condition import Condition, Facts, Missing
from pos_plugin.promotions.words import Days


def birthday_in(year: int, born_on: dt.date) -> dt.date:
    """Return the birthday of a year; 29 February is kept on 28 February in common years.

    >>> birthday_in(2027, dt.date(2000, 2, 29))
    datetime.date(2027, 2, 28)
    """
    if (born_on.month, born_on.day) == (2, 29) and not calendar.isleap(year):
        return dt.date(year, 2, 28)
    return dt.date(year, born_on.month, born_on.day)


class Birthday(Condition):
    """Holds from ``days_before`` the birthday to ``days_after`` it, both included.

    The window runs over the turn of the year: born on 2 January, 7 days before starts on
    26 December.
    """

    type: Literal["birthday"]
    days_before: Days = 0
    days_after: Days = 0

    def missing(self, sale: Facts) -> Missing | None:
        """Return ``birthday`` outside the window or where the day is unknown."""
        if sale.customer is None:
            return Missing("customer_unknown")
        born_on = sale.customer.birthday
        if born_on is None:
            return Missing("birthday")
        today = sale.wall_at.date()
        for year in (today.year - 1, today.year, today.year + 1):
            if not dt.MINYEAR <= year <= dt.MAXYEAR:
                continue
            days = (today - birthday_in(year, born_on)).days
            if -self.days_before <= days <= self.days_after:
                return None
        return Missing("birthday")
