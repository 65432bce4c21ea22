"""F7: bonus money of the customer becomes a voucher, without a dialog."""

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


@pytest.mark.capability("B2")
def test_f7_pays_out_and_the_sale_goes_on(page: Page, tmp_path: Path) -> None:
    shop = page_shop(tmp_path / "till")
    shop.program("bonus", "EUR_MINOR", payout_voucher_type="BONUS", payout_threshold=500)
    shop.voucher_type(
        "BONUS",
        legal_kind="earned_bonus",
        effect={"kind": "value", "label": {"de": "Bonus", "en": "Bonus"}},
    )
    shop.balance("K100", 1250, program="bonus")
    with served(shop) as till:
        page.open(page_url(till))
        page.scan(JEANS)
        assert page.js("return document.querySelector('[data-key=F7]').disabled")
        page.scan(CARD)
        page.shows("12,50", "#customer")
        assert audit(page) == []
        page.keys(Keys.F7)
        page.shows("12,50 € Bonus ausgezahlt", "#message")
        page.shows("0,00", "#customer")
        assert page.js("return document.querySelector('[data-key=F7]').disabled")
        page.shows("Damen-Jeans", "#lines")
        page.focuses("code")
