"""Small counts for a look whether the benchmarks run; their figures mean nothing.

``STAMMKUNDE_BENCH_QUICK=1`` in the environment asks for them, in every process of a run.
"""

from __future__ import annotations

import os

QUICK = os.environ.get("STAMMKUNDE_BENCH_QUICK") == "1"


def of(full: int, few: int) -> int:
    """Return the count to take: the full one, or a few."""
    return few if QUICK else full


def from_environment(name: str, full: int, few: int) -> int:
    """Return the count that the environment asks for, else as ``of``."""
    return int(os.environ.get(name, of(full, few)))
