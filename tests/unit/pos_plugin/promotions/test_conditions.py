"""Conditions at their edges, through the engine: what holds, and the reason where it does not."""

from __future__ import annotations

from typing import Any

import pytest
from differential import fault_of
from oracle import best_total
from random_cases import Case

from pos_plugin.promotions.generation import RuleGeneration

SHIRT: dict[str, Any] = {"any_of": [{"categories": ["shirts"]}]}


def reason(
    *when: dict[str, Any],
    at: str = "2026-03-07T15:12:00+01:00",
    validity: dict[str, Any] | None = None,
    lines: list[dict[str, Any]] | None = None,
    **sale: Any,
) -> dict[str, Any] | None:
    """Why a promotion with these conditions does not apply; None when it applies."""
    rules = RuleGeneration.from_value(
        [
            {
                "id": "P",
                "layer": "article",
                "when": list(when),
                "validity": validity or {},
                "offer": {"kind": "unit_discount", "benefit": {"type": "percent", "bp": 1000}},
            }
        ]
    )
    result = rules.evaluate(
        {
            "sale_id": "s",
            "at": at,
            "lines": lines
            or [
                {
                    "line_id": "1",
                    "sku": "a",
                    "quantity_milli": 2000,
                    "unit_price_minor": 2500,
                    "categories": ["shirts"],
                }
            ],
            **sale,
        }
    )
    if result.promotions:
        assert not result.not_applied
        return None
    (missing,) = result.to_dict()["not_applied"]
    del missing["promotion"]
    return dict(missing)


def customer(**facts: Any) -> dict[str, Any]:
    return {"customer": {"id": "K1", **facts}}


def test_min_value_counts_the_scanned_value_to_the_cent() -> None:
    assert reason({"type": "min_value", "minor": 5000, "of": SHIRT}) is None
    assert reason({"type": "min_value", "minor": 5001, "of": SHIRT}) == {
        "code": "min_value",
        "need": 5001,
        "have": 5000,
    }


def test_min_quantity_counts_units_and_different_articles() -> None:
    assert reason({"type": "min_quantity", "quantity": 2}) is None
    assert reason({"type": "min_quantity", "quantity": 3}) == {
        "code": "min_quantity",
        "need": 3,
        "have": 2,
    }
    assert reason({"type": "min_quantity", "quantity": 2, "distinct_skus": 2}) == {
        "code": "min_quantity",
        "need": 2,
        "have": 1,
    }


def test_a_returned_line_takes_no_part_in_conditions() -> None:
    lines = [
        {"line_id": "1", "sku": "a", "quantity_milli": 1000, "unit_price_minor": 2500},
        {"line_id": "2", "sku": "a", "quantity_milli": -3000, "unit_price_minor": 2500},
    ]
    assert reason({"type": "min_value", "minor": 2500}, lines=lines) is None
    assert reason({"type": "min_quantity", "quantity": 2}, lines=lines) == {
        "code": "min_quantity",
        "need": 2,
        "have": 1,
    }


def test_a_measured_line_is_one_unit_at_its_amount() -> None:
    lines = [
        {
            "line_id": "1",
            "sku": "cloth",
            "quantity_milli": 2500,
            "unit_price_minor": 1999,
            "measured": True,
        }
    ]
    assert reason({"type": "min_quantity", "quantity": 2}, lines=lines) == {
        "code": "min_quantity",
        "need": 2,
        "have": 1,
    }
    by_price = {"any_of": [{"price_min_minor": 4998, "price_max_minor": 4998}]}
    assert reason({"type": "min_quantity", "quantity": 1, "of": by_price}, lines=lines) is None


@pytest.mark.parametrize(
    "condition",
    [
        {"type": "customer_known"},
        {"type": "in_segment", "none_of": ["staff"]},
        {"type": "birthday"},
        {"type": "age", "max": 99},
        {"type": "history", "metric": "receipts_total", "max": 0},
    ],
    ids=lambda c: str(c["type"]),
)
def test_conditions_on_the_customer_need_one(condition: dict[str, Any]) -> None:
    assert reason(condition) == {"code": "customer_unknown"}
    # `not` inverts what it finds: a missing fact makes the leaf fail, so `not` holds.
    assert reason({"type": "not", "of": condition}) is None


def test_segments_are_matched_by_their_code() -> None:
    condition = {"type": "in_segment", "any_of": ["abc:A"], "none_of": ["staff"]}
    assert reason(condition, **customer(segments=["abc:A"])) is None
    assert reason(condition, **customer(segments=["abc:B"])) == {"code": "not_in_segment"}
    assert reason(condition, **customer(segments=["abc:A", "staff"])) == {
        "code": "condition_excludes"
    }


