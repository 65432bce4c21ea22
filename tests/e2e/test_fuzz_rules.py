"""Evaluate and lint under hostile JSON: a refusal or an answer, within bounds of work and memory.

Few cases here; ``make fuzz MINUTES=10`` is the long run.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("resource", reason="limits of memory are those of POSIX")

MINUTES = int(os.environ.get("FUZZ_MINUTES", "0"))
"""Length of the long run; 0 = the short one."""
SEED = 20260307
SCRIPT = Path(__file__).resolve().parents[1] / "support" / "fuzz_rules.py"


def run(*arguments: str, code: str = "") -> subprocess.CompletedProcess[str]:
    """Run the fuzzer; ``code`` runs before it and may break something."""
    start = f"import sys; sys.path.insert(0, {str(SCRIPT.parent)!r})\nimport fuzz_rules\n"
    return subprocess.run(
        [sys.executable, "-c", f"{start}{code}\nfuzz_rules.main()", *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=MINUTES * 60 + 600,
    )


def summary(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.returncode == 0, done.stderr[-4000:]
    value: dict[str, Any] = json.loads(done.stdout)
    return value


@pytest.mark.slow
def test_hostile_json_is_refused_or_answered_within_bounds() -> None:
    seen = summary(run(str(MINUTES * 60), str(SEED), "200" if MINUTES else "40"))
    print(f"seed {SEED}: {seen}")  # noqa: T201 - the figures of the long run
    assert seen["evaluated"] > 10
    assert seen["refused"] > 3
    assert seen["linted"] > 5
    assert seen["findings"] > 20


# A control need not find the smallest case.
QUICK = "fuzz_rules.PHASES = fuzz_rules.PHASES[:1]\n"
MORE_WORK = """
from dataclasses import replace
real = fuzz_rules.lint
fuzz_rules.lint = lambda rules, options, *more: real(
    rules, replace(options, max_baskets=600), *more
)
"""


MORE_MEMORY = "fuzz_rules.RuleGeneration.from_json = lambda text: bytearray(2**31)"


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        pytest.param(MORE_WORK, "AssertionError", id="more work than allowed"),
        pytest.param("fuzz_rules.InputError = KeyError", "failing case", id="no refusal"),
        pytest.param(MORE_MEMORY, "MemoryError", id="too much memory"),
    ],
)
def test_what_breaks_the_promise_is_found(broken: str, said: str) -> None:
    done = run("0", str(SEED), "16", code=QUICK + broken)
    assert done.returncode != 0
    assert said in done.stderr
