"""The laws of promotions.md §1 on random small sales, against an independent oracle.

Each law is one assertion function of ``laws``, held to both forms of the engine; below the
properties stand their negative controls: a deliberately wrong engine or a spoilt result that the
same function must catch.
"""

from __future__ import annotations

import copy
import json
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import (
    assert_adds_up,
    assert_explained,
    assert_honest,
    assert_monotone,
    assert_nothing_idle,
    assert_order_free,
    assert_reproducible,
    assert_split_free,
    canonical_bytes,
)
from legality import assert_rules_kept
from oracle import best_total
from sales import Case, cases
from two_forms import COMPILED, FORMS, PLAIN, Form, name_of
from wrong_engines import greedy, restless

from pos_plugin.promotions import evaluate as evaluation
from pos_plugin.promotions.generation import RuleGeneration

if TYPE_CHECKING:
    from collections.abc import Callable

Doc = dict[str, Any]


both_forms = pytest.mark.parametrize("form", FORMS, ids=name_of)


def engine(promotions: list[Doc], sale: Doc) -> Doc:
    return RuleGeneration.from_json(json.dumps(promotions)).evaluate(sale).to_dict()


# --- the engine keeps the laws --------------------------------------------------------------------


@both_forms
@given(cases())
def test_the_total_is_the_lowest_that_the_rules_allow(form: Form, case: Case) -> None:
    assert_honest(form(*case), best_total(*case))


@both_forms
@given(cases(max_units=7, max_promotions=3))
def test_larger_baskets_get_the_lowest_total_too(form: Form, case: Case) -> None:
    assert_honest(form(*case), best_total(*case))


@both_forms
@given(cases(), st.data())
def test_the_order_of_lines_changes_nothing(form: Form, case: Case, data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(case.sale["lines"]))))
    assert_order_free(form, *case, order)


@both_forms
@given(cases())
def test_three_lines_of_one_piece_equal_one_line_of_three(form: Form, case: Case) -> None:
    assert_split_free(form, *case)


@both_forms
@given(cases())
def test_a_promotion_more_never_makes_the_sale_dearer(form: Form, case: Case) -> None:
    assert_monotone(form, *case)


@both_forms
@given(cases())
def test_discounts_stay_within_prices_and_parts_add_up(form: Form, case: Case) -> None:
    assert_adds_up(form(*case), case.sale)


@both_forms
@given(cases())
def test_the_same_sale_gives_the_same_bytes(form: Form, case: Case) -> None:
    assert_reproducible(form, *case)


@given(cases())
def test_both_forms_give_the_same_bytes(case: Case) -> None:
    assert canonical_bytes(COMPILED(*case)) == canonical_bytes(PLAIN(*case))


@both_forms
@given(cases())
def test_every_promotion_is_applied_or_explained(form: Form, case: Case) -> None:
    assert_explained(form(*case), *case)


@both_forms
@given(cases())
def test_every_application_is_one_that_its_rule_allows(form: Form, case: Case) -> None:
    assert_rules_kept(form(*case), *case)


def with_budget(max_steps: int, promotions: list[Doc], sale: Doc) -> Doc:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluation, "MAX_STEPS", max_steps)
        return engine(promotions, sale)


@given(cases(max_units=7, max_promotions=7), st.sampled_from([0, 5, 30, 100, 300]))
def test_a_spent_step_budget_leaves_an_honest_result(case: Case, max_steps: int) -> None:
    result = with_budget(max_steps, *case)
    assert_honest(result, best_total(*case))
    assert_adds_up(result, case.sale)
    assert_explained(result, *case)
    assert_rules_kept(result, *case)


def test_without_budget_a_hard_sale_is_not_called_optimal() -> None:
    hard = (THREE_WAYS, _sale(8000, 7000, 5000, 4000, 3000))
    assert not with_budget(0, *hard)["optimal"]
    assert_honest(with_budget(0, *hard), best_total(*hard))
    assert engine(*hard)["optimal"]


@both_forms
@given(cases())
def test_no_promotion_is_applied_for_nothing(form: Form, case: Case) -> None:
    assert_nothing_idle(form(*case), *case)


def test_of_two_equal_promotions_the_first_id_holds() -> None:
    twins = [_percent("B", 1000), _percent("A", 1000)]
    result = engine(twins, _sale(1000))
    assert [entry["promotion"] for entry in result["promotions"]] == ["A"]


def test_a_coupon_that_saves_nothing_stays_with_the_customer() -> None:
    pair = {"kind": "n_for_m", "n": 2, "discounted": 2}
    with_coupon = _percent("B", 1000, **pair) | {"when": [{"type": "coupon", "series": "X"}]}
    sale = _sale(1000, pieces=2) | {"coupons": [{"code": "1", "series": "X"}]}
    assert engine([with_coupon], sale)["coupons_used"] != []
    assert engine([_percent("A", 1000), with_coupon], sale)["coupons_used"] == []


