"""A service manager that asked hears that the agent goes on; one that did not hears nothing."""

from __future__ import annotations

import os
import re
import socket
import sys
from contextlib import closing
from pathlib import Path

import pytest
from processes import Running
from till_builder import TillBuilder

from sync_agent.watchdog import ALIVE, Watchdog

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sd_notify is of Unix")
UNIT = Path(__file__).parents[3] / "packaging" / "deb" / "till" / "stammkunde-agent@.service"


def inbox(address: str) -> socket.socket:
    found = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    found.bind(address)
    found.settimeout(30)
    return found


def is_silent(of: socket.socket) -> bool:
    of.setblocking(False)
    try:
        of.recv(100)
    except BlockingIOError:
        return True
    return False


def asked(address: str, **more: str) -> dict[str, str]:
    return {"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "600000000", **more}


@pytest.mark.parametrize("is_abstract", [False, True])
def test_who_asked_is_told_and_not_too_often(tmp_path: Path, is_abstract: bool) -> None:
    name = f"stammkunde-test-{os.getpid()}"
    address = f"@{name}" if is_abstract else str(tmp_path / "notify")
    with closing(inbox(f"\0{name}" if is_abstract else address)) as manager:
        dog = Watchdog(asked(address))
        dog.alive()
        dog.alive()
        assert manager.recv(100) == ALIVE
        assert is_silent(manager)


def test_who_did_not_ask_or_meant_another_process_is_told_nothing(tmp_path: Path) -> None:
    address = str(tmp_path / "notify")
    with closing(inbox(address)) as manager:
        Watchdog({"NOTIFY_SOCKET": address}).alive()
        Watchdog(asked(address, WATCHDOG_PID="1")).alive()
        assert is_silent(manager)


def test_a_manager_that_went_away_stops_nothing(tmp_path: Path) -> None:
    Watchdog(asked(str(tmp_path / "nobody"))).alive()


def test_running_agent_says_that_it_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    till = TillBuilder(tmp_path / "till")
    (till.data_dir / "keys.json").unlink()  # this till has no head office
    address = str(tmp_path / "notify")
    for name, value in asked(address).items():
        monkeypatch.setenv(name, value)
    with (
        closing(inbox(address)) as manager,
        Running(tmp_path / "log", "agent", "run", "--config", till.config_path),
    ):
        assert manager.recv(100) == ALIVE


def test_unit_asks_for_it() -> None:
    text = UNIT.read_text(encoding="utf-8")
    assert re.search("^WatchdogSec=600$", text, re.MULTILINE)
    assert re.search("^NotifyAccess=main$", text, re.MULTILINE)
