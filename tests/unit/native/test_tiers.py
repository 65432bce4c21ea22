"""The proof by tiers: a quantity tier on everything is granted first, and the rest falls apart.

CP-SAT says what is lowest (``cpsat_compact``).
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from cpsat_compact import compact_total
from cpsat_model import UnsupportedError
from differential import engine, fault_of
from random_cases import Case

import native.packing
import native.tiers
from native import plain
from pos_plugin.model import Basket
from pos_plugin.promotions.evaluate import evaluate
from pos_plugin.promotions.generation import RuleGeneration
from pos_plugin.promotions.pack import PackedPromotions

if TYPE_CHECKING:
    import pytest

CASES = 60
SEED = 20261123

Doc = dict[str, Any]


def test_paper_and_signs_by_the_dozen_get_their_lowest_total() -> None:
    """A basket of a real shop, made up anew: it was not proven, and too dear."""
    result = engine(_OFFERS, _SALE)

    answer = compact_total(_OFFERS, _SALE)
    assert answer.low == answer.high
    assert fault_of(result, Case(_OFFERS, _SALE), answer.low, answer.high) is None
    assert result["optimal"]


def test_without_tiers_granted_that_basket_is_too_dear(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: what proves it is that the tiers are granted."""
    lowest_minor = engine(_OFFERS, _SALE)["total_minor"]
    monkeypatch.setattr(native.packing.Packing, "_grantable", lambda _packing: [])

    result = _in_plain_form(_OFFERS, _SALE)

    assert not result.optimal
    assert result.total_minor > lowest_minor


