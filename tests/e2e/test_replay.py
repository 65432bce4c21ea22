"""``stammkunde replay``: a small old till with known answers, and the real receipts of a shop."""

from __future__ import annotations

import csv
import gzip
import json
import os
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from audit import Earning, broken_laws, figures, gross_by_receipt, tamper
from processes import STAMMKUNDE
from replayed_shop import (
    ARTICLES,
    HEADER,
    RECEIPTS,
    RULES,
    Shop,
    matching,
    offer,
    refused,
    run_replay,
    said,
)
from till_builder import TillBuilder, unit_discount

POINTS = Earning("points", points=1, per_value_minor=100)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def test_small_shop_gives_the_known_sums(shop: Shop) -> None:
    answer = said(shop.run("--json"))
    assert answer.pop("sales_per_second") > 0
    slowest = answer.pop("slowest")
    assert slowest["receipt"] in {"1001", "1002", "C1003", "1004"}
    assert slowest["time_us"] > 0
    assert answer == {
        "receipts": 4,
        "booked": 4,
        "lines": 7,
        "generation": 1,
        "currency": "EUR",
        "gross_minor": 2700 + 2000 - 400 + 200,
        "discount_minor": 400 + 100 + 200,
        "total_minor": 3800,
        "optimal_share": 1.0,
        "gap_minor": 0,
        "vat": [
            {"vat_rate_bp": 1900, "gross_minor": 4500, "discount_minor": 700, "paid_minor": 3800}
        ],
        "earned": {"points": 22 + 12},
        "per_promotion": {
            "BAGS10": {"receipts": 2, "applications": 3, "discount_minor": 300},
            "BASIS": {"receipts": 2, "applications": 2, "discount_minor": 0},
            "MUGS3F2": {"receipts": 1, "applications": 1, "discount_minor": 400},
            "POST-HALF": {"receipts": 0, "applications": 0, "discount_minor": 0},
        },
    }


def test_table_shows_the_same_sums(shop: Shop) -> None:
    done = shop.run()
    assert (done.returncode, done.stderr) == (0, "")
    words = [line.split() for line in done.stdout.splitlines()]
    assert ["gross", "45.00", "EUR"] in words
    assert ["BAGS10", "2", "3", "3.00"] in words


def test_gzip_files_give_the_same(shop: Shop) -> None:
    plain = said(shop.run("--json"))
    for name in ("receipts", "articles"):
        path = shop.folder / f"{name}.csv.gz"
        path.write_bytes(gzip.compress(getattr(shop, name).read_bytes()))
        setattr(shop, name, path)
    assert without_speed(said(shop.run("--json"))) == without_speed(plain)


def without_speed(answer: dict[str, Any]) -> dict[str, Any]:
    timed = {"sales_per_second", "slowest"}
    return {name: value for name, value in answer.items() if name not in timed}


def test_json_lines_give_the_same_as_the_till_sent(shop: Shop) -> None:
    sale = {
        "sale_id": "A",
        "at": "2026-03-07T15:12:00+01:00",
        "customer": {"id": "K1"},
        "lines": [
            {"line_id": "1", "sku": "MUG1", "quantity_milli": 3000, "unit_price_minor": 400},
            {
                "line_id": "2",
                "sku": "BAG1",
                "quantity_milli": 1000,
                "unit_price_minor": 1000,
                "discountable": False,
            },
        ],
    }
    shop.receipts = shop.write("sales.jsonl", json.dumps(sale) + "\n\n")
    answer = said(shop.keep())
    assert (answer["receipts"], answer["lines"], answer["discount_minor"]) == (1, 2, 400)
    assert answer["earned"] == {"points": 18}
    assert list(gross_by_receipt(shop.journal).items()) == [("A", 2200)]


def test_journal_holds_the_sums_to_the_cent(shop: Shop) -> None:
    answer = said(shop.keep())
    assert_same_figures(answer, shop.journal)
    assert broken_laws(shop.journal, POINTS) == {}


