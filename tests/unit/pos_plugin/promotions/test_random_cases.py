"""Random cases against brute force: none dearer, none called optimal wrongly, no gap too small.

``STAMMKUNDE_RANDOM_CASES`` sets the number of cases (a soak takes millions), and
``STAMMKUNDE_RANDOM_SEED`` the seed, which is printed. What was once wrong stands in
``tests/golden/counterexamples.jsonl`` and is tried again for ever.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from differential import Tally, compare, engine, fault_of
from memory import bounded
from oracle import best_total
from random_cases import Case, case_of

if TYPE_CHECKING:
    from collections.abc import Iterator

Doc = dict[str, Any]

COUNT = int(os.environ.get("STAMMKUNDE_RANDOM_CASES", "20000"))
SEED = int(os.environ.get("STAMMKUNDE_RANDOM_SEED", "20260307"))
PAGES = 10
COUNTEREXAMPLES = [
    json.loads(line)
    for line in (Path(__file__).parents[3] / "golden" / "counterexamples.jsonl")
    .read_text()
    .splitlines()
]

DRAWN = [
    *("article", "receipt", "customer", "threshold receipt", "threshold customer"),
    *("exclusive units", "exclusive receipt", "coupons", "customer", "when coupon", "when any"),
    *("limit per_receipt", "limit per_customer", "limit max_discount_minor"),
    *("when min_value", "when min_quantity"),
    *("when customer_known", "when in_segment"),
    *("several pieces", "many equal pieces", "equal lines", "measured", "return"),
    *("zero price", "price-bound", "markdown", "n_for_m of several", "buy_get no dearer"),
    *("receipt_discount percent", "receipt_discount amount_off", "receipt_discount customer_rate"),
    *(
        f"{kind} {benefit}"
        for kind in ("unit_discount", "n_for_m", "bundle", "buy_get", "quantity_tiers")
        for benefit in ("percent", "amount_off", "fixed_price")
    ),
]
EFFECTIVE = [
    *("article unit_discount", "article n_for_m", "article bundle", "article buy_get"),
    *("article quantity_tiers", "receipt receipt_discount", "customer receipt_discount"),
    *("cap binds article", "cap binds receipt", "cap binds customer", "limit met", "coupons used"),
    *("exclusive units", "exclusive receipt", "2 promotions together", "3 promotions together"),
    "layers together",
]


@pytest.fixture(scope="module", autouse=True)
def _memory_is_bounded() -> Iterator[None]:
    with bounded():
        yield


@pytest.fixture(scope="module")
def tally() -> Tally:
    return Tally()


@pytest.mark.parametrize("page", range(PAGES))
def test_random_cases_get_the_lowest_total(page: int, tally: Tally) -> None:
    print(f"seed {SEED}")  # noqa: T201 - shown when the test fails
    for number in range(page * COUNT // PAGES, (page + 1) * COUNT // PAGES):
        # Every tenth is larger: more units, more promotions.
        large = number % 10 == 0
        case = case_of(SEED, number, max_units=9 if large else 6, max_promotions=7 if large else 5)
        compare(case, number, tally)
        assert not tally.wrong, f"seed {SEED}: {json.dumps(tally.wrong[0])}"


def test_every_offer_layer_and_limit_was_drawn_and_took_effect(tally: Tally) -> None:
    assert tally.cases == COUNT, "the cases run in one process, before this test"
    rare = {name: tally.drawn[name] for name in DRAWN if tally.drawn[name] < 0.03 * COUNT}
    idle = {
        name: tally.effective[name] for name in EFFECTIVE if tally.effective[name] < 0.008 * COUNT
    }
    assert not rare, f"hardly drawn: {rare}"
    assert not idle, f"hardly ever applied: {idle}"


def test_nearly_every_small_case_is_proven(tally: Tally) -> None:
    assert tally.optimal >= 0.97 * tally.cases


@pytest.mark.parametrize("example", COUNTEREXAMPLES, ids=lambda example: example["id"])
def test_what_was_once_wrong_is_right(example: Doc) -> None:
    case = Case(example["promotions"], example["sale"])
    assert fault_of(engine(*case), case, best_total(*case)) is None


# --- negative controls: engines that are wrong are found ------------------------------------------


def _without_the_last(promotions: list[Doc], sale: Doc) -> Doc:
    """Forgets a promotion and claims to be optimal."""
    return engine(sorted(promotions, key=lambda p: p["id"])[:-1], sale)


def _without_thresholds(promotions: list[Doc], sale: Doc) -> Doc:
    for promotion in (changed := json.loads(json.dumps(promotions))):
        for tier in promotion["offer"].get("tiers", ()):
            tier.pop("min_value_minor", None)
    return engine(changed, sale)


def _without_caps(promotions: list[Doc], sale: Doc) -> Doc:
    for promotion in (changed := json.loads(json.dumps(promotions))):
        promotion.get("limits", {}).pop("max_discount_minor", None)
    return engine(changed, sale)


def _one_coupon_more(promotions: list[Doc], sale: Doc) -> Doc:
    more = [*sale.get("coupons", ()), *sale.get("coupons", ())]
    coupons = [coupon | {"code": f"C{n}"} for n, coupon in enumerate(more)]
    return engine(promotions, sale | {"coupons": coupons})


def _gap_of_one(promotions: list[Doc], sale: Doc) -> Doc:
    """Never claims to be optimal, but thinks that at most a cent is missing."""
    return _without_the_last(promotions, sale) | {"optimal": False, "gap_minor": 1}


def _breaks_down(promotions: list[Doc], sale: Doc) -> Doc:
    raise OverflowError(len(promotions) + len(sale))


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        (_without_the_last, "optimal is claimed"),
        (_without_thresholds, "against the rules"),
        (_without_caps, "against the rules"),
        (_one_coupon_more, "against the rules"),
        (_gap_of_one, "the gap is too small"),
        (_breaks_down, "OverflowError"),
    ],
)
def test_a_wrong_engine_is_found(wrong: Any, fault: str) -> None:
    tally = Tally()
    for number in range(300):
        compare(case_of(SEED, number), number, tally, wrong)
    assert [one for one in tally.wrong if one["fault"].startswith(fault)]
