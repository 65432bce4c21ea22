"""Training: another colour, the word, everything as always, and nothing booked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from chaos_till import ChaosTill
from page_shop import JEANS, SOCKS, page_shop, page_url, served_shop
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


def booked(till: Served) -> int:
    with till.plugin._till.journal.reading() as connection:
        row: Any = connection.execute("SELECT count(*) FROM receipt").fetchone()
    return int(row[0])


def sell(page: Page) -> None:
    page.scan(CARD)
    page.scan(JEANS)
    page.shows("63,99 €", "#due")
    page.keys(Keys.F12)
    page.dialog("pay")
    page.keys(Keys.ENTER)
    page.shows("Bezahlt", "#due-label")


def test_training_looks_different_and_books_nothing(
    page: Page, till: Served, tmp_path: Path
) -> None:
    page.open(page_url(till))
    plain = page.js("return getComputedStyle(document.querySelector('.bar')).backgroundColor")
    page.click("#training")
    page.shows("TRAINING: es wird nichts gebucht", "#training-band")
    coloured = page.js("return getComputedStyle(document.querySelector('.bar')).backgroundColor")
    assert coloured != plain
    page.focuses("code")
    sell(page)
    page.shows("TRAINING", "#receipt")
    page.shows("nicht gebucht", "#message")
    page.picture(tmp_path / "training.png")
    assert booked(till) == 0
    # It stays over a reload and the next sale, until somebody switches it off.
    page.driver.refresh()
    page.shows("TRAINING", "#training-band")
    page.click("#training")
    page.hides("TRAINING", "#training-band")
    sell(page)
    assert booked(till) == 1, "control: without training the same sale is booked"


def test_training_goes_on_without_the_service_and_hands_nothing_in(
    page: Page, tmp_path: Path
) -> None:
    page_shop(tmp_path / "other")
    with ChaosTill(tmp_path / "other") as till:
        page.open(till.url)
        page.click("#training")
        page.scan(SOCKS)
        page.shows("7,99 €", "#due")
        till.kill()
        page.keys("+")
        page.shows("15,98 €", "#due")
        page.keys(Keys.F12)
        page.dialog("pay")
        page.keys(Keys.ENTER)
        page.shows("nicht gebucht", "#message")
        assert "nachgereicht" not in page.text("#receipt")
        assert page.js("return localStorage.getItem('stammkunde.handin')") is None


def test_nobody_switches_in_the_middle_of_a_sale(page: Page, till: Served) -> None:
    page.open(page_url(till))
    page.scan(SOCKS)
    page.shows("7,99 €", "#due")
    page.click("#training")
    page.shows("Erst den offenen Bon", "#message")
    assert page.find("#training").get_attribute("aria-checked") == "false"
    page.keys(Keys.F4)
    page.shows("Bereit", "#lines")
    page.click("#training")
    page.shows("TRAINING", "#training-band")
