"""Gifts (``buy_get``) and quantity tiers worked out by hand; engine and oracle must both agree."""

from __future__ import annotations

import json
from typing import Any

import pytest
from laws import assert_adds_up, assert_explained, assert_honest, assert_nothing_idle
from legality import assert_rules_kept
from oracle import best_total
from wrong_engines import any_tier

from pos_plugin.promotions.generation import RuleGeneration

Doc = dict[str, Any]

FREE = {"type": "percent", "bp": 10_000}
HALF = {"type": "percent", "bp": 5000}


def of(*categories: str) -> Doc:
    return {"any_of": [{"categories": list(categories)}]}


def slot(*categories: str, quantity: int = 1) -> Doc:
    return {"on": of(*categories) if categories else {}, "quantity": quantity}


def gift(identity: str, buy: list[Doc], get: list[Doc], benefit: Doc = FREE, **more: Any) -> Doc:
    flag = more.pop("within", False)
    offer = {"kind": "buy_get", "buy": buy, "get": get, "benefit": benefit}
    return {
        "id": identity,
        "layer": "article",
        "offer": offer | {"get_at_most_buy_price": flag},
    } | more


def tiers(identity: str, *steps: tuple[int, Doc], on: Doc | None = None, **more: Any) -> Doc:
    offer = {
        "kind": "quantity_tiers",
        "on": on or {},
        "tiers": [{"min_quantity": least, "benefit": benefit} for least, benefit in steps],
    }
    return {"id": identity, "layer": "article", "offer": offer} | more


def percent(bp: int) -> Doc:
    return {"type": "percent", "bp": bp}


def off_each(identity: str, benefit: Doc, on: Doc | None = None) -> Doc:
    offer = {"kind": "unit_discount", "on": on or {}, "benefit": benefit}
    return {"id": identity, "layer": "article", "offer": offer}


def from_value(minor: int, benefit: Doc, on: Doc | None = None) -> Doc:
    offer = {
        "kind": "receipt_discount",
        "on": on or {},
        "tiers": [{"min_value_minor": minor, "benefit": benefit}],
    }
    return {"id": "RECEIPT", "layer": "receipt", "offer": offer}


def sale(*lines: tuple[str, int, int], **facts: Any) -> Doc:
    """Lines of (category, price in cents, pieces)."""
    return {
        "sale_id": "s",
        "at": "2026-03-07T15:12:00+01:00",
        "lines": [
            {
                "line_id": str(number),
                "sku": f"{category}{price_minor}",
                "categories": [category],
                "quantity_milli": 1000 * pieces,
                "unit_price_minor": price_minor,
            }
            for number, (category, price_minor, pieces) in enumerate(lines)
        ],
    } | facts


def engine(promotions: list[Doc], snapshot: Doc) -> Doc:
    return RuleGeneration.from_json(json.dumps(promotions)).evaluate(snapshot).to_dict()


def checked(promotions: list[Doc], snapshot: Doc) -> Doc:
    """The result, which keeps every law and is the oracle's."""
    result = engine(promotions, snapshot)
    assert result["optimal"]
    assert_honest(result, best_total(promotions, snapshot))
    assert_adds_up(result, snapshot)
    assert_rules_kept(result, promotions, snapshot)
    assert_explained(result, promotions, snapshot)
    assert_nothing_idle(result, promotions, snapshot)
    return result


def reasons(result: Doc) -> dict[str, Doc]:
    return {one.pop("promotion"): one for one in result["not_applied"]}


# --- gifts ----------------------------------------------------------------------------------------


def test_the_gift_is_spread_over_all_units_taken() -> None:
    belt = gift("A", [slot("shirt", quantity=2)], [slot("tie")])
    result = checked([belt], sale(("shirt", 4000, 2), ("tie", 2000, 1)))
    assert [line["discount_minor"] for line in result["lines"]] == [1600, 400]
    roles = [one["role"] for line in result["lines"] for one in line["discounts"]]
    assert roles == ["qualifier", "target"]


