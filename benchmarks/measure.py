"""Measures one thing in a process of its own and prints it as JSON; ``engine_rows.py`` calls it.

measure.py evaluation PROMOTIONS LINES   microseconds from basket to result
measure.py untouched    what 4 000 promotions cost that touch no article of the basket
measure.py pieces       what 500 or 70 000 equal pieces on a line cost against 5
measure.py loading      seconds and memory of 5 000 promotions
measure.py explaining   microseconds of the reasons of 1 000 promotions
measure.py open FOLDER SALE  seconds of import, open and first evaluation, memory afterwards
"""

from __future__ import annotations

import gc
import json
import statistics
import sys
from pathlib import Path
from time import perf_counter, perf_counter_ns
from typing import TYPE_CHECKING, Any, Final

import quick

if TYPE_CHECKING:
    from collections.abc import Callable

    from pos_plugin.promotions.generation import RuleGeneration

BASKETS: Final = quick.of(200, 3)
REPEATS: Final = quick.of(5, 1)
PATIENCE_S: Final = 60
"""After it a slow engine is judged by the baskets it has done."""

MORE_PROMOTIONS: Final = 4_000
MANY_PROMOTIONS: Final = 5_000
PIECES: Final = (5, 500, 70_000)


def rules_of(*parts: list[dict[str, Any]]) -> RuleGeneration:
    from pos_plugin.promotions.generation import RuleGeneration

    promotions = [one for part in parts for one in part]
    return RuleGeneration.from_json(json.dumps({"generation": 1, "promotions": promotions}))


def in_turn(count: int, pose: Callable[[int], dict[str, Callable[[], object]]]) -> dict[str, Any]:
    """Time several ways over ``count`` baskets, turn by turn; a basket counts with its best run.

    Args:
        count: baskets.
        pose: returns the ways for a basket.

    Returns:
        Per way microseconds, median and 99th percentile of the baskets, and the median of what
        each basket costs to the first way.
    """
    best: dict[str, list[float]] = {}
    enough = perf_counter() + PATIENCE_S
    gc.collect()
    gc.freeze()  # what the benchmark itself holds is nobody's garbage
    for number in range(count):
        runs: dict[str, list[int]] = {}
        ways = pose(number)
        for _ in range(REPEATS):
            for way, run in ways.items():
                start = perf_counter_ns()
                run()
                runs.setdefault(way, []).append(perf_counter_ns() - start)
        for way, times in runs.items():
            best.setdefault(way, []).append(min(times) / 1000)
        if perf_counter() > enough:
            break
    first = next(iter(best.values()))
    return {
        way: {**summary(times), "to_first": middle_ratio(times, first)}
        for way, times in best.items()
    }


def middle_ratio(times: list[float], others: list[float]) -> float:
    """Return the median over baskets of one time to the other: what a busy minute cannot move."""
    return statistics.median(one / other for one, other in zip(times, others, strict=True))


def summary(times_us: list[float]) -> dict[str, float]:
    ordered = sorted(times_us)
    return {
        "median_us": statistics.median(ordered),
        "p99_us": ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)],
        "baskets": len(ordered),
    }


def evaluation(promotions: int, lines: int) -> dict[str, object]:
    """From basket to result."""
    import workload

    import native
    from pos_plugin.model import Basket

    rows = workload.articles()
    rules = rules_of(workload.promotions(promotions))
    baskets = [Basket.from_dict(workload.sale(n, lines, rows)) for n in range(BASKETS)]
    first = rules.evaluate(baskets[0])
    optimal: list[bool] = []

    def pose(number: int) -> dict[str, Callable[[], object]]:
        optimal.append(rules.evaluate(baskets[number]).optimal)
        return {"evaluation": lambda: rules.evaluate(baskets[number])}

    times = in_turn(BASKETS, pose)["evaluation"]
    return {
        **times,
        "compiled": first.diagnostics.compiled and native.COMPILED,
        "optimal_share": sum(optimal) / len(optimal),
    }


def untouched() -> dict[str, object]:
    """The same baskets against 1 000 promotions, and against 4 000 more that touch none of them."""
    import workload

    from pos_plugin.model import Basket

    rows = workload.articles()
    few = rules_of(workload.promotions())
    many = rules_of(workload.promotions(), workload.untouched(MORE_PROMOTIONS))
    baskets = [Basket.from_dict(workload.sale(n, 20, rows)) for n in range(BASKETS)]

    def pose(number: int) -> dict[str, Callable[[], object]]:
        basket = baskets[number]
        totals = {rules.evaluate(basket).total_minor for rules in (few, many)}
        if len(totals) > 1:
            raise SystemExit(f"the 4 000 promotions changed the price of basket {number}")
        return {"few": lambda: few.evaluate(basket), "many": lambda: many.evaluate(basket)}

    return in_turn(BASKETS, pose)


def pieces() -> dict[str, object]:
    """The same 20 lines with one of 5, of 500 and of 70 000 equal pieces."""
    import workload

    from pos_plugin.model import Basket

    rows = workload.articles()
    rules = rules_of(workload.promotions())

    def pose(number: int) -> dict[str, Callable[[], object]]:
        baskets = {
            str(count): Basket.from_dict(workload.sale_of_pieces(number, count, rows))
            for count in PIECES
        }
        return {way: lambda one=one: rules.evaluate(one) for way, one in baskets.items()}

    return in_turn(BASKETS, pose)


def loading() -> dict[str, object]:
    """A generation of 5 000 promotions, from text to ready."""
    import workload

    from pos_plugin.model import Basket
    from pos_plugin.promotions.generation import RuleGeneration

    promotions = workload.promotions(MANY_PROMOTIONS)
    text = json.dumps({"generation": 1, "promotions": promotions})
    # What the first use loads is paid once and belongs to no generation.
    first = RuleGeneration.from_value(promotions[:100])
    first.evaluate(Basket.from_dict(workload.sale(1, 8, workload.articles())))
    del promotions
    gc.collect()
    before_mb = memory_mb()
    start = perf_counter()
    rules = RuleGeneration.from_json(text)
    loaded_s = perf_counter() - start
    gc.collect()
    return {
        "load_s": loaded_s,
        "memory_mb": memory_mb() - before_mb,
        "promotions": len(rules.promotions),
    }


def explaining() -> dict[str, object]:
    """The first look at why promotions did not apply, on a fresh result each time."""
    import workload

    from pos_plugin.model import Basket

    rows = workload.articles()
    rules = rules_of(workload.promotions())
    times = []
    gc.collect()
    gc.freeze()
    enough = perf_counter() + PATIENCE_S
    for number in range(BASKETS):
        basket = Basket.from_dict(workload.sale(number, 20, rows))
        runs = []
        for _ in range(REPEATS):
            result = rules.evaluate(basket)
            start = perf_counter_ns()
            reasons = result.not_applied
            runs.append(perf_counter_ns() - start)
        if len(reasons) + len(result.promotions) != len(rules.promotions):
            raise SystemExit("a promotion is neither applied nor explained")
        times.append(min(runs) / 1000)
        if perf_counter() > enough:
            break
    return {**summary(times)}


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


def main() -> None:
    """Measure what the command line names."""
    what, *arguments = sys.argv[1:]
    if what == "evaluation":
        found = evaluation(*map(int, arguments))
    elif what == "open":
        found = first_answer(*map(Path, arguments))
    else:
        found = {
            "untouched": untouched,
            "pieces": pieces,
            "loading": loading,
            "explaining": explaining,
        }[what]()
    print(json.dumps(found))


if __name__ == "__main__":
    main()
