"""Old events go from the journal when head office and its backup have them; nothing is missed."""

from __future__ import annotations

import datetime as dt
import shutil
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import apsw
import pytest
from head_office_site import ANNA, ARTICLE, PROGRAM, Site
from sqlalchemy import text
from till_builder import card_number, points
from waiting import until

from head_office.backup import back_up
from head_office.till.status import known_tills
from pos_plugin import Plugin, Receipt
from pos_plugin.clock import SettableClock, SystemClock
from pos_plugin.limits import INT64_MAX
from pos_plugin.storage import pruning
from pos_plugin.storage.backup import Source, take_backup
from pos_plugin.storage.cache_reader import CacheReader
from pos_plugin.storage.cache_writer import CacheWriter
from pos_plugin.storage.connect import cache_path
from pos_plugin.storage.restore import restore
from sync_agent.agent import Agent
from sync_agent.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CARD = {"code": card_number(1), "customer": "K1"}
UNKNOWN_CARD = card_number(77)
BUCKET = "shop:001"
WITHIN_S = 60


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    site.publish(points())
    site.load(article=[ARTICLE], program=[PROGRAM], customer=[ANNA], card=[CARD])
    with site.served() as url:
        site.url = url
        site.add_till("3")
        synced(site)
        yield site


def synced(site: Site) -> dict[str, str]:
    """An agent that does what there is to do, and says how it is."""
    with Agent(read_settings(site.till_dir() / "till.toml"), SystemClock()) as agent:
        agent.cycle()
        agent.cycle()
        agent.report_when_due()
        return dict(agent.status.problems)


@contextmanager
def opened(site: Site, *, days: int = 0) -> Iterator[Plugin]:
    clock = SettableClock(SystemClock().now() + dt.timedelta(days=days))
    with Plugin.open(site.till_dir() / "till.toml", clock=clock) as plugin:
        yield plugin


def sell(site: Site, *sale_ids: str, card: str = card_number(1)) -> None:
    with opened(site) as plugin:
        for sale_id in sale_ids:
            sale = plugin.begin_sale(sale_id)
            sale.scan(card)
            sale.scan("4711")
            sale.evaluate()
            assert isinstance(sale.complete(), Receipt)


def copy_head_office(site: Site) -> None:
    with site.database() as database:
        back_up(database, site.folder / "copies", now=SystemClock().now())
    synced(site)  # hears of it with the answer to its report


def prune(site: Site, *, days: int = 15) -> int:
    """What a till does that has nothing else to do, so many days later."""
    with opened(site, days=days) as plugin:
        cache = plugin._till.cache.reader()
        assert cache is not None
        at = plugin._till.clock.now()
        return pruning.prune(plugin._till.journal, cache, bucket=BUCKET, at=at)


def rows(site: Site, sql: str) -> list[tuple[Any, ...]]:
    with closing(apsw.Connection(str(site.till_dir() / "journal.db"))) as journal:
        return list(journal.execute(sql))


def shown(site: Site) -> tuple[int, bool]:
    with opened(site) as plugin:
        [balance] = plugin.scan(card_number(1)).to_dict()["panel"]["balances"]
        return balance["value"], balance["unknown"]


def points_at_head_office(site: Site) -> int:
    with site.database() as database, database.read() as connection:
        value = connection.execute(
            text("SELECT value FROM balance WHERE customer = 'K1' AND account = 'points'")
        )
        return int(value.scalar() or 0)


def durable_site(site: Site) -> None:
    sell(site, "S1", "S2", "S3")
    assert synced(site) == {}
    copy_head_office(site)


def test_events_that_head_office_has_for_good_go_by_themselves(site: Site) -> None:
    durable_site(site)
    sell(site, "S4")
    synced(site)  # there, but in no backup
    with opened(site, days=15):
        until(
            lambda: rows(site, "SELECT up_to_seq FROM pruning") == [(3,)],
            within_s=WITHIN_S,
            what="the idle till prunes",
        )
    lengths = rows(site, "SELECT seq, length(line) > 0, length(hash) FROM event ORDER BY seq")
    assert lengths == [(1, 0, 32), (2, 0, 32), (3, 0, 32), (4, 1, 32)]
    assert shown(site) == (4 * 79, False)
    assert synced(site) == {}
    with site.database() as database, database.read() as connection:
        [known] = known_tills(connection)
    [(epoch,)] = rows(site, "SELECT epoch FROM epoch")
    assert known.report["pruned_seq"] == [[epoch, 3]]


def test_nothing_goes_before_all_conditions_hold(site: Site) -> None:
    sell(site, "S1")
    assert prune(site) == 0  # not uploaded
    synced(site)
    assert prune(site) == 0  # in no backup
    copy_head_office(site)
    assert prune(site, days=13) == 0  # too young
    path = cache_path(site.till_dir())
    assert path is not None
    with CacheWriter.open(site.till_dir()) as writer:
        writer.note_durable({}, incarnation="x")
        writer._connection.execute("UPDATE cursor SET synced_at = synced_at || ' '")
        assert prune(site) == 0  # what it says could be lost with its log
        writer.settle()
        assert prune(site) == 1


