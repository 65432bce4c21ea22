"""Figures of classes by margin: what customers brought, less what the goods cost."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from class_schemes import scheme_value
from click.testing import CliRunner
from lone_till import LoneTill

from pos_plugin.cli import stammkunde
from pos_plugin.storage.cache_writer import CacheWriter
from sync_agent.local.classes import compute_classes

if TYPE_CHECKING:
    from pathlib import Path

ARTICLES = """Artikelnummer;Bezeichnung;Preis;EK netto;MwSt
4711;Hose blau;119,00;60,00;19
4712;Hose rot;119,00;;19
"""
BOUNDS = [
    {"code": "A", "rank": 1, "turnover_min_minor": 6_000},
    {"code": "B", "rank": 2, "turnover_min_minor": 1, "turnover_max_minor": 6_000},
]
DAYS = ("--from", "2026-03-08", "--to", "2026-03-10")


def shop(folder: Path, *metrics: str) -> LoneTill:
    """Anna buys a blue pair of trousers and, two days later, two more and a red one."""
    till = LoneTill(folder / "till")
    till.take("customers", "Kundennummer;Nachname\nK1;Anna\n")
    till.take("articles", ARTICLES)
    scheme = scheme_value(since_on="2026-03-01", metrics=list(metrics), classes=BOUNDS)
    assert till.take_tables(abc_scheme=[scheme]).state == "taken"
    sell(till, "S1", ("4711", 1))
    till.clock.advance(days=2)
    sell(till, "S2", ("4711", 2), ("4712", 1))
    till.clock.advance(days=1)
    now = till.clock.now()
    with CacheWriter.open(till.folder) as writer:
        compute_classes(till.folder, writer, on=now.date(), at=now)
    return till


def sell(till: LoneTill, sale: str, *goods: tuple[str, int]) -> None:
    lines = [
        {
            "line_id": str(number),
            "sku": sku,
            "quantity_milli": 1_000 * pieces,
            "unit_price_minor": 11_900,
            "vat_rate_bp": 1_900,
        }
        for number, (sku, pieces) in enumerate(goods, 1)
    ]
    with till.open() as plugin:
        plugin.sales.evaluate(
            {
                "sale_id": sale,
                "at": till.clock.now().isoformat(),
                "customer": {"id": "K1"},
                "lines": lines,
            }
        )
        plugin.sales.complete(sale, {})


def ask(till: LoneTill, *words: str) -> str:
    config = ("--config", str(till.folder / "till.toml"))
    done = CliRunner().invoke(stammkunde, ["stats", "classes", *DAYS, *words, *config])
    assert done.exit_code == 0, done.output
    return done.stdout


def figures(till: LoneTill) -> dict[str, Any]:
    return json.loads(ask(till, "--json"))


@pytest.mark.capability("V8", "K11")
def test_figures_of_classes_by_margin_show_the_margin(tmp_path: Path) -> None:
    till = shop(tmp_path, "margin")
    found = figures(till)
    # 119.00 with 19 % is 100.00 net and cost 60.00; the red one has no purchase price.
    (cell,) = found["migration"]
    assert (cell["before"], cell["after"]) == ("B", "A")
    assert (cell["turnover_minor"], cell["margin_minor"]) == (35_700, 8_000)
    (group,) = found["groups"]
    assert (group["margin_before_minor"], group["margin_after_minor"]) == (4_000, 8_000)
    assert found["unpriced_lines"] == 1
    text = ask(till)
    assert "Rohertrag je Kunde" in text
    assert "Positionen ohne Einkaufspreis: 1." in text
    page = tmp_path / "page.html"
    ask(till, "--html", str(page))
    said = page.read_text("utf-8")
    assert "Rohertrag 80,00" in said
    assert "<h3>Rohertrag je Kunde</h3>" in said


def test_a_page_that_fails_leaves_the_older_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    till = shop(tmp_path, "margin")
    page = tmp_path / "page.html"
    page.write_text("old")

    def full(path: Path, text: str, **_: object) -> None:
        path.write_bytes(text.encode()[:100])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_text", full)
    config = ("--config", str(till.folder / "till.toml"))
    arguments = ["stats", "classes", *DAYS, "--html", str(page), *config]
    fault = CliRunner().invoke(stammkunde, arguments).exception
    assert str(fault) == f"{page} cannot be written: No space left on device"
    assert page.read_text() == "old"
    assert list(tmp_path.glob("page*")) == [page]


def test_figures_of_other_classes_show_none(tmp_path: Path) -> None:
    """The negative control: the same purchases, by turnover."""
    till = shop(tmp_path, "turnover")
    assert "margin" not in json.dumps(figures(till))
    assert "Rohertrag" not in ask(till)
