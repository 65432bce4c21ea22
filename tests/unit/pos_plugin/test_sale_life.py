"""The life of a sale by its id: answered late, trained, voided, returned, asked for again."""

from __future__ import annotations

import json
import sys
import threading
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from held_plugin import held
from till_builder import TillBuilder, card_number, points, unit_discount, voucher_promotion

from pos_plugin import Evaluation, Plugin, Receipt, Refused
from pos_plugin.answers import SaleAnswer
from pos_plugin.errors import SaleError
from pos_plugin.storage import journal_lookup
from pos_plugin.storage.connect import open_journal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CARD = card_number(1)


@pytest.fixture
def till(tmp_path: Path) -> TillBuilder:
    till = TillBuilder(tmp_path / "till")
    till.rules(unit_discount("ZEHN", 1000), voucher_promotion(), points())
    till.article("4711", 7999)
    till.program()
    till.voucher_type()
    till.trigger()
    till.customer("K1", card=CARD, segments=["abc:C"])
    return till


@pytest.fixture
def plugin(till: TillBuilder) -> Iterator[Plugin]:
    with till.open() as plugin:
        yield plugin


def known(plugin: Plugin) -> dict[str, Any]:
    customer: dict[str, Any] = plugin.scan(CARD).to_dict()["customer"]
    return customer


def basket(sale_id: str = "S1", pieces: int = 1, **facts: Any) -> dict[str, Any]:
    return {
        "sale_id": sale_id,
        "at": "2026-03-07T12:00:00+01:00",
        "lines": [
            {
                "line_id": "1",
                "sku": "4711",
                "quantity_milli": pieces * 1000,
                "unit_price_minor": 1000,
            },
            {"line_id": "2", "sku": "4712", "quantity_milli": 1000, "unit_price_minor": 3000},
        ],
        **facts,
    }


def sold(plugin: Plugin, sale_id: str = "S1", **facts: Any) -> Receipt:
    facts.setdefault("customer", known(plugin))
    evaluated(plugin, basket(sale_id, **facts))
    receipt = plugin.sales.complete(sale_id, {})
    assert isinstance(receipt, Receipt)
    return receipt


def evaluated(plugin: Plugin, value: dict[str, Any]) -> Evaluation:
    answer = plugin.sales.evaluate(value)
    assert isinstance(answer, Evaluation)
    return answer


def code(answer: object) -> str:
    assert isinstance(answer, Refused), answer
    return answer.code.value


def done(answer: object) -> dict[str, Any]:
    assert isinstance(answer, Receipt), answer
    return answer.to_dict()


def answered(plugin: Plugin, sale_id: str) -> dict[str, Any]:
    answer = plugin.sales.answer(sale_id)
    assert isinstance(answer, SaleAnswer)
    return answer.to_dict()


def balance(plugin: Plugin) -> int:
    panel = plugin.scan(CARD).to_dict()["panel"]
    return sum(one["value"] for one in panel["balances"])


def events(plugin: Plugin, kind: str) -> int:
    with plugin._till.journal.reading() as journal:
        count: Any = journal.execute("SELECT count(*) FROM event WHERE kind = ?", (kind,)).get
    return int(count)


def test_what_was_said_of_a_sale_can_be_asked_for(plugin: Plugin) -> None:
    assert code(plugin.sales.answer("S1")) == "sale_unknown"
    first = evaluated(plugin, basket())
    assert answered(plugin, "S1")["state"] == "open"
    assert answered(plugin, "S1")["evaluation"] == first.to_dict()
    assert plugin.sales.suspend(basket()) is None
    assert answered(plugin, "S1")["state"] == "suspended"
    plugin.sales.recall("S1")
    receipt = sold(plugin)
    assert answered(plugin, "S1")["state"] == "completed"
    assert answered(plugin, "S1")["receipt"] == receipt.to_dict()


def test_a_completed_sale_is_not_evaluated_again(plugin: Plugin) -> None:
    sold(plugin)
    assert code(plugin.sales.evaluate(basket())) == "conflict"
    assert code(plugin.sales.suspend(basket())) == "conflict"
    assert code(plugin.sales.cancel("S1")) == "conflict"


