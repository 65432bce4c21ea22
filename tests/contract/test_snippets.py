"""Snippets of the documentation that no page's own test runs: settings, commands, Python, curl."""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING, Any

import click
import pytest
from house import ROOT
from programs import need
from served_till import served, small_shop

from pos_plugin import Plugin, Receipt, Refused
from pos_plugin.cli import stammkunde
from pos_plugin.clock import SystemClock
from pos_plugin.config import read_config
from pos_plugin.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAGES = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *ROOT.glob("examples/*/README.md")]
)
_SHELL = {"", "sh", "console", "sh server", "sh till", "sh enrol", "sh serve"}


def blocks(page: Path, kind: str | None = None) -> list[tuple[str, str]]:
    """Language and text of the blocks of a page, or of those of one language."""
    found = re.findall(r"^```(.*?)\n(.*?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return [(name, text) for name, text in found if kind is None or name == kind]


def with_settings() -> list[tuple[str, str]]:
    return [(page.name, text) for page in PAGES for _, text in blocks(page, "toml")]


def settings_of(text: str, folder: Path) -> None:
    """Read a piece of till.toml; what every till has comes before it."""
    base = "" if text.startswith("shop") else 'shop = "001"\ntill = "3"\n'
    (folder / "till.toml").write_text(base + text, encoding="utf-8")
    read_config(folder / "till.toml")


@pytest.mark.parametrize(("page", "text"), with_settings())
def test_settings_of_the_pages_are_taken(page: str, text: str, tmp_path: Path) -> None:
    assert page
    settings_of(text, tmp_path)


def test_settings_that_went_stale_are_seen(tmp_path: Path) -> None:
    assert len(with_settings()) > 5
    with pytest.raises(ConfigError):
        settings_of("[returns]\ndiscounts = 1\n", tmp_path)


def shell_lines() -> Iterator[tuple[str, str]]:
    """Every line of a page's blocks, and every word in backticks, that calls the command."""
    for page in PAGES:
        text = page.read_text("utf-8")
        spans = re.findall(
            r"`(stammkunde [^`]+)`",
            re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL),
        )
        joined = [body.replace("\\\n", " ") for name, body in blocks(page) if name in _SHELL]
        lines = [line for body in joined for line in body.splitlines()]
        for line in [*lines, *spans]:
            found = re.search(r"(?:^|\s)(stammkunde (?!-).*)$", line.removesuffix("&"))
            if found is not None:
                yield page.name, found[1]


def wrong_word(line: str) -> str | None:
    """The first word of a command line that the command does not know."""
    words = re.split(r"\s+#|\s\||\s>", line)[0].replace("…", "").split()[1:]
    command: click.Command = stammkunde
    context = click.Context(command, info_name="stammkunde")
    for word in words:
        if word.isupper():
            continue
        if isinstance(command, click.Group) and not word.startswith("-"):
            for name in word.split("|"):
                if command.get_command(context, name) is None:
                    return name
            command = command.get_command(context, word.split("|")[0]) or command
        elif word.startswith("--"):
            name = re.split(r"[=|,;:.)]", word)[0]
            known = {one for option in command.params for one in option.opts}
            if name not in {*known, "--help", "--version"}:
                return name
    return None


def test_every_command_line_of_the_pages_is_one() -> None:
    lines = list(shell_lines())
    assert len(lines) > 100
    wrong = [f"{page}: {line}: {word}" for page, line in lines if (word := wrong_word(line))]
    assert wrong == []


def test_a_command_line_that_went_stale_is_seen() -> None:
    assert wrong_word("stammkunde head-office enroll --shop 1") == "enroll"
    assert wrong_word("stammkunde restore /media/x --configs till.toml") == "--configs"
    assert wrong_word("stammkunde restore /media/x --config till.toml") is None


def python_of(name: str) -> list[str]:
    return [text for _, text in blocks(ROOT / "docs" / name, "python")]


def run(code: str, names: dict[str, Any]) -> None:
    exec(compile(code, "a page", "exec"), names)  # noqa: S102 - our own page


@pytest.fixture
def plugin(tmp_path: Path) -> Iterator[Plugin]:
    till = small_shop(tmp_path / "till")
    with till.config_path.open("a", encoding="utf-8") as config:
        config.write("\n[approvals]\nenabled = true\n")
    with till.open() as opened:
        yield opened


def test_the_sale_of_the_python_page_is_sold_and_given_back(plugin: Plugin) -> None:
    from datetime import datetime

    (code,) = python_of("python-api.md")
    names: dict[str, Any] = {"plugin": plugin, "datetime": datetime, "Refused": Refused}
    run(code, names)
    assert isinstance(names["receipt"], Receipt), names
    answer = plugin.sales.answer("A-17")
    assert not isinstance(answer, Refused)
    assert answer.returns, answer


def test_the_customer_of_the_page_is_made(plugin: Plugin) -> None:
    (code,) = python_of("customers.md")
    names: dict[str, Any] = {"plugin": plugin}
    run(code, names)
    assert isinstance(names["made"], Receipt), names["made"]


def test_the_approval_of_the_page_goes_out(plugin: Plugin) -> None:
    ((_, text),) = blocks(ROOT / "docs" / "approvals.md", "json")
    assert isinstance(plugin.approvals.issue(json.loads(text)), Receipt)


def test_the_curls_of_the_page_sell_and_take_back(tmp_path: Path) -> None:
    need("bash", "curl")
    ((_, text),) = blocks(ROOT / "docs" / "http.md", "sh")
    lines = text.splitlines()
    assert "/events" in lines.pop()  # it never ends
    # Every answer a line, and a refusal ends the script.
    curl = "set -e; curl() { command curl -sS --fail-with-body --noproxy '*' \"$@\"; echo; }\n"
    with served(small_shop(tmp_path / "till", clock=SystemClock())) as till:
        done = subprocess.run(
            ["bash", "-c", curl + "\n".join(lines).replace("8711", str(till.port))],
            cwd=tmp_path,
            check=False,
            capture_output=True,
            text=True,
            timeout=120,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one.get("total_minor") for one in answers[2:4]] == [6399, 6399]
