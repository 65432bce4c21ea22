"""The statement of a customer's accounts on paper (B7)."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING, Any

import apsw
import pytest
from till_builder import NOON, TillBuilder, points

from pos_plugin import Receipt, Refused, SaleError
from pos_plugin.loyalty.statement_document import statement_values
from printers.document import Document
from printers.text import render_text

if TYPE_CHECKING:
    from pathlib import Path

    from pos_plugin import Plugin

HEAD_OFFICE = '[head_office]\nurl = "http://127.0.0.1:9"\n'


def till_of(folder: Path, *, printer: bool = True) -> TillBuilder:
    till = TillBuilder(folder, printer=printer)
    till.rules(points())
    till.program("points")
    till.program("bonus", "EUR_MINOR")
    till.customer("K1", name="Frau Gülsüm Łukasiewicz")
    till.balance("K1", 1250, program="bonus")
    till.balance("K1", 1000)
    return till


def printed(plugin: Plugin, request_id: str = "A") -> Receipt:
    answer = plugin.accounts.print_statement({"request_id": request_id, "customer": "K1"})
    assert isinstance(answer, Receipt), answer
    return answer


def jobs_of(till: TillBuilder) -> list[tuple[Any, ...]]:
    with closing(apsw.Connection(str(till.data_dir / "journal.db"))) as journal:
        return list(
            journal.execute("SELECT uid, kind, printer_role, customer, document FROM print_job")
        )


def lines_of(document: str) -> str:
    return "\n".join(render_text(Document.from_json(document), columns=48).lines)


@pytest.mark.capability("B7")
def test_paper_says_what_the_accounts_hold_and_waits_for_its_printer(tmp_path: Path) -> None:
    till = till_of(tmp_path / "till")
    with till.open() as plugin:
        plugin.accounts.adjust(
            {
                "request_id": "X",
                "customer": "K1",
                "program": "points",
                "delta": 50,
                "reason": "Bon vergessen",
                "cashier": "1",
                "second_person": "2",
            }
        )
        answer = printed(plugin)
        [job] = answer.print_jobs
        notices = [plugin.prints.job(job)]
    [(uid, kind, role, customer, document)] = jobs_of(till)
    assert (uid, kind, role, customer) == (job, "statement", "statement", "K1")
    assert notices[0] is not None
    text = lines_of(document)
    for said in ("Frau Gülsüm Łukasiewicz", "1.050", "12,50", "Korrektur", "+50"):
        assert said in text
    assert "Ohne Verbindung" not in text


def test_notice_of_the_paper_calls_it_an_account_statement(tmp_path: Path) -> None:
    with till_of(tmp_path / "till", printer=False).open() as plugin:
        printed(plugin)
        [notice] = plugin.prints.notices(with_put_off=True) or [None]
        said = notice.text("de") if notice else str(plugin.prints.unfinished())
    assert "Kontoauszug" in said or "statement" in said
    assert "Gutschein" not in said


def test_same_request_prints_once_and_another_one_again(tmp_path: Path) -> None:
    till = till_of(tmp_path / "till")
    with till.open() as plugin:
        first = printed(plugin)
        assert printed(plugin).print_jobs == first.print_jobs
        assert printed(plugin, "B").print_jobs != first.print_jobs
    assert len(jobs_of(till)) == 2


def test_it_books_nothing(tmp_path: Path) -> None:
    till = till_of(tmp_path / "till")
    with till.open() as plugin:
        before = plugin.accounts.statement("K1")
        printed(plugin)
        printed(plugin, "B")
        assert plugin.accounts.statement("K1") == before


@pytest.mark.parametrize(("is_unreachable", "said"), [(True, True), (False, False)])
def test_paper_says_when_head_office_does_not_answer(
    tmp_path: Path, *, is_unreachable: bool, said: bool
) -> None:
    till = till_of(tmp_path / "till")
    settings = till.config_path.read_text("utf-8")
    till.config_path.write_text(settings + HEAD_OFFICE, "utf-8")
    status = {"unreachable": is_unreachable, "contact_at": NOON.isoformat()}
    (till.data_dir / "agent.status.json").write_text(json.dumps(status), "utf-8")
    with till.open() as plugin:
        printed(plugin)
    [(*_, document)] = jobs_of(till)
    assert ("Verbindung zur Zentrale" in lines_of(document)) is said


def test_nobody_gets_the_paper_of_an_unknown_customer(tmp_path: Path) -> None:
    till = till_of(tmp_path / "till")
    with till.open() as plugin:
        refused = plugin.accounts.print_statement({"request_id": "A", "customer": "K9"})
        assert isinstance(refused, Refused)
        assert refused.code == "customer_unknown"
        for wrong in (None, {}, {"request_id": "A"}, {"request_id": "A", "customer": 5}):
            with pytest.raises(SaleError, match="statement"):
                plugin.accounts.print_statement(wrong)  # type: ignore[arg-type]
    assert jobs_of(till) == []


def test_account_that_nobody_can_tell_has_no_number_on_paper(tmp_path: Path) -> None:
    with till_of(tmp_path / "till").open() as plugin:
        found = plugin.accounts.statement("K1")
        assert isinstance(found, dict)
        now = plugin._till.clock.now()
    known = statement_values(
        found["accounts"],
        holder="Ann",
        number=None,
        vouchers=(),
        now=now,
        is_offline=False,
        shop="1",
        language="en",
        currency="EUR",
    )
    doubtful = statement_values(
        [{**one, "unknown": True} for one in found["accounts"]],
        holder="Ann",
        number=None,
        vouchers=(),
        now=now,
        is_offline=False,
        shop="1",
        language="en",
        currency="EUR",
    )
    assert [one["balance"] for one in known["accounts"]] == ["€12.50", "1,000"]
    assert {one["balance"] for one in doubtful["accounts"]} == {"unknown"}
