"""T10: printing leaves the host as it found it, and never holds its thread."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

GUEST = Path(__file__).parents[2] / "support" / "guest_process.py"
HELD_MS_MAX = 20
ROUNDS_MAX = 5


def guest(folder: Path, *, first: str = "") -> dict[str, Any]:
    (folder / "tmp").mkdir(parents=True)
    run = f"import sys, runpy; sys.argv[1:] = [{str(folder)!r}]\n{first}\n"
    run += f"runpy.run_path({str(GUEST)!r}, run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-c", run],
        capture_output=True,
        text=True,
        check=True,
        env={"TMPDIR": str(folder / "tmp"), "PATH": "", "PYTHONPATH": str(GUEST.parent)},
    )
    assert done.stderr == ""
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["printed"] == 4
    return found


def test_host_stays_as_it_was_and_its_thread_runs(tmp_path: Path) -> None:
    held_ms = []
    # A busy machine holds a thread, too; what it adds, it does not add each time.
    while len(held_ms) < ROUNDS_MAX and not (held_ms and held_ms[-1] <= HELD_MS_MAX):
        found = guest(tmp_path / str(len(held_ms)))
        assert found["touched"] == []
        assert found["threads"] == []
        held_ms.append(found["held_ms"])
    assert held_ms[-1] <= HELD_MS_MAX, held_ms


RUDE = {
    "log handlers": "import logging; logging.getLogger().addHandler(logging.NullHandler())",
    "environment": "import os; os.environ['ESCPOS'] = '1'",
    "temporary files": "import tempfile; tempfile.mkdtemp()",
}
# What a library does at import, when the first voucher loads it.
ON_IMPORT = """
import printers.encode
def rude(*given, kept=printers.encode.encode, **named):
    {what}
    return kept(*given, **named)
printers.encode.encode = rude
"""


@pytest.mark.parametrize("what", RUDE)
def test_rude_library_would_be_seen(tmp_path: Path, what: str) -> None:
    found = guest(tmp_path, first=ON_IMPORT.format(what=RUDE[what]))
    assert found["touched"] == [what]


def test_thread_that_is_held_would_be_seen(tmp_path: Path) -> None:
    """Negative control: one call that keeps the interpreter to itself."""
    hold = "sum(range(5_000_000))"
    found = guest(tmp_path, first=ON_IMPORT.format(what=hold))
    assert found["held_ms"] > HELD_MS_MAX
