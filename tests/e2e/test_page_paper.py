"""Every row of the cashier's notices about paper (printing.md P36), seen on the page.

The voucher printer is a simulated one in the network that is believed (level 3): its paper runs
out, its cover is opened, its cable is pulled while the cashier looks.
"""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from host_till import print_effect
from page_audit import audit
from page_shop import JEANS, SHIRT, page_shop, page_url
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.keys import Keys
from served_till import CARD, Served, served
from till_builder import card_number
from waiting import until

from pos_plugin.storage.journal_writer import NewPrintJob
from printers.levels import FOLDER, Unit, Units
from printers.sim.core import Knobs
from printers.sim.faults import Fault
from printers.sim.machine import Machine
from printers.sim.pty_line import PtyFace
from printers.sim.tcp import TcpFace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx
    from till_page import Page

    from pos_plugin.clock import SettableClock

pytestmark = pytest.mark.chromium

HAND_OVER = "Bitte den gedruckten Gutschein überreichen."
# Nobody gets the same voucher twice.
OTHER_CARD = card_number(102)
# A stall is told after 10 s, and an idle printer is asked every 10 s.
SLOW_S = 60


class Counter:
    """A served till and its voucher printer."""

    def __init__(self, till: Served, machine: Machine, clock: SettableClock, units: Path) -> None:
        self.till = till
        self.machine = machine
        self.clock = clock
        self._units = units

    def happen(self, kind: str, *, at_byte: int | None = None) -> None:
        here = None if at_byte is None else at_byte + self.machine.taken_bytes
        self.machine.happen(Fault.parse(kind if here is None else f"{kind}@{here}"))

    def forget_level(self) -> None:
        """From now on the printer is one that nobody has tested."""
        for path in self._units.glob("*.json"):
            path.unlink()


@contextmanager
def counter(folder: Path, *, head: str = "") -> Iterator[Counter]:
    machine = Machine(Knobs(rows_per_s=20_000))
    with TcpFace(machine) as face:
        builder = page_shop(folder)
        builder.customer("K102", card=OTHER_CARD, segments=["abc:C"], name="Berta Blum")
        address = f"127.0.0.1:{face.port}"
        text = builder.config_path.read_text("utf-8").partition("[[printer]]")[0] + head
        text += f'[[printer]]\nname = "bon"\ntransport = "network"\naddress = "{address}"\n'
        text += 'fallback = "zweit"\n'
        text += '[[printer]]\nname = "zweit"\nrole = "slip"\ntransport = "simulator"\n'
        builder.config_path.write_text(text, "utf-8")
        units = folder / FOLDER
        facts = {"serial": "SIM0001"}
        Units(units).write(
            Unit("bon", "bon", f"network {address}", 3, facts, tested_at="2026-03-07")
        )
        with served(builder) as till:
            yield Counter(till, machine, builder.clock, units)


def sell(page: Page, card: str = CARD) -> None:
    for code in (card, JEANS, SHIRT):
        page.scan(code)
    page.shows("83,98 €", "#due")
    page.keys(Keys.F12)
    page.dialog("pay")
    page.keys(Keys.ENTER)
    page.dialog("")


def sell_again(page: Page) -> None:
    page.keys(Keys.F12)
    page.shows("Bereit", "#lines")
    sell(page, OTHER_CARD)


def choose(page: Page, word: str) -> None:
    def is_clicked() -> bool:
        try:
            found = [one for one in page.all("#notices button") if one.text == word]
            for button in found[:1]:
                button.click()
        except StaleElementReferenceException:
            return False  # drawn anew meanwhile
        return bool(found)

    until(is_clicked, within_s=SLOW_S, what=f"the choice {word}")


