"""4 % from 300 EUR a year on (domain.md §11, acceptance 4), and tiers that rules read (B6)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from till_builder import NOON, TillBuilder, card_number, unit_discount

from pos_plugin import Evaluation, Plugin, Receipt, Scanned

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

CARD = card_number(1)
FOUR_PER_CENT: dict[str, Any] = {
    "id": "JAHRESBONUS",
    "layer": "earn",
    "offer": {
        "kind": "earn",
        "account": "bonus",
        "per_value_minor": 10_000,
        "points": 400,
        "from_year_minor": 30_000,
    },
}


@pytest.fixture
def till(tmp_path: Path) -> TillBuilder:
    till = TillBuilder(tmp_path / "till")
    till.rules(FOUR_PER_CENT)
    till.program("bonus", "EUR_MINOR")
    till.customer("K1", card=CARD)
    return till


def sell(plugin: Plugin, sale_id: str, minor: int) -> int:
    """Sell to the customer of the card; return the bonus that this earned."""
    scanned = plugin.scan(CARD)
    assert isinstance(scanned, Scanned)
    snapshot = {
        "sale_id": sale_id,
        "at": plugin._till.clock.now().isoformat(),
        "customer": scanned.customer,
        "lines": [
            {
                "line_id": "1",
                "sku": "4711",
                "quantity_milli": 1000,
                "unit_price_minor": minor,
            }
        ],
    }
    shown = plugin.sales.evaluate(snapshot)
    assert isinstance(shown, Evaluation)
    sold = plugin.sales.complete(sale_id, {})
    assert isinstance(sold, Receipt)
    earned = [one["amount"] for one in sold.values["earned"]]
    assert earned == [one.amount for one in shown.earned]
    return sum(earned)


@pytest.mark.capability("B1", "case 4")
def test_four_per_cent_from_300_euro_a_year_on(till: TillBuilder) -> None:
    with till.open() as plugin:
        assert sell(plugin, "S1", 28_000) == 0
        assert sell(plugin, "S2", 5_000) == 120
        assert sell(plugin, "S3", 10_000) == 400
        till.clock.set(NOON + dt.timedelta(days=300))
        assert sell(plugin, "S4", 28_000) == 0


def test_a_year_begins_on_the_first_of_january(till: TillBuilder) -> None:
    with till.open() as plugin:
        till.clock.set(dt.datetime(2026, 12, 31, 23, 59, tzinfo=NOON.tzinfo))
        assert sell(plugin, "S1", 30_100) == 4
        till.clock.set(dt.datetime(2027, 1, 1, 0, 1, tzinfo=NOON.tzinfo))
        assert sell(plugin, "S2", 30_000) == 0
        assert sell(plugin, "S3", 100) == 4


@pytest.mark.capability("B1")
def test_what_came_back_is_no_turnover(till: TillBuilder) -> None:
    with till.open() as plugin:
        assert sell(plugin, "S1", 30_000) == 0
        back = plugin.sales.return_items(
            "S1", {"return_id": "R1", "lines": [{"line_id": "1", "quantity_milli": 500}]}
        )
        assert isinstance(back, Receipt)
        assert sell(plugin, "S2", 15_000) == 0
        assert isinstance(plugin.sales.void("S2", {}), Receipt)
        assert sell(plugin, "S3", 16_000) == 40


def test_a_condition_alone_would_miss_the_receipt_that_crosses(till: TillBuilder) -> None:
    # Negative control: the same bonus as a condition on the past gives nothing on it.
    offer = {key: value for key, value in FOUR_PER_CENT["offer"].items() if "year" not in key}
    past = {"type": "history", "metric": "revenue_minor_year", "min": 30_000}
    till.rules({**FOUR_PER_CENT, "offer": offer, "when": [past]})
    with till.open() as plugin:
        assert sell(plugin, "S1", 28_000) == 0
        assert sell(plugin, "S2", 5_000) == 0  # 1.20 is due
        assert sell(plugin, "S3", 10_000) == 400


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(1, 20_000).map(lambda euro: euro * 25), min_size=1, max_size=5))
def test_receipts_of_a_year_earn_what_lies_above_together(
    tmp_path_factory: pytest.TempPathFactory, amounts: Sequence[int]
) -> None:
    till = TillBuilder(tmp_path_factory.mktemp("year"))
    till.rules(FOUR_PER_CENT)
    till.program("bonus", "EUR_MINOR")
    till.customer("K1", card=CARD)
    with till.open() as plugin:
        earned = sum(sell(plugin, f"S{number}", minor) for number, minor in enumerate(amounts))
    # Amounts of 25 cents: nothing is rounded, so the order of receipts decides nothing.
    assert earned * 25 == max(0, sum(amounts) - 30_000)


@pytest.mark.capability("B6")
def test_a_tier_is_shown_and_read_by_rules(till: TillBuilder) -> None:
    gold = {"type": "in_segment", "any_of": ["tier:GOLD"]}
    till.rules(unit_discount("GOLD10", 1000, when=[gold]))
    with till.open() as plugin:
        assert _total(plugin, "S1") == 5000
        till.customer("K1", card=CARD, tier="GOLD")
        scanned = plugin.scan(CARD)
        assert isinstance(scanned, Scanned)
        assert scanned.panel is not None
        assert scanned.panel["tier"] == "GOLD"
        assert _total(plugin, "S2") == 4500


@pytest.mark.capability("B6")
def test_a_sale_begun_before_a_downgrade_keeps_its_tier(till: TillBuilder) -> None:
    gold = {"type": "in_segment", "any_of": ["tier:GOLD"]}
    till.rules(unit_discount("GOLD10", 1000, when=[gold]))
    till.customer("K1", card=CARD, tier="GOLD")
    till.clock.set(dt.datetime(2026, 3, 7, 23, 59, tzinfo=NOON.tzinfo))
    with till.open() as plugin:
        sale = _snapshot(plugin, "S1")
        assert plugin.sales.evaluate(sale).total_minor == 4500
        till.clock.set(dt.datetime(2026, 3, 8, 0, 1, tzinfo=NOON.tzinfo))
        till.customer("K1", card=CARD, tier="SILBER")
        # The basket is sent whole, with the customer as it was scanned.
        assert plugin.sales.evaluate(sale).total_minor == 4500
        sold = plugin.sales.complete("S1", {})
        assert isinstance(sold, Receipt)
        assert sold.total_minor == 4500
        assert _total(plugin, "S2") == 5000


def _snapshot(plugin: Plugin, sale_id: str) -> dict[str, Any]:
    scanned = plugin.scan(CARD)
    assert isinstance(scanned, Scanned)
    return {
        "sale_id": sale_id,
        "at": plugin._till.clock.now().isoformat(),
        "customer": scanned.customer,
        "lines": [
            {"line_id": "1", "sku": "4711", "quantity_milli": 1000, "unit_price_minor": 5000}
        ],
    }


def _total(plugin: Plugin, sale_id: str) -> int:
    found = plugin.sales.evaluate(_snapshot(plugin, sale_id))
    assert isinstance(found, Evaluation)
    return found.total_minor
