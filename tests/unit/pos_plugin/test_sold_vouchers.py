"""Vouchers that are sold: planned, issued with their sale, taken back with it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from till_builder import TillBuilder, card_number, points, unit_discount
from vouchers_with_value import value_type

from pos_plugin import Plugin, Receipt, Refusal, Refused
from pos_plugin.errors import SaleError
from pos_plugin.loyalty.class_events import Reported, facts_of_events
from pos_plugin.loyalty.voucher_code import voucher_hash
from pos_plugin.storage.class_facts import facts
from pos_plugin.storage.connect import open_journal

if TYPE_CHECKING:
    from pathlib import Path

CARD = card_number(1)


@pytest.fixture
def till(tmp_path: Path) -> TillBuilder:
    till = TillBuilder(tmp_path / "till")
    till.rules(unit_discount("ZEHN", 1000), points())
    till.program()
    till.article("4711", 5000)
    till.customer("K1", card=CARD)
    value_type(till, "GIFT", 2500, legal_kind="gift_mpv", partial=True)
    value_type(till, "WERBUNG", 500)
    return till


def made(plugin: Plugin, **asked: Any) -> dict[str, Any]:
    answer = plugin.vouchers.sell({"voucher": "V1", "type": "GIFT", **asked})
    assert isinstance(answer, Receipt)
    return dict(answer.values)


def buy(plugin: Plugin, sale_id: str, line: dict[str, Any]) -> Receipt:
    sale = plugin.begin_sale(sale_id)
    sale.scan(CARD)
    sale.scan("4711")
    sale.add_line(**line)
    evaluation = sale.evaluate()
    assert evaluation.total_minor == 4500 + 2500  # the voucher is not discounted
    receipt = sale.complete()
    assert isinstance(receipt, Receipt)
    return receipt


def state(till: TillBuilder) -> list[tuple[str, int]]:
    journal = open_journal(till.data_dir)
    try:
        return [
            (str(row[0]), int(str(row[1])))
            for row in journal.execute("SELECT state, balance_minor FROM voucher")
        ]
    finally:
        journal.close()


def reasons(plugin: Plugin, sale_id: str, code: str) -> list[str]:
    sale = plugin.begin_sale(sale_id)
    sale.scan("4711")
    sale.scan(code)
    return [one.code.value for one in sale.evaluate().rejected.values()]


@pytest.mark.capability("G6")
def test_sold_voucher_counts_once_it_is_paid(till: TillBuilder) -> None:
    with till.open() as plugin:
        sold = made(plugin)
        assert sold["gv_typ"] == "MehrzweckgutscheinKauf"
        assert sold["valid_to_on"] == "2026-04-06"
        assert made(plugin) == sold  # the same request again
        assert reasons(plugin, "before", sold["code"]) == ["voucher_unknown"]
        receipt = buy(plugin, "S1", sold["line"])
        assert [one["code"] for one in receipt.vouchers] == [sold["code"]]
        assert receipt.values["earned"] == [{"account": "points", "amount": 45}]
        assert len(receipt.print_jobs) == 1
        assert reasons(plugin, "after", sold["code"]) == []
    assert state(till) == [("issued", 2500)]


@pytest.mark.capability("B1")
def test_money_for_vouchers_and_deposits_is_no_turnover(till: TillBuilder) -> None:
    with till.open() as plugin:
        sale = plugin.begin_sale("S1")
        sale.scan(CARD)
        sale.scan("4711")
        sale.add_line(**made(plugin)["line"])
        sale.add_line(
            sku="PFAND", quantity_milli=1000, unit_price_minor=25, vat_rate_bp=1900,
            tags=["deposit"], discountable=False,
        )  # fmt: skip
        sale.evaluate()
        receipt = sale.complete()
        assert isinstance(receipt, Receipt)
        assert receipt.total_minor == 4500 + 2500 + 25
        assert receipt.values["earned"] == [{"account": "points", "amount": 45}]
        assert turnovers(till) == [4500]
        for line_id in ("2", "3", "1"):
            line = {"line_id": line_id, "quantity_milli": 1000}
            request = {"return_id": f"R{line_id}", "lines": [line]}
            assert isinstance(plugin.sales.return_items("S1", request), Receipt)
    assert turnovers(till) == [4500, 0, 0, -4500]


def turnovers(till: TillBuilder) -> list[int]:
    """What classes count, held to what the counters and the events of the receipts say."""
    journal = open_journal(till.data_dir)
    try:
        counted = [fact.turnover_minor for fact in facts(journal)]
        rows = journal.execute("SELECT line FROM event ORDER BY seq").fetchall()
        events = [json.loads(bytes(line)) for (line,) in rows]  # type: ignore[arg-type]
        told = [
            Reported(one["kind"], one["body"])
            for one in events
            if one["kind"] in ("sale_completed", "items_returned")
        ]
        assert [fact.turnover_minor for fact in facts_of_events(told)] == counted
        counter = journal.execute(
            "SELECT sum(delta) FROM own_entry WHERE key LIKE 'history:revenue_minor_365d:%'"
        ).get
        assert counter == sum(counted)
        return counted
    finally:
        journal.close()


@pytest.mark.capability("G6")
def test_voided_sale_deactivates_the_voucher(till: TillBuilder) -> None:
    with till.open() as plugin:
        sold = made(plugin)
        buy(plugin, "S1", sold["line"])
        plugin.sales.void("S1", {})
        assert reasons(plugin, "after", sold["code"]) == ["voucher_blocked"]
    assert state(till) == [("cancelled", 2500)]


@pytest.mark.capability("G6")
def test_the_line_that_sold_it_comes_back_with_the_voucher(till: TillBuilder) -> None:
    with till.open() as plugin:
        sold = made(plugin)
        buy(plugin, "S1", sold["line"])
        line = {"line_id": "2", "quantity_milli": 1000}
        back = plugin.sales.return_items("S1", {"return_id": "R1", "lines": [line]})
        assert isinstance(back, Receipt)
        assert back.values["refund_minor"] == 2500
        assert reasons(plugin, "after", sold["code"]) == ["voucher_blocked"]
    assert state(till) == [("cancelled", 2500)]


@pytest.mark.capability("G6")
def test_what_was_spent_of_it_is_not_paid_out_with_its_line(till: TillBuilder) -> None:
    with till.open() as plugin:
        sold = made(plugin)
        buy(plugin, "S1", sold["line"])
        sale = plugin.begin_sale("S2")
        sale.scan("4711")
        sale.scan(sold["code"])
        sale.evaluate()
        assert isinstance(sale.complete(), Receipt)
        line = {"line_id": "2", "quantity_milli": 1000}
        back = plugin.sales.return_items("S1", {"return_id": "R1", "lines": [line]})
        assert isinstance(back, Receipt)
        given_minor = back.values["refund_minor"] - back.values["deducted_minor"]
    assert given_minor == 0
    assert state(till) == [("redeemed", 0)]


@pytest.mark.capability("G6")
@pytest.mark.parametrize(("left_minor", "given_minor"), [(2500, 2500), (1000, 1000), (0, 0)])
def test_what_another_till_took_of_it_is_not_paid_out_with_its_line(
    till: TillBuilder, left_minor: int, given_minor: int
) -> None:
    """Nobody's card was scanned: it is known by its code alone."""
    with till.open() as plugin:
        sold = made(plugin)
        sale = plugin.begin_sale("S1")
        sale.scan("4711")
        sale.add_line(**sold["line"])
        sale.evaluate()
        assert isinstance(sale.complete(), Receipt)
        states = {2500: "issued", 1000: "partly_redeemed", 0: "redeemed"}
        till.voucher(
            sold["voucher_id"],
            voucher_hash(sold["code"]),
            type="GIFT",
            legal_kind="gift_mpv",
            state=states[left_minor],
            value_minor=2500,
            balance_minor=left_minor,
            uses=int(left_minor < 2500),
        )
        line = {"line_id": "2", "quantity_milli": 1000}
        back = plugin.sales.return_items("S1", {"return_id": "R1", "lines": [line]})
        assert isinstance(back, Receipt)
        assert back.values["refund_minor"] - back.values["deducted_minor"] == given_minor
        assert reasons(plugin, "after", sold["code"]) != []