# --- negative controls: the same assertions catch what is wrong -----------------------------------


def _percent(identity: str, bp: int, **offer: Any) -> Doc:
    benefit = {"type": "percent", "bp": bp}
    return {
        "id": identity,
        "layer": "article",
        "offer": {"kind": "unit_discount", "on": {}, "benefit": benefit} | offer,
    }


def _sale(*prices_minor: int, pieces: int = 1) -> Doc:
    lines = [
        {
            "line_id": str(number),
            "sku": f"A{price_minor}",
            "quantity_milli": 1000 * pieces,
            "unit_price_minor": price_minor,
        }
        for number, price_minor in enumerate(prices_minor)
    ]
    return {"sale_id": "s1", "at": "2026-03-07T15:12:00+01:00", "lines": lines}


PAIR_WITH_A5000 = {
    "kind": "bundle",
    "slots": [{"on": {}}, {"on": {"any_of": [{"skus": ["A5000"]}]}}],
    "benefit": {"type": "percent", "bp": 2500},
}
THREE_WAYS = [
    _percent("A", 2000, on={"any_of": [{"skus": ["A8000", "A7000"]}]}),
    _percent("B", 10_000, kind="n_for_m", n=3),
    {"id": "C", "layer": "article", "offer": PAIR_WITH_A5000},
]
SMALL_FIRST = [_percent("A", 1000), _percent("B", 5000)]
NOTHING_FITS = [
    _percent("A", 5000),
    _percent("B", 1000, on={"any_of": [{"skus": ["B"]}]}),
    _percent("C", 1000, on={"any_of": [{"skus": ["C"]}]}),
]


def test_a_fixed_order_that_claims_to_be_optimal_is_caught() -> None:
    case = (SMALL_FIRST, _sale(1000))
    with pytest.raises(AssertionError, match="optimal is claimed"):
        assert_honest(greedy(*case) | {"gap_minor": 0}, best_total(*case))


def test_a_gap_that_is_too_small_is_caught() -> None:
    case = (SMALL_FIRST, _sale(1000))
    guess = greedy(*case) | {"optimal": False}
    assert_honest(guess | {"gap_minor": 400}, best_total(*case))
    with pytest.raises(AssertionError, match="gap is too small"):
        assert_honest(guess | {"gap_minor": 398}, best_total(*case))


def test_a_total_below_the_lowest_is_caught() -> None:
    case = (SMALL_FIRST[1:], _sale(1000))
    assert_honest(greedy(*case), best_total(*case))
    with pytest.raises(AssertionError, match="cheaper than the rules allow"):
        assert_honest(greedy(*case) | {"total_minor": 498}, best_total(*case))


def test_a_single_promotion_rounded_the_wrong_way_is_caught() -> None:
    case = ([_percent("A", 5000)], _sale(333))
    down = greedy(*case) | {"total_minor": 167, "discount_minor": 166}
    with pytest.raises(AssertionError):
        assert_honest(down, best_total(*case))


def test_an_engine_that_depends_on_line_order_is_caught() -> None:
    first_only = [_percent("A", 5000, max_units=1)]
    assert_order_free(greedy, first_only, _sale(1000, 2000), [0, 1])
    with pytest.raises(AssertionError):
        assert_order_free(greedy, first_only, _sale(1000, 2000), [1, 0])


def test_an_engine_that_counts_per_line_is_caught() -> None:
    first_only = [_percent("A", 5000, max_units=1)]
    assert_split_free(greedy, first_only, _sale(1000, pieces=3))
    with pytest.raises(AssertionError):
        assert_split_free(
            partial(greedy, max_units_per_line=True), first_only, _sale(1000, pieces=3)
        )


def test_an_engine_that_a_promotion_more_makes_dearer_is_caught() -> None:
    assert_monotone(greedy, SMALL_FIRST[::-1], _sale(1000))
    with pytest.raises(AssertionError):
        assert_monotone(greedy, SMALL_FIRST, _sale(1000))


def test_an_engine_that_answers_differently_is_caught() -> None:
    with pytest.raises(AssertionError):
        assert_reproducible(restless(), NOTHING_FITS, _sale(1000))


def test_an_engine_that_depends_on_the_order_of_the_file_is_caught() -> None:
    with pytest.raises(AssertionError):
        assert_reproducible(greedy, SMALL_FIRST, _sale(1000))


