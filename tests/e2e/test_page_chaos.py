"""Chaos at the counter: whatever breaks, the screen says the right sentence and the sale completes.

Each test breaks one thing for real, sells, repairs it, and counts what is booked. The control: what
the page keeps is what makes the sale arrive; without its memory nothing does.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from chaos_till import ChaosTill
from head_office_site import Site
from page_audit import audit
from page_shop import JEANS, SHIRT, SOCKS, page_shop, page_url
from processes import Running, free_port
from selenium.webdriver.common.keys import Keys
from served_till import CARD, Served, served
from till_builder import card_number
from waiting import until

from pos_plugin.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from till_page import Page

pytestmark = pytest.mark.chromium

AWAY = "Dienst antwortet nicht: Verkauf zum Listenpreis."
LATER = "Verkauft. Der Bon wird nachgereicht, sobald der Dienst wieder da ist."
SILENT = "Gutschein gesendet, Drucker meldet nichts zurück. Bitte hinsehen und überreichen."
GIVE_UP_S = 15  # three seconds for the scan, three for the answer, and a busy machine


@pytest.fixture
def till(tmp_path: Path) -> Iterator[ChaosTill]:
    page_shop(tmp_path / "till")
    with ChaosTill(tmp_path / "till") as till:
        yield till


def pay(page: Page, given: str = "") -> None:
    page.keys(Keys.F12)
    page.dialog("pay")
    page.keys(f"{given}\n")
    page.dialog("")


def test_killed_service_sells_at_list_price_and_hands_in_later(
    page: Page, till: ChaosTill, tmp_path: Path
) -> None:
    page.open(till.url)
    for code in (CARD, JEANS, SHIRT):
        page.scan(code)
    page.shows("83,98 €", "#due")
    till.kill()
    page.scan(SHIRT)
    page.shows(AWAY, "#message", within_s=GIVE_UP_S)
    page.shows("119,97 €", "#due")
    page.shows("Listenpreis", ".due")
    page.shows("Dienst antwortet nicht", "#sync")
    page.picture(tmp_path / "killed.png")
    pay(page, "120")
    page.shows(LATER, "#message")
    page.shows("0,03 €", "#due")
    page.shows("Wird nachgereicht", "#receipt")
    page.picture(tmp_path / "killed-sold.png")

    # What this page never saw is sold at the price on its label.
    page.scan(SOCKS)
    page.dialog("price")
    page.picture(tmp_path / "killed-price.png")
    page.keys("7,99\n")
    page.dialog("")
    page.shows("7,99 €", "#due")
    pay(page)
    page.shows(LATER, "#message")
    assert till.receipts() == []

    till.start()
    page.shows("Nachgereichte Bons sind gebucht.", "#message")
    until(lambda: till.receipts() == [799, 11_997], within_s=30, what="both are booked")
    page.hides("Dienst antwortet nicht", "#sync")
    # Points follow what was paid; no promotion was used.
    (points,) = till.rows("SELECT sum(delta) FROM own_entry WHERE key = 'points'")
    assert points == (119,)
    till.kill()
    till.start()
    page.shows("noch nicht bei der Zentrale", "#sync")
    assert till.receipts() == [799, 11_997], "handed in once, booked once"


def test_the_articles_seen_last_are_known_whatever_their_numbers_look_like(
    page: Page, till: ChaosTill
) -> None:
    page.open(till.url)
    # Two thousand EANs were seen before; the short number comes last.
    page.driver.execute_async_script(
        """const done = arguments[arguments.length - 1];
        import("/list_price.js").then(({ rememberArticle }) => {
          for (let n = 10000; n < 12000; n += 1) rememberArticle(`40063813${n}`, {});
          done();
        });"""
    )
    page.scan(SHIRT)
    page.shows("19,99 €", "#due")
    page.keys(Keys.F4)
    page.shows("Bereit", "#lines")
    till.kill()
    page.scan(SHIRT)
    page.shows("T-Shirt", "#lines")
    page.shows("19,99 €", "#due")
    # A paper of goods on approval has no price on a label.
    page.scan("A-003000015")
    page.shows("ohne Karte und Gutschein", "#message")
    page.dialog("")


def test_a_card_of_the_shops_own_table_is_asked_for_no_price(page: Page, tmp_path: Path) -> None:
    settings = page_shop(tmp_path / "till").config_path
    text = settings.read_text(encoding="utf-8")
    rows = '[[prefix]]\nkind = "card"\nstarts_with = "k7"\n[[prefix]]\nkind = "article"\n'
    settings.write_text(f"{text}\n{rows}", encoding="utf-8")
    with ChaosTill(tmp_path / "till") as till:
        page.open(till.url)
        page.scan(SHIRT)
        page.shows("19,99 €", "#due")
        till.kill()
        page.scan("K7-1234")
        page.shows("ohne Karte und Gutschein", "#message")
        page.dialog("")
        page.scan("2900001000017")  # no card of this shop
        page.dialog("price")


def test_without_its_memory_nothing_arrives(page: Page, till: ChaosTill) -> None:
    page.open(till.url)
    page.scan(SHIRT)
    page.shows("19,99 €", "#due")
    till.kill()
    page.scan(SHIRT)
    page.shows("39,98 €", "#due")
    pay(page)
    page.shows(LATER, "#message")
    page.js("localStorage.removeItem('stammkunde.handin')")
    till.start()
    page.hides("Dienst antwortet nicht", "#sync")
    page.scan(SOCKS)
    page.shows("7,99 €", "#due")
    assert till.receipts() == []


def test_receipt_that_is_refused_waits_for_a_person(
    page: Page, till: ChaosTill, tmp_path: Path
) -> None:
    page.open(till.url)
    page.scan(SHIRT)
    page.shows("19,99 €", "#due")
    sale_id = page.js("return JSON.parse(sessionStorage.getItem('stammkunde.sale')).id")
    pay(page)
    page.shows("Bezahlt", "#due-label")
    # The same sale once more, with another amount: only a person can know what is right.
    page.js(
        "localStorage.setItem('stammkunde.handin', JSON.stringify([{ sale_id: arguments[0],"
        " sold_at: '2026-03-07T12:00:00+01:00',"
        " completion: { late: true, total_minor: 1, tenders: [] } }]))",
        sale_id,
    )
    page.shows("2 noch nicht bei der Zentrale", "#sync")
    page.keys(Keys.F12, Keys.F9)
    page.shows("nicht angenommen: Dieser Vorgang ist schon mit anderem Inhalt", "#hand-in")
    assert audit(page) == []
    page.picture(tmp_path / "refused.png")
    page.keys(Keys.ESCAPE)
    page.scan(SOCKS)
    page.shows("7,99 €", "#due")
    pay(page)
    until(lambda: till.receipts() == [799, 1999], within_s=30, what="the next sale is booked")


def test_hanging_service_costs_a_second_and_no_sale(
    page: Page, till: ChaosTill, tmp_path: Path
) -> None:
    page.open(till.address())
    page.scan(JEANS)
    page.shows("63,99 €", "#due")
    till.freeze()
    # A second for the scan and one for the answer; the rest is for a busy machine.
    page.scan(JEANS)
    page.shows(AWAY, "#message", within_s=30)
    page.shows("159,98 €", "#due")
    page.picture(tmp_path / "hangs.png")
    pay(page)
    page.shows(LATER, "#message", within_s=30)
    till.thaw()
    page.shows("Nachgereichte Bons sind gebucht.", "#message")
    assert till.receipts() == [15_998]


def test_price_that_was_told_holds_when_the_service_hangs(page: Page, till: ChaosTill) -> None:
    page.open(till.url)
    page.scan(CARD)
    page.scan(JEANS)
    page.shows("63,99 €", "#due")
    page.keys(Keys.F12)
    page.dialog("pay")
    till.freeze()
    page.keys(Keys.ENTER)
    page.shows(LATER, "#message", within_s=GIVE_UP_S)
    page.shows("63,99 €", "#receipt .sum")
    till.thaw()
    page.shows("Nachgereichte Bons sind gebucht.", "#message")
    assert till.receipts() == [6399]
    # The voucher of this purchase is printed as soon as it is booked.
    page.shows("Bitte den gedruckten Gutschein überreichen.", "#notices")


def test_lost_answer_of_a_booking_books_once(page: Page, till: ChaosTill) -> None:
    page.open(till.url)
    page.scan(CARD)
    page.scan(JEANS)
    page.shows("63,99 €", "#due")
    page.js(
        "const ask = window.fetch;"
        "window.fetch = async (path, more) => {"
        "  const answer = await ask(path, more);"
        "  if (!String(path).endsWith('/complete') || window.lost) return answer;"
        "  window.lost = true;"
        "  throw new TypeError('the answer got lost');"
        "};"
    )
    pay(page)
    page.shows(LATER, "#message")
    assert till.receipts() == [6399], "booked, and the page does not know"
    till.kill()
    till.start()
    page.shows("Nachgereichte Bons sind gebucht.", "#message")
    assert till.receipts() == [6399]


def test_answer_that_comes_too_late_is_list_price_with_points(page: Page, tmp_path: Path) -> None:
    with served(page_shop(tmp_path / "till", budget_ms=300)) as till:
        page.open(page_url(till))
        page.scan(CARD)
        page.scan(JEANS)
        page.shows("63,99 €", "#due")
        with busy(till):
            page.keys("+")
            page.shows("Berechnung kam nicht rechtzeitig: Listenpreis.", "#message")
            page.shows("159,98 €", "#due")
            page.shows("Listenpreis", ".due .tag")
            page.picture(tmp_path / "late.png")
            pay(page)
            page.shows(LATER, "#message")
        page.shows("Nachgereichte Bons sind gebucht.", "#message")
        page.shows("159,98 €", "#receipt .sum")
        page.shows("159 Punkte gesammelt", "#receipt")


@contextmanager
def busy(till: Served) -> Iterator[None]:
    """The plugin's own thread has other things to do."""
    free = threading.Event()
    work = threading.Thread(
        target=till.plugin._counter.do,
        args=(lambda: free.wait(60),),
        kwargs={"within_ms": 90_000, "instead": repr, "late": dict},
    )
    work.start()
    try:
        yield
    finally:
        free.set()
        work.join()