def test_voucher_waits_for_the_cashier_for_paper_and_for_the_other_printer(
    page: Page, tmp_path: Path
) -> None:
    with counter(tmp_path / "till", head='[printing]\nafter_ack = ["voucher"]\n') as shop:
        page.open(page_url(shop.till))
        sell(page)
        page.shows("Gutschein für diesen Kunden bereit.", "#notices")
        page.picture(tmp_path / "ready.png")
        assert audit(page) == []
        shop.happen("paper_out")
        choose(page, "Drucken")
        page.shows("Gutschein wartet: Papier leer.", "#notices")
        page.picture(tmp_path / "waiting.png")
        shop.happen("refill")
        page.shows(HAND_OVER, "#notices", within_s=SLOW_S)
        page.keys(Keys.F8)
        page.hides(HAND_OVER, "#notices")
        assert len(shop.machine.pages) == 1

        shop.happen("cover_open")
        sell_again(page)
        choose(page, "Drucken")
        page.shows("Gutschein wartet: Deckel offen.", "#notices")
        choose(page, "Anderer Drucker")
        page.shows(HAND_OVER, "#notices")
        assert len(shop.machine.pages) == 1, "the other one has it"
        assert len(list((tmp_path / "till" / "prints").glob("*.png"))) == 1


def test_stall_doubt_and_silence_are_seen(page: Page, tmp_path: Path) -> None:
    with counter(tmp_path / "till") as shop:
        page.open(page_url(shop.till))
        shop.happen("paper_out", at_byte=20_000)
        sell(page)
        stalled = "Drucker hat angehalten: Papier leer, danach geht es weiter."
        page.shows(stalled, "#notices", within_s=SLOW_S)
        page.picture(tmp_path / "stalled.png")
        shop.happen("unplug")
        page.shows("Kam der Gutschein vollständig heraus?", "#notices", within_s=SLOW_S)
        page.picture(tmp_path / "unknown.png")
        assert [one.text for one in page.all("#notices button")][:2] == ["Ja", "Nein: Nachdruck"]
        shop.happen("replug")
        shop.happen("refill")
        choose(page, "Nein: Nachdruck")
        page.shows(HAND_OVER, "#notices", within_s=SLOW_S)
        page.keys(Keys.F8)
        page.hides(HAND_OVER, "#notices")

        shop.forget_level()
        sell_again(page)
        page.shows("Gutschein gesendet, Drucker meldet nichts zurück.", "#notices")
        page.picture(tmp_path / "assumed.png")
        page.keys(Keys.F8)
        page.hides("Gutschein gesendet", "#notices")


def test_held_voucher_and_low_roll_are_seen(page: Page, tmp_path: Path) -> None:
    with counter(tmp_path / "till") as shop:
        page.open(page_url(shop.till))
        sell(page)
        page.shows(HAND_OVER, "#notices")
        page.keys(Keys.F8)
        shop.happen("near_end")
        page.shows("Bonpapier geht zu Ende.", "#notices", within_s=SLOW_S)
        page.picture(tmp_path / "low.png")
        shop.happen("paper_out")
        sell_again(page)
        page.shows("Gutschein wartet: Papier leer.", "#notices")
        shop.clock.advance(seconds=901)
        held = "Gutschein nicht gedruckt. Er liegt im Kundenkonto bereit."
        page.shows(held, "#notices", within_s=SLOW_S)
        page.picture(tmp_path / "held.png")
        shop.happen("refill")
        choose(page, "Jetzt drucken")
        page.shows(HAND_OVER, "#notices", within_s=SLOW_S)


