"""What accounts earn: fixed points, multipliers, fractions; against an oracle and by hand."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import assert_explained, assert_order_free, assert_split_free
from oracle_earn import best_earning
from sales import Case, cases, selectors

from pos_plugin.loyalty.ledger import earnings
from pos_plugin.model import Basket
from pos_plugin.promotions.generation import RuleGeneration

Doc = dict[str, Any]

SHOES = {"any_of": [{"categories": ["shoes"]}]}


def engine(promotions: list[Doc], sale: Doc) -> Doc:
    return RuleGeneration.from_json(json.dumps(promotions)).evaluate(sale).to_dict()


def earn(identity: str = "BASE", **more: Any) -> Doc:
    offer = {"kind": "earn", "account": "points", "per_value_minor": 100, "points": 1}
    return {"id": identity, "layer": "earn", "offer": offer | more}


def fixed(identity: str, points: int, per: str, **more: Any) -> Doc:
    offer = {"kind": "earn_fixed", "account": "points", "points": points, "per": per}
    return {"id": identity, "layer": "earn", "offer": offer | more}


def times(identity: str, factor_bp: int, **more: Any) -> Doc:
    offer = {"kind": "earn_multiplier", "account": "points", "factor_bp": factor_bp}
    return {"id": identity, "layer": "earn", "offer": offer | more}


def line(number: int, price_minor: int, pieces: int = 1, **facts: Any) -> Doc:
    return {
        "line_id": str(number),
        "sku": f"A{price_minor}",
        "quantity_milli": pieces * 1000,
        "unit_price_minor": price_minor,
    } | facts


def sale(*lines: Doc) -> Doc:
    moment = "2026-03-07T15:12:00+01:00"
    return {"sale_id": "s", "at": moment, "customer": {"id": "K1"}, "lines": list(lines)}


# --- by hand --------------------------------------------------------------------------------------


def test_a_multiplier_does_not_touch_fixed_points() -> None:
    promotions = [earn(), fixed("FIX", 7, "receipt"), times("TWICE", 20_000)]
    result = engine(promotions, sale(line(1, 1050)))
    assert result["earned"] == [
        {"account": "points", "amount": 28, "promotions": ["BASE", "FIX", "TWICE"]}
    ]


def test_a_coupon_is_booked_under_the_discount_that_it_gave() -> None:
    when = [{"type": "coupon", "series": "S"}]
    offer = {"kind": "unit_discount", "benefit": {"type": "percent", "bp": 1000}}
    discount = {"id": "Z", "layer": "article", "offer": offer, "when": when}
    rules = [earn("A") | {"when": when}, discount]
    coupons = [{"code": "C", "series": "S"}, {"code": "D", "series": "S"}]
    result = engine(rules, sale(line(1, 1000)) | {"coupons": coupons[:1]})
    assert result["coupons_used"] == [{"code": "C", "series": "S", "promotion": "Z"}]
    assert result["earned"] == [{"account": "points", "amount": 9, "promotions": ["A"]}]
    result = engine(rules, sale(line(1, 1000)) | {"coupons": coupons})
    assert [(one["code"], one["promotion"]) for one in result["coupons_used"]] == [
        ("D", "A"),
        ("C", "Z"),
    ]


def test_only_the_highest_multiplier_holds_on_a_unit() -> None:
    promotions = [earn(), times("A2", 20_000), times("B3", 30_000, on=SHOES)]
    shoes = line(1, 1000, categories=["shoes"])
    assert engine(promotions, sale(shoes, line(2, 500)))["earned"][0]["amount"] == 30 + 10
    beaten = engine(promotions, sale(shoes))
    assert beaten["earned"][0]["promotions"] == ["B3", "BASE"]
    why = {"promotion": "A2", "code": "beaten", "by": ["B3"], "would_cost_minor": 0}
    assert why in beaten["not_applied"]


def test_a_multiplier_of_another_account_changes_nothing() -> None:
    promotions = [earn(), times("BONUS", 30_000, account="bonus")]
    result = engine(promotions, sale(line(1, 1000)))
    assert result["earned"] == [{"account": "points", "amount": 10, "promotions": ["BASE"]}]
    assert result["not_applied"] == [{"promotion": "BONUS", "code": "no_saving"}]


def test_fractions_meet_before_they_are_rounded_down() -> None:
    # 0.5 + 0.5 points: each alone would be nothing.
    halves = [earn("A", on=SHOES), earn("B", on={"none_of": SHOES["any_of"]})]
    assert engine(halves, sale(line(1, 50, categories=["shoes"]), line(2, 50)))["earned"] == [
        {"account": "points", "amount": 1, "promotions": ["A", "B"]}
    ]


def test_half_a_factor_halves() -> None:
    assert engine([earn(), times("HALF", 5_000)], sale(line(1, 1000)))["earned"][0]["amount"] == 5


def test_fixed_points_count_pieces_that_cost_nothing() -> None:
    free = {
        "id": "FREE",
        "layer": "article",
        "offer": {"kind": "unit_discount", "benefit": {"type": "percent", "bp": 10_000}},
    }
    promotions = [free, fixed("PIECE", 5, "unit"), fixed("VISIT", 3, "receipt")]
    result = engine(promotions, sale(line(1, 1000, 2)))
    assert result["total_minor"] == 0
    assert result["earned"][0]["amount"] == 13


def test_returned_goods_earn_nothing() -> None:
    back = line(1, 1000) | {"quantity_milli": -1000}
    promotions = [earn(), fixed("PIECE", 5, "unit"), fixed("VISIT", 3, "receipt")]
    assert engine(promotions, sale(back))["earned"] == []


# --- what was really paid -------------------------------------------------------------------------


def booked(promotions: list[Doc], snapshot: Doc, paid_minor: list[int]) -> tuple[int, Doc]:
    rules = RuleGeneration.from_value(promotions)
    basket = Basket.from_dict(snapshot)
    (one,) = earnings(rules, basket, rules.evaluate(basket).earned, paid_minor)
    return one.amount, dict(one.basis)


def test_what_was_paid_is_multiplied() -> None:
    promotions = [earn(), times("TWICE", 20_000, on=SHOES), fixed("PAIR", 50, "unit", on=SHOES)]
    snapshot = sale(line(1, 8000, 2, categories=["shoes"]), line(2, 5000))
    assert booked(promotions, snapshot, [16_000, 5000]) == (
        320 + 100 + 50,
        {"1": 420_000_000, "2": 50_000_000},
    )
    assert booked(promotions, snapshot, [1000, 5000]) == (
        20 + 100 + 50,
        {"1": 120_000_000, "2": 50_000_000},
    )


def test_points_for_the_receipt_belong_to_its_lines_by_what_is_paid() -> None:
    snapshot = sale(line(1, 3000), line(2, 1000))
    visit = [fixed("VISIT", 10, "receipt")]
    assert booked(visit, snapshot, [3000, 1000]) == (10, {"1": 7_500_000, "2": 2_500_000})
    assert booked(visit, snapshot, [0, 1000]) == (10, {"1": 0, "2": 10_000_000})
    assert booked(visit, snapshot, [0, 0]) == (10, {"1": 5_000_000, "2": 5_000_000})


# --- against the oracle ---------------------------------------------------------------------------


@st.composite
def earning_cases(draw: st.DrawFn) -> Case:
    """A case with several earning promotions on two accounts."""
    case = draw(cases(max_units=5, max_promotions=2))
    accounts = st.sampled_from(["points", "points", "bonus"])
    promotions = list(case.promotions)
    promotions = [p for p in promotions if p["layer"] != "earn"]
    for number in range(draw(st.integers(1, 5))):
        on = {"account": draw(accounts), "on": draw(selectors())}
        offer = draw(
            st.one_of(
                st.builds(
                    lambda points, per: {"kind": "earn", "points": points, "per_value_minor": per},
                    st.integers(0, 7),
                    st.sampled_from([1, 70, 100, 333]),
                ),
                st.builds(
                    lambda points, per: {"kind": "earn_fixed", "points": points, "per": per},
                    st.integers(0, 9),
                    st.sampled_from(["unit", "receipt"]),
                ),
                st.builds(
                    lambda factor: {"kind": "earn_multiplier", "factor_bp": factor},
                    st.sampled_from([0, 5000, 12_345, 20_000, 30_000]),
                ),
            )
        )
        promotions.append({"id": f"E{number}", "layer": "earn", "offer": offer | on})
    return Case(promotions, case.sale)


def earned(result: Doc) -> dict[str, int]:
    return {one["account"]: one["amount"] for one in result["earned"]}


@given(earning_cases())
def test_accounts_earn_what_the_text_says(case: Case) -> None:
    result = engine(*case)
    assert earned(result) == best_earning(*case, result)
    assert_explained(result, *case)


@given(earning_cases(), st.data())
def test_order_and_splitting_of_lines_change_no_earning(case: Case, data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(case.sale["lines"]))))
    assert_order_free(engine, *case, order)
    assert_split_free(engine, *case)
    turned = case.sale | {"lines": [case.sale["lines"][n] for n in order]}
    assert earned(engine(case.promotions, turned)) == earned(engine(*case))


@given(earning_cases())
def test_booking_what_was_evaluated_gives_the_same(case: Case) -> None:
    rules = RuleGeneration.from_value(case.promotions)
    basket = Basket.from_dict(case.sale)
    result = rules.evaluate(basket)
    again = earnings(rules, basket, result.earned, [one.paid_minor for one in result.lines])
    assert {one.account: one.amount for one in again} == earned(result.to_dict())
    for one in again:
        assert sum(one.basis.values()) // 1_000_000 <= one.amount
        assert one.amount - sum(one.basis.values()) // 1_000_000 <= 1


@pytest.mark.parametrize("by", [-1, 1])
def test_a_point_more_or_less_is_caught(by: int) -> None:
    case = ([earn(), times("TWICE", 20_000)], sale(line(1, 1050)))
    result = engine(*case)
    result["earned"][0]["amount"] += by
    assert earned(result) != best_earning(*case, result)