@pytest.mark.parametrize(
    ("table", "change"),
    [
        (
            "receipt_line",
            (
                "paid_minor = paid_minor + 1, discount_minor = discount_minor - 1 "
                "WHERE (receipt, position) = (1, 0)"
            ),
        ),
        (
            "promotion_result",
            "discount_minor = discount_minor + 1 WHERE (receipt, position, number) = (1, 0, 0)",
        ),
        ("receipt", "gross_minor = gross_minor - 1 WHERE seq = 1"),
        ("ledger_entry", "delta = delta + 1 WHERE seq = 1"),
    ],
)
def test_one_moved_cent_is_found(shop: Shop, table: str, change: str) -> None:
    said(shop.keep())
    tamper(shop.journal, table, change)
    assert broken_laws(shop.journal, POINTS)


def test_terminal_sees_the_progress(shop: Shop) -> None:
    terminal, side = os.openpty()
    try:
        command = [*STAMMKUNDE, "replay", str(shop.receipts), "--promotions", str(shop.rules)]
        done = subprocess.run(
            [*command, "--json"], check=False, stdout=subprocess.PIPE, stderr=side, timeout=60
        )
        seen = os.read(terminal, 10_000).decode()
    finally:
        os.close(terminal)
        os.close(side)
    assert (done.returncode, json.loads(done.stdout)["receipts"]) == (0, 4)
    assert "replay" in seen
    assert "100%" in seen


def test_replay_without_folder_leaves_nothing(shop: Shop) -> None:
    temporary = shop.folder / "temporary"
    temporary.mkdir()
    said(shop.run("--json", TMPDIR=str(temporary)))
    assert list(temporary.iterdir()) == []


def test_same_receipts_again_change_nothing(shop: Shop) -> None:
    first = said(shop.keep())
    before = content_of(shop.journal)
    again = said(shop.keep())
    assert (first.pop("booked"), again.pop("booked")) == (4, 0)
    assert without_speed(again) == without_speed(first)
    assert content_of(shop.journal) == before


def content_of(journal: Path) -> list[str]:
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(f"file:{journal}?mode=ro", uri=True)) as connection:
        return list(connection.iterdump())


def test_later_receipts_join_the_same_folder(shop: Shop) -> None:
    said(shop.keep())
    shop.write("receipts.csv", f"{RECEIPTS}1005,BAG1,1,2011-01-04T09:00,1000,,UK\n")
    answer = said(shop.keep())
    assert (answer["receipts"], answer["booked"], answer["gross_minor"]) == (5, 1, 5500)
    assert_same_figures(answer, shop.journal)


def test_interrupted_replay_goes_on(shop: Shop) -> None:
    from pos_plugin.replay.read import read_articles, read_receipts
    from pos_plugin.replay.run import read_rules, run

    rules, package = read_rules(shop.rules.read_bytes())
    articles = read_articles("articles.csv", shop.articles.read_bytes())
    past = read_receipts("receipts.csv", shop.receipts.read_bytes(), {"MUG1", "BAG1"})
    done: list[int] = []

    def pull_the_plug(more: int) -> None:
        done.append(more)
        if sum(done) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(past, rules, package, articles, shop.data_dir, progress=pull_the_plug)
    answer = said(shop.keep())
    assert (answer["receipts"], answer["booked"], answer["total_minor"]) == (4, 2, 3800)
    assert broken_laws(shop.journal, POINTS) == {}


SMALL_DISK = (
    "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({bytes}, {bytes})); "
    "from pos_plugin.cli import main; main()"
)


def keep_on_small_disk(shop: Shop, size: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", SMALL_DISK.format(bytes=size), "replay", str(shop.receipts)]
    command += ["--promotions", str(shop.rules), "--articles", str(shop.articles)]
    command += ["--data-dir", str(shop.data_dir), "--json"]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)


def test_full_disk_leaves_no_half_built_folder(shop: Shop) -> None:
    done = keep_on_small_disk(shop, 20_000)
    assert (done.returncode, done.stdout) == (1, "")
    assert "no room left" in done.stderr
    assert not shop.data_dir.exists()
    assert said(shop.keep())["booked"] == 4


def test_full_disk_stops_the_replay_and_the_rest_is_booked_later(shop: Shop) -> None:
    rows = [f"{n},MUG1,1,2011-01-03T09:00,400,7,UK\n" * 20 for n in range(200)]
    shop.write("receipts.csv", "".join([HEADER, "\n", *rows]))
    done = keep_on_small_disk(shop, 400_000)
    assert (done.returncode, done.stdout) == (1, "")
    assert "could not be booked: journal_unavailable" in done.stderr
    before = figures(shop.journal)["receipts"]
    answer = said(shop.keep())
    assert 0 < before < 200
    assert (answer["receipts"], answer["booked"]) == (200, 200 - before)
    assert_same_figures(answer, shop.journal)
    assert broken_laws(shop.journal, POINTS) == {}


