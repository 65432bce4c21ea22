"""The hand-over bar: there with the paper, over reloads and the next sale, gone with F8."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from page_audit import audit
from page_shop import JEANS, SOCKS, page_url, served_shop
from selenium.webdriver.common.keys import Keys
from served_till import CARD, Served
from waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from till_page import Page

pytestmark = pytest.mark.chromium

HAND_OVER = "Bitte den gedruckten Gutschein überreichen."


@pytest.fixture
def till(tmp_path: Path) -> Iterator[Served]:
    with served_shop(tmp_path / "till") as till:
        yield till


def sell_with_voucher(page: Page) -> None:
    page.scan(CARD)
    page.scan(JEANS)
    page.shows("63,99 €", "#due")
    page.keys(Keys.F12)
    page.dialog("pay")
    page.keys(Keys.ENTER)
    page.shows(HAND_OVER, "#notices")


def handed_over(till: Served) -> int:
    """How often the journal says so."""
    kind = "voucher_handed_over"
    with till.plugin._till.journal.reading() as connection:
        row: Any = connection.execute(
            "SELECT count(*) FROM event WHERE kind = ?", (kind,)
        ).fetchone()
    return int(row[0])


def test_f8_says_handed_over_and_the_journal_keeps_it(page: Page, till: Served) -> None:
    page.open(page_url(till))
    assert page.find("[data-key=F8]").get_attribute("disabled")
    sell_with_voucher(page)
    assert handed_over(till) == 0
    page.keys(Keys.F8)
    page.hides(HAND_OVER, "#notices")
    assert handed_over(till) == 1
    # Pressed again, there is nothing to say.
    page.keys(Keys.F8)
    page.scan(SOCKS)
    page.shows("7,99 €", "#due")
    assert handed_over(till) == 1


def test_the_bar_stays_over_a_reload_and_the_next_sale_and_stops_nobody(
    page: Page, till: Served, tmp_path: Path
) -> None:
    page.open(page_url(till))
    sell_with_voucher(page)
    page.picture(tmp_path / "bar.png")
    page.driver.refresh()
    page.shows(HAND_OVER, "#notices")
    # The whole next sale is rung up and paid with the bar in place.
    page.scan(SOCKS)
    page.shows("7,99 €", "#due")
    page.focuses("code")
    page.keys(Keys.F12)
    page.dialog("pay")
    page.keys("10\n")
    page.shows("2,01 €", "#due")
    page.shows(HAND_OVER, "#notices")
    assert audit(page) == []
    page.keys(Keys.F8)
    page.hides(HAND_OVER, "#notices")


def test_the_bar_is_answered_by_touch_and_prints_again(
    page: Page, till: Served, tmp_path: Path
) -> None:
    page.open(page_url(till))
    sell_with_voucher(page)
    prints = tmp_path / "till" / "prints"
    assert len(list(prints.glob("*.png"))) == 1
    again = [one for one in page.all("#notices button") if one.text == "Nachdruck"]
    again[0].click()
    until(lambda: len(list(prints.glob("*.png"))) == 2, within_s=60, what="a second page")
    page.shows(HAND_OVER, "#notices")
    page.click("#notices button.strong")
    page.hides(HAND_OVER, "#notices")
    page.focuses("code")


def test_what_another_screen_does_is_seen_at_once(page: Page, till: Served) -> None:
    page.open(page_url(till))
    sell_with_voucher(page)
    with till.client() as other:
        (notice,) = other.get("/v1/notices").json()["notices"]
        other.post(f"/v1/notices/{notice['notice_id']}/acknowledge").raise_for_status()
    page.hides(HAND_OVER, "#notices")


def test_the_bar_speaks_the_language_of_the_screen(page: Page, till: Served) -> None:
    page.open(page_url(till))
    sell_with_voucher(page)
    page.click("#language")
    page.shows("Please hand the printed voucher to the customer.", "#notices")
    page.shows("Handed over", "#notices")


def test_the_bar_of_a_voucher_that_was_taken_back_disappears(page: Page, till: Served) -> None:
    page.open(page_url(till))
    sell_with_voucher(page)
    with till.client() as other:
        (notice,) = other.get("/v1/notices").json()["notices"]
        page.shows(HAND_OVER, "#notices")
        other.post(f"/v1/sales/{sold(till)}/void", json={}).raise_for_status()
        page.hides(HAND_OVER, "#notices")
        job = other.get(f"/v1/print-jobs/{notice['job']}").json()
    assert job["text"].startswith("Der Gutschein ist storniert.")
    assert page.find("[data-key=F8]").get_attribute("disabled")


def test_the_bar_says_whose_voucher_it_is(page: Page, till: Served, tmp_path: Path) -> None:
    page.open(page_url(till))
    page.size(1024, 768)
    sell_with_voucher(page)
    with till.client() as other:
        (notice,) = other.get("/v1/notices").json()["notices"]
        page.shows(f"Anna Bergmann, …{notice['params']['code_end']}: {HAND_OVER}", "#notices")
    page.picture(tmp_path / "whose.png")


def sold(till: Served) -> str:
    """The sale whose receipt is the only one."""
    with till.plugin._till.journal.reading() as connection:
        row: Any = connection.execute("SELECT sale_id FROM receipt").fetchone()
    return str(row[0])
