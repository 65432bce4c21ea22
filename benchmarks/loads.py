"""A head office, an agent and a till that sells, as processes of their own, with much to carry.

loads.py all FOLDER       customers to a new till; 100 000 changed rows while it sells; receipts
                          that waited for a head office; all as one JSON object
loads.py uploads FOLDER   receipts a second that head office takes, against bare inserts of the
                          same bytes into the same database in the same run; their bytes packed
loads.py slow FOLDER      receipts that waited, over a line of 1 Mbit/s
"""

from __future__ import annotations

import gzip
import json
import os
import random
import sys
from contextlib import ExitStack, closing
from pathlib import Path
from threading import Event
from time import perf_counter, perf_counter_ns
from typing import TYPE_CHECKING, Any, Final

import quick
from counter import customer_rows, name_of, spread

if TYPE_CHECKING:
    from collections.abc import Callable

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "support"))

CUSTOMERS: Final = quick.from_environment("STAMMKUNDE_LOAD_CUSTOMERS", 1_000_000, 300)
CHANGED: Final = quick.from_environment("STAMMKUNDE_LOAD_CHANGED", 100_000, 400)
RECEIPTS: Final = quick.from_environment("STAMMKUNDE_LOAD_RECEIPTS", 10_000, 40)
UPLOADED: Final = quick.of(2_000, 20)
MEMBERS: Final = quick.of(200, 5)
WRITTEN_AT_ONCE: Final = 5_000
BATCH: Final = 200
LINE_BITS_A_SECOND: Final = 1_000_000
ARTICLES: Final = 50
PATIENCE_S: Final = 3_600.0

RULES: Final = [
    {
        "id": "BASIS",
        "layer": "earn",
        "offer": {"kind": "earn", "account": "points", "per_value_minor": 100, "points": 1},
    },
    {
        "id": "HOSEN20",
        "layer": "article",
        "offer": {"kind": "unit_discount", "benefit": {"type": "percent", "bp": 2000}},
    },
]


def site_of(folder: Path) -> Any:  # noqa: ANN401 - the support modules are imported late
    """A head office with rules, articles and the first few customers, who shop."""
    from head_office_site import PROGRAM, Site
    from till_builder import card_number

    folder.mkdir(parents=True, exist_ok=True)
    site = Site(folder)
    site.publish(*RULES)
    site.load(
        article=[
            {
                "sku": f"A{number}",
                "name": f"Hose {number}",
                "unit_price_minor": 1_999 + number,
                "vat_rate_bp": 1_900,
            }
            for number in range(ARTICLES)
        ],
        program=[PROGRAM],
        customer=[
            {"id": f"M{number}", "number": f"M{number}", "name": "Anna", "home_shop": "001"}
            for number in range(MEMBERS)
        ],
        card=[{"code": card_number(number), "customer": f"M{number}"} for number in range(MEMBERS)],
    )
    return site


def fill(site: Any, numbers: list[int], *, renamed: int = 0) -> int:  # noqa: ANN401
    """Put customers with their cards into the log of the shop; return its new head."""
    from head_office import log

    head = 0
    for start in range(0, len(numbers), WRITTEN_AT_ONCE):
        some = numbers[start : start + WRITTEN_AT_ONCE]
        groups = [_with_card(MEMBERS + one, name_of(one + renamed)) for one in some]
        with site.database() as database, database.write() as connection:
            head = log.append(connection, "shop:001", groups)
    return head


def _with_card(number: int, name: str) -> list[tuple[str, dict[str, Any]]]:
    return [row for row in customer_rows(number, name) if row[0] in ("customer", "card")]


