"""The hardest real receipts, as ``overlap.py`` measures them in a process of its own."""

from __future__ import annotations

from typing import Any

import quick
from children import child
from table import Row, figure

PROVEN_TARGET = 0.999
DRAWS = ("1", "2")


def overlaps() -> list[Row]:
    """Proven how often, and in what time: a merchant's season, a dozen of it, the stress set."""
    few = quick.of((), ("--limit", "3"))
    season = child("overlap.py", "--json", *few)
    if not season:
        return [Row("receipts", "skipped", "no real receipts where STAMMKUNDE_DATA points")]
    stress = child("overlap.py", "--json", "--set", "stress", *few)
    dozens = [(draw, child("overlap.py", "--json", "--dozen", draw, *few)) for draw in DRAWS]
    return [
        *_rows(season, "", PROVEN_TARGET),
        *[row for draw, found in dozens for row in _rows(found, f"a dozen, draw {draw}: ", None)],
        *_rows(stress, "stress set: ", None),
    ]


def _rows(found: dict[str, Any], of: str, target: float | None) -> list[Row]:
    times = found["time_us"]
    share = found["optimal_in_time"] / found["receipts"]
    wanted = found["wanted_by"]
    gap = sum(row["gap_minor"] for row in found["unproven"])
    return [
        Row(
            f"{of}offers that want an article, median",
            str(found["offers_per_article"]),
            f"{wanted['2']:.1%} of the articles wanted by two or more, {wanted['3']:.1%} by three",
        ),
        Row(
            f"{of}proven lowest within 5 ms",
            f"{share:.3%}",
            f"{found['optimal_in_time']} of {found['receipts']} receipts; in any time "
            f"{found['optimal_share']:.3%} ({found['optimal_share_of_selling']:.3%} of those that "
            "sell)",
            *(() if target is None else (">= 99.9 %", share >= target)),
        ),
        Row(
            f"{of}gaps of the others, together",
            f"{gap / max(1, found['total_minor']):.3%}",
            "of all totals; nobody could save more",
        ),
        Row(
            f"{of}evaluation of a receipt",
            figure(times["p50"], "us"),
            f"p99 {figure(times['p99'], 'us')}, slowest {figure(times['max'] / 1000, 'ms')}",
        ),
    ]
