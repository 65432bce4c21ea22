"""A till that enrols by code, says how it is, is revoked; and what its status says of its files."""

from __future__ import annotations

import json
import re
import threading
from typing import TYPE_CHECKING, Any

import pytest
from head_office_site import ANNA, ARTICLE, PERCENT_20, PROGRAM, Site
from hostile_server import HostileServer, http
from processes import stammkunde
from waiting import until

from head_office.till import tills
from pos_plugin import Plugin
from pos_plugin.agent_word import CLOCK_SUSPECT_MS
from pos_plugin.clock import SystemClock, utc_text
from pos_plugin.storage.ballast import SPENT
from sync_agent.agent import Agent
from sync_agent.client import HeadOfficeClient
from sync_agent.errors import HeadOfficeRefused
from sync_agent.settings import read_settings
from sync_agent.status import ADVICE, read_status, words_of
from sync_agent.till_look import FAILED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    site.publish(PERCENT_20)
    site.load(article=[ARTICLE], program=[PROGRAM], customer=[ANNA])
    with site.served() as url:
        site.url = url
        yield site


def code_for(site: Site, till: str) -> str:
    done = stammkunde(
        *("head-office", "enrol", "--data", site.data),
        *("--shop", "001", "--till", till, "--url", site.url),
    )
    assert done.returncode == 0, done.stderr
    found = re.search(r"Code: +(\S+)", done.stdout)
    assert found is not None, done.stdout
    return found[1]


def enrol(site: Site, code: str, *more: str, till: str = "3") -> Any:
    config = site.till_dir(till) / "till.toml"
    return stammkunde(
        *("agent", "enrol", "--config", config, "--url", site.url, "--till", till),
        *("--code", code, *more),
    )


def round_of(site: Site, till: str = "3") -> dict[str, Any]:
    done = stammkunde("agent", "sync-now", "--config", site.till_dir(till) / "till.toml")
    assert done.returncode in (0, 1, 2), done.stderr
    return read_status(site.till_dir(till)) or {}


def test_till_enrols_by_a_code_that_was_read_out(site: Site) -> None:
    code = code_for(site, "3")
    done = enrol(site, code.lower().replace("-", " "))
    assert done.returncode == 0, done.stderr
    assert "Till 3 of shop 001 is enrolled" in done.stdout
    keys = site.till_dir() / "keys.json"
    assert keys.stat().st_mode & 0o077 == 0
    assert round_of(site)["problems"] == {}
    with Plugin.open(site.till_dir() / "till.toml") as plugin:
        assert plugin.health()["generation"] == 1
    # Once: a second use is refused, and changes nothing.
    before = keys.read_text()
    again = enrol(site, code)
    assert again.returncode == 1
    assert keys.read_text() == before


def test_wrong_till_code_and_authority_are_refused(site: Site, tmp_path: Path) -> None:
    site.add_till("3")
    before = (site.till_dir() / "keys.json").read_text()
    code = code_for(site, "4")
    assert enrol(site, code).returncode == 1  # the code is for another till
    other = stammkunde(
        *("agent", "enrol", "--config", site.till_dir() / "till.toml", "--url", site.url),
        *("--till", "4", "--code", code),
    )
    assert other.returncode == 2
    assert "till.toml.till" in other.stderr
    assert enrol(site, "short").returncode == 2
    assert enrol(site, code, "--authority", "00").returncode == 2
    wrong = tmp_path / "ca.pem"
    wrong.write_text("no certificate")
    assert enrol(site, code, "--ca", str(wrong), "--authority", "00").returncode == 2
    assert (site.till_dir() / "keys.json").read_text() == before


def test_enrolling_again_ends_the_old_token(site: Site) -> None:
    assert enrol(site, code_for(site, "3")).returncode == 0
    old = str(site.keys()["till_token"])
    assert enrol(site, code_for(site, "3")).returncode == 0
    with HeadOfficeClient(site.url, old) as thief, pytest.raises(HeadOfficeRefused):
        thief.head()
    assert round_of(site)["problems"] == {}


