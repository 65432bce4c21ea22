"""Hints are true: whoever buys what is missing saves what the hint says."""

from __future__ import annotations

import copy
import json
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from hint_law import assert_hints_true, bought_too
from hypothesis import given
from hypothesis import strategies as st
from laws import assert_order_free, assert_reproducible
from sales import Case, cases, selectors

from pos_plugin.promotions import evaluate as evaluation
from pos_plugin.promotions.generation import RuleGeneration
from pos_plugin.promotions.hints import MAX_PROPOSALS

if TYPE_CHECKING:
    from collections.abc import Callable

Doc = dict[str, Any]

SHIRTS = {"any_of": [{"categories": ["shirts"]}]}


def engine(promotions: list[Doc], sale: Doc) -> Doc:
    return RuleGeneration.from_json(json.dumps(promotions)).evaluate(sale).to_dict()


def sale(*lines: Doc, **more: Any) -> Doc:
    return {
        "sale_id": "1",
        "at": "2026-03-07T15:12:00+01:00",
        "lines": [
            {"line_id": str(number), "quantity_milli": 1000, **line}
            for number, line in enumerate(lines)
        ],
        **more,
    }


def shirt(price_minor: int, sku: str = "shirt") -> Doc:
    return {"sku": sku, "unit_price_minor": price_minor, "categories": ["shirts"]}


def steps(*tiers: tuple[int, int], within_minor: int | None = 2000, **more: Any) -> Doc:
    """So much off from so much on."""
    return {
        "id": "STEPS",
        "layer": "receipt",
        "hint_within_minor": within_minor,
        "offer": {
            "kind": "receipt_discount",
            "tiers": [
                {"min_value_minor": base, "benefit": {"type": "amount_off", "minor": off}}
                for base, off in tiers
            ],
        },
        **more,
    }


def percent(identity: str, bp: int, **more: Any) -> Doc:
    return {
        "id": identity,
        "layer": "article",
        "offer": {"kind": "unit_discount", "benefit": {"type": "percent", "bp": bp}},
        **more,
    }


def three_for_two(**more: Any) -> Doc:
    offer = {"kind": "n_for_m", "on": SHIRTS, "n": 3}
    return {"id": "3FOR2", "layer": "article", "hint_within_minor": 5000, "offer": offer, **more}


def hints(promotions: list[Doc], basket: Doc) -> list[Doc]:
    assert_hints_true(engine, promotions, basket)
    found: list[Doc] = engine(promotions, basket)["hints"]
    return found


# --- what is hinted -------------------------------------------------------------------------------


def test_the_documented_example_is_hinted() -> None:
    trousers = {"sku": "4711", "unit_price_minor": 7999, "categories": ["hosen"]}
    on_trousers = {"kind": "unit_discount", "on": {"any_of": [{"categories": ["hosen"]}]}}
    promotions = [
        percent("HOSEN20", 2000, offer=on_trousers | {"benefit": {"type": "percent", "bp": 2000}}),
        steps((20_000, 1000), within_minor=8000),
    ]
    assert hints(promotions, sale(trousers | {"quantity_milli": 2000})) == [
        {"promotion": "STEPS", "need_minor": 7202, "saving_minor": 1000}
    ]


def test_the_next_tier_of_an_applied_promotion_is_hinted() -> None:
    promotions = [steps((10_000, 1000), (20_000, 2500), (30_000, 9000))]
    assert hints(promotions, sale(shirt(19_800))) == [
        {"promotion": "STEPS", "need_minor": 200, "saving_minor": 1500}
    ]


def test_what_is_too_far_away_is_not_hinted() -> None:
    assert hints([steps((10_000, 1000), within_minor=2000)], sale(shirt(8000)))
    assert not hints([steps((10_000, 1000), within_minor=1999)], sale(shirt(8000)))
    assert not hints([steps((10_000, 1000), within_minor=None)], sale(shirt(8000)))


def test_a_tier_that_others_beat_is_not_hinted() -> None:
    better = steps((5000, 4000), id="BETTER", within_minor=None)
    assert not hints([steps((10_000, 1000)), better], sale(shirt(9000)))


def test_an_addition_that_others_reduce_saves_less() -> None:
    promotions = [percent("ALL20", 2000), steps((10_000, 1000))]
    # 92.00 + 8.00 at list price: 20 % of it are given up for the step.
    assert hints(promotions, sale(shirt(11_500))) == [
        {"promotion": "STEPS", "need_minor": 800, "saving_minor": 840}
    ]
    assert not hints([promotions[0], steps((10_000, 160))], sale(shirt(11_500)))


