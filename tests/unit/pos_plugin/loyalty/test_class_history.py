"""The history of classes is a function of the facts, whenever and how often it is computed."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
from class_schemes import BY_SHARE, scheme, share_scheme
from hypothesis import given
from hypothesis import strategies as st
from plain_classes import plain_changes

from pos_plugin.loyalty.class_history import Fact, Standing, changes, classes_on

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pos_plugin.loyalty.class_history import Change
    from pos_plugin.loyalty.class_scheme import ClassScheme

START = dt.date(2026, 1, 1)


def day(number: int) -> dt.date:
    return START + dt.timedelta(days=number)


def rental(on: int, customer: str = "K1", *, times: int = 1, known: int | None = None) -> Fact:
    return Fact(
        customer, day(on), day(on if known is None else known), rentals=times, presence=times
    )


def run(
    revisions: Sequence[ClassScheme],
    facts: Iterable[Fact],
    *ends: int,
    first: int = 0,
) -> list[Change]:
    """Compute in as many runs as there are ends, each beginning where the last one stopped."""
    found: list[Change] = []
    standing: dict[str, Standing] = {}
    for end in ends:
        new = list(changes(revisions, facts, standing, from_on=day(first), to_on=day(end)))
        standing |= {one.customer: Standing(one.code, one.revision) for one in new}
        found += new
        first = end + 1
    return found


def told(found: Iterable[Change]) -> list[tuple[str, int, str]]:
    return [(one.customer, (one.since_on - START).days, one.code) for one in found]


@pytest.mark.capability("V1")
def test_class_is_in_force_from_the_next_day_until_the_window_has_passed() -> None:
    three = [rental(5), rental(6), rental(7)]
    window = {"kind": "rolling_days", "days": 30}
    assert told(run([scheme(window=window)], three, 60)) == [
        ("K1", 6, "none"),
        ("K1", 8, "C"),
        ("K1", 36, "none"),  # day 5 is the 31st day back: two are left
    ]


@pytest.mark.capability("V1")
def test_cancelled_rental_is_not_counted_from_its_cancellation_on() -> None:
    facts = [rental(5, times=3), rental(5, times=-1, known=9)]
    assert told(run([scheme()], facts, 20)) == [("K1", 6, "C"), ("K1", 10, "none")]


def test_new_customer_gets_a_class_without_any_further_visit() -> None:
    found = run([scheme(age_days_min=10)], [rental(5, times=3)], 40)
    assert told(found) == [("K1", 6, "new"), ("K1", 15, "C")]


@pytest.mark.capability("V9")
def test_visit_is_a_day_with_receipt_or_rental_and_voids_are_none() -> None:
    facts = [
        Fact("K1", day(1), day(1), presence=1, turnover_minor=500),
        rental(1),
        Fact("K1", day(2), day(2), presence=1, turnover_minor=500),
        Fact("K1", day(2), day(4), presence=-1, turnover_minor=-500),  # the receipt was voided
    ]
    by_visits = scheme(metrics=["visits"], classes=[{"code": "C", "rank": 1, "count_min": 2}])
    found = run([by_visits], facts, 10)
    assert [(one.measured.visits, one.measured.turnover_minor) for one in found] == [
        (1, 500),
        (2, 1_000),
        (1, 500),
    ]


def test_new_revision_is_told_for_everybody_and_changes_no_day_before() -> None:
    second = scheme(revision=2, since_on="2026-01-21", classes=[{"code": "A", "rank": 1}])
    facts = [rental(5, times=3)]
    found = run([scheme(), second], facts, 40)
    assert told(found) == [("K1", 6, "C"), ("K1", 20, "A")]
    assert [one.revision for one in found] == [1, 2]
    assert told(run([scheme()], facts, 40)) == told(found)[:1]


FACTS = st.lists(
    st.builds(
        lambda customer, on, late, rentals, minor, sign: Fact(
            customer,
            day(on),
            day(on + late),
            rentals=sign * rentals,
            presence=sign,
            turnover_minor=sign * minor,
            margin_minor=sign * (minor - 100),
        ),
        st.sampled_from(["K1", "K2", "K3", "K4"]),
        st.integers(-20, 50),
        st.integers(0, 5),
        st.integers(0, 4),
        st.integers(0, 900),
        st.sampled_from([1, 1, 1, -1]),
    ),
    max_size=25,
)
MONTH = {"kind": "rolling_days", "days": 30}
REVISIONS = st.sampled_from(
    [
        [scheme(window=MONTH, age_days_min=7)],
        [share_scheme(window=MONTH)],
        [share_scheme(window=MONTH, age_days_min=7, metrics=["visits", "turnover"])],
        [share_scheme(metrics=["margin", "rentals"], combine="any", classes=BY_SHARE[:2])],
        [
            scheme(window={"kind": "months", "months": 1}),
            share_scheme(revision=2, since_on="2026-01-21"),
        ],
        [scheme(window={"kind": "calendar_year"}, metrics=["visits"])],
    ]
)


@given(revisions=REVISIONS, facts=FACTS, ends=st.sets(st.integers(0, 69), max_size=6))
def test_many_runs_and_one_run_give_the_same_history(
    revisions: list[ClassScheme], facts: list[Fact], ends: set[int]
) -> None:
    whole = run(revisions, facts, 70)
    assert run(revisions, facts, *sorted(ends), 70) == whole
    assert run(revisions, facts[::-1], 70) == whole


@given(revisions=REVISIONS, facts=FACTS)
def test_every_day_is_what_a_fresh_count_of_that_day_says(
    revisions: list[ClassScheme], facts: list[Fact]
) -> None:
    plain = plain_changes(revisions, facts, from_on=day(0), to_on=day(70))
    assert run(revisions, facts, 70) == list(plain)


def test_customer_who_did_not_come_changes_class_with_the_whole() -> None:
    """Negative control: counting only customers with a fact of the day would miss it."""
    facts = [
        Fact(who, day(on), day(on), presence=1, turnover_minor=minor)
        for who, on, minor in (("K1", 1, 900), ("K2", 1, 100), ("K3", 5, 9_000))
    ]
    assert told(run([share_scheme()], facts, 10)) == [
        ("K1", 2, "A"),
        ("K2", 2, "B"),
        ("K1", 6, "B"),
        ("K2", 6, "C"),
        ("K3", 6, "A"),
    ]


def test_class_of_a_day_is_found_in_the_history() -> None:
    history = [
        ("K1", "none", "2026-01-06", "2026-01-07"),
        ("K1", "C", "2026-01-08", None),
    ]
    assert classes_on(history, day(4)) == {}
    assert classes_on(history, day(6)) == {"K1": "none"}
    assert classes_on(history, day(7)) == {"K1": "C"}
