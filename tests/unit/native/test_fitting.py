"""Which applications are left out for a threshold: as little as can be, and never what must stay.

Against every subset on random sums, and through a whole sale whose best packing gives 1 % too much.
"""

from __future__ import annotations

import random
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from native.fitting import fitted
from native.problem import (
    AMOUNT_OFF,
    N_FOR_M,
    PERCENT,
    RECEIPT,
    SHARED,
    STEPS,
    Application,
    Choice,
    D,
    Exact,
    Problem,
    Promo,
    Step,
    Tier,
    make_choice,
)
from pos_plugin.promotions.generation import RuleGeneration

if TYPE_CHECKING:
    from native.packing import Offers

BP = 1_000
EACH = BP  # a discount of 10 % on one minor unit, in 1/10_000 of it


def _promo(index: int, classes: range, **more: Any) -> Promo:
    offer: dict[str, Any] = {
        "kind": N_FOR_M,
        "size": 1,
        "discounted": 1,
        "limit": None,
        "cap": None,
    }
    return Promo(
        index=index,
        benefit=PERCENT,
        value=BP,
        pool=-1,
        exclusive=SHARED,
        slots=[],
        classes=frozenset(classes),
        **(offer | more),
    )


def _choice(prices: list[int], counts: list[int], promos: list[Promo], least_minor: int) -> Choice:
    """The choice of 1.00 off from so much on."""
    everything = frozenset(range(len(prices)))
    tier = Tier(0, RECEIPT, 99, AMOUNT_OFF, 100, least_minor * D, everything, -1, SHARED)
    offers: Offers = None  # type: ignore[assignment] - nothing is packed here
    problem = Problem(prices, counts, promos, [tier], [], offers, {})
    choice = make_choice(problem, promos, tier, None)
    assert choice is not None
    return choice


def _fit(choice: Choice, prices: list[int], applications: list[Application]) -> list[Application]:
    kept, steps = fitted(choice, applications, lambda some, _: _given(prices, some))
    assert steps >= len(applications)
    assert kept is not None
    return kept


def _given(prices: list[int], applications: list[Application]) -> Exact:
    return sum(
        one.times * EACH * prices[c] * targets
        for one in applications
        for c, _, targets in one.members
    )


def _singles(prices: list[int], counts: list[int], step: int = -1) -> list[Application]:
    return [
        Application(0, count, ((c, 1, 1),), step) for c, count in enumerate(counts) if prices[c]
    ]


@pytest.mark.parametrize("seed", range(40))
def test_no_subset_leaves_out_less(seed: int) -> None:
    draw = random.Random(seed)  # noqa: S311 - drawn again by its seed
    prices = [draw.randint(3, 90) for _ in range(draw.randint(2, 5))]
    counts = [draw.randint(1, 4) for _ in prices]
    applications = _singles(prices, counts)
    gross_minor = sum(price * count for price, count in zip(prices, counts, strict=True))
    whole = _given(prices, applications)
    slack = draw.randint(0, whole - 1)
    least_minor = gross_minor - slack // D
    choice = _choice(prices, counts, [_promo(0, range(len(prices)))], least_minor)
    slack = choice.rooms()[0].slack

    kept = _given(prices, _fit(choice, prices, applications)) if whole > slack else whole

    sums = {
        sum(EACH * price * left for price, left in zip(prices, lefts, strict=True))
        for lefts in product(*[range(count + 1) for count in counts])
    }
    assert kept == max(one for one in sums if one <= slack)


@pytest.mark.parametrize("counts", [[6, 6], [10, 2], [2, 10]])
def test_units_that_a_quantity_tier_needs_are_not_left_out(counts: list[int]) -> None:
    prices = [10, 10]
    tiered = _promo(0, range(2), kind=STEPS, steps=(Step(10, PERCENT, BP),))
    choice = _choice(prices, counts, [tiered], 120 - 10)

    kept = _fit(choice, prices, _singles(prices, counts, step=0))

    assert sum(one.times for one in kept) == 10
    # One unit more would have to go for a threshold that is higher by as much: then none will do.
    higher = _choice(prices, counts, [tiered], 120 - 9)
    nothing, _ = fitted(
        higher, _singles(prices, counts, step=0), lambda some, _: _given(prices, some)
    )
    assert nothing is None


def test_what_a_cap_cuts_is_not_left_out() -> None:
    prices, counts = [10], [6]
    capped = _promo(0, range(1), cap=3 * D)
    choice = _choice(prices, counts, [capped], 60 - 5)
    assert fitted(choice, _singles(prices, counts), lambda some, _: _given(prices, some))[0] is None


def test_nothing_is_left_out_where_there_is_room() -> None:
    prices, counts = [10], [6]
    choice = _choice(prices, counts, [_promo(0, range(1))], 60 - 6)
    assert fitted(choice, _singles(prices, counts), lambda some, _: _given(prices, some))[0] is None


def test_a_crowded_sale_just_above_a_threshold_pays_what_the_threshold_leaves() -> None:
    """Of what the articles could save 3.26 too much is left out, by one of many ways."""
    sale = _crowded_sale()
    articles = [_n_for_m(number) for number in range(9)]
    tier = {
        "id": "OFF-10",
        "layer": "receipt",
        "offer": {
            "kind": "receipt_discount",
            "tiers": [
                {"min_value_minor": LEAST_MINOR, "benefit": {"type": "amount_off", "minor": 1_000}}
            ],
        },
    }
    plain = RuleGeneration.from_value(articles).evaluate(sale)
    # The articles alone leave less than the threshold, but more than it leaves with the tier.
    assert LEAST_MINOR - 1_000 < plain.total_minor < LEAST_MINOR

    result = RuleGeneration.from_value([*articles, tier]).evaluate(sale)

    assert result.total_minor == LEAST_MINOR - 1_000
    assert result.optimal
    assert "OFF-10" in {one.promotion for one in result.promotions}


LEAST_MINOR = 11_500


def _crowded_sale() -> dict[str, Any]:
    draw = random.Random(20260307)  # noqa: S311 - drawn again by its seed
    lines = [
        {
            "line_id": str(number),
            "sku": f"A{number}",
            "quantity_milli": 1000 * draw.choice((2, 3, 4, 6)),
            "unit_price_minor": draw.choice((85, 125, 165, 195, 210, 255, 295, 375)),
            "categories": [f"c{number % 9}"],
        }
        for number in range(24)
    ]
    return {"sale_id": "fit", "at": "2026-03-07T12:00:00+01:00", "lines": lines}


def _n_for_m(number: int) -> dict[str, Any]:
    return {
        "id": f"N{number}",
        "layer": "article",
        "offer": {
            "kind": "n_for_m",
            "n": 3 + number % 2,
            "on": {"any_of": [{"categories": [f"c{number}", f"c{(number + 1) % 9}"]}]},
            "benefit": {"type": "percent", "bp": (5_000, 8_000, 10_000)[number % 3]},
        },
    }
