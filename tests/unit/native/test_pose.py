"""The question that is put to the search: articles that no promotion tells apart are one pile."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from pos_plugin.model import Basket
from pos_plugin.promotions.generation import RuleGeneration

if TYPE_CHECKING:
    from pos_plugin.promotions.result import Result

Doc = dict[str, Any]
SEED = 20261123
CASES = 40


@pytest.mark.parametrize("offers", ["group", "tiers", "threshold"])
def test_articles_of_one_price_that_nobody_tells_apart_cost_what_one_pile_costs(
    offers: str,
) -> None:
    """Ten articles of 25 pieces cost the steps of one of 250, and the same sum."""
    apart = _evaluated(_OFFERS[offers], [_line(f"A-{at}", 25) for at in range(10)])
    piled = _evaluated(_OFFERS[offers], [_line("A-0", 250)])

    assert apart.diagnostics.steps == piled.diagnostics.steps
    assert apart.total_minor == piled.total_minor
    assert apart.optimal == piled.optimal


def test_an_article_that_one_promotion_names_is_told_apart() -> None:
    """The control: with a discount of its own one of ten articles is no part of the pile."""
    offers = [*_OFFERS["group"], _rule("U-A-3", _unit({"any_of": [{"skus": ["A-3"]}]}, 9_000))]

    lines = _evaluated(offers, [_line(f"A-{at}", 25) for at in range(10)]).lines

    named = [one.line_id for one in lines if one.discounts[0].promotion == "U-A-3"]
    assert named == ["A-3"]
    assert all(one.paid_minor < 0.2 * one.gross_minor for one in lines if one.line_id == "A-3")


def test_units_of_a_pile_go_to_its_articles_by_sku() -> None:
    """Three of five pieces at one price get the gift: those of the first articles."""
    offer = {"kind": "n_for_m", "n": 3, "benefit": {"type": "percent", "bp": 10_000}}
    found = _evaluated([_rule("N", offer)], [_line("B", 2), _line("A", 1), _line("C", 2)])

    taken = {one.line_id: sum(d.units_milli for d in one.discounts) for one in found.lines}
    assert taken == {"A": 1_000, "B": 2_000, "C": 0}
    assert found.total_minor == 4 * PRICE_MINOR


def test_a_pile_of_articles_gives_each_line_no_more_than_it_has() -> None:
    print(f"seed {SEED}")  # noqa: T201 - shown when the test fails
    for number in range(CASES):
        rng = random.Random(f"{SEED}:{number}")  # noqa: S311 - repeatable on purpose
        lines = [_line(f"A-{at}", rng.randint(1, 9)) for at in range(rng.randint(2, 9))]
        rng.shuffle(lines)
        found = _evaluated([one for each in _OFFERS.values() for one in each], lines)
        for line, one in zip(lines, found.lines, strict=True):
            article = [d for d in one.discounts if d.layer == "article"]
            assert sum(d.units_milli for d in article) <= line["quantity_milli"]
            assert one.paid_minor >= 0
        assert found.total_minor == sum(one.paid_minor for one in found.lines)


PRICE_MINOR = 250


def _evaluated(offers: list[Doc], lines: list[Doc]) -> Result:
    sale = {"sale_id": "pile", "at": "2026-03-07T12:00:00+01:00", "lines": lines}
    return RuleGeneration.from_value(offers).evaluate(Basket.from_dict(sale))


def _line(sku: str, pieces: int) -> Doc:
    return {
        "line_id": sku,
        "sku": sku,
        "quantity_milli": 1_000 * pieces,
        "unit_price_minor": PRICE_MINOR,
        "categories": ["c"],
    }


def _rule(rule_id: str, offer: Doc, layer: str = "article") -> Doc:
    return {"id": rule_id, "layer": layer, "label": {"de": rule_id}, "offer": offer}


def _unit(on: Doc, bp: int) -> Doc:
    return {"kind": "unit_discount", "on": on, "benefit": {"type": "percent", "bp": bp}}


_OF_C = {"any_of": [{"categories": ["c"]}]}
_RATE = {"type": "percent", "bp": 2_500}
_OFFERS: dict[str, list[Doc]] = {
    "group": [
        _rule("N-3", {"kind": "n_for_m", "on": _OF_C, "n": 3, "benefit": _RATE}),
        _rule("N-7", {"kind": "n_for_m", "n": 7, "benefit": {"type": "percent", "bp": 6_000}}),
    ],
    "tiers": [
        _rule(
            "Q",
            {
                "kind": "quantity_tiers",
                "on": _OF_C,
                "tiers": [{"min_quantity": 40, "benefit": {"type": "percent", "bp": 1_000}}],
            },
        ),
        _rule(
            "B",
            {
                "kind": "bundle",
                "slots": [{"on": _OF_C, "quantity": 2}, {"quantity": 2}],
                "benefit": {"type": "percent", "bp": 900},
            },
        ),
    ],
    "threshold": [
        _rule(
            "R",
            {
                "kind": "receipt_discount",
                "tiers": [
                    {"min_value_minor": 60_000, "benefit": {"type": "amount_off", "minor": 500}}
                ],
            },
            "receipt",
        ),
    ],
}
