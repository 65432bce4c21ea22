"""Classes of a chain with many receipts, computed beside tills that send theirs.

class_run.py FOLDER   seconds of the first run, in which everybody gets a class, and of one a day
                      later; how long a receipt waited meanwhile until head office had it, in
                      milliseconds; as one JSON object
"""

from __future__ import annotations

import datetime as dt
import json
import os
import random
import subprocess
import sys
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from threading import Event
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

import quick

if TYPE_CHECKING:
    from collections.abc import Iterator

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "support"))

CUSTOMERS: Final = quick.of(10_000, 50)
RECEIPTS: Final = quick.of(200_000, 500)
TILLS: Final = 9
DAYS: Final = 420
LAST_ON: Final = dt.date(2026, 2, 24)
WRITTEN_AT_ONCE: Final = 2_000
LINES: Final = 4
REST_S: Final = 0.02
PATIENCE_S: Final = 120


def measure(folder: Path) -> dict[str, Any]:
    """Fill a head office, serve it, compute twice and send receipts meanwhile."""
    from class_schemes import share_scheme_value
    from head_office_site import ARTICLE, PROGRAM, Site, caller
    from processes import Running, free_port

    site = Site(folder)
    site.load(
        article=[ARTICLE],
        program=[PROGRAM],
        customer=[
            {"id": f"K{n}", "number": str(n), "name": f"Kunde {n}", "home_shop": "001"}
            for n in range(CUSTOMERS)
        ],
        abc_scheme=[share_scheme_value(since_on="2026-01-01")],
    )
    token = site.add_till("3")
    _fill(site)
    port = free_port()
    found: dict[str, Any] = {"customers": CUSTOMERS, "receipts": RECEIPTS}
    with ExitStack() as stack:
        serve = ("head-office", "serve", "--data", site.data, "--port", port)
        server = stack.enter_context(Running(folder / "head-office.log", *serve))
        server.says("answers", within_s=120)
        till = stack.enter_context(caller(f"http://127.0.0.1:{port}", token))
        till.timeout = PATIENCE_S
        numbers = count(1)
        for name, day in (("first", 1), ("next", 2)):
            on = LAST_ON + dt.timedelta(days=day)
            found[name] = _run(site, till, numbers, on)
        found["load"] = round(os.getloadavg()[0], 1)
    return found


def _fill(site: Any) -> None:  # noqa: ANN401 - the support modules are imported late
    """Put receipts of all tills where their uploads would have."""
    from head_office.storage import till_epoch, till_event

    rows: list[dict[str, Any]] = []
    with site.database() as database, database.write() as connection:
        for row in _events():
            rows.append(row)
            if len(rows) == WRITTEN_AT_ONCE:
                connection.execute(till_event.insert(), rows)
                rows.clear()
        if rows:
            connection.execute(till_event.insert(), rows)
        last = {f"T{n}": (RECEIPTS - n + TILLS - 1) // TILLS for n in range(TILLS)}
        connection.execute(
            till_epoch.insert(),
            [
                {"till": till, "epoch": 1, "first_seq": 1, "acked_seq": seq}
                for till, seq in last.items()
            ],
        )


def _events() -> Iterator[dict[str, Any]]:
    draw = random.Random(7)
    for number in range(RECEIPTS):
        till, seq = f"T{number % TILLS}", number // TILLS + 1
        on = LAST_ON - dt.timedelta(days=DAYS - number * DAYS // RECEIPTS)
        at = f"{on}T10:00:00.{number % 1_000_000:06d}+00:00"
        line = _receipt(till, seq, customer=draw.randrange(CUSTOMERS), on=on)
        yield {
            "till": till,
            "epoch": 1,
            "seq": seq,
            "uid": f"{number:032x}",
            "kind": "sale_completed",
            "occurred_at": at,
            "received_at": at,
            "hash": b"",
            "line": line,
            "took_effect": True,
        }


def _receipt(till: str, seq: int, *, customer: int, on: dt.date) -> bytes:
    from till_events import sale_event

    event: dict[str, Any] = json.loads(sale_event(seq, customer=f"K{customer}"))
    body = event["body"]
    said = {"customer": f"K{customer}", "business_on": on.isoformat()}
    body |= {"till": till, "lines": body["lines"] * LINES, **said}
    body["receipt"] |= {"sale_id": f"{till}-{seq}", "turnover_minor": 100 + seq * 7 % 20_000}
    return json.dumps(event).encode()


def _run(site: Any, till: Any, numbers: Iterator[int], on: dt.date) -> dict[str, Any]:  # noqa: ANN401
    """Compute the classes of a day in a process of their own; upload until they are there."""
    from processes import STAMMKUNDE

    command = [*STAMMKUNDE, "head-office", "classes", "--data", str(site.data), "--on", str(on)]
    waited_ms: list[float] = []
    start = perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as run:
        while run.poll() is None:
            waited_ms.append(_upload(till, next(numbers)))
            Event().wait(REST_S)
        took_s = perf_counter() - start
        said = run.stdout.read() if run.stdout else ""
    if run.returncode:
        raise SystemExit(f"head-office classes: {said}")
    waited_ms.sort()
    return {
        "took_s": round(took_s, 1),
        "uploads": len(waited_ms),
        "p50_ms": round(waited_ms[len(waited_ms) // 2], 1),
        "p99_ms": round(waited_ms[len(waited_ms) * 99 // 100], 1),
        "most_ms": round(waited_ms[-1]),
        "changed": int(said.splitlines()[-1].split()[0]),
    }


def _upload(till: Any, seq: int) -> float:  # noqa: ANN401
    """Send a receipt until it is taken, as an agent does; return the milliseconds."""
    content = _receipt("3", seq, customer=seq % CUSTOMERS, on=LAST_ON) + b"\n"
    start = perf_counter()
    while till.post("/v1/tills/3/events", content=content).status_code != 200:
        if perf_counter() - start > PATIENCE_S:
            raise SystemExit("head office takes no receipt")
    return (perf_counter() - start) * 1_000


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]))))
