"""Where a command writes to and reads from: closed, full, or of another encoding."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from lone_till import ARTICLES, CUSTOMERS, LoneTill

if TYPE_CHECKING:
    from pathlib import Path

MAIN = "from pos_plugin.cli import main; main()"


@pytest.fixture
def till(tmp_path: Path) -> LoneTill:
    till = LoneTill(tmp_path / "till")
    till.take("articles", ARTICLES.replace("Hose blau", "Hose Łódź"))
    return till


def export(
    till: LoneTill, redirection: str, *more: str, **env: str
) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-c", MAIN, "export", "articles", "--config", str(till.config_path)]
    return subprocess.run(
        ["sh", "-c", f'"$@" {redirection}', "sh", *command, *more],
        check=False,
        capture_output=True,
        timeout=60,
        env=os.environ | env,
    )


def test_closed_output_is_nobody_listening(till: LoneTill) -> None:
    done = export(till, ">&-")
    assert (done.returncode, done.stderr.startswith(b"articles: ")) == (0, True)
    assert export(till, ">&- 2>&-").returncode == 0


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="Linux has it")  # noqa: PTH110
def test_full_output_is_one_sentence(till: LoneTill) -> None:
    done = export(till, "> /dev/full")
    assert done.returncode == 1
    said = done.stderr.decode().splitlines()[-1]
    assert said == "reading or writing: No space left on device."
    assert b"Traceback" not in done.stderr
    assert b"Exception ignored" not in done.stderr


def test_rows_are_utf_8_whatever_the_terminal_speaks(till: LoneTill) -> None:
    done = export(till, "", PYTHONIOENCODING="ascii")
    assert done.returncode == 0
    assert "Hose Łódź" in done.stdout.decode()
    assert done.stdout == export(till, "").stdout


def test_a_file_that_cannot_be_written_is_one_sentence(till: LoneTill) -> None:
    done = export(till, "", "--out", str(till.folder))
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.decode() == f"{till.folder}: Is a directory.\n"


def test_closed_input_is_an_empty_one() -> None:
    for code, words in ((0, ["evaluate", "--cases", "/dev/stdin"]), (2, ["init", "--config", "x"])):
        command = [sys.executable, "-c", MAIN, *words]
        done = subprocess.run(
            ["sh", "-c", '"$@" <&-', "sh", *command],
            check=False,
            capture_output=True,
            timeout=60,
        )
        assert (done.returncode, done.stdout) == (code, b"")
        assert b"Traceback" not in done.stderr


def test_too_little_memory_is_one_sentence(tmp_path: Path) -> None:
    import resource

    rules = tmp_path / "rules.json"
    rules.write_text("[" + "[]," * (1 << 24) + "[]]")
    done = subprocess.run(
        [sys.executable, "-c", MAIN, "promotions", "lint", str(rules)],
        check=False,
        capture_output=True,
        timeout=60,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (1 << 29, 1 << 29)),
    )
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr == b"There is not enough memory for this.\n"


def test_what_the_system_refused_is_said_without_the_calls(till: LoneTill) -> None:
    till.take("customers", CUSTOMERS)
    till.open().close()
    (cache,) = till.folder.glob("cache-*.db")
    for part in till.folder.glob(f"{cache.name}-*"):
        part.unlink()
    content = cache.read_bytes()
    cache.write_bytes(content[:100] + bytes(len(content) - 100))
    command = [sys.executable, "-c", MAIN, "erase", "101", "--config", str(till.config_path)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"{cache.name} is damaged")
    assert done.stderr.count("\n") == 1
