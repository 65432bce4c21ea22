"""Power fails while the till sells and the agent writes: what was confirmed stays, whole."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
from collections import Counter
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import apsw
import pytest
from power_cut import CUTS, SECTOR, SEED, cut_disk, cutting
from till_builder import BUCKET, NOON, BuiltPage, Put, TillBuilder, card_number
from voucher_till import make_voucher_till

from pos_plugin import Receipt
from pos_plugin.errors import StorageDamaged, StorageError
from pos_plugin.storage.cache_reader import CacheReader
from pos_plugin.storage.cache_writer import CacheWriter
from pos_plugin.storage.connect import READER, quick_check
from pos_plugin.storage.journal_writer import JournalWriter

if TYPE_CHECKING:
    from pathlib import Path

CUTS_A_RUN = 50
SALES = 75  # the log goes back into the file after about sixty
# The parts of a booking, each with the column that names its event.
PARTS = {
    "receipt": "seq",
    "receipt_line": "receipt",
    "own_entry": "seq",
    "ledger_entry": "seq",
    "voucher": "issued_seq",
}
PAGES = 40
PAGE_ROWS = 120
ROWS_A_CHECKPOINT = 700


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_voucher_till(tmp_path_factory.mktemp("till"))


@pytest.fixture(autouse=True)
def _no_memory_map(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a network drive: a file system written in Python maps nothing."""
    monkeypatch.setitem(READER, "mmap_size", 0)  # type: ignore[arg-type]


def sold_until_the_cuts(
    prepared: Path, folder: Path, *, seed: int, lies: bool = False, synchronous: int = 2
) -> list[tuple[Path, list[str]]]:
    """Sell; every image comes with the sales that were confirmed before it."""
    till = TillBuilder(folder / "till")
    shutil.copytree(prepared, till.data_dir, dirs_exist_ok=True)
    confirmed: list[str] = []
    with cut_disk(seed, lies=lies) as disk, till.open() as plugin:
        plugin._till.journal._connection.pragma("synchronous", synchronous)
        # About forty operations of the disk a sale.
        with cutting(
            disk, folder, lambda: list(confirmed), rate=0.012, cuts_max=CUTS_A_RUN
        ) as images:
            for number in range(SALES):
                sale = plugin.begin_sale(f"S{seed}-{number}")
                sale.scan(card_number(1))
                sale.scan("4711")
                sale.evaluate()
                assert isinstance(sale.complete(), Receipt)
                confirmed.append(f"S{seed}-{number}")
    return images


def verdict(image: Path, confirmed: list[str]) -> str:
    """Say what the cut cost: ``sound``, ``lost``, ``partial``, ``corrupt``, ``unopenable``."""
    try:
        journal = JournalWriter.open(image, at=NOON)
    except StorageDamaged:
        return "unopenable"
    except StorageError:
        return "corrupt"
    try:
        with journal.reading() as connection:
            if quick_check(connection) is not None:
                return "corrupt"
            sales: Any = connection.execute("SELECT sale_id FROM receipt ORDER BY seq").fetchall()
            events: Any = connection.execute("SELECT seq, line, hash FROM event").fetchall()
            rows: Any = {
                table: dict(connection.execute(f"SELECT {seq}, count(*) FROM {table} GROUP BY 1"))  # type: ignore[call-overload]  # noqa: S608
                for table, seq in PARTS.items()
            }
    except StorageDamaged:
        return "corrupt"
    finally:
        journal.close()
    if not set(confirmed) <= {sale for (sale,) in sales}:
        return "lost"
    if [seq for seq, _, _ in events] != list(range(1, len(sales) + 1)):
        return "partial"
    for seq, line, written in events:
        body = json.loads(line)["body"]
        told = {
            "receipt": 1,
            "receipt_line": 1,
            "own_entry": len(body["entries"]),
            "ledger_entry": len(body["ledger"]),
            "voucher": len(body["vouchers"]),
        }
        if told != {table: rows[table].get(seq, 0) for table in PARTS}:
            return "partial"
        if hashlib.sha256(line).digest() != written:
            return "corrupt"
    return "sound"


def journal_verdicts(prepared: Path, folder: Path, cuts: int, **disk: Any) -> Counter[str]:
    found: Counter[str] = Counter()
    seed = SEED
    while found.total() < cuts:
        run = folder / str(seed)
        run.mkdir()
        for image, confirmed in sold_until_the_cuts(prepared, run, seed=seed, **disk):
            found[verdict(image, confirmed)] += 1
        shutil.rmtree(run)
        seed += 1
    print(f"seeds {SEED} to {seed - 1}: {dict(found)}")  # noqa: T201
    return found


def test_power_cuts_lose_no_confirmed_receipt(prepared: Path, tmp_path: Path) -> None:
    found = journal_verdicts(prepared, tmp_path, CUTS)
    assert set(found) == {"sound"}, found


