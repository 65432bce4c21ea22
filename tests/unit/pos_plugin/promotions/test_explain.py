"""Why a promotion does not apply, who beats it, and what the sale would cost with it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from reasons import assert_first_reason, assert_forced_costs
from sales import Case, cases

from pos_plugin.promotions.generation import RuleGeneration
from pos_plugin.promotions.reason_texts import reason_text

if TYPE_CHECKING:
    from pos_plugin.promotions.result import NotApplied, Result

Doc = dict[str, Any]


def percent(bp: int) -> Doc:
    return {"type": "percent", "bp": bp}


def amount(minor: int) -> Doc:
    return {"type": "amount_off", "minor": minor}


def of(category: str) -> Doc:
    return {"any_of": [{"categories": [category]}]}


def off_each(name: str, benefit: Doc, category: str | None = None, **more: object) -> Doc:
    on = of(category) if category else {}
    offer = {"kind": "unit_discount", "on": on, "benefit": benefit}
    return {"id": name, "layer": "article", "offer": offer, **more}


def three_for_two(name: str, **more: object) -> Doc:
    return {"id": name, "layer": "article", "offer": {"kind": "n_for_m", "n": 3}, **more}


def from_value(name: str, minor: int, benefit: Doc, layer: str = "receipt", **more: object) -> Doc:
    tiers = [{"min_value_minor": minor, "benefit": benefit}]
    offer = {"kind": "receipt_discount", "tiers": tiers, **more}
    return {"id": name, "layer": layer, "offer": offer}


def sale(*lines: tuple[str, int, int], **facts: object) -> Doc:
    """Lines are category, price in cents, pieces."""
    return {
        "sale_id": "s1",
        "at": "2026-03-07T15:12:00+01:00",
        "lines": [
            {
                "line_id": str(number),
                "sku": f"{category}{price_minor}",
                "categories": [category],
                "quantity_milli": pieces * 1000,
                "unit_price_minor": price_minor,
            }
            for number, (category, price_minor, pieces) in enumerate(lines)
        ],
    } | facts


def evaluated(promotions: list[Doc], snapshot: Doc) -> Result:
    return RuleGeneration.from_json(json.dumps(promotions)).evaluate(snapshot)


def why(promotions: list[Doc], snapshot: Doc) -> dict[str, NotApplied]:
    """The reasons by promotion; they and their figures are those of brute force."""
    result = evaluated(promotions, snapshot)
    value = result.to_dict()
    assert_first_reason(value, promotions, snapshot)
    assert_forced_costs(value, promotions, snapshot)
    return {one.promotion: one for one in result.not_applied}


# The laws on random sales.


@given(cases())
def test_every_reason_is_the_first_that_holds(case: Case) -> None:
    assert_first_reason(evaluated(*case).to_dict(), *case)


@given(cases(max_units=5))
def test_forcing_a_loser_costs_what_brute_force_says(case: Case) -> None:
    assert_forced_costs(evaluated(*case).to_dict(), *case)


@pytest.mark.parametrize(
    "spoilt",
    [
        {"code": "no_saving"},
        {"code": "excluded"},
        {"code": "beaten"},
        {"code": "min_quantity", "need": 3, "have": 3, "by": ["B"]},
    ],
)
def test_a_later_or_wrong_reason_is_caught(spoilt: Doc) -> None:
    rules = [off_each("A", percent(1000)), off_each("B", percent(2000))]
    snapshot = sale(("x", 1000, 3))
    result = evaluated(rules, snapshot).to_dict()
    assert_first_reason(result, rules, snapshot)
    with pytest.raises(AssertionError):
        assert_first_reason(
            result | {"not_applied": [{"promotion": "A", **spoilt}]}, rules, snapshot
        )


@pytest.mark.parametrize("error_minor", [-100, -3, 3, 100])
def test_a_wrong_figure_is_caught(error_minor: int) -> None:
    rules = [off_each("A", percent(1000)), off_each("B", percent(2000))]
    snapshot = sale(("x", 1000, 3))
    result = evaluated(rules, snapshot).to_dict()
    assert assert_forced_costs(result, rules, snapshot) == 1
    result["not_applied"][0]["would_cost_minor"] += error_minor
    with pytest.raises(AssertionError, match="it is 100"):
        assert_forced_costs(result, rules, snapshot)


# By hand: who beats a promotion, and what it would cost.


def test_the_better_rate_beats_the_lesser_on_one_unit() -> None:
    rules = [off_each("A", percent(1000)), off_each("B", percent(2000))]
    found = why(rules, sale(("x", 1000, 3)))["A"]
    # One of the three pieces at 10 % instead of 20 %.
    assert (found.code, found.by, found.would_cost_minor) == ("beaten", ("B",), 100)


def test_a_forced_group_takes_all_its_units_and_leaves_the_rest() -> None:
    rules = [three_for_two("A"), off_each("B", percent(4000))]
    found = why(rules, sale(("x", 1000, 3), ("y", 500, 2)))["A"]
    # 10.00 of the three dear ones instead of 12.00.
    assert (found.by, found.would_cost_minor) == (("B",), 200)


def test_of_equal_promotions_the_second_costs_the_same() -> None:
    rules = [off_each("A", percent(1000)), off_each("B", percent(1000))]
    found = why(rules, sale(("x", 1000, 1)))["B"]
    assert (found.code, found.by, found.would_cost_minor) == ("beaten", ("A",), 0)


def test_the_layer_has_room_for_one_promotion() -> None:
    rules = [from_value("A", 1000, percent(1000)), from_value("B", 1000, percent(1500))]
    found = why(rules, sale(("x", 1000, 4)))["A"]
    assert (found.by, found.would_cost_minor) == (("B",), 200)


def test_a_discount_forgone_for_a_threshold_is_beaten_by_the_receipt() -> None:
    rules = [off_each("A", percent(4000), "y"), from_value("B", 4000, amount(1000))]
    found = why(rules, sale(("x", 1000, 3), ("y", 500, 2)))["A"]
    # With it 10.00 less is not given, and both pieces of y cost 2.00 less.
    assert (found.code, found.by, found.would_cost_minor) == ("beaten", ("B",), 600)


def test_an_amount_is_forced_beside_the_customers_own_rate() -> None:
    rules = [
        from_value("A", 0, amount(300)),
        from_value("B", 6000, percent(5000), layer="customer"),
    ]
    found = why(rules, sale(("x", 3000, 2), customer={"id": "K1"}))["A"]
    # 57.00 misses the threshold: 3.00 instead of 30.00.
    assert (found.by, found.would_cost_minor) == (("B",), 2700)


def test_the_last_coupon_beats_who_needs_it_too() -> None:
    coupon = {"when": [{"type": "coupon", "series": "S"}]}
    rules = [off_each("A", amount(100), "x", **coupon), off_each("B", amount(400), "y", **coupon)]
    snapshot = sale(("x", 1000, 1), ("y", 1000, 1), coupons=[{"code": "C", "series": "S"}])
    found = why(rules, snapshot)["A"]
    assert (found.code, found.by, found.would_cost_minor) == ("beaten", ("B",), 300)


def test_a_capped_rate_is_not_seen_by_a_later_threshold_twice() -> None:
    later = from_value("B", 5700, percent(5000), layer="customer")
    capped = from_value("A", 6000, percent(1000))
    snapshot = sale(("x", 6000, 1), customer={"id": "K1"})
    # A cap that never binds is none: 54.00 misses the threshold.
    found = why([capped | {"limits": {"max_discount_minor": 600}}, later], snapshot)["A"]
    assert (found.by, found.would_cost_minor) == (("B",), 2400)
    found = why([capped | {"limits": {"max_discount_minor": 400}}, later], snapshot)["A"]
    assert (found.by, found.would_cost_minor) == (("B",), None)


def test_a_tier_under_a_later_gift_of_everything_has_no_figure() -> None:
    tiers = [
        {"min_value_minor": 0, "benefit": amount(300)},
        {"min_value_minor": 1, "benefit": percent(5000)},
    ]
    rules = [
        {"id": "A", "layer": "receipt", "offer": {"kind": "receipt_discount", "tiers": tiers}},
        from_value("B", 5000, percent(10_000), layer="customer"),
    ]
    # The lower tier costs nothing, and nothing shows it; the higher one would cost 30.00.
    assert why(rules, sale(("x", 6000, 1)))["A"].would_cost_minor is None


def test_what_costs_a_fraction_of_a_cent_may_still_be_reduced() -> None:
    rules = [
        from_value("A", 0, percent(5000), layer="customer"),
        off_each("B", percent(9_999)),
        from_value("C", 0, amount(1000)),
    ]
    assert why(rules, sale(("x", 333, 1)))["A"].would_cost_minor is None


def test_a_discount_below_a_minor_unit_takes_its_coupon() -> None:
    coupon = {"when": [{"type": "coupon", "series": "S"}]}
    rules = [off_each("A", percent(1), **coupon), off_each("B", percent(10_000), **coupon)]
    coupons = [{"code": "C", "series": "S"}, {"code": "D", "series": "S"}]
    found = why(rules, sale(("x", 900, 1), ("y", 100, 2), coupons=coupons))["A"]
    # One of the cheap pieces at 0.01 cents less instead of free.
    assert (found.by, found.would_cost_minor) == (("B",), 100)


def test_who_may_give_the_cheaper_unit_is_not_forced_to_give_the_dearer() -> None:
    offer = {"kind": "buy_get", "buy": [{}], "get": [{}], "benefit": percent(5000)}
    rules = [
        {"id": "A", "layer": "article", "offer": offer},
        from_value("B", 6000, percent(10_000), layer="customer"),
    ]
    # With the cheap one at half price the sale keeps its threshold, and costs nothing.
    snapshot = sale(("x", 6000, 1), ("y", 400, 1), customer={"id": "K1"})
    assert why(rules, snapshot)["A"].would_cost_minor is None


def test_a_coupon_of_another_series_leaves_the_last_one_to_others() -> None:
    either = [{"type": "coupon", "series": "S"}, {"type": "coupon", "series": "T"}]
    rules = [
        off_each("A", percent(1000), when=[{"type": "any", "of": either}]),
        from_value("B", 0, percent(10_000)) | {"when": either[:1]},
    ]
    coupons = [{"code": "C", "series": "S"}, {"code": "D", "series": "T"}]
    # With the other coupon it leaves B its own: nothing would cost 9.00.
    found = why(rules, sale(("x", 1000, 1), coupons=coupons))["A"]
    assert (found.by, found.would_cost_minor) == (("B",), None)


def test_exclusive_units_are_forced_out_of_the_later_layers() -> None:
    rules = [
        off_each("A", percent(500), exclusive="units"),
        from_value("B", 0, percent(2000)),
    ]
    found = why(rules, sale(("x", 1000, 1), ("y", 400, 1)))["A"]
    # The cheaper piece at 5 % instead of 20 %.
    assert (found.by, found.would_cost_minor) == (("B",), 60)


def test_quantity_tiers_are_forced_with_their_lowest_number() -> None:
    tiers = [{"min_quantity": 2, "benefit": percent(500)}]
    offer = {"kind": "quantity_tiers", "tiers": tiers}
    rules = [{"id": "A", "layer": "article", "offer": offer}, off_each("B", percent(1000))]
    found = why(rules, sale(("x", 1000, 3)))["A"]
    assert (found.by, found.would_cost_minor) == (("B",), 100)


def test_a_higher_tier_is_forced_where_a_lower_one_gives_more() -> None:
    tiers = [
        {"min_quantity": 1, "benefit": amount(100)},
        {"min_quantity": 2, "benefit": percent(1000)},
    ]
    offer = {"kind": "quantity_tiers", "tiers": tiers}
    rules = [{"id": "A", "layer": "article", "offer": offer}, from_value("B", 250, amount(300))]
    found = why(rules, sale(("x", 100, 3)))["A"]
    # One for nothing leaves 2.00, below the threshold; 10 % on all three leaves 2.70 for B.
    assert (found.by, found.would_cost_minor) == (("B",), 0)


def test_a_sale_with_seventy_thousand_pieces_is_forced_at_once() -> None:
    rules = [three_for_two("A"), off_each("B", percent(4000))]
    result = evaluated(rules, sale(("x", 100, 70_000)))
    (found,) = result.not_applied
    assert (found.code, found.would_cost_minor) == ("beaten", 20)


def test_without_a_proof_there_is_no_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pos_plugin.promotions.forced.MAX_EVALUATIONS", 0)
    rules = [off_each("A", percent(1000)), off_each("B", percent(2000))]
    (found,) = evaluated(rules, sale(("x", 1000, 3))).not_applied
    assert found.to_dict() == {"promotion": "A", "code": "beaten", "by": ["B"]}


def test_a_thousand_beaten_promotions_are_not_asked_for_without_end() -> None:
    rules = [off_each(f"A{n:03}", percent(n + 1)) for n in range(1000)]
    result = evaluated(rules, sale(("x", 100_000, 1)))
    costs = [one.would_cost_minor for one in result.not_applied]
    assert costs[0] == 9_990  # 0.01 % instead of 10 % of 1 000.00
    assert costs[-1] is None
    assert 100 < sum(cost is not None for cost in costs) < 300
    assert all(one.by == ("A999",) for one in result.not_applied)


# The other reasons behind the conditions.


def test_a_tier_is_told_the_base_of_the_sale_where_the_lesser_twin_was_tried() -> None:
    rules = [
        off_each("A", percent(1000)),
        off_each("B", percent(5000)),
        three_for_two("C", exclusive="units"),
        from_value("D", 5001, percent(1000)) | {"hint_within_minor": 100},
    ]
    result = evaluated(rules, sale(("x", 10_000, 1)))
    reasons = {one.promotion: one for one in result.not_applied}
    assert (reasons["D"].code, reasons["D"].need, reasons["D"].have) == ("min_value", 5001, 5000)
    assert [hint.need_minor for hint in result.hints] == [1]


def test_a_limit_below_the_lowest_tier_is_the_reason() -> None:
    tiers = [{"min_quantity": 3, "benefit": percent(500)}]
    offer = {"kind": "quantity_tiers", "tiers": tiers}
    rule = {"id": "A", "layer": "article", "offer": offer, "limits": {"per_receipt": 2}}
    assert why([rule], sale(("x", 1000, 3)))["A"].code == "limit_receipt"
    few = why([rule], sale(("x", 1000, 2)))["A"]
    assert (few.code, few.need, few.have) == ("min_quantity", 3, 2)


def test_fewer_coupons_than_the_lowest_tier_are_a_limit_too() -> None:
    tiers = [{"min_quantity": 2, "benefit": percent(500)}]
    offer = {"kind": "quantity_tiers", "tiers": tiers}
    when = [{"type": "coupon", "series": "S"}]
    rule = {"id": "A", "layer": "article", "offer": offer, "when": when}
    one = sale(("x", 1000, 3), coupons=[{"code": "C", "series": "S"}])
    assert why([rule], one)["A"].code == "limit_receipt"


def test_a_tier_that_coupons_cannot_reach_saves_nothing() -> None:
    tiers = [
        {"min_quantity": 1, "benefit": {"type": "fixed_price", "minor": 2000}},
        {"min_quantity": 2, "benefit": percent(5000)},
    ]
    offer = {"kind": "quantity_tiers", "tiers": tiers}
    when = [{"type": "coupon", "series": "S"}]
    rule = {"id": "A", "layer": "article", "offer": offer, "when": when}
    coupons = [{"code": "C", "series": "S"}, {"code": "D", "series": "S"}]
    assert why([rule], sale(("x", 1000, 2), coupons=coupons[:1]))["A"].code == "no_saving"
    assert "A" not in why([rule], sale(("x", 1000, 2), coupons=coupons))


def test_slots_that_want_the_same_unit_cannot_be_formed() -> None:
    slots = [{"on": of("x")}, {"on": of("x")}, {"on": of("y")}]
    offer = {"kind": "bundle", "slots": slots, "benefit": percent(1000)}
    rule = {"id": "A", "layer": "article", "offer": offer}
    found = why([rule], sale(("x", 1000, 1), ("y", 1000, 4)))["A"]
    assert (found.code, found.need, found.have) == ("min_quantity", 2, 1)


def test_a_group_whose_cheapest_unit_is_no_dearer_saves_nothing() -> None:
    offer = {"kind": "n_for_m", "n": 2, "benefit": {"type": "fixed_price", "minor": 500}}
    rule = {"id": "A", "layer": "article", "offer": offer}
    assert why([rule], sale(("x", 9000, 1), ("y", 500, 3)))["A"].code == "no_saving"
    assert "A" not in why([rule], sale(("x", 9000, 1), ("y", 501, 1)))


def test_a_promotion_that_stands_alone_excludes_the_others() -> None:
    rules = [off_each("A", percent(1000)), off_each("B", percent(5000), exclusive="receipt")]
    assert why(rules, sale(("x", 1000, 1)))["A"].code == "excluded"
    rules = [off_each("A", percent(6000)), off_each("B", percent(5000), exclusive="receipt")]
    assert why(rules, sale(("x", 1000, 1)))["B"].code == "excluded"


def test_exclusive_units_exclude_a_later_layer() -> None:
    rules = [off_each("A", percent(5000), exclusive="units"), from_value("B", 0, percent(1000))]
    assert why(rules, sale(("x", 1000, 2)))["B"].code == "excluded"


# In words.


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("de", "Wäre 1,00 € teurer als mit „Ein Fünftel“."),
        ("en", "Would cost €1.00 more than with “A fifth”."),
    ],
)
def test_the_cashier_reads_who_beats_it_and_by_how_much(language: str, said: str) -> None:
    label = {"de": "Ein Fünftel", "en": "A fifth"}
    rules = [off_each("A", percent(1000)), off_each("B", percent(2000), label=label)]
    result = evaluated(rules, sale(("x", 1000, 3)))
    labels = {one.promotion: one.label for one in result.promotions}
    (reason,) = result.not_applied
    assert reason_text(reason, currency="EUR", language=language, labels=labels) == said


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("de", "Kein Vorteil gegenüber anderen Aktionen."),
        ("en", "No better than other promotions."),
    ],
)
def test_a_tie_and_a_promotion_without_a_name_have_words(language: str, said: str) -> None:
    rules = [off_each("A", percent(1000)), off_each("B", percent(1000))]
    (reason,) = evaluated(rules, sale(("x", 1000, 1))).not_applied
    assert reason_text(reason, currency="EUR", language=language) == said