def everything(folder: Path) -> dict[str, Any]:
    """The three loads one after the other, on one head office and one till."""
    from processes import Running, free_port

    site = site_of(folder)
    site.add_till("3")
    head = fill(site, list(range(CUSTOMERS)))
    config = site.till_dir() / "till.toml"
    port = free_port()
    site.url = f"http://127.0.0.1:{port}"
    site.add_till("3")
    found: dict[str, Any] = {"customers": CUSTOMERS, "changed": CHANGED, "receipts": RECEIPTS}
    serve = ("head-office", "serve", "--data", site.data, "--port", port)
    run = ("agent", "run", "--config", config, "--retry-at-most-s", "1")
    with ExitStack() as stack:
        server = stack.enter_context(Running(folder / "head-office.log", *serve))
        server.says(site.url, within_s=120)
        start = perf_counter()
        agent = stack.enter_context(Running(folder / "agent.log", *run))
        _wait_for(lambda: _position(site) >= head)
        found["bootstrap_s"] = perf_counter() - start
        found["agent"], found["head_office"] = map(_spent, (agent.pid, server.pid))
        found["load"] = round(os.getloadavg()[0], 1)
        draw = random.Random(7)
        numbers = [draw.randrange(CUSTOMERS) for _ in range(CHANGED // 2)]
        with _till(config) as plugin:
            found["alone"] = _sell(plugin, _counting(quick.of(200, 3)))
            ahead = fill(site, numbers, renamed=1)
            start = perf_counter()
            found["beside"] = _sell(plugin, lambda: _position(site) < ahead)
            found["delta_s"] = perf_counter() - start
            agent.kill()
            _sell(plugin, _counting(RECEIPTS))
        start = perf_counter()
        stack.enter_context(Running(folder / "agent.log", *run))
        _wait_for(lambda: _is_sent(site))
        found["backlog_s"] = perf_counter() - start
    return found


def slow(folder: Path) -> dict[str, Any]:
    """A till that sold without head office, and a slow line that comes back."""
    from processes import Running, free_port
    from slow_proxy import SlowProxy

    site = site_of(folder)
    port = free_port()
    config = site.till_dir() / "till.toml"
    serve = ("head-office", "serve", "--data", site.data, "--port", port)
    run = ("agent", "run", "--config", config, "--retry-at-most-s", "1")
    with ExitStack() as stack:
        server = stack.enter_context(Running(folder / "head-office.log", *serve))
        server.says(f":{port}", within_s=120)
        line = stack.enter_context(SlowProxy(port, LINE_BITS_A_SECOND))
        site.url = line.url
        site.add_till("3")
        with Running(folder / "agent.log", *run):
            _wait_for(lambda: _position(site) > 0)
        with _till(config) as plugin:
            _sell(plugin, _counting(RECEIPTS))
        before = dict(line.passed_bytes)
        start = perf_counter()
        served_s = _spent(server.pid)["cpu_s"]
        agent = stack.enter_context(Running(folder / "agent.log", *run))
        _wait_for(lambda: _is_sent(site))
        took_s = perf_counter() - start
        served_s = _spent(server.pid)["cpu_s"] - served_s
        agent_s = _spent(agent.pid)["cpu_s"]
        up, down = (line.passed_bytes[way] - before[way] for way in (True, False))
    return {
        "receipts": RECEIPTS,
        "backlog_s": took_s,
        "up_bytes": up,
        "down_bytes": down,
        "agent_cpu_s": agent_s,
        "head_office_cpu_s": served_s,
        "line_bits_a_second": LINE_BITS_A_SECOND,
        "load": round(os.getloadavg()[0], 1),
    }


def uploads(folder: Path) -> dict[str, Any]:
    """Receipts of members, as a till wrote them, taken in batches of 200; and their bytes alone."""
    from sqlalchemy import Column, LargeBinary, MetaData, Table, Text
    from till_events import batch

    from head_office.intake.events import take_batch
    from pos_plugin.storage.journal_reader import JournalReader
    from sync_agent.agent import Agent
    from sync_agent.client import GZIP_LEVEL
    from sync_agent.settings import read_settings

    site = site_of(folder)
    with site.served() as url:
        site.url = url
        site.add_till("3")
        with Agent(read_settings(site.till_dir() / "till.toml"), _clock()) as agent:
            agent.cycle()
    with _till(site.till_dir() / "till.toml") as plugin:
        _sell(plugin, _counting(UPLOADED))
    journal = JournalReader.open(site.till_dir())
    if journal is None:
        raise SystemExit("no journal")
    with journal:
        lines = [
            bytes(event.line)
            for after in range(0, UPLOADED, BATCH)
            for event in journal.events_after(after, BATCH)
        ]
    batches = [lines[start : start + BATCH] for start in range(0, len(lines), BATCH)]
    bare = Table("bare", MetaData(), Column("id", Text, primary_key=True), Column("l", LargeBinary))
    taken: list[float] = []
    inserted: list[float] = []
    with site.database() as database:
        with database.write() as connection:
            bare.create(connection)
        for number, some in enumerate(batches):
            start = perf_counter()
            take_batch(database, till="3", body=batch(*some), now=_clock().now())
            taken.append(perf_counter() - start)
            start = perf_counter()
            with database.write() as connection:
                rows = [{"id": f"{number}:{at}", "l": line} for at, line in enumerate(some)]
                connection.execute(bare.insert(), rows)
            inserted.append(perf_counter() - start)
    return {
        "receipts": len(lines),
        "event_bytes": sum(map(len, lines)) // len(lines),
        "packed_bytes": sum(len(gzip.compress(batch(*some), GZIP_LEVEL)) for some in batches)
        // len(lines),
        "a_second": round(len(lines) / sum(taken)),
        "bare_a_second": round(len(lines) / sum(inserted)),
        "times_bare": round(sum(taken) / sum(inserted), 1),
    }


def _wait_for(condition: Callable[[], bool]) -> None:
    """Look now and then: looking costs the machine that is measured."""
    ends_s = perf_counter() + PATIENCE_S
    rest = Event()
    while not condition():
        if perf_counter() > ends_s:
            raise SystemExit(f"not within {PATIENCE_S} s")
        rest.wait(0.25)


def _clock() -> Any:  # noqa: ANN401
    from pos_plugin.clock import SystemClock

    return SystemClock()


def _till(config: Path) -> Any:  # noqa: ANN401
    from pos_plugin import Plugin

    return closing(Plugin.open(config))


def _counting(count: int) -> Callable[[], bool]:
    left = iter(range(count))
    return lambda: next(left, None) is not None


def _sell(plugin: Any, go_on: Callable[[], bool]) -> dict[str, Any]:  # noqa: ANN401
    """Sell three articles to a member as long as asked; microseconds of scan and completion."""
    from till_builder import card_number

    draw = random.Random(perf_counter_ns())
    scans: list[int] = []
    sales: list[int] = []
    rest = Event()
    while go_on():
        sale = plugin.begin_sale(f"load-{perf_counter_ns()}")
        start = perf_counter_ns()
        sale.scan(card_number(draw.randrange(MEMBERS)))
        scans.append((perf_counter_ns() - start) // 1_000)
        for _ in range(3):
            sale.scan(f"A{draw.randrange(ARTICLES)}")
        start = perf_counter_ns()
        sale.complete()
        sales.append((perf_counter_ns() - start) // 1_000)
        rest.wait(0.001)
    return {"sales": len(sales), "scan": spread(scans), "complete": spread(sales)}


def _spent(pid: int) -> dict[str, float]:
    """Processor seconds, and the most memory so far in MB, of a process (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    most_kb = next(int(one.split()[1]) for one in lines if one.startswith("VmHWM"))
    ticks = int(fields[11]) + int(fields[12])
    return {"cpu_s": ticks / os.sysconf("SC_CLK_TCK"), "most_mb": most_kb >> 10}


def _position(site: Any) -> int:  # noqa: ANN401
    from pos_plugin.storage.cache_reader import CacheReader

    cache = CacheReader.open(site.till_dir())
    if cache is None:
        return 0
    with cache:
        cursor = cache.cursor("shop:001")
        return cursor.position if cursor else 0


def _is_sent(site: Any) -> bool:  # noqa: ANN401
    from pos_plugin.storage.cache_reader import CacheReader
    from pos_plugin.storage.journal_reader import JournalReader

    cache, journal = CacheReader.open(site.till_dir()), JournalReader.open(site.till_dir())
    if cache is None or journal is None:
        return False
    with cache, journal:
        return max(cache.acked().values(), default=0) == journal.last_seq()


if __name__ == "__main__":
    work = {"all": everything, "uploads": uploads, "slow": slow}[sys.argv[1]]
    json.dump(work(Path(sys.argv[2])), sys.stdout)
