"""The recipe docs/three-shops.md, typed from top to bottom on this machine."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from head_office_site import ANNA, ARTICLE, PERCENT_20, PROGRAM, write_tables
from house import ROOT
from processes import STAMMKUNDE, Running, free_port

from pos_plugin import Plugin

if TYPE_CHECKING:
    from pathlib import Path

PAGE = (ROOT / "docs" / "three-shops.md").read_text(encoding="utf-8")


RULE = {**PERCENT_20, "label": {"de": "20 % auf Hosen", "en": "20% off trousers"}}


def blocks() -> list[tuple[str, list[str]]]:
    """Where each block is typed, and its lines."""
    found = re.findall(r"^```sh (\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return [(place, text.splitlines()) for place, text in found]


class Chain:
    """The folder in which the recipe is typed; addresses are those of this machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = str(free_port())
        self.codes: dict[str, str] = {}
        self.authority = ""
        (folder / "backup").mkdir()
        tables = folder / "master"
        write_tables(tables, article=[ARTICLE], program=[PROGRAM], customer=[ANNA])
        (folder / "promotions.json").write_text(json.dumps({"promotions": [RULE]}))

    def words(self, line: str) -> list[str]:
        line = line.replace("DNS:head.example", "IP:127.0.0.1").replace("0.0.0.0", "127.0.0.1")  # noqa: S104 - the page's
        line = line.replace("head.example:8710", f"127.0.0.1:{self.port}")
        words = shlex.split(line)
        if "--code" in words:
            till = words[words.index("--till") + 1]
            words[words.index("--code") + 1] = self.codes[till]
            words[words.index("--authority") + 1] = self.authority
        if words[0] == "stammkunde":
            return [*STAMMKUNDE, *words[1:]]
        return words

    def type(self, line: str) -> str:
        done = subprocess.run(
            self.words(line),
            cwd=self.folder,
            check=False,
            capture_output=True,
            text=True,
            timeout=120,
        )
        # No agent runs as a service here, which a till's doctor says.
        expected = 1 if line.startswith("stammkunde doctor") else 0
        assert done.returncode == expected, (line, done.stdout, done.stderr)
        return done.stdout


@pytest.mark.skipif(shutil.which("openssl") is None, reason="the recipe needs openssl")
def test_recipe_ends_with_three_tills_that_sell(tmp_path: Path) -> None:
    chain = Chain(tmp_path)
    parts = blocks()
    assert [place for place, _ in parts] == [
        *("server", "openssl", "serve", "server", "enrol", "till", "server")
    ]
    at_serve = [place for place, _ in parts].index("serve")
    for _, lines in parts[:at_serve]:
        for line in lines:
            chain.type(line)
    (serve,) = parts[at_serve][1]
    words = chain.words(serve)[len(STAMMKUNDE) :]
    for number, word in enumerate(words):
        if word in ("--data", "--certificate", "--key"):
            words[number + 1] = str(tmp_path / words[number + 1])
    with Running(tmp_path / "serve.log", *words, "--port", chain.port) as server:
        server.says(f"answers on https://127.0.0.1:{chain.port}", within_s=60)
        for place, lines in parts[at_serve + 1 :]:
            for line in lines:
                said = chain.type(line)
                if place == "enrol":
                    till = re.search(r"Till: +(\d)", said)
                    code = re.search(r"Code: +(\S+)", said)
                    hashed = re.search(r"Authority: +(\S+)", said)
                    assert till is not None
                    assert code is not None
                    assert hashed is not None
                    chain.codes[till[1]], chain.authority = code[1], hashed[1]
                if line.startswith("stammkunde doctor"):
                    assert "1 schlecht." in said, said
                    assert "antwortet." in said
                if "head-office doctor" in line:
                    assert "0 schlecht." in said, said
                if "worst-case" in line:
                    assert "3 tills offline at once: at most 1500.00 EUR" in said
    for till in "123":
        with Plugin.open(tmp_path / f"till-{till}" / "till.toml") as plugin:
            sale = plugin.begin_sale(f"S{till}")
            sale.scan(ARTICLE["sku"])
            assert sale.evaluate().total_minor == 6399  # 79.99 less 20 %


def test_the_german_page_has_the_same_commands() -> None:
    typed = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
    german = (ROOT / "docs" / "drei-laeden.md").read_text(encoding="utf-8")
    assert typed.findall(german) == typed.findall(PAGE)
    assert typed.findall(german.replace("--till 2", "--till 4")) != typed.findall(PAGE)


def test_plain_http_is_for_this_machine_alone(tmp_path: Path) -> None:
    for address, words in (("0.0.0.0", "add --certificate"), ("head", "no IPv4 address")):  # noqa: S104
        done = subprocess.run(
            [*STAMMKUNDE, "head-office", "serve", "--data", str(tmp_path), "--address", address],
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 2
        assert words in done.stderr
