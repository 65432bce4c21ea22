"""Manual discounts of the till lower the price before any promotion sees it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from till_builder import unit_discount

from pos_plugin.errors import SaleError
from pos_plugin.model import Basket
from pos_plugin.promotions.generation import RuleGeneration
from pos_plugin.sale.host_discount import lowered, put_together
from pos_plugin.sale.snapshot import Defaults, Snapshot, read_snapshot

RULES = RuleGeneration.from_value([unit_discount("ZEHN", 1000)])
DEFAULTS = Defaults(shop="001", till="3", currency="EUR")


def sale(*lines: dict[str, Any]) -> dict[str, Any]:
    return {
        "sale_id": "S",
        "at": "2026-03-07T12:00:00+01:00",
        "lines": [
            {"line_id": str(number), "sku": "a", "quantity_milli": 1000, **line}
            for number, line in enumerate(lines, 1)
        ],
    }


def read(value: dict[str, Any]) -> Snapshot:
    return read_snapshot(
        value, defaults=DEFAULTS, article=lambda _sku: None, customer=lambda _id: None
    )


def test_promotion_takes_its_part_of_what_the_host_left() -> None:
    snapshot = read(sale({"unit_price_minor": 1000, "host_discount_minor": 100}))
    result = RULES.evaluate(lowered(snapshot.basket, snapshot.host_discounts))
    assert (result.gross_minor, result.discount_minor, result.total_minor) == (900, 90, 810)


def test_a_discount_that_does_not_divide_is_shared_to_the_cent() -> None:
    snapshot = read(
        sale({"unit_price_minor": 1000, "quantity_milli": 3000, "host_discount_minor": 100})
    )
    parts = lowered(snapshot.basket, snapshot.host_discounts).lines
    assert [(part.quantity_milli, part.unit_price_minor) for part in parts] == [
        (2000, 967),
        (1000, 966),
    ]
    result = put_together(
        RULES.evaluate(lowered(snapshot.basket, snapshot.host_discounts)),
        snapshot.basket,
        snapshot.host_discounts,
    )
    (line,) = result.lines
    assert (line.gross_minor, line.paid_minor) == (2900, 2610)
    (given_once,) = line.discounts
    assert (given_once.units_milli, given_once.discount_minor) == (3000, 290)


def test_a_weighed_line_keeps_its_weight_in_the_result() -> None:
    snapshot = read(
        sale({"unit_price_minor": 1990, "quantity_milli": 350, "host_discount_minor": 97})
    )
    result = put_together(
        RULES.evaluate(lowered(snapshot.basket, snapshot.host_discounts)),
        snapshot.basket,
        snapshot.host_discounts,
    )
    assert result.gross_minor == 697 - 97
    assert result.lines[0].discounts[0].units_milli == 350


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ({"unit_price_minor": 100, "host_discount_minor": 101}, "out_of_range"),
        ({"unit_price_minor": 100, "host_discount_minor": -1}, "out_of_range"),
        ({"unit_price_minor": 100, "host_discount_minor": "5"}, "wrong_type"),
        ({"unit_price_minor": 100, "host_discount_minor": True}, "wrong_type"),
        (
            {"unit_price_minor": 100, "quantity_milli": -1000, "host_discount_minor": 1},
            "out_of_range",
        ),
    ],
)
def test_what_no_host_can_take_off_is_refused_with_its_place(
    line: dict[str, Any], code: str
) -> None:
    with pytest.raises(SaleError) as refused:
        read(sale(line))
    assert (refused.value.code, refused.value.where) == (
        code,
        "sale.lines[0].host_discount_minor",
    )


baskets = st.lists(
    st.fixed_dictionaries(
        {
            "unit_price_minor": st.integers(0, 5000),
            "quantity_milli": st.one_of(
                st.integers(1, 9).map(lambda pieces: pieces * 1000), st.integers(1, 3000)
            ),
            "share": st.integers(0, 100),
        }
    ),
    min_size=1,
    max_size=5,
)


@given(lines=baskets)
def test_lines_stay_lines_and_parts_add_up(lines: list[dict[str, Any]]) -> None:
    value = sale(*({**line, "share": None} for line in lines))
    for line in value["lines"]:
        del line["share"]
    plain = Basket.from_dict(value)
    for line, raw, one in zip(value["lines"], lines, plain.lines, strict=True):
        line["host_discount_minor"] = one.gross_minor * raw["share"] // 100
    snapshot = read(value)
    result = put_together(
        RULES.evaluate(lowered(snapshot.basket, snapshot.host_discounts)),
        snapshot.basket,
        snapshot.host_discounts,
    )
    for line, found, one in zip(value["lines"], result.lines, plain.lines, strict=True):
        assert found.line_id == line["line_id"]
        assert found.gross_minor == one.gross_minor - line["host_discount_minor"]
        assert found.gross_minor - found.discount_minor == found.paid_minor
        assert sum(one.discount_minor for one in found.discounts) == found.discount_minor
    assert result.total_minor == sum(line.paid_minor for line in result.lines)
