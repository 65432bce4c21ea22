"""A dead till of a chain comes back as docs/operations.md says: with its settings and receipts."""

from __future__ import annotations

import re
import shlex
import shutil
from typing import TYPE_CHECKING

from click.testing import CliRunner
from head_office_site import ANNA, ARTICLE, PROGRAM, Site
from house import ROOT
from sqlalchemy import select
from till_builder import points

from head_office.storage import receipt
from pos_plugin import Plugin, Receipt
from pos_plugin.cli import stammkunde
from pos_plugin.clock import SystemClock
from pos_plugin.config import read_config

if TYPE_CHECKING:
    from pathlib import Path

PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
SECTION = PAGE.partition("## Replacing a till\n")[2].partition("\n## ")[0]


def commands() -> tuple[list[list[str]], list[list[str]]]:
    """The lines of the page for every till, and those that enrol one of a chain."""
    (block,) = re.findall(r"^```sh\n(.*?)^```$", SECTION, re.MULTILINE | re.DOTALL)
    enrolling = re.findall(r"^(?:head office|this till): +stammkunde (.*)$", SECTION, re.MULTILINE)
    return (
        [shlex.split(line)[1:] for line in block.splitlines()],
        [shlex.split(line) for line in enrolling],
    )


def ran(*words: object) -> str:
    done = CliRunner().invoke(stammkunde, [str(word) for word in words])
    assert done.exit_code == 0, (words, done.output)
    return done.stdout


def typed(site: Site, words: list[str], url: str, **values: object) -> str:
    """Type a line of the page, with the addresses and folders of this test."""
    said = {"https://head.example": url, "head-office": str(site.data), **values}
    config = () if words[0] == "head-office" else ("--config", site.till_dir() / "till.toml")
    # The first word is the group of commands, even where a folder has the same name.
    return ran(words[0], *(said.get(word, word) for word in words[1:]), *config)


def code_in(said: str) -> str:
    found = re.search(r"Code: +(\S+)", said)
    assert found is not None, said
    return found[1]


def sell(config: Path, sale_id: str) -> None:
    with Plugin.open(config, clock=SystemClock()) as plugin:
        sale = plugin.begin_sale(sale_id)
        sale.scan("4711")
        sale.evaluate()
        assert isinstance(sale.complete(), Receipt)


def sales_of(site: Site) -> list[str]:
    with site.database() as database, database.read() as connection:
        return sorted(connection.execute(select(receipt.c.sale_id)).scalars())


def test_a_dead_till_of_a_chain_comes_back_with_settings_and_receipts(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.publish(points())
    site.load(article=[ARTICLE], program=[PROGRAM], customer=[ANNA])
    config = site.till_dir() / "till.toml"
    (restoring, syncing, looking), (expecting, enrolling) = commands()
    assert [restoring[0], syncing[1], looking[1]] == ["restore", "sync-now", "status"]
    (tmp_path / "disk").mkdir()
    with site.served() as url:
        code = code_in(typed(site, expecting, url))
        ran(
            *("init", "--config", config, "--head-office", url, "--till", "3", "--code", code),
            *("--printer", "simulator", "--no-test-page", "--till-cap", "200"),
            *("--backup", tmp_path / "disk"),
        )
        ran("agent", "sync-now", "--config", config)
        sell(config, "S1")
        ran("backup", "--config", config)
        sell(config, "S2")
        ran("agent", "sync-now", "--config", config)
        before = read_config(config)
        shutil.rmtree(site.till_dir())

        (copy,) = (tmp_path / "disk").iterdir()
        said = typed(site, restoring, url, **{restoring[1]: str(copy)})
        assert "till.toml kommt aus der Sicherung." in said
        code = code_in(typed(site, expecting, url))
        typed(site, enrolling, url, **{"4F7K-9QXZ": code})
        typed(site, syncing, url)
        assert read_config(config) == before
        assert before.offline.till_minor == 20_000
        assert [one.transport for one in before.printer] == ["simulator"]
        sell(config, "S3")
        ran("agent", "sync-now", "--config", config)
    assert sales_of(site) == ["S1", "S2", "S3"]


def test_a_till_that_was_enrolled_first_hears_that_its_settings_stay(tmp_path: Path) -> None:
    """Negative control of the order: enrolled first, printers and caps of before are not taken."""
    old, new = tmp_path / "old" / "till.toml", tmp_path / "new" / "till.toml"
    (tmp_path / "disk").mkdir()
    for config, printer in ((old, "simulator"), (new, "none")):
        ran(
            *("init", "--config", config, "--alone", "--shop", "001", "--till", "3"),
            *("--printer", printer, "--no-test-page"),
        )
    with Plugin.open(old, clock=SystemClock()):
        pass
    ran("backup", tmp_path / "disk", "--config", old)
    (copy,) = (tmp_path / "disk").iterdir()
    said = ran("restore", copy, "--config", new)
    assert f"{new} bleibt, wie es ist" in said
    assert str(copy / "till.toml") in said
    assert read_config(new).printer == ()