def test_the_only_condition_that_is_missing_is_hinted() -> None:
    of_shirts = {"type": "min_value", "minor": 5000, "of": SHIRTS}
    promotion = percent("TEN", 1000, when=[of_shirts], hint_within_minor=500)
    assert hints([promotion], sale(shirt(4600), {"sku": "sock", "unit_price_minor": 400})) == [
        {"promotion": "TEN", "need_minor": 400, "of": SHIRTS, "saving_minor": 500}
    ]
    known = promotion | {"when": [of_shirts, {"type": "customer_known"}]}
    assert not hints([known], sale(shirt(4600)))
    assert hints([known], sale(shirt(4600), customer={"id": "K1"}))


def test_a_condition_under_not_is_never_hinted() -> None:
    promotion = percent(
        "TEN",
        1000,
        when=[{"type": "not", "of": {"type": "min_value", "minor": 5000}}],
        hint_within_minor=500,
    )
    assert not hints([promotion], sale(shirt(6000)))


def test_missing_pieces_count_at_their_cheapest_price() -> None:
    assert hints([three_for_two()], sale(shirt(6000), shirt(5000))) == [
        {"promotion": "3FOR2", "need_quantity": 1, "of": SHIRTS, "saving_minor": 5000}
    ]
    assert not hints([three_for_two()], sale(shirt(6000), shirt(5001)))
    assert not hints([three_for_two(hint_within_minor=9999)], sale(shirt(5000)))
    assert hints([three_for_two(hint_within_minor=10_000)], sale(shirt(5000))) == [
        {"promotion": "3FOR2", "need_quantity": 2, "of": SHIRTS, "saving_minor": 5000}
    ]


def outfit(belts: Doc) -> Doc:
    return {
        "id": "OUTFIT",
        "layer": "article",
        "hint_within_minor": 3000,
        "offer": {
            "kind": "bundle",
            "slots": [{"on": SHIRTS}, {"on": {"any_of": [belts]}}],
            "benefit": {"type": "percent", "bp": 1000},
        },
    }


def test_a_piece_without_a_known_price_is_not_hinted() -> None:
    belts = {"categories": ["belts"]}
    assert not hints([outfit(belts)], sale(shirt(5000)))
    from_20 = belts | {"price_min_minor": 2000}
    assert hints([outfit(from_20)], sale(shirt(5000))) == [
        {
            "promotion": "OUTFIT",
            "need_quantity": 1,
            "of": {"any_of": [from_20]},
            "saving_minor": 700,
        }
    ]


def test_slots_that_share_their_units_need_one_more() -> None:
    assert hints([outfit({"skus": ["shirt"]})], sale(shirt(3000))) == [
        {"promotion": "OUTFIT", "need_quantity": 1, "of": SHIRTS, "saving_minor": 600}
    ]


def test_a_declined_promotion_is_not_hinted() -> None:
    assert not hints([three_for_two()], sale(shirt(50), shirt(50), declined=["3FOR2"]))


def test_an_addition_that_no_article_can_be_is_not_hinted() -> None:
    cheap = steps((10_000, 1000))
    cheap["offer"]["on"] = {"any_of": [{"price_max_minor": 400}]}
    basket = sale({"sku": "sock", "unit_price_minor": 400, "quantity_milli": 23_000})
    assert not hints([cheap], basket)
    cheap["offer"]["on"]["any_of"][0]["price_max_minor"] = 800
    assert hints([cheap], basket)


def test_a_selector_that_excludes_the_plain_article_takes_one_of_the_sale() -> None:
    of_both = {
        "any_of": [{"categories": ["shirts", "belts"]}],
        "none_of": [{"categories": ["shirts"]}],
    }
    promotion = steps((10_000, 1000))
    promotion["offer"]["on"] = of_both
    belt = {"sku": "belt", "unit_price_minor": 9000, "categories": ["belts"]}
    assert hints([promotion], sale(belt)) == [
        {"promotion": "STEPS", "need_minor": 1000, "of": of_both, "saving_minor": 1000}
    ]


def test_nearest_come_first_and_they_are_few() -> None:
    promotions = [
        steps((10_000 + 100 * number, 1000 * number), id=f"S{number}") for number in range(1, 9)
    ]
    found = hints(promotions, sale(shirt(10_000)))
    assert [hint["promotion"] for hint in found] == ["S1", "S2", "S3"]
    assert len(found) == MAX_PROPOSALS


# --- hints are true -------------------------------------------------------------------------------


def missing(gross_minor: int) -> st.SearchStrategy[Doc]:
    """A condition that mostly fails by little."""
    of = {"of": selectors()}
    return st.one_of(
        st.fixed_dictionaries(
            {"type": st.just("min_value"), "minor": st.integers(1, 900).map(gross_minor.__add__)}
            | of
        ),
        st.fixed_dictionaries(
            {"type": st.just("min_quantity"), "quantity": st.integers(3, 8)} | of
        ),
    )


