"""Classes by margin of a till alone: purchase prices by import, and never beyond its agent."""

from __future__ import annotations

import datetime as dt
import io
import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from class_schemes import BY_SHARE, scheme_value
from click.testing import CliRunner
from lone_till import LoneTill

from pos_plugin.cli import stammkunde
from pos_plugin.storage.cache_writer import CacheWriter
from pos_plugin.storage.connect import cache_path
from sync_agent.exports import master_rows, write_csv
from sync_agent.imports.run import Wish, run_import
from sync_agent.local.classes import ClassRun, compute_classes
from sync_agent.local.settle import settler
from sync_agent.protocol.rows import TABLES

if TYPE_CHECKING:
    from pathlib import Path

ARTICLES = """Artikelnummer;Bezeichnung;Preis;EK netto;MwSt
4711;Hose blau;119,00;60,00;19
4712;Hose rot;119,00;;19
"""
CUSTOMERS = "Kundennummer;Nachname\nK1;Anna\nK2;Bert\nK3;Cleo\n"
BOUNDS = [
    {"code": "A", "rank": 1, "turnover_min_minor": 6_000},
    {"code": "B", "rank": 2, "turnover_min_minor": 1, "turnover_max_minor": 6_000},
]


@pytest.fixture
def till(tmp_path: Path) -> LoneTill:
    till = LoneTill(tmp_path / "till")
    till.take("customers", CUSTOMERS)
    till.take("articles", ARTICLES)
    return till


def schemes(till: LoneTill, *more: dict[str, Any]) -> None:
    found = [scheme_value(since_on="2026-03-01", metrics=["margin"], **one) for one in more]
    assert till.take_tables(abc_scheme=found).state == "taken"


def sell(till: LoneTill, sale: str, customer: str, pieces: int, sku: str = "4711") -> None:
    line = {"line_id": "1", "sku": sku, "quantity_milli": 1_000 * pieces, "vat_rate_bp": 1_900}
    with till.open() as plugin:
        plugin.sales.evaluate(
            {
                "sale_id": sale,
                "at": till.clock.now().isoformat(),
                "customer": {"id": customer},
                "lines": [{**line, "unit_price_minor": 11_900}],
            }
        )
        plugin.sales.complete(sale, {})


def compute(till: LoneTill) -> list[ClassRun]:
    now = till.clock.now()
    with CacheWriter.open(till.folder) as writer:
        return compute_classes(till.folder, writer, on=now.date(), at=now)


def history(till: LoneTill) -> list[Any]:
    return read_cache(
        till,
        "SELECT scheme, customer, since_on, class, margin_minor FROM class_history "
        "ORDER BY scheme, customer, since_on",
    )


def read_cache(till: LoneTill, sql: str) -> list[Any]:
    path = cache_path(till.folder)
    assert path is not None
    with closing(sqlite3.connect(path)) as db:
        return db.execute(sql).fetchall()


def a_few_days(till: LoneTill) -> None:
    """Anna buys two and brings one back, Bert buys three, Cleo what nobody knows the price of."""
    sell(till, "S1", "K1", 2)
    sell(till, "S2", "K2", 3)
    sell(till, "S3", "K3", 5, "4712")
    till.clock.advance(days=1)
    with till.open() as plugin:
        part = {"line_id": "1", "quantity_milli": 1_000}
        plugin.sales.return_items("S1", {"return_id": "B1", "lines": [part]})
    till.clock.advance(days=1)


@pytest.mark.capability("K11")
def test_bounds_of_the_margin_make_classes_and_returns_subtract(till: LoneTill) -> None:
    schemes(till, {"classes": BOUNDS})
    a_few_days(till)
    (run,) = compute(till)
    assert history(till) == [
        ("abc", "K1", "2026-03-08", "A", 8_000),
        ("abc", "K1", "2026-03-09", "B", 4_000),
        ("abc", "K2", "2026-03-08", "A", 12_000),
        ("abc", "K3", "2026-03-08", "none", 0),
    ]
    assert run.warnings == ("1 lines without a purchase price count nothing",)


