"""The browser of the page's tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from till_page import SMALL, Page, chromium

if TYPE_CHECKING:
    from collections.abc import Iterator

    from selenium.webdriver import Chrome


@pytest.fixture(scope="session")
def browser() -> Iterator[Chrome]:
    """One Chromium for all tests: starting it takes longer than most of them."""
    with chromium() as driver:
        yield driver


@pytest.fixture
def page(browser: Chrome) -> Iterator[Page]:
    """The page in a new tab without memory, at the smallest screen it is made for."""
    before = browser.current_window_handle
    browser.switch_to.new_window("tab")
    mine = browser.current_window_handle
    browser.switch_to.window(before)
    browser.close()
    browser.switch_to.window(mine)
    page = Page(browser)
    page.size(*SMALL)
    page.complaints()
    yield page
    if browser.current_url.startswith("http"):
        page.js("localStorage.clear()")
