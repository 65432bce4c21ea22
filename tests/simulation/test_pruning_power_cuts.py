"""Power fails while old events leave the journal: each is whole or empty, as `pruning` says."""

from __future__ import annotations

import datetime as dt
import hashlib
import shutil
from collections import Counter
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from power_cut import CUTS, SEED, cut_disk, cutting
from till_builder import BUCKET, NOON, TillBuilder, unit_discount

from pos_plugin import Receipt
from pos_plugin.errors import StorageError
from pos_plugin.storage import pruning
from pos_plugin.storage.cache_reader import CacheReader
from pos_plugin.storage.cache_writer import CacheWriter
from pos_plugin.storage.connect import READER, quick_check
from pos_plugin.storage.journal_writer import JournalWriter

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LATER = NOON + dt.timedelta(days=15)
SALES = 3 * pruning.AT_ONCE
CUTS_A_RUN = 30


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    till = TillBuilder(tmp_path_factory.mktemp("till"))
    till.rules(unit_discount("ZEHN", 1000))
    with till.open() as plugin:
        for number in range(SALES):
            sale = plugin.begin_sale(f"S{number}")
            for line in range(6):
                sale.add_line(sku=f"A{line}", quantity_milli=1000, unit_price_minor=1000 + line)
            sale.evaluate()
            assert isinstance(sale.complete(), Receipt)
        epoch = plugin._till.journal.epoch
    till.article("4711", 1000)  # a first page of the bucket
    with CacheWriter.open(till.data_dir) as cache:
        cache.set_acked(epoch, SALES, incarnation="test", durable_seq=SALES)
    return till.data_dir


@pytest.fixture(autouse=True)
def _no_memory_map(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a network drive: a file system written in Python maps nothing."""
    monkeypatch.setitem(READER, "mmap_size", 0)  # type: ignore[arg-type]


def prune(journal: JournalWriter, cache: CacheReader) -> int:
    return pruning.prune(journal, cache, bucket=BUCKET, at=LATER)


def say_first(journal: JournalWriter, cache: CacheReader) -> int:
    """Negative control: what is gone is said in one transaction, and goes in the next."""
    emptied: list[dict[str, int]] = []
    empty, pruning._empty = pruning._empty, lambda _journal, **of: emptied.append(of)
    try:
        count = prune(journal, cache)
    finally:
        pruning._empty = empty
    for of in emptied:
        with journal.rewriting() as connection:
            pruning._empty(connection, **of)
    return count


def pruned_until_the_cuts(
    prepared: Path, folder: Path, *, seed: int, step: Callable[[JournalWriter, CacheReader], int]
) -> list[tuple[Path, int]]:
    """Prune; every image comes with how many events were gone before it."""
    data = folder / "till"
    shutil.copytree(prepared, data)
    gone = 0
    with cut_disk(seed) as disk:
        cache = CacheReader.open(data)
        assert cache is not None
        with cache, closing(JournalWriter.open(data, at=LATER)) as journal:
            known = cutting(disk, folder, lambda: gone, rate=0.1, cuts_max=CUTS_A_RUN)
            with known as images:
                while count := step(journal, cache):
                    gone += count
    assert gone == SALES
    return images


def verdict(image: Path, gone: int) -> str:
    """Say what the cut did: ``sound``, ``lost``, ``partial``, ``back``, ``corrupt``."""
    try:
        journal = JournalWriter.open(image, at=LATER)
    except StorageError:
        return "corrupt"
    with closing(journal), journal.reading() as connection:
        if quick_check(connection) is not None:
            return "corrupt"
        events: Any = connection.execute("SELECT seq, line, hash FROM event").fetchall()
        receipts: Any = connection.execute(
            "SELECT count(*) FROM receipt JOIN event USING (seq)"
        ).get
        up_to: Any = connection.execute("SELECT coalesce(max(up_to_seq), 0) FROM pruning").get
    if [seq for seq, _, _ in events] != list(range(1, SALES + 1)) or receipts != SALES:
        return "lost"
    if any((line == b"") is not (seq <= up_to) for seq, line, _ in events):
        return "partial"
    if any(line and hashlib.sha256(line).digest() != written for _, line, written in events):
        return "corrupt"
    return "sound" if up_to >= gone else "back"


def verdicts(
    prepared: Path,
    folder: Path,
    cuts: int,
    step: Callable[[JournalWriter, CacheReader], int] = prune,
) -> Counter[str]:
    found: Counter[str] = Counter()
    seed = SEED
    while found.total() < cuts:
        run = folder / str(seed)
        run.mkdir()
        for image, gone in pruned_until_the_cuts(prepared, run, seed=seed, step=step):
            found[verdict(image, gone)] += 1
        shutil.rmtree(run)
        seed += 1
    print(f"seeds {SEED} to {seed - 1}: {dict(found)}")  # noqa: T201
    return found


def test_power_cuts_leave_each_event_whole_or_pruned(prepared: Path, tmp_path: Path) -> None:
    found = verdicts(prepared, tmp_path, CUTS)
    assert set(found) == {"sound"}, found


def test_pruning_in_two_transactions_would_be_seen(prepared: Path, tmp_path: Path) -> None:
    assert verdicts(prepared, tmp_path, 60, say_first)["partial"] >= 3
