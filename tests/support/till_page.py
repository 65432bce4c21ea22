"""The reference till's page in headless Chromium: a cashier's hands and eyes, nothing more."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from programs import need
from waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from selenium.webdriver import Chrome
    from selenium.webdriver.remote.webelement import WebElement

SMALL = (1024, 768)
SIZES = (SMALL, (1366, 768), (1920, 1080))
FIELDS = {"code", "token"}
PATIENCE_S = 30.0


class Page:
    """A cashier at the page: types into whatever has the focus, reads what is shown."""

    def __init__(self, driver: Chrome) -> None:
        self.driver = driver

    def open(self, url: str, *, at: str = "Bereit") -> None:
        """Go to the till and wait until it is ready."""
        self.driver.get(url)
        self.shows(at)

    def size(self, width: int, height: int) -> None:
        """Make the inner window exactly so large, as in kiosk mode."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def keys(self, *keys: str) -> None:
        """Type into whatever has the focus."""
        self.driver.switch_to.active_element.send_keys(*keys)

    def scan(self, code: str) -> None:
        """Scan as a keyboard-wedge scanner does; the scan field always has the focus."""
        until(
            lambda: self.focused in FIELDS, within_s=PATIENCE_S, what="the scan field has the focus"
        )
        self.keys(f"{code}\n")

    @property
    def focused(self) -> str:
        """Id of what has the focus."""
        return self.driver.switch_to.active_element.get_attribute("id") or ""

    def focuses(self, identity: str) -> None:
        """Wait until this element has the focus."""
        until(
            lambda: self.focused == identity,
            within_s=PATIENCE_S,
            what=f"focus on {identity}, it is on {self.focused!r}",
        )

    def click(self, selector: str) -> None:
        self.find(selector).click()

    def find(self, selector: str) -> WebElement:
        return self.driver.find_element("css selector", selector)

    def all(self, selector: str) -> list[WebElement]:
        return self.driver.find_elements("css selector", selector)

    def text(self, selector: str = "body") -> str:
        """What is shown; blanks that do not break are plain ones here."""
        shown = self.js(
            "return [...document.querySelectorAll(arguments[0])]"
            ".filter(one => one.checkVisibility()).map(one => one.innerText)",
            selector,
        )
        return "\n".join(shown).replace("\u00a0", " ")

    def shows(self, words: str, selector: str = "body", *, within_s: float = 60) -> None:
        self._until(lambda: words in self.text(selector), selector, f"{words!r}", within_s)

    def hides(self, words: str, selector: str = "body") -> None:
        self._until(lambda: words not in self.text(selector), selector, f"no {words!r}", 60)

    def _until(self, holds: Callable[[], bool], selector: str, what: str, within_s: float) -> None:
        try:
            until(holds, within_s=within_s, what=what)
        except AssertionError as error:
            error.add_note(f"{selector} shows {self.text(selector)!r}")
            raise

    def dialog(self, identity: str) -> None:
        """Wait until this dialog is open; an empty name: none."""
        until(
            lambda: self.open_dialog == identity,
            within_s=PATIENCE_S,
            what=f"dialog {identity!r}, it is {self.open_dialog!r}",
        )

    @property
    def open_dialog(self) -> str:
        return self.js("return document.querySelector('dialog[open]')?.id ?? ''")

    def js(self, script: str, *values: Any) -> Any:
        return self.driver.execute_script(script, *values)

    def picture(self, path: Path) -> None:
        """Keep a screenshot."""
        path.parent.mkdir(parents=True, exist_ok=True)
        assert self.driver.save_screenshot(str(path))

    def complaints(self) -> list[str]:
        """What the browser found wrong since the last look."""
        return [entry["message"] for entry in self.driver.get_log("browser")]


@contextmanager
def chromium() -> Iterator[Chrome]:
    """A fresh headless Chromium that keeps a log of its console and of what it loads."""
    binary, chromedriver = need("chromium", "chromedriver")
    from selenium.webdriver import Chrome, ChromeOptions
    from selenium.webdriver.chrome.service import Service

    options = ChromeOptions()
    options.binary_location = binary
    for argument in ("--headless=new", "--window-size=1024,768", "--lang=de"):
        options.add_argument(argument)
    if os.geteuid() == 0:  # as in containers: Chromium's own sandbox refuses to start for root
        options.add_argument("--no-sandbox")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = Chrome(options=options, service=Service(chromedriver))
    try:
        yield driver
    finally:
        driver.quit()
