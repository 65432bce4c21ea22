"""The counter of a shop with a million customers while its agent is busy."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from children import child
from counter import CHANGED, CUSTOMERS
from table import Row

LIMITS_US: Final = {"lookup": 1_000, "panel": 5_000, "complete": 50_000}
NAMES: Final = {
    "lookup": "card lookup",
    "panel": "card scan to panel",
    "complete": "completion of a sale, durable",
}


def counters() -> list[Row]:
    """Every single call counts; alone and beside the agent in one run."""
    with TemporaryDirectory() as name:
        folder = Path(name) / "till"
        child("counter.py", "build", folder)
        found = child("counter.py", "asked", folder)
    rows = [_row(what, found["alone"], found["beside"]) for what in NAMES]
    applied = found["applied"]
    rows.append(
        Row(
            f"… meanwhile {CHANGED} rows applied",
            f"{applied['seconds']:.1f} s",
            f"{found['beside']['scans']} scans and {found['beside']['sales']} sales beside it",
        )
    )
    for name, size in found["files"].items():
        of = f"{CUSTOMERS} customers" if name.startswith("cache") else "all sales of this run"
        rows.append(Row(f"size of {name}", f"{size / 1e6:.1f} MB", of))
    return rows


def _row(what: str, alone: dict[str, Any], beside: dict[str, Any]) -> Row:
    here, busy = alone[what], beside[what]
    limit_us = LIMITS_US[what]
    return Row(
        f"{NAMES[what]}, {CUSTOMERS} customers, p99 beside the agent",
        f"{busy['p99_us'] / 1000:.2f} ms",
        f"p50 {busy['p50_us']} us, max {busy['max_us']} us; alone p50 {here['p50_us']} us, "
        f"p99 {here['p99_us']} us; {busy['p99_us'] / max(1, here['p99_us']):.1f} times",
        target=f"<= {limit_us / 1000:g} ms",
        met=busy["p99_us"] <= limit_us,
    )