@pytest.mark.capability("K11")
def test_share_and_matrix_take_the_margin_too(till: LoneTill) -> None:
    matrix = {
        "code": "beide",
        "metrics": ["visits", "margin"],
        "method": "matrix",
        "combine": "matrix",
        "classes": [
            {"code": "A", "rank": 1, "count_min": 2, "turnover_min_minor": 10_000},
            {"code": "B", "rank": 2, "count_max": 1, "turnover_max_minor": 10_000},
        ],
        "cells": [
            {"count": "B", "turnover": "A", "class": "A"},
            {"count": "B", "turnover": "B", "class": "B"},
        ],
    }
    share = scheme_value(
        code="anteil",
        since_on="2026-03-01",
        metrics=["margin"],
        method="share",
        classes=BY_SHARE,
    )
    rows = [share, scheme_value(since_on="2026-03-01", **matrix)]
    assert till.take_tables(abc_scheme=rows).state == "taken"
    a_few_days(till)
    compute(till)
    newest = {(scheme, customer): code for scheme, customer, _, code, _ in history(till)}
    assert newest == {
        # Bert has 120.00 of 160.00 and begins at 0, Anna begins at 75 %.
        ("anteil", "K1"): "A",
        ("anteil", "K2"): "A",
        ("anteil", "K3"): "none",
        ("beide", "K1"): "B",
        ("beide", "K2"): "A",
        ("beide", "K3"): "B",
    }


def test_new_price_changes_nothing_sold_before_and_a_told_one_does(till: LoneTill) -> None:
    schemes(till, {"classes": BOUNDS})
    a_few_days(till)
    compute(till)
    before = history(till)
    report = till.take("articles", ARTICLES.replace("60,00", "99,00"))
    assert (report.changed, report.unchanged) == (1, 1)
    till.clock.advance(days=1)
    (run,) = compute(till)
    assert (run.changes, history(till)) == (0, before)
    # A price that the file gives an earlier day counts for the days since then.
    till.take("articles", "sku;EK;EK ab\n4712;90,00;07.03.2026\n")
    (run,) = compute(till)
    assert run.first_on == dt.date(2026, 3, 1)
    assert run.warnings == ()
    assert [row for row in history(till) if row[1] == "K3"] == [
        ("abc", "K3", "2026-03-08", "B", 5_000)
    ]


def test_deleted_cache_gets_the_same_history_back_by_margin(till: LoneTill) -> None:
    schemes(till, {"classes": BOUNDS})
    a_few_days(till)
    compute(till)
    till.take("articles", ARTICLES.replace("60,00", "20,00"))
    sell(till, "S4", "K1", 1)
    till.clock.advance(days=1)
    compute(till)
    before = history(till)
    assert ("abc", "K1", "2026-03-10", "A", 12_000) in before
    prices = till.rows("purchase_price")
    for path in till.folder.glob("cache*"):
        path.unlink()
    with till.agent() as agent:
        agent.nightly()
        agent.round()
    assert till.rows("purchase_price") == prices
    assert history(till) == before


def test_same_file_again_is_nothing_new_and_an_empty_cell_ends_the_price(till: LoneTill) -> None:
    again = till.take("articles", ARTICLES)
    assert (again.new, again.changed, again.unchanged) == (0, 0, 2)
    till.clock.advance(days=1)
    again = till.take("articles", ARTICLES)
    assert (again.new, again.changed, again.unchanged) == (0, 0, 2)
    # No column: as it is. An empty cell: not known from today on.
    till.take("articles", "sku;Preis\n4711;99,00\n")
    assert len(till.rows("purchase_price")["purchase_price"]) == 1
    till.take("articles", "sku;EK\n4711;\n")
    assert till.rows("purchase_price")["purchase_price"] == [
        {"sku": "4711", "since_on": "2026-03-07", "purchase_price_minor": 6_000},
        {"sku": "4711", "since_on": "2026-03-08", "purchase_price_minor": None},
    ]


@pytest.mark.parametrize("cell", ["-1,00", "abc"])
def test_purchase_price_that_is_none_refuses_the_file(till: LoneTill, cell: str) -> None:
    report = till.take("articles", f"sku;EK\n4711;{cell}\n")
    assert (report.state, report.wrong_count) == ("refused", 1)
    assert len(till.rows("purchase_price")["purchase_price"]) == 1


