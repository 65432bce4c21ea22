"""``stammkunde head-office doctor``, and what a till's doctor says of its head office."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from head_office_site import Site
from processes import Running
from spoiled import spoil
from waiting import until

from head_office.doctor import head_office_findings
from pos_plugin.cli import stammkunde
from pos_plugin.clock import SystemClock
from pos_plugin.config import read_config
from pos_plugin.doctor.finding import Level
from sync_agent.commands import doctor_checks

if TYPE_CHECKING:
    from pathlib import Path


def codes(config: Path) -> dict[str, str]:
    done = CliRunner().invoke(stammkunde, ["doctor", "--config", str(config), "--json"])
    return {one["code"]: one["level"] for one in json.loads(done.stdout)["findings"]}


def test_head_office_is_asked(tmp_path: Path) -> None:
    site = Site(tmp_path)
    with site.served() as url:
        site.url = url
        site.add_till()
        config = site.till_dir() / "till.toml"
        said = codes(config)
        assert said["head_office_good"] == "good"
        assert said["cache_none"] == "warn"
        keys = site.till_dir() / "keys.json"
        keys.write_text(keys.read_text().replace(site.keys()["till_token"], "x" * 43))
        done = CliRunner().invoke(stammkunde, ["doctor", "--config", str(config)])
        assert "lehnt ab" in done.stdout
        assert "Kasse neu anmelden" in done.stdout
    keys.write_text(keys.read_text().replace("x" * 43, "y" * 43))
    assert codes(config)["head_office_silent"] == "warn"


def test_old_master_data_are_said(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.publish()
    with site.served() as url:
        site.url = url
        site.add_till()
        config = site.till_dir() / "till.toml"
        synced = CliRunner().invoke(stammkunde, ["agent", "sync-now", "--config", str(config)])
        assert synced.exit_code == 0, synced.output
        said = codes(config)
        assert (said["rules_good"], said["cache_good"]) == ("good", "good")
    later = SystemClock().now() + dt.timedelta(days=4)
    found = {
        one.code: one.level for one in doctor_checks.checks(read_config(config), config, at=later)
    }
    assert found["cache_old"] is Level.BAD


def head_office(site: Site, *words: object) -> dict[str, str]:
    done = CliRunner().invoke(
        stammkunde, ["head-office", "doctor", "--data", str(site.data), "--json", *map(str, words)]
    )
    found: Any = json.loads(done.stdout)
    assert done.exit_code == (1 if found["bad"] else 0)
    return {one["code"]: one["level"] for one in found["findings"]}


def test_head_office_is_looked_at(tmp_path: Path) -> None:
    site = Site(tmp_path)
    copies = tmp_path / "copies"
    said = head_office(site)
    assert said["keys_next_here"] == said["backup_unknown"] == said["tills_none"] == "warn"
    assert "bad" not in said.values()
    (site.data / "rule-key.next").unlink()
    site.add_till()
    said = head_office(site, "--backup", copies)
    assert (said["keys_good"], said["backup_none"], said["tills_never"]) == ("good", "bad", "warn")
    done = CliRunner().invoke(
        stammkunde, ["head-office", "backup", str(copies), "--data", str(site.data)]
    )
    assert done.exit_code == 0, done.output
    assert head_office(site, "--backup", copies)["backup_good"] == "good"
    (copy,) = copies.iterdir()
    old = SystemClock().now().timestamp() - 40 * 3_600
    os.utime(copy, (old, old))
    assert head_office(site, "--backup", copies)["backup_old"] == "bad"


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        (lambda data: (data / "rule-key.current").unlink(), "keys_missing"),
        (lambda data: (data / "rule-key.current").chmod(0o644), "keys_open"),
        (lambda data: spoil(data / "head_office.db"), "files_damaged"),
        (lambda data: (data / "head_office.db").unlink(), "files_unusable"),
        (lambda data: data.chmod(0o755), "rights_open"),
        (shutil.rmtree, "folder_no_head_office"),
    ],
)
def test_a_broken_head_office_is_said(tmp_path: Path, broken: Any, code: str) -> None:
    site = Site(tmp_path)
    assert code not in head_office(site)
    broken(site.data)
    assert head_office(site)[code] == "bad"


def test_a_silent_till_is_said(tmp_path: Path) -> None:
    site = Site(tmp_path)
    with site.served() as url:
        site.url = url
        site.add_till()
        config = site.till_dir() / "till.toml"
        with (
            Running(tmp_path / "agent.log", "agent", "run", "--config", config),
            closing(sqlite3.connect(site.data / "head_office.db")) as database,
        ):
            until(
                lambda: database.execute("SELECT 1 FROM till_status").fetchall(),
                within_s=60,
                what="the till reports",
            )
    at = SystemClock().now()
    told = {one.code for one in head_office_findings(site.data, backups=None, at=at)}
    assert "tills_good" in told
    later = at + dt.timedelta(days=5)
    told = {one.code for one in head_office_findings(site.data, backups=None, at=later)}
    assert "tills_silent" in told
