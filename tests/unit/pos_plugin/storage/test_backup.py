"""Copies of the journal: whole, opened where they lie, and put back without counting twice."""

from __future__ import annotations

import hashlib
import json
import resource
import shutil
from contextlib import closing
from typing import TYPE_CHECKING, Any

import apsw
import pytest
from till_builder import NOON, SHOP, TillBuilder, card_number
from voucher_till import make_voucher_till

from pos_plugin import Plugin, Receipt
from pos_plugin.clock import SettableClock
from pos_plugin.errors import MisuseError, StorageBusy, StorageDamaged, StorageError
from pos_plugin.storage import restore as storage_restore
from pos_plugin.storage.backup import Source, copies, read_record, take_backup, verify
from pos_plugin.storage.cache_writer import CacheWriter
from pos_plugin.storage.epochs import held_up_to
from pos_plugin.storage.journal_swap import READY
from pos_plugin.storage.restore import restore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_voucher_till(tmp_path_factory.mktemp("till"))


@pytest.fixture
def till(prepared: Path, tmp_path: Path) -> TillBuilder:
    shutil.copytree(prepared, tmp_path / "till")
    (tmp_path / "disk").mkdir()
    return TillBuilder(tmp_path / "till")


def source(till: TillBuilder) -> Source:
    return Source(data_dir=till.data_dir, shop=SHOP, till="3", config_path=till.config_path)


def sell(plugin: Plugin, *sale_ids: str) -> None:
    for sale_id in sale_ids:
        sale = plugin.begin_sale(sale_id)
        sale.scan(card_number(1))
        sale.scan("4711")
        sale.evaluate()
        assert isinstance(sale.complete(), Receipt)


def back_up(till: TillBuilder, tmp_path: Path, **wish: Any) -> Path:
    till.clock.advance(seconds=60)
    return take_backup(source(till), tmp_path / "disk", at=till.clock.now(), **wish)


def put_back(till: TillBuilder, folder: Path) -> Any:
    return restore(folder, till.data_dir, shop=SHOP, till="3", at=till.clock.now())


def rows(till: TillBuilder, question: str) -> list[Any]:
    with closing(apsw.Connection(str(till.data_dir / "journal.db"))) as journal:
        return journal.execute(question).fetchall()


def sales(till: TillBuilder) -> list[str]:
    return [sale for (sale,) in rows(till, "SELECT sale_id FROM receipt ORDER BY seq")]


def laws(till: TillBuilder) -> None:
    """What holds in every journal: an unbroken chain, rows whole and under one epoch."""
    before = None
    for seq, epoch, line, digest in rows(till, "SELECT seq, epoch, line, hash FROM event"):
        event = json.loads(line)
        assert (event["seq"], event["epoch"]) == (seq, epoch)
        assert event["prev_hash"] == before
        before = digest.hex()
        for table in ("own_entry", "voucher_event", "ledger_entry"):
            found = rows(till, f"SELECT DISTINCT epoch FROM {table} WHERE seq = {seq}")  # noqa: S608
            assert found in ([], [(epoch,)]), table
    assert rows(till, "SELECT * FROM pragma_foreign_key_check") == []
    assert rows(till, "PRAGMA quick_check") == [("ok",)]


@pytest.fixture
def sold(till: TillBuilder) -> Iterator[Plugin]:
    with till.open() as plugin:
        sell(plugin, "S1", "S2")
        yield plugin


def test_copy_beside_a_selling_till_holds_every_confirmed_receipt(
    till: TillBuilder, sold: Plugin, tmp_path: Path
) -> None:
    folder = back_up(till, tmp_path)
    sell(sold, "S3")
    copy = verify(folder)
    assert copy.last_seq == 2
    assert {path.name for path in folder.iterdir()} == {"backup.json", "journal.db", "till.toml"}
    assert all(path.stat().st_mode & 0o077 == 0 for path in (folder, *folder.iterdir()))
    assert read_record(till.data_dir)["folder"] == str(folder)


