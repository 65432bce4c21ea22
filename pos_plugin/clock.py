"""The time of the shop: everything that needs an instant or a day asks here."""

from __future__ import annotations

import datetime as dt
from typing import Protocol


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> dt.datetime:
        """Return the instant, with the shop's own offset from UTC."""
        ...


class SystemClock:
    """The clock of the machine, in the machine's time zone."""

    def now(self) -> dt.datetime:
        """Return the instant, with the shop's own offset from UTC."""
        return dt.datetime.now().astimezone()  # noqa: TID251 - the one place


class SettableClock:
    """A clock that stands still until somebody moves it: replays and tests.

    Args:
        at: the first instant, with its offset from UTC.
    """

    def __init__(self, at: dt.datetime) -> None:
        self.set(at)

    def now(self) -> dt.datetime:
        """Return the instant last set."""
        return self._at

    def set(self, at: dt.datetime) -> None:
        """Move to another instant, forward or back."""
        if at.tzinfo is None:
            raise ValueError("an instant needs its offset from UTC")
        self._at = at

    def advance(self, *, days: int = 0, seconds: int = 0) -> None:
        """Move by whole days and seconds."""
        self._at += dt.timedelta(days=days, seconds=seconds)


def utc_text(at: dt.datetime) -> str:
    """Return an instant as UTC text, to the millisecond; texts sort like their instants.

    >>> utc_text(dt.datetime(2026, 3, 7, 15, 12, tzinfo=dt.timezone(dt.timedelta(hours=1))))
    '2026-03-07T14:12:00.000Z'
    """
    return at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def instant(text: str) -> dt.datetime:
    """Return the instant of an ISO 8601 text with offset.

    >>> instant("2026-03-01T00:00:00Z") == dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    True
    """
    at = dt.datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"{text!r} has no offset from UTC")
    return at
