"""What a paper costs the sale that orders it: fill the template, check it, one INSERT.

enqueue.py [SALES]   prints the figures, of 300 sales when missing

Each sale gives its customer a voucher with covers of four titles; nobody prints. The time is that
of the part of the transaction that belongs to the paper. Time of the processor stands beside it:
that of the clock grows with whatever else the machine does.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from time import perf_counter_ns, thread_time_ns
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "support"))

SALES = 300
FIRST = 10
"""So many sales load what is loaded once; they do not count."""


def main() -> None:
    """Sell, and print what the papers took."""
    from host_till import PythonSide
    from till_builder import TillBuilder

    from pos_plugin.booking.issuing import Issuing

    sales = int(sys.argv[1]) if len(sys.argv) > 1 else SALES
    clock_us: list[int] = []
    processor_us: list[int] = []

    order = Issuing._print  # noqa: SLF001 - the part of the sale that belongs to the paper

    def timed(*given: Any, **named: Any) -> dict[str, Any]:  # noqa: ANN401
        began_ns, worked_ns = perf_counter_ns(), thread_time_ns()
        effect = order(*given, **named)
        processor_us.append((thread_time_ns() - worked_ns) // 1_000)
        clock_us.append((perf_counter_ns() - began_ns) // 1_000)
        return effect

    Issuing._print = timed  # type: ignore[method-assign]  # noqa: SLF001
    with tempfile.TemporaryDirectory() as folder:
        till = TillBuilder(Path(folder) / "till")
        till.article("4711", 7999)
        till.voucher_type(layout={"title": {"de": "Danke!", "en": "Thank you!"}, "covers": 4})
        for number in range(4):
            title = {"title": f"Film {number}", "start_on": "2026-12-24"}
            till.put("cover", **title, price_minor=250, blob=None)
        till.trigger(segment=None)
        with till.open() as plugin:
            for sale in range(FIRST + sales):
                PythonSide(plugin).sell(str(sale))
    print(f"{sales} papers ordered, in milliseconds: half below, 99 of 100 below")
    for words, times_us in (("clock", clock_us), ("processor", processor_us)):
        ordered = sorted(times_us[FIRST:])
        half, most = ordered[len(ordered) // 2], ordered[len(ordered) * 99 // 100]
        print(f"{words:<10} {half / 1_000:.2f}  {most / 1_000:.2f}")


if __name__ == "__main__":
    main()
