"""Facts stay: what the triggers of journal.db refuse."""

from __future__ import annotations

from contextlib import closing
from itertools import product
from typing import TYPE_CHECKING

import apsw
import pytest
from till_builder import TillBuilder, card_number, points, unit_discount

from pos_plugin import Receipt
from pos_plugin.loyalty.vouchers import TRANSITIONS as VOUCHER_STEPS
from pos_plugin.loyalty.vouchers import VoucherState
from pos_plugin.storage.connect import open_journal
from pos_plugin.storage.journal_schema import FACTS, RELEASE_1
from pos_plugin.storage.print_strips import keep_left_out, keep_strip
from printers.ports import TRANSITIONS as PRINT_STEPS
from printers.ports import JobState

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A till that did everything once: a row in every table of facts."""
    till = TillBuilder(tmp_path_factory.mktemp("till"))
    text = till.config_path.read_text(encoding="utf-8")
    till.config_path.write_text(text + "[approvals]\nenabled = true\n", encoding="utf-8")
    till.rules(unit_discount("ZEHN", 1000), points())
    till.article("4711", 7999)
    till.customer("K1", card=card_number(1), segments=["abc:C"])
    till.voucher_type()
    till.trigger()
    till.program()
    till.reward("BALLON", 10)
    till.customer("K2", name="Geht bald")
    with till.open() as plugin:
        for sale_id in ("S1", "S2", "S3"):
            sale = plugin.begin_sale(sale_id)
            sale.scan(card_number(1))
            sale.scan("4711")
            sale.evaluate()
            sale.complete()
        plugin.sales.void("S2", {})
        goods = {"return_id": "R3", "lines": [{"line_id": "1", "quantity_milli": 1000}]}
        plugin.sales.return_items("S3", goods)
        asked = {"request_id": "P1", "customer": "K1", "reward": "BALLON"}
        assert isinstance(plugin.accounts.redeem_reward(asked), Receipt)
        said = {"purpose": "marketing", "channel": "email", "status": "objected"}
        told = plugin.customers.consent({"request_id": "C1", "customer": "K1", **said})
        assert isinstance(told, Receipt)
        pieces = [{"line_id": "1", "sku": "4711", "quantity_milli": 1000}]
        out = plugin.approvals.issue({"request_id": "I1", "customer": "K1", "lines": pieces})
        assert isinstance(out, Receipt)
        back = {"request_id": "I2", "returned": ["1"]}
        assert isinstance(plugin.approvals.return_lines(out.values["number"], back), Receipt)
        assert isinstance(plugin.customers.erase("K2"), Receipt)
    with closing(open_journal(till.data_dir)) as journal:
        a_strip_lacks_a_coupon(journal)
    return till.data_dir


def a_strip_lacks_a_coupon(journal: apsw.Connection) -> None:
    """What it takes a printer to bring about."""
    ((job, voucher),) = journal.execute(
        "SELECT uid, subject_uid FROM print_job WHERE kind = 'voucher' LIMIT 1"
    ).fetchall()
    journal.execute(
        "INSERT INTO print_attempt (job_uid, attempt, printer, unit, encoder, rung, byte_count, "
        "sha256, fragment_max, seconds, process_id, started_at) "
        "VALUES (?, 1, 'bon', '', 'raster', '', 1, '', 1, 1, '1', '2026-03-07T11:00:00Z')",
        (job,),
    )
    keep_strip(journal, [voucher])
    keep_left_out(journal, job, 1, [0])


@pytest.fixture
def journal(folder: Path) -> Iterator[apsw.Connection]:
    """Everything a test does here is rolled back."""
    connection = open_journal(folder)
    connection.execute("BEGIN IMMEDIATE")
    yield connection
    connection.execute("ROLLBACK")
    connection.close()


@pytest.mark.parametrize("table", FACTS)
def test_no_fact_is_changed_or_deleted(journal: apsw.Connection, table: str) -> None:
    first = _columns(journal, table)[0]
    assert journal.execute(f"SELECT count(*) FROM {table}").get > 0  # noqa: S608
    with pytest.raises(apsw.ConstraintError, match="never changed"):
        journal.execute(f"UPDATE {table} SET {first} = {first}")  # noqa: S608
    with pytest.raises(apsw.ConstraintError, match="never deleted"):
        journal.execute(f"DELETE FROM {table}")  # noqa: S608


@pytest.mark.parametrize("table", [*FACTS, "voucher", "print_job"])
def test_replacing_a_row_is_deleting_it(journal: apsw.Connection, table: str) -> None:
    # A key of its own per table decides which constraint speaks first; the row stays anyway.
    with pytest.raises(apsw.ConstraintError):
        journal.execute(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}")  # noqa: S608


def test_without_its_trigger_a_fact_could_be_changed(journal: apsw.Connection) -> None:
    """Negative control: it is the trigger that refuses, not something else."""
    journal.execute("DROP TRIGGER receipt_is_not_changed")
    journal.execute("UPDATE receipt SET total_minor = 0")
    assert journal.execute("SELECT max(total_minor) FROM receipt").get == 0


@pytest.mark.parametrize(("old", "new"), [*product(VoucherState, VoucherState)])
def test_voucher_takes_only_the_steps_of_its_table(
    journal: apsw.Connection, old: VoucherState, new: VoucherState
) -> None:
    _force(journal, "voucher", "voucher_step", old)
    _step(journal, "voucher", new, allowed=(old, new) in VOUCHER_STEPS)


@pytest.mark.parametrize(("old", "new"), [*product(JobState, JobState)])
def test_print_job_takes_only_the_steps_of_its_table(
    journal: apsw.Connection, old: JobState, new: JobState
) -> None:
    _force(journal, "print_job", "print_job_step", old)
    _attempt_ended(journal, "QUEUED")
    _step(journal, "print_job", new, allowed=(old, new) in PRINT_STEPS)


@pytest.mark.parametrize("outcome", [None, "UNKNOWN"])
def test_job_goes_back_only_when_its_attempt_says_that_no_byte_left(
    journal: apsw.Connection, outcome: str | None
) -> None:
    _force(journal, "print_job", "print_job_step", JobState.SENDING)
    _attempt_ended(journal, "QUEUED")
    _attempt_ended(journal, outcome)
    with pytest.raises(apsw.ConstraintError, match="does not say that no byte left"):
        journal.execute("UPDATE print_job SET state = 'QUEUED'")


def test_voucher_keeps_its_terms(journal: apsw.Connection) -> None:
    with pytest.raises(apsw.ConstraintError, match="its terms never change"):
        journal.execute("UPDATE voucher SET valid_to_on = '2099-12-31', state = 'redeemed'")


@pytest.mark.parametrize(
    "changed",
    [
        "json_set(document, '$.blocks[0].text', 'x')",
        "json_remove(document, '$.blocks[0]')",
        "json_set(document, '$.version', 99)",
    ],
)
def test_print_job_keeps_its_document(journal: apsw.Connection, changed: str) -> None:
    with pytest.raises(apsw.ConstraintError, match="its document never changes"):
        journal.execute(f"UPDATE print_job SET document = {changed}")  # noqa: S608


def test_document_may_only_be_emptied_or_cut_to_what_it_needs(journal: apsw.Connection) -> None:
    journal.execute("DROP TRIGGER print_job_document_stays")
    code = '{"role":"code","text":"X"}'
    title = '{"role":"title","text":"Danke"}'
    name = '{"role":"holder","text":"Für Anna"}'
    text = f'{{"version":1,"holder":"Anna","blocks":[{name},{title},{code}]}}'
    journal.execute("UPDATE print_job SET document = ?", (text,))
    (trigger,) = (one for one in RELEASE_1 if "TRIGGER print_job_document_stays" in one)
    journal.execute(trigger)
    for kept in (f"[{title},{code}]", f"[{name},{code}]", "[]"):
        with pytest.raises(apsw.ConstraintError, match="its document never changes"):
            journal.execute(
                "UPDATE print_job SET document = ?", (f'{{"version":1,"blocks":{kept}}}',)
            )
    journal.execute("UPDATE print_job SET document = ?", (f'{{"version":1,"blocks":[{code}]}}',))
    journal.execute("UPDATE print_job SET document = ''")
    with pytest.raises(apsw.ConstraintError, match="its document never changes"):
        journal.execute("UPDATE print_job SET document = ?", (text,))


def test_nothing_begins_half_way(journal: apsw.Connection) -> None:
    changed = {"uid": "'x'", "subject_uid": "'y'", "state": "'CONFIRMED'"}
    values = ", ".join(changed.get(name, name) for name in _columns(journal, "print_job"))
    with pytest.raises(apsw.ConstraintError, match="starts as QUEUED"):
        journal.execute(f"INSERT INTO print_job SELECT {values} FROM print_job")  # noqa: S608


def _columns(journal: apsw.Connection, table: str) -> list[str]:
    return [name for _, name, *_ in journal.execute(f"PRAGMA table_info({table})")]


def _force(journal: apsw.Connection, table: str, trigger: str, state: str) -> None:
    """Bring the row into a state by the back door, then close the door."""
    sql = journal.execute("SELECT sql FROM sqlite_schema WHERE name = ?", (trigger,)).get
    journal.execute(f"DROP TRIGGER {trigger}")
    journal.execute(f"UPDATE {table} SET state = ?", (state,))  # noqa: S608
    journal.execute(sql)


def _attempt_ended(journal: apsw.Connection, outcome: str | None) -> None:
    """Give every job one attempt more that ended so; None = it goes on."""
    columns = _columns(journal, "print_attempt")
    changed = {
        "job_uid": "uid",
        "attempt": "1 + (SELECT count(*) FROM print_attempt WHERE job_uid = uid)",
        "level": "NULL",
        "reported": "NULL",
        "outcome": "NULL" if outcome is None else f"'{outcome}'",
    }
    numbers = {"byte_count", "fragment_max", "seconds"}
    values = ", ".join(changed.get(name, "0" if name in numbers else "''") for name in columns)
    journal.execute(f"INSERT INTO print_attempt SELECT {values} FROM print_job")  # noqa: S608


def _step(journal: apsw.Connection, table: str, state: str, *, allowed: bool) -> None:
    change = f"UPDATE {table} SET state = ?"  # noqa: S608
    if allowed:
        journal.execute(change, (state,))
        return
    with pytest.raises(apsw.ConstraintError, match="not in the state table"):
        journal.execute(change, (state,))
