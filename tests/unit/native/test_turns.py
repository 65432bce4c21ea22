"""A long search lets other threads run: a till prints and answers while a sale is worked out."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

import pytest

import native
from pos_plugin.model import Basket
from pos_plugin.promotions.generation import RuleGeneration

if TYPE_CHECKING:
    from collections.abc import Callable


TRIES = 30
BEFORE_WORK_MAX = 3


def turns_during(work: Callable[[], object]) -> list[int]:
    """Return how often another thread got the interpreter's lock while this one worked, per try.

    Ascending. On a busy machine a try says little: the other thread may get no processor at all,
    or run often before work begins.
    """
    return sorted(turns_once(work) for _ in range(TRIES))


def turns_once(work: Callable[[], object]) -> int:
    done = threading.Event()
    started = threading.Event()
    turns = 0

    def take_turns() -> None:
        nonlocal turns
        while not done.wait(1e-6):  # gives the lock up and asks for it again
            turns += 1
            started.set()

    before_s = sys.getswitchinterval()
    other = threading.Thread(target=take_turns)
    sys.setswitchinterval(1e-6)
    try:
        other.start()
        assert started.wait(10)
        turns = 0
        work()
        return turns
    finally:
        done.set()
        other.join(10)
        sys.setswitchinterval(before_s)


@pytest.mark.skipif(not native.COMPILED, reason="the plain form is Python: threads take turns")
def test_other_threads_run_during_a_long_search() -> None:
    # One component without tiers: nearly all the work is one packing.
    rules = RuleGeneration.from_value(
        [
            {
                "id": f"P{n}",
                "layer": "article",
                "offer": {"kind": "n_for_m", "n": 2 + n % 7, "benefit": benefit(n)},
                "limits": {"per_receipt": 2 + n % 3},
            }
            for n in range(12)
        ]
    )
    sale = Basket.from_dict(
        {
            "sale_id": "s",
            "at": "2026-03-07T15:12:00+01:00",
            "lines": [
                {
                    "line_id": str(n),
                    "sku": f"A{n}",
                    "quantity_milli": 1_000 + 1_000 * (n % 3),
                    "unit_price_minor": 500 + 791 * n % 6_007,
                }
                for n in range(20)
            ],
        }
    )
    assert rules.evaluate(sale).diagnostics.steps > 50_000
    turns = turns_during(lambda: rules.evaluate(sale))
    assert turns[3 * TRIES // 4] > BEFORE_WORK_MAX


def benefit(number: int) -> dict[str, int | str]:
    return {"type": "percent", "bp": 1_000 + 370 * number}


def test_who_keeps_the_lock_lets_nobody_run() -> None:
    """The control of the test above: a long computation that does not let go."""
    assert turns_during(lambda: pow(3, 300_000))[TRIES // 4] <= BEFORE_WORK_MAX
