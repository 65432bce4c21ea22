"""The balance invariant: no own entry is shown twice, none is missed (sync.md §6)."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable

import pytest

from pos_plugin.loyalty.ledger import (
    LAST_DAY,
    OwnEntry,
    day_number,
    earnings,
    entries_of,
    shown,
)
from pos_plugin.model import Basket
from pos_plugin.promotions.generation import RuleGeneration
from pos_plugin.promotions.result import Earned

Formula = Callable[[int, dict[int, int], list[OwnEntry], int], int]


def by_folded(value: int, folded: dict[int, int], own: list[OwnEntry], _acked: int) -> int:
    numbers = shown({"points": (value, folded)}, own)
    return numbers["points"].value


def by_acked(value: int, _folded: dict[int, int], own: list[OwnEntry], acked: int) -> int:
    """The obvious formula: own entries above what head office has acknowledged."""
    return value + sum(entry.delta for entry in own if entry.seq > acked)


def by_nothing(value: int, _folded: dict[int, int], _own: list[OwnEntry], _acked: int) -> int:
    """The other obvious formula: head office knows best."""
    return value


def days_with_wrong_balance(formula: Formula, *, seed: int) -> int:
    """Sell, upload, acknowledge and download in random order; count wrong balances."""
    chance = random.Random(seed)  # noqa: S311 - a schedule, not a secret
    own: list[OwnEntry] = []
    head_office, folded_there, acked = 0, 0, 0
    cached_value, cached_folded = 0, 0
    wrong = 0
    for _ in range(200):
        step = chance.choice(("sell", "sell", "upload", "acknowledge", "download"))
        if step == "sell":
            own.append(OwnEntry("points", 1, len(own) + 1, chance.randint(-20, 50)))
        elif step == "upload" and folded_there < len(own):
            head_office += own[folded_there].delta
            folded_there += 1
        elif step == "acknowledge":
            acked = folded_there
        elif step == "download":
            cached_value, cached_folded = head_office, folded_there
        truth = sum(entry.delta for entry in own)
        wrong += formula(cached_value, {1: cached_folded}, own, acked) != truth
    return wrong


@pytest.mark.parametrize("seed", range(20))
def test_balance_is_right_at_every_step(seed: int) -> None:
    assert days_with_wrong_balance(by_folded, seed=seed) == 0


@pytest.mark.parametrize("formula", [by_acked, by_nothing])
def test_obvious_formulas_are_wrong(formula: Formula) -> None:
    """Negative control: the schedules catch both obvious ways."""
    assert days_with_wrong_balance(formula, seed=1) > 0


def test_another_epoch_is_not_covered() -> None:
    own = [OwnEntry("points", 1, 5, 10), OwnEntry("points", 2, 6, 1)]
    assert shown({"points": (100, {1: 9})}, own)["points"].value == 101


def test_unknown_account_begins_at_nothing() -> None:
    assert shown({}, [OwnEntry("bonus", 1, 1, 250)])["bonus"].value == 250
    assert shown({"bonus": (5, {})}, [])["bonus"] == (5, False)


def test_later_day_counts_and_never_twice() -> None:
    today = day_number(dt.date(2026, 3, 7))
    own = [OwnEntry(LAST_DAY, 1, 1, today), OwnEntry(LAST_DAY, 1, 2, today)]
    assert shown({LAST_DAY: (today - 30, {1: 2})}, own)[LAST_DAY].value == today
    assert shown({LAST_DAY: (today + 1, {})}, own)[LAST_DAY].value == today + 1


def test_receipt_counts_visit_turnover_and_uses() -> None:
    changes = entries_of(
        earned=[Earned("points", 63, ("BASE",))],
        given=["HOSEN20", "BASE"],
        turnover_minor=6399,
        is_purchase=True,
        business_on=dt.date(1970, 1, 2),
    )
    assert changes == {
        "points": 63,
        "uses:HOSEN20": 1,
        "uses:BASE": 1,
        "history:revenue_minor_365d:1970-01-02": 6399,
        "history:revenue_minor_year:1970": 6399,
        "history:receipts_365d:1970-01-02": 1,
        "history:receipts_total": 1,
        "history:days_since_last": 1,
    }


def test_pure_return_is_no_visit_and_lowers_turnover() -> None:
    changes = entries_of(
        earned=[], given=[], turnover_minor=-500, is_purchase=False, business_on=dt.date(2026, 3, 7)
    )
    assert changes == {
        "history:revenue_minor_365d:2026-03-07": -500,
        "history:revenue_minor_year:2026": -500,
    }


def test_points_follow_what_was_paid() -> None:
    rules = RuleGeneration.from_value(
        [
            {
                "id": "BASE",
                "layer": "earn",
                "offer": {
                    "kind": "earn",
                    "account": "points",
                    "per_value_minor": 100,
                    "points": 1,
                    "on": {"any_of": [{"categories": ["hosen"]}]},
                },
            },
            {
                "id": "MORE",
                "layer": "earn",
                "offer": {"kind": "earn", "account": "points", "per_value_minor": 300, "points": 1},
            },
        ]
    )
    line = {"sku": "a", "quantity_milli": 1000, "unit_price_minor": 1000}
    basket = Basket.from_dict(
        {
            "sale_id": "1",
            "at": "2026-03-07T12:00:00+01:00",
            "customer": {"id": "K"},
            "lines": [
                {**line, "line_id": "1", "categories": ["hosen"]},
                {**line, "line_id": "2"},
                {**line, "line_id": "3", "quantity_milli": -1000},
            ],
        }
    )
    evaluated = rules.evaluate(basket)
    assert [(one.account, one.amount) for one in evaluated.earned] == [("points", 16)]
    # As evaluated, the own sum gives the engine's answer.
    paid = [line.paid_minor for line in evaluated.lines]
    [again] = earnings(rules, basket, evaluated.earned, paid)
    assert (again.account, again.amount) == ("points", 16)
    # Trousers for 4.50: 4.5 points, and 4.5 / 3 + 10 / 3 = 4.83 more; rounded down once.
    [booked] = earnings(rules, basket, evaluated.earned, [450, 1000, -1000])
    assert booked.amount == 9
