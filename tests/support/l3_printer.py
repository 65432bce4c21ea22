"""A printer in a process of its own: ``l3_printer.py FOLDER``; says its port.

It answers with process ids (level 3), takes its time for paper, and outlives every till.
"""

from __future__ import annotations

import sys
from pathlib import Path

from printers.sim.core import Knobs
from printers.sim.machine import Machine
from printers.sim.paper import Paper
from printers.sim.tcp import TcpFace

ROWS_PER_S = 12_000


def main() -> None:
    paper = Paper(Path(sys.argv[1]))
    machine = Machine(
        Knobs(dots=384, rows_per_s=ROWS_PER_S),
        on_page=lambda page, is_torn: paper.lay_down(page, is_torn=is_torn),
    )
    with TcpFace(machine) as face:
        sys.stdout.write(f"{face.port}\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()
