from __future__ import annotations

import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from pos_plugin.errors import StorageError
from sync_agent.errors import AgentRunning
from sync_agent.lock import TRIES, agent_lock, is_running
from sync_agent.status import ADVICE, Status, read_status, words_of, write_status
from sync_agent.status_words import ADVICE_DE, LINES, advice

if TYPE_CHECKING:
    from pathlib import Path

HOLDER = """
import sys
from pathlib import Path
from sync_agent.lock import agent_lock
with agent_lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_lock_dies_with_its_process(tmp_path: Path) -> None:
    assert not is_running(tmp_path)
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        assert is_running(tmp_path)
        with pytest.raises(AgentRunning), agent_lock(tmp_path):
            pass
        holder.kill()
    assert not is_running(tmp_path)
    with agent_lock(tmp_path):
        pass


def test_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "agent.lock").mkdir()  # as good as a folder of somebody else
    with pytest.raises(StorageError, match=r"agent\.lock cannot be opened"), agent_lock(tmp_path):
        pass
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="cannot be made"), agent_lock(tmp_path / "file" / "x"):
        pass


def test_who_only_looks_keeps_no_agent_from_starting(tmp_path: Path) -> None:
    ended = threading.Event()

    def look_on() -> None:
        while not ended.wait(0.002):
            is_running(tmp_path)

    with agent_lock(tmp_path):
        pass  # the file is there
    looking = threading.Thread(target=look_on)
    looking.start()
    try:
        for _ in range(200):
            with agent_lock(tmp_path, tries=TRIES):
                pass
    finally:
        ended.set()
        looking.join()


def test_status_comes_back_as_written(tmp_path: Path) -> None:
    assert read_status(tmp_path) is None
    status = Status(started_at="2026-03-07T12:00:00.000Z", pid=7, problems={"upload": "fork"})
    write_status(tmp_path, status)
    assert (read_status(tmp_path) or {})["problems"] == {"upload": "fork"}
    (tmp_path / "agent.status.json").write_text("{torn")
    assert read_status(tmp_path) is None


def test_every_word_of_trouble_has_an_advice() -> None:
    status = {
        "problems": {"upload": "gap", "download": "must-refetch"},
        "unreachable": "no network",
        "refused_packages": {"2": "hash"},
        "damage": {"journal.db": "page 7"},
    }
    words = words_of(status)
    assert words == ["gap", "must-refetch", "unreachable", "package", "damaged"]
    assert all(word in ADVICE for word in words)
    assert words_of({}) == []


def test_every_word_has_a_sentence_in_both_languages() -> None:
    assert list(ADVICE_DE) == list(ADVICE)
    assert list(LINES["de"]) == list(LINES["en"])
    assert advice("disk_low", language="de") == "Die Platte ist fast voll: Platz schaffen."
    assert advice("disk_low", language="en") == ADVICE["disk_low"]
    assert advice("a word of tomorrow", language="de") == "a word of tomorrow"
