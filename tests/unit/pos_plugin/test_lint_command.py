"""The command as a person runs it: exit codes, files of articles, errors with their place."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest
from lint_rules import article, percent, price, tiers, unit
from processes import stammkunde

if TYPE_CHECKING:
    from pathlib import Path
    from subprocess import CompletedProcess

ADVERTISED = unit("A", announced_publicly=True)


def lint(folder: Path, rules: Any, *options: object) -> CompletedProcess[str]:
    path = folder / "promotions.json"
    path.write_text(rules if isinstance(rules, str) else json.dumps(rules), encoding="utf-8")
    return stammkunde("promotions", "lint", path, "--on", "2026-03-07", *options)


def codes(done: CompletedProcess[str]) -> set[str]:
    return {finding["code"] for finding in json.loads(done.stdout)["findings"]}


def test_errors_end_with_one_and_all_is_on_stdout(tmp_path: Path) -> None:
    done = lint(tmp_path, [unit("A", percent(4000)), tiers("R", (0, percent(3000)))])
    assert done.returncode == 1, done.stderr
    answer = json.loads(done.stdout)
    assert answer["counts"]["error"] == 1
    finding = answer["findings"][0]
    assert (finding["code"], finding["promotions"]) == ("combined_reduction", ["A", "R"])
    assert done.stderr == ""


def test_clean_rules_end_with_zero(tmp_path: Path) -> None:
    done = lint(tmp_path, {"generation": 3, "promotions": [unit("A")]})
    assert done.returncode == 0, done.stdout
    assert codes(done) == {"search_effort"}


def test_people_read_a_line_each_finding(tmp_path: Path) -> None:
    rules = [unit("A", percent(4000)), tiers("R", (0, percent(3000)))]
    done = lint(tmp_path, rules, "--text")
    assert done.returncode == 1, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("error    A, R: ")
    assert lines[0].endswith("(combined_reduction)")
    assert lines[-1].startswith("promotions: 2, error: 1, ")
    with pytest.raises(json.JSONDecodeError):
        json.loads(done.stdout)


def test_a_run_that_was_cut_short_says_so_to_people(tmp_path: Path) -> None:
    done = lint(tmp_path, [unit("A"), unit("B")], "--text", "--max-baskets", "0")
    assert "--max-baskets is too small" in done.stdout.splitlines()[-1]
    assert "too small" not in lint(tmp_path, [unit("A")], "--text").stdout


def test_the_shop_says_how_deep_is_too_deep(tmp_path: Path) -> None:
    rules = [unit("A", percent(4000)), tiers("R", (0, percent(3000)))]
    assert lint(tmp_path, rules, "--max-combined-bp", "6000").returncode == 0


@pytest.mark.parametrize("form", ["list", "lines", "csv", "csv.gz"])
def test_articles_come_in_three_forms(tmp_path: Path, form: str) -> None:
    rows = [article("B1", 1_999, "books"), article("T1", 5_000, "trousers")]
    table = (
        "sku,description,category,list_price_minor\nB1,Book,books,1999\nT1,Jeans,trousers,5000\n"
    )
    path = tmp_path / f"articles.{form}"
    path.write_bytes(
        {
            "list": json.dumps(rows).encode(),
            "lines": "\n".join(map(json.dumps, rows)).encode(),
            "csv": table.encode(),
            "csv.gz": gzip.compress(table.encode()),
        }[form]
    )
    rules = [unit("HATS", on={"any_of": [{"categories": ["hats"]}]})]
    done = lint(tmp_path, rules, "--articles", path)
    assert done.returncode == 1
    answer = json.loads(done.stdout)
    assert answer["articles"] == 2
    assert "no_article" in codes(done)


def test_an_example_runs_through_evaluate(tmp_path: Path) -> None:
    rules = [tiers("R", (12_000, {"type": "amount_off", "minor": 1_000}))]
    findings = json.loads(lint(tmp_path, rules).stdout)["findings"]
    cliff = next(one for one in findings if one["code"] == "tier_cliff")
    sale = tmp_path / "sale.json"
    sale.write_text(json.dumps(cliff["beside"]))
    done = stammkunde("evaluate", "--promotions", tmp_path / "promotions.json", "--sale", sale)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["total_minor"] == cliff["figures"]["pays_above_minor"]
    assert price(rules, cliff["example"])["total_minor"] == cliff["figures"]["pays_below_minor"]


def test_a_reference_price_settles_an_advertisement(tmp_path: Path) -> None:
    assert "reference_price_missing" in codes(lint(tmp_path, [ADVERTISED]))
    path = tmp_path / "articles.json"
    path.write_text(json.dumps([article("T", 5_000, reference_price_30d_minor=4_500)]))
    done = lint(tmp_path, [ADVERTISED], "--articles", path)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("rules", "articles", "code", "where"),
    [
        ("{torn", None, "not_json", ""),
        ('[{"id": "\\ud800"}]', None, "out_of_range", "promotions[0].id"),
        ([unit("A"), unit("A")], None, "duplicate_id", "promotions[1].id"),
        ([], [{"sku": "T"}], "missing", "articles[0].unit_price_minor"),
        ([], [article("T", 1), article("T", 2)], "duplicate_id", "articles[1].sku"),
        ([], [article("T", 1, colour="red")], "unknown_field", "articles[0].colour"),
        ([], [article("T", -1)], "out_of_range", "articles[0].unit_price_minor"),
    ],
)
def test_bad_input_is_one_object_with_its_place(
    tmp_path: Path, rules: Any, articles: Any, code: str, where: str
) -> None:
    options: tuple[object, ...] = ()
    if articles is not None:
        path = tmp_path / "articles.json"
        path.write_text(json.dumps(articles))
        options = ("--articles", path)
    done = lint(tmp_path, rules, *options)
    assert done.returncode == 2
    assert done.stdout == ""
    error = json.loads(done.stderr)
    assert (error["error"], error["where"]) == (code, where)


def test_the_file_that_import_takes_is_taken_here_too(tmp_path: Path) -> None:
    shop = tmp_path / "artikel.csv"
    shop.write_text(
        "Artikelnummer;Bezeichnung;Preis;EK;MwSt;Warengruppe\n4711;Hose;79,99;30,00;19;hosen\n",
        encoding="cp1252",
    )
    done = lint(tmp_path, [unit("A")], "--articles", shop)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["articles"] == 1


@pytest.mark.parametrize(
    ("content", "where"),
    [
        ("Artikelnummer;Preis\n4711;1.234\n", "artikel.csv line 2 price"),
        ("Artikelnummer;Preis\n4711\n", "artikel.csv line 2"),
        ("Bezeichnung;Preis\nHose;1,00\n", "articles[0].sku"),
        ("Artikelnummer;Preis;VK\n1;1;1\n", "artikel.csv line 1 price"),
    ],
)
def test_a_wrong_cell_of_that_file_is_named(tmp_path: Path, content: str, where: str) -> None:
    shop = tmp_path / "artikel.csv"
    shop.write_text(content, encoding="utf-8")
    done = lint(tmp_path, [unit("A")], "--articles", shop)
    assert (done.returncode, json.loads(done.stderr)["where"]) == (2, where)
