"""The page docs/first-hour.md, typed from top to bottom in an empty folder."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING

from house import ROOT
from processes import STAMMKUNDE, Running, free_port

if TYPE_CHECKING:
    from pathlib import Path

PAGE = (ROOT / "docs" / "first-hour.md").read_text(encoding="utf-8")


def blocks() -> list[tuple[str, str, str]]:
    """Language, file name or nothing, and text of every block."""
    return re.findall(r"^```(\w+) ?([\w.-]*)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def typed(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, check=False, capture_output=True, encoding="utf-8", timeout=120
    )


def test_the_hour_ends_with_a_sale_and_a_voucher(tmp_path: Path) -> None:
    port = str(free_port())
    serving: list[Running] = []
    said = ""
    try:
        for language, name, text in blocks():
            if name:
                (tmp_path / name).write_text(text.replace("8711", port), encoding="utf-8")
            if language == "sh":
                for line in text.splitlines():
                    words = shlex.split(line.removesuffix("&").replace("8711", port))
                    assert words[0] == "stammkunde"
                    if line.endswith("&"):
                        config = ("--config", tmp_path / "till.toml")
                        till = Running(tmp_path / "till.log", *words[1:], *config)
                        serving.append(till)
                        till.says("Its token", within_s=60)
                        continue
                    done = typed([*STAMMKUNDE, *words[1:]], tmp_path)
                    expected = 1 if "doctor" in words else 0
                    assert done.returncode == expected, (line, done.stdout, done.stderr)
            elif language == "python":
                for _ in range(2):  # everybody types it twice
                    done = typed([sys.executable, name], tmp_path)
                    assert done.returncode == 0, done.stderr
                    said = done.stdout
            elif language == "text":
                assert text == said
    finally:
        for till in serving:
            till.kill()
    assert said
    assert (tmp_path / "voucher.png").stat().st_size > 1000
    assert list((tmp_path / "prints").glob("*.png"))


def test_the_page_has_every_part_of_the_hour() -> None:
    """Negative control: a page whose blocks are not found would pass the test above."""
    kinds = [language for language, _, _ in blocks()]
    assert kinds == ["sh", "csv", "csv", "sh", "json", "sh", "sh", "python", "text", "sh"]