@pytest.mark.parametrize(("within", "total_minor"), [(False, 4000), (True, 6000)])
def test_without_the_flag_the_dearer_one_is_the_gift(*, within: bool, total_minor: int) -> None:
    pair = gift("A", [slot()], [slot()], within=within)
    assert checked([pair], sale(("x", 6000, 1), ("x", 4000, 1)))["total_minor"] == total_minor


def test_with_the_flag_pairs_are_formed_by_price() -> None:
    # 100+90, 60+50, 10+10: the second of each is free.
    pair = gift("A", [slot()], [slot()], within=True)
    basket = sale(*[("x", price * 100, 1) for price in (100, 90, 60, 50)], ("x", 1000, 2))
    assert checked([pair], basket)["discount_minor"] == 9000 + 5000 + 1000


def test_a_gift_of_the_same_price_is_within_the_flag() -> None:
    pair = gift("A", [slot("b")], [slot("a")], within=True)
    assert checked([pair], sale(("a", 1000, 3), ("b", 1000, 2)))["discount_minor"] == 2000
    assert checked([pair], sale(("a", 1001, 3), ("b", 1000, 2)))["discount_minor"] == 0


def test_a_gift_dearer_than_what_is_bought_cannot_be_formed() -> None:
    pair = gift("A", [slot("b", quantity=2)], [slot("a")], within=True)
    result = engine([pair], sale(("a", 5000, 1), ("b", 6000, 1), ("b", 4000, 1)))
    assert reasons(result) == {"A": {"code": "min_quantity", "need": 1, "have": 0}}


def test_a_gift_missing_in_the_sale_has_no_units() -> None:
    belt = gift("A", [slot("shirt")], [slot("tie")])
    assert reasons(engine([belt], sale(("shirt", 4000, 2)))) == {"A": {"code": "no_matching_units"}}


def test_a_gift_competes_with_three_for_two() -> None:
    three = {"id": "B", "layer": "article", "offer": {"kind": "n_for_m", "n": 3}}
    pair = gift("A", [slot("x")], [slot("y")], limits={"per_receipt": 1})
    basket = sale(("x", 5000, 2), ("y", 4000, 2), ("x", 1000, 2))
    assert checked([three, pair], basket)["discount_minor"] == 4000 + 4000


def test_applications_of_a_gift_are_limited_by_coupons() -> None:
    pair = gift("A", [slot("x")], [slot("y")], when=[{"type": "coupon", "series": "S"}])
    coupons = [{"code": f"C{n}", "series": "S"} for n in range(2)]
    result = checked([pair], sale(("x", 5000, 3), ("y", 1000, 3), coupons=coupons))
    assert result["discount_minor"] == 2000
    assert len(result["coupons_used"]) == 2


def test_a_cap_cuts_gifts_in_proportion() -> None:
    pair = gift("A", [slot("x")], [slot("y")], limits={"max_discount_minor": 1600})
    result = checked([pair], sale(("x", 3000, 2), ("y", 1000, 2)))
    assert [line["discount_minor"] for line in result["lines"]] == [1200, 400]


def test_a_capped_gift_is_compared_by_what_its_cap_leaves() -> None:
    # The 60.00 is given and capped to 50.00, which is more than 45 % of both.
    rules = [
        gift("A", [slot()], [slot()], limits={"max_discount_minor": 5000}),
        off_each("B", percent(4500)),
    ]
    assert checked(rules, sale(("x", 6000, 1), ("x", 4000, 1)))["discount_minor"] == 5000


def test_an_exclusive_gift_takes_its_units_from_later_layers() -> None:
    pair = gift("A", [slot("x")], [slot("y")], exclusive="units")
    tenth = from_value(0, percent(1000))
    # 10 % of 100.00 is more than the gift of 5.00; 10 % of 61.00 is more than that of 6.00, too.
    assert checked([pair, tenth], sale(("x", 9500, 1), ("y", 500, 1)))["total_minor"] == 9000
    assert checked([pair, tenth], sale(("x", 5500, 1), ("y", 600, 1)))["total_minor"] == 5490
    assert checked([pair, tenth], sale(("x", 5000, 1), ("y", 600, 1)))["total_minor"] == 5000


