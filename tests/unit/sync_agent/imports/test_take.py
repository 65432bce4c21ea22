"""What a file does to a till without head office: all of it or nothing, and once."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest
from lone_till import ARTICLES, CUSTOMERS, LoneTill
from till_builder import points, unit_discount

from pos_plugin.errors import RuleError, StorageDamaged
from pos_plugin.folder_lock import FolderLock
from pos_plugin.loyalty.voucher_code import new_code
from pos_plugin.storage import template_lookup
from pos_plugin.storage.cache_reader import CacheReader
from sync_agent.imports import history
from sync_agent.imports.one_at_a_time import LOCK_NAME, ImportRefused
from sync_agent.imports.report import SHOWN_MAX
from sync_agent.imports.shelf import FOLDER, Shelf
from sync_agent.imports.wrong import WrongCode

if TYPE_CHECKING:
    from pathlib import Path

    from sync_agent.imports.report import Report

VOUCHER_TYPE = {
    "code": "TREUE5",
    "legal_kind": "promo",
    "effect": {"label": {"de": "5 EUR"}},
    "validity": {"days": 30},
    "layout": {"title": {"de": "Danke"}},
}


@pytest.fixture
def till(tmp_path: Path) -> LoneTill:
    return LoneTill(tmp_path / "till")


@pytest.mark.capability("K18")
def test_the_same_file_again_changes_nothing(till: LoneTill) -> None:
    first = till.take("customers", CUSTOMERS)
    assert (first.state, first.new, first.changed) == ("taken", 2, 0)
    before = till.rows()
    again = till.take("customers", CUSTOMERS)
    assert (again.state, again.new, again.changed, again.unchanged) == ("nothing", 0, 0, 2)
    assert till.rows() == before
    assert len(Shelf(till.folder).entries()) == 1


@pytest.mark.capability("K18")
def test_one_broken_line_and_nothing_is_taken(till: LoneTill) -> None:
    till.take("articles", ARTICLES)
    before = till.rows()
    report = till.take("articles", ARTICLES.replace("79,99", "89,99") + "4713;Schal;viel;19;\n")
    assert report.state == "refused"
    assert [(one.line, one.column, one.code) for one in report.wrong] == [
        (4, "price", WrongCode.NO_NUMBER)
    ]
    assert till.rows() == before
    assert len(Shelf(till.folder).entries()) == 1
    good = till.take("articles", ARTICLES.replace("79,99", "89,99"))
    assert (good.changed, good.unchanged) == (1, 1), "without the broken line it would change"


@pytest.mark.parametrize(
    ("kind", "column", "text"),
    [
        ("articles", "sku", "sku;name;price;vat\n4,00638E+12;Hose;79,99;19\n"),
        ("customers", "number", "number;name\n1,00000E+11;Anna\n"),
        ("customers", "card", "number;name;card\n100;Anna;2,90000E+12\n"),
        ("segments", "customer", "customer;segment\n1,00000E+11;VIP\n"),
        ("vouchers", "code", "code;type;valid_to_on\n1,23456E+23;TREUE5;31.12.2026\n"),
    ],
)
def test_a_number_that_a_spreadsheet_rounded_is_nobodys(
    till: LoneTill, kind: str, column: str, text: str
) -> None:
    report = till.take(kind, text)
    assert [(one.line, one.column, one.code) for one in report.wrong] == [
        (2, column, WrongCode.ROUNDED_NUMBER)
    ]


def test_a_dry_run_says_what_would_happen_and_does_not(till: LoneTill) -> None:
    report = till.take("articles", ARTICLES, dry_run=True)
    assert (report.state, report.new) == ("dry", 2)
    assert till.rows("article") in ({"article": []}, {})
    assert not history.read(till.folder)


def test_at_most_fifty_wrong_lines_are_shown_and_all_are_counted(till: LoneTill) -> None:
    report = till.take("articles", "sku;name;price;vat\n" + "1;a;x;19\n" * 120)
    assert (report.wrong_count, len(report.wrong)) == (120, SHOWN_MAX)
    assert "… und 70 weitere" in report.to_text("de")
    assert "… and 70 more" in report.to_text("en")


def test_no_report_repeats_what_stands_in_a_cell(till: LoneTill) -> None:
    report = till.take("customers", "id;name;phone;email\n1;Anna Geheim;geheim;geheim\n")
    assert report.wrong_count == 1
    kept = "".join(path.read_text() for path in (till.folder / FOLDER).iterdir())
    assert "eheim" not in report.to_text("de") + json.dumps(report.to_dict("en")) + kept


def test_a_column_that_is_not_there_leaves_what_is_known(till: LoneTill) -> None:
    till.take("articles", ARTICLES)
    report = till.take("articles", "sku;price\n4711;69,99\n")
    assert (report.changed, report.new) == (1, 0)
    row = next(one for one in till.rows("article")["article"] if one["sku"] == "4711")
    assert (row["name"], row["unit_price_minor"], row["categories"]) == (
        "Hose blau",
        6999,
        ["hosen"],
    )
    unknown = till.take("articles", "sku;price\n4799;69,99\n")
    assert [one.code for one in unknown.wrong] == [WrongCode.MISSING]


def test_bank_data_never_reach_the_till(till: LoneTill) -> None:
    text = "id;name;IBAN\n100;Anna;DE02120300000000202051\n"
    report = till.take("customers", text)
    assert report.passed_over == ["IBAN"]
    (till.folder / "files" / "customers.csv").unlink()
    held = b"".join(path.read_bytes() for path in till.folder.rglob("*") if path.is_file())
    assert b"DE02120300000000202051" not in held
    assert b"Anna" in held, "the search itself finds what is there"


def test_a_card_of_somebody_else_and_a_row_twice_are_wrong(till: LoneTill) -> None:
    till.take("customers", CUSTOMERS)
    taken = till.take("customers", "id;name;card\n102;Carl;2900000000018\n")
    assert [one.code for one in taken.wrong] == [WrongCode.CARD_TAKEN]
    twice = till.take("customers", "id;name;card\n7;A;1\n8;B;1\n7;A;2\n")
    assert [(one.line, one.code) for one in twice.wrong] == [
        (3, WrongCode.CARD_TAKEN),
        (4, WrongCode.TWICE),
    ]


@pytest.mark.capability("K18", "K6")
def test_a_list_of_members_replaces_the_members_before(till: LoneTill) -> None:
    till.take("customers", CUSTOMERS)
    report = till.take("segments", "Kunde;Gruppe\n100;vip\n101;vip\n")
    assert report.changed == 2
    again = till.take("segments", "Kunde;Gruppe\n100;vip\n101;vip\n")
    assert again.state == "nothing"
    assert till.take("segments", "Kunde;Gruppe\n101;vip\n").changed == 1
    bits = {row["id"]: row["segment_bits"] for row in till.rows("customer")["customer"]}
    segments = {row["segment"]: row["bit"] for row in till.rows("segment_bit")["segment_bit"]}
    assert bits["100"] == 1 << segments["stamm"], "another group stays as it was"
    assert bits["101"] == 1 << segments["vip"]
    wrong = till.take("segments", "Kunde;Gruppe\n999;vip\n")
    assert [one.code for one in wrong.wrong] == [WrongCode.UNKNOWN_CUSTOMER]


def test_vouchers_of_a_shop_are_known_by_their_code(till: LoneTill) -> None:
    code = new_code()
    till.take("customers", CUSTOMERS)
    till.take_tables(voucher_type=[VOUCHER_TYPE])
    text = f"Code;Gutscheinart;Kunde;Wert;gültig bis\n{code};TREUE5;100;5,00;31.12.2026\n"
    assert till.take("vouchers", text).new == 1
    assert till.take("vouchers", text).state == "nothing"
    (row,) = till.rows("voucher")["voucher"]
    assert (row["customer"], row["value_minor"], row["state"]) == ("100", 500, "issued")
    wrong = till.take("vouchers", text.replace(code, "ABC").replace("TREUE5", "NIX"))
    assert [one.code for one in wrong.wrong] == [WrongCode.NO_CODE]


def test_rules_are_numbered_and_the_same_rules_are_none(till: LoneTill) -> None:
    assert till.take_rules(unit_discount("A", 1000)).state == "taken"
    assert till.take_rules(unit_discount("A", 1000)).state == "nothing"
    assert till.take_rules(unit_discount("A", 2000), points()).new == 2
    with till.open() as plugin:
        assert plugin.health()["generation"] == 2
    with pytest.raises(RuleError):
        till.take_rules({"id": "A"})


def test_rules_signed_by_nobody_we_know_are_not_believed(till: LoneTill) -> None:
    till.take_rules(unit_discount("A", 1000))
    path = till.folder / "keys.json"
    keys = json.loads(path.read_text())
    keys["rule_keys"][0]["public_key"] = "00" * 32
    path.write_text(json.dumps(keys))
    with till.open() as plugin:
        assert plugin.health()["generation"] == 0


def test_a_till_with_a_head_office_imports_nothing(tmp_path: Path) -> None:
    till = LoneTill(tmp_path / "till", more='[head_office]\nurl = "http://127.0.0.1:9"')
    with pytest.raises(ImportRefused) as refused:
        till.take("articles", ARTICLES)
    assert "head-office load" in refused.value.hint
    assert not (till.folder / FOLDER).exists()


def test_two_imports_at_once_are_one_after_the_other(till: LoneTill) -> None:
    lock = FolderLock(till.folder / LOCK_NAME)
    with pytest.raises(ImportRefused):
        till.take("articles", ARTICLES)
    lock.release()
    assert till.take("articles", ARTICLES).state == "taken"


def test_an_import_that_was_damaged_is_said_and_not_half_applied(till: LoneTill) -> None:
    till.take("articles", ARTICLES)
    (entry,) = Shelf(till.folder).entries()
    path = till.folder / FOLDER / entry.sha256
    path.write_bytes(path.read_bytes().replace(b"7999", b"7998"))
    (till.folder / "cache.current").unlink()
    with till.agent() as agent, pytest.raises(StorageDamaged):
        agent.settle()
    assert till.rows("article")["article"] == []


@pytest.mark.capability("K18")
def test_an_erased_customer_is_gone_and_does_not_come_back(till: LoneTill) -> None:
    till.take("customers", CUSTOMERS)
    till.take("segments", "Kunde;Gruppe\n100;vip\n")
    kept = till.folder / FOLDER
    assert b"Anna" in b"".join(path.read_bytes() for path in kept.iterdir())
    assert till.forget("100") == 4  # customer twice, search, card
    for path in kept.iterdir():
        assert not any(gone in path.read_bytes() for gone in (b"Anna", b"498912345")), path.name
    report = till.take("customers", CUSTOMERS)
    assert (report.state, report.left_out, report.unchanged) == ("nothing", 1, 1)
    (till.folder / "cache.current").unlink()
    with till.agent() as agent:
        agent.settle()
    assert [row["id"] for row in till.rows("customer")["customer"]] == ["101"]
    assert len(till.rows("card")["card"]) == 1
    assert till.forget("100") == 0, "and the same again does nothing"


def test_the_page_of_the_last_imports_shows_what_changed(till: LoneTill) -> None:
    till.take("articles", ARTICLES)
    till.take("articles", till.write("<b>.csv", "sku;price\n1;x\n"))
    page = (till.folder / FOLDER / history.PAGE_NAME).read_text(encoding="utf-8")
    assert "nicht übernommen" in page
    assert "Zeile 2, price: ist keine Zahl" in page
    assert "&lt;b&gt;.csv" in page
    assert "<b>" not in page
    assert "http" not in page.replace("http-equiv", ""), "it needs nothing from outside"
    english = history.page(history.read(till.folder), "en")
    assert "not taken" in english


def shipped_template(**changes: Any) -> dict[str, Any]:
    folder = files("printers.templates.builtin")
    found: dict[str, Any] = json.loads(folder.joinpath("plain.de.json").read_text("utf-8"))
    return found | changes


def test_templates_come_with_the_rules_of_a_till_alone(till: LoneTill) -> None:
    def take(*templates: dict[str, Any]) -> Report:
        text = json.dumps({"promotions": [], "templates": templates})
        return till.take("rules", till.write("rules.json", text))

    assert take(shipped_template(version=2)).new == 1
    assert take(shipped_template(version=2)).state == "nothing"
    assert take(shipped_template(version=3)).new == 1
    with till.open():
        cache = CacheReader.open(till.folder)
        assert cache is not None
        with cache, cache.reading() as connection:
            assert template_lookup.versions(connection, "plain", "de") == [3, 2]
    with pytest.raises(RuleError, match="unknown_name"):
        take(shipped_template(blocks=[{"type": "text", "value": "{nobody}"}]))