def test_power_cuts_with_synchronous_normal_would_lose_receipts(
    prepared: Path, tmp_path: Path
) -> None:
    """Negative control: the same disk, without a sync at each commit."""
    assert journal_verdicts(prepared, tmp_path, 20, synchronous=1)["lost"] >= 5


def test_power_cuts_of_a_lying_disk_are_seen(prepared: Path, tmp_path: Path) -> None:
    """Negative control: a disk that never synced what it said; no program can help."""
    found = journal_verdicts(prepared, tmp_path, 20, lies=True)
    assert found["sound"] < 10, found


def test_a_cut_loses_and_tears_only_what_was_not_synced(tmp_path: Path) -> None:
    with cut_disk(1) as disk:
        content = disk.content_of(tmp_path / "file")
        content.since.append((0, b"a" * 4 * SECTOR))
        content.sync()
        content.since.append((0, b"b" * 4 * SECTOR))
        left = {bytes(content.after_cut(random.Random(seed))) for seed in range(50)}  # noqa: S311
    assert {b"a" * 4 * SECTOR, b"b" * 4 * SECTOR} < left
    assert any(b"a" in one and b"b" in one for one in left)
    assert all(one[at : at + SECTOR] in (b"a" * SECTOR, b"b" * SECTOR)
               for one in left for at in range(0, 4 * SECTOR, SECTOR))  # fmt: skip


# --- the cache -----------------------------------------------------------------------------------


def page(number: int) -> BuiltPage:
    """Page ``number`` of the bucket: every article gets the number of the page as its price."""
    after = number * PAGE_ROWS
    row = {
        "name": "Artikel",
        "categories": [],
        "brand": None,
        "season": None,
        "tags": [],
        "markdown": False,
        "vat_rate_bp": 1900,
        "discountable": True,
    }
    changes = tuple(
        Put("article", {**row, "sku": f"A{one}", "unit_price_minor": number}, after + one + 1)
        for one in range(PAGE_ROWS)
    )
    return BuiltPage(after=after, changes=changes, checkpoint=after + PAGE_ROWS)


class CursorFirst(CacheWriter):
    """Negative control: the cursor is committed before the rows it stands for."""

    def apply_page(self, page: Any, *, at: Any) -> bool:
        super().apply_page(replace(page, changes=()), at=at)
        with self._transaction():
            for change in page.changes:
                self._apply(change, is_summed=False)
        # As the real one does it between two pages.
        self._checkpoint_sometimes(len(page.changes))
        return True


def cache_verdicts(folder: Path, cuts: int, writer_class: type[CacheWriter]) -> Counter[str]:
    found: Counter[str] = Counter()
    seed = SEED
    while found.total() < cuts:
        run = folder / str(seed)
        data = run / "data"
        data.mkdir(parents=True)
        CacheWriter.open(data).close()
        with cut_disk(seed) as disk, CacheWriter.open(data) as writer:
            writer.__class__ = writer_class
            with cutting(disk, run, lambda: None, rate=0.02, cuts_max=CUTS_A_RUN) as images:
                for number in range(PAGES):
                    writer.apply_page(page(number), at=NOON)
                    if number % (ROWS_A_CHECKPOINT // PAGE_ROWS) == 0:
                        writer._checkpoint_sometimes(4_000)
        for image, _ in images:
            shutil.copy(data / "cache.current", image)
            found[cache_verdict(image)] += 1
        shutil.rmtree(run)
        seed += 1
    print(f"seeds {SEED} to {seed - 1}: {dict(found)}")  # noqa: T201
    return found


def cache_verdict(image: Path) -> str:
    """Say how cursor and rows stand to each other: ``sound``, ``ahead``, ``corrupt``."""
    try:
        with CacheWriter.open(image), closing(CacheReader.open(image)) as cache:  # type: ignore[type-var]
            assert cache is not None
            if cache.quick_check() is not None:
                return "corrupt"
            cursor = cache.cursor(BUCKET)
            prices = {
                article["unit_price_minor"]
                for one in range(PAGE_ROWS)
                if (article := cache.article(f"A{one}")) is not None
            }
    except (StorageError, apsw.Error):
        return "corrupt"
    applied = cursor.position // PAGE_ROWS if cursor else 0
    return "sound" if prices == ({applied - 1} if applied else set()) else "ahead"


def test_power_cuts_leave_cursor_and_rows_of_the_cache_together(tmp_path: Path) -> None:
    found = cache_verdicts(tmp_path, max(CUTS // 4, 20), CacheWriter)
    assert set(found) == {"sound"}, found


def test_power_cuts_with_the_cursor_first_would_be_seen(tmp_path: Path) -> None:
    assert cache_verdicts(tmp_path, 40, CursorFirst)["ahead"] >= 1
