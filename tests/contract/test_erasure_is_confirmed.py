"""Who is erased stands in no byte of a till, and head office hears it from every till."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from head_office_site import ARTICLE, PROGRAM, Site
from sqlalchemy import update
from till_builder import card_number, points
from waiting import until

from head_office.commands.group import head_office
from head_office.storage import erasure
from head_office.storage import till as till_table
from head_office.till.erasures import erasures
from head_office.till.status import known_tills
from head_office.till.tills import revoke
from pos_plugin import Plugin, Receipt
from pos_plugin.clock import SystemClock, utc_text
from pos_plugin.storage.backup import Source, take_backup
from pos_plugin.storage.cache_reader import CacheReader
from pos_plugin.storage.journal_reader import JournalReader
from sync_agent.agent import Agent
from sync_agent.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ANNA = {
    "id": "K1",
    "number": "1",
    "name": "Anna Quittenbaum",
    "home_shop": "001",
    "segments": [],
}
CARD = card_number(1)
WORDS = (b"quittenbaum", b"01701234567", b"491701234567")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    site.load(
        program=[PROGRAM],
        article=[ARTICLE],
        customer=[ANNA],
        card=[{"code": CARD, "customer": "K1"}],
    )
    site.publish(points())
    with site.served() as url:
        site.url = url
        for till in ("3", "4"):
            site.add_till(till)
            sync(site, till)
        yield site


def sync(site: Site, till: str) -> None:
    with Agent(read_settings(site.till_dir(till) / "till.toml"), SystemClock()) as agent:
        agent.cycle()
        agent.report_when_due()
        assert agent.status.problems == {}


def live_and_be_erased(site: Site) -> None:
    with Plugin.open(site.till_dir("3") / "till.toml") as plugin:
        changed = plugin.customers.change(
            {"request_id": "1", "customer": "K1", "phone": "0170 1234567"}
        )
        assert isinstance(changed, Receipt)
        sale = plugin.begin_sale("S1")
        sale.scan(CARD)
        sale.scan("4711")
        sale.evaluate()
        assert isinstance(sale.complete(), Receipt)
        parked = plugin.begin_sale("S2")
        parked.scan(CARD)
        parked.suspend()
    sync(site, "3")
    sync(site, "4")
    assert found_in(site.till_dir("4"))
    with Plugin.open(site.till_dir("3") / "till.toml") as plugin:
        assert isinstance(plugin.customers.erase("K1"), Receipt)


def found_in(folder: Path) -> list[str]:
    """Return the files in which the person stands: every one of the till, its logs, its papers."""
    return sorted(
        path.name
        for path in folder.rglob("*")
        if path.is_file() and any(word in path.read_bytes().lower() for word in WORDS)
    )


def confirmed_by(site: Site) -> list[str]:
    with site.database() as database, database.read() as connection:
        return [
            one.till
            for one in known_tills(connection)
            if "K1" in one.report.get("erasures_done", [])
        ]


def test_every_till_confirms_when_no_byte_is_left(site: Site) -> None:
    live_and_be_erased(site)
    assert confirmed_by(site) == []
    sync(site, "3")
    assert confirmed_by(site) == ["3"]
    assert found_in(site.till_dir("3")) == []
    assert found_in(site.till_dir("4"))  # was offline: head office can say so
    sync(site, "4")
    assert confirmed_by(site) == ["3", "4"]
    assert found_in(site.till_dir("4")) == []


def test_nothing_is_confirmed_while_bytes_stand_in_a_log(site: Site) -> None:
    """Negative control: a reader of an older state keeps the log, and the name in it."""
    live_and_be_erased(site)
    sync(site, "3")
    reader = CacheReader.open(site.till_dir("4"))
    assert reader is not None
    with reader, reader.reading() as connection:
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM customer").fetchall()
        sync(site, "4")
        assert found_in(site.till_dir("4"))
        assert confirmed_by(site) == ["3"]
        connection.execute("ROLLBACK")
    sync(site, "4")
    assert confirmed_by(site) == ["3", "4"]
    assert found_in(site.till_dir("4")) == []


def open_till(site: Site, till: str) -> None:
    """The till itself runs: when nobody asks anything it follows what its agent brought."""
    folder = site.till_dir(till)
    with Plugin.open(folder / "till.toml"):
        until(lambda: _has_erased(folder), within_s=60, what="the till follows the erasure")
    sync(site, till)


def _has_erased(folder: Path) -> bool:
    journal = JournalReader.open(folder)
    assert journal is not None
    with journal:
        return bool(journal.erased_after(0))


def told(site: Site, *options: str) -> tuple[int, str]:
    done = CliRunner().invoke(head_office, ["erasures", "--data", str(site.data), *options])
    return done.exit_code, done.stdout


def known(site: Site) -> list[tuple[str, int, int, list[str]]]:
    with site.database() as database, database.read() as connection:
        return [
            (one.customer, one.confirmed, one.tills, [till.till for till in one.missing])
            for one in erasures(connection)
        ]


def test_head_office_says_how_many_tills_have_confirmed(site: Site) -> None:
    site.add_till("9", shop="002")  # another shop: it never held the customer
    assert told(site) == (0, "")
    live_and_be_erased(site)
    assert known(site) == []
    sync(site, "3")
    assert known(site) == [("K1", 1, 2, ["4"])]
    code, text = told(site)
    assert code == 0
    assert "1 of 2 tills have confirmed" in text
    assert "till 4 of shop 001 has not, last report 20" in text
    # The agent alone is half of it: names stand in the journal of the till, too.
    sync(site, "4")
    assert known(site) == [("K1", 1, 2, ["4"])]
    open_till(site, "4")
    assert known(site) == [("K1", 2, 2, [])]
    assert "2 of 2 tills have confirmed" in told(site)[1]
    # A till that comes later never held it; what is said again counts once.
    site.add_till("5")
    sync(site, "4")
    assert known(site) == [("K1", 2, 2, [])]


def test_a_till_that_is_silent_for_a_month_is_an_alarm_until_it_is_revoked(site: Site) -> None:
    live_and_be_erased(site)
    sync(site, "3")
    with site.database() as database, database.write() as connection:
        before = utc_text(SystemClock().now() - dt.timedelta(days=31))
        connection.execute(update(till_table).values(created_at=before))
        connection.execute(update(erasure).values(erased_at=before))
    code, text = told(site, "--json")
    assert code == 1
    assert [one["till"] for one in json.loads(text)["missing"]] == ["4"]
    with site.database() as database:
        assert revoke(database, "4", now_text=utc_text(SystemClock().now()))
    assert told(site)[0] == 0
    assert known(site) == [("K1", 1, 1, [])]


def test_backups_forget_with_the_copies_that_follow(site: Site) -> None:
    disk = site.folder / "disk"
    disk.mkdir()
    source = Source(data_dir=site.till_dir("3"), shop="001", till="3")

    def copy() -> None:
        take_backup(source, disk, at=SystemClock().now(), kept=2)

    with Plugin.open(site.till_dir("3") / "till.toml") as plugin:
        made = plugin.customers.create({"request_id": "9", "name": "Berta Quittenbaum"})
        assert isinstance(made, Receipt)
    copy()
    assert found_in(disk)
    with Plugin.open(site.till_dir("3") / "till.toml") as plugin:
        assert isinstance(plugin.customers.erase(str(made.values["customer"])), Receipt)
    copy()
    assert found_in(disk)
    copy()
    assert found_in(disk) == []