def test_tiers_alone_claim_no_more_than_they_know(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is proven with nothing else at hand, tiers have proven."""
    print(f"seed {SEED}")  # noqa: T201 - shown when the test fails
    _leave_nothing_else(monkeypatch)
    judged = proven = 0
    for number in range(CASES):
        case = _case_of(number)
        if (fault := _fault_in_plain_form(case)) != UNJUDGED:
            assert fault is None, (number, case)
            judged += 1
            proven += _in_plain_form(*case).optimal
    assert judged >= 0.9 * CASES
    assert proven >= 0.1 * judged


def test_tiers_granted_to_too_few_are_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: where nobody counts the units of a tier, sales are too cheap."""
    _leave_nothing_else(monkeypatch)
    monkeypatch.setattr(native.tiers.Tiers, "_take", _take_whatever_there_is)
    monkeypatch.setattr(native.packing.Packing, "_is_legal", lambda *_: True)

    faults = [_fault_in_plain_form(_case_of(number)) for number in range(CASES // 4)]

    assert any(fault not in {None, UNJUDGED} for fault in faults)


UNJUDGED = "the model does not know this"


def _leave_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut the multipliers short and do without labels and cases."""
    monkeypatch.setattr(native.packing, "_ROUNDS", 6)
    monkeypatch.setattr(native.packing, "_WIDTHS", ())
    monkeypatch.setattr(native.packing, "_CASE_PROMOS", 0)
    monkeypatch.setattr(native.packing, "_TIER_PERCENT", 100)
    monkeypatch.setattr(native.packing, "_TIER_PERCENT_OF_FEW", 100)
    monkeypatch.setattr(native.tiers, "_FIRST_PERCENT", 100)


def _fault_in_plain_form(case: Case) -> str | None:
    try:
        answer = compact_total(*case)
    except UnsupportedError:
        return UNJUDGED
    return fault_of(_in_plain_form(*case).to_dict(), case, answer.low, answer.high)


def _take_whatever_there_is(self: Any, t: int) -> None:
    k = self.tiered[t]
    for e in range(self.pair_start[k], self.pair_start[k + 1]):
        c = self.pair_class[e]
        if self.taker[c] == t:
            self.made[self.pair_off[e]] = self.rest[c]
            self.rest[c] = 0


def _in_plain_form(offers: list[Doc], sale: Doc) -> Any:
    rules = RuleGeneration.from_value(offers)
    return evaluate(1, PackedPromotions(rules.promotions, plain()), Basket.from_dict(sale))


def _case_of(number: int) -> Case:
    """Return a sale of five to nine articles under two or three tiers and two to four offers."""
    rng = random.Random(f"{SEED}:{number}")  # noqa: S311 - repeatable on purpose
    categories = ["tea", "cake", "children"]
    lines = [
        _line(
            at,
            rng.choice([1, 2, 3, 5, 6, 7, 12, 13, 24, 30]),
            rng.choice([42, 85, 106, 125, 210, 295, 375, 425, 850]),
            rng.choice(categories),
        )
        for at in range(rng.randint(5, 9))
    ]
    offers = [_tiers("Q-ALL", {}, {rng.choice([12, 24, 48]): 300, 60: 500})]
    for at in range(rng.randint(1, 2)):
        on = {"any_of": [{"categories": [rng.choice(categories)]}]}
        offers.append(_tiers(f"Q-{at}", on, {rng.choice([6, 12, 30]): rng.choice([400, 800])}))
    for at in range(rng.randint(2, 4)):
        rate_bp = rng.choice([1_000, 1_500, 3_000, 5_000])
        if rng.random() < 0.6:
            offers.append(_group(f"N-{at}", rng.choice(categories), rng.randint(3, 5), rate_bp))
        else:
            pair = rng.sample(categories, 2)
            offers.append(_bundle(f"B-{at}", pair[0], pair[1], rate_bp))
    return Case(offers, _sale(lines))


def _rule(rule_id: str, offer: Doc, **more: object) -> Doc:
    return {"id": rule_id, "layer": "article", "label": {"de": rule_id}, "offer": offer, **more}


def _tiers(rule_id: str, on: Doc, steps: dict[int, int]) -> Doc:
    tiers = [
        {"min_quantity": least, "benefit": {"type": "percent", "bp": bp}}
        for least, bp in steps.items()
    ]
    return _rule(rule_id, {"kind": "quantity_tiers", "on": on, "tiers": tiers})


def _group(rule_id: str, category: str, n: int, bp: int, **more: object) -> Doc:
    offer = {
        "kind": "n_for_m",
        "on": {"any_of": [{"categories": [category]}]},
        "n": n,
        "benefit": {"type": "percent", "bp": bp},
    }
    return _rule(rule_id, offer, **more)


def _bundle(rule_id: str, one: str, other: str, bp: int) -> Doc:
    slots = [
        {"on": {"any_of": [{"categories": [category]}]}, "quantity": quantity}
        for category, quantity in ((one, 2), (other, 1))
    ]
    return _rule(
        rule_id, {"kind": "bundle", "slots": slots, "benefit": {"type": "percent", "bp": bp}}
    )


def _line(at: int, pieces: int, price_minor: int, *categories: str) -> Doc:
    return {
        "line_id": str(at),
        "sku": f"A-{at}",
        "quantity_milli": 1_000 * pieces,
        "unit_price_minor": price_minor,
        "categories": list(categories),
    }


def _sale(lines: list[Doc]) -> Doc:
    return {"sale_id": "tiers", "at": "2026-03-07T12:00:00+01:00", "lines": lines}


_SALE = _sale(
    [
        _line(at, pieces, price_minor, *categories.split())
        for at, (pieces, price_minor, categories) in enumerate(
            [
                (96, 195, "other"),
                (8, 765, "children"),
                (180, 42, "cheap paper"),
                (375, 42, "cheap paper"),
                (75, 42, "cheap paper tea"),
                (8, 995, "sign"),
                (122, 125, "sign hall"),
                (12, 169, "sign hall"),
                (12, 210, "sign hall"),
            ]
        )
    ]
)
_OFFERS = [
    _tiers("Q-ALL", {}, {48: 300, 96: 500}),
    _tiers(
        "Q-PAPER",
        {"any_of": [{"categories": ["paper"]}]},
        {12: 800, 24: 1_200, 96: 2_000},
    ),
    _group("N-CHILDREN", "children", 3, 5_000),
    _group("N-POCKET", "cheap", 6, 10_000),
    _group("N-SIGNS", "sign", 2, 3_000, limits={"per_receipt": 6}),
]