@pytest.mark.parametrize("dead", ["agent", "head office"])
def test_without_agent_or_head_office_nothing_changes(
    page: Page, tmp_path: Path, dead: str
) -> None:
    site = Site(tmp_path)
    port = free_port()
    site.url = f"http://127.0.0.1:{port}"
    site.add_till()
    jeans = {"sku": JEANS, "name": "Damen-Jeans", "unit_price_minor": 7999, "vat_rate_bp": 1900}
    anna = {"id": "K1", "number": "1", "name": "Anna Bergmann", "home_shop": "001"}
    card = {"code": card_number(100), "customer": "K1"}
    site.load(program=[{"code": "points", "unit": "POINTS"}], article=[jeans], customer=[anna],
              card=[card])  # fmt: skip
    site.publish(
        {
            "id": "HOSEN20",
            "layer": "article",
            "offer": {"kind": "unit_discount", "benefit": {"type": "percent", "bp": 2000}},
        }
    )
    commands = {
        "head office": ("head-office", "serve", "--data", site.data, "--port", port),
        "agent": ("agent", "run", "--config", site.till_dir() / "till.toml",
                  "--retry-at-most-s", 1),
    }  # fmt: skip
    with (
        Running(tmp_path / "ho.log", *commands["head office"]) as head_office,
        Running(tmp_path / "agent.log", *commands["agent"]) as agent,
        ChaosTill(site.till_dir()) as till,
    ):
        page.open(till.url)
        page.shows("Aktionsstand 1", "#rules")
        {"agent": agent, "head office": head_office}[dead].kill()
        page.scan(CARD)
        page.scan(JEANS)
        page.shows("Anna Bergmann", "#customer")
        page.shows("63,99 €", "#due")
        pay(page)
        page.shows("noch nicht bei der Zentrale", "#sync")
        page.picture(tmp_path / "waits.png")
        assert till.receipts() == [6399]
        with Running(tmp_path / "again.log", *commands[dead]):
            page.shows("alles bei der Zentrale", "#sync", within_s=30)