def test_export_writes_purchase_prices_that_import_takes_back(till: LoneTill) -> None:
    out = io.StringIO()
    write_csv(master_rows(till.folder, "articles"), "articles", out)
    assert "4711;Hose blau;119,00;60,00;19,00" in out.getvalue()
    again = till.take("articles", out.getvalue())
    assert (again.state, again.unchanged) == ("nothing", 2)


def test_tables_take_purchase_prices_with_the_article(till: LoneTill) -> None:
    row = {"sku": "1", "name": "Hut", "unit_price_minor": 1_000, "vat_rate_bp": 1_900}
    dated = {"purchase_price_minor": 400, "purchase_price_since_on": "2026-01-01"}
    assert till.take_tables(article=[{**row, **dated}]).state == "taken"
    assert till.rows("purchase_price")["purchase_price"][0]["since_on"] == "2026-01-01"
    wrong = {**row, **dated, "purchase_price_since_on": "2026-02-31"}
    assert till.take_tables(article=[wrong]).state == "refused"


@pytest.mark.capability("K11")
def test_purchase_price_is_in_no_event_and_on_no_wire(till: LoneTill) -> None:
    a_few_days(till)
    with closing(sqlite3.connect(till.folder / "journal.db")) as journal:
        rows = journal.execute("SELECT CAST(line AS TEXT) FROM event").fetchall()
    texts = " ".join(text for (text,) in rows)
    assert "sale_completed" in texts
    assert "purchase" not in texts
    with till.open() as plugin:
        shown = json.dumps(plugin.scan("4711").line)
    assert "11900" in shown
    assert "6000" not in shown
    # What head office sends to a till has no place for it, neither as a table nor in the article.
    assert "purchase_price" not in TABLES
    assert "unit_price_minor" in TABLES["article"].columns
    assert "purchase_price_minor" not in TABLES["article"].columns


def test_command_says_how_many_lines_have_no_purchase_price(till: LoneTill) -> None:
    schemes(till, {"classes": BOUNDS})
    a_few_days(till)
    done = CliRunner().invoke(
        stammkunde, ["classes", "run", "--config", str(till.config_path), "--on", "2026-03-09"]
    )
    assert done.exit_code == 0, done.output
    assert "abc: 1 lines without a purchase price count nothing" in done.output


def test_purchase_price_put_right_leaves_no_older_one_in_what_is_kept(till: LoneTill) -> None:
    right = ARTICLES.replace("60,00", "61,37")
    assert till.take("articles", right).state == "taken"
    kept = b"".join(path.read_bytes() for path in (till.folder / "imports").iterdir())
    assert b'"purchase_price_minor":6137' in kept
    assert b'"purchase_price_minor":6000' not in kept
    till.clock.advance(days=1)
    # The control: what was the price until today still counts for what was sold.
    assert till.take("articles", ARTICLES.replace("60,00", "62,00")).state == "taken"
    kept = b"".join(path.read_bytes() for path in (till.folder / "imports").iterdir())
    assert b'"purchase_price_minor":6137' in kept
    before = till.rows("purchase_price")
    (till.folder / "cache.current").unlink()
    with till.agent() as agent:
        agent.settle()
    assert till.rows("purchase_price") == before, "a lost cache comes back with the same prices"


def test_a_price_put_right_goes_also_when_the_import_was_killed_before(till: LoneTill) -> None:
    path = till.write("articles.csv", ARTICLES.replace("60,00", "61,37"))
    settle = settler(till.config, till.clock)
    calls = 0

    def dying() -> None:
        nonlocal calls
        calls += 1
        if calls == 2:  # the new price is kept, the old one not removed yet
            raise KeyboardInterrupt
        settle()

    with pytest.raises(KeyboardInterrupt):
        run_import(till.config, Wish(kind="articles", path=path), clock=till.clock, settle=dying)

    def kept() -> bytes:
        return b"".join(one.read_bytes() for one in (till.folder / "imports").iterdir())

    assert b'"purchase_price_minor":6000' in kept(), "the negative control"
    with till.agent() as agent:
        agent.nightly()
        agent.round()
    assert b'"purchase_price_minor":6000' not in kept()
    assert b'"purchase_price_minor":6137' in kept()
    (price,) = till.rows("purchase_price")["purchase_price"]
    assert price["purchase_price_minor"] == 6_137
