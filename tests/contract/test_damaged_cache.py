"""A cache that the disk damaged is fetched again; nobody deletes a file by hand (sync.md 4.7)."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import apsw
import pytest
from head_office_site import ANNA, ARTICLE, PERCENT_20, PROGRAM, Site
from waiting import until

from pos_plugin import Plugin, Receipt
from pos_plugin.clock import SystemClock
from pos_plugin.storage.cache_reader import CacheReader
from pos_plugin.storage.connect import CURRENT_NAME, cache_path
from sync_agent.agent import Agent
from sync_agent.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PAGE = 4096
RUBBISH = b"no database at all, but long enough to be read as one" * 200


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A till that was filled, sold once and sent it."""
    site = Site(tmp_path)
    site.publish(PERCENT_20)
    articles = [{**ARTICLE, "sku": f"S{number}"} for number in range(20)]
    site.load(article=[ARTICLE, *articles], program=[PROGRAM], customer=[ANNA])
    with site.served() as url:
        site.url = url
        site.add_till("3")
        rounds(site, 1)
        sell(site, "S1")
        rounds(site, 1)
        yield site


@contextmanager
def agent_of(site: Site) -> Iterator[Agent]:
    with Agent(read_settings(site.till_dir() / "till.toml"), SystemClock()) as agent:
        yield agent


def rounds(site: Site, count: int) -> None:
    with agent_of(site) as agent:
        for _ in range(count):
            agent.cycle()


def sell(site: Site, sale_id: str) -> Receipt:
    with Plugin.open(site.till_dir() / "till.toml") as plugin:
        sale = plugin.begin_sale(sale_id)
        sale.add_line(sku="4711", unit_price_minor=7999)  # a host that knows its prices
        sale.evaluate()
        done = sale.complete()
    assert isinstance(done, Receipt), done
    return done


def held(site: Site) -> tuple[int, list[int], int]:
    """Articles, generations, and the highest acknowledged event of the current cache."""
    reader = CacheReader.open(site.till_dir())
    assert reader is not None
    with reader:
        assert reader.quick_check() is None
        with reader.reading() as connection:
            count: Any = connection.execute("SELECT count(*) FROM article").get
        return count, [one.generation for one in reader.generations()], max(reader.acked().values())


def current(site: Site) -> Path:
    path = cache_path(site.till_dir())
    assert path is not None
    return path


def write_over(site: Site, *tables: str) -> None:
    """Let the disk forget the first page of these tables."""
    path = current(site)
    with_wal = apsw.Connection(str(path))
    with_wal.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    pages = [
        with_wal.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (name,)).get
        for name in tables
    ]
    with_wal.close()
    with path.open("r+b") as file:
        for page in pages:
            file.seek((page - 1) * PAGE)
            file.write(b"\xa5" * PAGE)


def write_rubbish(site: Site) -> None:
    current(site).write_bytes(RUBBISH)


def name_nothing(site: Site) -> None:
    (site.till_dir() / CURRENT_NAME).write_bytes(b"\xff\xfe../x")


def damage_articles(site: Site) -> None:
    write_over(site, "article")


def damage_what_the_agent_noted(site: Site) -> None:
    write_over(site, "acked", "rule_generation", "erased")


DAMAGES = [write_rubbish, name_nothing, damage_articles, damage_what_the_agent_noted]


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_cache_is_fetched_again_when_the_agent_starts(
    site: Site, damage: Callable[[Site], None]
) -> None:
    damage(site)
    sell(site, "S2")  # the till sells on with what it has
    with agent_of(site) as agent:
        agent.check_files()
        for _ in range(3):
            agent.cycle()
        assert agent.status.problems == {}
        assert agent.status.damage == {}
    assert held(site) == (21, [1], 2)
    assert sell(site, "S3").total_minor == 6399


@pytest.mark.parametrize("damage", [name_nothing, damage_articles])
def test_cache_damaged_under_a_running_agent_is_fetched_again(
    site: Site, damage: Callable[[Site], None]
) -> None:
    with agent_of(site) as agent:
        running = threading.Thread(target=agent.run)
        running.start()
        try:
            until(lambda: agent.status.cycles > 0, within_s=60, what="the agent rests")
            damage(site)
            agent.check_files()  # as every night
            sell(site, "S2")
            until(
                lambda: agent.status.acked_seq == 2 and not agent.status.damage,
                within_s=60,
                what="the new file is in place",
            )
        finally:
            agent.stop()
            running.join(60)
        assert agent.status.problems == {}
    rounds(site, 2)
    assert held(site) == (21, [1], 2)


def test_agent_beside_a_damaged_journal_says_it_and_brings_rows(site: Site) -> None:
    path = site.till_dir() / "journal.db"
    with path.open("r+b") as journal:
        for page in range(3, path.stat().st_size // PAGE, 2):
            journal.seek(page * PAGE)
            journal.write(b"\xa5" * PAGE)
    before = current(site)
    site.load(article=[{**ARTICLE, "sku": "S99"}])
    with agent_of(site) as agent:
        for _ in range(2):
            agent.cycle()
        assert "journal.db" in agent.status.damage
        assert agent.status.problems == {"upload": "storage"}
    assert held(site) == (22, [1], 1)
    assert current(site) == before, "the cache is sound and stays"


def test_agent_lives_on_where_no_cache_can_be_made(site: Site) -> None:
    with agent_of(site) as agent:
        agent.cycle()
        path = current(site)
        (site.till_dir() / CURRENT_NAME).unlink()
        path.unlink()
        path.mkdir()  # whatever the disk refuses
        (path / "x").touch()
        for _ in range(3):
            agent.cycle()
            agent.report_when_due()
        assert agent.status.problems["download"] == "storage"
        (path / "x").unlink()
        path.rmdir()
        for _ in range(2):
            agent.cycle()
        assert agent.status.problems == {}
    assert held(site) == (21, [1], 1)


def test_agent_lives_on_where_no_package_can_be_written(site: Site) -> None:
    blobs = site.till_dir() / "blobs"
    away = blobs.rename(site.till_dir() / "away")
    blobs.touch()  # whatever the disk refuses
    site.publish(PERCENT_20)
    with agent_of(site) as agent:
        agent.cycle()
        assert agent.status.problems == {"download": "storage"}
        assert agent.status.storage
        blobs.unlink()
        away.rename(blobs)
        agent.cycle()
        assert agent.status.problems == {}
    assert held(site) == (21, [2, 1], 1)


def test_sound_cache_is_not_fetched_again(site: Site) -> None:
    """The control: looking alone changes nothing."""
    before = current(site), current(site).stat().st_ino
    with agent_of(site) as agent:
        agent.check_files()
        agent.cycle()
    assert (current(site), current(site).stat().st_ino) == before