def test_limit_per_customer_counts_over_the_replay(shop: Shop) -> None:
    once = {**RULES[1], "limits": {"per_customer": 1}}
    shop.write("rules.json", json.dumps([once]))
    rows = [f"{n},BAG1,1,2011-01-0{n}T09:00,1000,7,UK" for n in (1, 2, 3)]
    shop.write("receipts.csv", "\n".join([HEADER, *rows, ""]))
    assert said(shop.run("--json"))["per_promotion"] == {
        "BAGS10": {"receipts": 1, "applications": 1, "discount_minor": 100}
    }


def test_without_articles_everything_is_sundries(shop: Shop) -> None:
    rule = offer(
        "SUNDRIES",
        {
            "kind": "unit_discount",
            "on": matching(categories=["sonstiges"]),
            "benefit": {"type": "amount_off", "minor": 1},
        },
    )
    shop.write("rules.json", json.dumps({"generation": 7, "promotions": [rule]}))
    answer = said(run_replay(shop.receipts, "--promotions", shop.rules, "--json"))
    assert (answer["generation"], answer["discount_minor"]) == (7, 3 + 2 + 1 + 3)


# --- folders that are refused ------------------------------------------------------------------


@pytest.mark.parametrize("what", ["rules", "articles"])
def test_folder_of_other_contents_is_refused(shop: Shop, what: str) -> None:
    said(shop.keep())
    before = content_of(shop.journal)
    if what == "rules":
        shop.write("rules.json", json.dumps(RULES[:1]))
    else:
        shop.write("articles.csv", ARTICLES.replace("tassen", "taschen"))
    assert refused(shop.keep()) == ("out_of_range", str(shop.data_dir))
    assert content_of(shop.journal) == before


def test_folder_of_a_real_till_is_refused(shop: Shop) -> None:
    till = TillBuilder(shop.data_dir)
    till.rules(unit_discount("ALL10", 1000))
    before = sorted(path.name for path in shop.data_dir.iterdir())
    assert refused(shop.keep()) == ("out_of_range", str(shop.data_dir))
    assert sorted(path.name for path in shop.data_dir.iterdir()) == before


def test_replay_folder_given_to_a_till_is_refused(shop: Shop) -> None:
    said(shop.keep())
    keys = {"card_key": "00" * 16, "rule_keys": [{"key_id": "2026", "public_key": "00" * 32}]}
    (shop.data_dir / "keys.json").write_text(json.dumps(keys), encoding="utf-8")
    assert refused(shop.keep()) == ("out_of_range", str(shop.data_dir))


def test_other_receipt_under_a_booked_number_is_refused(shop: Shop) -> None:
    said(shop.keep())
    before = content_of(shop.journal)
    changed = RECEIPTS.replace("1002,BAG1,2,", "1002,BAG1,3,")
    shop.write("receipts.csv", f"{changed}1005,BAG1,1,2011-01-04T09:00,1000,,UK\n")
    assert refused(shop.keep()) == ("duplicate_id", "replay:1002")
    assert content_of(shop.journal) == before


def test_damaged_rules_stop_the_replay_instead_of_list_price(shop: Shop) -> None:
    said(shop.keep())
    for blob in (shop.data_dir / "blobs").iterdir():
        blob.write_bytes(b"{}")
    shop.write("receipts.csv", f"{RECEIPTS}1005,BAG1,1,2011-01-04T09:00,1000,,UK\n")
    done = shop.keep()
    assert (done.returncode, done.stdout) == (1, "")
    assert "replay:1005 could not be evaluated: rules_damaged" in done.stderr
    assert len(gross_by_receipt(shop.journal)) == 4


# --- bad input ---------------------------------------------------------------------------------


def test_wrong_line_is_named_and_nothing_is_booked(shop: Shop) -> None:
    shop.write("receipts.csv", RECEIPTS.replace("C1003,MUG1,-1", "C1003,MUG1,one"))
    assert refused(shop.keep()) == ("wrong_type", "receipts.csv line 6.quantity")
    assert not shop.data_dir.exists()