def test_dead_printer_is_said_and_keeps_nobody_waiting(page: Page, tmp_path: Path) -> None:
    shop = page_shop(tmp_path / "till")
    # The host owns the printer, and what it was given is never reported.
    text = shop.config_path.read_text(encoding="utf-8")
    silent = text.replace('"simulator"', '"host"\nreport_within_s = 10')
    shop.config_path.write_text(silent, encoding="utf-8")
    with ChaosTill(shop.data_dir) as till:
        page.open(till.url)
        page.scan(CARD)
        page.scan(JEANS)
        page.shows("63,99 €", "#due")
        pay(page)
        take_paper(till)
        page.shows(SILENT, "#notices")
        page.shows("Code: ", "#voucher-text")
        page.picture(tmp_path / "printer.png")
        assert audit(page) == []
        page.scan(SOCKS)
        page.shows("7,99 €", "#due")
        pay(page)
        until(lambda: till.receipts() == [799, 6399], within_s=30, what="both sales are booked")
        # The answer may come later; printed again, it is said again.
        {one.text: one for one in page.all("#notices button")}["Nicht gekommen"].click()
        page.shows("Gutschein wird gedruckt.", "#notices")
        take_paper(till)
        page.shows(SILENT, "#notices")
        page.keys(Keys.F8)
        page.hides("Gutschein", "#notices")


