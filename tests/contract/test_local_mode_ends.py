"""A till that gets a head office keeps nothing of the customers and prices that it had imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from head_office_site import ARTICLE, PROGRAM, Site
from lone_till import LoneTill

from pos_plugin.clock import SystemClock
from sync_agent.agent import Agent
from sync_agent.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TILL = "3"
CUSTOMERS = "Kundennummer;Nachname;Telefon\n100;Quittenbaum;089 55443322\n"
ARTICLES = "Artikelnummer;Bezeichnung;Preis;EK netto;MwSt\n4711;Lodenrock;119,00;61,37;19\n"
PERSONAL = (b"quittenbaum", b"55443322", b"6137", b"61,37")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    site.load(program=[PROGRAM], article=[ARTICLE])
    lone = LoneTill(site.till_dir(TILL), more='import_folder = "drop"')
    drop = lone.folder / "drop"
    drop.mkdir()
    (drop / "customers.csv").write_text(CUSTOMERS, encoding="utf-8")
    (drop / "articles.csv").write_text(ARTICLES, encoding="utf-8")
    with lone.agent() as agent:
        for _ in range(3):
            agent.round()
    assert len(list((drop / "done").iterdir())) == 4
    (lone.folder / "keys.json").unlink()
    lone.config_path.unlink()
    with site.served() as url:
        site.url = url
        site.add_till(TILL)
        yield site


def found_in(folder: Path) -> set[str]:
    """The files of a till in which the customer or the purchase price stands."""
    return {
        path.name
        for path in folder.rglob("*")
        if path.is_file() and any(word in path.read_bytes().lower() for word in PERSONAL)
    }


@pytest.mark.capability("K18")
def test_imports_of_before_are_forgotten_once_head_office_has_sent_its_own(site: Site) -> None:
    folder = site.till_dir(TILL)
    kept = {path.name for path in (folder / "imports").iterdir() if len(path.name) == 64}
    kept |= {"customers.csv", "articles.csv"}  # of the watched folder
    assert kept <= found_in(folder), "the negative control: before, it is all there"
    with Agent(read_settings(folder / "till.toml"), SystemClock()) as agent:
        agent.report_when_due()
        assert kept <= found_in(folder), "nothing goes before the new rows are there"
        agent.cycle()
        agent.cycle()  # the cache of before goes in the next round
        agent._reported_s = None
        agent.report_when_due()
        assert agent.status.problems == {}
    assert found_in(folder) == set()
    # What names nobody stays: the shop may go back.
    assert any(b"Lodenrock" in path.read_bytes() for path in (folder / "imports").iterdir())
