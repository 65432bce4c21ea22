"""A cache that belongs to another log, or lacks rows, is replaced by a new file (sync.md 4.7)."""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import apsw
import pytest
from head_office_site import ANNA, ARTICLE, PERCENT_20, PROGRAM, Site
from sqlalchemy import update
from waiting import until

from head_office import log
from head_office.storage import bucket_sum
from pos_plugin import Plugin
from pos_plugin.clock import SystemClock
from pos_plugin.storage.cache_reader import CacheReader
from pos_plugin.storage.table_sums import BOOLS, wrong_tables
from sync_agent import cycle
from sync_agent.agent import Agent
from sync_agent.protocol.rows import TABLES, check_row
from sync_agent.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

SCRIPT = Path(__file__).parents[1] / "support" / "dying_agent.py"
BUCKET = "shop:001"
CARD = {"code": "2900000123457", "customer": "K1"}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    site.publish(PERCENT_20)
    articles = [{**ARTICLE, "sku": f"S{number}"} for number in range(20)]
    site.load(article=[ARTICLE, *articles], program=[PROGRAM], customer=[ANNA], card=[CARD])
    with site.served() as url:
        site.url = url
        site.add_till("3")
        yield site


@contextmanager
def agent_of(site: Site) -> Iterator[Agent]:
    with Agent(read_settings(site.till_dir() / "till.toml"), SystemClock()) as agent:
        yield agent


def begin_anew(site: Site, price_minor: int = 5999) -> None:
    """Head office was restored: another life of the log, with another price."""
    site.load(article=[{**ARTICLE, "unit_price_minor": price_minor}])
    with site.database() as database, database.write() as connection:
        log.begin_new_life(connection, BUCKET)


def seen(site: Site) -> tuple[int | None, int, int, list[int]]:
    """What a till reads: a price, how many articles, the cursor, the generations."""
    reader = CacheReader.open(site.till_dir())
    assert reader is not None
    with reader:
        article = reader.article("4711")
        with reader.reading() as connection:
            count = connection.execute("SELECT count(*) FROM article").get
        cursor = reader.cursor(BUCKET)
        generations = [known.generation for known in reader.generations()]
    price = None if article is None else article["unit_price_minor"]
    return price, count, 0 if cursor is None else cursor.position, generations


def damage_current(site: Site, statement: str) -> None:
    name = (site.till_dir() / "cache.current").read_text()
    connection = apsw.Connection(str(site.till_dir() / name))
    connection.execute(statement)
    connection.close()


def test_another_life_of_the_log_is_read_into_a_new_file(site: Site) -> None:
    with agent_of(site) as agent:
        agent.cycle()
        before = seen(site)
        begin_anew(site)
        with Plugin.open(site.till_dir() / "till.toml") as plugin:
            agent.cycle()
            assert agent.status.problems == {}
            price, count, _, generations = seen(site)
            assert (price, count, generations) == (5999, before[1], [1])
            assert (site.till_dir() / "cache.current").read_text() == "cache-000002.db"
            # The till reads the new file without being told, and the old one goes.
            sale = plugin.begin_sale("S1")
            sale.scan("4711")
            assert sale.evaluate().total_minor == 4799
        agent.cycle()
    assert [path.name for path in site.till_dir().glob("cache-*.db")] == ["cache-000002.db"]


def test_acknowledged_events_are_not_sent_again_from_a_new_file(site: Site) -> None:
    with agent_of(site) as agent:
        agent.cycle()
        with Plugin.open(site.till_dir() / "till.toml") as plugin:
            sale = plugin.begin_sale("S1")
            sale.scan("4711")
            sale.complete()
        agent.cycle()
        reader = CacheReader.open(site.till_dir())
        assert reader is not None
        with reader:
            acked = reader.acked()
        assert acked
        begin_anew(site)
        agent.cycle()
        reader = CacheReader.open(site.till_dir())
        assert reader is not None
        with reader:
            assert reader.acked() == acked


def test_cursor_beyond_the_log_begins_again(site: Site) -> None:
    with agent_of(site) as agent:
        agent.cycle()
    damage_current(site, "UPDATE cursor SET position = position + 1000")
    with agent_of(site) as agent:
        agent.cycle()
        assert agent.status.problems == {}
    assert (site.till_dir() / "cache.current").read_text() == "cache-000002.db"


# --- sums ---------------------------------------------------------------------------------------