def test_an_engine_that_applies_a_promotion_for_nothing_is_caught() -> None:
    # 10 % each by A and by B; A would have done for both.
    promotions = [_percent("B", 1000, max_units=1), _percent("A", 1000)]
    case = (promotions, _sale(1000, pieces=2))
    assert_nothing_idle(greedy(promotions[1:], case[1]), *case)
    with pytest.raises(AssertionError, match="for nothing"):
        assert_nothing_idle(greedy(*case), *case)


def _moved(*path: str | int, by: int = 1) -> Callable[[Doc], None]:
    def move(result: Doc) -> None:
        place: Any = result
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] += by

    return move


def _cent_to_the_other_line(result: Doc) -> None:
    _moved("lines", 0, "discounts", 0, "discount_minor")(result)
    _moved("lines", 1, "discounts", 0, "discount_minor", by=-1)(result)


def _discount_above_the_price(result: Doc) -> None:
    for path in [("lines", 0), ("promotions", 0), ("vat", 0), ()]:
        _moved(*path, "discount_minor", by=2000)(result)
    _moved("lines", 0, "discounts", 0, "discount_minor", by=2000)(result)
    _moved("lines", 0, "paid_minor", by=-2000)(result)
    _moved("vat", 0, "paid_minor", by=-2000)(result)
    _moved("total_minor", by=-2000)(result)


@pytest.mark.parametrize(
    "spoil",
    [
        _moved("total_minor"),
        _moved("gross_minor"),
        _moved("discount_minor"),
        _moved("lines", 1, "gross_minor"),
        _moved("lines", 1, "discount_minor"),
        _moved("lines", 1, "paid_minor"),
        _moved("lines", 0, "discounts", 0, "discount_minor"),
        _moved("lines", 0, "discounts", 0, "units_milli", by=1000),
        _moved("promotions", 0, "discount_minor"),
        _moved("vat", 0, "discount_minor"),
        _moved("vat", 0, "vat_rate_bp"),
        _cent_to_the_other_line,
        _discount_above_the_price,
    ],
)
def test_one_cent_moved_anywhere_is_caught(spoil: Callable[[Doc], None]) -> None:
    sale = _sale(1000, 333)
    result = greedy(SMALL_FIRST[1:], sale)
    assert_adds_up(result, sale)
    spoilt = copy.deepcopy(result)
    spoil(spoilt)
    with pytest.raises(AssertionError):
        assert_adds_up(spoilt, sale)


@pytest.mark.parametrize(
    "not_applied",
    [
        [],
        [{"promotion": "B", "code": "no_matching_units"}],
        [{"promotion": name, "code": "no_matching_units"} for name in "ABC"],
        [{"promotion": name, "code": "because"} for name in "BC"],
        [{"promotion": name, "code": "ended"} for name in "BC"],
    ],
)
def test_a_missing_double_or_untrue_reason_is_caught(not_applied: list[Doc]) -> None:
    case = (NOTHING_FITS, _sale(1000))
    result = greedy(*case)
    assert_explained(result, *case)
    with pytest.raises(AssertionError):
        assert_explained(result | {"not_applied": not_applied}, *case)


def test_a_result_under_another_rule_is_caught() -> None:
    sale = _sale(1000, 333)
    result = greedy([_percent("A", 5000)], sale)
    assert_rules_kept(result, [_percent("A", 5000)], sale)
    for other in [
        _percent("A", 4000),
        _percent("A", 5000, max_units=1),
        _percent("A", 5000, on={"any_of": [{"skus": ["A333"]}]}),
        _percent("A", 5000, kind="n_for_m", n=2),
        _percent("A", 5000) | {"limits": {"max_discount_minor": 500}},
        _percent("A", 5000) | {"limits": {"per_receipt": 1}},
        _percent("A", 5000) | {"when": [{"type": "coupon", "series": "X"}]},
        _percent("A", 5000) | {"validity": {"until": "2026-01-01T00:00"}},
        _percent("A", 5000) | {"layer": "receipt"},
    ]:
        with pytest.raises(AssertionError):
            assert_rules_kept(result, [other], sale)


def test_a_cent_on_the_wrong_line_is_caught() -> None:
    # 10 % of 10.05 and 3.34 is 1.339: 1.34, of which the larger remainder gets the odd cent.
    sale = _sale(1005, 334)
    promotions = [_percent("A", 1000)]
    result = greedy(promotions, sale)
    assert [line["discount_minor"] for line in result["lines"]] == [101, 33]
    assert_rules_kept(result, promotions, sale)
    for number, by in ((0, -1), (1, 1)):
        _moved("lines", number, "discounts", 0, "discount_minor", by=by)(result)
    with pytest.raises(AssertionError):
        assert_rules_kept(result, promotions, sale)
