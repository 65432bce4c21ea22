"""Measures what the README promises and the design demands; nothing here is asserted.

run.py            everything
run.py NAME …     only these sections: evaluations scalings loadings explainings rivals crowds
                  overlaps profile starts replays servings counters uploads classes
                  loads pages
run.py --out DIR  writes results.json, RESULTS.md and PROFILE.md there, not beside this script

Figures of a loaded machine say little: close what else runs first. The rivals are
measured where ``pip install -e '.[bench]'`` has put them; a section says what it left out.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path

import callgrind
import table
from counter_rows import counters
from engine_rows import evaluations, explainings, loadings, scalings
from load_rows import classes, loads, uploads
from office_rows import pages
from overlap_rows import overlaps
from rivals import crowds, rivals
from table import Row
from till_rows import replays, servings, starts

Section = Callable[[], list[Row]]


def sections(folder: Path) -> dict[str, tuple[str, Section]]:
    """Return title and work of every section, in the order of the page."""
    return {
        "evaluations": ("The engine", evaluations),
        "scalings": ("What the time does not depend on", scalings),
        "loadings": ("Loading", loadings),
        "explainings": ("Explaining", explainings),
        "rivals": ("Side by side", rivals),
        "crowds": ("Side by side where promotions crowd", crowds),
        "overlaps": ("Real receipts against 50 overlapping promotions", overlaps),
        "profile": ("Where the time goes", partial(callgrind.profile, folder)),
        "starts": ("Start of a till", starts),
        "replays": ("Replay", replays),
        "servings": ("Serving hosts", servings),
        "counters": ("A million customers at the counter", counters),
        "uploads": ("Receipts at head office", uploads),
        "classes": ("Classes beside receipts", classes),
        "loads": ("Head office, agent and till under load", loads),
        "pages": ("The owner's page", pages),
    }


def main() -> None:
    """Measure what is named, or everything; print, write after each section."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="sections to measure")
    parser.add_argument("--out", type=Path, default=table.HERE, help="folder of the results")
    wish = parser.parse_args()
    known = sections(wish.out)
    if unknown := [name for name in wish.names if name not in known]:
        parser.error(f"no section {unknown[0]}; there are {' '.join(known)}")
    for name in wish.names or known:
        title, measure = known[name]
        rows = measure()
        for row in rows:
            target = f" ({row.target}: {table.verdict(row.met)})" if row.target else ""
            print(f"{row.what:<64} {row.value:>12}{target}  {row.note}", flush=True)
        table.keep(name, title, rows, folder=wish.out, order=known)


if __name__ == "__main__":
    main()