@pytest.mark.capability("G6")
def test_blocked_voucher_is_refused_until_it_is_let_go(till: TillBuilder) -> None:
    with till.open() as plugin:
        code = made(plugin, paid=True)["code"]
        asked = {"request_id": "B1", "code": code, "reason": "verloren"}
        assert isinstance(plugin.vouchers.block(asked), Receipt)
        assert reasons(plugin, "blocked", code) == ["voucher_blocked"]
        assert isinstance(plugin.vouchers.block(asked), Receipt)  # the same request again
        again = plugin.vouchers.block({**asked, "request_id": "B2"})
        assert again == Refused(Refusal.VOUCHER_NOT_NOW)
        assert isinstance(plugin.vouchers.unblock(asked), Receipt)
        assert reasons(plugin, "free", code) == []
    assert state(till) == [("issued", 2500)]


def test_what_is_given_away_is_not_sold(till: TillBuilder) -> None:
    with till.open() as plugin:
        answer = plugin.vouchers.sell({"voucher": "V1", "type": "WERBUNG"})
    assert answer == Refused(Refusal.VOUCHER_NOT_SELLABLE, {"type": "WERBUNG"})


@pytest.mark.parametrize(
    ("ids", "code"),
    [
        (["A", "A"], "duplicate_id"),
        (["A", ""], "out_of_range"),
        (["A", "B" * 201], "limit"),
        (["A", "\ud800"], "out_of_range"),
        (["A", 1], "wrong_type"),
    ],
)
def test_line_sells_one_voucher_and_names_it(
    till: TillBuilder, ids: list[object], code: str
) -> None:
    lines = [
        {
            "line_id": str(number),
            "sku": "4711",
            "quantity_milli": 1000,
            "unit_price_minor": 5000,
            "voucher": one,
        }
        for number, one in enumerate(ids)
    ]
    with till.open() as plugin, pytest.raises(SaleError) as refused:
        plugin.sales.evaluate({"sale_id": "S1", "at": "2026-03-07T12:00:00+01:00", "lines": lines})
    assert (refused.value.code, refused.value.where) == (code, "sale.lines[1].voucher")