@pytest.mark.usefixtures("sold")
@pytest.mark.usefixtures("sold")
def test_copy_of_the_file_without_its_log_is_found_out(till: TillBuilder, tmp_path: Path) -> None:
    """Negative control: what a file copy programme would bring."""
    folder = back_up(till, tmp_path)
    (last,) = rows(till, "SELECT epoch, seq, hash FROM event ORDER BY seq DESC LIMIT 1")
    assert verify(folder, wanted=last).last_seq == 2
    plain = tmp_path / "plain.db"
    shutil.copy(till.data_dir / "journal.db", plain)
    shutil.copy(plain, folder / "journal.db")
    with pytest.raises(StorageDamaged, match="last event is another one"):
        verify(folder, wanted=last)
    # Even when its own manifest says so.
    manifest = json.loads((folder / "backup.json").read_text())
    with closing(apsw.Connection(str(plain))) as journal:
        epoch = journal.execute("SELECT epoch FROM epoch").get
    manifest |= {"last_seq": 0, "last_hash": "", "epoch": epoch or 0}
    (folder / "backup.json").write_text(json.dumps(manifest))
    with pytest.raises(StorageDamaged, match="older than the journal was"):
        verify(folder, wanted=last)


@pytest.mark.usefixtures("sold")
@pytest.mark.parametrize("page", [0, 3, 20, 41])
@pytest.mark.usefixtures("sold")
def test_damaged_copy_is_found_out(till: TillBuilder, tmp_path: Path, page: int) -> None:
    folder = back_up(till, tmp_path)
    with (folder / "journal.db").open("r+b") as copy:
        copy.seek(page * 4096)
        copy.write(b"\xa5" * 4096)
    with pytest.raises(StorageDamaged):
        verify(folder)


@pytest.mark.usefixtures("sold")
@pytest.mark.usefixtures("sold")
def test_changed_event_of_a_copy_is_found_out(till: TillBuilder, tmp_path: Path) -> None:
    folder = back_up(till, tmp_path)
    with closing(apsw.Connection(str(folder / "journal.db"))) as copy:
        copy.execute("DROP TRIGGER event_is_not_changed")
        line: Any = copy.execute("SELECT line FROM event WHERE seq = 1").get
        other = line.replace(b'"S1"', b'"SX"')
        # Whoever changes the line and its hash breaks the chain at the next event.
        copy.execute(
            "UPDATE event SET line = ?, hash = ? WHERE seq = 1",
            (other, hashlib.sha256(other).digest()),
        )
    with pytest.raises(StorageDamaged, match="event 2 is not what was written"):
        verify(folder)


@pytest.mark.usefixtures("sold")
@pytest.mark.usefixtures("sold")
def test_seven_copies_are_kept_and_only_after_a_new_one(till: TillBuilder, tmp_path: Path) -> None:
    foreign = tmp_path / "disk" / "holiday"
    foreign.mkdir()
    (tmp_path / "disk" / "stammkunde-001-3-20260101T000000000Z.partial").mkdir()
    made = [back_up(till, tmp_path, kept=3) for _ in range(5)]
    assert copies(tmp_path / "disk", source(till)) == made[-3:]
    assert {path.name for path in (tmp_path / "disk").iterdir()} == {
        "holiday",
        *(one.name for one in made[-3:]),
    }


@pytest.mark.usefixtures("sold")
@pytest.mark.usefixtures("sold")
def test_missing_disk_is_said_and_the_copies_stay(till: TillBuilder, tmp_path: Path) -> None:
    folder = back_up(till, tmp_path)
    (tmp_path / "disk").rename(tmp_path / "unplugged")
    with pytest.raises(StorageError, match="no folder"):
        back_up(till, tmp_path)
    record = read_record(till.data_dir)
    assert "no folder" in record["failure"]
    assert record["folder"] == str(folder)
    (tmp_path / "unplugged").rename(tmp_path / "disk")
    back_up(till, tmp_path)
    assert "failure" not in read_record(till.data_dir)


