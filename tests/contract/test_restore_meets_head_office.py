"""A till that came back from a copy, and one whose disk was copied: head office counts all once."""

from __future__ import annotations

import json
import shutil
from contextlib import closing
from typing import TYPE_CHECKING, Any

import apsw
import pytest
from head_office_site import ANNA, ARTICLE, PROGRAM, Site
from sqlalchemy import text
from till_builder import card_number, points

from pos_plugin import Plugin, Receipt
from pos_plugin.clock import SystemClock
from pos_plugin.storage import journal_lookup, ledger_store
from pos_plugin.storage.backup import Source, take_backup
from pos_plugin.storage.restore import Restored, restore
from sync_agent.agent import Agent
from sync_agent.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CARD = {"code": card_number(1), "customer": "K1"}


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
    with Agent(read_settings(site.till_dir() / "till.toml"), SystemClock()) as agent:
        agent.cycle()
        agent.cycle()
        return dict(agent.status.problems)


def sell(site: Site, *sale_ids: str) -> None:
    with Plugin.open(site.till_dir() / "till.toml") as plugin:
        for sale_id in sale_ids:
            sale = plugin.begin_sale(sale_id)
            sale.scan(card_number(1))
            sale.scan("4711")
            sale.evaluate()
            assert isinstance(sale.complete(), Receipt)


def back_up(site: Site) -> Path:
    disk = site.folder / "disk"
    disk.mkdir(exist_ok=True)
    source = Source(data_dir=site.till_dir(), shop="001", till="3")
    return take_backup(source, disk, at=SystemClock().now())


def put_back(site: Site, folder: Path) -> Restored:
    return restore(folder, site.till_dir(), shop="001", till="3", at=SystemClock().now())


def held(site: Site) -> tuple[list[str], int]:
    """Sales that took effect at head office, and Anna's points there."""
    with site.database() as database, database.read() as connection:
        lines = connection.execute(
            text("SELECT line FROM till_event WHERE took_effect ORDER BY received_at, epoch, seq")
        ).scalars()
        sales = sorted(json.loads(line)["body"]["receipt"]["sale_id"] for line in lines)
        points_of_anna = text("SELECT sum(delta) FROM ledger_entry WHERE customer = 'K1'")
        value = connection.execute(points_of_anna)
        return sales, int(value.scalar() or 0)


def shown(site: Site) -> int:
    with Plugin.open(site.till_dir() / "till.toml") as plugin:
        panel = plugin.scan(card_number(1)).to_dict()["panel"]
        return int(panel["balances"][0]["value"])


def test_receipts_uploaded_copied_and_readable_are_all_there_and_none_twice(site: Site) -> None:
    sell(site, "S1", "S2")
    synced(site)
    folder = back_up(site)
    sell(site, "S3")
    synced(site)
    sell(site, "S4")  # neither uploaded nor copied, but still readable here
    assert put_back(site, folder).missing_since is None
    assert synced(site) == {}
    sell(site, "S5")
    assert synced(site) == {}
    sales, value = held(site)
    assert sales == ["S1", "S2", "S3", "S4", "S5"]
    assert value == 5 * 79
    assert shown(site) == value


def test_till_with_a_new_disk_loses_only_what_was_neither_uploaded_nor_copied(site: Site) -> None:
    sell(site, "S1")
    synced(site)
    folder = back_up(site)
    sell(site, "S2")
    synced(site)
    sell(site, "LOST")
    for path in (*site.till_dir().glob("journal.db*"), *site.till_dir().glob("cache*")):
        path.unlink()
    assert put_back(site, folder).missing_since is not None
    assert synced(site) == {}
    sell(site, "S3")
    assert synced(site) == {}
    sales, value = held(site)
    assert sales == ["S1", "S2", "S3"]
    assert value == 3 * 79
    assert shown(site) == value


def row(site: Site) -> dict[str, Any]:
    with Plugin.open(site.till_dir() / "till.toml") as plugin:
        found: dict[str, Any] = plugin.scan(card_number(1)).to_dict()["panel"]["balances"][0]
        return found


def test_restored_account_is_unknown_until_head_office_has_counted_it_again(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    sell(site, "S1")
    synced(site)
    folder = back_up(site)
    # What was acknowledged is forgotten, as after a restore of head office; the rows stay.
    name = (site.till_dir() / "cache.current").read_text().strip()
    with closing(apsw.Connection(str(site.till_dir() / name))) as cache:
        cache.execute("DELETE FROM acked")
    assert put_back(site, folder).rekeyed == 1
    found = row(site)
    assert (found["unknown"], found["available"], found["value"]) == (True, 0, 0)
    assert counted(site) == (1, ["balance_unknown"])
    with monkeypatch.context() as nobody_doubts:  # negative control: counted twice
        nobody_doubts.setattr(ledger_store, "doubtful", lambda *_: frozenset())
        nobody_doubts.setattr(journal_lookup, "doubtful", lambda *_: frozenset())
        assert row(site)["value"] == 2 * 79
        assert counted(site)[0] == 2
    assert synced(site) == {}
    assert counted(site) == (1, [])
    found = row(site)
    assert (found["unknown"], found["value"]) == (False, 79)


def counted(site: Site) -> tuple[int, list[str]]:
    """How many receipts of Anna the rules read, and what the cashier is told of her."""
    with Plugin.open(site.till_dir() / "till.toml") as plugin:
        found = plugin.scan(card_number(1)).to_dict()
        notices = [one["code"] for one in found["panel"]["notices"]]
        return int(found["customer"]["history"]["receipts_365d"]), notices


def copied_disk(site: Site) -> Path:
    """Two tills from one disk image: the other one went on and uploaded."""
    image = site.folder / "image"
    sell(site, "S1")
    synced(site)
    shutil.copytree(site.till_dir(), image)
    sell(site, "S2")
    synced(site)
    shutil.rmtree(site.till_dir())
    shutil.copytree(image, site.till_dir())
    return image


def test_copied_disk_waits_and_goes_on_with_numbers_of_its_own(site: Site) -> None:
    copied_disk(site)
    sell(site, "F2", "F3")
    assert synced(site) == {"upload": "fork"}
    sell(site, "F4")  # the next start
    assert synced(site) == {}
    sales, value = held(site)
    assert sales == ["F2", "F3", "F4", "S1", "S2"]
    assert value == 5 * 79
    assert shown(site) == value


def test_copied_disk_with_the_same_numbers_would_be_refused_for_ever(site: Site) -> None:
    """Negative control: without the new life nothing of it ever arrives."""
    copied_disk(site)
    sell(site, "F2")
    assert synced(site) == {"upload": "fork"}
    (site.till_dir() / "journal.forked").unlink()
    sell(site, "F3")
    assert synced(site) == {"upload": "fork"}
    assert held(site)[0] == ["S1", "S2"]


def test_events_that_head_office_has_come_again_under_new_numbers_without_effect(
    site: Site,
) -> None:
    sell(site, "S1")
    synced(site)
    folder = back_up(site)
    for path in site.till_dir().glob("cache*"):  # nobody knows any more what was acknowledged
        path.unlink()
    assert put_back(site, folder).rekeyed == 1
    with closing(apsw.Connection(str(site.till_dir() / "journal.db"))) as journal:
        line: Any = journal.execute("SELECT line FROM event").get
    assert json.loads(line)["origin"][1] == 1
    assert synced(site) == {}
    assert held(site) == (["S1"], 79)
    assert shown(site) == 79