def test_what_head_office_could_not_count_stays_with_all_behind_it(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    sell(site, "S1")
    synced(site)
    with site.database() as database, database.write() as connection:
        # The points of S2 would leave the range: head office keeps the event and counts nothing.
        connection.execute(
            text("UPDATE balance SET value = :most WHERE customer = 'K1'"), {"most": INT64_MAX}
        )
    sell(site, "S2", "S3")
    synced(site)
    copy_head_office(site)
    assert prune(site) == 1
    assert prune(site) == 0
    # Negative control: without the look at what is counted they would go.
    monkeypatch.setattr(pruning, "_is_counted", lambda *_args, **_kinds: True)
    assert prune(site) == 2


def test_a_card_that_nobody_knows_does_not_keep_the_journal(site: Site) -> None:
    sell(site, "S1", card=UNKNOWN_CARD)
    sell(site, "S2")
    synced(site)
    copy_head_office(site)
    assert prune(site) == len(rows(site, "SELECT seq FROM event"))


def test_an_old_sale_can_still_be_voided_and_returned(site: Site) -> None:
    durable_site(site)
    assert prune(site) == 3
    with opened(site) as plugin:
        assert isinstance(plugin.sales.void("S1", {}), Receipt)
        goods = {"return_id": "R1", "lines": [{"line_id": "1", "quantity_milli": 1000}]}
        assert isinstance(plugin.sales.return_items("S2", goods), Receipt)
    assert shown(site) == (79, False)
    assert synced(site) == {}
    assert points_at_head_office(site) == 79
    assert shown(site) == (79, False)


@pytest.mark.parametrize("is_before", [True, False], ids=["older copy", "pruned copy"])
def test_a_restored_journal_counts_nothing_twice(site: Site, *, is_before: bool) -> None:
    durable_site(site)
    if not is_before:
        assert prune(site) == 3
    disk = site.folder / "disk"
    disk.mkdir()
    source = Source(data_dir=site.till_dir(), shop="001", till="3")
    folder = take_backup(source, disk, at=SystemClock().now())  # opens and verifies the copy
    if is_before:
        assert prune(site) == 3
    sell(site, "S4")
    synced(site)
    sell(site, "S5")
    restore(folder, site.till_dir(), shop="001", till="3", at=SystemClock().now())
    assert synced(site) == {}
    assert points_at_head_office(site) == 5 * 79
    assert shown(site) == (5 * 79, False)


def test_an_agent_that_lost_its_cache_sends_nothing_that_is_gone(site: Site) -> None:
    durable_site(site)
    assert prune(site) == 3
    sell(site, "S4")
    for path in site.till_dir().glob("cache*"):
        path.unlink()
    assert synced(site) == {}
    assert points_at_head_office(site) == 4 * 79
    assert shown(site) == (4 * 79, False)


def test_an_older_cache_shows_no_sum(site: Site) -> None:
    sell(site, "S1")
    synced(site)
    path = cache_path(site.till_dir())
    assert path is not None
    old = site.folder / "old.db"
    shutil.copy(path, old)
    sell(site, "S2", "S3")
    synced(site)
    copy_head_office(site)
    assert prune(site) == 3
    assert shown(site) == (3 * 79, False)
    shutil.copy(old, path)
    assert shown(site) == (0, True)
    assert synced(site) == {}
    assert shown(site) == (3 * 79, False)


def test_head_office_may_drop_what_the_till_has_pruned(site: Site) -> None:
    durable_site(site)

    def drop() -> None:
        with CacheWriter.open(site.till_dir()) as writer:
            for table in ("balance", "customer_counter"):
                writer._connection.execute(f"UPDATE {table} SET folded = '[]'")  # noqa: S608

    drop()
    # Negative control: before it pruned, the till would count its entries a second time.
    assert shown(site)[0] == 6 * 79
    for path in site.till_dir().glob("cache*"):
        path.unlink()
    synced(site)
    copy_head_office(site)
    assert prune(site) == 3
    drop()
    assert shown(site) == (3 * 79, False)


def test_the_journal_itself_refuses_to_lose_more(site: Site) -> None:
    durable_site(site)
    assert prune(site) == 3
    sell(site, "S4")
    with closing(apsw.Connection(str(site.till_dir() / "journal.db"))) as journal:
        journal.pragma("foreign_keys", 1)
        assert journal.execute("PRAGMA foreign_key_check").fetchall() == []
        for change in (
            "UPDATE event SET line = x'' WHERE seq = 4",
            "DELETE FROM event WHERE seq = 4",
            "UPDATE event SET line = x'00' WHERE seq = 3",
            "UPDATE event SET hash = zeroblob(32) WHERE seq = 3",
            "UPDATE event SET line = x'', kind = 'x' WHERE seq = 3",
            "DELETE FROM event WHERE seq = 3",
            "DELETE FROM own_entry",
            "DELETE FROM pruning",
            "UPDATE pruning SET up_to_seq = 2",
        ):
            with pytest.raises(apsw.ConstraintError):
                journal.execute(change)


def test_a_hole_that_nobody_pruned_is_found_in_the_backup(site: Site) -> None:
    """Negative control: an empty line passes only where the journal says so."""
    durable_site(site)
    assert prune(site) == 3
    with closing(apsw.Connection(str(site.till_dir() / "journal.db"))) as journal:
        journal.execute("DROP TRIGGER pruning_goes_on")
        journal.execute("UPDATE pruning SET up_to_seq = 2")
    source = Source(data_dir=site.till_dir(), shop="001", till="3")
    disk = site.folder / "disk"
    disk.mkdir()
    with pytest.raises(Exception, match="event 3"):
        take_backup(source, disk, at=SystemClock().now())


def test_the_cache_says_what_a_backup_holds(site: Site) -> None:
    durable_site(site)
    with CacheReader.open(site.till_dir()) or pytest.fail("no cache") as cache:
        assert list(cache.durable().values()) == [3]
        assert cache.is_on_disk()
