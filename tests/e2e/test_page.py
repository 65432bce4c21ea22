"""The reference till in headless Chromium, against the real demo."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING

import httpx
import pytest
from demo_process import RunningDemo, running_demo
from page_audit import audit
from PIL import Image
from selenium.webdriver.common.keys import Keys
from waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from till_page import Page

ANNA = "2900001000017"
DIETER = "2900001000048"

PICTURE = """
    const image = document.querySelector("#voucher-pages img");
    const canvas = document.createElement("canvas");
    canvas.width = image.naturalWidth;
    canvas.height = image.naturalHeight;
    canvas.getContext("2d").drawImage(image, 0, 0);
    return canvas.toDataURL("image/png").split(",")[1];
"""
LOADED = "return document.querySelector('#voucher-pages img')?.naturalWidth > 0"


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


@pytest.mark.chromium
def test_cashier_sells_prints_redeems_and_pulls_the_plug(
    page: Page, running: RunningDemo, tmp_path: Path
) -> None:
    page.open(running.url.replace("?", "?patience_ms=20000&"))
    page.shows("Filiale 001 · Kasse 1")
    assert "#" not in page.driver.current_url, "the token stays out of the address"

    # As a scanner types: one code after the other, no waiting for answers.
    for code in (ANNA, "10001", "3*10041"):
        page.scan(code)
    page.shows("Anna Bergmann", "#customer")
    page.shows("20 % auf Hosen\u221216,00 €", "#lines")
    page.shows("T-Shirts: 3 für 2\u221219,99 €", "#lines")
    page.shows("Sofort-Rabatt", "#lines li.whole")
    assert page.text("#lines s").split("\n") == ["79,99 €", "59,97 €"]
    page.shows("100,85 €", "#due")

    page.scan("nonsense")
    page.shows("Code unbekannt: nonsense", "#message")
    page.click("#plug")
    page.shows("Netz gezogen", "#plug")

    page.keys(Keys.F12)
    page.dialog("pay")
    page.keys(Keys.ENTER)
    page.shows("Gutschein 5,00 € Rabatt bis", "#receipt")
    page.shows("Bitte den gedruckten Gutschein überreichen.", "#notices")
    page.shows("noch nicht bei der Zentrale", "#sync")
    until(lambda: page.js(LOADED), within_s=60, what="the picture is loaded")
    (printed,) = (running.data_dir / "till" / "prints").glob("*.png")
    shown = base64.b64decode(page.js(PICTURE))
    assert _pixels(shown) == _pixels(printed.read_bytes())
    page.picture(tmp_path / "receipt.png")

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
    assert audit(page) == []
    page.picture(tmp_path / "page.png")

    page.click("#plug")
    page.shows("alles bei der Zentrale", "#sync")

    page.click("#language")
    page.shows("Loyalty voucher 5 €", "#lines")
    page.shows("To pay")
    page.driver.refresh()
    page.shows("Loyalty voucher 5 €", "#lines")
    assert page.complaints() == []


@pytest.mark.chromium
def test_page_without_token_asks_for_it(page: Page, running: RunningDemo) -> None:
    address, _, token = running.url.partition("#")
    page.open(address, at="Schlüssel der Kasse")
    page.focuses("token")
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


def _pixels(picture: bytes) -> bytes:
    with Image.open(io.BytesIO(picture)) as image:
        return image.convert("L").tobytes()
