"""Goods on approval at the page: given out with F9, back by scanning the paper, the rest bought."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from page_audit import audit
from page_shop import JEANS, SHIRT, page_shop, page_url
from selenium.webdriver.common.keys import Keys
from served_till import CARD, Served, served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from till_page import Page

pytestmark = [pytest.mark.chromium, pytest.mark.capability("A1", "A2", "A3")]


@pytest.fixture
def till(tmp_path: Path) -> Iterator[Served]:
    builder = page_shop(tmp_path / "till")
    with builder.config_path.open("a", encoding="utf-8") as file:
        file.write("[approvals]\nenabled = true\n")
    with served(builder) as running:
        yield running


def test_goods_go_out_and_what_is_kept_is_bought(page: Page, till: Served, tmp_path: Path) -> None:
    page.open(page_url(till))
    for code in (CARD, JEANS, SHIRT):
        page.scan(code)
    page.shows("83,98 €", "#due")
    page.keys(Keys.F9)
    page.dialog("parked")
    page.focuses("park-now")
    page.keys(Keys.TAB)
    page.focuses("approve-now")
    page.keys(Keys.ENTER)
    page.dialog("")
    page.shows("mitgegeben", "#message")
    page.shows("Bereit", "#lines")

    out = till.plugin.approvals.list()
    assert isinstance(out, list)
    page.scan(out[0]["number"])
    page.dialog("approval")
    page.shows("Anna Bergmann", "#approval-text")
    page.shows("Damen-Jeans", "#approval-list")
    assert audit(page) == []
    page.picture(tmp_path / "approval.png")
    page.keys(Keys.ENTER)  # the jeans are back
    page.shows("zurück", "#approval-list")
    for _ in range(4):  # the shirt, all, cancel
        page.keys(Keys.TAB)
    page.focuses("approval-back")
    page.keys(Keys.TAB)
    page.focuses("approval-buy")
    page.keys(Keys.ENTER)
    page.dialog("")
    page.shows("19,99 €", "#due")
    page.shows("Anna Bergmann", "#customer")
    page.keys(Keys.F12)
    page.dialog("pay")
    page.keys(Keys.ENTER)
    page.shows("19,99 €", "#receipt .sum")
    assert till.plugin.approvals.list() == []


def test_without_the_module_nothing_of_it_is_shown(page: Page, tmp_path: Path) -> None:
    """Negative control."""
    with served(page_shop(tmp_path / "other")) as other:
        page.open(page_url(other))
        for code in (CARD, JEANS):
            page.scan(code)
        page.shows("63,99 €", "#due")
        page.keys(Keys.F9)
        page.dialog("parked")
        assert not page.driver.find_element("id", "approve-now").is_displayed()