def take_paper(till: ChaosTill) -> None:
    """The host fetches what it is told to print, as soon as there is something."""
    sending = "SELECT uid FROM print_job WHERE state = 'SENDING'"
    until(lambda: till.rows(sending), within_s=30, what="a job is told")
    ((job,),) = till.rows(sending)
    address = f"/v1/print-jobs/{job}"
    until(lambda: "effect" in till.ask(address), within_s=30, what="the host has it")


def test_till_that_dies_while_printing_asks_whether_it_came_out(page: Page, tmp_path: Path) -> None:
    shop = page_shop(tmp_path / "till")
    text = shop.config_path.read_text(encoding="utf-8")
    shop.config_path.write_text(text.replace('"simulator"', '"host"'), encoding="utf-8")
    with ChaosTill(shop.data_dir) as till:
        page.open(till.url)
        page.scan(CARD)
        page.scan(JEANS)
        page.shows("63,99 €", "#due")
        pay(page)
        page.shows("Gutschein wird gedruckt.", "#notices")
        # The screen says so from the queue on; what may have come out is only what was told.
        take_paper(till)
        till.kill()
        till.start()
        page.shows("Kam der Gutschein vollständig heraus?", "#notices", within_s=40)
        page.shows("Nein: Nachdruck", "#notices")
        assert audit(page) == []
        page.picture(tmp_path / "unknown.png")
        {one.text: one for one in page.all("#notices button")}["Ja"].click()
        page.shows("Bitte den gedruckten Gutschein überreichen.", "#notices")
        page.keys(Keys.F8)
        page.hides("Gutschein", "#notices")


def test_missing_cache_is_said_and_sold_at_list_price(page: Page, tmp_path: Path) -> None:
    shop = page_shop(tmp_path / "till")
    for old in shop.data_dir.glob("cache*"):
        old.unlink()
    with ChaosTill(shop.data_dir) as till:
        page.open(till.url)
        page.picture(tmp_path / "cache-0.png")
        page.shows("Noch keine Aktionen geladen: Verkauf zum Listenpreis.", "#notices")
        page.scan(CARD)
        page.shows("Kundenkarte: Karte …", "#message")
        page.scan(JEANS)
        page.dialog("price")
        page.keys("79,99\n")
        page.shows("79,99 €", "#due")
        page.picture(tmp_path / "cache.png")
        pay(page)
        until(lambda: till.receipts() == [7999], within_s=30, what="the sale is booked")


def test_full_disk_keeps_the_receipt_on_the_page(
    page: Page, till: ChaosTill, tmp_path: Path
) -> None:
    page.open(till.url)
    page.scan(CARD)
    page.scan(JEANS)
    page.shows("63,99 €", "#due")
    till.fill_disk()
    pay(page)
    page.shows(LATER, "#message")
    # The card that was scanned, and the receipt.
    page.shows("2 noch nicht bei der Zentrale", "#sync")
    page.picture(tmp_path / "disk.png")
    # The next customer is served, too.
    page.scan(SOCKS)
    page.shows("7,99 €", "#due")
    pay(page)
    page.shows(LATER, "#message")
    assert till.receipts() == []
    till.empty_disk()
    page.shows("Nachgereichte Bons sind gebucht.", "#message")
    assert till.receipts() == [799, 6399]


@pytest.mark.parametrize(
    ("days", "sentence"),
    [(2, "Die Uhr geht nach"), (-30, "Bitte Uhr und Netz prüfen")],
    ids=["behind", "ahead"],
)
def test_wrong_clock_is_said_and_sold(page: Page, tmp_path: Path, days: int, sentence: str) -> None:
    shop = page_shop(tmp_path / "till")
    right = SystemClock().now()
    # Word from head office carries the right time; the till's own clock is days off.
    shop.clock.advance(days=days)
    shop.article("10999", 100)
    shop.clock.set(right)
    with served(shop) as till:
        page.open(page_url(till))
        page.shows(sentence, "#notices")
        page.scan(CARD)
        page.scan(JEANS)
        page.shows("63,99 €", "#due")
        page.picture(tmp_path / "clock.png")
        pay(page)
        page.shows("Bezahlt", "#due-label")
        page.shows("Bitte den gedruckten Gutschein überreichen.", "#notices")
        # Both at once are much, and still everything can be read and reached.
        assert audit(page) == []
        page.picture(tmp_path / "both.png")
        # Read once, it makes room.
        page.click("#notices [data-level=warn] button")
        page.hides(sentence, "#notices")


def test_right_clock_and_whole_files_say_nothing(page: Page, till: ChaosTill) -> None:
    page.open(till.url)
    page.scan(JEANS)
    page.shows("63,99 €", "#due")
    assert page.text("#notices") == ""
    assert page.complaints() == []
