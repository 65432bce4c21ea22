"""A cap of offline spending that was raised stays named until a person answers for it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from head_office_site import ANNA, ARTICLE, PROGRAM, Site
from processes import stammkunde

from head_office import audit
from head_office.till.caps import TILL_CAP_MINOR, RaisedCap, raised_caps
from head_office.till.status import take_report
from pos_plugin.clock import SystemClock
from sync_agent.agent import Agent
from sync_agent.protocol.messages import StatusReport
from sync_agent.settings import read_settings

if TYPE_CHECKING:
    from pathlib import Path

NOON = "2026-03-07T12:00:00.000Z"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = Site(tmp_path)
    site.load(article=[ARTICLE], program=[PROGRAM], customer=[ANNA])
    site.add_till("3")
    return site


def report(site: Site, cap_minor: int | None) -> None:
    with site.database() as database:
        said = StatusReport(version="1", offline_cap_minor=cap_minor)
        take_report(database, "3", said, now_text=NOON)


def raised(site: Site) -> list[RaisedCap]:
    with site.database() as database, database.read() as connection:
        return raised_caps(connection)


@pytest.mark.parametrize("cap_minor", [None, 0, TILL_CAP_MINOR])
def test_cap_that_is_not_raised_needs_nobody(site: Site, cap_minor: int | None) -> None:
    report(site, cap_minor)
    assert raised(site) == []
    assert stammkunde("head-office", "status", "--data", site.data).returncode == 0


def test_raised_cap_is_named_until_somebody_accepts_it(site: Site) -> None:
    report(site, 80_000)
    report(site, 80_000)
    assert raised(site) == [RaisedCap("3", 80_000, NOON, None, None)]
    done = stammkunde("head-office", "status", "--data", site.data)
    assert done.returncode == 1
    assert "Till 3 raised its cap to 800.00 EUR" in done.stderr
    done = stammkunde(
        "head-office", "accept-cap", "--data", site.data, "--till", "3", "--by", "Frau Berg"
    )
    assert (done.returncode, done.stdout) == (
        0,
        "Till 3: 800.00 EUR offline, accepted by Frau Berg.\n",
    )
    assert stammkunde("head-office", "status", "--data", site.data).returncode == 0
    found = json.loads(
        stammkunde("head-office", "worst-case", "--json", "--data", site.data).stdout
    )
    assert found["worst_case_minor"] == 80_000
    assert found["raised_caps"][0]["accepted_by"] == "Frau Berg"
    with site.database() as database, database.read() as connection:
        (entry,) = [
            one for one in audit.newest(connection, rows_max=9) if one.action == "cap.accepted"
        ]
    assert (entry.user, entry.subject, entry.detail) == ("Frau Berg", "3", {"cap_minor": 80_000})


def test_only_what_is_higher_than_accepted_needs_a_new_word(site: Site) -> None:
    report(site, 80_000)
    accept = ("head-office", "accept-cap", "--data", site.data, "--till", "3", "--by", "Frau Berg")
    assert stammkunde(*accept).returncode == 0
    for cap_minor in (50_000, 80_000, 60_000):
        report(site, cap_minor)
    assert len(raised(site)) == 1
    assert stammkunde(*accept).returncode == 2
    report(site, 90_000)
    assert [one.accepted_by for one in raised(site)] == ["Frau Berg", None]


@pytest.mark.parametrize(("till", "by"), [("3", "  "), ("9", "Frau Berg")])
def test_word_for_nothing_or_of_nobody_is_bad_input(site: Site, till: str, by: str) -> None:
    report(site, 80_000)
    done = stammkunde("head-office", "accept-cap", "--data", site.data, "--till", till, "--by", by)
    assert done.returncode == 2
    assert raised(site)[0].accepted_by is None


def test_till_reports_the_cap_of_its_own_settings(site: Site) -> None:
    with site.served() as url:
        site.url = url
        site.add_till("4")
        config = site.till_dir("4") / "till.toml"
        config.write_text(config.read_text() + "\n[offline]\ntill_minor = 70000\n")
        with Agent(read_settings(config), SystemClock()) as agent:
            agent.cycle()
            agent.report_when_due()
    assert [(one.till, one.cap_minor) for one in raised(site)] == [("4", 70_000)]