def test_row_that_got_lost_is_noticed_and_comes_back(site: Site) -> None:
    with agent_of(site) as agent:
        agent.cycle()
        before = seen(site)
        reader = CacheReader.open(site.till_dir())
        assert reader is not None
        with reader, reader.reading() as connection:
            # The control: as long as nothing is wrong nothing is found.
            assert wrong_tables(connection) == []
        agent.check_files()
        agent.cycle()
        assert (site.till_dir() / "cache.current").read_text() == "cache-000001.db"
        damage_current(site, "DELETE FROM article WHERE sku = 'S7'")
        agent.check_files()
        agent.cycle()
        assert agent.status.problems == {}
        assert seen(site) == before
        assert (site.till_dir() / "cache.current").read_text() == "cache-000002.db"


def test_row_that_was_changed_is_noticed_at_night(site: Site) -> None:
    with agent_of(site) as agent:
        agent.cycle()
        damage_current(site, "UPDATE article SET unit_price_minor = 1 WHERE sku = '4711'")
        agent.check_files()
        agent.cycle()
    assert seen(site)[0] == 7999


def test_till_that_missed_a_removal_notices_it_by_the_sum(site: Site) -> None:
    with agent_of(site) as agent:
        agent.cycle()
        with site.database() as database, database.write() as connection:
            gone = [("article", {"sku": "S7", log.REASON: "deleted"})]
            head = log.append(connection, BUCKET, [gone])
            assert log.compact(connection, BUCKET, up_to=head) == 1
        agent.cycle()
        assert agent.status.problems == {}
        assert seen(site)[1] == 20


def test_removals_in_the_log_keep_the_sums_equal(site: Site) -> None:
    # The control of the one above: with the removal in the log no new file is needed.
    with agent_of(site) as agent:
        agent.cycle()
        with site.database() as database, database.write() as connection:
            gone = [("article", {"sku": "S7", log.REASON: "deleted"})]
            log.append(connection, BUCKET, [gone])
        agent.cycle()
        assert seen(site)[1] == 20
    assert (site.till_dir() / "cache.current").read_text() == "cache-000001.db"


def test_head_office_that_counts_wrongly_is_told_and_its_rows_are_used(site: Site) -> None:
    with site.database() as database, database.write() as connection:
        connection.execute(update(bucket_sum).values(sum="0" * 15 + "1"))
    with agent_of(site) as agent:
        for _ in range(3):
            agent.cycle()
            assert agent.status.problems == {"download": cycle.WRONG_SUMS}
            site.load(article=[{**ARTICLE, "unit_price_minor": 4999}])
    assert seen(site)[0] == 4999
    # One new file was tried, no more.
    assert (site.till_dir() / "cache.current").read_text() == "cache-000002.db"


def test_every_true_or_false_of_the_wire_is_known_to_the_sums() -> None:
    named = {
        column
        for table in TABLES.values()
        for column in table.columns
        if table.name != "customer"
        for kind in [_annotation(table.name, column)]
        if "'bool'" in kind
    }
    assert named == BOOLS
    assert check_row(TABLES["alias"], {"alias": "A", "customer": "B"})


def _annotation(table: str, column: str) -> str:
    from sync_agent.protocol import rows

    model = getattr(rows, "".join(word.title() for word in table.split("_")) + "Row")
    return str(model.__annotations__[column])


# --- kill -9 at each step -----------------------------------------------------------------------


def dies(site: Site, where: str, number: int, *how: str) -> bool:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(site.till_dir() / "till.toml"), where, str(number), *how],
        check=False,
        timeout=60,
    )
    assert done.returncode in (0, -signal.SIGKILL)
    return done.returncode != 0


def kill_everywhere(site: Site, where: str, *how: str) -> int:
    """Kill rounds at one step after the other; fail where a till reads neither old nor new."""
    with agent_of(site) as agent:
        agent.cycle()
    old = seen(site)
    begin_anew(site)
    number = 0
    while dies(site, where, number, *how):
        number += 1
        assert number < 20
        now = seen(site)
        if now[0] == old[0]:
            assert now == old
        else:
            assert now[:2] == (5999, old[1])
            assert now[3] == old[3]
    assert seen(site)[:2] == (5999, old[1])
    return number


@pytest.mark.parametrize("where", ["action", "commit"])
def test_agent_killed_at_any_step_leaves_the_old_or_the_new_file(site: Site, where: str) -> None:
    assert kill_everywhere(site, where) >= 2
    with agent_of(site) as agent:
        agent.cycle()
        until(
            lambda: len(list(site.till_dir().glob("cache-*.db"))) == 1,
            within_s=60,
            what="no file is left over",
        )


def test_the_killing_finds_an_agent_that_writes_over_the_current_file(site: Site) -> None:
    # The control: filled in place, a kill leaves a till with half of its articles.
    with pytest.raises(AssertionError):
        kill_everywhere(site, "action", "in_place")
