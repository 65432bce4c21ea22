"""A full disk step by step, and a journal that was damaged: the sale goes on."""

from __future__ import annotations

import json
import os
import shutil
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import apsw
import pytest
from till_builder import TillBuilder, card_number, points, voucher_promotion

from pos_plugin import Plugin, Receipt, Refused
from pos_plugin.errors import StorageDamaged
from pos_plugin.notices import Refusal
from pos_plugin.storage.ballast import NAME, SIZE_BYTES, Ballast
from pos_plugin.storage.connect import READER
from pos_plugin.storage.journal_swap import mark_damaged, mark_forked
from sync_agent.upkeep.file_check import damage_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SMALL = int(os.environ.get("STAMMKUNDE_BALLAST_MB", "6")) << 20
# The log takes its 4 MB whatever the size; 5,000 receipts must fit into what 32 MB leave.
LOG = 4_400_000
OTHERS = range(3, 103)
ENOUGH = 5_000 * (SMALL - LOG) // (SIZE_BYTES - LOG)


class _File(apsw.VFSFile):
    def __init__(self, disk: SmallDisk, name: Any, flags: Any) -> None:
        super().__init__(disk.base, name, flags)
        self._disk = disk
        # SQLite passes over a checkpoint that does not fit, but apsw would raise it as if the
        # commit had failed. What the file takes is missing for the log all the same.
        self._is_log = _path(name).endswith("-wal")

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - the name of SQLite
        grows = offset + len(data) > self.xFileSize()
        if self._is_log and grows and self._disk.is_full():
            raise apsw.FullError("database or disk is full")
        super().xWrite(data, offset)


def _path(name: Any) -> str:
    return str(name.filename() if isinstance(name, apsw.URIFilename) else name)


class SmallDisk(apsw.VFS):
    """A disk of so many bytes on which one folder lies; deleted files give their room back."""

    def __init__(self, folder: Path) -> None:
        self.base = apsw.vfs_names()[0]
        self._folder = folder
        self.room_bytes = 1 << 40
        super().__init__("small-disk", self.base, makedefault=True)

    def xOpen(self, name: Any, flags: Any) -> _File:  # noqa: N802
        return _File(self, name, flags)

    def used_bytes(self) -> int:
        return sum(path.stat().st_size for path in self._folder.rglob("*") if path.is_file())

    def is_full(self) -> bool:
        return self.used_bytes() > self.room_bytes


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    till = TillBuilder(tmp_path_factory.mktemp("till"))
    till.rules(points(), voucher_promotion())
    till.article("4711", 7999)
    for number in (1, 2):  # each gets one voucher, with the first sale that may issue it
        till.customer(f"K{number}", card=card_number(number), segments=["abc:C"])
    for number in OTHERS:  # what one customer has unsent is added up at each scan
        till.customer(f"K{number}", card=card_number(number))
    till.program()
    till.voucher_type()
    till.trigger()
    with till.open():
        pass
    return till.data_dir


@pytest.fixture
def till(prepared: Path, tmp_path: Path) -> TillBuilder:
    shutil.copytree(prepared, tmp_path / "till")
    return TillBuilder(tmp_path / "till")


@contextmanager
def small_disk(till: TillBuilder, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallDisk]:
    monkeypatch.setitem(READER, "mmap_size", 0)  # type: ignore[arg-type]
    disk = SmallDisk(till.data_dir)
    try:
        yield disk
    finally:
        disk.unregister()


def sell(plugin: Plugin, sale_id: str, *, customer: int = 1) -> Receipt | Refused:
    sale = plugin.begin_sale(sale_id)
    sale.scan(card_number(customer))
    sale.scan("4711")
    sale.evaluate()
    return sale.complete()


def codes(plugin: Plugin) -> list[str]:
    return [one["code"] for one in plugin.health()["notices"]]


def issued(receipt: Receipt | Refused) -> list[str]:
    assert isinstance(receipt, Receipt)
    return [one["code"] for one in receipt.to_dict()["effects"] if one["kind"] == "issue_voucher"]


