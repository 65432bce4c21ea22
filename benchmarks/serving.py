"""A till with 1 000 promotions and 100 000 customers, asked in process and over real sockets.

serving.py build FOLDER            fill a data folder
serving.py inside FOLDER           microseconds of scan and evaluation in process
serving.py asked URL TOKEN PID   the same over HTTP, memory, memory after 5 000 sales
"""

from __future__ import annotations

import gc
import json
import os
import socket
import statistics
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any, Final

import workload
from measure import memory_mb

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT: Final = Path(__file__).resolve().parent.parent
SUPPORT: Final = ROOT / "tests" / "support"
CUSTOMERS: Final = 100_000
PAGE_ROWS: Final = 5_000
LINES: Final = 20
BASKETS: Final = 300
REPEATS: Final = 3
SALES: Final = 5_000
WARM: Final = 50
GROWTH_FROM: Final = 500
"""Sales after which memory counts: caches are full by then."""

Times = dict[str, int]


def build(folder: Path) -> None:
    """Fill a data folder as head office would: rules, articles, customers with cards."""
    sys.path.insert(0, str(SUPPORT))
    from till_builder import CARD_KEY, TillBuilder, card_number

    from pos_plugin.card_hash import card_hash

    till = TillBuilder(folder, budget_ms=2000)
    till.rules(*workload.promotions())
    rows: list[tuple[str, dict[str, Any]]] = [("article", row) for row in workload.articles()]
    rows += [
        ("segment_bit", {"bit": number, "segment": f"g{number}"})
        for number in range(workload.GROUPS)
    ]
    for number in range(CUSTOMERS):
        groups = {number % workload.GROUPS, (number + 4) % workload.GROUPS, (number + 9) % 15}
        rows.append(
            (
                "customer",
                {
                    "id": f"K{number}",
                    "number": f"{number:06d}",
                    "name": f"Customer {number}",
                    "birthday_on": None,
                    "home_shop": "001",
                    "status": "active",
                    "instant_discount_bp": 0,
                    "discount_group": None,
                    "tier": None,
                    "segment_bits": sum(1 << bit for bit in groups),
                    "limit_left_minor": None,
                },
            )
        )
        card = {
            "code_hash": card_hash(card_number(number), CARD_KEY).hex(),
            "symbology": "ean13",
            "customer": f"K{number}",
            "role": "main",
            "status": "active",
            "replaced_by": None,
        }
        rows.append(("card", card))
    for start in range(0, len(rows), PAGE_ROWS):
        till.apply(*rows[start : start + PAGE_ROWS])


def questions() -> list[tuple[str, dict[str, Any]]]:
    """Cards to scan and baskets to evaluate; the customer comes from the scan."""
    sys.path.insert(0, str(SUPPORT))
    from till_builder import card_number

    rows = workload.articles()
    found = []
    for number in range(BASKETS):
        sale = workload.sale(number, LINES, rows)
        del sale["customer"]
        found.append((card_number(number * 199 % CUSTOMERS), sale))
    return found


