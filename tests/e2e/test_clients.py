"""The client of every language: a sale through a real till, and at list price without one.

Each is built from ``examples/clients`` as a till developer builds it, into a temporary folder, and
its example is run as a process of its own. What it waited and kept is what it says of itself: no
test here looks at a clock.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from hostile_server import HostileServer, http
from house import ROOT
from processes import free_port
from programs import need
from served_till import served
from till_builder import TillBuilder, points, unit_discount, voucher_promotion

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from served_till import Served

CLIENTS = ROOT / "examples" / "clients"
CARD = "2900001000017"
PATIENT = "20000,20000,20000"  # a machine under load is not what these tests are about
SHORT = "100,300,400"
MARGIN_MS = 50


# --- languages -----------------------------------------------------------------------------------


def python(_folder: Path) -> list[str]:
    return [sys.executable, "-X", "dev", "-W", "error", str(CLIENTS / "python" / "sell.py")]


def node(_folder: Path) -> list[str]:
    (program,) = need("node")
    return [program, str(CLIENTS / "javascript" / "sell.mjs")]


def java(folder: Path) -> list[str]:
    javac, program = need("javac", "java")
    build(javac, "-Xlint:all", "-Werror", "-d", str(folder), *files("java", "*.java"))
    return [program, "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-cp", str(folder), "Sell"]


def csharp(folder: Path) -> list[str]:
    mcs, mono = need("mcs", "mono")
    program = folder / "sell.exe"
    build(
        mcs, "-warnaserror", f"-out:{program}", "-r:System.Net.Http.dll", *files("csharp", "*.cs")
    )
    return [mono, str(program)]


def pascal(folder: Path) -> list[str]:
    (fpc,) = need("fpc")
    program = folder / "sell"
    source = CLIENTS / "pascal" / "sell.pas"
    build(fpc, "-O1", "-vew", "-Sew", f"-FU{folder}", f"-o{program}", str(source))
    return [str(program)]


def files(language: str, pattern: str) -> list[str]:
    return sorted(str(path) for path in (CLIENTS / language).glob(pattern))


def build(*command: str) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


LANGUAGES = [
    pytest.param(python, id="python"),
    pytest.param(node, id="javascript", marks=pytest.mark.node),
    pytest.param(java, id="java", marks=pytest.mark.jdk),
    pytest.param(csharp, id="csharp", marks=pytest.mark.mono),
    pytest.param(pascal, id="pascal", marks=pytest.mark.fpc),
]


@dataclass(frozen=True)
class Client:
    """The example of one language, ready to run."""

    command: list[str]

    def sell(
        self,
        url: str,
        token: str,
        folder: Path,
        *codes: str,
        sale: str,
        budgets: str | None = PATIENT,
        ends_with: int = 0,
    ) -> str:
        """Sell a pair of trousers to the holder of the card; return what the example prints.

        Args:
            url: of the till.
            token: of the till.
            folder: of the late receipts.
            codes: what is scanned instead.
            sale: its id.
            budgets: ``scan,evaluate,complete`` in milliseconds; None: the example's own.
            ends_with: the exit code it must end with.
        """
        env = {name: value for name, value in os.environ.items() if "STAMMKUNDE" not in name}
        env |= {"STAMMKUNDE_SALE": sale, "STAMMKUNDE_LATE": str(folder / "late_receipts.jsonl")}
        if budgets is not None:
            env["STAMMKUNDE_BUDGETS_MS"] = budgets
        done = subprocess.run(
            [*self.command, url, token, *(codes or (CARD, "10001"))],
            check=False,
            capture_output=True,
            text=True,
            timeout=120,
            cwd=folder,
            env=env,
        )
        assert done.returncode == ends_with, done.stdout + done.stderr
        assert done.stderr == ""
        return done.stdout


@pytest.fixture(scope="module", params=LANGUAGES)
def client(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Client:
    prepare: Callable[[Path], list[str]] = request.param
    return Client(prepare(tmp_path_factory.mktemp("client")))


# --- the till ------------------------------------------------------------------------------------


def shop(folder: Path) -> TillBuilder:
    till = TillBuilder(folder / "till", printer=True)
    till.rules(unit_discount("ALLES20", 2000), voucher_promotion(), points())
    till.article("10001", 7999)
    till.program()
    till.voucher_type()
    till.trigger()
    till.customer("K100", card=CARD, segments=["abc:C"])
    return till


def receipts(till: TillBuilder) -> list[tuple[str, str | None, int]]:
    """Sale id, customer and amount of every receipt; of a journal that nobody has open."""
    with closing(sqlite3.connect(till.data_dir / "journal.db")) as journal:
        return journal.execute(
            "SELECT sale_id, customer, total_minor FROM receipt ORDER BY seq"
        ).fetchall()


def kept(folder: Path) -> list[str]:
    """Sale ids in the file of late receipts."""
    text = (folder / "late_receipts.jsonl").read_text(encoding="utf-8")
    return [json.loads(line)["sale_id"] for line in text.splitlines()]


def voucher_jobs(till: TillBuilder) -> set[str]:
    """Every print job of a journal that nobody has open."""
    with closing(sqlite3.connect(till.data_dir / "journal.db")) as journal:
        return {uid for (uid,) in journal.execute("SELECT uid FROM print_job")}


# --- the way through -----------------------------------------------------------------------------


def test_a_sale_goes_through_and_its_voucher_is_printed_again(
    client: Client, tmp_path: Path
) -> None:
    till = shop(tmp_path)
    with served(till) as running:
        said = client.sell(running.url, running.token, tmp_path, sale="one")
        # Negative control: what was completed is not sold a second time.
        again = client.sell(running.url, running.token, tmp_path, sale="one")
    assert "health: ready\n" in said
    assert f"scan {CARD}: card\n" in said
    assert "scan 10001: article\n" in said
    assert "evaluate: 6399 cents\n" in said
    assert "complete: 6399 cents\n" in said
    assert "answer: completed\n" in said
    assert "waiting: 0\n" in said
    first, copy = re.findall(r"^(?:voucher|reprint): job (\S+)", said, re.MULTILINE)
    assert {first, copy} == voucher_jobs(till)
    assert first != copy
    assert "evaluate: conflict, begin a new sale\n" in again
    assert receipts(till) == [("one", "K100", 6399)]


def test_any_article_of_the_till_is_sold_at_the_price_of_the_till(
    client: Client, tmp_path: Path
) -> None:
    till = shop(tmp_path)
    till.article("20002", 1250)
    # The answer counts, not what the example has for a late scan: that would be 1999.
    till.article("10041", 2500)
    with served(till) as running:
        said = client.sell(
            running.url, running.token, tmp_path, "20002", "10041", "99999", sale="one"
        )
    assert "scan 20002: article\n" in said
    assert "scan 10041: article\n" in said
    assert "scan 99999: code_unknown, skipped\n" in said
    # A fifth off: 1000 and 2000.
    assert "complete: 3000 cents\n" in said
    assert receipts(till) == [("one", None, 3000)]


def test_line_has_all_facts_of_the_answer_but_the_name(client: Client, tmp_path: Path) -> None:
    till = shop(tmp_path)
    facts = {
        "brand": "Größe & Söhne",
        "season": None,
        "categories": ["hosen", "damen"],
        "tags": ["neu"],
        "markdown": True,
        "vat_rate_bp": 700,
        "discountable": False,
    }
    till.article("20002", 1250, **facts)
    with served(till) as running, relayed(running, loses=True, answers=False) as url:
        said = client.sell(
            url, running.token, tmp_path, "20002", sale="one", budgets="20000,20000,400"
        )
        with running.client() as asked:
            found = asked.post("/v1/scan", json={"code": "20002"}).json()
    # What was sent can be read in the file, as its completion was lost.
    assert "complete: 1250 cents, late, kept for later " in said
    entry = json.loads((tmp_path / "late_receipts.jsonl").read_text(encoding="utf-8"))
    sold = {"line_id": "1", "quantity_milli": 1000, "sku": "20002", "unit_price_minor": 1250}
    assert entry["sale"]["lines"] == [sold | facts]
    assert found["line"].keys() - entry["sale"]["lines"][0].keys() == {"name"}


def test_empty_basket_books_nothing_and_says_so(client: Client, tmp_path: Path) -> None:
    till = shop(tmp_path)
    with served(till) as running:
        said = client.sell(
            running.url, running.token, tmp_path, CARD, "99999", sale="one", ends_with=1
        )
        # Negative control: with an article behind it, the same codes are a sale.
        full = client.sell(running.url, running.token, tmp_path, CARD, "99999", "10001", sale="two")
    assert f"scan {CARD}: card\n" in said
    assert "scan 99999: code_unknown, skipped\n" in said
    assert "sale: nothing in the basket, not completed\n" in said
    assert "waiting: 0\n" in said
    assert not re.search(r"^(evaluate|complete)", said, re.MULTILINE)
    assert "complete: 6399 cents\n" in full
    assert receipts(till) == [("two", "K100", 6399)]


def test_connection_is_kept_and_no_packet_waits(client: Client, tmp_path: Path) -> None:
    with served(shop(tmp_path)) as running:

        def requests_and_waits(number: int) -> tuple[int, int]:
            said = client.sell(running.url, running.token, tmp_path, sale=f"sale-{number}")
            seen = re.search(r"connection: (\d+) requests, (\d+) waited\n", said)
            assert seen, said
            return int(seen[1]), int(seen[2])

        # On a busy machine one packet may be late by chance, but not in each of five sales.
        assert any(
            requests >= 3 and waited <= 1 for requests, waited in map(requests_and_waits, range(5))
        )


# --- no service ----------------------------------------------------------------------------------


def silence() -> Iterator[bytes]:
    while True:
        yield b""


def trickle() -> Iterator[bytes]:
    """An answer that always goes on: no wait for the next byte is ever long."""
    yield from (bytes([byte]) for byte in b"HTTP/1.1 200 OK\r\ncontent-length: 99999\r\n\r\n")
    while True:
        yield b" "


def status_503() -> Iterable[bytes]:
    return [http("503 Service Unavailable", b'{"code": "plugin_fault"}')]


def web_page() -> Iterable[bytes]:
    return [http("200 OK", b"<html>Welcome to the router</html>")]


def other_service() -> Iterable[bytes]:
    return [http("200 OK", b'{"status": "ok"}')]


def no_http() -> Iterable[bytes]:
    return [b"\x00\xff hello\r\n\r\n"]


def assert_sold_at_list_price(said: str, folder: Path, reason: str) -> None:
    """The example says that it asked, why that was in vain, and what became of the receipt."""
    for code, then in ((CARD, "read later"), ("10001", "own price")):
        scanned = rf"^scan {code}: late \({reason}.*\), {then}$"
        assert re.search(scanned, said, re.MULTILINE), said
    late = rf"^evaluate: 7999 cents, late at list price \({reason}"
    assert re.search(late, said, re.MULTILINE), said
    kept_late = rf"^complete: 7999 cents, late, kept for later \({reason}"
    assert re.search(kept_late, said, re.MULTILINE), said
    assert "waiting: 1\n" in said
    assert kept(folder) == ["one"]


@pytest.mark.parametrize("answer", [silence, trickle], ids=["silence", "trickle"])
def test_slow_service_costs_its_budget_and_no_more(
    client: Client, tmp_path: Path, answer: Callable[[], Iterable[bytes]]
) -> None:
    with HostileServer(answer, pause_s=0.02) as server:
        said = client.sell(server.url, "t", tmp_path, sale="one", budgets=SHORT)
    assert_sold_at_list_price(said, tmp_path, "no answer within ")
    # That it comes to an end at all shows that it does not wait: these answers never end.
    budgets = re.findall(r"no answer within (\d+) ms; waited (\d+) of (\d+) ms", said)
    asked = [ms + MARGIN_MS for ms in (100, 100, 300, 400)]
    assert [int(budget) for budget, _, _ in budgets] == asked
    # Clocks of the languages tick in steps of up to 16 ms.
    assert all(int(waited) >= int(budget) - MARGIN_MS for _, waited, budget in budgets)


@pytest.mark.parametrize("answer", [status_503, web_page, other_service, no_http])
def test_useless_answer_is_list_price(
    client: Client, tmp_path: Path, answer: Callable[[], Iterable[bytes]]
) -> None:
    with HostileServer(answer) as server:
        said = client.sell(server.url, "t", tmp_path, sale="one")
    reason = "status 503 plugin_fault" if answer is status_503 else "no good answer: "
    assert_sold_at_list_price(said, tmp_path, reason)


def test_without_service_only_what_the_till_has_a_price_for_is_sold(
    client: Client, tmp_path: Path
) -> None:
    dead = f"http://127.0.0.1:{free_port()}"
    said = client.sell(dead, "t", tmp_path, "20002", "10041", sale="one")
    unpriced = client.sell(dead, "t", tmp_path, CARD, "20002", sale="two", ends_with=1)
    for printed in (said, unpriced):
        assert re.search(r"^scan 20002: late \(.*\), skipped$", printed, re.MULTILINE), printed
    assert "complete: 1999 cents, late, kept for later " in said
    assert "sale: nothing in the basket, not completed\n" in unpriced
    assert kept(tmp_path) == ["one"]


def test_sale_without_service_is_handed_in_once(client: Client, tmp_path: Path) -> None:
    queue = tmp_path / "late_receipts.jsonl"
    dead = f"http://127.0.0.1:{free_port()}"
    said = client.sell(dead, "t", tmp_path, sale="one", budgets=None)
    # Refused at once, unless the machine is too busy for that.
    assert_sold_at_list_price(said, tmp_path, "no (?:good )?answer")
    # What is used when nobody says otherwise: the plugin's own budgets and a margin.
    assert re.findall(r"of (\d+) ms\)", said) == ["150", "150", "350", "2050"]
    waiting = queue.read_bytes()

    till = shop(tmp_path)
    with served(till) as running:
        later = client.sell(running.url, running.token, tmp_path, sale="two")
        # As after a crash between the answer and the file: it is sent again.
        queue.write_bytes(waiting)
        repeated = client.sell(running.url, running.token, tmp_path, sale="three")
    assert "handed in: 1\n" in later
    assert "waiting: 0\n" in later
    assert "handed in: 1\n" in repeated
    assert kept(tmp_path) == []
    # Its card was read with it; other sale ids are other receipts.
    sold = receipts(till)
    assert sold == [("one", "K100", 7999), ("two", "K100", 6399), ("three", "K100", 6399)]
    assert not list(tmp_path.glob("*.refused"))


class Relay(ThreadingHTTPServer):
    """Passes requests on to a till, with its failings.

    Args:
        till: who is asked.
        loses: whether completions never reach the till.
        answers: whether completions are answered.
        delay_s: how long a basket lies about.
    """

    daemon_threads = True

    def __init__(
        self, till: Served, *, loses: bool = False, answers: bool = True, delay_s: float = 0.0
    ) -> None:
        super().__init__(("127.0.0.1", 0), RelayedCall)
        self.till = till
        self.loses = loses
        self.answers = answers
        self.delay_s = delay_s
        self.ended = threading.Event()

    def handle_error(self, *_connection: object) -> None:
        """A client that hangs up is what this is for."""


class RelayedCall(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Relay

    def handle_call(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        is_completion = self.path.endswith("/complete")
        if self.command == "PUT":
            self.server.ended.wait(self.server.delay_s)
        if not (self.server.loses and is_completion):
            with self.server.till.client() as client:
                answer = client.request(self.command, self.path, content=body)
        if is_completion and not self.server.answers:
            self.server.ended.wait(30)
            self.close_connection = True
            return
        self.send_response(answer.status_code)
        self.send_header("content-length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)

    do_GET = do_POST = do_PUT = handle_call  # noqa: N815 - the names http.server looks for

    def log_message(self, *_words: object) -> None:
        """No log."""


@contextmanager
def relayed(till: Served, **failings: Any) -> Iterator[str]:
    with Relay(till, **failings) as relay:
        thread = threading.Thread(target=relay.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{relay.server_port}"
        finally:
            relay.ended.set()
            relay.shutdown()
            thread.join()


def test_same_slow_till_is_in_time_for_who_waits_longer(client: Client, tmp_path: Path) -> None:
    with served(shop(tmp_path)) as running, relayed(running, delay_s=0.6) as url:
        in_haste = client.sell(url, running.token, tmp_path, sale="one", budgets=SHORT)
        patient = client.sell(url, running.token, tmp_path, sale="two")
    assert "evaluate: 7999 cents, late at list price (no answer within 350 ms;" in in_haste
    assert "evaluate: 6399 cents\n" in patient


@pytest.mark.parametrize("booked", [True, False], ids=["booked", "lost"])
def test_completion_without_answer_is_handed_in_as_it_was_evaluated(
    client: Client, tmp_path: Path, *, booked: bool
) -> None:
    till = shop(tmp_path)
    with served(till) as running, relayed(running, loses=not booked, answers=False) as url:
        said = client.sell(url, running.token, tmp_path, sale="one", budgets="20000,20000,400")
    assert "evaluate: 6399 cents\n" in said
    assert "complete: 6399 cents, late, kept for later (no answer within 450 ms;" in said
    assert kept(tmp_path) == ["one"]
    assert receipts(till) == ([("one", "K100", 6399)] if booked else [])

    # Another process: it has never heard of the sale, or has it in its journal.
    with served(till) as running:
        later = client.sell(running.url, running.token, tmp_path, sale="two")
    assert "handed in: 1\n" in later
    assert kept(tmp_path) == []
    assert receipts(till) == [("one", "K100", 6399), ("two", "K100", 6399)]


BROWSER = """
    import { StammkundeTill, inStorage } from %(module)s;
    const kept = new Map();
    const storage = {
      getItem: (name) => kept.get(name) ?? null,
      setItem: (name, text) => kept.set(name, String(text)),
    };
    const lateReceipts = inStorage(storage);
    const sale = {
      sale_id: "one",
      at: "2026-03-07T12:00:00+01:00",
      lines: [
        { line_id: "1", sku: "10001", quantity_milli: 1000, unit_price_minor: 7999,
          host_discount_minor: 100 },
        { line_id: "2", sku: "10001", quantity_milli: -1500, unit_price_minor: 333 },
      ],
    };
    const dead = new StammkundeTill({ url: %(dead)s, token: "t", lateReceipts });
    const { total_minor } = await dead.evaluate(sale);
    const { kept: isKept } = await dead.complete(sale, { total_minor });
    const till = new StammkundeTill({
      url: %(url)s,
      token: %(token)s,
      lateReceipts,
      budgetsMs: { scan: 20000, evaluate: 20000, complete: 20000 },
    });
    const waited = till.waiting();
    const booked = await till.handIn();
    const left = till.waiting();
    console.log(JSON.stringify({ total_minor, isKept, waited, booked, left }));
