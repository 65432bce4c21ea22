"""A till without head office: what imports and journal make of its cache, and nothing else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from lone_till import ARTICLES, CUSTOMERS, LoneTill
from till_builder import points, unit_discount, voucher_promotion

from pos_plugin.loyalty.voucher_code import new_code
from pos_plugin.storage.cache_reader import CacheReader
from pos_plugin.storage.connect import cache_path
from sync_agent.imports.lookout import DONE, FAILED
from sync_agent.local import fold as local_fold
from sync_agent.status import read_status

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = {"code": "points", "unit": "POINTS"}


@pytest.fixture
def till(tmp_path: Path) -> LoneTill:
    till = LoneTill(tmp_path / "till")
    till.take("articles", ARTICLES)
    till.take("customers", CUSTOMERS)
    till.take_tables(program=[PROGRAM])
    till.take_rules(unit_discount("ALLES10", 1000), points())
    return till


def sell(till: LoneTill, sale_id: str, card: str = "2900000000018") -> int:
    """Sell the blue trousers; return the total."""
    with till.open() as plugin:
        sale = plugin.begin_sale(sale_id=sale_id)
        sale.scan(card)
        sale.add_line(sku="4711")
        receipt = sale.complete(charged=sale.evaluate(), tenders=[])
    return int(receipt.total_minor)


def shown(till: LoneTill, card: str = "2900000000018") -> dict[str, Any]:
    """What the cashier reads of a customer: value of the points, and of the counters."""
    with till.open() as plugin:
        scanned = plugin.scan(card)
        assert scanned.panel is not None
        (balance,) = scanned.panel["balances"]
        facts = scanned.customer
        return {"points": balance["value"], "uses": facts["uses"], "history": facts["history"]}


def fold(till: LoneTill) -> None:
    with till.agent() as agent:
        agent.nightly()
        agent.round()


def test_a_till_alone_sells_with_discount_and_points(till: LoneTill) -> None:
    assert sell(till, "S1") == 7199
    assert shown(till)["points"] == 71


def test_folding_changes_nothing_that_is_shown(till: LoneTill) -> None:
    seen = []
    for number in range(3):
        sell(till, f"S{number}")
        seen.append(shown(till))
        fold(till)
        assert shown(till) == seen[-1]
        fold(till)
        assert shown(till) == seen[-1]
    assert [one["points"] for one in seen] == [71, 142, 213]
    rows = till.rows("balance", "customer_counter")
    assert rows["balance"][0]["value"] == 213
    assert all(row["folded"] for row in rows["customer_counter"])


def test_a_fold_that_forgets_what_it_covers_is_seen(
    till: LoneTill, monkeypatch: pytest.MonkeyPatch
) -> None:
    sell(till, "S1")
    monkeypatch.setattr(local_fold, "_folded", lambda *_: [])
    fold(till)
    assert shown(till)["points"] == 142, "the negative control: counted twice"


def test_a_deleted_cache_comes_back_with_the_same_rows(till: LoneTill) -> None:
    sell(till, "S1")
    sell(till, "S2", "2900000000025")
    fold(till)
    rows = till.rows()
    assert rows["article"]
    assert rows["card"]
    assert rows["balance"]
    path = cache_path(till.folder)
    assert path is not None
    for one in till.folder.glob("cache*"):
        one.unlink()
    fold(till)
    again = till.rows()
    for table in ("balance",):  # the instant of the fold is another one
        for row in rows[table] + again[table]:
            row.pop("as_of")
    assert again == rows
    with till.open() as plugin:
        assert plugin.health()["generation"] == 1


def test_a_damaged_cache_is_built_again(till: LoneTill) -> None:
    rows = till.rows()
    path = cache_path(till.folder)
    assert path is not None
    path.write_bytes(b"no database at all, but long enough to be read as one" * 100)
    with till.agent() as agent:
        agent.settle()
    assert till.rows() == rows


def test_a_journal_of_another_life_makes_the_cache_begin_again(till: LoneTill) -> None:
    sell(till, "S1")
    fold(till)
    for one in till.folder.glob("journal*"):
        one.unlink()
    sell(till, "S2")
    fold(till)
    assert shown(till)["points"] == 71, "nothing of the journal that is gone"


def test_rows_are_applied_page_by_page_and_an_interrupted_apply_goes_on(tmp_path: Path) -> None:
    till = LoneTill(tmp_path / "till")
    text = "sku;name;price;vat\n" + "".join(f"{n};Artikel {n};1,00;19\n" for n in range(1_800))
    till.take("articles", text)
    rows = till.rows()
    (till.folder / "cache.current").unlink()
    with till.agent() as agent:
        agent.stop()  # each page asks whether to go on
        agent.settle()
    partly = till.rows("article")["article"]
    assert 0 < len(partly) < 1_800
    with till.agent() as agent:
        agent.settle()
    assert till.rows() == rows


@pytest.mark.capability("K18")
def test_a_watched_folder_takes_what_stands_still(tmp_path: Path) -> None:
    till = LoneTill(tmp_path / "till", more='import_folder = "drop"')
    drop = till.folder / "drop"
    drop.mkdir()
    (drop / "articles-1.csv").write_text(ARTICLES, encoding="cp1252")
    (drop / "notes.doc").write_text("none of ours")
    with till.agent() as agent:
        agent.round()
        assert (drop / "articles-1.csv").exists(), "it may still be written"
        with (drop / "articles-1.csv").open("a", encoding="cp1252") as file:
            file.write("4713;Schal;9,99;19;\n")
        agent.round()
        assert (drop / "articles-1.csv").exists(), "it grew since the last look"
        agent.round()
        assert len(till.rows("article")["article"]) == 3
        (drop / "articles-2.csv").write_text("sku;price\n4711;x\n")
        (drop / "rules.json").write_text("{}")
        agent.round()
        agent.round()
        (drop / "articles-3.csv").write_text("sku;price\n4711;1,00\n")
        agent.round()
        agent.round()
    done = sorted(path.name for path in (drop / DONE).iterdir())
    assert done == ["articles-3.csv", "articles-3.csv.report"], "the last good file is kept"
    failed = sorted(path.name for path in (drop / FAILED).iterdir())
    assert failed == ["articles-2.csv", "articles-2.csv.report", "rules.json", "rules.json.report"]
    report = json.loads((drop / FAILED / "articles-2.csv.report").read_text())
    assert report["wrong"][0]["column"] == "price"
    assert [path.name for path in drop.iterdir() if path.is_file()] == ["notes.doc"]
    assert (read_status(till.folder) or {})["problems"] == {}


@pytest.mark.capability("K18")
def test_an_erased_person_leaves_imports_cache_and_kept_files(tmp_path: Path) -> None:
    till = LoneTill(tmp_path / "till", more='import_folder = "drop"')
    drop = till.folder / "drop"
    drop.mkdir()
    (drop / "customers.csv").write_text(CUSTOMERS)
    with till.agent() as agent:
        agent.round()
        agent.round()
        assert (drop / DONE / "customers.csv").exists()
        with till.open() as plugin:
            plugin.customers.erase("100")
        agent.round()
        held = [
            path for path in till.folder.rglob("*") if path.is_file() and path.name != "till.toml"
        ]
        assert not [path.name for path in held if b"Anna" in path.read_bytes()]
        assert any(b"Bert" in path.read_bytes() for path in held), "the search finds who is there"
        (drop / "customers.csv").write_text(CUSTOMERS)
        agent.round()
        agent.round()
    assert [row["id"] for row in till.rows("customer")["customer"]] == ["101"]


def test_a_folder_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    till = LoneTill(tmp_path / "till", more='import_folder = "drop"')
    (till.folder / "drop").write_text("a file")
    with till.agent() as agent:
        agent.round()
    assert (read_status(till.folder) or {})["problems"] == {"folder": "import_folder"}


def test_the_agent_computes_classes_at_night(till: LoneTill) -> None:
    scheme = {
        "code": "abc",
        "revision": 1,
        "since_on": "2026-01-01",
        "window": {"kind": "rolling_days", "days": 365},
        "metrics": ["turnover"],
        "classes": [{"code": "A", "rank": 1, "turnover_min_minor": 1_000}],
    }
    till.take_tables(abc_scheme=[scheme])
    sell(till, "S1")
    till.clock.advance(days=1)
    fold(till)
    with till.open() as plugin:
        assert "abc:A" in plugin.scan("2900000000018").customer["segments"]


@pytest.mark.capability("K18", "G3")
def test_an_imported_voucher_is_redeemed_once(till: LoneTill) -> None:
    kind = {
        "code": "TREUE5",
        "legal_kind": "promo",
        "effect": {"label": {"de": "5 EUR"}},
        "validity": {"days": 30},
        "layout": {"title": {"de": "Danke"}},
    }
    assert till.take_tables(voucher_type=[kind]).warnings == []
    short = {**kind, "code": "WERT", "legal_kind": "gift_mpv", "validity": {"days": 365}}
    short["effect"] = {"kind": "value", "minor": 500, "label": {"de": "5 EUR"}}
    report = till.take_tables(voucher_type=[kind, short])
    assert [(one.line, one.code.value) for one in report.warnings] == [(2, "short_lived")]
    assert (report.state, "drei Jahre" in report.to_text("de")) == ("taken", True)
    till.take_rules(voucher_promotion())
    code = new_code()
    till.take("vouchers", f"Code;Art;Kunde;gültig bis\n{code};TREUE5;100;31.12.2026\n")
    totals, refused = [], []
    with till.open() as plugin:
        for sale_id in ("S1", "S2"):
            sale = plugin.begin_sale(sale_id=sale_id)
            sale.scan("2900000000018")
            sale.add_line(sku="4711")
            sale.scan(code)
            evaluation = sale.evaluate()
            sale.complete(charged=evaluation, tenders=[])
            totals.append(evaluation.total_minor)
            refused.append([one.code for one in evaluation.rejected.values()])
    assert totals == [7499, 7999]
    assert refused == [[], ["voucher_redeemed"]]
    again = till.take("vouchers", f"Code;Art;Kunde;gültig bis\n{code};TREUE5;100;31.12.2026\n")
    assert again.state == "nothing"


def test_the_age_of_the_data_is_that_of_the_last_import(till: LoneTill) -> None:
    cache = CacheReader.open(till.folder)
    assert cache is not None
    with cache:
        assert cache.synced_at() == till.clock.now().isoformat()