@pytest.mark.parametrize(
    ("born", "at", "holds"),
    [
        ("1980-03-09", "2026-03-02", True),
        ("1980-03-09", "2026-03-01", False),
        ("1980-03-09", "2026-03-12", True),
        ("1980-03-09", "2026-03-13", False),
        ("1980-01-02", "2025-12-26", True),  # the window runs over the turn of the year
        ("1980-12-31", "2026-01-03", True),
        ("2000-02-29", "2027-03-03", True),  # kept on 28 February in common years
        ("2000-02-29", "2027-03-04", False),
        ("2000-02-29", "2028-03-03", True),
        ("2000-02-29", "2028-02-22", True),
    ],
)
def test_the_birthday_window_is_seven_days_before_to_three_after(
    born: str, at: str, *, holds: bool
) -> None:
    missing = reason(
        {"type": "birthday", "days_before": 7, "days_after": 3},
        at=f"{at}T12:00:00+01:00",
        **customer(birthday=born),
    )
    assert missing == (None if holds else {"code": "birthday"})


def test_an_unknown_birthday_does_not_hold() -> None:
    assert reason({"type": "birthday"}, **customer()) == {"code": "birthday"}
    assert reason({"type": "age", "min": 0}, **customer()) == {"code": "age"}


@pytest.mark.parametrize(
    ("born", "holds"), [("1966-03-07", True), ("1966-03-08", False), ("1900-01-01", True)]
)
def test_age_counts_completed_years_on_the_day(born: str, *, holds: bool) -> None:
    missing = reason({"type": "age", "min": 60}, **customer(birthday=born))
    assert (missing is None) == holds


def test_a_missing_metric_of_a_known_customer_is_zero() -> None:
    first = {"type": "history", "metric": "receipts_total", "max": 0}
    assert reason(first, **customer()) is None
    assert reason(first, **customer(history={"receipts_total": 1})) == {
        "code": "history",
        "need": 0,
        "have": 1,
    }


def test_a_tender_condition_fails_before_payment() -> None:
    cash = {"type": "tender", "any_of": ["cash"]}
    assert reason(cash) == {"code": "tender"}
    assert reason(cash, tenders=["cash"]) is None


def test_any_says_why_its_first_branch_fails() -> None:
    either = {
        "type": "any",
        "of": [{"type": "coupon", "series": "X"}, {"type": "min_value", "minor": 5000}],
    }
    assert reason(either) is None
    either["of"][1]["minor"] = 9999  # type: ignore[index]
    assert reason(either) == {"code": "coupon_missing"}


def test_all_says_the_first_leaf_that_fails() -> None:
    both = {
        "type": "all",
        "of": [{"type": "min_value", "minor": 1}, {"type": "tender", "any_of": ["card"]}],
    }
    assert reason(both) == {"code": "tender"}


@pytest.mark.parametrize(
    ("at", "code"),
    [
        ("2026-02-28T23:59:59+01:00", "not_started"),
        ("2026-03-01T00:00:00+01:00", None),
        ("2026-03-31T23:59:59+02:00", None),
        ("2026-04-01T00:00:00+02:00", "ended"),
        # The wall clock decides; the offset is only recorded.
        ("2026-03-31T23:59:59-11:00", None),
    ],
)
def test_validity_includes_from_and_excludes_until(at: str, code: str | None) -> None:
    missing = reason(at=at, validity={"from": "2026-03-01T00:00", "until": "2026-04-01T00:00"})
    assert missing == (None if code is None else {"code": code})


@pytest.mark.parametrize(
    ("at", "holds"),
    [
        ("2026-03-06T21:59:59+01:00", False),  # Friday
        ("2026-03-06T22:00:00+01:00", True),
        ("2026-03-07T01:59:59+01:00", True),  # Saturday, still Friday's window
        ("2026-03-07T02:00:00+01:00", False),
        ("2026-03-07T22:00:00+01:00", False),
    ],
)
def test_a_window_that_ends_before_it_starts_runs_over_midnight(at: str, *, holds: bool) -> None:
    missing = reason(
        at=at, validity={"windows": [{"weekdays": [5], "from": "22:00", "until": "02:00"}]}
    )
    assert missing == (None if holds else {"code": "outside_window"})


def test_a_coupon_is_used_only_where_it_is_needed() -> None:
    rules = RuleGeneration.from_value(
        [
            {
                "id": "P",
                "layer": "article",
                "when": [{"type": "coupon", "series": "X"}],
                "offer": {"kind": "unit_discount", "benefit": {"type": "percent", "bp": 1000}},
            }
        ]
    )
    result = rules.evaluate(
        {
            "sale_id": "s",
            "at": "2026-03-07T15:12:00+01:00",
            "coupons": [{"code": c, "series": "X"} for c in "abc"],
            "lines": [
                {"line_id": "1", "sku": "a", "quantity_milli": 2000, "unit_price_minor": 2500}
            ],
        }
    )
    # Two units, so two of the three coupons, in the order in which the till sends them.
    assert [used.code for used in result.coupons_used] == ["a", "b"]