def test_an_answer_that_takes_too_long_is_the_list_price_and_is_fetched_later(
    tmp_path: Path,
) -> None:
    till = TillBuilder(tmp_path / "till", budget_ms=50)
    till.rules(unit_discount("ZEHN", 1000), points())
    till.program()
    till.customer("K1", card=CARD)
    with till.open() as plugin:
        customer = {"id": "K1"}
        with held(plugin):
            late = evaluated(plugin, basket(customer=customer))
            assert late.late
            assert late.total_minor == 4000
            assert [one["code"] for one in late.effects()] == ["late"]
            assert code(plugin.scan(CARD)) == "late"
            assert code(plugin.sales.answer("S1")) == "late"
        patient = plugin.sales._till.config.budget_ms
        assert patient.evaluate == 50
        in_time = answered_in_time(plugin, "S1")
        assert in_time["evaluation"]["total_minor"] == 3600


def answered_in_time(plugin: Plugin, sale_id: str) -> dict[str, Any]:
    for _ in range(200):
        answer = plugin.sales.answer(sale_id)
        if isinstance(answer, SaleAnswer):
            return answer.to_dict()
    raise AssertionError(answer)


def test_charged_by_the_late_answer_uses_nothing_and_earns(till: TillBuilder) -> None:
    till.budget_ms = 30_000
    with till.open() as plugin:
        late = plugin._till.late(basket(customer=known(plugin), codes=[]))
        evaluated(plugin, basket(customer=known(plugin)))  # the answer that came too late
        body = {"evaluation_id": late.evaluation_id, "total_minor": late.total_minor}
        receipt = done(plugin.sales.complete("S1", body))
        assert receipt["late"]
        assert receipt["total_minor"] == 4000
        assert receipt["earned"] == [{"account": "points", "amount": 40}]
        assert not receipt["charged_differs"]
        with plugin._till.journal.reading() as journal:
            assert journal.execute("SELECT count(*) FROM promotion_result").get == 0


def test_a_receipt_handed_in_late_redeems_nothing_and_earns(plugin: Plugin) -> None:
    first = sold(plugin, "S1")
    (voucher,) = first.vouchers
    value = basket("S2", customer=known(plugin), codes=[{"code": voucher["code"]}])
    before = balance(plugin)
    receipt = done(plugin.sales.complete("S2", {"late": True, "total_minor": 4000}, snapshot=value))
    assert receipt["late"]
    assert balance(plugin) == before + 40
    with plugin._till.journal.reading() as journal:
        assert journal_lookup.open_vouchers(journal, "K1", on="2026-03-07")
    again = plugin.sales.complete("S2", {"late": True, "total_minor": 4000}, snapshot=value)
    assert done(again) == receipt
    assert code(plugin.sales.complete("S2", {"late": True}, snapshot=value)) == "conflict"


def test_what_was_charged_late_is_booked_even_when_it_is_not_the_list_price(
    plugin: Plugin,
) -> None:
    value = basket(customer=known(plugin))
    receipt = done(plugin.sales.complete("S1", {"late": True, "total_minor": 2000}, snapshot=value))
    assert receipt["total_minor"] == 2000
    assert receipt["earned"] == [{"account": "points", "amount": 20}]
    assert receipt["charged_differs"]


def test_the_same_sale_in_time_would_have_used_its_promotion(plugin: Plugin) -> None:
    """Negative control: without ``late`` the discount and the voucher are used."""
    receipt = sold(plugin).to_dict()
    assert not receipt["late"]
    assert receipt["total_minor"] == 3600
    with plugin._till.journal.reading() as journal:
        assert journal.execute("SELECT count(*) FROM promotion_result").get == 2


def test_a_late_receipt_without_its_sale_is_asked_for(plugin: Plugin) -> None:
    assert code(plugin.sales.complete("S1", {"late": True})) == "sale_unknown"


def test_training_books_nothing_and_answers_alike(plugin: Plugin) -> None:
    before = balance(plugin)
    evaluated(plugin, basket(customer=known(plugin), training=True))
    receipt = done(plugin.sales.complete("S1", {"total_minor": 3600}))
    assert receipt["training"]
    assert receipt["total_minor"] == 3600
    assert done(plugin.sales.complete("S1", {"total_minor": 3600})) == receipt
    assert code(plugin.sales.complete("S1", {"total_minor": 1})) == "conflict"
    assert balance(plugin) == before
    with plugin._till.journal.reading() as journal:
        for table in ("event", "receipt", "ledger_entry", "own_entry", "voucher"):
            assert journal.execute(f"SELECT count(*) FROM {table}").get == 0, table  # noqa: S608
        document = journal.execute("SELECT document FROM print_job").get
    assert json.loads(str(document))["training"]
    assert "SKTEST" in str(document)