def test_full_disk_goes_down_its_ladder_step_by_step(
    till: TillBuilder, monkeypatch: pytest.MonkeyPatch
) -> None:
    with small_disk(till, monkeypatch) as disk, till.open() as plugin:
        journal = plugin._till.journal
        journal.ballast = ballast = Ballast(till.data_dir, size_bytes=SMALL)
        plugin._counter._make_room = ballast.give_up
        assert ballast.ensure()
        voucher = issued(sell(plugin, "S0"))[0]
        disk.room_bytes = disk.used_bytes()
        # Step 2: the reserve is given up in the same call, and the receipt is booked.
        first = sell(plugin, "S1")
        sold = 1
        while not ballast.is_spent:
            first = sell(plugin, f"S{sold + 1}")
            sold += 1
            assert sold < 50
        assert isinstance(first, Receipt)
        assert not (till.data_dir / NAME).exists()
        assert codes(plugin) == ["disk_reserve"]
        # Nothing is spent and nothing is issued; points are still earned.
        sale = plugin.begin_sale("V")
        sale.scan(card_number(1))
        sale.scan("4711")
        sale.scan(voucher)
        told = sale.evaluate()
        assert [one.code for one in told.rejected.values()] == [Refusal.DISK_RESERVE]
        after = sell(plugin, "W", customer=2)
        assert issued(after) == []
        assert isinstance(after, Receipt)
        assert after.to_dict()["earned"]
        # Step 3: until the reserve is used up, too.
        receipts = 0
        while isinstance(
            done := sell(plugin, f"T{receipts}", customer=OTHERS[receipts % len(OTHERS)]), Receipt
        ):
            receipts += 1
            assert receipts < 50_000
        assert done == Refused(Refusal.JOURNAL_UNAVAILABLE)
        assert "journal_unavailable" in codes(plugin)
        print(f"{receipts} receipts from {SMALL >> 20} MB")  # noqa: T201
        assert receipts >= ENOUGH, receipts
        # Room again: the same sale is booked, and the reserve comes back.
        disk.room_bytes = 1 << 40
        assert isinstance(sell(plugin, f"T{receipts}"), Receipt)
        assert ballast.ensure()
        assert codes(plugin) == []
        assert issued(sell(plugin, "X", customer=2))
    with till.open() as plugin, plugin._till.journal.reading() as journal_file:
        count: Any = journal_file.execute("SELECT count(*) FROM receipt").get
        assert count == 1 + sold + 1 + receipts + 1 + 1