def test_a_coupon_needed_by_two_promotions_is_spent_once() -> None:
    """One promotion needs X and Y, the other Y alone; there is one coupon of each."""

    def promotion(name: str, *series: str) -> dict[str, Any]:
        return {
            "id": name,
            "layer": "article",
            "when": [{"type": "coupon", "series": one} for one in series],
            "offer": {"kind": "unit_discount", "benefit": {"type": "percent", "bp": 1000}},
        }

    result = RuleGeneration.from_value([promotion("A", "X", "Y"), promotion("B", "Y")]).evaluate(
        {
            "sale_id": "s",
            "at": "2026-03-07T15:12:00+01:00",
            "coupons": [{"code": c, "series": c.upper()} for c in "xy"],
            "lines": [
                {"line_id": "1", "sku": "a", "quantity_milli": 2000, "unit_price_minor": 1000}
            ],
        }
    )
    codes = [used.code for used in result.coupons_used]
    assert len(codes) == len(set(codes))
    assert result.discount_minor == 100
    # Tied series are searched with caution: the result must not claim a proof.
    assert not result.optimal
    assert result.gap_minor > 0


def coupon(series: str) -> dict[str, Any]:
    return {"type": "coupon", "series": series}


def pair_for_one(name: str, *when: dict[str, Any]) -> dict[str, Any]:
    """Two pieces for the price of one."""
    return {
        "id": name,
        "layer": "article",
        "when": list(when),
        "offer": {"kind": "n_for_m", "n": 2},
    }


def with_coupons(*promotions: dict[str, Any], scanned: str) -> Case:
    """Ten pieces of 10.00, and a coupon for each letter."""
    line = {"line_id": "1", "sku": "a", "quantity_milli": 10_000, "unit_price_minor": 1000}
    coupons = [{"code": f"{n}", "series": one} for n, one in enumerate(scanned)]
    return Case(
        [*promotions],
        {"sale_id": "s", "at": "2026-03-07T15:12:00+01:00", "coupons": coupons, "lines": [line]},
    )


EITHER = {"type": "any", "of": [coupon("X"), coupon("Y")]}
BOTH_OR_Z = {
    "type": "any",
    "of": [{"type": "all", "of": [coupon("X"), coupon("Y")]}, coupon("Z")],
}
NOT_Y_OR_X = {"type": "any", "of": [{"type": "not", "of": coupon("Y")}, coupon("X")]}


@pytest.mark.parametrize(
    ("condition", "scanned", "used"),
    [
        (EITHER, "XY", "01"),
        (EITHER, "YXX", "012"),
        (BOTH_OR_Z, "XYZ", "012"),
        (BOTH_OR_Z, "XZ", "1"),
        (NOT_Y_OR_X, "XY", "0"),  # a coupon of Y was scanned: one of X is needed
        ({"type": "any", "of": [coupon("X"), {"type": "min_value", "minor": 1}]}, "XY", ""),
    ],
)
def test_each_branch_that_holds_gives_its_coupons(
    condition: dict[str, Any], scanned: str, used: str
) -> None:
    case = with_coupons(pair_for_one("A", condition), scanned=scanned)
    result = RuleGeneration.from_value(case.promotions).evaluate(case.sale).to_dict(explain=False)
    assert result["optimal"]
    assert fault_of(result, case, best_total(*case)) is None
    assert sorted(one["code"] for one in result["coupons_used"]) == sorted(used)


def test_a_branch_that_is_forgotten_is_found() -> None:
    case = with_coupons(pair_for_one("A", EITHER), scanned="XY")
    narrow = RuleGeneration.from_value([pair_for_one("A", coupon("X"))])
    result = narrow.evaluate(case.sale).to_dict(explain=False)
    assert (fault_of(result, case, best_total(*case)) or "").startswith("optimal is claimed")


def test_branches_that_others_want_too_are_never_called_proven() -> None:
    case = with_coupons(pair_for_one("A", EITHER), pair_for_one("B", coupon("X")), scanned="XY")
    result = RuleGeneration.from_value(case.promotions).evaluate(case.sale).to_dict(explain=False)
    assert not result["optimal"]
    assert fault_of(result, case, best_total(*case)) is None


def test_more_branches_than_are_told_apart_are_never_called_proven() -> None:
    either = [{"type": "any", "of": [coupon(x), coupon(x.lower())]} for x in "ABCDE"]
    case = with_coupons(pair_for_one("A", *either), scanned="ABCDEabcde")
    result = RuleGeneration.from_value(case.promotions).evaluate(case.sale).to_dict(explain=False)
    assert not result["optimal"]
    assert result["coupons_used"]
