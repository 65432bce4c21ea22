"""What the shop is told of its classes: the same figures as text, JSON and a page of its own."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner
from rental_shop import EXAMPLE, RentalShop, bring_back, complete, pay_for, rent

from pos_plugin.cli import stammkunde
from pos_plugin.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def shop(tmp_path: Path) -> RentalShop:
    """Anna becomes C, gets a voucher, redeems it and becomes B; Bert comes once."""
    shop = RentalShop(tmp_path / "till")
    shop.stock(covers=0)
    anna, bert = shop.customer("100"), shop.customer("101")
    with shop.open() as plugin:
        rent(plugin, "R1", anna, "a", "b", "c")
    shop.night(days=15)  # 22 March
    with shop.open() as plugin:
        (voucher,) = bring_back(plugin, "B1", anna, "a").vouchers
        shop.clock.advance(days=3)
        pay_for(plugin, shop, "S1", 2, 2, code=voucher["code"], customer=anna)
        complete(plugin, "S1")
        rent(plugin, "R2", anna, *(f"new {number}" for number in range(8)))
        rent(plugin, "R3", bert, "x")
    shop.night(days=5)  # 30 March
    return shop


def ask(shop: RentalShop, *words: str) -> str:
    done = CliRunner().invoke(
        stammkunde, ["stats", *words, "--config", str(shop.config_path)], catch_exceptions=False
    )
    assert done.exit_code == 0, done.output
    return done.stdout


def figures(shop: RentalShop, *more: str) -> dict[str, Any]:
    days = ("--from", "2026-03-22", "--to", "2026-03-30")
    return json.loads(ask(shop, "classes", *days, "--json", *more))


@pytest.mark.capability("V8")
def test_matrix_names_who_moved_where(shop: RentalShop) -> None:
    found = figures(shop)
    assert found["migration"] == [
        {"before": "C", "after": "B", "customers": 1, "turnover_minor": 200},
        {"before": "absent", "after": "new", "customers": 1, "turnover_minor": 0},
    ]
    assert found["new_revisions"] == []
    assert {code: cell["customers"] for code, cell in found["after"].items()} == {
        "A": 0,
        "B": 1,
        "C": 0,
        "none": 0,
        "new": 1,
        "absent": 0,
    }


@pytest.mark.capability("V7", "V8")
def test_grant_and_redemption_are_counted_with_their_days(shop: RentalShop) -> None:
    (c,) = figures(shop)["vouchers"]
    assert (c["class"], c["granted"], c["redeemed"], c["days"]) == ("abc:C", 1, 1, [3])
    line = json.loads(ask(shop, "vouchers", "--json"))
    assert (line["granted"]["on"], line["redeemed"]["on"]) == ("2026-03-22", "2026-03-25")
    assert (line["granted"]["cashier"], line["redeemed"]["cashier"]) == ("7", "8")
    assert (line["granted"]["till"], line["redeemed"]["receipt"]) == ("3", "B-S1")
    assert line["class_at_issue"] == "abc:C"
    assert "2026-03-25" in ask(shop, "vouchers")


@pytest.mark.capability("V8")
def test_group_with_a_voucher_stands_beside_the_one_without(shop: RentalShop) -> None:
    (group,) = figures(shop)["groups"]
    assert group == {
        "class": "C",
        "with_voucher": True,
        "customers": 1,
        "rentals_before": 0,
        "rentals_after": 8,
        "turnover_before_minor": 0,
        "turnover_after_minor": 200,
    }


@pytest.mark.capability("V8")
def test_change_of_the_scheme_in_between_is_marked(shop: RentalShop) -> None:
    scheme = json.loads((EXAMPLE / "abc_scheme.jsonl").read_text("utf-8"))
    shop.take_tables(abc_scheme=[{**scheme, "revision": 2, "since_on": "2026-03-25"}])
    shop.night()
    assert figures(shop)["new_revisions"] == [2]
    text = ask(shop, "classes", "--from", "2026-03-22", "--to", "2026-03-30")
    assert "Fassung 2 des Schemas" in text


@pytest.mark.capability("V8")
@pytest.mark.parametrize(("language", "heading"), [("de", "Wer wohin"), ("en", "Who moved where")])
def test_page_is_one_file_without_script_or_foreign_address(
    tmp_path: Path, shop: RentalShop, language: str, heading: str
) -> None:
    if language == "en":
        text = shop.config_path.read_text("utf-8")
        shop.config_path.write_text(f'language = "en"\n{text}', encoding="utf-8")
    page = tmp_path / "classes.html"
    figures(shop, "--html", str(page))
    html = page.read_text("utf-8")
    assert heading in html
    assert f'<html lang="{language}">' in html
    assert not re.findall(r"<script|src=|href=|url\(|@import|https?://", html)
    charts = re.findall(r"<svg.*?</svg>", html, re.DOTALL)
    assert len(charts) >= 4
    for chart in charts:
        drawn = ET.fromstring(chart)  # noqa: S314 - our own page
        assert drawn.get("aria-label")
        _, _, width, height = map(int, str(drawn.get("viewBox")).split())
        for bar in drawn.iter("rect"):
            assert 0 <= int(str(bar.get("x"))) + int(str(bar.get("width"))) <= width
            assert int(str(bar.get("y"))) + int(str(bar.get("height"))) <= height


def test_name_of_a_class_is_no_markup(shop: RentalShop) -> None:
    from dataclasses import replace

    from pos_plugin.loyalty.class_statistics import courses, migration
    from pos_plugin.stats.class_page import class_page
    from pos_plugin.stats.class_report import class_report

    report = class_report(
        shop.config, from_on=shop.clock.now().date().replace(day=1), to_on=shop.clock.now().date()
    )
    found = courses({"K1": "<b>"}, {"K1": "<b>"}, {})
    hostile = replace(report, moved=migration(found.values(), ranked=["<b>"]))
    assert "<b>" not in class_page(hostile, language="de")


@pytest.mark.capability("V9")
def test_who_stayed_away_is_listed_and_a_voided_receipt_is_no_visit(shop: RentalShop) -> None:
    bert = shop.customer("101")
    with shop.open() as plugin:
        pay_for(plugin, shop, "S9", 2, customer=bert)
        complete(plugin, "S9")
    assert ask(shop, "visits", "--not-since", "2026-03-28").split() == [
        "2026-03-25", "100", "Anna", "Müller",
    ]  # fmt: skip
    with shop.open() as plugin:
        plugin.sales.void("S9", {})
    found = [
        json.loads(line)
        for line in ask(shop, "visits", "--not-since", "2026-03-28", "--json").splitlines()
    ]
    assert [(one["number"], one["last_on"]) for one in found] == [
        ("100", "2026-03-25"),
        ("101", "2026-03-25"),
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--from", "2026-03-22", "--to", "2026-03-22"), "lies after --from"),
        (("--from", "2026-03-22", "--to", "2026-03-30", "--scheme", "x"), "name a scheme"),
    ],
)
def test_wrong_question_is_bad_input(shop: RentalShop, words: tuple[str, ...], said: str) -> None:
    from pos_plugin.errors import RuleError

    with pytest.raises(RuleError, match=said):
        CliRunner().invoke(
            stammkunde,
            ["stats", "classes", *words, "--config", str(shop.config_path)],
            catch_exceptions=False,
            standalone_mode=False,
        )


@pytest.mark.capability("V8")
def test_figures_are_not_told_of_days_whose_facts_count_no_more(shop: RentalShop) -> None:
    from pos_plugin.errors import RuleError

    days = ("--from", "2026-03-22", "--to", "2026-03-30")
    before = ask(shop, "classes", *days)
    shop.night(days=500)
    # 36 months count without a word of the shop.
    assert ask(shop, "classes", *days) == before
    with shop.config_path.open("a", encoding="utf-8") as file:
        file.write("[classes]\nfacts_months = 1\n")
    shop.night()
    with pytest.raises(RuleError, match="told from 2027-08-01 on"):
        ask(shop, "classes", *days)
    assert "Anna" not in ask(shop, "classes", "--from", "2027-08-02", "--to", "2027-08-10")


@pytest.mark.capability("V1")
@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"age_days_min": 99}, "revision_stays"),
        (
            {"revision": 2, "classes": [{"code": "A", "rank": 1}, {"code": "B", "rank": 2}]},
            "no_scheme",
        ),
    ],
)
def test_scheme_that_changes_or_overlaps_is_not_imported(
    shop: RentalShop, change: dict[str, Any], code: str
) -> None:
    scheme = json.loads((EXAMPLE / "abc_scheme.jsonl").read_text("utf-8"))
    assert shop.take_tables(abc_scheme=[scheme]).state == "nothing"
    report = shop.take_tables(abc_scheme=[{**scheme, **change}])
    assert report.state == "refused"
    assert [one.code for one in report.wrong] == [code]


@pytest.mark.capability("V8")
def test_customers_behind_a_number_of_the_matrix_are_listed(shop: RentalShop) -> None:
    days = ("--from", "2026-03-22", "--to", "2026-03-30")
    assert ask(shop, "classes", *days, "--moved", "C:B") == "100  Anna Müller  Umsatz 2,00 €\n"
    (anna,) = [json.loads(ask(shop, "classes", *days, "--moved", "C:B", "--json"))]
    assert (anna["number"], anna["turnover_minor"]) == ("100", 200)
    # Nobody moved the other way; a class that nobody has is said.
    assert ask(shop, "classes", *days, "--moved", "B:C") == ""
    words = ("classes", *days, "--moved", "C:X", "--config", str(shop.config_path))
    wrong = CliRunner().invoke(stammkunde, ["stats", *words])
    assert isinstance(wrong.exception, InputError)
    assert "--moved" in str(wrong.exception)
