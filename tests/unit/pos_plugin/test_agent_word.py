"""What the cashier hears of the connection: from the agent's file, never from the network."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import pytest
from till_builder import NOON

from pos_plugin.agent_word import NAME, balance_notice, is_silent_too_long, notices_of
from pos_plugin.clock import utc_text

if TYPE_CHECKING:
    from pathlib import Path


def said(folder: Path, **status: Any) -> list[str]:
    (folder / NAME).write_text(json.dumps(status), encoding="utf-8")
    return [one.text("de") for one in notices_of(folder, at=NOON)]


def ago(**spans: int) -> str:
    return utc_text(NOON - dt.timedelta(**spans))


def test_offline_names_since_when(tmp_path: Path) -> None:
    assert said(tmp_path, contact_at=ago(minutes=78)) == []
    assert said(tmp_path, contact_at=ago(minutes=78), unreachable="no network") == [
        "Offline seit 10:42, Punkte werden gesammelt."
    ]
    assert said(tmp_path, contact_at=ago(days=2), unreachable="no network") == [
        "Offline seit 05.03. 12:00, Punkte werden gesammelt."
    ]


def test_old_data_are_said_only_after_a_try_has_failed(tmp_path: Path) -> None:
    (old,) = said(tmp_path, contact_at=ago(days=20), unreachable="no network")
    assert "15.02.2026" in old
    # A shop that was closed over Christmas: the agent has not failed.
    assert said(tmp_path, contact_at=ago(days=20)) == []
    assert said(tmp_path, unreachable="no network") == []


def test_wrong_clock_is_said(tmp_path: Path) -> None:
    assert said(tmp_path, clock_offset_ms=-119_000) == []
    (wrong,) = said(tmp_path, clock_offset_ms=-3_600_000)
    assert "Uhr" in wrong


def test_a_fork_and_the_end_of_service_are_said(tmp_path: Path) -> None:
    (forked,) = said(tmp_path, problems={"upload": "fork"})
    assert "andere Kasse" in forked
    (revoked,) = said(tmp_path, problems={"upload": "revoked", "download": "revoked"})
    assert "abgemeldet" in revoked
    assert said(tmp_path, problems={"upload": "gap"}) == []
    assert said(tmp_path, problems=["fork"]) == []


def test_balances_say_of_when_they_are_only_without_head_office(tmp_path: Path) -> None:
    def told(**status: Any) -> str | None:
        said(tmp_path, **status)
        notice = balance_notice(tmp_path, at=NOON)
        return notice.text("de") if notice else None

    assert told(contact_at=ago(minutes=78)) is None
    assert told(unreachable="no network") is None
    now = told(contact_at=ago(minutes=78), unreachable="no network")
    assert now == "Guthaben der Zentrale: Stand 10:42. Was hier dazukam, ist enthalten."


@pytest.mark.parametrize("content", ["", "[]", "{torn", '{"contact_at": 7, "unreachable": "x"}'])
def test_file_that_cannot_be_read_says_nothing(tmp_path: Path, content: str) -> None:
    (tmp_path / NAME).write_text(content, encoding="utf-8")
    assert list(notices_of(tmp_path, at=NOON)) == []
    (tmp_path / NAME).unlink()
    assert list(notices_of(tmp_path, at=NOON)) == []


def test_silence_is_measured_by_the_tries_of_the_agent(tmp_path: Path) -> None:
    def silent(**status: Any) -> bool:
        said(tmp_path, **status)
        return is_silent_too_long(tmp_path)

    assert silent(contact_at=ago(days=15), cycle_at=ago(), unreachable="no network")
    assert not silent(contact_at=ago(days=13), cycle_at=ago(), unreachable="no network")
    # Switched off for weeks: the last try was long ago, too.
    assert not silent(contact_at=ago(days=90), cycle_at=ago(days=90), unreachable="no network")
    assert not silent(contact_at=ago(days=90), cycle_at=ago())
