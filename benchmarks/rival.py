"""How a rival is asked: a line of JSON in names a basket, a line of JSON out has time and total.

Each rival runs in a process of its own; ``rivals.py`` asks all of them for one basket after the
other, so that a machine that is busy is busy for all.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from time import perf_counter_ns
from typing import Any, NamedTuple

import workload


class Priced(NamedTuple):
    """A price with what is to know to compare it.

    Args:
        total_minor: what the customer pays, in minor units (cents).
        applied: promotions that apply; each may be rounded by a cent.
        optimal: whether the total is proven to be the lowest.
    """

    total_minor: int
    applied: int = 0
    optimal: bool = False


Price = Callable[[], int] | Callable[[], Priced]
"""Prices one sale; a bare number is its total in minor units (cents)."""

IS_CROWDED = sys.argv[-1] == "crowded"
"""The last word on the command line of a rival: ``neutral`` or ``crowded``, the workload."""


def promotions() -> list[dict[str, Any]]:
    """Return the rules of the workload that was asked for."""
    return workload.crowded_promotions() if IS_CROWDED else workload.promotions()


def serve(pose: Callable[[dict[str, Any]], Price]) -> None:
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
        found: int | Priced = 0
        for _ in range(asked["repeats"]):
            start = perf_counter_ns()
            found = price()
            times.append(perf_counter_ns() - start)
        priced = found if isinstance(found, Priced) else Priced(found)
        said = {"time_us": min(times) / 1000, **priced._asdict()}
        print(json.dumps(said), flush=True)
