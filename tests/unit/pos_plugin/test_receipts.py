"""What was charged is the fact: overridden prices, dropped effects, totals without lines."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from till_builder import points, unit_discount, voucher_promotion

from pos_plugin.errors import SaleError
from pos_plugin.model import Basket
from pos_plugin.promotions.generation import RuleGeneration
from pos_plugin.sale.receipts import BookedReceipt, book, read_charge

RULES = RuleGeneration.from_value([unit_discount("ZEHN", 1000), points(), voucher_promotion()])
BASKET = Basket.from_dict(
    {
        "sale_id": "S",
        "at": "2026-03-07T12:00:00+01:00",
        "customer": {"id": "K"},
        "coupons": [{"code": "C", "series": "TREUE5"}],
        "lines": [
            {"line_id": "1", "sku": "a", "quantity_milli": 2000, "unit_price_minor": 1000},
            {"line_id": "2", "sku": "b", "quantity_milli": 1000, "unit_price_minor": 3000},
            {"line_id": "3", "sku": "a", "quantity_milli": -1000, "unit_price_minor": 1000},
        ],
    }
)
RESULT = RULES.evaluate(BASKET)


def booked(**charge: Any) -> BookedReceipt:
    receipt = book(BASKET, RESULT, RULES, read_charge(charge), evaluation_id="e", host_discounts={})
    assert_adds_up(receipt)
    return receipt


def assert_adds_up(receipt: BookedReceipt) -> None:
    for line in receipt.lines:
        given_minor = sum(one.discount_minor for one in line.discounts)
        assert line.gross_minor == line.paid_minor + given_minor + line.host_difference_minor
    assert receipt.total_minor == sum(line.paid_minor for line in receipt.lines)
    assert receipt.gross_minor == receipt.total_minor + receipt.discount_minor


def test_nothing_said_is_as_evaluated() -> None:
    receipt = booked()
    assert receipt.total_minor == RESULT.total_minor == 5000 - 500 - 500 - 1000
    assert not receipt.charged_differs
    assert [(one.account, one.amount, one.promotions) for one in receipt.earned] == [
        (one.account, one.amount, one.promotions) for one in RESULT.earned
    ]
    assert receipt.given == ("BASIS", "GUTSCHEIN_TREUE5", "ZEHN")
    assert [used.code for used in receipt.coupons_used] == ["C"]
    assert all(line.host_difference_minor == 0 for line in receipt.lines)


def test_same_total_and_lines_do_not_differ() -> None:
    lines = [{"line_id": line.line_id, "paid_minor": line.paid_minor} for line in RESULT.lines]
    receipt = booked(lines=lines, total_minor=RESULT.total_minor, evaluation_id="e")
    assert not receipt.charged_differs


def test_charged_by_another_answer_is_noted() -> None:
    assert booked(evaluation_id="old").charged_differs


def test_overridden_price_is_booked_and_points_follow() -> None:
    receipt = booked(lines=[{"line_id": "2", "paid_minor": 100}])
    assert receipt.charged_differs
    assert receipt.lines[1].paid_minor == 100
    assert receipt.lines[1].host_difference_minor == RESULT.lines[1].paid_minor - 100
    paid_minor = receipt.lines[0].paid_minor + 100
    assert [one.amount for one in receipt.earned] == [paid_minor // 100]


def test_effect_not_applied_is_not_used_up() -> None:
    receipt = booked(applied=["ZEHN@1", "ZEHN@2"])
    assert receipt.charged_differs
    assert receipt.coupons_used == ()
    assert "GUTSCHEIN_TREUE5" not in receipt.given
    assert receipt.total_minor == 5000 - 500 - 1000
    assert [one.amount for one in receipt.earned] == [45]


def test_nothing_applied_is_list_price() -> None:
    receipt = booked(applied=[])
    assert receipt.discount_minor == 0
    assert receipt.given == ("BASIS",)


def test_total_without_lines_is_spread_over_what_was_sold() -> None:
    receipt = booked(total_minor=1000)
    assert receipt.total_minor == 1000
    assert receipt.charged_differs
    assert receipt.lines[2].paid_minor == -1000
    assert receipt.lines[0].paid_minor + receipt.lines[1].paid_minor == 2000


def test_line_that_the_sale_does_not_have_is_refused() -> None:
    with pytest.raises(SaleError, match=r"completion\.lines\[0\]\.line_id"):
        booked(lines=[{"line_id": "9", "paid_minor": 1}])
    with pytest.raises(SaleError, match="stands twice"):
        booked(lines=[{"line_id": "1", "paid_minor": 1}, {"line_id": "1", "paid_minor": 2}])


@pytest.mark.parametrize(
    ("charge", "code", "where"),
    [
        ({"totl_minor": 1}, "unknown_field", "completion.totl_minor"),
        ({"total_minor": 1.5}, "wrong_type", "completion.total_minor"),
        ({"total_minor": 10**10}, "out_of_range", "completion.total_minor"),
        ({"tenders": [{"tender": "cash"}]}, "missing", "completion.tenders[0].amount_minor"),
        ([], "wrong_type", "completion"),
    ],
)
def test_wrong_completion_names_the_place(charge: Any, code: str, where: str) -> None:
    with pytest.raises(SaleError) as error:
        read_charge(charge)
    assert (error.value.code, error.value.where) == (code, where)


@given(
    applied=st.none() | st.lists(st.sampled_from(["ZEHN@1", "ZEHN@2", "GUTSCHEIN_TREUE5@1", "?"])),
    paid=st.dictionaries(st.sampled_from(["1", "2", "3"]), st.integers(-5000, 5000)),
    total=st.none() | st.integers(-10_000, 10_000),
)
def test_whatever_was_charged_adds_up(
    applied: list[str] | None, paid: dict[str, int], total: int | None
) -> None:
    receipt = booked(
        applied=applied,
        lines=[{"line_id": line, "paid_minor": amount} for line, amount in paid.items()],
        total_minor=total,
    )
    if total is not None:
        assert receipt.total_minor == total