def test_head_office_hears_how_the_till_is(site: Site) -> None:
    site.add_till("3")
    with Agent(read_settings(site.till_dir() / "till.toml"), SystemClock()) as agent:
        thread = threading.Thread(target=agent.run)
        thread.start()

        def reported() -> str:
            return stammkunde("head-office", "status", "--data", site.data).stdout

        try:
            until(lambda: "generation 1" in reported(), within_s=30, what="the till reports")
        finally:
            agent.stop()
            thread.join(30)


def test_revoked_till_destroys_what_belongs_to_head_office_and_keeps_its_journal(
    site: Site,
) -> None:
    site.add_till("3")
    round_of(site)
    config = site.till_dir() / "till.toml"
    with Plugin.open(config) as plugin:
        sale = plugin.begin_sale("S1")
        sale.scan("4711")
        sale.evaluate()
        sale.complete()
    with site.database() as database:
        assert tills.revoke(database, "3", now_text=utc_text(SystemClock().now()))
    with Agent(read_settings(config), SystemClock()) as agent:
        agent.cycle()
    left = {path.name for path in site.till_dir().iterdir()}
    assert "journal.db" in left
    assert "keys.json" not in left
    assert not [name for name in left if name.startswith("cache") or name == "blobs"]
    assert words_of(read_status(site.till_dir()) or {}) == ["revoked"]
    with Plugin.open(config) as plugin:  # the sale goes on at list price
        assert plugin.health()["last_seq"] == 1


def test_refusal_of_a_captive_portal_destroys_nothing(site: Site) -> None:
    """Negative control: only the word `revoked` of a problem document does."""
    site.add_till("3")
    round_of(site)
    config = site.till_dir() / "till.toml"
    for answer in (http("401 Unauthorized", b"<html>revoked</html>"), http("403 Forbidden")):
        with HostileServer(lambda answer=answer: [answer]) as portal:  # type: ignore[misc]
            keys = site.keys()
            path = site.till_dir() / "keys.json"
            path.write_text(json.dumps({**keys, "head_office": portal.url}))
            with Agent(read_settings(config), SystemClock()) as agent:
                agent.cycle()
            assert path.exists()
            assert (site.till_dir() / "cache.current").exists()


def test_clock_of_the_till_is_compared_with_head_offices(site: Site) -> None:
    site.add_till("3")
    assert abs(round_of(site)["clock_offset_ms"]) < 10_000
    config = site.till_dir() / "till.toml"
    answer = http("503 Busy", date="Mon, 01 Jan 2024 00:00:00 GMT")
    with HostileServer(lambda: [answer]) as wrong:
        path = site.till_dir() / "keys.json"
        path.write_text(json.dumps({**site.keys(), "head_office": wrong.url}))
        with Agent(read_settings(config), SystemClock()) as agent:
            agent.cycle()
    status = read_status(site.till_dir()) or {}
    assert status["clock_offset_ms"] < -CLOCK_SUSPECT_MS
    assert "clock_suspect" in words_of(status)


def test_status_levels_are_exit_codes_and_every_word_has_an_advice(site: Site) -> None:
    site.add_till("3")
    round_of(site)
    config = site.till_dir() / "till.toml"

    def status() -> tuple[int, dict[str, Any]]:
        done = stammkunde("agent", "sync-now", "--config", config)
        shown = stammkunde("agent", "status", "--json", "--config", config)
        assert shown.returncode == 3  # no agent runs
        return done.returncode, json.loads(shown.stdout)

    code, facts = status()
    assert code == 0
    assert facts["advice"] == []
    assert facts["sqlite"] >= "3.51"
    assert facts["disk_free_bytes"] > 0
    (site.till_dir() / SPENT).touch()
    (site.till_dir() / "damaged" / "x").mkdir(parents=True)
    _, facts = status()
    assert facts["advice"] == [ADVICE["journal_damaged"], ADVICE["disk_reserve"]]
    assert set(ADVICE) >= FAILED
