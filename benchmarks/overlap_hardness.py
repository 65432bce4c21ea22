"""How hard fifty promotions are on real receipts: what CP-SAT needs for the proof.

overlap_hardness.py                every 80th selling receipt of at most 46 lines, set season
overlap_hardness.py --every 20 --first 3 --set stress

The compact model of promotions.md §7 as the tests have it (``tests/support/cpsat_compact.py``), one
worker, one model for each choice of tiers that could still win. The document's own fifty take 0.02
to 1.7 s a receipt. Only the solver is timed; where a model has no proof after ``EFFORT``
deterministic seconds, the receipt counts as open.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import overlap

SUPPORT: Final = Path(__file__).resolve().parent.parent / "tests" / "support"
MOST_LINES: Final = 46
"""Of the receipts that the document measured."""
EFFORT: Final = 4.0
EASY_S: Final = 2.0


@dataclass
class Solver:
    """Seconds in the solver so far."""

    seconds: float = 0.0


def main() -> None:
    """Measure, print a JSON line for each receipt and what they come to."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--every", type=int, default=80, help="every K-th selling receipt")
    parser.add_argument("--first", type=int, default=7, help="how many to leave out before")
    parser.add_argument("--set", choices=overlap.SETS, default="season", help="which promotions")
    wish = parser.parse_args()
    if not (overlap.DATA / "receipts.csv.gz").exists():
        print("skipped: no real receipts where STAMMKUNDE_DATA points", file=sys.stderr)
        return
    promotions = overlap.SETS[wish.set]()
    sales = [
        sale
        for sale in overlap.snapshots(overlap.articles_by_sku())
        if any(line["quantity_milli"] > 0 for line in sale["lines"])
    ]
    chosen = [one for one in sales[wish.first :: wish.every] if len(one["lines"]) <= MOST_LINES]
    solver = _timed_solver()
    rows = []
    for number, sale in enumerate(chosen, start=1):
        rows.append(_measured(promotions, sale, solver))
        print(json.dumps(rows[-1]), flush=True)
        if sys.stderr.isatty():
            print(f"\r{number} of {len(chosen)}", end="", file=sys.stderr)
    seconds = sorted(row["seconds"] for row in rows)
    easy = sum(row["proven"] and row["seconds"] <= EASY_S for row in rows)
    print(
        f"{len(rows)} receipts: median {seconds[len(rows) // 2]} s, slowest {seconds[-1]} s, "
        f"proven within {EASY_S:.0f} s {easy}"
    )


def _measured(
    promotions: list[dict[str, Any]], sale: dict[str, Any], solver: Solver
) -> dict[str, Any]:
    from cpsat_compact import compact_total
    from cpsat_model import UnsupportedError

    before = solver.seconds
    try:
        answer = compact_total(promotions, sale)
        proven = answer.low == answer.high
    except UnsupportedError:
        proven = False
    return {
        "receipt": overlap.plain_id(sale["sale_id"]),
        "lines": len(sale["lines"]),
        "seconds": round(solver.seconds - before, 3),
        "proven": proven,
    }


def _timed_solver() -> Solver:
    """Put a clock around the solver that the model of the tests calls."""
    sys.path.insert(0, str(SUPPORT))
    import cpsat_model
    from ortools.sat.python import cp_model

    cpsat_model.EFFORT = EFFORT
    clock = Solver()

    class Timed(cp_model.CpSolver):
        """The solver, its seconds added up."""

        def solve(self, *arguments: Any, **more: Any) -> Any:  # noqa: ANN401 - handed on
            start = perf_counter()
            try:
                return super().solve(*arguments, **more)
            finally:
                clock.seconds += perf_counter() - start

    cp_model.CpSolver = Timed  # type: ignore[misc]
    return clock


if __name__ == "__main__":
    main()
