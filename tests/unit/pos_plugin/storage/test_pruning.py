"""Pruning gives pages back, and leaves all or nothing when it is cut off."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from till_builder import BUCKET, NOON, TillBuilder, unit_discount

from pos_plugin import Receipt
from pos_plugin.storage import pruning
from pos_plugin.storage.cache_writer import CacheWriter

if TYPE_CHECKING:
    from pathlib import Path

    import apsw

    from pos_plugin import Plugin

LATER = NOON + dt.timedelta(days=15)
SALES = 30


class CutError(Exception):
    """The power goes."""


@pytest.fixture
def till(tmp_path: Path) -> TillBuilder:
    till = TillBuilder(tmp_path / "till")
    till.rules(unit_discount("ZEHN", 1000))
    with till.open() as plugin:
        for number in range(SALES):
            sale = plugin.begin_sale(f"S{number}")
            for line in range(18):
                sale.add_line(sku=f"A{line}", quantity_milli=1000, unit_price_minor=1000 + line)
            sale.evaluate()
            assert isinstance(sale.complete(), Receipt)
        epoch = plugin._till.journal.epoch
    till.article("4711", 1000)  # a first page of the bucket
    with CacheWriter.open(till.data_dir) as cache:
        cache.set_acked(epoch, SALES, incarnation="test", durable_seq=SALES)
    return till


def prune(plugin: Plugin) -> int:
    cache = plugin._till.cache.reader()
    assert cache is not None
    return pruning.prune(plugin._till.journal, cache, bucket=BUCKET, at=LATER)


def facts(journal: apsw.Connection) -> list[Any]:
    return [
        journal.execute("SELECT seq, epoch, uid, kind, line, hash FROM event").fetchall(),
        journal.execute("SELECT * FROM pruning").fetchall(),
        journal.pragma("foreign_keys"),
    ]


def free_bytes(journal: apsw.Connection) -> int:
    return int(journal.pragma("freelist_count")) * int(journal.pragma("page_size"))


def line_bytes(journal: apsw.Connection) -> int:
    count: Any = journal.execute("SELECT sum(length(line)) FROM event").get
    return int(count)


def test_most_of_the_pages_come_back(till: TillBuilder) -> None:
    with till.open() as plugin:
        with plugin._till.journal.reading() as journal:
            wanted = line_bytes(journal) * 0.8
        assert [prune(plugin), prune(plugin), prune(plugin)] == [pruning.AT_ONCE, 5, 0]
        with plugin._till.journal.reading() as journal:
            assert free_bytes(journal) > wanted
            assert journal.execute("PRAGMA foreign_key_check").fetchall() == []
            count: Any = journal.execute("SELECT count(*) FROM receipt JOIN event USING (seq)").get
    assert count == SALES


def test_lines_that_only_become_shorter_would_keep_theirs(till: TillBuilder) -> None:
    """Negative control of the test above: what an UPDATE in place frees is not enough."""
    with till.open() as plugin, plugin._till.journal.rewriting() as journal:
        wanted = line_bytes(journal) * 0.8
        journal.execute("DROP TRIGGER event_is_not_changed")
        journal.execute("UPDATE event SET line = x''")
        assert free_bytes(journal) < wanted
        journal.execute("ROLLBACK")
        journal.execute("BEGIN")


@pytest.mark.parametrize("statement", range(1, 60, 9))
def test_cut_off_at_any_statement_nothing_is_gone(till: TillBuilder, statement: int) -> None:
    with till.open() as plugin:
        with plugin._till.journal.reading() as journal:
            before = facts(journal)
            left = statement

            def cut(_cursor: object, sql: str, _values: object) -> bool:
                nonlocal left
                counts = not sql.startswith("ROLLBACK")
                left -= counts
                if counts and left == 0:
                    raise CutError
                return True

            journal.exec_trace = cut
        with pytest.raises(CutError):
            prune(plugin)
        with plugin._till.journal.reading() as journal:
            journal.exec_trace = None
            assert facts(journal) == before
        assert prune(plugin) == pruning.AT_ONCE
