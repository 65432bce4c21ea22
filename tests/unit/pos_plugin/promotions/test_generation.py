"""A generation is taken whole or refused with the one place that is wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pos_plugin.errors import RuleError, SaleError
from pos_plugin.model import Basket
from pos_plugin.promotions.generation import RuleGeneration

GOOD: dict[str, Any] = {
    "id": "HOSEN20",
    "layer": "article",
    "offer": {"kind": "unit_discount", "benefit": {"type": "percent", "bp": 2000}},
}


def refused(text: str) -> RuleError:
    with pytest.raises(RuleError) as caught:
        RuleGeneration.from_json(text)
    return caught.value


def refused_with(**changes: Any) -> tuple[str, str]:
    error = refused(json.dumps([GOOD, GOOD | {"id": "OTHER"} | changes]))
    return error.code, error.where


def test_a_good_generation_is_taken() -> None:
    rules = RuleGeneration.from_json(json.dumps({"generation": 42, "promotions": [GOOD]}))
    assert rules.generation == 42
    assert [promotion.id for promotion in rules.promotions] == ["HOSEN20"]


@pytest.mark.parametrize(
    ("text", "code", "where"),
    [
        ("{", "not_json", ""),
        ('{"promotions": [], "promotions": []}', "not_json", ""),
        ('[{"id": NaN}]', "not_json", ""),
        ("[" * 100_000, "not_json", ""),
        ("7", "wrong_type", "promotions"),
        ("{}", "missing", "promotions"),
        ('{"promotions": {}}', "wrong_type", "promotions"),
        ('{"promotions": [], "rules": []}', "unknown_field", "rules"),
        ('{"promotions": [], "generation": "4"}', "wrong_type", "generation"),
        ('{"promotions": [], "generation": -1}', "out_of_range", "generation"),
        ("[7]", "wrong_type", "promotions[0]"),
        (json.dumps([GOOD, GOOD]), "duplicate_id", "promotions[1].id"),
    ],
)
def test_a_document_that_is_no_generation_is_refused(text: str, code: str, where: str) -> None:
    error = refused(text)
    assert (error.code, error.where) == (code, where)


def test_bytes_in_a_wrong_encoding_are_not_json() -> None:
    with pytest.raises(RuleError) as caught:
        RuleGeneration.from_json('[{"id": "Größe"}]'.encode("latin-1"))
    assert caught.value.code == "not_json"


def offer(**fields: Any) -> dict[str, Any]:
    return {"offer": {**GOOD["offer"], **fields}}


@pytest.mark.parametrize(
    ("changes", "code", "where"),
    [
        ({"colour": "red"}, "unknown_field", "colour"),
        ({"id": ""}, "out_of_range", "id"),
        ({"id": 7}, "wrong_type", "id"),
        ({"layer": "basket"}, "unknown_word", "layer"),
        ({"layer": "receipt"}, "out_of_range", "layer"),
        ({"exclusive": "sometimes"}, "unknown_word", "exclusive"),
        ({"offer": {}}, "missing", "offer.kind"),
        ({"offer": {"kind": "gift"}}, "unknown_word", "offer.kind"),
        (
            offer(benefit={"type": "percent", "bp": 10_001}),
            "out_of_range",
            "offer.benefit.bp",
        ),
        (offer(benefit={"type": "percent", "bp": 10.5}), "wrong_type", "offer.benefit.bp"),
        (offer(benefit={"type": "percent", "bp": True}), "wrong_type", "offer.benefit.bp"),
        (offer(benefit={"type": "percent", "bp": "10"}), "wrong_type", "offer.benefit.bp"),
        (offer(benefit={"type": "percent"}), "missing", "offer.benefit.bp"),
        (offer(benefit={"type": "amount_off", "minor": -1}), "out_of_range", "offer.benefit.minor"),
        (offer(benefit={"type": "discount", "bp": 1}), "unknown_word", "offer.benefit.type"),
        (
            offer(on={"any_of": [{"colours": ["red"]}]}),
            "unknown_field",
            "offer.on.any_of[0].colours",
        ),
        (
            offer(on={"any_of": [{"price_state": "new"}]}),
            "unknown_word",
            "offer.on.any_of[0].price_state",
        ),
        (offer(max_units=0), "out_of_range", "offer.max_units"),
        ({"when": [{"type": "full_moon"}]}, "unknown_word", "when[0].type"),
        (
            {"when": [{"type": "not", "of": {"type": "coupon"}}]},
            "missing",
            "when[0].of.series",
        ),
        (offer(benefit={"type": "percent", "percent": 10}), "missing", "offer.benefit.bp"),
        (
            offer(benefit={"type": "percent", "bp": 1000, "percent": 10}),
            "unknown_field",
            "offer.benefit.percent",
        ),
        ({"when": [{"type": "coupon", "coupon": "X"}]}, "missing", "when[0].series"),
        ({"limits": {"per_receipt": 0}}, "out_of_range", "limits.per_receipt"),
        ({"validity": {"from": "2026-13-01T00:00"}}, "out_of_range", "validity.from"),
        ({"validity": {"from": "2026-03-01T00:00+01:00"}}, "out_of_range", "validity.from"),
        ({"validity": {"from": 20260301}}, "wrong_type", "validity.from"),
        (
            {"validity": {"windows": [{"weekdays": [8]}]}},
            "out_of_range",
            "validity.windows[0].weekdays[0]",
        ),
        ({"label": {"fr": "x"}}, "unknown_word", "label.fr"),
        (
            {"offer": {"kind": "n_for_m", "n": 1}},
            "out_of_range",
            "offer.n",
        ),
        (
            {"offer": {"kind": "bundle", "slots": [], "benefit": {"type": "percent", "bp": 1}}},
            "out_of_range",
            "offer.slots",
        ),
        (
            {
                "offer": {
                    "kind": "bundle",
                    "slots": [{}] * 33,
                    "benefit": {"type": "percent", "bp": 1},
                }
            },
            "limit",
            "offer.slots",
        ),
    ],
)
def test_a_wrong_promotion_is_named_by_its_place(
    changes: dict[str, Any], code: str, where: str
) -> None:
    assert refused_with(**changes) == (code, f"promotions[1].{where}")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"when": {}}, "Input should be a list"),
        ({"label": "10 %"}, "Input should be an object"),
        ({"when": [{"type": "not", "of": []}]}, "Input should be an object"),
        (offer(on=[]), "Input should be an object"),
        ({"offer": {"kind": "n_for_m", "n": 3, "discounted": 4}}, "discounted 4 is more than n 3"),
        (
            {"offer": {"kind": "quantity_tiers", "tiers": []}},
            "List should have at least 1 item, not 0",
        ),
    ],
)
def test_a_message_speaks_of_json_and_not_of_python(changes: dict[str, Any], message: str) -> None:
    assert refused(json.dumps([GOOD | changes])).message == message


def test_an_unknown_offer_is_refused_by_name() -> None:
    error = refused(json.dumps([GOOD | {"offer": {"kind": "buy_two"}}]))
    assert (error.code, error.where) == ("unknown_word", "promotions[0].offer.kind")
    assert "buy_two" in error.message
    assert "buy_get" in error.message


PERCENT = {"type": "percent", "bp": 1000}


@pytest.mark.parametrize(
    ("layer", "offer", "code", "where"),
    [
        (
            "article",
            {"kind": "buy_get", "buy": [{}] * 16, "get": [{}] * 17, "benefit": PERCENT},
            "limit",
            "",
        ),
        (
            "article",
            {"kind": "buy_get", "buy": [{}] * 33, "get": [{}], "benefit": PERCENT},
            "limit",
            ".buy",
        ),
        ("article", {"kind": "buy_get", "buy": [{}], "benefit": PERCENT}, "missing", ".get"),
        (
            "article",
            {"kind": "buy_get", "buy": [], "get": [{}], "benefit": PERCENT},
            "out_of_range",
            ".buy",
        ),
        ("article", {"kind": "quantity_tiers", "tiers": []}, "out_of_range", ".tiers"),
        (
            "article",
            {
                "kind": "quantity_tiers",
                "tiers": [{"min_quantity": n + 1, "benefit": PERCENT} for n in range(33)],
            },
            "limit",
            ".tiers",
        ),
        (
            "article",
            {"kind": "quantity_tiers", "tiers": [{"min_quantity": 2, "benefit": PERCENT}] * 2},
            "out_of_range",
            "",
        ),
        (
            "article",
            {"kind": "quantity_tiers", "tiers": [{"min_quantity": 0, "benefit": PERCENT}]},
            "out_of_range",
            ".tiers[0].min_quantity",
        ),
        (
            "earn",
            {"kind": "earn_fixed", "account": "points", "points": 5, "per": "line"},
            "unknown_word",
            ".per",
        ),
        ("earn", {"kind": "earn_fixed", "account": "points", "points": 5}, "missing", ".per"),
        (
            "earn",
            {"kind": "earn_multiplier", "account": "points", "factor_bp": 1_000_001},
            "out_of_range",
            ".factor_bp",
        ),
        ("earn", {"kind": "earn_multiplier", "account": "points"}, "missing", ".factor_bp"),
    ],
)
def test_a_wrong_offer_is_named_by_its_place(
    layer: str, offer: dict[str, Any], code: str, where: str
) -> None:
    assert refused_with(layer=layer, offer=offer) == (code, f"promotions[1].offer{where}")


def test_an_offer_of_32_slots_and_one_of_32_tiers_are_taken() -> None:
    tiers = [{"min_quantity": n + 1, "benefit": PERCENT} for n in range(32)]
    for offer in (
        {"kind": "buy_get", "buy": [{}] * 16, "get": [{}] * 16, "benefit": PERCENT},
        {"kind": "quantity_tiers", "tiers": tiers},
    ):
        assert RuleGeneration.from_json(json.dumps([GOOD | {"offer": offer}])).promotions


def test_conditions_nested_too_deeply_are_refused() -> None:
    condition: dict[str, Any] = {"type": "customer_known"}
    for _ in range(16):
        condition = {"type": "not", "of": condition}
    assert refused_with(when=[condition])[0] == "limit"


def test_a_generation_of_more_than_5000_promotions_is_refused() -> None:
    error = refused(json.dumps([GOOD | {"id": f"P{n}"} for n in range(5_001)]))
    assert (error.code, error.where) == ("limit", "promotions")


SALE: dict[str, Any] = {
    "sale_id": "s",
    "at": "2026-03-07T15:12:00+01:00",
    "lines": [{"line_id": "1", "sku": "a", "quantity_milli": 1000, "unit_price_minor": 500}],
}


def line(**changes: Any) -> dict[str, Any]:
    return SALE | {"lines": [SALE["lines"][0] | changes]}


@pytest.mark.parametrize(
    ("sale", "code", "where"),
    [
        (line(unit_price_minor=-1), "out_of_range", "sale.lines[0].unit_price_minor"),
        (line(unit_price_minor=1.0), "wrong_type", "sale.lines[0].unit_price_minor"),
        (line(unit_price_minor=10**9 + 1), "out_of_range", "sale.lines[0].unit_price_minor"),
        (line(quantity_milli=10**8), "out_of_range", "sale.lines[0].quantity_milli"),
        (line(price=1), "unknown_field", "sale.lines[0].price"),
        (line(sku=None), "wrong_type", "sale.lines[0].sku"),
        (SALE | {"lines": [SALE["lines"][0]] * 2}, "duplicate_id", "sale.lines[1].line_id"),
        (
            SALE | {"lines": [SALE["lines"][0] | {"line_id": str(n)} for n in range(1_000)]},
            "limit",
            "sale.lines",
        ),
        (
            line(unit_price_minor=10**9, quantity_milli=2000),
            "limit",
            "sale.lines[0]",
        ),
        (SALE | {"at": "2026-03-07T15:12:00"}, "out_of_range", "sale.at"),
        (SALE | {"at": 5}, "wrong_type", "sale.at"),
        ({"sale_id": "s", "lines": []}, "missing", "sale.at"),
        (SALE | {"customer": {}}, "missing", "sale.customer.id"),
        ([], "wrong_type", "sale"),
    ],
)
def test_a_wrong_sale_is_named_by_its_place(sale: Any, code: str, where: str) -> None:
    with pytest.raises(SaleError) as caught:
        Basket.from_dict(sale)
    assert (caught.value.code, caught.value.where) == (code, where)


def test_an_instant_without_offset_is_told_what_it_lacks() -> None:
    with pytest.raises(SaleError, match="carries its offset, such as 2026-03-01T15:00:00"):
        Basket.from_dict(SALE | {"at": "2026-03-07T15:12:00"})


@pytest.mark.parametrize(("day", "total_minor"), [("2026-03-07", 500), ("2026-03-08", 400)])
def test_a_promotion_until_a_day_ends_with_the_day_before(day: str, total_minor: int) -> None:
    rules = RuleGeneration.from_value([GOOD | {"validity": {"until": day}}])
    assert rules.evaluate(SALE).total_minor == total_minor


def test_a_price_bound_unit_counts_for_a_condition_and_for_no_tier() -> None:
    off = {"type": "amount_off", "minor": 100}
    book = SALE["lines"][0] | {"line_id": "2", "sku": "book", "discountable": False}
    sale = SALE | {"lines": [*SALE["lines"], book]}
    tier = {"kind": "receipt_discount", "tiers": [{"min_value_minor": 1_000, "benefit": off}]}
    plain = {"kind": "receipt_discount", "tiers": [{"benefit": off}]}
    when = [{"type": "min_value", "minor": 1_000}]
    of_tier = {"id": "T", "layer": "receipt", "offer": tier}
    of_condition = {"id": "C", "layer": "receipt", "when": when, "offer": plain}
    assert RuleGeneration.from_value([of_tier]).evaluate(sale).total_minor == 1_000
    assert RuleGeneration.from_value([of_condition]).evaluate(sale).total_minor == 900
