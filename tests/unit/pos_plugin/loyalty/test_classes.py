"""Classes by bounds or by a matrix, and what a scheme may say."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from class_schemes import BY_RENTALS, scheme, scheme_value, share_scheme

from pos_plugin.errors import RuleError
from pos_plugin.loyalty.class_scheme import Window, gaps, read_scheme, scheme_text
from pos_plugin.loyalty.classes import Measured, class_by_bounds

TWO = ["rentals", "turnover"]
BOTH: list[dict[str, Any]] = [
    {"code": "A", "rank": 1, "count_min": 11, "turnover_min_minor": 10_000},
    {"code": "C", "rank": 3, "count_min": 3, "count_max": 10, "turnover_max_minor": 10_000},
]


@pytest.mark.capability("V1")
@pytest.mark.parametrize(("rentals", "code"), [(2, "none"), (3, "C"), (10, "C"), (11, "B")])
def test_bounds_are_inclusive(rentals: int, code: str) -> None:
    assert class_by_bounds(scheme(), Measured(rentals=rentals)) == code


def test_turnover_is_from_and_below() -> None:
    bounds = {"code": "B", "rank": 1, "turnover_min_minor": 5_000, "turnover_max_minor": 10_000}
    by_turnover = scheme(metrics=["turnover"], classes=[bounds])
    found = [
        class_by_bounds(by_turnover, Measured(turnover_minor=minor))
        for minor in (4_999, 5_000, 9_999, 10_000)
    ]
    assert found == ["none", "B", "B", "none"]


@pytest.mark.parametrize(
    ("combine", "measured", "code"),
    [
        ("all", Measured(rentals=20, turnover_minor=20_000), "A"),
        ("all", Measured(rentals=20, turnover_minor=5_000), "none"),
        ("all", Measured(rentals=5, turnover_minor=5_000), "C"),
        ("any", Measured(rentals=20, turnover_minor=5_000), "A"),
        ("any", Measured(rentals=1, turnover_minor=5_000), "C"),
        ("any", Measured(rentals=5, turnover_minor=20_000), "A"),
    ],
)
def test_all_must_hold_or_any_is_enough(combine: str, measured: Measured, code: str) -> None:
    assert class_by_bounds(scheme(metrics=TWO, combine=combine, classes=BOTH), measured) == code


def test_matrix_says_what_two_classes_are_together() -> None:
    cells = [
        {"count": "A", "turnover": "A", "class": "A"},
        {"count": "C", "turnover": "A", "class": "A"},
        {"count": "none", "turnover": "A", "class": "C"},
    ]
    by_matrix = scheme(
        metrics=["turnover", "rentals"],
        method="matrix",
        combine="matrix",
        classes=BOTH,
        cells=cells,
    )
    found = [
        class_by_bounds(by_matrix, Measured(rentals=rentals, turnover_minor=minor))
        for rentals, minor in ((20, 20_000), (5, 20_000), (1, 20_000), (20, 5_000))
    ]
    assert found == ["A", "A", "C", "none"]


@pytest.mark.capability("V1")
def test_young_customer_is_new() -> None:
    patient = scheme(age_days_min=30)
    found = [class_by_bounds(patient, Measured(rentals=5, age_days=age)) for age in (29, 30)]
    assert found == ["new", "C"]


SCHEMES = [
    scheme(age_days_min=30),
    share_scheme(),
    scheme(metrics=TWO, combine="any", classes=BOTH),
]


@pytest.mark.parametrize(
    ("last", "first"),
    [
        (dt.date(2025, 2, 28), dt.date(2024, 2, 29)),
        (dt.date(2024, 2, 29), dt.date(2023, 3, 1)),
        (dt.date(2026, 12, 31), dt.date(2026, 1, 1)),
    ],
)
def test_twelve_months_know_leap_years(last: dt.date, first: dt.date) -> None:
    assert Window(kind="months", months=12).first_on(last) == first


@pytest.mark.capability("V1")
def test_rolling_year_counts_the_leap_day() -> None:
    last = dt.date(2024, 12, 31)
    assert Window(kind="rolling_days", days=366).first_on(last) == dt.date(2024, 1, 1)
    assert Window(kind="rolling_days", days=365).first_on(last) == dt.date(2024, 1, 2)
    assert Window(kind="calendar_year").first_on(last) == dt.date(2024, 1, 1)


@pytest.mark.parametrize("months", [1, 6, 12, 13])
def test_window_never_slides_back(months: int) -> None:
    window = Window(kind="months", months=months)
    days = [dt.date(2023, 12, 1) + dt.timedelta(days=number) for number in range(500)]
    firsts = [window.first_on(day) for day in days]
    assert firsts == sorted(firsts)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"classes": [*BY_RENTALS, {"code": "D", "rank": 4, "count_min": 10}]}, "overlap"),
        ({"classes": [BY_RENTALS[0], {**BY_RENTALS[0], "rank": 2}]}, "stands twice"),
        ({"classes": [{"code": "A", "rank": 1, "count_min": 5, "count_max": 4}]}, "above its"),
        ({"classes": [{"code": "none", "rank": 1}]}, "in no class"),
        ({"classes": [{"code": "A", "rank": 1, "turnover_min_minor": 1}]}, "no metric"),
        ({"classes": [{"code": "A", "rank": 1, "share_to_bp": 5}]}, "no metric"),
        ({"metrics": ["rentals", "visits"]}, "a count and an amount"),
        ({"window": {"kind": "months", "days": 3}}, "months needs months"),
        ({"method": "matrix"}, "matrix"),
        ({"cells": [{"count": "A", "turnover": "A", "class": "A"}]}, "matrix"),
        ({"since_on": "2026-02-30"}, "no day"),
        ({"strange": 1}, "unknown field"),
        ({"method": "share", "classes": [{"code": "A", "rank": 1}]}, "grows"),
    ],
)
def test_scheme_that_says_two_things_is_refused(more: dict[str, Any], said: str) -> None:
    with pytest.raises(RuleError, match=said):
        read_scheme(scheme_value(**more), "scheme")


def test_any_of_two_metrics_overlaps_in_either() -> None:
    open_count = [{**BOTH[0], "count_min": None}, BOTH[1]]
    scheme(metrics=TWO, combine="all", classes=open_count)
    with pytest.raises(RuleError, match="overlap"):
        scheme(metrics=TWO, combine="any", classes=open_count)


def test_gap_is_named_and_the_space_below_the_lowest_class_is_none() -> None:
    with_hole = [BY_RENTALS[0], {**BY_RENTALS[1], "count_min": 15}, BY_RENTALS[2]]
    assert [str(gap) for gap in gaps(scheme(classes=with_hole))] == [
        "rentals: count 11 is in no class"
    ]
    assert gaps(scheme()) == []
    assert gaps(share_scheme()) == []


def test_scheme_read_again_is_the_same() -> None:
    import json

    for one in SCHEMES:
        assert read_scheme(json.loads(scheme_text(one)), "scheme") == one
