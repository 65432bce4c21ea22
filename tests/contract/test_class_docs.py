"""The shop guide and the page on classes: every command in them runs as written."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from rental_shop import EXAMPLE, RentalShop, rent

from pos_plugin.cli import stammkunde
from pos_plugin.loyalty.class_scheme import read_scheme

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCS = Path(__file__).resolve().parents[2] / "docs"


def blocks(page: str, kind: str) -> list[str]:
    text = (DOCS / page).read_text("utf-8")
    return re.findall(rf"^```{kind}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def commands(page: str) -> Iterator[list[str]]:
    for block in blocks(page, "console"):
        for line in block.splitlines():
            assert line.startswith("$ stammkunde "), line
            yield line.split()[2:]


@pytest.mark.capability("V10")
@pytest.mark.parametrize("page", ["klassen.md", "classes.md"])
def test_every_command_of_the_guide_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    shop = RentalShop(tmp_path)
    shop.take("customers", "Kundennummer;Nachname;Karte\n100;Müller;2900000000018\n")
    with shop.open() as plugin:
        rent(plugin, "R1", shop.customer("100"), "a", "b", "c")
    shutil.copytree(EXAMPLE, tmp_path / "examples" / "rental")
    (tmp_path / "covers").mkdir()
    (listed,) = [one for one in blocks("klassen.md", "") if one.startswith("Bild;")]
    listing = listed.replace("see.png", "")  # the picture is the shop's own
    (tmp_path / "covers" / "covers.csv").write_text(listing, encoding="utf-8")
    for members in blocks(page, "csv"):
        (tmp_path / "segments.csv").write_text(members, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    found = list(commands(page))
    assert len(found) >= 2
    for words in found:
        done = CliRunner().invoke(stammkunde, words, catch_exceptions=False)
        assert done.exit_code == 0, (words, done.output)
    if page == "klassen.md":
        assert (tmp_path / "klassen.html").read_text("utf-8").startswith("<!doctype html>")


@pytest.mark.capability("V10")
def test_scheme_of_the_page_is_the_one_of_the_example() -> None:
    (shown,) = blocks("classes.md", "json")
    shipped = json.loads((EXAMPLE / "abc_scheme.jsonl").read_text("utf-8"))
    assert json.loads(shown) == shipped
    read_scheme(shipped, "scheme")