def test_a_gift_is_forgone_to_keep_a_threshold() -> None:
    pair = gift("A", [slot("x")], [slot("y")])
    step = from_value(10_000, {"type": "amount_off", "minor": 3000})
    assert checked([pair, step], sale(("x", 9000, 1), ("y", 1000, 1)))["total_minor"] == 7000


def test_a_bundle_of_seventy_thousand_gifts_is_counted_at_once() -> None:
    pair = gift("A", [slot("x", quantity=2)], [slot("x")], within=True)
    result = engine([pair], sale(("x", 100, 70_000)))
    assert result["optimal"]
    assert result["discount_minor"] == 70_000 // 3 * 100


# --- quantity tiers -------------------------------------------------------------------------------

STEPS = ((3, percent(500)), (6, percent(1000)))


@pytest.mark.parametrize(
    ("pieces", "discount_minor"), [(1, 0), (2, 0), (3, 150), (5, 250), (6, 600), (50, 5000)]
)
def test_the_tier_reached_holds_for_all(pieces: int, discount_minor: int) -> None:
    result = checked([tiers("A", *STEPS)], sale(("x", 1000, pieces)))
    assert result["discount_minor"] == discount_minor


def test_too_few_units_say_how_many_are_missing() -> None:
    result = engine([tiers("A", *STEPS)], sale(("x", 1000, 2)))
    assert reasons(result) == {"A": {"code": "min_quantity", "need": 3, "have": 2}}


def test_who_takes_six_does_not_get_the_tier_of_three() -> None:
    # The higher tier is the worse one: five units are taken, the sixth is left.
    odd = tiers("A", (3, HALF), (6, percent(1000)))
    result = checked([odd], sale(("x", 1000, 6)))
    assert result["discount_minor"] == 2500
    assert result["promotions"][0]["applications"] == 5


def test_a_unit_that_gains_nothing_fills_up_a_tier() -> None:
    # The third piece costs no more than the tier's price: it is taken without a discount.
    each = tiers("A", (3, {"type": "fixed_price", "minor": 1000}))
    result = checked([each], sale(("x", 3000, 2), ("x", 900, 1)))
    assert result["discount_minor"] == 4000
    assert result["promotions"][0]["applications"] == 3
    assert [line["discount_minor"] for line in result["lines"]] == [4000, 0]


def test_units_are_lent_to_a_tier_where_that_saves_more() -> None:
    # The sock at 20 % would be cheaper alone, but with it the coats reach 30 %.
    rules = [tiers("A", (3, percent(3000)), on=of("coat", "sock")), off_each("B", HALF, of("sock"))]
    result = checked(rules, sale(("coat", 20_000, 2), ("sock", 1000, 1)))
    assert result["discount_minor"] == 12_300
    few = checked(rules, sale(("coat", 20_000, 3), ("sock", 1000, 1)))
    assert few["discount_minor"] == 18_500


def test_units_are_lent_to_a_tier_for_a_small_difference_too() -> None:
    # 29 % of the coats and half the sock is 121.00, the tier of three 123.00.
    rules = [
        tiers("A", (3, percent(3000)), on=of("coat", "sock")),
        off_each("B", HALF, of("sock")),
        off_each("C", percent(2900), of("coat")),
    ]
    assert checked(rules, sale(("coat", 20_000, 2), ("sock", 1000, 1)))["discount_minor"] == 12_300


def test_two_tiers_share_units_as_it_is_best() -> None:
    rules = [
        tiers("A", (2, percent(1000)), (4, percent(3000)), on=of("x", "y")),
        tiers("B", (3, percent(2000)), on=of("y", "z")),
    ]
    basket = sale(("x", 5000, 2), ("y", 3000, 2), ("z", 1000, 2))
    assert checked(rules, basket)["discount_minor"] == 4800