@st.composite
def hinted_cases(draw: st.DrawFn) -> Case:
    """A case of which some promotions are hinted, and many of those lack only a little."""
    case = draw(cases(max_units=5, max_promotions=4))
    gross_minor = sum(
        line["unit_price_minor"] * max(line["quantity_milli"], 0) // 1000
        for line in case.sale["lines"]
    )
    promotions = []
    for promotion in case.promotions:
        within_minor = draw(st.sampled_from([None, 500, 5000, 100_000, 100_000]))
        changed = promotion | {"hint_within_minor": within_minor}
        if draw(st.booleans()):
            changed |= {"validity": {}, "scope": {}, "when": []}
            kind = draw(st.sampled_from(["condition", "any", "tier", "none"]))
            if kind in ("condition", "any"):
                leaf = draw(missing(gross_minor))
                changed["when"] = [leaf if kind == "condition" else {"type": "any", "of": [leaf]}]
            elif kind == "tier" and changed["offer"]["kind"] == "receipt_discount":
                near_minor = gross_minor + draw(st.integers(1, 900))
                benefit = {"type": "amount_off", "minor": draw(st.integers(1, 9000))}
                tier = {"min_value_minor": near_minor, "benefit": benefit}
                tiers = [*changed["offer"]["tiers"], tier]
                changed["offer"] = changed["offer"] | {"tiers": tiers}
        promotions.append(changed)
    return Case(promotions, case.sale)


@given(hinted_cases())
def test_every_hint_is_true(case: Case) -> None:
    assert_hints_true(engine, *case)


@given(hinted_cases(), st.data())
def test_the_order_of_lines_changes_no_hint(case: Case, data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(case.sale["lines"]))))
    assert_order_free(engine, *case, order)
    other = {**case.sale, "lines": [case.sale["lines"][n] for n in order]}
    assert engine(case.promotions, other)["hints"] == engine(*case)["hints"]


@given(hinted_cases())
def test_the_same_sale_gives_the_same_hints(case: Case) -> None:
    assert_reproducible(engine, *case)


@given(hinted_cases())
def test_hints_change_nothing_else(case: Case) -> None:
    silent = [promotion | {"hint_within_minor": None} for promotion in case.promotions]
    with_them, without_them = engine(*case), engine(silent, case.sale)
    assert not without_them.pop("hints")
    with_them.pop("hints")
    assert with_them == without_them


def spoilt(change: Callable[[Doc], None], promotions: list[Doc], basket: Doc) -> Doc:
    result = copy.deepcopy(engine(promotions, basket))
    for hint in result["hints"]:
        change(hint)
    return result


@pytest.mark.parametrize(
    "change",
    [
        lambda hint: hint.update(saving_minor=hint["saving_minor"] + 1),
        lambda hint: hint.update(saving_minor=0),
        lambda hint: hint.update(need_minor=hint["need_minor"] - 1),
        lambda hint: hint.update(need_minor=hint["need_minor"] + 5000),
    ],
    ids=["a cent too much", "no saving", "a cent too little", "too far away"],
)
def test_a_wrong_hint_is_seen(change: Callable[[Doc], None]) -> None:
    case = ([steps((10_000, 1000))], sale(shirt(9000)))
    with pytest.raises(AssertionError):
        assert_hints_true(partial(spoilt, change), *case)


# --- what they cost -------------------------------------------------------------------------------


def test_hints_are_worked_out_when_asked_and_only_once(monkeypatch: pytest.MonkeyPatch) -> None:
    sought: list[int] = []
    real = evaluation.Hints

    class Counted(real):  # type: ignore[misc, valid-type]
        def find(self) -> Any:
            sought.append(1)
            return super().find()

    monkeypatch.setattr(evaluation, "Hints", Counted)
    rules = RuleGeneration.from_value([steps((10_000, 1000))])
    result = rules.evaluate(sale(shirt(9000)))
    assert not sought
    assert result.hints
    assert result.hints is result.hints
    assert sought == [1]
    silent = RuleGeneration.from_value([steps((10_000, 1000), within_minor=None)])
    assert silent.evaluate(sale(shirt(9000))).hints == ()
    assert sought == [1]


def test_without_steps_there_are_no_hints(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = RuleGeneration.from_value([steps((10_000, 1000))])
    basket = sale(shirt(9000))
    result = rules.evaluate(basket)
    monkeypatch.setattr(evaluation, "MAX_STEPS", 0)
    assert not result.hints


def test_an_addition_keeps_the_limits_of_a_sale() -> None:
    promotion = steps((10**9, 1000), within_minor=10**9)
    full = sale(shirt(5 * 10**8), shirt(5 * 10**8 - 1))
    assert hints([promotion], full)
    returned = shirt(1) | {"quantity_milli": -1000}
    assert not hints([promotion], sale(shirt(5 * 10**8), shirt(5 * 10**8 - 1), returned))


def test_the_addition_is_what_the_hint_says() -> None:
    basket = sale(shirt(9000))
    (hint,) = hints([steps((10_000, 1000))], basket)
    assert engine([steps((10_000, 1000))], bought_too(basket, hint))["total_minor"] == 9000
