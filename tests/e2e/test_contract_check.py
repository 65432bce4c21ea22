"""``stammkunde contract check`` on the reference, on a toy ERP, and on one that answers wrongly."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from head_office_site import ARTICLE, PERCENT_20, Site
from processes import free_port, stammkunde
from toy_erp_process import CODE, TOY, enrolled_till, erp

from pos_plugin import Plugin
from pos_plugin.clock import SystemClock
from sync_agent.agent import Agent
from sync_agent.settings import read_settings

if TYPE_CHECKING:
    from pathlib import Path


def wrong(url: str, *options: str) -> dict[str, str]:
    """Check a head office; return what is wrong, by the name of the check."""
    done = stammkunde("contract", "check", url, "--till", "3", "--json", *options)
    assert done.returncode in (0, 1), done.stderr
    findings = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(findings) >= 15
    found = {one["check"]: one["wrong"] for one in findings if one["wrong"]}
    assert done.returncode == (1 if found else 0)
    return found


def test_toy_erp_of_two_hundred_lines_passes(tmp_path: Path) -> None:
    source = TOY.read_text(encoding="utf-8")
    assert len(source.splitlines()) <= 200
    with erp(tmp_path, source) as url:
        assert wrong(url, "--code", CODE) == {}


@pytest.mark.parametrize(
    ("right", "broken", "check"),
    [
        ('raise Refusal(409, "gap")', "continue", "events: gap"),
        ('raise Refusal(409, "fork")', "continue", "events: fork"),
        ("self.code = secrets.token_urlsafe(32), None", "self.code = 'x' * 40, self.code", "enrol"),
        ('raise Refusal(409, "must-refetch")', "after = 0", "must-refetch"),
        ('raise Refusal(401, "unauthorized")', "pass", "token"),
        ('"rows": len(rows)}', '"rows": 7}', "changes: pages"),
        ("if till != TILL:", "if not till:", "events: another till's"),
        ('"complete": complete', '"complete": True', "changes: pages"),
        ('"capabilities": []', '"capabilities": ["gzip_uploads"]', "events: as gzip"),
    ],
)
def test_erp_that_answers_one_thing_wrongly_is_found_out(
    tmp_path: Path, right: str, broken: str, check: str
) -> None:
    source = TOY.read_text(encoding="utf-8")
    assert right in source
    source = source.replace(right, broken).replace("min(5000, int(", "min(1, int(")
    with erp(tmp_path, source) as url:
        found = wrong(url, "--code", CODE)
    assert any(check in name for name in found), found


def test_reference_head_office_passes(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.publish(PERCENT_20)
    site.load(article=[ARTICLE])
    done = stammkunde(
        "head-office", "enrol", "--data", site.data, "--shop", "001", "--till", "3"
    )  # fmt: skip
    code = done.stdout.partition("Code:")[2].split()[0]
    with site.served() as url:
        assert wrong(url, "--code", code) == {}
        # With a token alone, and once more: its events are duplicates of nobody.
        token = site.add_till("3")
        assert wrong(url, "--token", token) == {}


def test_nobody_there_is_told_check_by_check() -> None:
    done = stammkunde(
        "contract", "check", f"http://127.0.0.1:{free_port()}", "--till", "3", "--token", "x" * 40
    )
    assert done.returncode == 1
    assert "WRONG" in done.stdout
    done = stammkunde("contract", "check", "http://127.0.0.1:1", "--till", "3")
    assert done.returncode == 2


def test_a_till_sells_with_the_toy_erp(tmp_path: Path) -> None:
    with erp(tmp_path, TOY.read_text(encoding="utf-8")) as url:
        config = enrolled_till(tmp_path / "till", url)
        with Agent(read_settings(config), SystemClock()) as agent:
            agent.cycle()
            with Plugin.open(config) as plugin:
                sale = plugin.begin_sale("S1")
                sale.scan("4711")
                assert sale.evaluate().total_minor == 7999
                sale.complete()
            agent.cycle()
            assert agent.status.problems == {}
            assert agent.status.waiting_events == 0
            assert agent.status.acked_seq >= 1
