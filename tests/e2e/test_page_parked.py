"""F9: sales put aside and taken up again, over a reload and with another sale in the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from page_audit import audit
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


def park(page: Page) -> None:
    page.keys(Keys.F9)
    page.dialog("parked")
    page.focuses("park-now")
    page.keys(Keys.ENTER)
    page.dialog("")
    page.shows("Bon geparkt", "#message")
    page.shows("Bereit", "#lines")


def test_weighed_goods_that_another_program_parked_are_sold_to_the_gram(
    page: Page, till: Served
) -> None:
    line = {"line_id": "1", "sku": SOCKS, "quantity_milli": 1001, "unit_price_minor": 799}
    sale = {"sale_id": "W1", "at": "2026-03-07T12:00:00+01:00", "lines": [line]}
    till.plugin.sales.suspend(sale)
    page.open(page_url(till))
    page.keys(Keys.F9)
    page.shows("1,001 Teile", "#parked-list")
    page.keys(Keys.ENTER)
    page.dialog("")
    page.shows("1,001 \u00d7", "#line-1")
    page.shows("8,00 €", "#due")
    page.keys(Keys.F12)
    page.dialog("pay")
    page.keys(Keys.ENTER)
    page.dialog("")
    page.shows("1,001 \u00d7 Socken", "#receipt")


def test_articles_go_beside_lines_whose_ids_another_program_chose(page: Page, till: Served) -> None:
    line = {"line_id": "9007199254740993", "sku": SOCKS, "quantity_milli": 1000}
    sale = {"sale_id": "W2", "at": "2026-03-07T12:00:00+01:00"}
    till.plugin.sales.suspend({**sale, "lines": [line | {"unit_price_minor": 799}]})
    page.open(page_url(till))
    page.keys(Keys.F9)
    page.shows("1 Teile", "#parked-list")
    page.keys(Keys.ENTER)
    page.shows("7,99 €", "#due")
    page.scan(JEANS)
    page.shows("71,98 €", "#due")
    page.scan(SHIRT)
    page.shows("91,97 €", "#due")


def test_a_parked_sale_comes_back_whole_after_a_reload(
    page: Page, till: Served, tmp_path: Path
) -> None:
    page.open(page_url(till))
    for code in (CARD, JEANS, f"2*{SHIRT}"):
        page.scan(code)
    page.shows("103,97 €", "#due")
    park(page)
    page.driver.refresh()
    page.shows("Bereit", "#lines")
    page.keys(Keys.F9)
    page.shows("3 Teile", "#parked-list")
    page.shows("119,97 €", "#parked-list")
    assert audit(page) == []
    page.picture(tmp_path / "parked.png")
    page.keys(Keys.ENTER)
    page.dialog("")
    page.shows("103,97 €", "#due")
    page.shows("Anna Bergmann", "#customer")
    page.shows("Damen-Jeans", "#lines")
    page.shows("2 \u00d7", "#line-2")
    page.keys(Keys.F12)
    page.dialog("pay")
    page.keys(Keys.ENTER)
    page.shows("103,97 €", "#receipt .sum")
    page.keys(Keys.F12, Keys.F9)
    page.shows("Kein Bon ist geparkt", "#parked-text")


def test_a_sale_in_the_way_is_parked_itself(page: Page, till: Served) -> None:
    page.open(page_url(till))
    page.scan(JEANS)
    page.shows("63,99 €", "#due")
    park(page)
    page.scan(SOCKS)
    page.shows("7,99 €", "#due")
    page.keys(Keys.F9)
    page.shows("1 Teile", "#parked-list")
    page.click("#parked-list button")
    page.dialog("")
    page.shows("63,99 €", "#due")
    page.keys(Keys.F9)
    page.shows("7,99 €", "#parked-list")


def test_an_open_sale_survives_a_reload(page: Page, till: Served) -> None:
    page.open(page_url(till))
    for code in (CARD, JEANS, SHIRT):
        page.scan(code)
    page.shows("83,98 €", "#due")
    page.driver.refresh()
    page.shows("83,98 €", "#due")
    page.shows("Anna Bergmann", "#customer")
    page.shows("T-Shirt", "#lines [aria-selected=true]")