def test_the_same_sale_without_training_books(plugin: Plugin) -> None:
    """Negative control."""
    sold(plugin)
    assert events(plugin, "sale_completed") == 1


def test_a_training_code_is_no_voucher(plugin: Plugin) -> None:
    answer = evaluated(plugin, basket(codes=[{"code": "SKTEST00000000000"}]))
    assert list(answer.rejected)


def test_a_void_takes_everything_back(plugin: Plugin) -> None:
    first = sold(plugin, "S0")
    (voucher,) = first.vouchers
    before = balance(plugin)
    receipt = sold(plugin, "S1", codes=[{"code": voucher["code"]}])
    assert balance(plugin) == before + 31
    (issued,) = receipt.vouchers  # the first was used, so the sale gave another one
    answer = done(plugin.sales.void("S1", {"reason": "Fehlbon", "cashier": "17"}))
    assert answer["total_minor"] == 3100
    assert answer["reversed"] == [{"account": "points", "amount": 31}]
    assert {one["code"] for one in answer["effects"]} == {
        "voucher_rolled_back",
        "voucher_cancelled",
    }
    assert balance(plugin) == before
    again = evaluated(
        plugin, basket("S2", customer=known(plugin), codes=[{"code": voucher["code"]}])
    )
    assert again.total_minor == 3100
    refused = evaluated(
        plugin, basket("S3", customer=known(plugin), codes=[{"code": issued["code"]}])
    )
    assert list(refused.rejected) == [issued["code"]]
    assert answered(plugin, "S1")["state"] == "voided"
    assert answered(plugin, "S1")["void"] == answer


def test_paper_of_a_cancelled_voucher_is_not_printed_any_more(plugin: Plugin) -> None:
    (job,) = sold(plugin).print_jobs  # this till has no printer: the job waits
    assert printed(plugin, job) == "QUEUED"
    plugin.sales.void("S1", {})
    assert printed(plugin, job) == "CANCELLED"


def printed(plugin: Plugin, job: str) -> str:
    found = plugin.prints.job(job)
    assert found is not None
    return str(found["state"])


def test_a_void_counts_once(plugin: Plugin) -> None:
    sold(plugin)
    answer = done(plugin.sales.void("S1", {}))
    assert done(plugin.sales.void("S1", {})) == answer
    assert code(plugin.sales.void("S1", {"reason": "anders"})) == "conflict"
    assert events(plugin, "sale_voided") == 1
    assert balance(plugin) == 0


def test_a_void_leaves_the_counters_as_if_nothing_had_been(plugin: Plugin) -> None:
    before = known(plugin)
    sold(plugin)
    assert known(plugin)["uses"] == {"BASIS": 1, "ZEHN": 1}
    plugin.sales.void("S1", {})
    after = known(plugin)
    assert set(after["uses"].values()) <= {0}
    assert after["history"]["receipts_365d"] == before["history"].get("receipts_365d", 0)
    assert after["history"]["revenue_minor_365d"] == 0


def test_an_unknown_sale_cannot_be_voided(plugin: Plugin) -> None:
    assert code(plugin.sales.void("S1", {})) == "sale_unknown"
    evaluated(plugin, basket())
    assert code(plugin.sales.void("S1", {})) == "sale_unknown"


def test_a_voided_sale_gives_no_goods_back(plugin: Plugin) -> None:
    sold(plugin)
    plugin.sales.void("S1", {})
    assert code(plugin.sales.return_items("S1", returned("R1"))) == "sale_voided"


def returned(return_id: str, **pieces: int) -> dict[str, Any]:
    lines = pieces or {"1": 1}
    return {
        "return_id": return_id,
        "lines": [
            {"line_id": line_id.removeprefix("l"), "quantity_milli": count * 1000}
            for line_id, count in lines.items()
        ],
    }


def test_goods_come_back_as_paid_and_points_in_proportion(plugin: Plugin) -> None:
    sold(plugin, pieces=3)  # 3 x 9.00 and 27.00: 54 points
    first = done(plugin.sales.return_items("S1", returned("R1", l1=1)))
    assert first["refund_minor"] == 900
    assert first["reversed"] == [{"account": "points", "amount": 9}]
    assert balance(plugin) == 45
    rest = done(plugin.sales.return_items("S1", returned("R2", l1=2, l2=1)))
    assert rest["refund_minor"] == 4500
    assert balance(plugin) == 0
    assert answered(plugin, "S1")["returns"] == [first, rest]


