"""F6: the accounts of the customer on paper, without a dialog."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from page_audit import audit
from page_shop import JEANS, page_shop, page_url
from selenium.webdriver.common.keys import Keys
from served_till import CARD, served

if TYPE_CHECKING:
    from pathlib import Path

    from till_page import Page

pytestmark = pytest.mark.chromium


@pytest.mark.capability("B7")
def test_f6_prints_the_statement_and_the_sale_goes_on(page: Page, tmp_path: Path) -> None:
    shop = page_shop(tmp_path / "till")
    shop.program("points")
    shop.balance("K100", 1250)
    with served(shop) as till:
        page.open(page_url(till))
        page.scan(JEANS)
        assert page.js("return document.querySelector('[data-key=F6]').disabled")
        page.scan(CARD)
        page.shows("1250", "#customer")
        page.keys(Keys.F6)
        page.shows("Kontoauszug wird gedruckt", "#message")
        page.shows("Damen-Jeans", "#lines")
        page.focuses("code")
        assert audit(page) == []
