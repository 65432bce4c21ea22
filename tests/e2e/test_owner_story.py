"""An owner who has never seen JSON: from an empty head office to the discount at the till.

The pages are looked at on the way: by axe, by the audit of the till's page, at two sizes.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from axe import violations
from head_office_site import ANNA, ARTICLE, PROGRAM, Site
from owner_page import PASSWORD, add_people
from page_audit import low_contrast, nameless, requested
from selenium.webdriver.common.keys import Keys

from head_office.promotions import drafts
from pos_plugin import Plugin
from sync_agent.agent import Agent
from sync_agent.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from till_page import Page

pytestmark = pytest.mark.chromium

TABLET = (820, 1180)
PHONE = (390, 844)
DAYS = ("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So")
HALF = {
    "id": "HALB",
    "layer": "receipt",
    "label": {"de": "Halber Preis"},
    "offer": {
        "kind": "receipt_discount",
        "tiers": [{"min_value_minor": 10_000, "benefit": {"type": "percent", "bp": 5500}}],
    },
}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    site.load(
        article=[ARTICLE | {"categories": ["hosen"], "brand": "Brax"}],
        program=[PROGRAM],
        customer=[ANNA],
    )
    add_people(site, "olga")
    with site.served() as url:
        site.url = url
        yield site


def sign_in(page: Page, site: Site) -> None:
    page.driver.get(f"{site.url}/office/")
    page.shows("Anmelden")
    page.find("#name").send_keys("olga", Keys.TAB, PASSWORD, Keys.ENTER)
    page.shows("Heute", "h1")


def looked_at(page: Page, tmp_path: Path, name: str) -> list[str]:
    """Keep pictures of the page as it stands; return what is wrong with it."""
    found = []
    for size in (TABLET, PHONE):
        page.size(*size)
        page.picture(tmp_path / f"{name}-{size[0]}.png")
        wide = page.js("return [document.scrollingElement.scrollWidth, innerWidth]")
        if wide[0] > wide[1]:
            found.append(f"{name}: {wide[0]} wide on {wide[1]}")
        found += [f"{name}: {one}" for one in (*violations(page), *nameless(page))]
        found += [f"{name}: {one}" for one in low_contrast(page)]
    page.size(*TABLET)
    return found


def press(page: Page, words: str) -> None:
    """Press the button or follow the link that says so."""
    for one in page.all("main button, main a.button, main a, main summary"):
        if one.is_displayed() and one.text.strip() == words:
            one.click()
            return
    raise AssertionError(f"nothing says {words!r}: {page.text('main')!r}")


def tick(page: Page, words: str) -> None:
    """Tick the box that says so."""
    for label in page.all("label.tick"):
        if label.is_displayed() and label.text.strip() == words:
            page.js("arguments[0].scrollIntoView({ block: 'center' })", label)
            label.click()
            return
    raise AssertionError(f"no box says {words!r}: {page.text('main')!r}")


def test_an_owner_writes_publishes_and_the_till_discounts(
    page: Page, site: Site, tmp_path: Path
) -> None:
    page.size(*TABLET)
    requested(page)  # what the tests before asked for is not ours
    page.driver.get(f"{site.url}/office/")
    page.shows("Anmelden")
    found = looked_at(page, tmp_path, "sign-in")
    sign_in(page, site)
    found += looked_at(page, tmp_path, "empty")
    press(page, "Neue Aktion")
    page.shows("Was für eine Aktion?")
    found += looked_at(page, tmp_path, "choose")
    press(page, "Prozente auf eine Warengruppe")
    page.shows("So verstehen es die Kassen")
    now = site.clock.now()
    page.find("#label_de").send_keys("20 % auf Hosen")
    page.find("#percent").send_keys("20")
    tick(page, "hosen")
    days = {DAYS[now.weekday()], DAYS[(now.weekday() + 1) % 7]}  # it may strike midnight meanwhile
    for day in days:
        tick(page, day)
    page.shows("20 % Rabatt auf alle Teile aus Warengruppe hosen.", "#read-back")
    found += looked_at(page, tmp_path, "form")
    press(page, "Entwurf speichern")
    page.shows("Der Entwurf ist gespeichert.")
    found += looked_at(page, tmp_path, "draft")
    press(page, "Freigeben")
    page.shows("Freigegeben.")
    press(page, "Veröffentlichen")
    page.shows("Ab wann")
    found += looked_at(page, tmp_path, "publish")
    press(page, "Vorher prüfen: Widersprüche und Überschneidungen")
    page.shows("hat keinen englischen Text", within_s=90)
    press(page, "Beispiel zeigen")
    page.shows("Beispiel-Einkauf")
    found += looked_at(page, tmp_path, "check")
    press(page, "Zurück zum Veröffentlichen")
    page.shows("Ab wann")
    press(page, "Veröffentlichen")
    page.shows("Veröffentlicht als Stand 1, gilt ab sofort.")
    found += looked_at(page, tmp_path, "history")
    assert found == []

    site.add_till("3")
    with Agent(read_settings(site.till_dir() / "till.toml"), site.clock) as agent:
        agent.cycle()
    line = {"line_id": "1", "sku": "4711", "quantity_milli": 1000, "unit_price_minor": 7999}
    with Plugin.open(site.till_dir() / "till.toml") as plugin:
        sale = {"sale_id": "S1", "at": site.clock.now().isoformat(), "lines": [line]}
        assert plugin.sales.evaluate(sale).to_dict()["total_minor"] == 6399
        plugin.sales.complete("S1", {"total_minor": 6399})
    with Agent(read_settings(site.till_dir() / "till.toml"), site.clock) as agent:
        agent.cycle()

    page.driver.get(f"{site.url}/office/")
    page.shows("Heute in den Kassen")
    found = looked_at(page, tmp_path, "list")
    page.driver.get(f"{site.url}/office/report")
    page.shows("Rabatt durch Aktionen: 16,00 €")
    found += looked_at(page, tmp_path, "report")
    page.driver.get(f"{site.url}/office/tills")
    page.shows("Kasse 3, Filiale 001")
    found += looked_at(page, tmp_path, "tills")
    page.driver.get(f"{site.url}/office/customers?term=anna")
    page.shows("Anna")
    found += looked_at(page, tmp_path, "customers")
    press(page, "Anna")
    page.shows("Kontobewegungen")
    found += looked_at(page, tmp_path, "customer")
    page.driver.get(f"{site.url}/office/log")
    page.shows("veröffentlicht als Stand")
    found += looked_at(page, tmp_path, "log")
    assert found == []
    assert page.complaints() == []
    asked = {one.partition("/office")[0] for one in requested(page) if not one.startswith("data:")}
    assert asked == {site.url}


def test_a_fall_too_deep_is_shown_and_asked(page: Page, site: Site, tmp_path: Path) -> None:
    now = site.clock.now()
    other = HALF | {"id": "VIEL", "layer": "article", "label": {"de": "30 %"}}
    other["offer"] = {"kind": "unit_discount", "benefit": {"type": "percent", "bp": 3000}}
    with site.database() as database:
        for rule in (HALF, other):
            drafts.save(database, rule, version=0, user="olga", now=now)
            drafts.approve(database, str(rule["id"]), version=1, user="olga", now=now)
    page.size(*TABLET)
    sign_in(page, site)
    page.driver.get(f"{site.url}/office/publish")
    press(page, "Veröffentlichen")
    page.shows("Wollen Sie das wirklich?", within_s=60)
    page.shows("Ihre Grenze ist 50 %.")
    assert looked_at(page, tmp_path, "deep") == []
    page.find("[name=confirm]").click()
    press(page, "Veröffentlichen")
    page.shows("Veröffentlicht als Stand 1", within_s=60)


def test_everything_is_reached_by_keyboard(page: Page, site: Site) -> None:
    page.size(*TABLET)
    sign_in(page, site)
    page.driver.get(f"{site.url}/office/promotions/new/percent")
    page.shows("So verstehen es die Kassen")
    wanted = page.js(
        "return [...document.querySelectorAll("
        "'a, button, input:not([type=hidden]), select, summary')]"
        ".filter(one => one.checkVisibility()).length"
    )
    seen = set()
    for _ in range(3 * wanted):
        page.keys(Keys.TAB)
        seen.add(
            page.js(
                "const one = document.activeElement;"
                "return [...document.querySelectorAll('*')].indexOf(one)"
            )
        )
    visible = page.js("return document.activeElement.checkVisibility()")
    assert visible
    assert len(seen) >= wanted


def test_a_spoiled_page_is_seen_by_axe(page: Page, site: Site) -> None:
    sign_in(page, site)
    assert violations(page) == []
    page.js(
        "const one = document.createElement('input');"
        "document.querySelector('main').append(one);"
        "document.querySelector('h1').style.color = '#ddd';"
        "document.documentElement.removeAttribute('lang')"
    )
    found = json.dumps(violations(page))
    for rule in ("label", "color-contrast", "html-has-lang"):
        assert rule in found
