"""The page as it is seen and touched: sizes, contrast, names, order of focus, requests, languages.

Every state of the till is audited at every size; the controls spoil the page and are seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
from page_audit import (
    audit,
    low_contrast,
    nameless,
    overflows,
    requested,
    too_small_to_touch,
)
from page_shop import JEANS, SHIRT, SOCKS, page_url, served_shop
from selenium.webdriver.common.keys import Keys
from served_till import CARD, Served
from till_page import SIZES, SMALL
from waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from till_page import Page

pytestmark = pytest.mark.chromium


@pytest.fixture
def till(tmp_path: Path) -> Iterator[Served]:
    with served_shop(tmp_path / "till") as till:
        yield till


def basket(page: Page) -> None:
    for code in (CARD, JEANS, f"3*{SHIRT}", SOCKS):
        page.scan(code)
    page.shows("131,95 €", "#due")


def long_basket(page: Page) -> None:
    for number in range(1, 30):
        page.scan(f"{number}*{(JEANS, SHIRT, SOCKS)[number % 3]}")
    page.scan("nonsense nonsense nonsense nonsense nonsense nonsense nonsense nonsense")
    page.shows("unbekannt", "#message")


def training(page: Page) -> None:
    page.click("#training")
    basket(page)


def unknown_code(page: Page) -> None:
    basket(page)
    page.scan("nonsense")
    page.shows("Code unbekannt", "#message")


def receipt(page: Page) -> None:
    basket(page)
    page.keys(Keys.F12)
    page.dialog("pay")
    page.keys("200\n")
    page.shows("68,05 €", "#due")
    page.shows("Bitte den gedruckten", "#notices")


def opened(key: str, dialog: str) -> Callable[[Page], None]:
    def state(page: Page) -> None:
        basket(page)
        page.keys(key)
        page.dialog(dialog)

    return state


def typing(page: Page) -> None:
    page.click("#enter")
    page.dialog("typing")


STATES: Final[dict[str, Callable[[Page], None]]] = {
    "ready": lambda page: page.shows("Bereit"),
    "basket": basket,
    "long": long_basket,
    "training": training,
    "unknown": unknown_code,
    "receipt": receipt,
    "identify": opened(Keys.F2, "identify"),
    "voucher": opened(Keys.F3, "voucher-entry"),
    "parked": opened(Keys.F9, "parked"),
    "pay": opened(Keys.F12, "pay"),
    "typing": typing,
}


@pytest.mark.parametrize("state", STATES)
def test_every_state_can_be_read_and_touched(
    page: Page, till: Served, state: str, tmp_path: Path
) -> None:
    page.open(page_url(till))
    STATES[state](page)
    found = {}
    for size in SIZES:
        page.size(*size)
        page.picture(tmp_path / f"{state}-{size[0]}.png")
        found[size] = audit(page)
    page.size(*SMALL)
    page.click("#language") if not page.open_dialog else None
    found["other language"] = audit(page)
    assert not any(found.values()), found


def test_a_spoiled_page_is_seen(page: Page, till: Served) -> None:
    page.open(page_url(till))
    basket(page)
    assert audit(page) == []
    page.js(
        """
        const spoil = (selector, style) =>
            Object.assign(document.querySelector(selector).style, style);
        spoil("[data-key=F4]", { minHeight: "20px", height: "20px", alignSelf: "center" });
        spoil("#main-key", { gridRow: 2 });
        spoil("#due-label", { color: "#bbb" });
        spoil("#place", { width: "2000px", flex: "none" });
        document.getElementById("dismiss").before(document.createElement("button"));
        """
    )
    assert any("F4" in one for one in too_small_to_touch(page))
    assert any("due-label" in one for one in low_contrast(page))
    assert any("place" in one for one in overflows(page))
    assert any("second row" in one for one in overflows(page))
    assert any("has no name" in one for one in nameless(page))


def test_tab_walks_over_the_page_in_reading_order(page: Page, till: Served) -> None:
    page.open(page_url(till))
    basket(page)
    page.keys(Keys.ARROW_UP)
    page.shows("T-Shirt", "#lines [aria-selected=true]")
    # From the scan field down to the big key and back: nothing catches the focus.
    assert walked(page, Keys.TAB) == [
        "enter", "dismiss", "drop", "F2", "F3", "-", "+", "F4", "F6", "F9", "main-key", "code",
    ]  # fmt: skip
    # The header lies the other way.
    assert walked(page, Keys.SHIFT + Keys.TAB) == ["language", "training", "code"]


def walked(page: Page, key: str) -> list[str]:
    """What takes the focus one after the other, until the scan field has it again."""
    seen: list[str] = []
    while len(seen) < 30 and "code" not in seen:
        page.keys(key)
        until(
            lambda: page.js("return document.activeElement !== document.body"),
            within_s=30,
            what="something has the focus",
        )
        seen.append(
            page.js(
                "const one = document.activeElement;"
                "return one.id || one.dataset.key || one.className || one.tagName"
            )
        )
    return seen


def test_focus_is_visible_on_everything_that_takes_it(page: Page, till: Served) -> None:
    page.open(page_url(till))
    basket(page)
    outline = "return getComputedStyle(document.activeElement).outlineWidth"
    for _ in range(10):
        page.keys(Keys.TAB)
        assert page.js(outline) == "3px", page.js("return document.activeElement.outerHTML")


def test_focus_returns_to_the_scan_field_after_touch_and_dialogs(page: Page, till: Served) -> None:
    page.open(page_url(till))
    basket(page)
    for selector in ("#line-1", "[data-key='+']", "#due", "#customer", "#place"):
        page.click(selector)
        page.focuses("code")
    for key, dialog in (("F2", "identify"), ("F3", "voucher-entry"), ("F9", "parked")):
        page.click(f"[data-key={key}]")
        page.dialog(dialog)
        # A click inside does not take the focus out of the dialog.
        page.click(f"#{dialog} h2")
        assert page.js("return document.activeElement.closest('dialog, body').tagName") == "DIALOG"
        page.click(f"#{dialog} [data-close]")
        page.dialog("")
        page.focuses("code")


def test_a_sale_by_touch_alone(page: Page, till: Served) -> None:
    page.open(page_url(till))
    page.click("#enter")
    page.dialog("typing")
    for digit in SOCKS:
        press(page, "typing", digit)
    page.click("#typing form .strong")
    page.shows("Socken", "#lines")
    page.click("[data-key='+']")
    page.shows("15,98 €", "#due")
    page.click("#main-key")
    page.dialog("pay")
    for key in ("3", "0", "⌫", "0", ",", "5", "0"):
        press(page, "pay", key)
    page.shows("14,52 €", "#change")
    page.click("#quick button:nth-child(3)")
    page.shows("4,02 €", "#change")
    page.click("#pay-by-cash")
    page.shows("4,02 €", "#due")
    page.focuses("code")


def press(page: Page, dialog: str, key: str) -> None:
    keys = {one.text: one for one in page.all(f"#{dialog} .keypad button")}
    keys[key].click()


def test_the_page_asks_nobody_but_its_till(page: Page, till: Served) -> None:
    requested(page)
    page.open(page_url(till))
    receipt(page)
    asked = requested(page)
    assert f"{till.url}/till.css" in asked
    own = (f"{till.url}/", f"blob:{till.url}/")
    assert [one for one in asked if not one.startswith(own)] == []
    # Control: what the page may not load is not loaded, and the log would show it.
    page.js("new Image().src = 'http://127.0.0.1:9/pixel.png'")
    page.js("fetch('http://127.0.0.1:9/').catch(() => {})")
    complaints = "".join(page.complaints())
    assert "img-src" in complaints
    assert "connect-src" in complaints


def test_nothing_moves_for_who_does_not_want_it(page: Page, till: Served) -> None:
    page.open(page_url(till))
    moving = "return getComputedStyle(document.querySelector('#plug .plug')).transitionDuration"
    assert page.js(moving) == "0.2s"
    features = [{"name": "prefers-reduced-motion", "value": "reduce"}]
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    assert page.js(moving) == "0s"
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_the_language_changes_everywhere_and_stays(page: Page, till: Served) -> None:
    page.open(page_url(till))
    basket(page)
    page.shows("20 % auf Hosen", "#lines")
    page.click("#language")
    page.shows("20% off trousers", "#lines")
    page.shows("€131.95", "#due")
    german = ("Zahlen", "Kunde", "Storno", "Zu zahlen", "Scannen", "Punkte")
    assert [word for word in german if word in page.text()] == []
    assert page.js("return document.documentElement.lang") == "en"
    page.driver.refresh()
    page.shows("20% off trousers", "#lines")
    page.keys(Keys.F12)
    page.dialog("pay")
    page.keys("131.95")
    page.shows("€0.00", "#change")
