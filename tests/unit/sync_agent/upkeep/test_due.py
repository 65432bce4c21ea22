from __future__ import annotations

import datetime as dt

import pytest

from pos_plugin.clock import utc_text
from sync_agent.upkeep.due import is_due

AT = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


@pytest.mark.parametrize(
    ("past", "due"),
    [(DAY, True), (DAY - dt.timedelta(seconds=1), False), (dt.timedelta(0), False)],
)
def test_it_is_due_when_so_much_time_has_passed(past: dt.timedelta, *, due: bool) -> None:
    assert is_due(utc_text(AT - past), at=AT, every=DAY) is due


def test_an_instant_in_the_future_does_not_count() -> None:
    assert is_due(utc_text(AT + dt.timedelta(seconds=1)), at=AT, every=DAY)


@pytest.mark.parametrize("nothing", [None, "", "yesterday", "2026-03-01T11:00:00", 5])
def test_what_is_no_instant_was_never(nothing: object) -> None:
    assert is_due(nothing, at=AT, every=DAY)
