"""F3: vouchers with a value, wholly or in part, as price reduction and as money."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from page_audit import audit
from page_shop import JEANS, SHIRT, page_shop, page_url
from selenium.webdriver.common.keys import Keys
from served_till import CARD, Served, served
from vouchers_with_value import hand_out

from pos_plugin.loyalty.voucher_code import code_of, grouped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from till_page import Page

pytestmark = pytest.mark.chromium

STRANGE = "AAAA-AAAA-AAAA-AAAA-A"


@pytest.fixture
def codes() -> dict[str, str]:
    return {}


@pytest.fixture
def till(tmp_path: Path, codes: dict[str, str]) -> Iterator[Served]:
    shop = page_shop(tmp_path / "till")
    codes["gift"] = hand_out(shop, "Geschenkkarte", 5000)
    codes["bonus"] = hand_out(shop, "Bonus", 1000, legal_kind="earned_bonus")
    with served(shop) as running:
        yield running


def test_part_of_a_gift_voucher_pays_and_the_rest_is_left(
    page: Page, till: Served, codes: dict[str, str], tmp_path: Path
) -> None:
    page.open(page_url(till))
    page.scan(JEANS)
    page.shows("63,99 €", "#due")
    page.keys(Keys.F3)
    page.dialog("voucher-entry")
    page.focuses("voucher-field")
    page.keys(f"{codes['gift']}\n")
    # Proposed is all that goes; the cashier types what the customer wants to spend.
    page.focuses("amount-field")
    assert page.find("#amount-field").get_attribute("value") == "50,00"
    assert audit(page) == []
    page.picture(tmp_path / "amount.png")
    page.keys("20\n")
    page.dialog("")
    page.shows("43,99 €", "#due")
    page.shows("Rest zu zahlen", "#due-label")
    page.shows("\u221220,00 €", "#lines .voucher")
    page.picture(tmp_path / "voucher.png")
    page.keys(Keys.F12)
    page.dialog("pay")
    page.shows("43,99 €", "#pay-due")
    page.keys("50\n")
    page.shows("6,01 €", "#due")
    page.shows("20,00 €", "#receipt")
    page.picture(tmp_path / "receipt.png")
    # What is left is there next time.
    page.scan(JEANS)
    page.scan(codes["gift"])
    page.shows("33,99 €", "#due")


@pytest.mark.parametrize("bits", [29 << 70, 1 << 75 | 2 << 70 | 29 << 65], ids=["0X", "12X"])
def test_a_code_that_begins_like_a_number_of_pieces_is_a_voucher(
    page: Page, tmp_path: Path, bits: int
) -> None:
    shop = page_shop(tmp_path / "till")
    code = hand_out(shop, "Bonus", 1000, legal_kind="earned_bonus", printed=code_of(bits))
    with served(shop) as till:
        page.open(page_url(till))
        page.scan(JEANS)
        page.scan(code)
        page.shows("53,99 €", "#due")


@pytest.mark.parametrize(
    "written",
    [code_of, lambda bits: grouped(code_of(bits)), "{:024d}".format],
    ids=["symbols", "grouped", "digits"],
)
def test_a_code_scanned_into_the_payment_is_taken_whole(
    page: Page, tmp_path: Path, written: Callable[[int], str]
) -> None:
    bits = 1 << 78 | 1234
    shop = page_shop(tmp_path / "till")
    hand_out(shop, "Bonus", 1000, legal_kind="earned_bonus", printed=code_of(bits))
    with served(shop) as till:
        page.open(page_url(till))
        page.scan(JEANS)
        page.shows("63,99 €", "#due")
        page.keys(Keys.F12)
        page.dialog("pay")
        page.keys(f"{written(bits)}\n")
        page.dialog("")
        page.shows("53,99 €", "#due")


def test_amount_of_a_scanned_voucher_is_edited_in_its_row(
    page: Page, till: Served, codes: dict[str, str]
) -> None:
    page.open(page_url(till))
    page.scan(JEANS)
    page.scan(codes["gift"])
    page.shows("13,99 €", "#due")
    page.keys(Keys.F3)
    page.focuses("amount-field")
    page.keys("nichts\n")
    page.shows("Bitte einen Betrag", "#voucher-entry-text")
    page.keys(Keys.CONTROL + "a")
    page.keys("10,50\n")
    page.dialog("")
    page.shows("53,49 €", "#due")
    page.keys(Keys.F3)
    page.click("#amount-all")
    page.dialog("")
    page.shows("13,99 €", "#due")
    page.keys(Keys.F4)
    page.shows("63,99 €", "#due")
    page.shows("Storniert: Gutschein", "#message")


def test_voucher_over_the_whole_sale_leaves_nothing_to_pay(
    page: Page, till: Served, codes: dict[str, str]
) -> None:
    page.open(page_url(till))
    page.scan(SHIRT)
    page.scan(codes["bonus"])
    page.shows("9,99 €", "#due")
    page.scan(codes["gift"])
    page.shows("0,00 €", "#due")
    page.keys(Keys.F12)
    page.dialog("pay")
    page.focuses("pay-by-cash")
    assert "Gegeben" not in page.text("#pay")
    assert audit(page) == []
    page.keys(Keys.ENTER)
    page.shows("9,99 €", "#receipt .sum")
    page.dialog("")
    page.focuses("code")


def test_voucher_that_does_nothing_says_why(page: Page, till: Served) -> None:
    page.open(page_url(till))
    page.scan(SHIRT)
    page.keys(Keys.F3)
    page.dialog("voucher-entry")
    page.keys("unfug\n")
    page.shows("Code unbekannt", "#voucher-entry-text")
    page.keys(Keys.ESCAPE)
    page.dialog("")
    page.scan(CARD)
    page.shows("Anna", "#customer")
    assert not page.all("#lines .voucher")


def test_the_same_voucher_twice_counts_once(
    page: Page, till: Served, codes: dict[str, str]
) -> None:
    page.open(page_url(till))
    page.scan(JEANS)
    page.scan(codes["bonus"])
    page.shows("53,99 €", "#due")
    page.scan(codes["bonus"])
    page.shows("schon auf dem Bon", "#message")
    page.shows("53,99 €", "#due")
    assert len(page.all("#lines .voucher")) == 1
