"""A till with 1 000 000 customers at the counter while its agent applies 100 000 rows.

counter.py build FOLDER    fill a data folder
counter.py apply FOLDER    apply 100 000 rows in pages of 500, as the agent does; seconds
counter.py asked FOLDER    microseconds of card lookup, scan to panel, completion: alone, then
                           while ``apply`` runs in a process of its own; sizes of the files
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from threading import Event
from time import perf_counter, perf_counter_ns
from typing import TYPE_CHECKING, Any, Final

import quick
import workload

if TYPE_CHECKING:
    from collections.abc import Callable

SUPPORT: Final = Path(__file__).resolve().parent.parent / "tests" / "support"
CUSTOMERS: Final = quick.of(1_000_000, 2_000)
CHANGED: Final = quick.of(100_000, 1_000)
BUILT_AT_ONCE: Final = 20_000
PAGE_ROWS: Final = 500  # what the agent applies at once, and how long it rests between two pages
NAP_S: Final = 0.01
SCANS: Final = quick.of(2_000, 20)
SALES: Final = quick.of(200, 3)
LINES: Final = 5

Row = tuple[str, dict[str, Any]]


def till_of(folder: Path) -> Any:  # noqa: ANN401 - the builder is imported late
    sys.path.insert(0, str(SUPPORT))
    from till_builder import TillBuilder

    return TillBuilder(folder, budget_ms=5_000)


def customer_rows(number: int, name: str) -> list[Row]:
    """A customer with contact keys, card, points and bonus."""
    from till_builder import CARD_KEY, card_number

    from pos_plugin.card_hash import card_hash

    customer = f"K{number}"
    return [
        (
            "customer",
            {
                "id": customer,
                "number": f"{number:07d}",
                "name": name,
                "birthday_on": f"{1940 + number % 65}-{1 + number % 12:02d}-{1 + number % 28:02d}",
                "home_shop": "001",
                "status": "active",
                "instant_discount_bp": 0,
                "discount_group": None,
                "tier": None,
                "segment_bits": 0,
                "limit_left_minor": None,
            },
        ),
        (
            "customer_search",
            {"customer": customer, "phones": [f"170{number:07d}"], "email_hashes": []},
        ),
        (
            "card",
            {
                "code_hash": card_hash(card_number(number), CARD_KEY).hex(),
                "symbology": "ean13",
                "customer": customer,
                "role": "main",
                "status": "active",
                "replaced_by": None,
                "instant_discount_bp": 0,
            },
        ),
        (
            "customer_counter",
            {
                "customer": customer,
                "key": "history:receipts_total",
                "value": number % 50,
                "days": [],
                "folded": [],
            },
        ),
    ]


def name_of(number: int) -> str:
    draw = random.Random(number)
    first = draw.choice(("Anna", "Jörg", "Sabine", "Ömer", "Käthe", "Ludwig", "Mia", "Paul"))
    last = "".join(draw.choices("abdeghiklmnorstuz", k=draw.randint(4, 9))).capitalize()
    return f"{last}, {first}"


def build(folder: Path) -> None:
    """Fill the folder; the rows come in the order of the customers."""
    till = till_of(folder)
    till.rules(*workload.promotions(200))
    till.apply(*(("article", row) for row in workload.articles()))
    rows: list[Row] = []
    for number in range(CUSTOMERS):
        rows += customer_rows(number, name_of(number))
        if len(rows) >= BUILT_AT_ONCE:
            till.apply(*rows)
            rows = []
    if rows:
        till.apply(*rows)


def apply(folder: Path) -> None:
    """Change customers all over the file, page by page."""
    till = till_of(folder)
    draw = random.Random(7)
    numbers = [draw.randrange(CUSTOMERS) for _ in range(CHANGED // 4)]
    pages: list[list[Row]] = [[]]
    for number in numbers:
        pages[-1] += customer_rows(number, name_of(number + 1))
        if len(pages[-1]) >= PAGE_ROWS:
            pages.append([])
    rest = Event()
    start = perf_counter()
    for page in pages:
        if page:
            till.apply(*page)
            rest.wait(NAP_S)
    json.dump({"seconds": perf_counter() - start, "rows": CHANGED}, sys.stdout)


def asked(folder: Path) -> None:
    """Ask the till, alone and beside its agent."""
    till = till_of(folder)
    with till.open() as plugin:
        found = {"alone": _asked(plugin, folder, first=0)}
        command = [sys.executable, str(Path(__file__)), "apply", str(folder)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as agent:
            found["beside"] = _asked(
                plugin, folder, first=SALES, go_on=lambda: agent.poll() is None
            )
            said, _ = agent.communicate()
        found["applied"] = json.loads(said)
    found["files"] = {
        path.name: path.stat().st_size for path in sorted(folder.iterdir()) if path.suffix == ".db"
    }
    json.dump(found, sys.stdout)


def _asked(
    plugin: Any,  # noqa: ANN401
    folder: Path,
    *,
    first: int,
    go_on: Callable[[], bool] = lambda: False,
) -> dict[str, Any]:
    from till_builder import CARD_KEY, card_number

    from pos_plugin.card_hash import card_hash
    from pos_plugin.storage.cache_reader import CacheReader

    draw = random.Random(first)
    lookups: list[int] = []
    panels: list[int] = []
    sales: list[int] = []
    articles = workload.articles()
    reader = CacheReader.open(folder)
    if reader is None:
        raise SystemExit("no cache")
    number = 0
    with closing(reader):
        while number < SALES or go_on():
            for _ in range(SCANS // SALES):
                code = card_number(draw.randrange(CUSTOMERS))
                lookups.append(_took(lambda code=code: reader.card(card_hash(code, CARD_KEY))))
                panels.append(_took(lambda code=code: plugin.scan(code)))
            snapshot = workload.sale(first + number, LINES, articles)
            snapshot["sale_id"] = f"counter-{first + number}"
            snapshot["customer"] = {"id": f"K{draw.randrange(CUSTOMERS)}"}
            answer = plugin.sales.evaluate(snapshot)
            charge = {
                "evaluation_id": answer.evaluation_id,
                "total_minor": answer.result.total_minor,
            }
            sale_id = snapshot["sale_id"]
            sales.append(_took(lambda: plugin.sales.complete(sale_id, charge)))  # noqa: B023
            number += 1
    return {
        "lookup": spread(lookups),
        "panel": spread(panels),
        "complete": spread(sales),
        "scans": len(panels),
        "sales": number,
    }


def _took(work: Callable[[], object]) -> int:
    start = perf_counter_ns()
    work()
    return (perf_counter_ns() - start) // 1000


def spread(times: list[int]) -> dict[str, int]:
    """Median, 99th percentile and the longest."""
    times = sorted(times)
    return {
        "p50_us": times[len(times) // 2],
        "p99_us": times[len(times) * 99 // 100],
        "max_us": times[-1],
    }


if __name__ == "__main__":
    {"build": build, "apply": apply, "asked": asked}[sys.argv[1]](Path(sys.argv[2]))