def test_no_unit_comes_back_twice(plugin: Plugin) -> None:
    sold(plugin, pieces=2)
    plugin.sales.return_items("S1", returned("R1", l1=2))
    assert code(plugin.sales.return_items("S1", returned("R2", l1=1))) == "not_returnable"
    assert code(plugin.sales.return_items("S1", returned("R3", l9=1))) == "not_returnable"
    assert events(plugin, "items_returned") == 1


def test_a_return_counts_once(plugin: Plugin) -> None:
    sold(plugin, pieces=2)
    answer = done(plugin.sales.return_items("S1", returned("R1")))
    assert done(plugin.sales.return_items("S1", returned("R1"))) == answer
    assert code(plugin.sales.return_items("S1", returned("R1", l2=1))) == "conflict"
    assert events(plugin, "items_returned") == 1


def test_all_goods_back_restore_what_was_before(plugin: Plugin) -> None:
    (voucher,) = sold(plugin, "S0").vouchers
    points_before, facts_before = balance(plugin), known(plugin)
    sold(plugin, "S1", codes=[{"code": voucher["code"]}])
    partly = done(plugin.sales.return_items("S1", returned("R1", l1=1)))
    assert partly["effects"] == []  # a partial return keeps its share of the voucher used
    whole = done(plugin.sales.return_items("S1", returned("R2", l2=1)))
    assert {one["code"] for one in whole["effects"]} == {
        "voucher_rolled_back",
        "voucher_cancelled",
    }
    assert partly["refund_minor"] + whole["refund_minor"] == 3100
    assert balance(plugin) == points_before
    facts = known(plugin)
    assert facts["history"] == facts_before["history"]
    assert {name: count for name, count in facts["uses"].items() if count} == facts_before["uses"]


def test_what_the_host_gave_back_is_the_fact(plugin: Plugin) -> None:
    sold(plugin)
    request = returned("R1")
    request["lines"][0]["refund_minor"] = 5000
    answer = done(plugin.sales.return_items("S1", request))
    assert answer["refund_minor"] == 5000
    with plugin._till.journal.reading() as journal:
        line = journal.execute("SELECT line FROM event WHERE kind = 'items_returned'").get
    assert "refund_above_paid" in bytes(line).decode()  # type: ignore[arg-type]


def test_a_void_after_a_return_is_refused(plugin: Plugin) -> None:
    sold(plugin)
    plugin.sales.return_items("S1", returned("R1"))
    assert code(plugin.sales.void("S1", {})) == "items_returned"


def test_goods_of_another_till_need_the_hosts_refund(plugin: Plugin) -> None:
    assert code(plugin.sales.return_items("X", returned("R1"))) == "sale_unknown"
    request = returned("R2")
    request["lines"][0]["refund_minor"] = 800
    answer = done(plugin.sales.return_items("X", request))
    assert answer["pending"]
    assert answer["refund_minor"] == 800


def test_goods_of_another_till_that_come_back_again_are_told_to_head_office(
    plugin: Plugin, till: TillBuilder
) -> None:
    line = {"line_id": "1", "quantity_milli": 1000, "refund_minor": 900}
    for number in (1, 2):
        back = plugin.sales.return_items("ELSEWHERE", {"return_id": f"R{number}", "lines": [line]})
        assert isinstance(back, Receipt)
    with closing(open_journal(till.data_dir)) as journal:
        rows: Any = journal.execute(
            "SELECT line FROM event WHERE kind = 'items_returned' ORDER BY seq"
        )
        told = [json.loads(event)["body"]["exceptions"] for (event,) in rows]
    assert told == [[], [{"line_id": "1", "reason": "line_returned_before"}]]


@pytest.mark.parametrize(
    ("request_", "where"),
    [
        ({"return_id": "R", "lines": []}, "return.lines"),
        ({"lines": [{"line_id": "1", "quantity_milli": 1000}]}, "return.return_id"),
        (
            {"return_id": "R", "lines": [{"line_id": "1", "quantity_milli": 0}]},
            "return.lines[0].quantity_milli",
        ),
        (
            {"return_id": "R", "lines": [{"line_id": "1", "quantity_milli": 1000}] * 2},
            "return.lines[1].line_id",
        ),
    ],
)
def test_a_return_that_is_none_names_its_place(
    plugin: Plugin, request_: dict[str, Any], where: str
) -> None:
    with pytest.raises(SaleError) as refused:
        plugin.sales.return_items("S1", request_)
    assert refused.value.where == where


