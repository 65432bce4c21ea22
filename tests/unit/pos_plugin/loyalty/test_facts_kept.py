"""Facts that count no more change no class that is told."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
from class_schemes import scheme, share_scheme
from hypothesis import given
from hypothesis import strategies as st

from pos_plugin.loyalty.class_history import Fact, changes
from pos_plugin.loyalty.facts_kept import first_told_on, kept, kept_since

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pos_plugin.loyalty.class_scheme import ClassScheme

START = dt.date(2024, 1, 1)
LAST = dt.date(2024, 12, 20)
MONTH = {"kind": "months", "months": 1}
SCHEMES = [
    scheme(since_on="2024-01-01", window={"kind": "rolling_days", "days": 40}, age_days_min=30),
    share_scheme(since_on="2024-01-01", window=MONTH, age_days_min=7),
    scheme(since_on="2024-01-01", window=MONTH, metrics=["visits"]),
]
FACTS = st.lists(
    st.builds(
        lambda customer, day, late, times, turnover_minor: Fact(
            customer,
            START + dt.timedelta(days=day),
            START + dt.timedelta(days=day + (late if times < 0 else 0)),
            rentals=times,
            presence=times,
            turnover_minor=times * turnover_minor,
        ),
        st.sampled_from(["K1", "K2", "K3"]),
        st.integers(0, 353),
        st.integers(0, 60),
        st.sampled_from([1, 1, 1, -1]),
        st.integers(0, 5_000),
    ),
    max_size=25,
)


def classes_by_day(
    revisions: Sequence[ClassScheme], facts: Iterable[Fact], first_on: dt.date
) -> list[dict[str, str]]:
    found = [
        (one.customer, one.code, one.since_on)
        for one in changes(revisions, facts, {}, from_on=first_on, to_on=LAST)
    ]
    days = (first_on + dt.timedelta(days=number) for number in range((LAST - first_on).days + 1))
    latest = {}
    told = []
    for day in days:
        latest |= {customer: code for customer, code, on in found if on == day}
        told.append(dict(latest))
    return told


@pytest.mark.capability("V1", "K11")
@given(FACTS, st.sampled_from(SCHEMES), st.integers(1, 6))
def test_old_facts_change_no_class_that_is_told(
    facts: list[Fact], one: ClassScheme, months: int
) -> None:
    since_on = kept_since([one], on=LAST, months=months)
    first_on = first_told_on([one], on=LAST, months=months)
    with_all = classes_by_day([one], facts, START)[(first_on - START).days :]
    assert classes_by_day([one], kept(facts, since_on=since_on), first_on) == with_all


def test_forgetting_who_came_before_would_make_them_new_again() -> None:
    """Negative control: without the first day of each customer a class is another one."""
    one = SCHEMES[0]
    early, late = dt.date(2024, 2, 1), dt.date(2024, 12, 1)
    facts = [Fact("K1", early, early, presence=1), Fact("K1", late, late, presence=1)]
    since_on = kept_since([one], on=LAST, months=3)
    dropped = [fact for fact in facts if fact.counted_on >= since_on]
    first_on = first_told_on([one], on=LAST, months=3)
    assert classes_by_day([one], dropped, first_on)[-1] == {"K1": "new"}
    assert classes_by_day([one], kept(facts, since_on=since_on), first_on)[-1] == {"K1": "none"}


def test_of_older_time_only_the_first_day_of_each_customer_stays() -> None:
    old = [
        Fact("K1", START + dt.timedelta(days=number), START + dt.timedelta(days=number), rentals=1)
        for number in (9, 3, 5)
    ]
    new = Fact("K2", LAST, LAST, rentals=1, turnover_minor=100)
    first = START + dt.timedelta(days=3)
    assert list(kept([*old, new], since_on=LAST)) == [new, Fact("K1", first, first)]


def test_a_window_longer_than_the_months_has_all_it_needs() -> None:
    year = scheme(since_on="2020-01-01")
    assert kept_since([year], on=LAST, months=1) == dt.date(2023, 12, 2)
    assert first_told_on([year], on=LAST, months=1) == dt.date(2024, 12, 1)
    assert kept_since([year], on=LAST, months=36) == dt.date(2021, 12, 1)
    assert first_told_on([year], on=LAST, months=36) == dt.date(2022, 12, 1)


def test_a_calendar_year_is_told_from_the_first_whole_one() -> None:
    one = scheme(since_on="2020-01-01", window={"kind": "calendar_year"})
    assert first_told_on([one], on=LAST, months=36) == dt.date(2022, 1, 2)
