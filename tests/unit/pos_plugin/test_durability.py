"""What the cashier saw confirmed stays; what was cut off never half happened."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import apsw
import killed_till
import pytest
from full_disk import fillable_disk
from till_builder import TillBuilder, card_number, points, unit_discount

from pos_plugin import Receipt, Refused, StorageBusy
from pos_plugin.notices import Refusal

SCRIPT = Path(killed_till.__file__)
# Before the first statement, between the pieces, at the commit, after it (nothing left to kill).
PARTS = (
    "event",
    "receipt",
    "receipt_line",
    "promotion_result",
    "ledger_entry",
    "own_entry",
    "voucher",
    "voucher_event",
    "print_job",
    "answer",
)
KILLS = (1, 4, 7, 9, 11, 13, 15, 17, 19, 99)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    till = TillBuilder(tmp_path_factory.mktemp("till"))
    till.rules(unit_discount("ZEHN", 1000), points())
    till.article("4711", 7999)
    till.customer("K1", card=card_number(1), segments=["abc:C"])
    till.voucher_type()
    till.trigger()
    with till.open():
        pass
    return till.data_dir


def die(folder: Path, statement: int, *torn: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPT), str(folder), str(statement), *torn],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def found(folder: Path) -> dict[str, int]:
    """How many rows each part of the booking has left."""
    journal = apsw.Connection(str(folder / "journal.db"))
    counts: dict[str, Any] = {
        table: journal.execute(f"SELECT count(*) FROM {table}").get  # noqa: S608
        for table in PARTS
    }
    journal.close()
    return counts


def is_all_or_nothing(counts: dict[str, int]) -> bool:
    return len({bool(count) for count in counts.values()}) == 1


@pytest.mark.parametrize("statement", KILLS)
def test_killed_till_books_all_or_nothing(prepared: Path, tmp_path: Path, statement: int) -> None:
    folder = tmp_path / "till"
    shutil.copytree(prepared, folder)
    died = die(folder, statement)
    assert died.returncode in (-signal.SIGKILL, 0), died.stderr
    counts = found(folder)
    assert is_all_or_nothing(counts), counts
    # The same call again, in a new process: booked once, whatever was left.
    till = TillBuilder(folder)
    with till.open() as plugin:
        known = plugin.scan(card_number(1)).to_dict()["customer"]
        snapshot = killed_till.snapshot(known)
        receipt = plugin.sales.complete("S1", killed_till.COMPLETION, snapshot=snapshot)
        again = plugin.sales.complete("S1", killed_till.COMPLETION, snapshot=snapshot)
    assert isinstance(receipt, Receipt)
    assert isinstance(again, Receipt)
    assert receipt.to_dict() == again.to_dict()
    assert found(folder)["receipt"] == found(folder)["event"] == 1
    assert found(folder)["voucher"] == 1


def test_kills_reach_into_the_booking(prepared: Path, tmp_path: Path) -> None:
    folder = tmp_path / "till"
    shutil.copytree(prepared, folder)
    whole = die(folder, 10_000)
    statements = int(whole.stdout)
    assert sum(kill <= statements for kill in KILLS) >= 8
    assert max(KILLS) > statements


def test_torn_booking_would_be_noticed(prepared: Path, tmp_path: Path) -> None:
    """Negative control: without the one transaction a kill leaves half a receipt."""
    halves = 0
    for statement in (9, 13):
        folder = tmp_path / str(statement)
        shutil.copytree(prepared, folder)
        assert die(folder, statement, "torn").returncode == -signal.SIGKILL
        halves += not is_all_or_nothing(found(folder))
    assert halves


def test_full_disk_books_nothing_and_later_all(prepared: Path, tmp_path: Path) -> None:
    folder = tmp_path / "till"
    shutil.copytree(prepared, folder)
    till = TillBuilder(folder)
    with fillable_disk() as disk, till.open() as plugin:
        sale = plugin.begin_sale("S1")
        sale.scan(card_number(1))
        sale.scan("4711")
        total = sale.evaluate()
        disk.full = True
        refused = sale.complete(charged=total)
        assert refused == Refused(Refusal.JOURNAL_UNAVAILABLE)
        assert refused.text("de")
        # Evaluating goes on, and the next sale too.
        assert plugin.sales.evaluate(sale.snapshot()).total_minor == total.total_minor
        disk.full = False
        receipt = sale.complete(charged=total)
        assert isinstance(receipt, Receipt)
    assert found(folder)["receipt"] == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not delete an open file")
@pytest.mark.parametrize("name", ["journal.db", "journal.db-wal"])
def test_a_journal_that_was_taken_away_confirms_no_receipt(
    prepared: Path, tmp_path: Path, name: str
) -> None:
    folder = tmp_path / "till"
    shutil.copytree(prepared, folder)
    journal, away = folder / name, folder / "away.db"
    with TillBuilder(folder).open() as plugin:
        sale = plugin.begin_sale("S1")
        sale.scan("4711")
        sale.evaluate()
        journal.rename(away)
        assert sale.complete() == Refused(Refusal.JOURNAL_UNAVAILABLE)
        away.rename(journal)
        assert isinstance(sale.complete(), Receipt)
    assert found(folder)["receipt"] == 1


def test_event_says_what_the_tables_say(prepared: Path, tmp_path: Path) -> None:
    folder = tmp_path / "till"
    shutil.copytree(prepared, folder)
    die(folder, 10_000)
    journal = apsw.Connection(str(folder / "journal.db"))
    line: Any = journal.execute("SELECT line FROM event").get
    event = json.loads(line)
    body = event["body"]
    own = journal.execute("SELECT customer, key, delta FROM own_entry").fetchall()
    ledger = journal.execute("SELECT id, program, delta FROM ledger_entry").fetchall()
    totals = journal.execute("SELECT gross_minor, discount_minor, total_minor FROM receipt").get
    vouchers: Any = journal.execute("SELECT id, hex(code_hash) FROM voucher").fetchall()
    code: Any = journal.execute("SELECT document FROM print_job").get
    journal.close()
    assert event["touches"] == ["K1"]
    assert sorted((one["customer"], one["key"], one["delta"]) for one in body["entries"]) == own
    assert [(one["id"], one["program"], one["delta"]) for one in body["ledger"]] == ledger
    receipt = body["receipt"]
    assert (receipt["gross_minor"], receipt["discount_minor"], receipt["total_minor"]) == totals
    assert [(one["id"], one["code_hash"].upper()) for one in body["vouchers"]] == vouchers
    # The code itself is on the paper, never in what leaves the till.
    content = next(one for one in json.loads(code)["blocks"] if one["type"] == "code")["content"]
    assert content not in line.decode()


def test_one_process_has_a_data_folder(prepared: Path, tmp_path: Path) -> None:
    folder = tmp_path / "till"
    shutil.copytree(prepared, folder)
    till = TillBuilder(folder)
    with till.open():
        with pytest.raises(StorageBusy, match="another till process") as refused:
            till.open()
        assert "stammkunde serve" in refused.value.hint
        # Refused, not broken: the first one goes on.
    with till.open() as plugin:
        assert plugin.health()["till"] == "3"


def test_a_killed_process_lets_go_of_its_folder(prepared: Path, tmp_path: Path) -> None:
    folder = tmp_path / "till"
    shutil.copytree(prepared, folder)
    assert die(folder, 1).returncode == -signal.SIGKILL
    with TillBuilder(folder).open() as plugin:
        assert plugin.health()["till"] == "3"
