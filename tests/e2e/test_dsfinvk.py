"""DSFinV-K rows of discounts (L6): sums recomputed from the booked events, not from our tables."""

from __future__ import annotations

import csv
import gzip
import json
import os
import random
from collections import Counter, defaultdict
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import apsw
import pytest
from house import ROOT
from lone_till import LoneTill
from processes import stammkunde
from till_builder import unit_discount

from pos_plugin.storage.journal_export import JournalExport
from sync_agent.dsfinvk import write_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DATA = Path(os.environ.get("STAMMKUNDE_DATA") or ROOT.parent / "shared" / "data") / "online-retail"
GIFT_SHOP = ROOT / "examples" / "promotions" / "giftshop.json"
RATES = {"1": 1900, "2": 700, "5": 0, "1000": 1600}
SEED = 6


def events(journal: Path) -> Iterator[dict[str, Any]]:
    """Bodies of all completed sales."""
    connection = apsw.Connection(str(journal), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        rows = connection.execute("SELECT line FROM event WHERE kind = 'sale_completed'").fetchall()
    finally:
        connection.close()
    for (line,) in rows:
        yield json.loads(line)["body"]


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def amount(text: str) -> Fraction:
    whole, part = text.split(",")
    assert len(part) == 5, text
    return Fraction(int(whole + part), 100_000)


def flaws(folder: Path, journal: Path) -> list[str]:
    """What the files say otherwise than the events."""
    found = []
    prices = table(folder / "itemamounts.csv")
    rates = {
        one["UST_SCHLUESSEL"]: int(one["UST_SATZ"].replace(",", ""))
        for one in table(folder / "vat.csv")
    }
    per_line: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    sums: defaultdict[tuple[str, int, str], Fraction] = defaultdict(Fraction)
    for row in prices:
        gross, net, vat = (amount(row[name]) for name in ("PF_BRUTTO", "PF_NETTO", "PF_UST"))
        rate = rates[row["UST_SCHLUESSEL"]]
        if gross != net + vat or abs(net * (10_000 + rate) / 10_000 - gross) > Fraction(2, 100_000):
            found.append(f"{row['BON_ID']}: net and VAT are not gross")
        per_line[row["BON_ID"], row["POS_ZEILE"]][row["TYP"]] += 1
        sums[row["BON_ID"], rate, row["TYP"]] += gross
    for row in table(folder / "lines_vat.csv"):
        sums[row["BON_ID"], rates[row["UST_SCHLUESSEL"]], "line"] += amount(row["POS_BRUTTO"])
    wanted: defaultdict[tuple[str, int, str], Fraction] = defaultdict(Fraction)
    for body in events(journal):
        bon = body["receipt"]["receipt_number"] or body["receipt"]["sale_id"]
        for place, line in enumerate(body["lines"], start=1):
            kinds = {"base_amount": 1} | ({"discount": 1} if line["discount_minor"] else {})
            if per_line.pop((bon, str(place)), None) != kinds:
                found.append(f"{bon} line {place}: not one base amount and one discount")
            for kind, minor in (
                ("base_amount", line["gross_minor"]),
                ("discount", -line["discount_minor"]),
                ("line", line["paid_minor"]),
            ):
                wanted[bon, line["vat_rate_bp"], kind] += Fraction(minor, 100)
    found += [f"{bon} line {place} was never sold" for bon, place in per_line]
    for key in {*wanted, *sums}:
        if wanted[key] != sums[key]:
            found.append(f"{key}: {sums[key]} instead of {wanted[key]}")
    for bon, rate, kind in wanted:
        parts = sums[bon, rate, "base_amount"] + sums[bon, rate, "discount"]
        if kind == "line" and parts != sums[bon, rate, "line"]:
            found.append(f"{bon} at {rate}: base and discount are not what was charged")
    return found


def write(data_dir: Path, out: Path) -> int:
    journal = JournalExport.open(data_dir)
    assert journal is not None
    with journal:
        return write_folder(journal.lines("0001-01-01", "9999-12-31"), out, till="3")


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> LoneTill:
    """Sixty random sales: four rates, promotions, host discounts, returns, other charges."""
    till = LoneTill(tmp_path_factory.mktemp("generated") / "till")
    till.take_rules(unit_discount("ALLES", 1234))
    dice = random.Random(SEED)  # noqa: S311 - seeded, so that a failure comes back
    with till.open() as plugin:
        for number in range(60):
            lines = [
                {
                    "line_id": str(place),
                    "sku": f"A{place}",
                    "quantity_milli": dice.choice((1000, 2000, 3000, -1000)),
                    "unit_price_minor": dice.randrange(1, 9_999),
                    "vat_rate_bp": dice.choice(list(RATES.values())),
                    "discountable": dice.random() < 0.8,
                }
                for place in range(1, dice.randrange(2, 7))
            ]
            for line in lines:
                if line["quantity_milli"] > 0 and line["discountable"]:
                    line["host_discount_minor"] = dice.randrange(line["unit_price_minor"])
            snapshot = {
                "sale_id": f"S{number}",
                "at": till.clock.now().isoformat(),
                "currency": "EUR",
                "lines": lines,
            }
            evaluation = plugin.sales.evaluate(snapshot)
            charge: dict[str, Any] = {"evaluation_id": evaluation.evaluation_id}
            if dice.random() < 0.3:
                charge["total_minor"] = evaluation.total_minor - dice.randrange(1, 50)
            if dice.random() < 0.5:
                charge["receipt_number"] = f"R{number}"
            plugin.sales.complete(f"S{number}", charge)
    return till


@pytest.mark.capability("case 6")
def test_base_and_discount_sum_to_what_was_charged(generated: LoneTill, tmp_path: Path) -> None:
    done = stammkunde(
        "export", "dsfinvk", "--config", generated.config_path, "--out", tmp_path / "out",
        "--from", "2026-03-01", "--to", "31.03.2026",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    journal = generated.folder / "journal.db"
    assert (
        sum(line["discount_minor"] != 0 for body in events(journal) for line in body["lines"]) > 60
    )
    assert flaws(tmp_path / "out", journal) == []
    rates = {row["UST_SCHLUESSEL"] for row in table(tmp_path / "out" / "vat.csv")}
    assert rates == {"1", "2", "5", "1000"}


def without_a_row(rows: list[str]) -> list[str]:
    place = next(number for number, row in enumerate(rows) if ";discount;" in row)
    return rows[:place] + rows[place + 1 :]


def with_another_sign(rows: list[str]) -> list[str]:
    place = next(number for number, row in enumerate(rows) if ";discount;" in row)
    return [*rows[:place], rows[place].replace(";-", ";"), *rows[place + 1 :]]


def with_a_cent_more(rows: list[str]) -> list[str]:
    place = next(number for number, row in enumerate(rows) if ";base_amount;" in row)
    return [*rows[:place], rows[place].replace("000;", "100;", 1), *rows[place + 1 :]]


@pytest.mark.parametrize("change", [without_a_row, with_another_sign, with_a_cent_more])
def test_a_wrong_row_is_seen(
    generated: LoneTill, tmp_path: Path, change: Callable[[list[str]], list[str]]
) -> None:
    write(generated.folder, tmp_path)
    path = tmp_path / "itemamounts.csv"
    rows = path.read_text().splitlines()
    path.write_text("\r\n".join(change(rows)) + "\r\n")
    assert flaws(tmp_path, generated.folder / "journal.db")


@pytest.mark.capability("case 6")
def test_the_sums_of_real_receipts_are_right(tmp_path: Path) -> None:
    if not (DATA / "receipts.csv.gz").exists():
        pytest.skip(f"the real receipts are not in {DATA} (STAMMKUNDE_DATA names their folder)")
    with gzip.open(DATA / "receipts.csv.gz", "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    invoice = rows[0].index("invoice")
    some = set(list(dict.fromkeys(row[invoice] for row in rows[1:]))[:400])
    receipts = tmp_path / "receipts.csv"
    with receipts.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([rows[0], *(row for row in rows[1:] if row[invoice] in some)])
    done = stammkunde(
        "replay", receipts, "--promotions", GIFT_SHOP, "--articles", DATA / "articles.csv.gz",
        "--data-dir", tmp_path / "replay",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert write(tmp_path / "replay", tmp_path / "out") > 4_000
    assert flaws(tmp_path / "out", tmp_path / "replay" / "journal.db") == []
