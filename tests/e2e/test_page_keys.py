"""Selling by keyboard alone: a scanner that never waits, and every function key."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from page_shop import JEANS, SHIRT, SOCKS, page_url, served_shop
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


def test_a_sale_needs_nothing_but_the_keyboard(page: Page, till: Served) -> None:
    page.open(page_url(till))
    page.scan(CARD)
    page.scan(JEANS)
    page.shows("63,99 €", "#due")
    page.keys(Keys.F12)
    page.dialog("pay")
    page.focuses("given")
    page.keys("100")
    page.shows("36,01 €", "#change")
    page.keys(Keys.ENTER)
    page.shows("Rückgeld", "#due-label")
    page.shows("36,01 €", "#due")
    page.shows("Damen-Jeans", "#receipt")
    page.focuses("code")
    # The next scan begins the next sale.
    page.scan(SOCKS)
    page.shows("7,99 €", "#due")
    assert "Damen-Jeans" not in page.text("#lines")


def test_a_scanner_that_does_not_wait_loses_no_code(page: Page, till: Served) -> None:
    page.open(page_url(till))
    # One burst into the field, as a wedge scanner on a fast queue would type it.
    page.keys("".join(f"{code}\n" for code in [JEANS, SHIRT, SOCKS] * 10))
    page.shows("30", "#sums dd")
    page.shows("10 \u00d7", "#line-1")
    page.shows("10 \u00d7", "#line-2")
    page.shows("10 \u00d7", "#line-3")
    assert len(page.all("#lines .row")) == 3


@pytest.mark.parametrize("typed", [f"0*{SHIRT}", f"1000*{SHIRT}"])
def test_no_pieces_and_too_many_are_refused_not_one(page: Page, till: Served, typed: str) -> None:
    page.open(page_url(till))
    page.scan(typed)
    page.shows(typed, "#message")
    page.shows("Bereit", "#lines")
    page.scan(f"02*{SHIRT}")
    page.shows("2 \u00d7", "#line-1")


def test_codes_scanned_into_open_dialogs_are_not_lost(page: Page, till: Served) -> None:
    page.open(page_url(till))
    page.scan(JEANS)
    page.shows("63,99 €", "#due")
    page.keys(Keys.F12)
    page.dialog("pay")
    page.keys(f"{SHIRT}\n")
    page.dialog("")
    page.shows("T-Shirt", "#lines")
    page.shows("83,98 €", "#due")


def test_too_little_cash_completes_nothing(page: Page, till: Served) -> None:
    page.open(page_url(till))
    page.scan(SOCKS)
    page.shows("7,99 €", "#due")
    page.keys(Keys.F12)
    page.dialog("pay")
    page.keys("5\n")
    page.shows("Es fehlen 2,99 €", "#change")
    assert page.open_dialog == "pay"
    page.keys("abc\n")
    page.shows("Bitte einen Betrag", "#change")
    page.keys(Keys.ESCAPE)
    page.dialog("")
    page.focuses("code")
    page.shows("Socken", "#lines")


def test_f12_twice_pays_by_card(page: Page, till: Served) -> None:
    page.open(page_url(till))
    page.scan(SOCKS)
    page.shows("7,99 €", "#due")
    page.keys(Keys.F12)
    page.dialog("pay")
    page.keys(Keys.F12)
    page.shows("Bezahlt", "#due-label")
    page.shows("Karte", "#receipt")


def test_arrows_choose_a_line_and_plus_minus_f4_change_it(page: Page, till: Served) -> None:
    page.open(page_url(till))
    for code in (JEANS, SHIRT, SOCKS):
        page.scan(code)
    page.shows("Socken", "#lines [aria-selected=true]")
    page.keys(Keys.ARROW_UP)
    page.shows("T-Shirt", "#lines [aria-selected=true]")
    page.keys("++")
    page.shows("3 \u00d7", "#line-2")
    page.keys("-")
    page.shows("2 \u00d7", "#line-2")
    page.keys("--")
    page.shows("1 \u00d7", "#line-2")
    page.keys(Keys.F4)
    page.hides("T-Shirt", "#lines")
    page.shows("Storniert: T-Shirt", "#message")
    page.shows("Socken", "#lines [aria-selected=true]")
    page.shows("71,98 €", "#due")
    assert page.focused == "code"


def test_arrows_and_plus_edit_what_is_being_typed(page: Page, till: Served) -> None:
    page.open(page_url(till))
    page.scan(SHIRT)
    page.shows("T-Shirt", "#lines")
    page.keys("10-27", Keys.ARROW_LEFT, "+")
    assert page.find("#code").get_attribute("value") == "10-2+7"
    page.shows("1 \u00d7", "#line-1")
    page.keys(Keys.ESCAPE)
    assert page.find("#code").get_attribute("value") == ""


def test_keys_of_the_browser_do_nothing_else(page: Page, till: Served) -> None:
    page.open(page_url(till))
    page.js(
        "window.left = [];"
        "addEventListener('keydown', one => window.left.push([one.key, one.defaultPrevented]))"
    )
    for key in (Keys.F2, Keys.F3, Keys.F4, Keys.F6, Keys.F8, Keys.F9, Keys.F12):
        page.keys(key)
        page.keys(Keys.ESCAPE)
    left = [one for one in page.js("return window.left") if one[0].startswith("F")]
    assert left == [[f"F{number}", True] for number in (2, 3, 4, 6, 8, 9, 12)]
    # Control: a key that the till does not know keeps its meaning.
    page.keys(Keys.F10)
    assert page.js("return window.left").pop() == ["F10", False]


def test_function_keys_wait_while_a_dialog_is_open(page: Page, till: Served) -> None:
    page.open(page_url(till))
    page.scan(JEANS)
    page.keys(Keys.F9)
    page.dialog("parked")
    page.keys(Keys.F4, Keys.F12, Keys.F2)
    assert page.open_dialog == "parked"
    page.keys(Keys.ESCAPE)
    page.shows("63,99 €", "#due")
    page.shows("Damen-Jeans", "#lines")
