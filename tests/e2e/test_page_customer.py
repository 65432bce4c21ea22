"""F2: the customer without a card, found by what she says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from page_audit import audit
from page_shop import JEANS, page_shop, page_url, served_shop
from selenium.webdriver.common.keys import Keys
from served_till import CARD, Served, served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from till_page import Page

pytestmark = pytest.mark.chromium


@pytest.fixture
def till(tmp_path: Path) -> Iterator[Served]:
    with served_shop(tmp_path / "till") as till:
        yield till


def test_f2_finds_a_customer_by_name(page: Page, till: Served) -> None:
    page.open(page_url(till))
    page.scan(JEANS)
    page.keys(Keys.F2)
    page.dialog("identify")
    page.keys("Nirgends\n")
    page.shows("Kein Kunde gefunden", "#identify-text")
    page.keys(Keys.ESCAPE)
    page.dialog("")
    page.focuses("code")
    page.keys(Keys.F2)
    page.keys("Anna Berg\n")
    page.dialog("")
    page.shows("Anna Bergmann", "#customer")
    page.shows("Damen-Jeans", "#lines")
    page.focuses("code")


def test_f2_finds_any_number_any_card_of_the_shop_and_any_way_to_write_a_phone(
    page: Page, tmp_path: Path
) -> None:
    shop = page_shop(tmp_path / "till")
    with shop.config_path.open("a", encoding="utf-8") as file:
        file.write('[[prefix]]\nkind = "card"\nstarts_with = "77"\nlength = 10\n')
        file.write('[[prefix]]\nkind = "article"\n')
    shop.customer("P7", number="01-000007", name="Berta Nullte")
    shop.customer("P8", number="K-8", name="Clara Buchstabe")
    shop.customer("P9", card="7700000018", name="Dora Karte")
    with served(shop) as till:
        new = {"request_id": "1", "name": "Emma Fon", "phone": "089 123456"}
        till.plugin.customers.create(new)
        page.open(page_url(till))
        for typed, name in {
            "01-000007": "Berta Nullte",
            "01000007": "Berta Nullte",
            "k8": "Clara Buchstabe",
            "7700000018": "Dora Karte",
            "089.123456": "Emma Fon",
            "+49 (0)89 \u2013 123456": "Emma Fon",
            JEANS: "",  # an article is nobody
        }.items():
            page.keys(Keys.F2)
            page.dialog("identify")
            page.keys(f"{typed}\n")
            if not name:
                page.shows("Kein Kunde gefunden", "#identify-text")
                break
            page.dialog("")
            page.shows(name, "#customer")
            page.click("#customer .drop")
            page.shows("Kein Kunde", "#customer")
            page.focuses("code")


def test_namesakes_are_a_list_to_choose_from(page: Page, till: Served, tmp_path: Path) -> None:
    page.open(page_url(till))
    page.keys(Keys.F2)
    page.dialog("identify")
    page.keys("bergmann\n")
    page.shows("2 gefunden", "#identify-text")
    page.shows("Anja Bergmann\nKundennummer 101 · Geburtstag 24. Dez. · Filiale 001")
    assert audit(page) == []
    page.picture(tmp_path / "list.png")
    page.keys(Keys.ARROW_DOWN, Keys.ARROW_UP)
    chosen = page.js("return document.activeElement.querySelector('strong').textContent")
    page.keys(Keys.ENTER)
    page.dialog("")
    page.shows(chosen, "#customer .name")
    page.focuses("code")


def test_f2_takes_number_and_card_at_once(page: Page, till: Served) -> None:
    page.open(page_url(till))
    for typed in ("100", CARD):
        page.keys(Keys.F2)
        page.dialog("identify")
        page.keys(f"{typed}\n")
        page.dialog("")
        page.shows("Anna Bergmann", "#customer")
        page.click("#customer .drop")
        page.shows("Kein Kunde", "#customer")
        page.focuses("code")
