"""What the till shows of the last 365 days is what its receipts of these days add up to."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from lone_till import ARTICLES, CUSTOMERS, LoneTill
from till_builder import NOON, points, unit_discount

from pos_plugin import Receipt
from pos_plugin.customer import view as customer_view
from pos_plugin.loyalty.windows import newest, row_and_day, within

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pos_plugin import Plugin

CARD = "2900000000018"
SEEDS = (1, 2, 3)
STEPS = 30
PRICE_MINOR = 7999


@dataclass
class Bought:
    """A receipt as somebody with paper and pencil keeps it."""

    on: dt.date
    minor: int


def recomputed(receipts: Sequence[Bought], on: dt.date) -> dict[str, int]:
    """What the receipts of the last 365 days give; a taken back one is no receipt."""
    counted = [one for one in receipts if (on - one.on).days < 365]
    return {
        "receipts_365d": len(counted),
        "revenue_minor_365d": sum(one.minor for one in counted),
    }


def history(plugin: Plugin) -> dict[str, int]:
    facts: dict[str, Any] = plugin.scan(CARD).customer or {}
    names = ("receipts_365d", "revenue_minor_365d")
    return {name: facts["history"].get(name, 0) for name in names}


@pytest.fixture
def till(tmp_path: Path) -> LoneTill:
    till = LoneTill(tmp_path / "till")
    till.take("articles", ARTICLES)
    till.take("customers", CUSTOMERS)
    till.take_tables(program=[{"code": "points", "unit": "POINTS"}])
    regular = {"type": "history", "metric": "receipts_365d", "min": 2}
    till.take_rules(points(), {**unit_discount("TREUE10", 1000), "when": [regular]})
    return till


def fold(till: LoneTill) -> None:
    with till.agent() as agent:
        agent.nightly()
        agent.round()


def buy(plugin: Plugin, sale_id: str) -> int:
    sale = plugin.begin_sale(sale_id=sale_id)
    sale.scan(CARD)
    sale.add_line(sku="4711")
    return int(sale.complete(charged=sale.evaluate(), tenders=[]).total_minor)


def years(till: LoneTill, seed: int) -> list[tuple[dict[str, int], dict[str, int]]]:
    """Shop for some years with a clock that jumps; return what was shown and what is right."""
    dice = random.Random(seed)  # noqa: S311 - a sample
    bought: dict[str, Bought] = {}
    seen = []
    for step in range(STEPS):
        # A clock may be set a little back, once it had been set years ahead.
        till.clock.set(NOON + dt.timedelta(days=dice.choice((30 * step, 25 * step, 40 * step))))
        if step == STEPS // 2:
            till.clock.set(NOON + dt.timedelta(days=3_000))
        on = till.clock.now().date()
        with till.open() as plugin:
            sale_id = f"S{step}"
            what = dice.choice(("buy", "buy", "buy", "void", "look"))
            if what == "buy":
                bought[sale_id] = Bought(on, buy(plugin, sale_id))
            elif what == "void" and bought:
                gone = dice.choice(sorted(bought))
                assert isinstance(plugin.sales.void(gone, {}), Receipt)
                del bought[gone]
            seen.append((history(plugin), recomputed(list(bought.values()), on)))
        if dice.random() < 0.3:
            fold(till)
            with till.open() as plugin:
                seen.append((history(plugin), seen[-1][1]))
    return seen


@pytest.mark.parametrize("seed", SEEDS)
def test_the_window_is_what_a_recomputation_over_the_receipts_gives(
    till: LoneTill, seed: int
) -> None:
    for shown, right in years(till, seed):
        assert shown == right


def test_a_counter_that_only_adds_up_is_seen(
    till: LoneTill, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(customer_view, "first_day", lambda _: "0001-01-01")
    monkeypatch.setattr(customer_view, "within", lambda days, _: sum(value for _, value in days))
    assert any(shown != right for shown, right in years(till, SEEDS[0])), "the negative control"


def test_a_day_leaves_the_window_without_any_nightly_run(till: LoneTill) -> None:
    with till.open() as plugin:
        buy(plugin, "S1")
    fold(till)
    with till.open() as plugin:
        till.clock.advance(days=364)
        assert history(plugin) == {"receipts_365d": 1, "revenue_minor_365d": PRICE_MINOR}
        till.clock.advance(days=1)
        assert history(plugin) == {"receipts_365d": 0, "revenue_minor_365d": 0}
        till.clock.advance(days=-1)
        assert history(plugin)["receipts_365d"] == 1, "a clock set back leaves nothing wrong"


def test_an_offer_for_regulars_ends_with_their_visits(till: LoneTill) -> None:
    with till.open() as plugin:
        assert [buy(plugin, f"S{number}") for number in range(3)] == [7999, 7999, 7199]
        till.clock.advance(days=365)
        assert buy(plugin, "S3") == 7999


def test_a_return_lowers_the_turnover_of_the_day_of_the_sale(till: LoneTill) -> None:
    with till.open() as plugin:
        buy(plugin, "S1")
        till.clock.advance(days=300)
        line = {"line_id": "1", "quantity_milli": 1000}
        answer = plugin.sales.return_items("S1", {"return_id": "R1", "lines": [line]})
        assert isinstance(answer, Receipt)
        assert history(plugin)["revenue_minor_365d"] == 0
        till.clock.advance(days=100)
        assert history(plugin)["revenue_minor_365d"] == 0, "not below zero once the sale is out"


def test_a_row_keeps_the_newest_days() -> None:
    first = dt.date(2020, 1, 1)
    days = {(first + dt.timedelta(days=number)).isoformat(): 1 for number in range(500)}
    kept = newest(days)
    assert len(kept) == 400
    assert kept[-1][0] == max(days)
    last = first + dt.timedelta(days=499)
    assert within([(str(day), int(value)) for day, value in kept], last) == 365


@pytest.mark.parametrize(
    "key", ["history:receipts_365d:heute", "uses:history:receipts_365d:2026-03-07", "points"]
)
def test_what_bears_no_day_is_a_counter_of_its_own(key: str) -> None:
    assert row_and_day(key) == (key, None)