def test_the_hosts_discount_stands_on_the_receipt(plugin: Plugin) -> None:
    value = basket()
    value["lines"][0]["host_discount_minor"] = 100
    assert evaluated(plugin, value).total_minor == 810 + 2700
    receipt = done(plugin.sales.complete("S1", {}))
    assert (receipt["gross_minor"], receipt["discount_minor"]) == (4000, 490)
    assert not receipt["charged_differs"]
    with plugin._till.journal.reading() as journal:
        row = journal.execute(
            "SELECT gross_minor, host_discount_minor, discount_minor, paid_minor, "
            "host_difference_minor FROM receipt_line WHERE position = 0"
        ).fetchone()
    assert row == (1000, 100, 190, 810, 0)


def test_a_basket_handed_in_with_its_completion_is_the_one_that_is_booked(plugin: Plugin) -> None:
    """The till had no answer to its last line: it charged what it handed in."""
    evaluated(plugin, basket())
    grown = basket()
    grown["lines"].append(
        {"line_id": "3", "sku": "4712", "quantity_milli": 1000, "unit_price_minor": 500}
    )
    charged = {"lines": [{"line_id": "3", "paid_minor": 500}], "total_minor": 4100}
    receipt = done(plugin.sales.complete("S1", charged, snapshot=grown))
    assert receipt["total_minor"] == 4100
    with plugin._till.journal.reading() as journal:
        lines: Any = journal.execute("SELECT line_id, paid_minor FROM receipt_line ORDER BY 1")
        assert dict(lines.fetchall()) == {"1": 900, "2": 2700, "3": 500}


def test_the_same_basket_handed_in_again_is_not_evaluated_again(plugin: Plugin) -> None:
    """Negative control: a voucher that another sale used meanwhile stays charged, and is noted."""
    (voucher,) = sold(plugin, "S0").vouchers
    value = basket("S1", customer=known(plugin), codes=[{"code": voucher["code"]}])
    assert evaluated(plugin, value).total_minor == 3100
    sold(plugin, "S2", codes=[{"code": voucher["code"]}])
    assert done(plugin.sales.complete("S1", {}, snapshot=value))["total_minor"] == 3100


def test_goods_that_came_back_before_their_late_receipt_do_not_come_back_again(
    plugin: Plugin,
) -> None:
    early = returned("R1", l1=1)
    early["lines"][0]["refund_minor"] = 1000
    first = done(plugin.sales.return_items("S1", early))
    assert first["pending"]
    value = basket(customer=known(plugin))
    done(plugin.sales.complete("S1", {"late": True}, snapshot=value))
    assert code(plugin.sales.return_items("S1", returned("R2", l1=1))) == "not_returnable"
    assert code(plugin.sales.void("S1", {})) == "items_returned"
    rest = done(plugin.sales.return_items("S1", returned("R3", l2=1)))
    assert rest["refund_minor"] == 3000
    assert balance(plugin) == 0
    assert answered(plugin, "S1")["returns"] == [first, rest]


def test_a_sale_of_another_till_with_the_same_id_takes_nothing_from_ours(plugin: Plugin) -> None:
    """Negative control: this receipt was in time, so what came back before was not of it."""
    other = returned("R1", l1=1)
    other["lines"][0]["refund_minor"] = 1000
    plugin.sales.return_items("S1", other)
    sold(plugin)
    assert done(plugin.sales.return_items("S1", returned("R2", l1=1)))["refund_minor"] == 900


def test_goods_of_a_training_sale_do_not_come_back(plugin: Plugin) -> None:
    evaluated(plugin, basket(training=True))
    done(plugin.sales.complete("S1", {}))
    request = returned("R1", l1=1)
    request["lines"][0]["refund_minor"] = 900
    assert code(plugin.sales.return_items("S1", request)) == "sale_unknown"
    assert events(plugin, "items_returned") == 0


def test_a_refund_above_the_price_says_nothing_of_vouchers(plugin: Plugin) -> None:
    sold(plugin)
    request = returned("R1", l1=1)
    request["lines"][0]["refund_minor"] = 5000
    assert done(plugin.sales.return_items("S1", request))["effects"] == []


