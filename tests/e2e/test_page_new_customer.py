"""F2 twice: a new customer by keyboard alone, asked first who it may be, nothing ticked before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from page_audit import audit
from page_shop import JEANS, page_url, served_shop
from selenium.webdriver.common.keys import Keys
from till_builder import card_number

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from served_till import Served
    from till_page import Page

pytestmark = [pytest.mark.chromium, pytest.mark.capability("K1", "K4", "K9")]


@pytest.fixture
def till(tmp_path: Path) -> Iterator[Served]:
    with served_shop(tmp_path / "till") as till:
        yield till


def open_entry(page: Page, typed: str = "") -> None:
    page.keys(Keys.F2)
    page.dialog("identify")
    if typed:
        page.keys(typed)
    page.keys(Keys.F2)
    page.dialog("entry")
    page.focuses("entry-name")


def ticked(page: Page) -> list[str]:
    return list(
        page.js(
            "return [...document.querySelectorAll('#entry-consents input:checked')]"
            ".map(one => one.name)"
        )
    )


def test_new_customer_with_card_and_consent_by_keyboard(
    page: Page, till: Served, tmp_path: Path
) -> None:
    page.open(page_url(till))
    page.scan(JEANS)
    open_entry(page, "Berta Quitte")
    assert ticked(page) == []
    assert audit(page) == []
    page.keys(Keys.TAB, "0170 7654321", Keys.TAB, "berta@example.org")
    page.keys(Keys.TAB, "24.12.1980", Keys.TAB, card_number(77))
    page.keys(Keys.TAB, Keys.TAB, Keys.SPACE)  # letter, then e-mail
    assert ticked(page) == ["marketing:email"]
    page.keys(Keys.ENTER)
    page.shows("Nummer des unterschriebenen Formulars", "#entry-text")
    page.focuses("entry-proof")
    page.picture(tmp_path / "entry.png")
    page.keys("F-17\n")
    page.dialog("")
    page.shows("Berta Quitte", "#customer")
    page.shows("Werbung erlaubt\nE-Mail", "#customer")
    page.focuses("code")
    page.click("#customer .drop")
    page.scan(card_number(77))
    page.shows("Berta Quitte", "#customer")


def test_somebody_known_is_offered_before_a_second_one_is_made(page: Page, till: Served) -> None:
    page.open(page_url(till))
    open_entry(page)
    page.keys("Berta Quitte", Keys.TAB, "0170 7654321\n")
    page.dialog("")
    page.shows("Berta Quitte", "#customer")
    page.click("#customer .drop")
    page.focuses("code")
    open_entry(page)
    page.keys("Berta Quitte", Keys.TAB, "0170 7654321\n")
    page.shows("Vielleicht schon bekannt", "#entry-text")
    page.shows("Telefon gleich", "#entry-found")
    page.keys(Keys.ENTER)  # the candidate has the focus
    page.dialog("")
    page.shows("Berta Quitte", "#customer")


def test_consent_of_a_known_customer_is_taken_back(page: Page, till: Served) -> None:
    page.open(page_url(till))
    open_entry(page, "Berta Quitte")
    for _ in range(5):
        page.keys(Keys.TAB)
    page.keys(Keys.SPACE)
    for _ in range(5):
        page.keys(Keys.TAB)
    page.keys("F-18\n")
    page.dialog("")
    page.shows("Werbung erlaubt\nBrief", "#customer")
    open_entry(page)
    assert ticked(page) == ["marketing:letter"]
    for _ in range(5):
        page.keys(Keys.TAB)
    page.keys(Keys.SPACE, Keys.ENTER)
    page.dialog("")
    page.shows("Werbung erlaubt\nnein", "#customer")