@pytest.mark.capability("G6")
def test_blocked_voucher_whose_money_went_back_is_not_let_go(till: TillBuilder) -> None:
    with till.open() as plugin:
        sold = made(plugin)
        buy(plugin, "S1", sold["line"])
        asked = {"request_id": "B1", "code": sold["code"]}
        assert isinstance(plugin.vouchers.block(asked), Receipt)
        assert isinstance(plugin.sales.void("S1", {}), Receipt)
        assert plugin.vouchers.unblock(asked) == Refused(Refusal.VOUCHER_NOT_NOW)
        assert reasons(plugin, "after", sold["code"]) == ["voucher_blocked"]
    assert state(till) == [("cancelled", 2500)]


@pytest.mark.parametrize(("field", "value"), [("unit_price_minor", 500), ("quantity_milli", 2000)])
def test_line_of_another_price_or_number_sells_no_voucher(
    till: TillBuilder, field: str, value: int
) -> None:
    with till.open() as plugin:
        sold = made(plugin)
        line = {"line_id": "1", **sold["line"], field: value}
        snapshot = {"sale_id": "S1", "at": till.clock.now().isoformat(), "lines": [line]}
        with pytest.raises(SaleError) as refused:
            plugin.sales.evaluate(snapshot)
        assert refused.value.where == f"sale.lines[0].{field}"
        # Handed in when it was charged already it is booked: no receipt is refused.
        receipt = plugin.sales.complete("S1", {}, snapshot=snapshot)
        assert isinstance(receipt, Receipt)
        assert receipt.vouchers == []
        assert "voucher_not_sold" in [one.get("code") for one in receipt.values["effects"]]
        assert state(till) == [("planned", 2500)]
        # The control: the line as it was given.
        assert len(buy(plugin, "S2", sold["line"]).vouchers) == 1
    assert state(till) == [("issued", 2500)]


def test_voucher_in_two_open_sales_is_sold_once(till: TillBuilder) -> None:
    with till.open() as plugin:
        sold = made(plugin)
        sales = [plugin.begin_sale(sale_id) for sale_id in ("S1", "S2")]
        for sale in sales:
            sale.add_line(**sold["line"])
            assert sale.evaluate().notices == ()
        first, second = (sale.complete() for sale in sales)
        assert isinstance(first, Receipt)
        assert isinstance(second, Receipt)
        assert (len(first.vouchers), len(second.vouchers)) == (1, 0)
        assert [one["code"] for one in second.values["effects"]] == ["voucher_not_sold"]
        # Its line comes back as paid; the voucher of the other sale stays.
        line = {"line_id": "1", "quantity_milli": 1000}
        back = plugin.sales.return_items("S2", {"return_id": "R1", "lines": [line]})
        assert isinstance(back, Receipt)
        assert back.values["refund_minor"] == 2500
    assert state(till) == [("issued", 2500)]


def test_voucher_that_was_cancelled_is_not_sold_again(till: TillBuilder) -> None:
    with till.open() as plugin:
        sold = made(plugin)
        buy(plugin, "S1", sold["line"])
        plugin.sales.void("S1", {})
        assert made(plugin) == sold  # the same request, the same answer
        sale = plugin.begin_sale("S2")
        sale.add_line(**sold["line"])
        assert [one.code.value for one in sale.evaluate().notices] == ["voucher_not_sold"]
        # Another voucher is another request.
        again = made(plugin, voucher="V2")
        assert len(buy(plugin, "S3", again["line"]).vouchers) == 1


@pytest.mark.capability("G6")
def test_voucher_goes_with_the_first_part_of_its_line_that_comes_back(till: TillBuilder) -> None:
    with till.open() as plugin:
        sold = made(plugin)
        buy(plugin, "S1", sold["line"])
        [line_id] = _line_of_the_voucher(till)
        part = {"return_id": "R1", "lines": [{"line_id": line_id, "quantity_milli": 999}]}
        assert isinstance(plugin.sales.return_items("S1", part), Receipt)
        assert reasons(plugin, "after", sold["code"]) == ["voucher_blocked"]


def _line_of_the_voucher(till: TillBuilder) -> list[str]:
    journal = open_journal(till.data_dir)
    try:
        return [str(line) for (line,) in journal.execute("SELECT sold_line FROM voucher")]
    finally:
        journal.close()