@pytest.mark.usefixtures("sold")
@pytest.mark.usefixtures("sold")
def test_full_disk_leaves_no_copy_with_a_name(till: TillBuilder, tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, before[1]))
    try:
        with pytest.raises(StorageError):
            back_up(till, tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert copies(tmp_path / "disk", source(till)) == []
    back_up(till, tmp_path)
    assert len(list((tmp_path / "disk").iterdir())) == 1


# --- restore -------------------------------------------------------------------------------------


def test_restore_brings_copied_and_readable_receipts_none_twice(
    till: TillBuilder, tmp_path: Path
) -> None:
    with till.open() as plugin:
        sell(plugin, "S1", "S2")
        folder = back_up(till, tmp_path)
        sell(plugin, "S3")
        with pytest.raises(StorageBusy, match="till"):
            put_back(till, folder)
    vouchers = rows(till, "SELECT id, state FROM voucher ORDER BY id")
    done = put_back(till, folder)
    assert (done.events, done.replayed, done.unreadable, done.missing_since) == (3, 1, 0, None)
    assert sales(till) == ["S1", "S2", "S3"]
    assert rows(till, "SELECT id, state FROM voucher ORDER BY id") == vouchers
    laws(till)
    # Nothing was acknowledged, so everything is sent again, under a new epoch, with its origin.
    epochs = rows(till, "SELECT epoch, reason, first_seq, rekeyed_to FROM epoch ORDER BY opened_at")
    assert [one[1:] for one in epochs] == [("new", 1, 0), ("restored", 1, 3)]
    lines = [json.loads(line) for (line,) in rows(till, "SELECT line FROM event ORDER BY seq")]
    assert [event["origin"] for event in lines] == [[epochs[0][0], seq] for seq in (1, 2, 3)]
    assert {event["epoch"] for event in lines} == {epochs[1][0]}
    with till.open() as plugin:
        sell(plugin, "S4")
        with pytest.raises(MisuseError, match="completed already"):
            plugin.begin_sale("S3").evaluate()
    assert sales(till) == ["S1", "S2", "S3", "S4"]
    laws(till)


def test_restore_of_a_lost_disk_says_since_when_receipts_may_be_missing(
    till: TillBuilder, tmp_path: Path
) -> None:
    with till.open() as plugin:
        sell(plugin, "S1")
        folder = back_up(till, tmp_path)
        copied_at = verify(folder).taken_at
        sell(plugin, "S2")
    for path in till.data_dir.glob("journal.db*"):
        path.unlink()
    with till.open() as plugin:  # the new disk: the sale goes on before anybody restores
        sell(plugin, "S3")
    till.clock.advance(seconds=60)
    done = put_back(till, folder)
    assert (done.events, done.replayed, done.missing_since) == (2, 1, copied_at)
    assert sales(till) == ["S1", "S3"]
    laws(till)
    assert put_back(till, folder).replayed == 1  # a second time, from the journal in place
    assert sales(till) == ["S1", "S3"]
    laws(till)


def test_restore_over_a_damaged_journal_takes_what_can_be_read(
    till: TillBuilder, tmp_path: Path
) -> None:
    with till.open() as plugin:
        sell(plugin, "S1", "S2")
        folder = back_up(till, tmp_path)
        sell(plugin, *(f"S{number}" for number in range(3, 30)))
    path = till.data_dir / "journal.db"
    pages = path.stat().st_size // 4096
    with path.open("r+b") as journal:
        for page in range(pages // 2, pages, pages // 8):
            journal.seek(page * 4096)
            journal.write(b"\xa5" * 4096)
    done = put_back(till, folder)
    assert done.replayed + done.unreadable >= 27
    assert done.replayed > 5
    assert done.missing_since is not None
    events = rows(till, "SELECT count(*) FROM event")[0][0]
    assert events == done.events == 2 + done.replayed
    laws(till)
    with till.open() as plugin:
        sell(plugin, "S99")
    laws(till)


def test_old_acknowledgement_says_nothing_of_the_same_numbers_after_a_restore(
    till: TillBuilder, tmp_path: Path
) -> None:
    """What is spent offline is counted from there: a wrong number would lift the caps."""
    with till.open() as plugin:
        sell(plugin, "S1")
        folder = back_up(till, tmp_path)
        old = plugin._till.journal.epoch
    with CacheWriter.open(till.data_dir) as cache:
        cache.set_acked(old, 40, incarnation="x")  # 39 more were uploaded before the disk died
    (till.data_dir / "journal.db").unlink()
    put_back(till, folder)
    with till.open() as plugin:
        sell(plugin, "S2", "S3")
        with plugin._till.journal.reading() as journal:
            assert held_up_to(journal, plugin._till.cache.reader()) == 1


def erased_and_restored(till: TillBuilder, tmp_path: Path) -> bool:
    """Erase somebody after a copy was taken, restore it, say whether the name is back."""
    with till.open() as plugin:
        made = plugin.customers.create({"request_id": "c1", "name": "Wilhelmine Unverkennbar"})
        assert isinstance(made, Receipt)
        folder = back_up(till, tmp_path)
        assert isinstance(plugin.customers.erase(str(made.values["customer"])), Receipt)
    put_back(till, folder)
    with till.open():
        pass
    laws(till)
    return b"Unverkennbar" in (till.data_dir / "journal.db").read_bytes()


def test_person_erased_since_the_copy_does_not_come_back(till: TillBuilder, tmp_path: Path) -> None:
    assert not erased_and_restored(till, tmp_path)


def test_person_would_come_back_if_nobody_erased_again(
    till: TillBuilder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control."""
    monkeypatch.setattr(storage_restore, "_forget_the_erased", lambda _db, _at: None)
    assert erased_and_restored(till, tmp_path)


def test_copy_of_another_till_is_refused(till: TillBuilder, sold: Plugin, tmp_path: Path) -> None:
    folder = back_up(till, tmp_path)
    sold.close()
    with pytest.raises(StorageError, match="is of till 3 in shop 001"):
        restore(folder, till.data_dir, shop=SHOP, till="4", at=NOON)
    assert sales(till) == ["S1", "S2"]


def test_restore_that_is_cut_off_is_finished_at_the_next_start(
    till: TillBuilder, tmp_path: Path
) -> None:
    with till.open() as plugin:
        sell(plugin, "S1")
        folder = back_up(till, tmp_path)
    put_back(till, folder)
    # Power fails after the journal is ready, and again while the old one moves away.
    journal = till.data_dir / "journal.db"
    shutil.copy(journal, till.data_dir / READY)
    (till.data_dir / "journal.db-wal").write_bytes(b"of another file")
    with till.open() as plugin:
        sell(plugin, "S2")
    assert sales(till) == ["S1", "S2"]
    assert not (till.data_dir / READY).exists()
    laws(till)


def test_tills_clock_that_went_back_keeps_the_lives_in_order(
    till: TillBuilder, tmp_path: Path
) -> None:
    with till.open() as plugin:
        sell(plugin, "S1")
        folder = back_up(till, tmp_path)
    past = SettableClock(NOON)
    past.advance(days=-400)
    restore(folder, till.data_dir, shop=SHOP, till="3", at=past.now())
    with till.open() as plugin:
        sell(plugin, "S2")
    (newest,) = rows(till, "SELECT epoch FROM event ORDER BY seq DESC LIMIT 1")
    assert rows(till, "SELECT epoch FROM epoch WHERE reason = 'restored'") == [newest]
    laws(till)
