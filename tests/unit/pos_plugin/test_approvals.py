"""Goods on approval: issued, returned piece by piece, kept pieces sold (domain.md §4.5)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import apsw
import pytest
from till_builder import TillBuilder, points, unit_discount

from pos_plugin import Receipt, Refused, Scanned
from pos_plugin.errors import SaleError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pos_plugin import Plugin


def approving(folder: Path, settings: str = "") -> TillBuilder:
    till = TillBuilder(folder / "till")
    with till.config_path.open("a", encoding="utf-8") as file:
        file.write(f"[approvals]\nenabled = true\n{settings}\n")
    till.rules(unit_discount("ZEHN", 1000), points())
    till.program()
    till.article("kleid", 9900)
    till.article("rock", 4900)
    till.customer("K1", limit_left_minor=30_000)
    return till


@pytest.fixture
def plugin(tmp_path: Path) -> Iterator[Plugin]:
    with approving(tmp_path).open() as plugin:
        yield plugin


def goods(line_id: str, sku: str, pieces: int = 1, **more: Any) -> dict[str, Any]:
    return {"line_id": line_id, "sku": sku, "quantity_milli": pieces * 1000, **more}


def done(answer: Receipt | Refused) -> dict[str, Any]:
    assert isinstance(answer, Receipt), answer
    return answer.values


def code(answer: Any) -> str:
    assert isinstance(answer, Refused), answer
    return answer.code.value


def issue(plugin: Plugin, *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    request = {
        "request_id": "I1",
        "customer": "K1",
        "lines": lines or (goods("1", "kleid"), goods("2", "rock", 2)),
        "salesperson": "17",
        **more,
    }
    return done(plugin.approvals.issue(request))


def states(answer: dict[str, Any]) -> dict[str, str]:
    return {line["line_id"]: line["state"] for line in answer["lines"]}


def buy(plugin: Plugin, sale: dict[str, Any]) -> Receipt:
    answer = plugin.sales.evaluate(sale)
    assert not isinstance(answer, Refused)
    receipt = plugin.sales.complete(sale["sale_id"], {})
    assert isinstance(receipt, Receipt)
    return receipt


def kinds(folder: Path) -> list[str]:
    connection = apsw.Connection(str(folder / "till" / "journal.db"))
    try:
        return [kind for (kind,) in connection.execute("SELECT kind FROM event ORDER BY seq")]
    finally:
        connection.close()


@pytest.mark.capability("A1")
def test_goods_go_out_with_number_paper_and_due_day(plugin: Plugin) -> None:
    answer = issue(plugin)
    assert answer["number"] == "A-003000015"
    assert states(answer) == {"1": "open", "2.1": "open", "2.2": "open"}
    assert (answer["out_minor"], answer["due_on"]) == (9900 + 2 * 4900, "2026-03-21")
    (printed,) = [one for one in answer["effects"] if one["kind"] == "print"]
    job = plugin.prints.job(printed["job"])
    assert job is not None
    assert issue(plugin) == answer, "the same request again gets the same answer"


@pytest.mark.capability("A1")
def test_no_goods_go_out_without_a_customer(plugin: Plugin) -> None:
    request = {"request_id": "I1", "lines": [goods("1", "kleid")]}
    assert code(plugin.approvals.issue(request)) == "approval_needs_customer"
    assert code(plugin.approvals.issue({**request, "customer": "NIEMAND"})) == "customer_unknown"


@pytest.mark.capability("A1")
def test_approvals_are_off_by_default(tmp_path: Path) -> None:
    till = TillBuilder(tmp_path / "till")
    with till.open() as plugin:
        request = {"request_id": "I1", "customer": "K1", "lines": [goods("1", "kleid")]}
        assert code(plugin.approvals.issue(request)) == "approvals_off"
        assert code(plugin.approvals.list()) == "approvals_off"
        assert code(plugin.scan("A-003000015")) == "code_unknown"


@pytest.mark.capability("A1", "A6")
def test_the_paper_has_number_pieces_and_a_line_to_sign(tmp_path: Path) -> None:
    till = approving(tmp_path)
    with till.open() as plugin:
        issue(plugin)
    connection = apsw.Connection(str(till.data_dir / "journal.db"))
    try:
        row = connection.execute(
            "SELECT document FROM print_job WHERE kind = 'approval'"
        ).fetchone()
    finally:
        connection.close()
    assert row is not None
    text = str(row[0])
    for said in ("A-003000015", "Artikel kleid", "Unterschrift", "21.03.2026", "Kundin K1"):
        assert said in text


@pytest.mark.capability("A2")
def test_each_piece_is_returned_sold_or_open(plugin: Plugin) -> None:
    number = issue(plugin)["number"]
    back = done(plugin.approvals.return_lines(number, {"request_id": "R1", "returned": ["2.1"]}))
    assert states(back) == {"1": "open", "2.1": "returned", "2.2": "open"}
    again = {"request_id": "R2", "reopened": ["2.1"], "returned": ["1"]}
    assert states(done(plugin.approvals.return_lines(number, again))) == {
        "1": "returned",
        "2.1": "open",
        "2.2": "open",
    }
    wrong = {"request_id": "R3", "returned": ["9"]}
    assert code(plugin.approvals.return_lines(number, wrong)) == "approval_line"
    everything = {"request_id": "R4", "all_returned": True}
    settled = done(plugin.approvals.return_lines(number, everything))
    assert (settled["state"], settled["out_minor"]) == ("settled", 0)


@pytest.mark.capability("A2")
def test_an_exchange_takes_one_back_and_adds_another(plugin: Plugin) -> None:
    number = issue(plugin, goods("1", "kleid"))["number"]
    request = {"request_id": "R1", "returned": ["1"], "added": [goods("2", "rock")]}
    answer = done(plugin.approvals.return_lines(number, request))
    assert states(answer) == {"1": "returned", "2": "open"}
    assert answer["out_minor"] == 4900
    assert [one["kind"] for one in answer["effects"]] == ["print"]


@pytest.mark.capability("A2")
def test_scanning_the_paper_opens_it_and_sets_the_customer(plugin: Plugin) -> None:
    number = issue(plugin)["number"]
    for scanned in (number, number.replace("-", "").lower()):
        found = plugin.scan(scanned)
        assert not isinstance(found, Refused)
        assert (found.kind, found.code) == ("approval", number)
        assert found.customer is not None
        assert found.customer["id"] == "K1"
        assert found.approval is not None
        assert found.approval["out_minor"] == 19_700
    assert code(plugin.scan("A-003000023")) == "approval_unknown"
    assert code(plugin.scan("A-003000024")) == "code_unknown"  # a wrong check digit is no number


@pytest.mark.capability("A2")
def test_an_article_number_in_the_form_of_a_paper_is_an_article_where_no_paper_has_it(
    tmp_path: Path,
) -> None:
    till = approving(tmp_path)
    till.article("A-003000015", 500)
    till.article("A003000023", 700)
    with till.open() as plugin:
        found = [plugin.scan(scanned) for scanned in (issue(plugin)["number"], "A003000023")]
    assert [one.kind for one in found if isinstance(one, Scanned)] == ["approval", "article"]


@pytest.mark.capability("A2", "A3")
def test_kept_pieces_become_a_sale_and_settled_twice_leaves_nothing_open(plugin: Plugin) -> None:
    number = issue(plugin)["number"]
    plugin.approvals.return_lines(number, {"request_id": "R1", "returned": ["2.1"]})
    answer = done(plugin.approvals.settle(number, {"request_id": "S1", "sale_id": "B1"}))
    receipt = buy(plugin, answer["sale"])
    assert receipt.values["total_minor"] == (9900 + 4900) * 9 // 10
    assert receipt.values["earned"] == [{"account": "points", "amount": 133}]
    twice = done(plugin.approvals.settle(number, {"request_id": "S2", "sale_id": "B2"}))
    assert (twice["sale"], twice["state"], twice["out_minor"]) == (None, "settled", 0)
    assert states(twice) == {"1": "sold", "2.1": "returned", "2.2": "sold"}
    assert plugin.approvals.list() == []


def test_pieces_are_sold_by_whatever_sale_they_were_paid_in(plugin: Plugin) -> None:
    number = issue(plugin)["number"]
    first = done(plugin.approvals.settle(number, {"request_id": "S1", "sale_id": "B1"}))["sale"]
    # The host asks again for another basket, and pays part of it under the name it asked with.
    second = done(plugin.approvals.settle(number, {"request_id": "S2", "sale_id": "B2"}))["sale"]
    buy(plugin, {**second, "sale_id": "B2", "lines": second["lines"][:1]})
    after = done(plugin.approvals.settle(number, {"request_id": "S3", "sale_id": "B3"}))
    assert states(after) == {"1": "sold", "2.1": "open", "2.2": "open"}
    # The rest in the first basket; what was sold before is told.
    receipt = buy(plugin, first)
    twice = [one for one in receipt.values["effects"] if one.get("code") == "approval_sold_twice"]
    assert len(twice) == 1
    assert "kleid" in twice[0]["text"]
    last = done(plugin.approvals.settle(number, {"request_id": "S4", "sale_id": "B4"}))
    assert (last["sale"], last["state"], set(states(last).values())) == (None, "settled", {"sold"})


def test_pieces_of_two_receipts_that_nobody_followed_are_sold(tmp_path: Path) -> None:
    till = approving(tmp_path)
    with till.open() as plugin:
        number = issue(plugin, goods("1", "kleid"), goods("2", "rock"))["number"]
        sale = done(plugin.approvals.settle(number, {"request_id": "S1", "sale_id": "B1"}))["sale"]
        for name, line in zip(("B1", "B2"), sale["lines"], strict=True):
            receipt = buy(plugin, {**sale, "sale_id": name, "lines": [line]})
            assert "approval_sold_twice" not in [
                one.get("code") for one in receipt.values["effects"]
            ]
        assert plugin.approvals.list() == []
    assert kinds(tmp_path).count("approval_settled") == 2


@pytest.mark.capability("A3")
@pytest.mark.parametrize(("guaranteed", "total_minor"), [(False, 12_000), (True, 9900)])
def test_promotions_and_prices_are_those_of_the_settlement(
    tmp_path: Path, guaranteed: bool, total_minor: int
) -> None:
    till = approving(tmp_path)
    with till.open() as plugin:
        number = issue(plugin, goods("1", "kleid"), price_guaranteed=guaranteed)["number"]
    till.rules()  # the promotion ended
    till.article("kleid", 12_000)  # and the price rose
    till.clock.set(till.clock.now() + dt.timedelta(days=5))
    with till.open() as plugin:
        answer = done(plugin.approvals.settle(number, {"request_id": "S1", "sale_id": "B1"}))
        assert buy(plugin, answer["sale"]).values["total_minor"] == total_minor


@pytest.mark.capability("A3")
def test_a_guaranteed_price_is_the_lower_one(tmp_path: Path) -> None:
    till = approving(tmp_path, "price_guaranteed = true")
    with till.open() as plugin:
        number = issue(plugin, goods("1", "kleid"))["number"]
    till.article("kleid", 7900)
    with till.open() as plugin:
        answer = done(plugin.approvals.settle(number, {"request_id": "S1", "sale_id": "B1"}))
        (line,) = answer["sale"]["lines"]
        assert line["unit_price_minor"] == 7900


@pytest.mark.capability("A3")
def test_a_receipt_settles_its_pieces_also_when_the_till_dies_after_it(tmp_path: Path) -> None:
    till = approving(tmp_path)
    with till.open() as plugin:
        number = issue(plugin, goods("1", "kleid"), goods("2", "rock"))["number"]
        request = {"request_id": "S1", "sale_id": "B1", "keep_open": ["2"]}
        sale = done(plugin.approvals.settle(number, request))["sale"]
    # Sold while nobody followed: the module was off, as after a kill between the two.
    text = till.config_path.read_text(encoding="utf-8")
    till.config_path.write_text(text.replace("enabled = true", "enabled = false"), "utf-8")
    with till.open() as plugin:
        buy(plugin, sale)
    assert "approval_settled" not in kinds(tmp_path)
    till.config_path.write_text(text, encoding="utf-8")
    with till.open() as plugin:
        found = plugin.approvals.list()
        assert not isinstance(found, Refused)
        assert [one["line_id"] for one in found] == ["2"]
    assert kinds(tmp_path).count("approval_settled") == 1


@pytest.mark.capability("A5")
def test_the_list_for_stocktaking_is_that_of_any_day(tmp_path: Path) -> None:
    till = approving(tmp_path)
    with till.open() as plugin:
        number = issue(plugin, goods("1", "kleid"), goods("2", "rock"))["number"]
        till.clock.set(till.clock.now() + dt.timedelta(days=3))
        plugin.approvals.return_lines(number, {"request_id": "R1", "returned": ["1"]})

        def out(day: int) -> list[str]:
            found = plugin.approvals.list(on=dt.date(2026, 3, day))
            assert not isinstance(found, Refused)
            return [one["sku"] for one in found]

        assert [out(day) for day in (6, 7, 9, 10)] == [
            [],
            ["kleid", "rock"],
            ["kleid", "rock"],
            ["rock"],
        ]
        (row,) = plugin.approvals.list(on=dt.date(2026, 4, 1), customer="K1")  # type: ignore[misc]
        assert (row["customer_name"], row["is_overdue"]) == ("Kundin K1", True)
        assert plugin.approvals.list(customer="K2") == []


@pytest.mark.capability("K4", "K7")
def test_what_both_of_two_merged_customers_have_out_counts_together(tmp_path: Path) -> None:
    till = approving(tmp_path)
    till.customer("ALT", limit_left_minor=30_000)
    with till.open() as plugin:
        old = issue(plugin, goods("1", "kleid", 2), customer="ALT")["number"]
        issue(plugin, goods("1", "rock"), request_id="I2")

        def numbers(customer: str) -> int:
            found = plugin.approvals.list(customer=customer)
            assert not isinstance(found, Refused)
            return len({one["number"] for one in found})

        # The negative control: before the merge each has her own.
        assert (numbers("K1"), numbers("ALT")) == (1, 1)
        till.put("alias", alias="ALT", customer="K1")
        assert (numbers("K1"), numbers("ALT")) == (2, 2)
        more = {"request_id": "I3", "customer": "K1", "lines": (goods("1", "kleid"),)}
        assert code(plugin.approvals.issue(more)) == "limit_exceeded"
        back = plugin.approvals.return_lines(old, {"request_id": "R1", "all_returned": True})
        assert done(back)["state"] == "settled"
        assert isinstance(plugin.approvals.issue({**more, "request_id": "I4"}), Receipt)


@pytest.mark.capability("A6")
def test_issue_and_return_leave_the_sums_of_sales_unchanged(tmp_path: Path) -> None:
    till = approving(tmp_path)
    with till.open() as plugin:
        answer = issue(plugin)
        assert answer["fiscal_type"] == "AVSonstige"
        back = plugin.approvals.return_lines(
            answer["number"], {"request_id": "R1", "all_returned": True}
        )
        assert done(back)["fiscal_type"] == "AVSonstige"
    assert kinds(tmp_path) == ["approval_issued", "approval_line_returned", "approval_settled"]
    connection = apsw.Connection(str(till.data_dir / "journal.db"))
    try:
        for table in ("receipt", "own_entry", "ledger_entry"):
            assert connection.execute(f"SELECT count(*) FROM {table}").get == 0  # noqa: S608
    finally:
        connection.close()


@pytest.mark.capability("K7")
def test_more_than_the_limit_is_refused_without_the_right(tmp_path: Path) -> None:
    with approving(tmp_path).open() as plugin:
        issue(plugin, goods("1", "kleid", 2))  # 198.00 of 300.00
        more = {"request_id": "I2", "customer": "K1", "lines": [goods("1", "kleid", 2)]}
        refused = plugin.approvals.issue(more)
        assert code(refused) == "limit_exceeded"
        assert isinstance(refused, Refused)
        assert refused.params == {"left_minor": 10_200, "wanted_minor": 19_800}
        done(plugin.approvals.issue({**more, "rights": ["override_limit"]}))
    assert kinds(tmp_path)[-2:] == ["approval_issued", "limit_overridden"]


@pytest.mark.capability("K7")
@pytest.mark.parametrize(
    ("mode", "refused"), [("show", False), ("needs_override", False), ("block", True)]
)
def test_the_mode_decides_what_happens_at_the_limit(
    tmp_path: Path, mode: str, refused: bool
) -> None:
    with approving(tmp_path, f'limit = "{mode}"').open() as plugin:
        request = {
            "request_id": "I1",
            "customer": "K1",
            "lines": [goods("1", "kleid", 4)],
            "rights": ["override_limit"],
        }
        answer = plugin.approvals.issue(request)
        if refused:
            assert code(answer) == "limit_exceeded"
            return
        told = [one["code"] for one in done(answer)["effects"] if one["kind"] == "message"]
        assert told == (["limit_exceeded"] if mode == "show" else [])


@pytest.mark.capability("K7")
def test_a_limit_that_was_lowered_meanwhile_counts_at_the_next_issue(tmp_path: Path) -> None:
    till = approving(tmp_path)
    with till.open() as plugin:
        number = issue(plugin, goods("1", "kleid"))["number"]
    till.customer("K1", limit_left_minor=12_000)
    with till.open() as plugin:
        more = {"request_id": "I2", "customer": "K1", "lines": [goods("1", "rock")]}
        assert code(plugin.approvals.issue(more)) == "limit_exceeded"  # 21.00 left
        plugin.approvals.return_lines(number, {"request_id": "R1", "all_returned": True})
        done(plugin.approvals.issue(more))  # what is back counts no more


@pytest.mark.capability("K7")
def test_two_offline_tills_both_issue_and_each_says_what_was_left(tmp_path: Path) -> None:
    """Neither knows of the other: both events name what was left, so the excess can be seen."""
    left = []
    for name in ("a", "b"):
        folder = tmp_path / name
        with approving(folder).open() as plugin:
            issue(plugin, goods("1", "kleid", 2))
        connection = apsw.Connection(str(folder / "till" / "journal.db"))
        try:
            row = connection.execute(
                "SELECT json_extract(line, '$.body.limit_left_minor'), "
                "(SELECT sum(price_at_issue_minor) FROM approval_line) FROM event "
                "WHERE kind = 'approval_issued'"
            ).fetchone()
        finally:
            connection.close()
        assert row is not None
        left.append(row)
    assert left == [(30_000, 19_800)] * 2


def test_training_sale_does_not_keep_the_name_of_the_sale_that_is_paid(plugin: Plugin) -> None:
    number = issue(plugin)["number"]
    first = done(plugin.approvals.settle(number, {"request_id": "S1", "sale_id": "V1"}))["sale"]
    buy(plugin, {**first, "training": True})
    second = done(plugin.approvals.settle(number, {"request_id": "S2", "sale_id": "V2"}))["sale"]
    assert second["sale_id"] == "V2"
    buy(plugin, second)
    after = done(plugin.approvals.return_lines(number, {"request_id": "look"}))
    assert set(states(after).values()) == {"sold"}


@pytest.mark.parametrize("number", [None, 5, [], {}, "\ud800", ""])
def test_what_is_no_number_of_an_approval_is_refused_with_its_place(
    plugin: Plugin, number: Any
) -> None:
    for call in (plugin.approvals.settle, plugin.approvals.return_lines):
        with pytest.raises(SaleError) as refused:
            call(number, {"request_id": "S1", "sale_id": "V1"})
        assert refused.value.where == "approval.number"


@pytest.mark.parametrize("number", ["\x00", "A-1"])
def test_number_that_no_approval_has_is_unknown(plugin: Plugin, number: str) -> None:
    asked = {"request_id": "S1", "sale_id": "V1"}
    assert code(plugin.approvals.settle(number, asked)) == "approval_unknown"
    assert code(plugin.approvals.return_lines(number, {"request_id": "R1"})) == "approval_unknown"


@pytest.mark.parametrize("request_value", [None, 5, "x", ["x"], 1.5])
def test_what_is_no_request_is_refused_with_its_place(plugin: Plugin, request_value: Any) -> None:
    for call, place in (
        (plugin.approvals.issue, "approval"),
        (plugin.vouchers.sell, "voucher"),
        (plugin.accounts.pay_out, "payout"),
    ):
        with pytest.raises(SaleError) as refused:
            call(request_value)
        assert (refused.value.code, refused.value.where) == ("wrong_type", place)


def test_pieces_said_to_be_back_while_they_were_paid_are_sold(plugin: Plugin) -> None:
    number = issue(plugin)["number"]
    sale = done(plugin.approvals.settle(number, {"request_id": "S1", "sale_id": "V1"}))["sale"]
    back = done(plugin.approvals.return_lines(number, {"request_id": "R1", "all_returned": True}))
    assert (back["state"], set(states(back).values())) == ("settled", {"returned"})
    buy(plugin, sale)
    after = done(plugin.approvals.return_lines(number, {"request_id": "look"}))
    assert (after["state"], set(states(after).values())) == ("settled", {"sold"})
    assert plugin.approvals.list() == []
