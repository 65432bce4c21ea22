"""An n-for-m beside a threshold: where dear units with cheap ones fit, and nothing dearer does."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from differential import engine, fault_of
from oracle import best_total
from random_cases import Case

import native.choices

if TYPE_CHECKING:
    import pytest

Doc = dict[str, Any]

CASES = 40
SEED = 20261124


def test_two_piles_of_a_dozen_get_the_lowest_total_at_once() -> None:
    """A real receipt: 1.4 s of 35 000 steps and a gap of 0.30 EUR, when labels followed groups."""
    case = Case([_n_for_m(4), _off(300, least_minor=5_000)], _sale([(295, 12), (255, 12)]))
    result = engine(*case)
    assert fault_of(result, case, best_total(*case)) is None
    assert result["optimal"]
    assert result["total_minor"] == 6_600 - 1_570 - 300
    assert result["diagnostics"]["steps"] < 5_000


def test_a_grouping_that_leaves_room_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case([_n_for_m(2), _off(7_000, least_minor=16_000)], _sale([(8_127, 2), (1_999, 2)]))
    found = engine(*case)
    assert fault_of(found, case, best_total(*case)) is None
    assert found["optimal"]
    # The control: groups of the dearest alone are dearer, and nothing else is looked at.
    monkeypatch.setattr(native.choices, "may_pair_otherwise", lambda *_: False)
    control = engine(*case)
    assert control["total_minor"] > found["total_minor"]
    fault = fault_of(control, case, best_total(*case))
    assert fault is not None
    assert fault.startswith("optimal is claimed")


def test_piles_beside_a_threshold_get_the_lowest_total() -> None:
    print(f"seed {SEED}")  # noqa: T201 - shown when the test fails
    together = 0
    for number in range(CASES):
        case = _piles_of(number)
        result = engine(*case)
        assert fault_of(result, case, best_total(*case)) is None, case
        assert result["optimal"], case
        together += len(result["promotions"]) > 1
    assert together >= CASES // 2, "the threshold was met beside groups"


def _piles_of(number: int) -> Case:
    """Two or three piles under one or two n-for-m, a threshold just out of their reach."""
    rng = random.Random(f"{SEED}:{number}")  # noqa: S311 - repeatable on purpose
    piles = [(rng.randint(100, 900), rng.randint(2, 5)) for _ in range(rng.randint(2, 3))]
    gross_minor = sum(price * count for price, count in piles)
    offers = [_n_for_m(rng.choice([2, 3, 4])) for _ in range(rng.randint(1, 2))]
    if len(offers) == 2:
        offers[1] = offers[1] | {"id": "N2", "limits": {"per_receipt": rng.randint(1, 2)}}
    least_minor = gross_minor * rng.randint(70, 95) // 100
    return Case([*offers, _off(gross_minor // 3, least_minor=least_minor)], _sale(piles))


def _n_for_m(n: int) -> Doc:
    return {
        "id": "N",
        "layer": "article",
        "offer": {"kind": "n_for_m", "on": {}, "n": n, "discounted": 1},
    }


def _off(minor: int, *, least_minor: int) -> Doc:
    tier = {"min_value_minor": least_minor, "benefit": {"type": "amount_off", "minor": minor}}
    return {
        "id": "R",
        "layer": "receipt",
        "offer": {"kind": "receipt_discount", "tiers": [tier]},
    }


def _sale(piles: list[tuple[int, int]]) -> Doc:
    return {
        "sale_id": "s",
        "shop": "001",
        "till": "1",
        "at": "2026-03-07T15:12:00+01:00",
        "lines": [
            {
                "line_id": str(at),
                "sku": f"A{at}",
                "unit_price_minor": price_minor,
                "quantity_milli": 1_000 * count,
            }
            for at, (price_minor, count) in enumerate(piles)
        ],
    }
