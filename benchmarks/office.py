"""The owner's page of a head office with much in it, served as a process of its own.

office.py FOLDER   milliseconds of the first page, of the slowest page and of a search for a name
                   that no customer has, bytes of the largest page; as one JSON object
"""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import quick

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "support"))

PROMOTIONS: Final = quick.of(1_000, 50)
CUSTOMERS: Final = quick.of(2_000, 50)
SOUGHT: Final = quick.of(100_000, 100)  # among so many customers
ARTICLES: Final = quick.of(2_000, 50)
ASKED: Final = quick.of(100, 5)
PATHS: Final = ("/", "/promotions", "/promotions/new/percent", "/publish", "/history", "/report",
                "/customers?term=kunde", "/customer?id=K1", "/vouchers", "/liability", "/classes",
                "/tills", "/log", "/users")  # fmt: skip
FILES: Final = ("page.css", "htmx.min.js")


def measure(folder: Path) -> dict[str, Any]:
    """Ask for every page, the first one often."""
    from head_office_site import ARTICLE, PERCENT_20, Site
    from owner_page import add_people, visitor
    from processes import Running, free_port

    site = Site(folder)
    site.load(
        article=[ARTICLE | {"sku": str(n), "categories": [f"g{n % 30}"]} for n in range(ARTICLES)],
        customer=[
            {"id": f"K{n}", "number": str(n), "name": f"Kunde {n}", "home_shop": "001"}
            for n in range(CUSTOMERS)
        ],
    )
    site.publish(*(PERCENT_20 | {"id": f"P{n:04}"} for n in range(PROMOTIONS)))
    for till in ("1", "2", "3"):
        site.add_till(till)
    add_people(site, "olga")
    port = free_port()
    with ExitStack() as stack:
        serve = ("head-office", "serve", "--data", site.data, "--port", port)
        server = stack.enter_context(Running(folder / "head-office.log", *serve))
        server.says("answers", within_s=120)
        olga = stack.enter_context(visitor(f"http://127.0.0.1:{port}", "olga"))
        first_ms = _ms(olga, "/")
        again_ms = sorted(_ms(olga, "/") for _ in range(ASKED))
        slowest_ms, slowest = max((min(_ms(olga, path) for _ in range(3)), path) for path in PATHS)
        files_bytes = sum(len(olga.get(f"/static/{name}").content) for name in FILES)
        largest_bytes = max(len(olga.get(path).content) for path in PATHS) + files_bytes
        fill(site)
        sought_ms = sorted(_ms(olga, "/customers?term=m%C3%BCllerin") for _ in range(ASKED))
    return {
        "promotions": PROMOTIONS,
        "customers": SOUGHT,
        "sought_ms": sought_ms[len(sought_ms) // 2],
        "first_ms": first_ms,
        "p50_ms": again_ms[len(again_ms) // 2],
        "p99_ms": again_ms[len(again_ms) * 99 // 100],
        "slowest_ms": slowest_ms,
        "slowest": slowest,
        "largest_bytes": largest_bytes,
    }


def fill(site: Any) -> None:  # noqa: ANN401 - a head office of the tests' own
    """Give head office more customers than one would load for this; every sixth has an umlaut."""
    from head_office import customer_words, log
    from head_office.storage import master

    firsts = ("Anna", "Jörg", "Sabine", "Ludwig", "Mia", "Paul")
    wires = [
        {"id": f"S{n}", "number": f"S-{n}", "name": f"{firsts[n % 6]} {chr(97 + n % 26) * 4} {n}"}
        for n in range(CUSTOMERS, SOUGHT)
    ]
    rows = [
        {"table_name": "customer", "row_key": log.row_key("customer", one), "shop": "001",
         "row": json.dumps(one, ensure_ascii=False)}
        for one in wires
    ]  # fmt: skip
    with site.database() as database, database.write() as connection:
        if rows:
            connection.execute(master.insert(), rows)
        customer_words.fill(connection)


def _ms(olga: Any, path: str) -> float:  # noqa: ANN401 - a visitor of the tests' own
    start = perf_counter()
    answer = olga.get(path)
    took_ms = (perf_counter() - start) * 1_000
    if answer.status_code != 200:
        raise SystemExit(f"{path}: {answer.status_code}")
    return round(took_ms, 1)


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]))))
