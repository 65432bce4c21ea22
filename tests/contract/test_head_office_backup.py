"""Copies of head office, what becomes durable by them, and how it comes back from one."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from head_office_site import ANNA, ARTICLE, PERCENT_20, PROGRAM, Site
from own_authority import make_authority
from processes import Running, free_port, stammkunde
from sqlalchemy import select
from till_events import batch, sale_event

from head_office.backup import KEPT, back_up, restore
from head_office.errors import BackupUnusable
from head_office.intake.events import take_batch
from head_office.storage import receipt, till_epoch
from pos_plugin import Plugin
from pos_plugin.clock import SystemClock
from pos_plugin.storage.cache_reader import CacheReader
from sync_agent.agent import Agent
from sync_agent.client import HeadOfficeClient
from sync_agent.errors import Unreachable
from sync_agent.settings import read_settings

if TYPE_CHECKING:
    from pathlib import Path

    from sync_agent.status import Status


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = Site(tmp_path)
    site.publish(PERCENT_20)
    site.load(article=[ARTICLE], program=[PROGRAM], customer=[ANNA])
    return site


def take(site: Site, *numbers: int) -> tuple[int, int]:
    """Upload events; return what is acknowledged and what is durable."""
    with site.database() as database:
        answer = take_batch(
            database,
            till="3",
            body=batch(*(sale_event(number) for number in numbers)),
            now=SystemClock().now(),
        )
    return answer.acked_seq, answer.durable_seq


def copy_of(site: Site) -> Path:
    with site.database() as database:
        return back_up(database, site.folder / "copies", now=SystemClock().now()).path


def durable(site: Site) -> int:
    with site.database() as database, database.read() as connection:
        return int(connection.execute(select(till_epoch.c.durable_seq)).scalar_one())


def test_only_what_a_verified_copy_holds_is_durable(site: Site) -> None:
    site.add_till("3")
    assert take(site, 1, 2) == (2, 0)
    copy_of(site)
    assert durable(site) == 2
    assert take(site, 3) == (3, 2)


def test_damaged_copy_makes_nothing_durable(site: Site) -> None:
    site.add_till("3")
    take(site, 1, 2)
    path = copy_of(site)
    content = bytearray(path.read_bytes())
    content[4_096 * 3 : 4_096 * 6] = b"\xff" * (4_096 * 3)
    path.write_bytes(content)
    with pytest.raises(BackupUnusable):
        restore(site.folder / "elsewhere", path, now=SystemClock().now())
    assert not (site.folder / "elsewhere").exists()


def test_copy_without_some_events_is_found_out(site: Site) -> None:
    site.add_till("3")
    take(site, 1, 2, 3)
    path = copy_of(site)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM till_event WHERE seq = 2")
    with pytest.raises(BackupUnusable, match="not all"):
        restore(site.folder / "elsewhere", path, now=SystemClock().now())


def test_seven_copies_are_kept_and_none_is_half(site: Site) -> None:
    for _ in range(KEPT + 2):
        copy_of(site)
    names = sorted(path.name for path in (site.folder / "copies").iterdir())
    assert len(names) == KEPT
    assert all(name.endswith(".db") for name in names)


def test_copy_that_cannot_be_written_is_one_sentence(site: Site, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    done = stammkunde("head-office", "backup", tmp_path / "file" / "copies", "--data", site.data)
    assert done.returncode == 1
    assert done.stderr.count("\n") <= 2
    assert "cannot be used" in done.stderr


def test_serving_head_office_is_not_replaced(site: Site) -> None:
    path = copy_of(site)
    port = free_port()
    command = ("head-office", "serve", "--data", site.data, "--port", port)
    with Running(site.folder / "log", *command) as server:
        server.says(f"http://127.0.0.1:{port}", within_s=60)
        done = stammkunde("head-office", "restore", path, "--data", site.data)
        assert (done.returncode, done.stderr.count("\n") <= 2) == (1, True)
        assert "is serving" in done.stderr
        assert stammkunde("head-office", "serve", "--data", site.data).returncode == 1
        assert not (site.data / "replaced").exists()
    # The control: once it is gone, however it ended, the copy takes its place.
    assert stammkunde("head-office", "restore", path, "--data", site.data).returncode == 0
    assert (site.data / "replaced").exists()


# --- back from a copy ---------------------------------------------------------------------------


def sell(site: Site, *sale_ids: str) -> None:
    with Plugin.open(site.till_dir() / "till.toml") as plugin:
        for sale_id in sale_ids:
            sale = plugin.begin_sale(sale_id)
            sale.scan("4711")
            sale.complete()


def synced(site: Site) -> Status:
    with Agent(read_settings(site.till_dir() / "till.toml"), SystemClock()) as agent:
        for _ in range(3):
            agent.cycle()
        return agent.status


def sold(site: Site) -> list[str]:
    with site.database() as database, database.read() as connection:
        return sorted(connection.execute(select(receipt.c.sale_id)).scalars())


def test_tills_send_again_what_a_restored_head_office_lacks(site: Site) -> None:
    port = free_port()
    serving = ("head-office", "serve", "--data", site.data, "--port", port)
    site.url = f"http://127.0.0.1:{port}"
    site.add_till("3")
    sell(site, "S1", "S2")
    with Running(site.folder / "one.log", *serving) as server:
        server.says(site.url)
        assert synced(site).problems == {}
        done = stammkunde("head-office", "backup", site.folder / "copies", "--data", site.data)
        assert done.returncode == 0, done.stderr
        sell(site, "S3", "S4")
        assert synced(site).waiting_events == 0
    (copy,) = (site.folder / "copies").glob("*.db")
    done = stammkunde("head-office", "restore", copy, "--data", site.data)
    assert done.returncode == 0, done.stderr
    assert sold(site) == ["S1", "S2"]
    assert list((site.data / "replaced").iterdir())
    with Running(site.folder / "two.log", *serving) as server:
        server.says(site.url)
        status = synced(site)
    assert status.problems == {}
    assert status.waiting_events == 0
    assert sold(site) == ["S1", "S2", "S3", "S4"]
    # Its logs live anew, so the till has read them into a new file.
    assert (site.till_dir() / "cache.current").read_text() == "cache-000002.db"
    reader = CacheReader.open(site.till_dir())
    assert reader is not None
    with reader:
        assert reader.article("4711") is not None


def test_head_office_put_back_by_hand_is_told_and_loses_nothing_silently(site: Site) -> None:
    # The control: the same copy without a new incarnation; the till does not believe it.
    with site.served() as url:
        site.url = url
        site.add_till("3")
        sell(site, "S1", "S2")
        synced(site)
    path = copy_of(site)
    with site.served() as url:
        keys = {**site.keys(), "head_office": url}
        (site.till_dir() / "keys.json").write_text(json.dumps(keys))
        sell(site, "S3", "S4")
        synced(site)
    shutil.copy(path, site.data / "head_office.db")
    with site.served() as url:
        keys["head_office"] = url
        (site.till_dir() / "keys.json").write_text(json.dumps(keys))
        sell(site, "S5")
        status = synced(site)
    assert set(status.problems) == {"upload"}
    assert sold(site) == ["S1", "S2"]


# --- TLS ----------------------------------------------------------------------------------------


def test_agent_believes_its_own_authority_alone(site: Site, tmp_path: Path) -> None:
    ca, certificate, key = make_authority(tmp_path / "tls")
    foreign, _, _ = make_authority(tmp_path / "tls", "foreign")
    token = site.add_till("3")
    port = free_port()
    url = f"https://127.0.0.1:{port}"
    arguments = (
        "head-office", "serve", "--data", site.data, "--port", port,
        "--certificate", certificate, "--key", key,
    )  # fmt: skip
    with Running(tmp_path / "tls.log", *arguments) as server:
        server.says(url)
        with HeadOfficeClient(url, token, ca=ca.read_text()) as client:
            assert client.head().buckets
        for wrong in (foreign.read_text(), None):
            with HeadOfficeClient(url, token, ca=wrong) as client, pytest.raises(Unreachable):
                client.head()
    done = stammkunde(
        "head-office", "enrol", "--data", site.data, "--shop", "001", "--till", "4",
        "--url", url, "--ca", ca,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Authority: " in done.stdout
