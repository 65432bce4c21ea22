"""The first lines of the command: Ctrl-C ends it silently, also while it loads."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.name != "posix", reason="a signal to oneself")

# Ctrl-C comes while a certain module is loaded.
SCRIPT = """
import os, signal, sys

class Interrupt:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            sys.meta_path.remove(self)
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupt())
from {home} import main
main()
"""


def interrupted(
    module: str, cases: Path, *, home: str = "pos_plugin.command", is_ignored: bool = False
) -> subprocess.CompletedProcess[str]:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN) if is_ignored else None
    script = SCRIPT.format(module=module, home=home)
    try:
        return subprocess.run(
            [sys.executable, "-c", script, "evaluate", "--cases", str(cases)],
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
        )
    finally:
        if before is not None:
            signal.signal(signal.SIGINT, before)


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    path = tmp_path / "cases.jsonl"
    path.write_text('{"id": 1}\n')
    return path


@pytest.mark.parametrize("module", ["click", "pos_plugin.doctor.command", "pos_plugin.validation"])
def test_ctrl_c_is_silent_from_the_first_moment(module: str, cases: Path) -> None:
    done = interrupted(module, cases)
    assert (done.returncode, done.stdout, done.stderr.strip()) == (130, "", "")


def test_without_the_first_lines_it_is_a_traceback(cases: Path) -> None:
    assert "Traceback" in interrupted("click", cases, home="pos_plugin.cli").stderr


def test_ignored_interrupts_stay_ignored(cases: Path) -> None:
    done = interrupted("click", cases, is_ignored=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith('{"id":1,')
