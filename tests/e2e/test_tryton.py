"""A foreign host: Tryton's point of sale with the module of ``examples/tryton``.

Tryton and the till are processes of their own. Prices include German VAT at 19 % and 7 %; everybody
gets 20 % off, members of class C 30 % off, and the first sale of a member gives a voucher.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import threading
from contextlib import closing, contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import apsw
import httpx
import pytest
from processes import Running, free_port
from till_builder import TillBuilder, card_number, points, unit_discount, voucher_promotion
from tryton_shop import RemoteCalls, TrytonProcess, TrytonShop, need_tryton

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.tryton]

CARD = card_number(100)
TROUSERS_AND_BOOKS = [["4711", 2], ["4712", 3]]  # 79.99 at 19 %, 19.90 at 7 %
LIST_TOTAL, LIST_TAX = "219.68", {"19": "25.54", "7": "3.91"}
# Two pairs of trousers 159.98 - 47.99, three books 59.70 - 17.91.
MEMBER_TOTAL, MEMBER_TAX = "153.78", {"19": "17.88", "7": "2.73"}
# A shared machine stalls; what the budgets of a real shop are worth, the tests of a dead and of a
# hanging till say.
PATIENT_MS = 20_000
# More than a budget of 300 ms or 2 s and the work of Tryton itself take on a stalling machine.
SOON_S = 8


class ServedTill:
    """A till with its data, and ``stammkunde serve`` as a process that can die and hang."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.starts = 0
        self.process: Running | None = None
        builder = TillBuilder(folder / "till", printer=True)
        member = {"when": [{"type": "in_segment", "any_of": ["abc:C"]}]}
        builder.rules(
            unit_discount("ALLE20", 2000),
            unit_discount("STAMM30", 3000, **member),
            voucher_promotion(),
            points(),
        )
        builder.program()
        builder.voucher_type()
        builder.trigger()
        builder.customer("K100", card=CARD, segments=["abc:C"])
        self.data_dir = builder.data_dir
        self.config = builder.config_path

    def start(self) -> None:
        self.starts += 1
        log = self.folder / f"serve-{self.starts}.log"
        self.process = Running(log, "serve", "--config", self.config, "--port", self.port)
        self.process.says("Its token")

    def signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        os.kill(self.process._process.pid, number)

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()

    def token(self) -> str:
        return (self.data_dir / "api.token").read_text().strip()

    def answer(self, sale: int) -> dict[str, Any]:
        """What the till says of a sale."""
        return self._ask("GET", f"/v1/sales/tryton-{sale}")

    def book(self, sale: int, *, total_minor: int) -> None:
        """Complete a sale of one line in other words than the module has."""
        line = {"line_id": "1", "sku": "4711", "quantity_milli": 1000}
        line["unit_price_minor"] = total_minor
        snapshot = {"at": "2026-03-07T12:00:00+01:00", "lines": [line]}
        body = {"total_minor": total_minor, "late": True, "sale": snapshot}
        receipt = self._ask("POST", f"/v1/sales/tryton-{sale}/complete", body)
        assert receipt["total_minor"] == total_minor

    def _ask(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        address = f"http://127.0.0.1:{self.port}{path}"
        headers = {"Authorization": f"Bearer {self.token()}"}
        with httpx.Client(headers=headers, trust_env=False, timeout=30) as client:
            answer = client.request(method, address, json=body)
        assert answer.status_code == httpx.codes.OK, answer.text
        value: dict[str, Any] = answer.json()
        return value

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What a query of the journal finds."""
        path = self.data_dir / "journal.db"
        with closing(apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)) as journal:
            return journal.execute(sql).fetchall()

    def receipts(self) -> list[tuple[Any, ...]]:
        """Sale, total, discount and whether it came late, of every receipt."""
        return self.rows("SELECT sale_id, total_minor, discount_minor, late FROM receipt")

    def paid_by_rate(self) -> dict[int, int]:
        sql = "SELECT vat_rate_bp, sum(paid_minor) FROM receipt_line GROUP BY vat_rate_bp"
        return dict(self.rows(sql))

    def points(self) -> int:
        return int(self.rows("SELECT coalesce(sum(delta), 0) FROM ledger_entry")[0][0])

    def promotions_used(self) -> list[str]:
        return [one for (one,) in self.rows("SELECT DISTINCT promotion FROM promotion_result")]


@pytest.fixture(scope="module")
def shop(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[TrytonShop]:
    need_tryton()
    cache = request.config.cache
    assert cache is not None
    return TrytonShop(tmp_path_factory.mktemp("tryton"), kept=cache.mkdir("tryton"))


@pytest.fixture(scope="module")
def counter(shop: TrytonShop) -> Iterator[TrytonProcess]:
    """Tryton with two articles at its point of sale."""
    with closing(shop.run("tryton_process.py")) as process:
        process("article", sku="4711", price="79.99", vat="19")
        process("article", sku="4712", price="19.90", vat="7")
        yield process


@pytest.fixture
def till(tmp_path: Path, counter: TrytonProcess) -> Iterator[ServedTill]:
    """A till that runs, known to the point of sale; with the budgets of a real shop."""
    served = ServedTill(tmp_path)
    served.start()
    token_file = str(served.data_dir / "api.token")
    counter("till", port=served.port, token_file=token_file, evaluate_ms=300, complete_ms=2000)
    try:
        yield served
    finally:
        served.kill()
        counter("till", port=None)


@pytest.fixture
def patient_till(till: ServedTill, counter: TrytonProcess) -> ServedTill:
    counter("till", evaluate_ms=PATIENT_MS, complete_ms=PATIENT_MS)
    return till


def taxes(sale: dict[str, Any]) -> dict[str, str]:
    return {rate: one["tax"] for rate, one in sale["booked"].items()}


def gross(sale: dict[str, Any]) -> dict[int, int]:
    """What Tryton booked with tax, in cents by rate in basis points."""
    return {
        int(rate) * 100: int((Decimal(one["base"]) + Decimal(one["tax"])) * 100)
        for rate, one in sale["booked"].items()
    }


def test_sale_is_posted_with_discounts_and_right_taxes(
    counter: TrytonProcess, patient_till: ServedTill
) -> None:
    opened = counter("open", card=CARD, lines=TROUSERS_AND_BOOKS)
    assert opened["stammkunde"] == "evaluated", opened["remarks"]
    assert opened["remembered"] is True
    assert opened["total"] == MEMBER_TOTAL
    assert opened["lines"] == [["111.99", "30 % auf alles"], ["41.79", "30 % auf alles"]]
    paid = counter("pay", sale=opened["sale"])
    assert (paid["state"], paid["total"]) == ("done", MEMBER_TOTAL)
    assert patient_till.receipts() == []
    posted = counter("post", sale=opened["sale"])
    assert (posted["state"], posted["total"]) == ("posted", MEMBER_TOTAL)
    assert posted["stammkunde"] == "handed_in", posted["remarks"]
    assert taxes(posted) == MEMBER_TAX
    assert patient_till.receipts() == [(f"tryton-{opened['sale']}", 15378, 6590, 0)]
    assert patient_till.paid_by_rate() == gross(posted) == {1900: 11199, 700: 4179}
    assert patient_till.points() == 153
    assert patient_till.promotions_used() == ["STAMM30"]
    assert posted["remembered"] is False


@pytest.mark.usefixtures("patient_till")
def test_stranger_gets_what_everybody_gets(counter: TrytonProcess) -> None:
    opened = counter("open", card="", lines=TROUSERS_AND_BOOKS)
    assert opened["total"] == "175.74"


def test_point_without_a_till_sells_at_list_price(counter: TrytonProcess, till: ServedTill) -> None:
    """Negative control: the discounts came from the till and nowhere else."""
    counter("till", port=None)
    posted = sell(counter, card=CARD)
    assert (posted["total"], taxes(posted)) == (LIST_TOTAL, LIST_TAX)
    assert posted["stammkunde"] is None
    assert till.receipts() == []


def test_changed_basket_is_asked_again(counter: TrytonProcess, patient_till: ServedTill) -> None:
    sale = counter("open", card=CARD, lines=TROUSERS_AND_BOOKS)["sale"]
    changed = counter("change", sale=sale, line=0, quantity=3)
    assert changed["lines"][0] == ["167.98", "30 % auf alles"]  # 239.97 - 71.99
    posted = finish(counter, sale)
    assert [one[1:] for one in patient_till.receipts()] == [(20977, 8990, 0)]
    assert patient_till.paid_by_rate() == gross(posted)


def test_line_changed_behind_its_sale_is_booked_as_charged(
    counter: TrytonProcess, patient_till: ServedTill
) -> None:
    sale = counter("open", card=CARD, lines=TROUSERS_AND_BOOKS)["sale"]
    paid = counter("pay_unasked", sale=sale, line=0, quantity=3)
    assert (paid["state"], paid["total"]) == ("done", "209.77")
    posted = counter("post", sale=sale)
    assert posted["stammkunde"] == "handed_in", posted["remarks"]
    assert patient_till.receipts() == [(f"tryton-{sale}", 20977, 8990, 1)]
    assert patient_till.promotions_used() == []
    assert patient_till.paid_by_rate() == gross(posted)


def test_sale_completes_at_list_price_when_the_till_is_killed(
    counter: TrytonProcess, till: ServedTill
) -> None:
    till.kill()
    opened = counter("open", card=CARD, lines=TROUSERS_AND_BOOKS)
    assert opened["took_s"] < SOON_S
    assert opened["stammkunde"] == "list_price"
    posted = finish(counter, opened["sale"])
    assert_sold_at_list_price(posted)
    counter("cron")
    assert counter("look", sale=posted["sale"])["stammkunde"] == "to_hand_in"
    till.start()
    assert till.receipts() == []
    assert_handed_in_late(counter, till, posted["sale"])


def test_sale_completes_at_list_price_when_the_till_hangs(
    counter: TrytonProcess, till: ServedTill
) -> None:
    till.signal(signal.SIGSTOP)
    opened = counter("open", card=CARD, lines=TROUSERS_AND_BOOKS)
    assert opened["took_s"] < SOON_S
    posted = finish(counter, opened["sale"])
    assert_sold_at_list_price(posted)
    # What it was asked while it hung, it still answers: to nobody, and without booking twice.
    till.signal(signal.SIGCONT)
    assert_handed_in_late(counter, till, posted["sale"])


def test_patient_host_waits_for_a_hanging_till(counter: TrytonProcess, till: ServedTill) -> None:
    """Negative control: it is the budget that lets the cashier go on."""
    counter("till", evaluate_ms=SOON_S * 1000)
    till.signal(signal.SIGSTOP)
    opened = counter("open", card=CARD, lines=TROUSERS_AND_BOOKS)
    assert opened["took_s"] >= SOON_S
    assert opened["stammkunde"] == "list_price"


def test_receipt_the_till_has_already_is_not_handed_in_twice(
    counter: TrytonProcess, patient_till: ServedTill
) -> None:
    """As when an answer got lost and a newer version of the module says a thing differently."""
    patient_till.kill()
    known, foreign = (sell(counter, card="")["sale"] for _ in range(2))
    patient_till.start()
    patient_till.book(known, total_minor=21968)
    patient_till.book(foreign, total_minor=1000)
    counter("cron")
    assert counter("look", sale=known)["stammkunde"] == "handed_in"
    # Negative control: a receipt of another amount is not ours.
    refused = counter("look", sale=foreign)
    assert refused["stammkunde"] == "refused"
    assert refused["remarks"]
    assert [one[1] for one in patient_till.receipts()] == [21968, 1000]


@pytest.mark.usefixtures("till")
def test_till_that_dribbles_costs_the_budget_and_no_more(counter: TrytonProcess) -> None:
    with dribbling() as port:
        counter("till", port=port)
        opened = counter("open", card=CARD, lines=TROUSERS_AND_BOOKS)
    assert opened["took_s"] < SOON_S
    assert (opened["stammkunde"], opened["total"]) == ("list_price", LIST_TOTAL)


def test_price_that_was_shown_stands_when_the_till_dies(
    counter: TrytonProcess, patient_till: ServedTill
) -> None:
    sale = counter("open", card=CARD, lines=TROUSERS_AND_BOOKS)["sale"]
    patient_till.kill()
    posted = finish(counter, sale)
    assert (posted["total"], posted["stammkunde"]) == (MEMBER_TOTAL, "to_hand_in")
    patient_till.start()
    counter("cron")
    counter("cron")
    assert counter("look", sale=sale)["stammkunde"] == "handed_in"
    assert patient_till.receipts() == [(f"tryton-{sale}", 15378, 6590, 0)]
    assert patient_till.promotions_used() == ["STAMM30"]


def test_voucher_of_a_late_sale_is_not_used_up(
    counter: TrytonProcess, patient_till: ServedTill
) -> None:
    first = finish(counter, counter("open", card=CARD, lines=[["4711", 1]])["sale"])
    (voucher,) = patient_till.rows("SELECT id, state FROM voucher")
    code = voucher_code(patient_till, first["sale"])
    patient_till.kill()
    late = finish(counter, counter("open", card=CARD, lines=[["4711", 1]], codes=code)["sale"])
    assert late["total"] == "79.99"
    patient_till.start()
    counter("cron")
    assert counter("look", sale=late["sale"])["stammkunde"] == "handed_in"
    assert voucher in patient_till.rows("SELECT id, state FROM voucher WHERE state = 'issued'")
    # Negative control: where the till is there, the same voucher is worth 5.00 and is used up.
    used = finish(counter, counter("open", card=CARD, lines=[["4711", 1]], codes=code)["sale"])
    assert used["total"] == "50.99"
    states = dict(patient_till.rows("SELECT id, state FROM voucher"))
    assert states[voucher[0]] == "redeemed"


def test_remote_client_sells_with_discounts(
    shop: TrytonShop, counter: TrytonProcess, patient_till: ServedTill
) -> None:
    known = counter("ids")
    with shop.server() as address:
        call = RemoteCalls(address)
        context = call("model.res.user.get_preferences", True, {})
        line = {
            "product": known["products"]["4711"],
            "quantity": 1.0,
            "unit_gross_price": decimal("79.99"),
            "unit_list_price": decimal("67.2185"),
        }
        sale = {"point": known["point"], "stammkunde_card": CARD, "lines": [["create", [line]]]}
        (created,) = call("model.sale.point.sale.create", [sale], context)
        (read,) = call("model.sale.point.sale.read", [created], ["total"], context)
        assert read["total"]["decimal"] == "55.99"
        payment = {"sale": created, "method": known["cash"], "amount": decimal("55.99")}
        call("model.sale.point.payment.create", [payment], context)
        call("model.sale.point.sale.process", [created], context)
        call("model.sale.point.sale.post", [created], context)
    assert patient_till.receipts() == [(f"tryton-{created}", 5599, 2400, 0)]


def decimal(text: str) -> dict[str, str]:
    return {"__class__": "Decimal", "decimal": text}


def sell(counter: TrytonProcess, card: str) -> dict[str, Any]:
    return finish(counter, counter("open", card=card, lines=TROUSERS_AND_BOOKS)["sale"])


def finish(counter: TrytonProcess, sale: int) -> dict[str, Any]:
    counter("pay", sale=sale)
    return counter("post", sale=sale)


def voucher_code(till: ServedTill, sale: int) -> str:
    (issued,) = [
        one for one in till.answer(sale)["receipt"]["effects"] if one["kind"] == "issue_voucher"
    ]
    return str(issued["code"])


def assert_sold_at_list_price(posted: dict[str, Any]) -> None:
    assert (posted["state"], posted["total"]) == ("posted", LIST_TOTAL)
    assert taxes(posted) == LIST_TAX
    assert posted["stammkunde"] == "to_hand_in"
    assert posted["took_s"] < SOON_S


def assert_handed_in_late(counter: TrytonProcess, till: ServedTill, sale: int) -> None:
    """One receipt, as charged, with points and without promotions; handing in again adds none."""
    counter("till", evaluate_ms=PATIENT_MS, complete_ms=PATIENT_MS)
    counter("cron")
    counter("cron")
    looked = counter("look", sale=sale)
    assert looked["stammkunde"] == "handed_in", looked["remarks"]
    assert till.receipts() == [(f"tryton-{sale}", 21968, 0, 1)]
    assert till.points() == 219
    assert till.promotions_used() == []


@contextmanager
def dribbling() -> Iterator[int]:
    """A server that sends a byte of its answer whenever somebody might give up; yields its port."""
    ended = threading.Event()

    def serve(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            # Bounded: a client without a deadline would wait for half a minute.
            for byte in json.dumps({"kind": "card"}).encode() * 20:
                if ended.wait(0.1):
                    return
                try:
                    connection.sendall(bytes([byte]))
                except OSError:
                    return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        try:
            yield int(listener.getsockname()[1])
        finally:
            ended.set()
            thread.join(timeout=10)
