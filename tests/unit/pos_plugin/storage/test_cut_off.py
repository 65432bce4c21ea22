"""A till that was cut off has its files looked at; a journal on a network drive is refused."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from functools import partial
from typing import TYPE_CHECKING

import pytest
from till_builder import NOON
from waiting import until

from pos_plugin.clock import SettableClock, SystemClock
from pos_plugin.config import TillConfig
from pos_plugin.drives import drive_of
from pos_plugin.errors import StorageError
from pos_plugin.storage import connect
from pos_plugin.storage.journal_swap import was_cut_off
from pos_plugin.storage.journal_writer import JournalWriter
from sync_agent.local.agent import LocalAgent

if TYPE_CHECKING:
    from pathlib import Path

HOLDER = """
import sys
from pathlib import Path
from pos_plugin.clock import SystemClock
from pos_plugin.storage.journal_writer import JournalWriter
journal = JournalWriter.open(Path(sys.argv[1]), at=SystemClock().now())
print("open", flush=True)
sys.stdin.read()
journal.close()
"""
LINE = "36 35 98:0 / {place} rw,noatime shared:1 - {kind} server:/share rw\n"


def run_till(folder: Path, *, is_killed: bool) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as till:
        assert till.stdout is not None
        assert till.stdin is not None
        assert till.stdout.readline() == "open\n"
        if is_killed:
            till.send_signal(signal.SIGKILL)
        till.stdin.close()
        till.wait(60)


def test_only_a_till_that_was_cut_off_is_looked_at(tmp_path: Path) -> None:
    run_till(tmp_path, is_killed=False)
    run_till(tmp_path, is_killed=False)
    assert not was_cut_off(tmp_path)
    run_till(tmp_path, is_killed=True)
    JournalWriter.open(tmp_path, at=NOON).close()
    assert was_cut_off(tmp_path)


def test_the_agent_looks_at_once_and_finds_the_damage(tmp_path: Path) -> None:
    run_till(tmp_path, is_killed=True)
    run_till(tmp_path, is_killed=False)
    path = tmp_path / "journal.db"
    content = bytearray(path.read_bytes())
    content[4096 * 3 : 4096 * 8] = b"\x55" * 4096 * 5
    path.write_bytes(content)
    with LocalAgent(TillConfig(shop="1", till="1", data_dir=tmp_path), SystemClock()) as agent:
        running = threading.Thread(target=agent.run)
        running.start()
        try:
            until(lambda: agent.status.checked_at, within_s=60, what="the files are looked at")
        finally:
            agent.stop()
            running.join(60)
        assert "journal.db" in agent.status.damage
    assert not was_cut_off(tmp_path)


def test_nobody_looks_when_all_ended_well(tmp_path: Path) -> None:
    """Negative control: without the cut the same damage waits for the night."""
    run_till(tmp_path, is_killed=False)
    with LocalAgent(
        TillConfig(shop="1", till="1", data_dir=tmp_path), SettableClock(NOON)
    ) as agent:
        agent.round()
        assert agent.status.checked_at is None
    assert not was_cut_off(tmp_path)


@pytest.mark.parametrize("kind", ["cifs", "nfs4", "fuse.sshfs"])
def test_a_journal_on_a_network_drive_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(LINE.format(place=tmp_path, kind=kind), encoding="utf-8")
    monkeypatch.setattr(connect, "drive_of", partial(drive_of, mounts=mounts))
    with pytest.raises(StorageError, match="network drive"):
        JournalWriter.open(tmp_path / "till", at=NOON)
    assert not (tmp_path / "till" / "journal.db").exists()
    # Negative control: on a disk of the till's own the same folder is taken.
    mounts.write_text(LINE.format(place=tmp_path, kind="ext4"), encoding="utf-8")
    JournalWriter.open(tmp_path / "till", at=NOON).close()