@pytest.mark.parametrize(
    "sale_id", [10**5000, [[]], None, "\ud800"], ids=("huge", "list", "none", "half")
)
def test_an_id_that_is_none_is_named(plugin: Plugin, sale_id: object) -> None:
    with pytest.raises(SaleError) as refused:
        plugin.sales.evaluate({**basket(), "sale_id": sale_id})
    assert refused.value.where == "sale.sale_id"


@pytest.mark.parametrize("more", [{"late": True}, {}], ids=("late", "in time"))
def test_a_broken_cache_costs_no_receipt_that_is_handed_in(
    till: TillBuilder, more: dict[str, Any]
) -> None:
    for path in till.data_dir.glob("cache-*.db"):
        path.write_bytes(b"no database" * 1000)
    with till.open() as plugin:
        body = {"total_minor": 4000, **more}
        value = basket(customer={"id": "K1"})
        receipt = done(plugin.sales.complete("S1", body, snapshot=value))
        assert receipt["total_minor"] == 4000
        assert receipt["earned"] == []
        assert done(plugin.sales.complete("S1", body, snapshot=value)) == receipt
        assert events(plugin, "sale_completed") == 1


def test_many_are_told_late_at_once_and_none_gets_a_fault(
    plugin: Plugin,
) -> None:
    till = plugin._till
    faults: list[Exception] = []

    def ask(first: int) -> None:
        try:
            for number in range(first, first + 300):
                till.late(basket(f"S{number}"))
                till.forget(f"S{number - 1}" if number % 3 == 0 else "")
        except Exception as fault:  # noqa: BLE001 - told to the test
            faults.append(fault)

    before_s = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        askers = [threading.Thread(target=ask, args=(1000 * one,)) for one in range(8)]
        for asker in askers:
            asker.start()
        for asker in askers:
            asker.join(60)
    finally:
        sys.setswitchinterval(before_s)
    assert faults == []


def test_a_late_answer_of_a_process_that_has_ended_is_still_the_list_price(
    till: TillBuilder,
) -> None:
    value = basket(customer={"id": "K1"})
    with till.open() as plugin:
        late = plugin._till.late(value)
    with till.open() as plugin:
        body = {"evaluation_id": late.evaluation_id, "total_minor": late.total_minor}
        receipt = done(plugin.sales.complete("S1", body, snapshot=value))
        assert receipt["late"]
        assert receipt["discount_minor"] == 0
        # Negative control: charged by an answer in time, it has its discount.
        other = basket("S2", customer={"id": "K1"})
        body = {"evaluation_id": evaluated(plugin, other).evaluation_id}
        assert done(plugin.sales.complete("S2", body, snapshot=other))["discount_minor"] == 400


@pytest.mark.parametrize("charged", [None, {}, {"applied": []}])
def test_a_sale_that_was_told_late_is_charged_what_it_was_told(
    tmp_path: Path, charged: dict[str, Any] | None
) -> None:
    till = TillBuilder(tmp_path / "till")
    till.rules(unit_discount("ZEHN", 1000))
    text = till.config_path.read_text(encoding="utf-8")
    text = text.replace("evaluate = 30000", "evaluate = 50")
    till.config_path.write_text(text, encoding="utf-8")
    with till.open() as plugin:
        sale = plugin.begin_sale("S1")
        sale.add_line(sku="4711", unit_price_minor=1000)
        with held(plugin):
            assert sale.evaluate().late
        answered_in_time(plugin, "S1")  # what was worked out meanwhile: 9.00
        receipt = done(sale.complete(charged, tenders=[("cash", 1000)]))
        assert receipt["total_minor"] == 1000
        assert receipt["late"]


def test_what_was_deducted_for_a_used_voucher_is_the_customers_again(plugin: Plugin) -> None:
    (voucher,) = sold(plugin, "S0").vouchers
    sold(plugin, "S1", codes=[{"code": voucher["code"]}])
    first = done(plugin.sales.void("S0", {}))
    assert [one["code"] for one in first["effects"]] == ["voucher_deducted"]
    assert first["deducted_minor"] == 500
    plugin.sales.void("S1", {})
    again = evaluated(
        plugin, basket("S2", customer=known(plugin), codes=[{"code": voucher["code"]}])
    )
    assert list(again.rejected) == []