def test_limits_count_units() -> None:
    rule = tiers("A", *STEPS, limits={"per_receipt": 4})
    result = checked([rule], sale(("x", 2000, 2), ("x", 1000, 4)))
    assert result["discount_minor"] == 300
    none = engine([tiers("A", *STEPS, limits={"per_receipt": 2})], sale(("x", 1000, 6)))
    assert reasons(none) == {"A": {"code": "limit_receipt"}}


def test_coupons_count_units_and_are_used_as_many() -> None:
    rule = tiers("A", *STEPS, when=[{"type": "coupon", "series": "S"}])
    coupons = [{"code": f"C{n}", "series": "S"} for n in range(4)]
    result = checked([rule], sale(("x", 1000, 6), coupons=coupons))
    assert result["discount_minor"] == 200
    assert len(result["coupons_used"]) == 4
    assert checked([rule], sale(("x", 1000, 6), coupons=coupons[:2]))["coupons_used"] == []


def test_a_tier_below_a_threshold_is_chosen_with_it() -> None:
    # All six at 10 % leave 54.00; five at 5 % leave 57.50 and open 10.00 off from 55.00.
    rules = [tiers("A", *STEPS), from_value(5500, {"type": "amount_off", "minor": 1000})]
    assert checked(rules, sale(("x", 1000, 6)))["total_minor"] == 4750


def test_every_unit_bears_its_own_benefit() -> None:
    each = tiers("A", (2, {"type": "fixed_price", "minor": 1000}))
    result = checked([each], sale(("x", 3000, 1), ("x", 1500, 1)))
    assert [line["paid_minor"] for line in result["lines"]] == [1000, 1000]


@pytest.mark.parametrize(("pieces", "discount_minor"), [(4, 200), (6, 600)])
def test_tiers_may_stand_in_any_order(pieces: int, discount_minor: int) -> None:
    result = checked([tiers("A", *STEPS[::-1])], sale(("x", 1000, pieces)))
    assert result["discount_minor"] == discount_minor


# --- negative controls ----------------------------------------------------------------------------


def test_an_engine_that_chooses_the_tier_freely_is_caught() -> None:
    case = ([tiers("A", *STEPS)], sale(("x", 1000, 4)))
    wrong = any_tier(*case)
    with pytest.raises(AssertionError, match="cheaper than the rules allow"):
        assert_honest(wrong, best_total(*case))
    with pytest.raises(AssertionError):
        assert_rules_kept(wrong, *case)
    reached = ([tiers("A", *STEPS)], sale(("x", 1000, 6)))
    assert_rules_kept(any_tier(*reached), *reached)
    assert_honest(any_tier(*reached), best_total(*reached))


@pytest.mark.parametrize(
    "other",
    [
        tiers("A", (5, percent(500))),
        tiers("A", (3, percent(600))),
        tiers("A", (3, percent(500)), (4, percent(600))),
        tiers("A", *STEPS, limits={"per_receipt": 3}),
        tiers("A", *STEPS, on=of("y")),
    ],
)
def test_a_result_under_other_tiers_is_caught(other: Doc) -> None:
    basket = sale(("x", 1000, 4))
    result = engine([tiers("A", *STEPS)], basket)
    assert_rules_kept(result, [tiers("A", *STEPS)], basket)
    with pytest.raises(AssertionError):
        assert_rules_kept(result, [other], basket)


@pytest.mark.parametrize(
    "other",
    [
        gift("A", [slot("x")], [slot("y")], HALF),
        gift("A", [slot("y")], [slot("x")]),
        gift("A", [slot("x", quantity=2)], [slot("y")]),
        gift("A", [slot("x")], [slot("y", quantity=2)]),
        gift("A", [slot("x")], [slot("y")], within=True),
        gift("A", [slot("x")], [slot("z")]),
    ],
)
def test_a_result_under_another_gift_is_caught(other: Doc) -> None:
    basket = sale(("x", 1000, 1), ("y", 2000, 1))
    result = engine([gift("A", [slot("x")], [slot("y")])], basket)
    assert_rules_kept(result, [gift("A", [slot("x")], [slot("y")])], basket)
    with pytest.raises(AssertionError):
        assert_rules_kept(result, [other], basket)
