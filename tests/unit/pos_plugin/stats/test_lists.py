"""Lists of vouchers and of customers who stayed away."""

from __future__ import annotations

import datetime as dt
from contextlib import closing
from typing import TYPE_CHECKING, Any

import apsw
import pytest
from click.testing import CliRunner
from till_builder import NOON, TillBuilder, card_number
from vouchers_with_value import hand_out

from pos_plugin import Plugin, Receipt
from pos_plugin.cli import stammkunde
from pos_plugin.config import read_config
from pos_plugin.loyalty.voucher_code import voucher_hash
from pos_plugin.stats.visit_list import not_seen_since
from pos_plugin.stats.voucher_list import to_line, voucher_list

if TYPE_CHECKING:
    from pathlib import Path


def sell(plugin: Plugin, sale_id: str, customer: str, **more: Any) -> None:
    line = {"line_id": "1", "sku": "4711", "quantity_milli": 1000, "unit_price_minor": 5000}
    snapshot = {
        "sale_id": sale_id,
        "at": NOON.isoformat(),
        "customer": {"id": customer},
        "lines": [{**line, "vat_rate_bp": 1900}],
        **more,
    }
    plugin.sales.evaluate(snapshot)
    assert isinstance(plugin.sales.complete(sale_id, {}), Receipt)


def test_customers_made_at_the_till_are_among_those_who_stayed_away(tmp_path: Path) -> None:
    till = TillBuilder(tmp_path / "till")
    till.customer("K1")
    with till.open() as plugin:
        made = {}
        for name in ("Berta", "Clara"):
            answer = plugin.customers.create({"request_id": name, "name": name})
            assert isinstance(answer, Receipt)
            made[name] = answer.values["customer"]
        sell(plugin, "S1", made["Clara"])
    found = {
        one.name: one.last_on for one in not_seen_since(read_config(till.config_path), NOON.date())
    }
    # Clara was here today, so she is not listed; the control.
    assert found == {"Kundin K1": None, "Berta": None}
    tomorrow = NOON.date() + dt.timedelta(days=1)
    away = not_seen_since(read_config(till.config_path), tomorrow)
    assert {one.name: one.last_on for one in away}["Clara"] == NOON.date()


def test_who_was_here_by_a_card_nobody_knew_was_here(tmp_path: Path) -> None:
    till = TillBuilder(tmp_path / "till")
    with till.open() as plugin:
        sale = plugin.begin_sale("S1")
        sale.scan(card_number(9))
        sale.add_line(sku="4711", quantity_milli=1000, unit_price_minor=5000)
        sale.evaluate()
        assert isinstance(sale.complete(), Receipt)
        answer = plugin.customers.create({"request_id": "D", "name": "Dora"})
        assert isinstance(answer, Receipt)
        assigned = plugin.customers.assign_card(
            {"request_id": "A", "customer": answer.values["customer"], "code": card_number(9)}
        )
        assert isinstance(assigned, Receipt)
    assert not_seen_since(read_config(till.config_path), NOON.date()) == []


def test_the_redemption_listed_is_the_one_that_stands(tmp_path: Path) -> None:
    till = TillBuilder(tmp_path / "till")
    till.customer("K1")
    code = hand_out(till, "GIFT", 3000)
    with till.open() as plugin:
        for sale_id in ("S1", "S2"):
            sell(plugin, sale_id, "K1", codes=[{"code": code, "amount_minor": 1000}])
        config = read_config(till.config_path)

        def redeemed() -> str | None:
            (one,) = voucher_list(config)
            return one.redeemed.receipt if one.redeemed else None

        assert redeemed() == "S2"
        assert isinstance(plugin.sales.void("S2", {}), Receipt)
        assert redeemed() == "S1"
        assert isinstance(plugin.sales.void("S1", {}), Receipt)
        assert redeemed() is None
    (one,) = voucher_list(config)
    assert "ausgegeben" in to_line(one, language="de")
    assert "nicht gedruckt" in to_line(one, language="de")
    assert "not printed" in to_line(one, language="en")


def test_days_are_written_as_everywhere(tmp_path: Path) -> None:
    till = TillBuilder(tmp_path / "till")
    hand_out(till, "GIFT", 3000)
    for day in ("2026-03-07", "07.03.2026"):
        asked = ["stats", "vouchers", "--config", str(till.config_path), "--from", day]
        done = CliRunner().invoke(stammkunde, asked)
        assert (done.exit_code, done.output.count("GIFT")) == (0, 1), done.output


@pytest.mark.capability("V7")
def test_voucher_used_at_another_till_is_listed_as_used(tmp_path: Path) -> None:
    till = TillBuilder(tmp_path / "till")
    till.customer("K1")
    till.voucher_type()
    till.trigger(segment=None)
    with till.open() as plugin:
        sell(plugin, "S1", "K1")
    config = read_config(till.config_path)
    (mine,) = voucher_list(config)
    assert (mine.state, mine.is_used) == ("issued", False)
    with closing(apsw.Connection(str(till.data_dir / "journal.db"))) as journal:
        code_hash: Any = journal.execute("SELECT code_hash FROM voucher").get
    till.voucher(mine.id, code_hash, customer="K1", customer_bound=True, state="redeemed")
    (there,) = voucher_list(config)
    assert (there.state, there.is_used, there.redeemed) == ("redeemed", True, None)
    assert to_line(there, language="de").endswith("an anderer Kasse")
    known = {"redeemed_on": "2026-03-09", "redeemed_till": "4"}
    till.voucher(mine.id, code_hash, customer="K1", state="redeemed", **known)
    (told,) = voucher_list(config)
    assert told.redeemed is not None
    assert (told.redeemed.on, told.redeemed.till) == ("2026-03-09", "4")
    assert to_line(told, language="de").endswith("2026-03-09 Kasse 4 Kassierer - Bon -")


def test_of_redemptions_at_two_tills_the_later_one_is_listed(tmp_path: Path) -> None:
    till = TillBuilder(tmp_path / "till")
    till.customer("K1")
    code = hand_out(till, "GIFT", 3000)
    with till.open() as plugin:
        sell(plugin, "S1", "K1", codes=[{"code": code, "amount_minor": 1000}])
    config = read_config(till.config_path)
    (mine,) = voucher_list(config)
    for on, shown in (("2026-03-06", "3"), ("2026-03-09", "4")):
        till.voucher(
            mine.id,
            voucher_hash(code),
            type="GIFT",
            state="partly_redeemed",
            value_minor=3000,
            balance_minor=2500,
            redeemed_on=on,
            redeemed_till="4",
        )
        (one,) = voucher_list(config)
        assert one.redeemed is not None
        assert one.redeemed.till == shown
