"""The packing of the article layer where proofs are out of reach: what it finds all the same."""

from __future__ import annotations

import random
from typing import Any

import pytest
from cpsat_compact import compact_total
from differential import engine, fault_of
from legality import assert_rules_kept
from random_cases import Case

import native.automata
import native.packing
from native import plain
from pos_plugin.model import Basket
from pos_plugin.promotions.evaluate import evaluate
from pos_plugin.promotions.generation import RuleGeneration
from pos_plugin.promotions.pack import PackedPromotions

PRICE_MINOR = 185
POT_MINOR = 3_000
THOUSANDS = (1, 28, 124)
"""Piles of which more is set aside than changes nothing."""


def test_groups_that_a_cap_does_not_pay_leave_their_units_to_others() -> None:
    """Of 216 equal pieces 60 fill the cap of "6 for 5", the others go into bundles of three."""
    offers = [
        _article(
            "N-CAPPED",
            {"kind": "n_for_m", "n": 6},
            limits={"max_discount_minor": 2_000},
        ),
        _article(
            "B-THREE",
            {"kind": "bundle", "slots": [{"quantity": 3}], "benefit": _percent(1_500)},
        ),
        _article("Q-ALL", _tiers({48: 300, 96: 500})),
        _article("Q-GARDEN", _tiers({12: 500, 48: 1_000, 96: 1_500})),
        _article("Q-DOTS", _tiers({6: 500, 12: 1_000})),
    ]
    line = {
        "line_id": "1",
        "sku": "A",
        "quantity_milli": 216_000,
        "unit_price_minor": PRICE_MINOR,
    }
    sale = {"sale_id": "cap", "at": "2026-03-07T12:00:00+01:00", "lines": [line]}

    result = RuleGeneration.from_value(offers).evaluate(sale)

    groups, bundles = 10, 52
    saved_minor = groups * PRICE_MINOR + bundles * 3 * PRICE_MINOR * 15 // 100
    assert result.discount_minor == saved_minor
    # One group more is paid by the cap in part only, and costs two bundles: less is saved so.
    assert saved_minor > 2_000 + (bundles - 2) * 3 * PRICE_MINOR * 15 // 100
    assert result.optimal or result.gap_minor


def test_what_was_set_aside_of_piles_proves_nothing() -> None:
    """Beyond 4 000 pieces units are left out of the labels that might have done better."""
    for number in (*THOUSANDS, *range(8)):
        case = _pile_of(number)
        answer = compact_total(*case)
        assert fault_of(engine(*case), case, answer.low, answer.high) is None, number


