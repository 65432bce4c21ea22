"""Where the time of an evaluation goes, in instructions counted by valgrind's callgrind.

Counts do not depend on what else the machine does. ``run.py profile`` writes the table to
PROFILE.md; callgrind.py child TARGET is what runs under valgrind: it evaluates TARGET baskets
between two lines of its standard input.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import quick
from engine_rows import is_built
from table import Row, figure

from pos_plugin.clock import SystemClock

BASKETS: Final = quick.of(40, 2)
LINES: Final = (20, 100)
SHOWN: Final = 20
COST: Final = re.compile(r"^\s*([\d,]+)\s+\([^)]*\)\s+(\S*?):(.+?)(?: \[(.+)\])?$")
TOOLS: Final = ("valgrind", "callgrind_annotate", "callgrind_control")

Place = tuple[str, str]
"""A function, and the library that holds it."""


def profile(folder: Path) -> list[Row]:
    """Count, write PROFILE.md, return what belongs into the table of results."""
    if absent := [tool for tool in TOOLS if not shutil.which(tool)]:
        return [Row("profile", "skipped", f"{absent[0]} is not installed (apt install valgrind)")]
    if not is_built():
        return [Row("profile", "skipped", "the compiled core is not built")]
    rows: list[Row] = []
    text = page_head()
    for lines in LINES:
        costs = counted(lines)
        total = sum(costs.values())
        text += page_part(lines, costs)
        within = sum(cost for (_, where), cost in costs.items() if where.startswith("native"))
        if not within:
            return [Row("profile", "skipped", "the plain form answered, not the compiled core")]
        rows.append(
            Row(
                f"instructions of an evaluation, {lines} lines",
                figure(total / BASKETS / 1000, "thousand"),
                f"{within / total:.0%} in the compiled core; shares by function in PROFILE.md",
            )
        )
    (folder / "PROFILE.md").write_text("\n".join(text), encoding="utf-8")
    return rows


def counted(lines: int) -> Counter[Place]:
    """Return instructions by function and the library that holds it."""
    with TemporaryDirectory() as name:
        out = Path(name) / "callgrind.out"
        command = [
            *("valgrind", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={out}"),
            *(sys.executable, str(Path(__file__).resolve()), "child", str(lines)),
        ]
        with subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as talk:
            ask(talk, expected="ready")
            switch(talk.pid, "on")
            ask(talk, "go", expected="done")
            switch(talk.pid, "off")
            talk.communicate("end\n")
        annotated = subprocess.run(
            ["callgrind_annotate", "--auto=no", "--threshold=100", str(out)],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
    return by_function(annotated)


def by_function(annotated: str) -> Counter[Place]:
    """Return the instructions of each function, whatever file its parts were inlined from."""
    found = [match.groups() for line in annotated.splitlines() if (match := COST.match(line))]
    # A part that was inlined names no library: it is that of the function, or of the file.
    known: dict[str, str] = {}
    for _, file, function, library in found:
        if library:
            known.setdefault(file, library)
            known[plain(function)] = library
    costs: Counter[Place] = Counter()
    for cost, file, function, library in found:
        name = plain(function)
        where = library or known.get(name) or known.get(file) or ""
        costs[readable(name), place(where)] += int(cost.replace(",", ""))
    return costs


def ask(talk: Any, line: str = "", *, expected: str) -> None:  # noqa: ANN401 - a process with pipes
    if line:
        talk.stdin.write(line + "\n")
        talk.stdin.flush()
    if talk.stdout.readline().strip() != expected:
        raise SystemExit("the profiled process gave up")


def switch(pid: int, state: str) -> None:
    """Turn the counting of a process on or off."""
    subprocess.run(["callgrind_control", "-i", state, str(pid)], check=True, capture_output=True)


def plain(function: str) -> str:
    """Return a function's name without its depth of recursion and what the compiler cloned."""
    return re.sub(r"(?:\.(?:part|constprop|isra|cold)(?:\.\d+)?)+|'\d+", "", function)


def readable(function: str) -> str:
    """Return the name in the source of what Cython calls, say, ``__pyx_f_5match__holds``.

    >>> readable("__pyx_f_6native_9_compiled_5match__holds")
    'match._holds'
    """
    start = re.match(r"__pyx_(?:f|pf|pw)_", function)
    if not start:
        return function
    rest, parts = function[start.end() :], []
    while (length := re.match(r"\d+", rest)) and rest[length.end() + int(length[0]) :][:1] == "_":
        end = length.end() + int(length[0])
        parts.append(rest[length.end() : end])
        rest = rest[end + 1 :]
    return ".".join([*parts[-1:], rest.lstrip("0123456789")])


def place(library: str) -> str:
    """Return the library as a reader knows it."""
    path = Path(library)
    name = path.name.split(".")[0] or "elsewhere"
    return f"native: {name}" if "native" in path.parts else name


def page_head() -> list[str]:
    version = subprocess.run(
        ["valgrind", "--version"], check=True, capture_output=True, text=True
    ).stdout.strip()
    said = (
        f"{SystemClock().now().date()}, {version}, tool callgrind: instructions counted, not "
        f"timed, so a busy machine changes nothing. {BASKETS} baskets of the neutral workload "
        "against 1 000 promotions, from `Basket` object to result, compiled core. Command: "
        "`python benchmarks/run.py profile`."
    )
    return ["# Where the time goes", "", said, ""]


def page_part(lines: int, costs: Counter[Place]) -> list[str]:
    """Return the tables of one size of basket."""
    total = sum(costs.values())
    places: Counter[str] = Counter()
    for (_, where), cost in costs.items():
        places[where] += cost
    return [
        f"## {lines} lines: {figure(total / BASKETS / 1000, 'thousand')} instructions a basket",
        "",
        "| library | share |",
        "|---|--:|",
        *(f"| {one} | {cost / total:.1%} |" for one, cost in places.most_common(8)),
        "",
        "| function | library | share |",
        "|---|---|--:|",
        *(
            f"| `{function}` | {where} | {cost / total:.1%} |"
            for (function, where), cost in costs.most_common(SHOWN)
        ),
        "",
    ]


def child(lines: int) -> None:
    """Evaluate between two lines of standard input."""
    import gc

    import workload
    from measure import rules_of

    from pos_plugin.model import Basket

    rows = workload.articles()
    rules = rules_of(workload.promotions())
    baskets = [Basket.from_dict(workload.sale(number, lines, rows)) for number in range(BASKETS)]
    rules.evaluate(baskets[0])
    del rows
    gc.collect()
    gc.freeze()
    print("ready", flush=True)
    sys.stdin.readline()
    for basket in baskets:
        rules.evaluate(basket)
    print("done", flush=True)
    sys.stdin.readline()


if __name__ == "__main__":
    child(int(sys.argv[2]))
