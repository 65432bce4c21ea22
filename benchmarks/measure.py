"""Measures one thing in a process of its own and prints it as JSON; ``run.py`` calls it.

measure.py evaluation       microseconds from basket to result, by number of lines
measure.py open FOLDER SALE  seconds of import, open and first evaluation, memory afterwards
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from time import perf_counter, perf_counter_ns

STARTED = perf_counter()
BASKETS = {8: 200, 20: 200, 100: 60}
REPEATS = 3


def evaluation() -> dict[str, object]:
    """Median and 99th percentile; each basket counts with the best of a few runs."""
    import workload

    import native
    from pos_plugin.model import Basket
    from pos_plugin.promotions.generation import RuleGeneration

    rows = workload.articles()
    package = json.dumps({"generation": 1, "promotions": workload.promotions()})
    before = perf_counter()
    rules = RuleGeneration.from_json(package)
    found: dict[str, object] = {
        "compiled": native.COMPILED,
        "load_ms": round((perf_counter() - before) * 1000),
    }
    for lines, count in BASKETS.items():
        baskets = [Basket.from_dict(workload.sale(n, lines, rows)) for n in range(count)]
        rules.evaluate(baskets[0])
        times = []
        optimal = 0
        for basket in baskets:
            runs = []
            for _ in range(REPEATS):
                start = perf_counter_ns()
                result = rules.evaluate(basket)
                runs.append(perf_counter_ns() - start)
            times.append(min(runs) / 1000)
            optimal += result.optimal
        times.sort()
        found[str(lines)] = {
            "median_us": round(times[count // 2]),
            "p99_us": round(times[min(count - 1, count * 99 // 100)]),
            "optimal_share": optimal / count,
        }
    return found


def first_answer(folder: Path, sale: Path) -> dict[str, object]:
    """What a till does when it starts: until the first sale has its price."""
    snapshot = json.loads(sale.read_bytes())
    start = perf_counter()
    from pos_plugin import Plugin, TillConfig

    imported = perf_counter()
    with Plugin.open(TillConfig(shop="001", till="1", data_dir=folder)) as plugin:
        opened = perf_counter()
        evaluation = plugin.sales.evaluate(snapshot)
        answered = perf_counter()
        if evaluation.notices or not evaluation.generation:
            raise SystemExit(f"no price from the rules: {evaluation.notices}")
        return {
            "import_s": imported - start,
            "open_s": opened - imported,
            "first_evaluation_s": answered - opened,
            "together_s": answered - start,
            "memory_mb": memory_mb(),
        }


def memory_mb(pid: int | str = "self") -> float:
    """Resident memory of a process now; of this one its peak where the system does not tell."""
    status = Path(f"/proc/{pid}/status")
    if status.exists():
        line = next(one for one in status.read_text().splitlines() if one.startswith("VmRSS:"))
        return int(line.split()[1]) / 1024
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    if sys.argv[1] == "evaluation":
        print(json.dumps(evaluation()))
    else:
        print(json.dumps(first_answer(Path(sys.argv[2]), Path(sys.argv[3]))))
