"""What a programme says of its lots: when an earning can be used, and until when.

``expiry`` is written in one of four ways; every day counts from the shop day of the earning:

- ``none``: never;
- ``days:365``: 365 days later;
- ``month_end:12``: on the last day of the month twelve months later; ``month_end`` = ``:0``;
- ``year_end_plus:3``: on 31 December three years later.
"""

from __future__ import annotations

import calendar
import datetime as dt
from dataclasses import dataclass
from typing import Final, NamedTuple

EXPIRY_PATTERN: Final = r"^(none|days:[0-9]{1,4}|month_end(:[0-9]{1,3})?|year_end_plus:[0-9]{1,2})$"


class Terms(NamedTuple):
    """Of a programme; a till that does not know it earns at once and for ever.

    Args:
        maturity_days: days after the earning until it can be used.
        expiry: in the notation of this file.
    """

    maturity_days: int = 0
    expiry: str = "none"

    def matures_on(self, on: dt.date) -> str:
        """Return the first shop day on which an earning can be used."""
        return (on + dt.timedelta(days=self.maturity_days)).isoformat()

    def expires_on(self, on: dt.date) -> str | None:
        """Return the last shop day on which an earning can be used; None = it never expires.

        A notation that this version does not know never expires: what a customer keeps too long
        can be taken later, what was taken too early is gone.

        >>> day = dt.date(2026, 1, 31)
        >>> Terms(expiry="days:30").expires_on(day), Terms(expiry="month_end:1").expires_on(day)
        ('2026-03-02', '2026-02-28')
        >>> Terms(expiry="year_end_plus:3").expires_on(day), Terms().expires_on(day)
        ('2029-12-31', None)
        """
        word, _, number = self.expiry.partition(":")
        count = int(number) if number.isdecimal() else 0
        if word == "days" and number:
            return (on + dt.timedelta(days=count)).isoformat()
        if word == "month_end":
            years, month = divmod(on.month - 1 + count, 12)
            last = calendar.monthrange(on.year + years, month + 1)[1]
            return dt.date(on.year + years, month + 1, last).isoformat()
        if word == "year_end_plus" and number:
            return dt.date(on.year + count, 12, 31).isoformat()
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A points or bonus-money account, as head office describes it.

    Args:
        code: of the programme, ``account`` in rules.
        unit: ``POINTS`` or ``EUR_MINOR``.
        terms: of its lots.
        payout_threshold: less than this is not paid out, in the unit.
        payout_voucher_type: kind of voucher as which it is paid out; None = it is not paid out.
        payout_denominations: the only values such a voucher has, in minor units (cents); empty =
            any.
    """

    code: str
    unit: str
    terms: Terms
    payout_threshold: int = 0
    payout_voucher_type: str | None = None
    payout_denominations: tuple[int, ...] = ()
