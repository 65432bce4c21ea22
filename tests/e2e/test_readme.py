"""The commands of the README run, and what the example prints is what the README shows."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from house import ROOT
from processes import free_port
from waiting import until

README = (ROOT / "README.md").read_text(encoding="utf-8")
PROGRAMS = Path(sys.executable).parent


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def commands() -> list[str]:
    return [line for block in blocks("sh") for line in block.splitlines()]


def test_every_command_of_the_readme_runs(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "examples" / "quickstart", tmp_path / "examples" / "quickstart")
    port = str(free_port())
    serving: list[subprocess.Popen[bytes]] = []
    said: dict[str, str] = {}
    try:
        for line in commands():
            words = shlex.split(line.removesuffix("&"))
            if words[0] == "make":
                assert re.search(rf"^{words[1]}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
                continue
            if words[0] == ".":  # PROGRAMS stand for what this shell would find
                assert line == ". .venv/bin/activate"
                continue
            # The ports of the README may be taken on the machine that tests.
            if "init" in words:
                words += ["--url", f"http://127.0.0.1:{port}"]
            if "serve" in words:
                words += ["--port", port]
            program = [sys.executable] if words[0] == "python" else [PROGRAMS / words[0]]
            if line.endswith("&"):
                serving.append(serve([*program, *words[1:]], tmp_path))
                continue
            done = subprocess.run(
                [*program, *words[1:]],
                cwd=tmp_path,
                check=False,
                capture_output=True,
                encoding="utf-8",
                timeout=120,
            )
            # The agent of the README does not run on, and says so.
            expected = 3 if "status" in words else 0
            assert done.returncode == expected, f"{line}\n{done.stdout}{done.stderr}"
            said[line] = done.stdout
    finally:
        for process in serving:
            process.kill()
            process.wait(timeout=60)
    (output,) = blocks("text")
    assert said["python examples/quickstart/first_sale.py"] == output
    assert list((tmp_path / "till" / "prints").glob("*.png"))
    assert "Ereignisse, die die Zentrale noch nicht hat: 0" in said[commands()[-1]]


def serve(command: list[object], folder: Path) -> subprocess.Popen[bytes]:
    log = folder / "serve.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(word) for word in command], cwd=folder, stdout=output, stderr=output
        )
    try:
        until(
            lambda: b"answers on" in log.read_bytes() or process.poll() is not None,
            within_s=30,
            what="head office answers",
        )
    except AssertionError:
        process.kill()
        process.wait(timeout=60)
        raise
    return process


def test_a_wrong_command_is_seen(tmp_path: Path) -> None:
    done = subprocess.run(
        [PROGRAMS / "stammkunde", "head-office", "lode", "."],
        cwd=tmp_path,
        check=False,
        capture_output=True,
        timeout=60,
    )
    assert done.returncode == 2
