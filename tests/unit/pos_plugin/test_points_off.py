"""Points and bonus money that lower the price of a sale (B5)."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING, Any

import apsw
import pytest
from till_builder import TillBuilder, card_number, points, unit_discount

from pos_plugin import Evaluation, Plugin, Receipt
from pos_plugin.model import REWARD

if TYPE_CHECKING:
    from pathlib import Path

EURO = "reward:EURO"


@pytest.fixture
def till(tmp_path: Path) -> TillBuilder:
    till = TillBuilder(tmp_path / "till")
    till.rules(points())
    till.program("points")
    # 100 points = 1 EUR, from 200 points on.
    till.reward("EURO", 100, "discount", value_minor=100, min_points=200)
    till.customer("K1", card=card_number(1))
    till.balance("K1", 1500)
    return till


def line(minor: int, line_id: str = "1", **more: Any) -> dict[str, Any]:
    return {
        "line_id": line_id,
        "sku": f"A{line_id}",
        "quantity_milli": 1000,
        "unit_price_minor": minor,
        "vat_rate_bp": 1900,
        **more,
    }


def basket(plugin: Plugin, *lines: dict[str, Any], sale_id: str = "S1", **more: Any) -> Any:
    return {
        "sale_id": sale_id,
        "at": plugin._till.clock.now().isoformat(),
        "customer": {"id": "K1"},
        "codes": [{"code": EURO}],
        "lines": list(lines),
        **more,
    }


def evaluate(plugin: Plugin, *lines: dict[str, Any], **more: Any) -> Evaluation:
    found = plugin.sales.evaluate(basket(plugin, *lines, **more))
    assert isinstance(found, Evaluation)
    return found


def rejected(found: Evaluation) -> str:
    [one] = [effect for effect in found.effects() if effect["kind"] == "rejected"]
    return str(one["reason"])


def has(plugin: Plugin) -> int:
    found = plugin.accounts.statement("K1")
    assert isinstance(found, dict)
    value = found["accounts"][0]["value"]
    assert value == sum(lot["left"] for lot in found["accounts"][0]["lots"])
    return int(value)


def sale_event(till: TillBuilder) -> dict[str, Any]:
    with closing(apsw.Connection(str(till.data_dir / "journal.db"))) as db:
        [(text,)] = db.execute(
            "SELECT line FROM event WHERE kind = 'sale_completed' ORDER BY seq DESC LIMIT 1"
        ).fetchall()
    body: dict[str, Any] = json.loads(text)["body"]
    return body


@pytest.mark.capability("B5")
def test_points_lower_the_price_and_what_they_take_off_earns_nothing(till: TillBuilder) -> None:
    with till.open() as plugin:
        found = evaluate(plugin, line(5000), codes=[{"code": EURO, "amount_minor": 1000}])
        assert found.charge_minor == 4000
        [effect] = [one for one in found.effects() if one["kind"] == "price_reduction_voucher"]
        assert (effect["gv_typ"], effect["discount_minor"]) == ("Rabatt", 1000)
        assert effect["vat"] == [{"vat_rate_bp": 1900, "discount_minor": 1000}]
        sold = plugin.sales.complete("S1", {})
        assert isinstance(sold, Receipt)
        assert sold.total_minor == 4000
        assert sold.values["earned"] == [{"account": "points", "amount": 40}]
        assert has(plugin) == 1500 - 1000 + 40
    event = sale_event(till)
    assert [(entry["kind"], entry["delta"]) for entry in event["ledger"]] == [
        ("earn", 40),
        ("redeem", -1000),
    ]
    assert {one["key"]: one["delta"] for one in event["entries"]}["points"] == -960
    [reward] = event["rewards"]
    assert (reward["reward"], reward["spent"], reward["amount_minor"]) == ("EURO", 1000, 1000)
    assert reward["label"]["de"] == "Prämie EURO"


@pytest.mark.capability("B5")
def test_never_more_than_the_total_and_the_rest_stays(till: TillBuilder) -> None:
    with till.open() as plugin:
        found = evaluate(plugin, line(799))
        assert found.charge_minor == 0
        plugin.sales.complete("S1", {})
        assert has(plugin) == 1500 - 799


@pytest.mark.capability("B5")
def test_less_than_the_minimum_is_refused(till: TillBuilder) -> None:
    with till.open() as plugin:
        found = evaluate(plugin, line(199))
        assert (found.charge_minor, rejected(found)) == (199, "reward_minimum")
        plugin.sales.complete("S1", {})
        assert has(plugin) == 1500 + 1


@pytest.mark.capability("B5")
def test_more_than_there_is_or_immature_is_refused_with_the_day(till: TillBuilder) -> None:
    with till.open() as plugin:
        found = evaluate(plugin, line(9000), codes=[{"code": EURO, "amount_minor": 1501}])
        assert (found.charge_minor, rejected(found)) == (9000, "balance_too_low")
        till.balance("K1", 1500, matures_on="2026-03-10")
        found = evaluate(plugin, line(9000), codes=[{"code": EURO, "amount_minor": 500}])
        assert rejected(found) == "balance_not_mature"
        [effect] = [one for one in found.effects() if one["kind"] == "rejected"]
        assert "10.03.2026" in effect["text"]


def test_points_act_on_what_may_be_discounted_after_promotions(till: TillBuilder) -> None:
    till.rules(points(), unit_discount("HALB", 5000))
    with till.open() as plugin:
        found = evaluate(plugin, line(1000), line(400, "2", discountable=False))
        assert found.total_minor == 900
        assert found.voucher_discount_minor == 500


@pytest.mark.capability("B5")
def test_voided_sale_gives_the_points_back(till: TillBuilder) -> None:
    with till.open() as plugin:
        evaluate(plugin, line(5000))
        plugin.sales.complete("S1", {})
        assert has(plugin) == 35
        assert isinstance(plugin.sales.void("S1", {}), Receipt)
        assert has(plugin) == 1500


@pytest.mark.capability("B5")
def test_returned_whole_gives_the_points_back(till: TillBuilder) -> None:
    with till.open() as plugin:
        evaluate(plugin, line(5000))
        plugin.sales.complete("S1", {})
        back = plugin.sales.return_items(
            "S1", {"return_id": "R1", "lines": [{"line_id": "1", "quantity_milli": 1000}]}
        )
        assert isinstance(back, Receipt)
        assert back.values["refund_minor"] == 3500
        assert has(plugin) == 1500


def test_not_given_by_the_host_is_not_taken(till: TillBuilder) -> None:
    # Negative control: booking our evaluation would take points that lowered nothing.
    with till.open() as plugin:
        evaluate(plugin, line(5000))
        plugin.sales.complete("S1", {"applied": [], "total_minor": 5000})
        assert has(plugin) == 1500 + 50


def test_two_sales_with_the_same_points_take_them_once(till: TillBuilder) -> None:
    with till.open() as plugin:
        evaluate(plugin, line(1500))
        evaluate(plugin, line(1500), sale_id="S2")
        plugin.sales.complete("S1", {})
        plugin.sales.complete("S2", {})
        assert has(plugin) == 0
    assert sale_event(till)["rewards"][0]["missing"] == 1500


def test_without_a_customer_or_without_a_catalogue_nothing_is_taken(till: TillBuilder) -> None:
    with till.open() as plugin:
        assert rejected(evaluate(plugin, line(500), customer=None)) == "reward_needs_customer"
        assert rejected(evaluate(plugin, line(500), codes=[{"code": "reward:X"}])) == (
            "reward_unknown"
        )
        till.reward("BALLON", 100)
        assert rejected(evaluate(plugin, line(500), codes=[{"code": "reward:BALLON"}])) == (
            "reward_not_here"
        )


@pytest.mark.capability("B3")
def test_reward_lines_never_earn(till: TillBuilder) -> None:
    till.rules(
        points(),
        {
            "id": "STUECK",
            "layer": "earn",
            "offer": {"kind": "earn_fixed", "account": "points", "points": 7, "per": "unit"},
        },
    )
    with till.open() as plugin:
        found = evaluate(plugin, line(1000), line(2000, "2", tags=[REWARD]), codes=[])
        assert [one.amount for one in found.earned] == [10 + 7]
        without = evaluate(plugin, line(1000), line(2000, "2"), codes=[])
        assert [one.amount for one in without.earned] == [30 + 14]


@pytest.mark.capability("B2", "B5")
def test_two_offline_tills_stay_within_their_caps(tmp_path: Path) -> None:
    """The same balance at two tills: what is lost is at most one cap a till."""
    lost = 0
    for number in (1, 2):
        one = TillBuilder(tmp_path / f"till-{number}")
        text = one.config_path.read_text(encoding="utf-8")
        caps = '[head_office]\nurl = "http://127.0.0.1:9"\n[offline]\ncustomer_minor = 1000\n'
        one.config_path.write_text(text + caps, encoding="utf-8")
        one.rules(points())
        one.program("points")
        one.reward("EURO", 100, "discount", value_minor=100)
        one.customer("K1", card=card_number(1))
        one.balance("K1", 1500)
        with one.open() as plugin:
            for sale_id in ("S1", "S2"):
                found = evaluate(plugin, line(5000), sale_id=sale_id)
                lost += 5000 - found.charge_minor
                plugin.sales.complete(sale_id, {})
    assert lost == 2000
