"""How a rival is asked: a line of JSON in names a basket, a line of JSON out has time and total.

Each rival runs in a process of its own; ``rivals.py`` asks all of them for one basket after the
other, so that a machine that is busy is busy for all.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from time import perf_counter_ns
from typing import Any

import workload

Price = Callable[[], int]
"""Prices one sale and returns its total in minor units (cents)."""

PriceAndCount = Callable[[], tuple[int, int]]
"""The same with the number of promotions that applied: so many cents can be rounding."""

IS_CROWDED = sys.argv[-1] == "crowded"
"""The last word on the command line of a rival: ``neutral`` or ``crowded``, the workload."""


def promotions() -> list[dict[str, Any]]:
    """Return the rules of the workload that was asked for."""
    return workload.crowded_promotions() if IS_CROWDED else workload.promotions()


def serve(pose: Callable[[dict[str, Any]], Price | PriceAndCount]) -> None:
    """Answer until the asker hangs up.

    Args:
        pose: gets a sale ready in the form the rival wants, untimed, and returns what is timed.
    """
    rows = workload.articles()
    sale = workload.crowded_sale if IS_CROWDED else workload.sale
    print(json.dumps({"ready": True}), flush=True)
    for question in sys.stdin:
        asked = json.loads(question)
        price = pose(sale(asked["number"], asked["lines"], rows))
        times = []
        found: int | tuple[int, int] = 0
        for _ in range(asked["repeats"]):
            start = perf_counter_ns()
            found = price()
            times.append(perf_counter_ns() - start)
        total_minor, applied = found if isinstance(found, tuple) else (found, 0)
        said = {"time_us": min(times) / 1000, "total_minor": total_minor, "applied": applied}
        print(json.dumps(said), flush=True)