def test_slow_line_and_a_voucher_that_cannot_be_printed_are_seen(
    page: Page, tmp_path: Path
) -> None:
    machine = Machine(Knobs(rows_per_s=20_000))
    builder = page_shop(tmp_path / "till")
    with PtyFace(machine) as face:
        text = builder.config_path.read_text("utf-8").partition("[[printer]]")[0]
        text += f'[[printer]]\nname = "bon"\ntransport = "serial"\nport = "{face.path}"\n'
        # The slowest line that is taken; a terminal has no wire for hardware flow control.
        text += 'baud = 9600\nflow = "none"\n'
        builder.config_path.write_text(text, "utf-8")
        with served(builder) as till:
            page.open(page_url(till))
            # It stops in the middle, so that somebody can read what is said.
            machine.happen(Fault.parse("paper_out@2000"))
            sell(page)
            page.shows("Gutschein wird gedruckt (etwa ", "#notices", within_s=SLOW_S)
            said = page.text("#notices")
            found = re.search(r"Gutschein wird gedruckt \(etwa (\d+) s\)\.", said)
            assert found is not None, said
            with till.plugin._till.journal.reading() as journal:
                seconds = journal.execute("SELECT seconds FROM print_attempt").get
            assert int(found[1]) == seconds
            assert seconds > 0
            page.picture(tmp_path / "sending.png")
            assert audit(page) == []
            machine.happen(Fault.parse("refill"))
            page.shows("Gutschein gesendet", "#notices", within_s=SLOW_S)
            page.keys(Keys.F8)

            # Of a later version of this product, which was taken back since.
            later = {"schema": "stammkunde.document/9", "kind": "voucher", "blocks": []}
            job = NewPrintJob(uid="later", subject_uid="V1", document=json.dumps(later))
            with till.plugin._till.journal.transaction():
                till.plugin._till.journal.add_print_job(job, at=builder.clock.now())
            till.plugin.prints.wake()
            page.shows("Gutschein nicht druckbar.", "#notices", within_s=SLOW_S)
            page.shows("Der Code auf dem Bildschirm gilt.", "#notices")
            page.picture(tmp_path / "not-printable.png")
            assert [one.text for one in page.all("#notices button")] == ["Nochmals", "Stornieren"]
            assert audit(page) == []
            choose(page, "Stornieren")
            page.hides("Gutschein nicht druckbar.", "#notices")


def report(host: httpx.Client, job: str, result: str) -> None:
    """Report once the host was told to print; on a busy machine that comes after the answer."""

    def told() -> Any:
        return host.get(f"/v1/print-jobs/{job}").json().get("effect")

    until(told, within_s=60, what="the effect")
    body = {"attempt": told()["attempt"], "result": result}
    assert host.post(f"/v1/print-jobs/{job}/result", json=body).status_code == 200


def test_fault_of_the_host_and_a_paper_that_is_no_voucher_are_seen(
    page: Page, tmp_path: Path
) -> None:
    builder = page_shop(tmp_path / "till")
    text = builder.config_path.read_text("utf-8").partition("[[printer]]")[0]
    text += '[[printer]]\nname = "bon"\ntransport = "host"\n[approvals]\nenabled = true\n'
    builder.config_path.write_text(text, "utf-8")
    with served(builder) as till, till.client() as host:
        page.open(page_url(till))
        body = {
            "request_id": "A1",
            "customer": "K100",
            "lines": [{"line_id": "1", "sku": SHIRT, "quantity_milli": 1000}],
        }
        answer = host.post("/v1/approvals", json=body)
        assert answer.status_code == 200, answer.text
        job = print_effect(answer.json())["job"]
        page.shows("Auswahlbeleg wird gedruckt", "#notices")
        report(host, job, "failed")
        page.shows("Kasse meldet Druckfehler. Die Ware ist gebucht.", "#notices")
        page.picture(tmp_path / "failed.png")
        host.post(f"/v1/print-jobs/{job}/print")
        report(host, job, "printed")
        page.shows("Bitte den gedruckten Auswahlbeleg überreichen.", "#notices")
        page.picture(tmp_path / "slip.png")
        page.keys(Keys.F8)
        page.hides("Auswahlbeleg", "#notices")
        with till.plugin._till.journal.reading() as journal:
            kinds = journal.execute("SELECT kind FROM event WHERE kind LIKE '%handed_over'")
            assert kinds.fetchall() == [("print_handed_over",)]