def test_file_that_cannot_be_read_is_named(shop: Shop) -> None:
    shop.receipts.unlink()
    assert refused(shop.keep()) == ("not_json", "receipts.csv")
    assert not shop.data_dir.exists()


def test_wrong_article_is_named(shop: Shop) -> None:
    shop.write("articles.csv", f"{ARTICLES}MUG1,MUG,tassen,400\n")
    assert refused(shop.keep()) == ("duplicate_id", "articles.csv line 4.sku")


def test_wrong_rules_are_refused_as_everywhere(shop: Shop) -> None:
    shop.write("rules.json", json.dumps([{**RULES[0], "colour": "red"}]))
    assert refused(shop.keep()) == ("unknown_field", "promotions[0].colour")


# --- the real receipts -------------------------------------------------------------------------

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("STAMMKUNDE_DATA") or ROOT.parent / "shared" / "data") / "online-retail"
GIFT_SHOP = ROOT / "examples" / "promotions" / "giftshop.json"
EARNINGS = (POINTS, Earning("bonus", points=3, per_value_minor=100, not_in="weihnachten"))


class RealReplay:
    """One replay of all receipts, read by several tests."""

    def __init__(self, folder: Path) -> None:
        self.journal = folder / "replay" / "journal.db"
        self.answer = said(
            run_replay(
                DATA / "receipts.csv.gz",
                "--promotions",
                GIFT_SHOP,
                "--articles",
                DATA / "articles.csv.gz",
                "--data-dir",
                self.journal.parent,
                "--json",
            )
        )


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> RealReplay:
    if not (DATA / "receipts.csv.gz").exists():
        pytest.skip(f"the real receipts are not in {DATA} (STAMMKUNDE_DATA names their folder)")
    return RealReplay(tmp_path_factory.mktemp("real"))


def test_every_real_receipt_is_replayed(real: RealReplay) -> None:
    gross_minor: dict[str, int] = defaultdict(int)
    lines = 0
    with gzip.open(DATA / "receipts.csv.gz", "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            lines += 1
            gross_minor[row["invoice"]] += int(row["quantity"]) * int(row["unit_price_minor"])
    assert (
        (real.answer["receipts"], real.answer["lines"])
        == (4894, 105335)
        == (
            len(gross_minor),
            lines,
        )
    )
    assert gross_by_receipt(real.journal) == gross_minor
    assert real.answer["gross_minor"] == sum(gross_minor.values())


def test_real_sums_are_right_to_the_cent(real: RealReplay) -> None:
    assert_same_figures(real.answer, real.journal)
    assert broken_laws(real.journal, *EARNINGS) == {}
    assert real.answer["discount_minor"] > 0
    assert real.answer["earned"]["points"] > 0


def test_one_moved_cent_among_real_receipts_is_found(real: RealReplay, tmp_path: Path) -> None:
    copy = tmp_path / "journal.db"
    shutil.copy(real.journal, copy)
    tamper(
        copy,
        "receipt_line",
        "paid_minor = paid_minor - 1 WHERE (receipt, position) = (SELECT receipt, position "
        "FROM receipt_line ORDER BY receipt DESC, position LIMIT 1)",
    )
    assert broken_laws(copy, *EARNINGS)
    with pytest.raises(AssertionError):
        assert_same_figures(real.answer, copy)


def assert_same_figures(answer: dict[str, Any], journal: Path) -> None:
    found = figures(journal)
    assert found["gross_minor"] - found["discount_minor"] == found["total_minor"]
    for name in (
        "receipts",
        "lines",
        "gross_minor",
        "discount_minor",
        "total_minor",
        "vat",
        "earned",
    ):
        assert answer[name] == found[name], name
    assert answer["optimal_share"] == pytest.approx(found["optimal"] / found["receipts"], abs=1e-6)
    given = {
        promotion: {"receipts": uses["receipts"], "discount_minor": uses["discount_minor"]}
        for promotion, uses in answer["per_promotion"].items()
        if uses["discount_minor"]
    }
    assert given == {
        name: one for name, one in found["promotions"].items() if one["discount_minor"]
    }
