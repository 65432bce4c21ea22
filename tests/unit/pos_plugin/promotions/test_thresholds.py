"""Thresholds on a part of the goods, and discounts that lie on both sides of it."""

from __future__ import annotations

from typing import Any

import pytest
from oracle import best_total

from pos_plugin.promotions.generation import RuleGeneration

NOT_C: dict[str, Any] = {"none_of": [{"skus": ["c"]}]}


@pytest.mark.parametrize("exclusive", ["no", "units"])
@pytest.mark.parametrize("threshold", [80, 90, 95, 180, 190, 195, 199])
def test_a_discount_split_by_price_over_a_base_is_bounded_by_price(
    threshold: int, exclusive: str
) -> None:
    """A pair of a dear unit outside and a cheap one inside the base takes little room of it."""
    promotions = [
        {
            "id": "P0",
            "layer": "receipt",
            "offer": {
                "kind": "receipt_discount",
                "on": NOT_C,
                "tiers": [
                    {
                        "min_value_minor": threshold,
                        "benefit": {"type": "amount_off", "minor": 70},
                    }
                ],
            },
        },
        {
            "id": "P1",
            "layer": "article",
            "exclusive": exclusive,
            "offer": {
                "kind": "n_for_m",
                "n": 2,
                "benefit": {"type": "amount_off", "minor": 100},
            },
        },
    ]
    sale = {
        "sale_id": "s",
        "at": "2026-03-07T15:12:00+01:00",
        "lines": [
            {"line_id": str(n), "sku": sku, "quantity_milli": 1000, "unit_price_minor": price}
            for n, (sku, price) in enumerate((("c", 1000), ("c", 900), ("a", 100), ("b", 100)))
        ],
    }
    result = RuleGeneration.from_value(promotions).evaluate(sale)
    assert result.optimal
    assert abs(result.total_minor - best_total(promotions, sale)) <= len(result.promotions)


def _off(name: str, bp: int, **offer: Any) -> dict[str, Any]:
    benefit = {"type": "percent", "bp": bp}
    return {
        "id": name,
        "layer": "article",
        "offer": {"kind": "unit_discount", "benefit": benefit} | offer,
    }


def _from(minor: int, layer: str, benefit: dict[str, Any]) -> dict[str, Any]:
    tiers = [{"min_value_minor": minor, "benefit": benefit}]
    offer = {"kind": "receipt_discount", "tiers": tiers}
    return {"id": "Z", "layer": layer, "offer": offer}


OFF_30: dict[str, Any] = {"type": "amount_off", "minor": 3000}
HALF: dict[str, Any] = {"type": "percent", "bp": 5000}


@pytest.mark.parametrize("layer", ["receipt", "customer"])
@pytest.mark.parametrize("benefit", [OFF_30, HALF])
@pytest.mark.parametrize("offer", [{}, {"kind": "n_for_m", "n": 2}])
def test_the_lesser_of_two_like_discounts_keeps_a_threshold(
    layer: str, benefit: dict[str, Any], offer: dict[str, Any]
) -> None:
    """10 % leaves what the tier asks for, 20 % on the same goods does not."""
    pieces, kept_minor = (2, 19_000) if offer else (1, 9_000)
    promotions = [
        _off("A", 1000, **offer),
        _off("B", 2000, **offer),
        _from(kept_minor, layer, benefit),
    ]
    line = {"line_id": "1", "sku": "a", "unit_price_minor": 10_000}
    line |= {"quantity_milli": 1000 * pieces}
    sale = {"sale_id": "s", "at": "2026-03-07T15:12:00+01:00", "lines": [line]}
    result = RuleGeneration.from_value(promotions).evaluate(sale)
    assert result.optimal
    assert result.total_minor == best_total(promotions, sale)
    assert {one.promotion for one in result.promotions} == {"A", "Z"}
    # Without the lesser one less would be saved.
    assert best_total(promotions[1:], sale) > result.total_minor


def test_equal_pieces_round_together_before_a_later_part_of_the_goods() -> None:
    """Of 80 minor units off 200 pieces the dearer hundred takes all: 30 fewer are left to halve.

    ADR 0004: the rounded total is 15 above the exact lowest one, of two promotions.
    """
    receipt = _from(0, "receipt", {"type": "percent", "bp": 1_000})
    customer = _from(0, "customer", HALF) | {"id": "K"}
    customer["offer"] |= {"on": {"any_of": [{"skus": ["a"]}]}}
    lines = [
        {"line_id": sku, "sku": sku, "quantity_milli": 100_000, "unit_price_minor": minor}
        for sku, minor in (("a", 5), ("b", 3))
    ]
    sale = {"sale_id": "s", "at": "2026-03-07T15:12:00+01:00", "lines": lines}

    result = RuleGeneration.from_value([receipt, customer]).evaluate(sale)

    exact = 800 - 80 - 450 // 2
    assert result.optimal
    assert [one.discount_minor for one in result.promotions] == [80, (500 - 80) // 2]
    assert result.total_minor == exact + 15