def test_without_ballast_the_first_full_write_stores_nothing(
    till: TillBuilder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: the ladder has no second step."""
    with small_disk(till, monkeypatch) as disk, till.open() as plugin:
        disk.room_bytes = disk.used_bytes()
        sold = 0
        while isinstance(done := sell(plugin, f"S{sold}"), Receipt):
            sold += 1
            assert sold < 50
        assert done == Refused(Refusal.JOURNAL_UNAVAILABLE)
        assert codes(plugin) == ["journal_unavailable"]


def test_given_up_reserve_is_remembered_over_a_restart(till: TillBuilder) -> None:
    ballast = Ballast(till.data_dir, size_bytes=SMALL)
    assert not ballast.give_up()  # there was none
    assert ballast.ensure()
    assert ballast.give_up()
    with till.open() as plugin:
        assert codes(plugin) == ["disk_reserve"]
    assert Ballast(till.data_dir, size_bytes=SMALL).ensure()
    with till.open() as plugin:
        assert codes(plugin) == []


def test_reserve_is_not_made_of_holes_and_only_where_it_fits(tmp_path: Path) -> None:
    ballast = Ballast(tmp_path, size_bytes=SMALL)
    assert ballast.ensure()
    stat = (tmp_path / NAME).stat()
    assert stat.st_size == SMALL
    assert stat.st_blocks * 512 >= SMALL
    assert stat.st_mode & 0o077 == 0
    too_large = Ballast(tmp_path / "x", size_bytes=SMALL)
    assert not too_large.ensure()  # no such folder
    free = shutil.disk_usage(tmp_path).free
    huge = Ballast(tmp_path, size_bytes=free)
    (tmp_path / NAME).unlink()
    assert not huge.ensure()


# --- damage --------------------------------------------------------------------------------------


def break_pages(till: TillBuilder) -> None:
    path = till.data_dir / "journal.db"
    with path.open("r+b") as journal:
        for page in range(3, path.stat().st_size // 4096, 5):
            journal.seek(page * 4096)
            journal.write(b"\xa5" * 4096)


def test_damaged_journal_moves_away_and_the_sale_goes_on(till: TillBuilder) -> None:
    with till.open() as plugin:
        assert isinstance(sell(plugin, "S1"), Receipt)
    break_pages(till)
    assert "journal.db" in damage_of(till.data_dir)  # the agent, at night
    with till.open() as plugin:
        assert codes(plugin) == ["journal_damaged"]
        assert isinstance(sell(plugin, "S2"), Receipt)
        assert "beschädigt" in plugin.health()["notices"][0]["text"]
    (moved,) = (till.data_dir / "damaged").iterdir()
    assert (moved / "journal.db").is_file()
    with closing(apsw.Connection(str(till.data_dir / "journal.db"))) as journal:
        assert journal.execute("SELECT reason, first_seq FROM epoch").fetchall() == [("damaged", 1)]
    with till.open() as plugin:  # the new one stays
        assert isinstance(sell(plugin, "S3"), Receipt)
    assert len(list((till.data_dir / "damaged").iterdir())) == 1


def test_journal_whose_first_page_is_gone_moves_away_without_a_mark(till: TillBuilder) -> None:
    path = till.data_dir / "journal.db"
    with path.open("r+b") as journal:
        journal.write(b"\xa5" * 4096)
    with till.open() as plugin:
        assert codes(plugin) == ["journal_damaged"]
        assert isinstance(sell(plugin, "S1"), Receipt)


def test_sound_journal_that_was_marked_stays(till: TillBuilder) -> None:
    """Negative control: a mark alone moves nothing."""
    with till.open() as plugin:
        assert isinstance(sell(plugin, "S1"), Receipt)
    mark_damaged(till.data_dir)
    for _ in range(2):
        with till.open() as plugin:
            assert codes(plugin) == []
    assert not (till.data_dir / "damaged").exists()


def test_database_of_another_program_is_not_moved(tmp_path: Path) -> None:
    till = TillBuilder(tmp_path / "till")
    with closing(apsw.Connection(str(till.data_dir / "journal.db"))) as other:
        other.execute("CREATE TABLE songs (title)")
    with pytest.raises(StorageDamaged, match="another program"):
        till.open()
    assert (till.data_dir / "journal.db").exists()


def test_forked_events_get_a_life_of_their_own_at_the_next_start(till: TillBuilder) -> None:
    with till.open() as plugin:
        for number in range(3):
            assert isinstance(sell(plugin, f"S{number}"), Receipt)
    mark_forked(till.data_dir, after=1)
    with till.open() as plugin:
        assert isinstance(sell(plugin, "S9"), Receipt)
    with closing(apsw.Connection(str(till.data_dir / "journal.db"))) as journal:
        lines: Any = journal.execute("SELECT line FROM event ORDER BY seq").fetchall()
        own: Any = journal.execute("SELECT DISTINCT epoch FROM own_entry WHERE seq > 1").fetchall()
        triggers: Any = journal.execute(
            "SELECT count(*) FROM sqlite_schema WHERE type = 'trigger'"
        ).get
    events = [json.loads(line) for (line,) in lines]
    first, second = events[0]["epoch"], events[1]["epoch"]
    assert [event["epoch"] for event in events] == [first, second, second, second]
    assert [event.get("origin") for event in events] == [None, [first, 2], [first, 3], None]
    assert own == [(second,)]
    assert triggers > 50  # facts are facts again
