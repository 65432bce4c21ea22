"""The reference till in headless Chromium, against the real demo."""

from __future__ import annotations

import base64
import io
import os
from typing import TYPE_CHECKING

import httpx
import pytest
from demo_process import RunningDemo, running_demo
from PIL import Image
from programs import need
from waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from selenium.webdriver import Chrome

ANNA = "2900001000017"
DIETER = "2900001000048"


class Page:
    """A cashier at the page: types into whatever has the focus, reads what is shown."""

    def __init__(self, driver: Chrome) -> None:
        self._driver = driver

    def scan(self, code: str) -> None:
        # The scan field always has the focus, whatever was touched before.
        until(
            lambda: self._driver.switch_to.active_element.get_attribute("id") in {"code", "token"},
            within_s=5,
            what="the scan field has the focus",
        )
        self._driver.switch_to.active_element.send_keys(f"{code}\n")

    def click(self, selector: str) -> None:
        self._driver.find_element("css selector", selector).click()

    def text(self, selector: str) -> str:
        found = self._driver.find_elements("css selector", selector)
        return "\n".join(one.text for one in found)

    def shows(self, words: str, selector: str = "body") -> None:
        until(
            lambda: words in self.text(selector).replace("\u00a0", " "),
            within_s=20,
            what=f"{words!r} in {selector}: {self.text(selector)!r}",
        )

    def picture(self) -> bytes:
        """The voucher's picture as the page shows it."""
        drawn = """
            const image = document.getElementById("voucher-picture");
            const canvas = document.createElement("canvas");
            canvas.width = image.naturalWidth;
            canvas.height = image.naturalHeight;
            canvas.getContext("2d").drawImage(image, 0, 0);
            return canvas.toDataURL("image/png").split(",")[1];
        """
        return base64.b64decode(self._driver.execute_script(drawn))

    def complaints(self) -> list[str]:
        return [entry["message"] for entry in self._driver.get_log("browser")]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDemo]:
    with running_demo(tmp_path_factory.mktemp("page")) as demo:
        yield demo


@pytest.fixture(autouse=True)
def plugged(running: RunningDemo) -> Iterator[None]:
    """Whatever a test did to the plug, the next one finds it in."""
    yield
    origin, port = running.url.partition("#")[0].split("/?demo=")
    httpx.post(f"http://127.0.0.1:{port}/plug/in", headers={"Origin": origin})


@pytest.fixture
def driver() -> Iterator[Chrome]:
    chromium, chromedriver = need("chromium", "chromedriver")
    from selenium.webdriver import Chrome, ChromeOptions
    from selenium.webdriver.chrome.service import Service

    options = ChromeOptions()
    options.binary_location = chromium
    for argument in ("--headless=new", "--window-size=1024,768", "--lang=de"):
        options.add_argument(argument)
    if os.geteuid() == 0:  # as in containers: Chromium's own sandbox refuses to start for root
        options.add_argument("--no-sandbox")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = Chrome(options=options, service=Service(chromedriver))
    try:
        yield driver
    finally:
        driver.quit()


@pytest.mark.chromium
def test_cashier_sells_prints_redeems_and_pulls_the_plug(
    driver: Chrome, running: RunningDemo, tmp_path: Path
) -> None:
    driver.get(running.url)
    page = Page(driver)
    page.shows("Bereit")
    page.shows("Filiale 001 · Kasse 1")
    assert "#" not in driver.current_url, "the token stays out of the address"

    # As a scanner types: one code after the other, no waiting for answers.
    for code in (ANNA, "10001", "3*10041"):
        page.scan(code)
    page.shows("Anna Bergmann", "#customer")
    page.shows("3 \u00d7\nDamen-T-Shirt schwarz10041\nT-Shirts: 3 für 2\u221219,99 €", "#lines")
    page.shows("20 % auf Hosen\u221216,00 €", "#lines")
    page.shows("Sofort-Rabatt", "#lines li.whole")
    assert page.text("#lines s").replace("\u00a0", " ").split("\n") == ["79,99 €", "59,97 €"]
    page.shows("100,85 €", "#due")

    page.scan("nonsense")
    page.shows("Code unbekannt: nonsense", "#message")
    page.click("#plug")
    page.shows("Netz gezogen", "#plug")

    page.click("[data-tender=cash]")
    page.shows("Gutschein 5,00 € Rabatt bis", "#receipt")
    page.shows("Bitte den gedruckten Gutschein überreichen.", "#voucher-text")
    page.shows("1 noch nicht bei der Zentrale", "#sync")
    (printed,) = (running.data_dir / "till" / "prints").glob("*.png")
    until(lambda: driver.execute_script(LOADED), within_s=10, what="the picture is loaded")
    assert _pixels(page.picture()) == _pixels(printed.read_bytes())

    # The next customer's card begins a new sale; the voucher is not theirs.
    page.scan(DIETER)
    page.shows("Dieter", "#customer")
    page.scan("10081")
    page.shows("10081", "#lines")
    page.click("#samples button.voucher")
    page.shows("Gutschein gehört einem anderen Kunden.", "#lines")
    page.scan(ANNA)
    page.shows("wird eingelöst", "#lines")
    page.shows("Treuegutschein 5 €", "#lines li.whole")
    driver.save_screenshot(str(tmp_path / "page.png"))

    page.click("#plug")
    page.shows("alles bei der Zentrale", "#sync")

    page.click("#language")
    page.shows("Loyalty voucher 5 €", "#lines")
    page.shows("To pay")
    driver.refresh()
    page.shows("Loyalty voucher 5 €", "#lines")
    assert page.complaints() == []


@pytest.mark.chromium
def test_page_without_token_asks_for_it(driver: Chrome, running: RunningDemo) -> None:
    address, _, token = running.url.partition("#")
    driver.get(address)
    page = Page(driver)
    page.shows("Schlüssel der Kasse", "#key")
    page.scan(token)
    page.shows("alles bei der Zentrale", "#sync")


def test_foreign_page_cannot_pull_the_plug(running: RunningDemo) -> None:
    address = running.url.partition("#")[0]
    origin, port = address.split("/?demo=")
    control = f"http://127.0.0.1:{port}"
    foreign = httpx.post(f"{control}/plug/out", headers={"Origin": "http://evil.example"})
    assert foreign.status_code == 403
    own = httpx.get(f"{control}/demo", headers={"Origin": origin})
    assert own.json()["plugged"] is True


LOADED = "return document.getElementById('voucher-picture').naturalWidth > 0"


def _pixels(picture: bytes) -> bytes:
    with Image.open(io.BytesIO(picture)) as image:
        return image.convert("L").tobytes()
