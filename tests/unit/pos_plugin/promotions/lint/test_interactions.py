"""What lint says of interactions is what the engine does with the sale that it shows."""

from __future__ import annotations

import pytest
from lint_rules import TROUSERS, Doc, article, found, linted, percent, price, tiers, unit

THREE_FOR_TWO: Doc = {
    "id": "3F2",
    "label": {"de": "3 für 2", "en": "3 for 2"},
    "layer": "article",
    "offer": {"kind": "n_for_m", "n": 3},
}


def test_a_combined_reduction_is_there_in_its_sale() -> None:
    rules = [unit("A", percent(4000)), tiers("R", (5_000, percent(2000)))]
    (finding,) = found(linted(rules), "combined_reduction")
    result = price(rules, finding.example)
    falls = [line["discount_minor"] * 10_000 // line["gross_minor"] for line in result["lines"]]
    assert finding.figures["reduction_bp"] in falls
    assert 5_190 <= finding.figures["reduction_bp"] <= 5_210


@pytest.mark.parametrize(("limit_bp", "findings"), [(5_190, 1), (5_200, 0)])
def test_a_fall_of_just_the_limit_is_allowed(limit_bp: int, findings: int) -> None:
    rules = [unit("A", percent(4000)), tiers("R", (5_000, percent(2000)))]
    report = linted(rules, [article("T", 10_000)], max_combined_bp=limit_bp)
    assert len(found(report, "combined_reduction")) == findings


def test_three_layers_add_up() -> None:
    rules = [
        unit("A", percent(3000)),
        tiers("R", (0, percent(2000))),
        tiers("C", (0, {"type": "customer_rate", "max_bp": 1500}), layer="customer"),
    ]
    deepest = found(linted(rules), "combined_reduction")[0]
    assert deepest.promotions == ("A", "R", "C")
    assert 5_235 <= deepest.figures["reduction_bp"] <= 5_245


def test_rounding_to_the_cent_is_no_fall() -> None:
    """Half of 79.99, in two steps, is 40.00 off: more than half by less than a cent."""
    rules = [unit("A", percent(2000)), tiers("R", (0, percent(3750)))]
    assert not found(linted(rules, [article("T", 7_999)]), "combined_reduction")


def test_small_prices_show_in_numbers() -> None:
    """A roll of 0.40 falls by 52 %, which one roll alone cannot tell from rounding."""
    rules = [unit("A", percent(4000)), tiers("R", (0, percent(2000)))]
    assert found(linted(rules, [article("ROLL", 40)]), "combined_reduction")


def test_one_promotion_alone_is_no_combination() -> None:
    assert not found(linted([unit("A", percent(9000))]), "combined_reduction")


def test_promotions_that_never_meet_do_not_combine() -> None:
    rules = [
        unit("A", percent(4000), validity={"until": "2026-03-01T00:00"}),
        tiers("R", (0, percent(4000)), validity={"from": "2026-03-01T00:00"}),
    ]
    assert not found(linted(rules), "combined_reduction")
    together = [rules[0] | {"validity": {}}, rules[1]]
    assert found(linted(together), "combined_reduction")


def test_units_kept_from_later_layers_do_not_fall_twice() -> None:
    rules = [unit("A", percent(4000), exclusive="units"), tiers("R", (0, percent(4000)))]
    assert not found(linted(rules), "combined_reduction")


def test_both_sides_of_a_cliff_cost_what_it_says() -> None:
    rules = [tiers("R", (12_000, {"type": "amount_off", "minor": 1_000}))]
    (finding,) = found(linted(rules), "tier_cliff")
    assert finding.beside is not None
    below, above = price(rules, finding.example), price(rules, finding.beside)
    assert above["gross_minor"] > below["gross_minor"]
    assert above["total_minor"] < below["total_minor"]
    assert below["total_minor"] - above["total_minor"] == finding.figures["drop_minor"]


def test_a_cliff_that_other_discounts_level_is_none() -> None:
    """At 100.00 the customer is better off with 40 %: one unit more changes nothing."""
    steep = tiers("R", (10_000, {"type": "amount_off", "minor": 3_000}))
    assert found(linted([unit("A", percent(2000)), steep]), "tier_cliff")
    assert not found(linted([unit("A", percent(4000)), steep]), "tier_cliff")


def test_the_loser_of_a_shadow_is_never_chosen() -> None:
    rules = [unit("B20", on=TROUSERS), unit("A15", percent(1500), TROUSERS)]
    (finding,) = found(linted(rules), "shadowed")
    assert finding.promotions == ("A15", "B20")
    applied = {one["promotion"] for one in price(rules, finding.example)["promotions"]}
    assert applied == {"B20"}


@pytest.mark.parametrize(
    "escape",
    [
        pytest.param(({"scope": {"shops": ["002"]}}, {}), id="elsewhere"),
        pytest.param(({"validity": {"until": "2026-04-01T00:00"}}, {}), id="later"),
        pytest.param(({"validity": {"windows": [{"weekdays": [6]}]}}, {}), id="on working days"),
        pytest.param(({"limits": {"per_receipt": 2}}, {}), id="third piece"),
        pytest.param(({"limits": {"max_discount_minor": 500}}, {}), id="above the cap"),
        pytest.param(({"limits": {"per_customer": 1}}, {}), id="second receipt"),
        pytest.param(({"when": [{"type": "customer_known"}]}, {}), id="without a customer"),
        pytest.param(
            ({"when": [{"type": "not", "of": {"type": "tender", "any_of": ["card"]}}]}, {}),
            id="paid by card",
        ),
    ],
)
def test_a_promotion_that_wins_somewhere_is_not_shadowed(escape: tuple[Doc, Doc]) -> None:
    better, worse = escape
    rules = [unit("B20", on=TROUSERS) | better, unit("A15", percent(1500), TROUSERS) | worse]
    assert not found(linted(rules), "shadowed")
    # Without what keeps it out, the better one always wins.
    assert found(linted([unit("B20", on=TROUSERS), rules[1]]), "shadowed")


def test_other_articles_of_the_shop_clear_a_promotion() -> None:
    rules = [unit("B20", on=TROUSERS), unit("A15", percent(1500))]
    trousers = [article(f"T{n}", 1_000 * n) for n in range(1, 6)]
    assert found(linted(rules, trousers), "shadowed")
    assert not found(linted(rules, [*trousers, article("S", 3_000, "shirts")]), "shadowed")


def test_the_matrix_counts_shared_articles() -> None:
    rules = [unit("A", on=TROUSERS), THREE_FOR_TWO, unit("S", on={"any_of": [{"skus": ["S1"]}]})]
    articles = [article("T1", 5_000), article("T2", 4_000), article("S1", 3_000, "shirts")]
    matrix = linted(rules, articles).to_dict()["overlaps"]
    assert matrix["pairs"] == [
        {"promotions": ["3F2", "A"], "articles": 2},
        {"promotions": ["3F2", "S"], "articles": 1},
    ]
    assert matrix["most_contested"]["promotions"] == 2


def test_the_hardest_sale_took_the_steps_it_says() -> None:
    rules = [unit("A", on=TROUSERS), THREE_FOR_TWO, tiers("R", (20_000, percent(500)))]
    (finding,) = found(linted(rules), "search_effort")
    result = price(rules, finding.example)
    assert result["diagnostics"]["steps"] == finding.figures["steps"]
    assert result["optimal"] == bool(finding.figures["optimal"])
    assert result["gap_minor"] == finding.figures["gap_minor"]


def test_a_seed_draws_the_same_sales_again() -> None:
    rules = [unit("A", on=TROUSERS), THREE_FOR_TWO]
    assert linted(rules, seed=5).to_dict() == linted(rules, seed=5).to_dict()
    hardest = [found(linted(rules, seed=n), "search_effort")[0].example for n in (5, 6)]
    assert hardest[0] != hardest[1]


def test_words_that_no_article_has_are_named_as_the_shop_writes_them() -> None:
    on = {
        "any_of": [{"categories": ["trousers", "jackets"]}],
        "none_of": [{"brands": ["gabor"]}, {"seasons": ["FS26"]}],
    }
    rules = [unit("A", on=on, when=[{"type": "min_value", "minor": 1, "of": TROUSERS}])]
    branded = [article("T", 10_000, brand="Gabor")]
    (finding,) = found(linted(rules, branded), "word_without_article")
    assert finding.figures == {"words": 2}
    assert "category 'jackets', brand 'gabor' (but 'Gabor')." in finding.message
    # Of brands nobody knows anything here, of seasons neither there.
    (finding,) = found(linted(rules, [article("T", 10_000)]), "word_without_article")
    assert finding.message.endswith("has: category 'jackets'.")
    assert not found(linted(rules), "word_without_article")


def test_a_condition_over_words_that_no_article_has_is_named() -> None:
    shoes = {"any_of": [{"skus": ["1", "2", "3", "4"]}]}
    rules = [
        unit("A", when=[{"type": "not", "of": {"type": "min_value", "minor": 1, "of": shoes}}])
    ]
    (finding,) = found(linted(rules, [article("T", 10_000)]), "word_without_article")
    assert finding.figures == {"words": 4}
    assert finding.message.endswith("sku '1', sku '2', sku '3', 1 more.")
