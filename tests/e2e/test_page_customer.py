"""F2: the customer without a card, found by what she says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from page_audit import audit
from page_shop import JEANS, page_url, served_shop
from selenium.webdriver.common.keys import Keys
from served_till import CARD, Served

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
