"""What goes out of a till, and comes back the same."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from lone_till import ARTICLES, CUSTOMERS, LoneTill
from till_builder import points

from pos_plugin.storage.journal_export import ReceiptLine
from sync_agent.commands.exports import export
from sync_agent.dsfinvk import write_folder
from sync_agent.exports import safe

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOSTILE = """sku;name;price;vat;categories;tags
=1+1;"=HYPERLINK(""http://x"")";0,01;19;@a|+b;-c
'7;'=x;1.000,00;0;"Hosen, lang|";
"""


def run(till: LoneTill, *arguments: str) -> str:
    done = CliRunner().invoke(export, [*arguments, "--config", str(till.config_path)])
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.fixture
def till(tmp_path: Path) -> LoneTill:
    return LoneTill(tmp_path / "till")


def test_an_export_that_fails_leaves_the_older_file(
    till: LoneTill, monkeypatch: pytest.MonkeyPatch
) -> None:
    till.take("articles", ARTICLES)
    path = till.folder / "out.csv"
    run(till, "articles", "--out", str(path))
    before = path.read_bytes()

    def broken(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("sync_agent.exports.write_csv", broken)
    arguments = ["articles", "--out", str(path), "--config", str(till.config_path)]
    assert isinstance(CliRunner().invoke(export, arguments).exception, OSError)
    assert path.read_bytes() == before
    assert [one.name for one in till.folder.glob("out*")] == ["out.csv"]


def test_example_rows_that_fail_leave_the_older_files(tmp_path: Path) -> None:
    line = ReceiptLine("S1", "B1", "2026-03-07", "", 0, "4711", 1000, 1900, 7999, 0, 7999)

    def broken() -> Iterator[ReceiptLine]:
        yield line
        raise OSError(28, "No space left on device")

    write_folder([line], tmp_path, till="3")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert set(before) == {"itemamounts.csv", "lines_vat.csv", "vat.csv"}
    with pytest.raises(OSError, match="No space"):
        write_folder(broken(), tmp_path, till="4")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    write_folder([line], tmp_path, till="4")
    assert (tmp_path / "vat.csv").read_bytes() == before["vat.csv"].replace(b"\r\n3;", b"\r\n4;")


@pytest.mark.capability("K18")
@pytest.mark.parametrize("kind", ["articles", "customers", "segments"])
def test_an_export_imported_again_changes_nothing(till: LoneTill, kind: str) -> None:
    till.take("articles", ARTICLES)
    till.take("articles", HOSTILE)
    till.take("customers", CUSTOMERS)
    path = till.folder / "out.csv"
    run(till, kind, "--out", str(path))
    report = till.take(kind, path)
    assert (report.state, report.wrong) == ("nothing", [])
    assert report.unchanged >= 1
    (till.folder / "out.json").write_text(run(till, kind, "--json"))
    assert till.take(kind, till.folder / "out.json").state == "nothing"


def test_no_cell_of_an_export_is_a_formula(till: LoneTill) -> None:
    till.take("articles", HOSTILE)
    rows = list(csv.reader(run(till, "articles").splitlines(), delimiter=";"))
    assert len(rows) == 3
    assert not [cell for row in rows for cell in row if cell[:1] in set("=+-@\t\r")]
    assert safe("=1")[1:] == "=1", "the control: without the apostrophe it is one"


def test_facts_go_out_between_two_days(till: LoneTill) -> None:
    till.take("articles", ARTICLES)
    till.take("customers", CUSTOMERS)
    till.take_tables(program=[{"code": "points", "unit": "POINTS"}])
    till.take_rules(points())
    for sale_id in ("S1", "S2"):
        with till.open() as plugin:
            sale = plugin.begin_sale(sale_id=sale_id)
            sale.scan("2900000000018")
            sale.add_line(sku="4711")
            sale.complete(charged=sale.evaluate(), tenders=[])
        till.clock.advance(days=1)
    receipts = list(csv.DictReader(run(till, "receipts").splitlines(), delimiter=";"))
    assert [one["sale_id"] for one in receipts] == ["S1", "S2"]
    later = run(till, "receipts", "--from", "08.03.2026", "--to", "2026-03-08")
    assert [one["sale_id"] for one in csv.DictReader(later.splitlines(), delimiter=";")] == ["S2"]
    ledger = list(csv.DictReader(run(till, "ledger").splitlines(), delimiter=";"))
    assert [one["delta"] for one in ledger] == ["79", "79"]
    assert run(till, "vouchers") == ""


@pytest.mark.capability("K18")
def test_customers_of_this_till_go_out_as_the_till_shows_them(till: LoneTill) -> None:
    till.take("customers", CUSTOMERS)
    with till.open() as plugin:
        plugin.customers.create({"request_id": "R1", "name": "Carla Neu", "phone": "089 777777"})
        plugin.customers.change({"request_id": "R2", "customer": "101", "name": "Bert Mayer"})
    rows = list(csv.DictReader(run(till, "customers").splitlines(), delimiter=";"))
    assert {row["name"] for row in rows} == {"Anna Müller", "Bert Mayer", "Carla Neu"}
    assert next(row["phone"] for row in rows if row["name"] == "Carla Neu") == "'+4989777777"


def test_an_empty_till_exports_headers_and_nothing_else(till: LoneTill) -> None:
    assert run(till, "articles").startswith("sku;name;price")
    assert run(till, "receipts") == ""
    assert CliRunner().invoke(export, ["dsfinvk", "--config", str(till.config_path)]).exit_code == 2