"""


@pytest.mark.node
def test_late_receipts_wait_in_the_storage_of_a_browser(tmp_path: Path) -> None:
    (program,) = need("node")
    till = shop(tmp_path)
    with served(till) as running:
        module = (CLIENTS / "javascript" / "stammkunde_till.mjs").as_uri()
        facts = {
            "module": module,
            "dead": f"http://127.0.0.1:{free_port()}",
            "url": running.url,
            "token": running.token,
        }
        script = BROWSER % {name: json.dumps(fact) for name, fact in facts.items()}
        done = subprocess.run(
            [program, "--input-type=module", "-e", script],
            check=False,
            capture_output=True,
            text=True,
            timeout=120,
        )
    assert done.returncode == 0, done.stderr
    # 7999 - 100 - 500: half a cent goes away from zero, as in the plugin.
    assert json.loads(done.stdout) == {
        "total_minor": 7399,
        "isKept": True,
        "waited": 1,
        "booked": 1,
        "left": 0,
    }
    assert receipts(till) == [("one", None, 7399)]
    with closing(sqlite3.connect(till.data_dir / "journal.db")) as journal:
        ((by_the_plugin_minor,),) = journal.execute("SELECT evaluated_total_minor FROM receipt")
    assert by_the_plugin_minor == 7399


def test_receipt_that_the_till_refuses_is_put_aside_for_a_person(
    client: Client, tmp_path: Path
) -> None:
    dead = f"http://127.0.0.1:{free_port()}"
    client.sell(dead, "t", tmp_path, sale="one")
    queue = tmp_path / "late_receipts.jsonl"
    entry = json.loads(queue.read_text(encoding="utf-8"))
    entry["completion"]["no_such_field"] = 1
    queue.write_text(json.dumps(entry) + "\n", encoding="utf-8")

    till = shop(tmp_path)
    with served(till) as running:
        said = client.sell(running.url, running.token, tmp_path, sale="two")
    assert "handed in: 0\n" in said
    assert "waiting: 0\n" in said
    (aside,) = tmp_path.glob("*.refused")
    refused = json.loads(aside.read_text(encoding="utf-8"))
    assert refused["sale_id"] == "one"
    assert "unknown_field" in refused["problem"]["why"]
    assert receipts(till) == [("two", "K100", 6399)]
