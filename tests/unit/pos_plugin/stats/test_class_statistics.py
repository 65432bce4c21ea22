"""Figures of the classes: rows and columns sum to both days, and nothing is counted twice."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_plugin.loyalty.class_history import Fact
from pos_plugin.loyalty.class_statistics import (
    Brought,
    Cell,
    Effect,
    Grant,
    courses,
    effects,
    migration,
    redemption,
)

DAY = dt.date(2026, 3, 1)
CODES = st.sampled_from(["A", "B", "C", "none", "new"])
PEOPLE = st.dictionaries(st.integers(0, 30).map(lambda number: f"K{number}"), CODES)


def on(number: int) -> dt.date:
    return DAY + dt.timedelta(days=number)


@pytest.mark.capability("V8")
@given(before=PEOPLE, after=PEOPLE)
def test_rows_and_columns_sum_to_both_days(before: dict[str, str], after: dict[str, str]) -> None:
    between = {customer: Brought(100 + number, number) for number, customer in enumerate(before)}
    moved = migration(courses(before, after, between).values(), ranked=["A", "B", "C"])
    for code in ("A", "B", "C", "none", "new"):
        assert moved.row(code).customers == list(before.values()).count(code)
        assert moved.column(code).customers == list(after.values()).count(code)
    everybody = before.keys() | after.keys()
    assert sum(moved.row(code).customers for code in moved.codes) == len(everybody)
    here = [brought for customer, brought in between.items() if customer in everybody]
    cells = moved.cells.values()
    assert sum(cell.turnover_minor for cell in cells) == sum(one.turnover_minor for one in here)
    assert sum(cell.margin_minor for cell in cells) == sum(one.margin_minor for one in here)


@pytest.mark.capability("V8")
def test_who_came_later_was_absent_before() -> None:
    between = {"K1": Brought(500, 90), "K2": Brought(70)}
    found = courses({"K1": "C"}, {"K1": "B", "K2": "new"}, between)
    moved = migration(found.values(), ranked=["B", "C"])
    assert moved.codes == ("B", "C", "none", "new", "absent")
    assert moved.cells == {("C", "B"): Cell(1, 500, 90), ("absent", "new"): Cell(1, 70)}


def test_class_of_an_older_revision_has_its_own_row() -> None:
    moved = migration(courses({"K1": "GOLD"}, {"K1": "A"}, {}).values(), ranked=["A"])
    assert moved.codes == ("A", "GOLD", "none", "new", "absent")
    assert moved.row("GOLD") == Cell(1, 0)


@pytest.mark.capability("V8")
def test_vouchers_are_counted_by_the_class_at_the_grant() -> None:
    grants = [
        Grant(
            "K1",
            "abc:C",
            on(0),
            printed=True,
            handed_over=True,
            is_redeemed=True,
            redeemed_on=on(9),
        ),
        Grant(
            "K2",
            "abc:C",
            on(0),
            printed=True,
            handed_over=False,
            is_redeemed=True,
            redeemed_on=on(2),
        ),
        Grant(
            "K3",
            "abc:C",
            on(1),
            printed=False,
            handed_over=False,
            is_redeemed=False,
            redeemed_on=None,
        ),
        Grant(
            "K4", None, on(1), printed=True, handed_over=True, is_redeemed=True, redeemed_on=on(1)
        ),
    ]
    c, others = redemption(grants)
    assert (c.code, c.granted, c.printed, c.handed_over, c.redeemed) == ("abc:C", 3, 2, 1, 2)
    assert (c.days, c.median_days) == ((2, 9), 2)
    assert (others.code, others.granted, others.median_days) == (None, 1, 0)


@pytest.mark.capability("V8")
def test_before_and_after_are_equally_long_and_by_group() -> None:
    facts = [
        Fact("K1", on(-11), on(-11), rentals=50),  # before "before"
        Fact("K1", on(-10), on(-10), rentals=1, turnover_minor=250),
        Fact("K1", on(0), on(0), rentals=2, turnover_minor=500),
        Fact("K1", on(9), on(9), rentals=1, turnover_minor=250),
        Fact("K1", on(10), on(10), rentals=50),  # after "after"
        Fact("K2", on(-1), on(-1), rentals=3),
        Fact("K2", on(5), on(40), rentals=-3),  # taken back later: not known in these days
        Fact("K3", on(1), on(1), rentals=9),  # of no class on the first day
    ]
    found = effects(
        {"K1": "C", "K2": "C"}, facts, frozenset({"K1"}), from_on=on(0), to_on=on(9), codes=["C"]
    )
    assert found == [
        Effect("C", True, 1, 1, 3, 250, 750),
        Effect("C", False, 1, 3, 0, 0, 0),
    ]