def test_a_bound_of_what_is_left_of_piles_would_prove_too_much(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The control: a packing that does not know that it left units out claims the lowest total."""
    set_aside = native.packing.Packing._set_aside

    def forget(packing: Any) -> None:
        set_aside(packing)
        packing.is_thinned = False

    monkeypatch.setattr(native.packing.Packing, "_set_aside", forget)
    for number in THOUSANDS:
        case = _pile_of(number)
        answer = compact_total(*case)
        rules = RuleGeneration.from_value(case.promotions)
        sale = Basket.from_dict(case.sale)
        result = evaluate(1, PackedPromotions(rules.promotions, plain()), sale).to_dict()
        assert fault_of(result, case, answer.low, answer.high) is not None


def test_no_gift_of_a_pile_is_dearer_than_what_is_bought() -> None:
    """Tea cups buy no pot; too many wait for one for what they may still get to be tabled."""
    offers, sale = _cups_and_pots()

    result = engine(offers, sale)

    assert_rules_kept(result, offers, sale)
    assert [one["promotion"] for one in result["promotions"]] == ["G-THREE"]
    assert result["discount_minor"] == 3 * POT_MINOR * 15 // 100


def test_a_packing_that_knows_no_late_gift_gives_pots_to_cups(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The control: the same sale, where no state of a promotion counts as late."""
    monkeypatch.setattr(native.automata.Automata, "_is_late", lambda *_: 0)
    offers, sale = _cups_and_pots()
    rules = PackedPromotions(RuleGeneration.from_value(offers).promotions, plain())
    result = evaluate(1, rules, Basket.from_dict(sale)).to_dict()
    with pytest.raises(AssertionError, match="too dear a gift"):
        assert_rules_kept(result, offers, sale)


def test_no_coupon_is_spent_on_a_piece_that_gets_nothing_by_it() -> None:
    """Beside a threshold one 3.00 piece goes for 2.00; the other coupon stays with the customer."""
    offers, sale = _two_coupons()

    result = engine(offers, sale)

    assert_rules_kept(result, offers, sale)
    assert result["discount_minor"] == 100 + (1_400 - 100) // 2
    assert {one["promotion"]: one["applications"] for one in result["promotions"]} == {
        "AT-TWO": 1,
        "HALF": 1,
    }
    assert [used["promotion"] for used in result["coupons_used"]] == ["AT-TWO"]


def test_a_packing_that_names_every_unit_it_takes_spends_a_coupon_for_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The control: the same sale, where units of a tier are named whatever they get."""

    def everything(packing: Any, k: int, tier: int) -> list[Any]:
        pairs = range(packing.pair_start[k], packing.pair_start[k + 1])
        taken = {e: packing.best_take[packing.pair_off[e] + tier] for e in pairs}
        return [
            (packing.promo[k], units, ((packing.cls[packing.pair_class[e]], 1, 1),), tier)
            for e, units in taken.items()
            if units
        ]

    monkeypatch.setattr(native.packing.Packing, "_of_tier", everything)
    offers, sale = _two_coupons()
    rules = PackedPromotions(RuleGeneration.from_value(offers).promotions, plain())
    result = evaluate(1, rules, Basket.from_dict(sale)).to_dict()
    assert len(result["coupons_used"]) == 2
    with pytest.raises(AssertionError, match="gives nothing"):
        assert_rules_kept(result, offers, sale)


def test_units_that_get_nothing_are_named_as_far_as_a_tier_needs_them() -> None:
    """Four pieces reach the tier: two cheap ones go with the two dear ones, the third does not."""
    two = {"type": "fixed_price", "minor": 200}
    tier = {"kind": "quantity_tiers", "tiers": [{"min_quantity": 4, "benefit": two}]}
    offers = [_article("FROM-FOUR", tier)]
    sale = _sale_of({500: 2, 100: 3})

    result = engine(offers, sale)

    assert_rules_kept(result, offers, sale)
    assert result["discount_minor"] == 600
    assert [one["applications"] for one in result["promotions"]] == [4]


def _two_coupons() -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Two coupons for any piece at 2.00, half of what is left from 12.00 on; pieces of 14.00."""
    two = {"type": "fixed_price", "minor": 200}
    tiers = [
        {"min_value_minor": 0, "benefit": _percent(1_000)},
        {"min_value_minor": 1_200, "benefit": _percent(5_000)},
    ]
    offers = [
        _article(
            "AT-TWO",
            {"kind": "unit_discount", "benefit": two},
            when=[{"type": "coupon", "series": "TWO"}],
        ),
        {
            "id": "HALF",
            "layer": "receipt",
            "offer": {"kind": "receipt_discount", "tiers": tiers},
        },
    ]
    coupons = [{"code": code, "series": "TWO"} for code in ("C-1", "C-2")]
    return offers, _sale_of({500: 2, 300: 1, 100: 1}) | {"coupons": coupons}


def _sale_of(pieces: dict[int, int]) -> dict[str, Any]:
    """Return a sale of so many pieces of each price, every price an article."""
    lines = [
        {
            "line_id": f"{minor}",
            "sku": f"A-{minor}",
            "quantity_milli": 1_000 * count,
            "unit_price_minor": minor,
        }
        for minor, count in pieces.items()
    ]
    return {"sale_id": "n", "at": "2026-03-07T12:00:00+01:00", "lines": lines}


def _cups_and_pots() -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return two offers of gifts and a sale of 120 cups and 202 pots, all of them dearer."""
    cups, pots = {"any_of": [{"skus": ["CUP"]}]}, {"any_of": [{"skus": ["POT"]}]}
    pot = {"buy": [{"on": cups}], "get": [{"on": pots}], "benefit": _percent(6_000)}
    three = {"buy": [{"quantity": 2}], "get": [{"quantity": 3}], "benefit": _percent(1_500)}
    gift: dict[str, Any] = {"kind": "buy_get", "get_at_most_buy_price": True}
    lines = [
        {"line_id": sku, "sku": sku, "quantity_milli": 1_000 * count, "unit_price_minor": minor}
        for sku, count, minor in (("CUP", 120, 1_000), ("POT", 202, POT_MINOR))
    ]
    return (
        [
            _article("G-POT", gift | pot),
            _article("G-THREE", gift | three, limits={"per_receipt": 1}),
        ],
        {"sale_id": "g", "at": "2026-03-07T12:00:00+01:00", "lines": lines},
    )


def _pile_of(number: int) -> Case:
    """Return a sale of a few articles by the thousand, under tiers and two to five offers."""
    rng = random.Random(f"piles:{number}")  # noqa: S311 - repeatable on purpose
    categories = ["tea", "cake", "children"]
    lines = [
        {
            "line_id": str(at),
            "sku": f"A-{at}",
            "quantity_milli": 1_000 * rng.choice([40, 300, 700, 1_200, 2_500]),
            "unit_price_minor": rng.choice([42, 85, 106, 125, 210, 295, 375, 425, 850]),
            "categories": [rng.choice(categories)],
        }
        for at in range(rng.randint(5, 9))
    ]
    offers = [_article("Q-ALL", _tiers({48: 300, 96: 500}))]
    for at in range(rng.randint(2, 5)):
        on = {"any_of": [{"categories": [rng.choice(categories)]}]}
        benefit = _percent(rng.choice([1_000, 1_500, 3_000, 5_000]))
        if rng.random() < 0.6:
            offer = {"kind": "n_for_m", "on": on, "n": rng.randint(3, 5), "benefit": benefit}
        else:
            slots = [{"on": on, "quantity": 2}, {"quantity": 1}]
            offer = {"kind": "bundle", "slots": slots, "benefit": benefit}
        offers.append(_article(f"P-{at}", offer))
    return Case(offers, {"sale_id": "p", "at": "2026-03-07T12:00:00+01:00", "lines": lines})


def _article(rule_id: str, offer: dict[str, Any], **more: object) -> dict[str, Any]:
    return {"id": rule_id, "layer": "article", "offer": offer, **more}


def _percent(bp: int) -> dict[str, Any]:
    return {"type": "percent", "bp": bp}


def _tiers(steps: dict[int, int]) -> dict[str, Any]:
    tiers = [{"min_quantity": step, "benefit": _percent(bp)} for step, bp in steps.items()]
    return {"kind": "quantity_tiers", "tiers": tiers}