def in_microseconds(count: int, **ways: Callable[[int], object]) -> dict[str, Times]:
    """Time the ways side by side, so that a machine that is busy is busy for all of them.

    Each question counts with the best of a few runs; ``single_p99_us`` is over every single call.
    """
    best: dict[str, list[int]] = {way: [] for way in ways}
    single: dict[str, list[int]] = {way: [] for way in ways}
    for number in range(count):
        runs: dict[str, list[int]] = {way: [] for way in ways}
        for _ in range(REPEATS):
            for way, ask in ways.items():
                start = perf_counter_ns()
                ask(number)
                runs[way].append((perf_counter_ns() - start) // 1000)
        for way, times in runs.items():
            best[way].append(min(times))
            single[way] += times
    return {
        way: {
            "median_us": round(statistics.median(times)),
            "p99_us": p99(times),
            "single_p99_us": p99(single[way]),
        }
        for way, times in best.items()
    }


def p99(times: list[int]) -> int:
    return sorted(times)[len(times) * 99 // 100]


def engine(snapshots: list[dict[str, Any]]) -> Callable[[int], object]:
    """The bare engine on the same baskets: what every ratio is to."""
    from pos_plugin.model import Basket
    from pos_plugin.promotions.generation import RuleGeneration

    package = json.dumps({"generation": 1, "promotions": workload.promotions()})
    rules = RuleGeneration.from_json(package)
    baskets = [Basket.from_dict(sale) for sale in snapshots]
    return lambda number: rules.evaluate(baskets[number])


def inside(folder: Path) -> dict[str, object]:
    """A host in Python, from snapshot to plain values."""
    from dataclasses import replace

    from pos_plugin import Plugin

    asked = questions()
    with Plugin.open(folder / "till.toml") as plugin:
        found = [plugin.scan(card).to_dict() for card, _ in asked]
        sales = [
            {**sale, "customer": one["customer"]}
            for (_, sale), one in zip(asked, found, strict=True)
        ]
        late = 0

        def evaluate(number: int) -> None:
            nonlocal late
            evaluation = plugin.sales.evaluate(sales[number])
            late += replace(evaluation, explains=False).to_dict()["late"]

        alone = engine(sales)
        for number in range(WARM):
            evaluate(number)
        keep_apart()
        times = in_microseconds(BASKETS, engine=alone, evaluate=evaluate)
        times |= in_microseconds(BASKETS, scan=lambda number: plugin.scan(asked[number][0]))
        return {**times, "late": late}


def keep_apart() -> None:
    """Let nobody look for garbage among what this benchmark itself keeps."""
    gc.collect()
    gc.freeze()


class Line:
    """One connection that sends each request in one piece and reads the answer whole."""

    def __init__(self, url: str, token: str) -> None:
        host, _, port = url.removeprefix("http://").partition(":")
        self._address = (host, int(port))
        self._head = f"Host: {host}:{port}\r\nAuthorization: Bearer {token}\r\n"
        self._socket = self.connect()

    def connect(self) -> socket.socket:
        line = socket.create_connection(self._address)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return line

    def close(self) -> None:
        self._socket.close()

    def request(self, method: str, path: str, value: object = None) -> bytes:
        body = b"" if value is None else json.dumps(value).encode()
        head = f"{method} {path} HTTP/1.1\r\n{self._head}Content-Length: {len(body)}\r\n\r\n"
        return head.encode() + body

    def ask(self, request: bytes, *, anew: bool = False) -> bytes:
        """Return the body of the answer; over a new connection when asked."""
        if anew:
            self._socket.close()
            self._socket = self.connect()
        self._socket.sendall(request)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self._read()
        head, _, body = answer.partition(b"\r\n\r\n")
        status = head.split(b" ", 2)[1]
        if status != b"200":
            raise SystemExit(f"{head!r} {body[:500]!r}")
        length = int(head.lower().partition(b"content-length:")[2].split()[0])
        parts = [body]
        left = length - len(body)
        while left > 0:
            piece = self._read()
            parts.append(piece)
            left -= len(piece)
        return b"".join(parts)

    def _read(self) -> bytes:
        piece = self._socket.recv(1 << 18)
        if not piece:
            raise SystemExit("the till hung up")
        return piece


def asked(url: str, token: str, pid: int) -> dict[str, object]:
    """A host in another language: bytes to bytes, and what the till needs for it."""
    line = Line(url, token)
    baskets = questions()
    scans = [line.request("POST", "/v1/scan", {"code": card}) for card, _ in baskets]
    found = [json.loads(line.ask(scan)) for scan in scans]
    for path in ("/", "/till.js", "/till.css", "/v1/openapi.json"):
        line.ask(line.request("GET", path))
    snapshots = [
        {**sale, "customer": one["customer"]} for (_, sale), one in zip(baskets, found, strict=True)
    ]
    puts = [line.request("PUT", f"/v1/sales/{sale['sale_id']}", sale) for sale in snapshots]
    answers = [json.loads(line.ask(put)) for put in puts[:WARM]]
    alone = engine(snapshots)
    keep_apart()
    result: dict[str, object] = {
        "request_kb": len(puts[0]) // 1024,
        "answer_kb": len(line.ask(puts[0])) // 1024,
        "late": sum(answer["late"] for answer in answers),
        **in_microseconds(
            BASKETS,
            engine=alone,
            evaluate=lambda number: line.ask(puts[number]),
            evaluate_anew=lambda number: line.ask(puts[number], anew=True),
        ),
        **in_microseconds(BASKETS, scan=lambda number: line.ask(scans[number])),
    }
    result |= sold(line, snapshots, pid)
    line.close()
    return result


def sold(line: Line, snapshots: list[dict[str, Any]], pid: int) -> dict[str, object]:
    """Sell, and say what the memory of the till did meanwhile."""
    before = memory_mb(pid)
    settled = before
    times = []
    for number in range(SALES):
        if number == GROWTH_FROM:
            settled = memory_mb(pid)
        sale_id = f"sold-{pid}-{number}"  # a folder may have sold before
        sale = {**snapshots[number % BASKETS], "sale_id": sale_id}
        answer = json.loads(line.ask(line.request("PUT", f"/v1/sales/{sale_id}", sale)))
        charge = {"evaluation_id": answer["evaluation_id"], "total_minor": answer["total_minor"]}
        request = line.request("POST", f"/v1/sales/{sale_id}/complete", charge)
        start = perf_counter_ns()
        line.ask(request)
        times.append((perf_counter_ns() - start) // 1000)
    return {
        "complete": {
            "median_us": round(statistics.median(times)),
            "p99_us": p99(times),
            "single_p99_us": p99(times),
        },
        "memory_mb": before,
        "settled_mb": settled,
        "after_sales_mb": memory_mb(pid),
    }


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, str, int]]:
    """A till in a process of its own: its address, its token, its number."""
    command = [sys.executable, "-c", "from pos_plugin.cli import main; main()"]
    with subprocess.Popen(
        [*command, "serve", "--config", str(folder / "till.toml"), "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as process:
        try:
            url = process.stdout.readline().split()[-1] if process.stdout else ""
            yield url, (folder / "api.token").read_text().strip(), process.pid
        finally:
            process.terminate()


if __name__ == "__main__":
    if sys.argv[1] == "build":
        build(Path(sys.argv[2]))
    elif sys.argv[1] == "inside":
        print(json.dumps(inside(Path(sys.argv[2]))))
    else:
        print(json.dumps(asked(sys.argv[2], sys.argv[3], int(sys.argv[4]))))
