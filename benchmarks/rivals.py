"""This engine beside others on the same baskets, each in a process of its own, asked in turn."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections import defaultdict
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import quick
import rival_c
import rival_oscar
import workload
from measure import middle_ratio
from table import Row, at_most, figure

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE: Final = Path(__file__).resolve().parent
C_TARGET: Final = 10
REPEATS: Final = quick.of(5, 1)
BASKETS: Final = {
    5: quick.of(3, 1),
    20: quick.of(100, 3),
    100: quick.of(50, 2),
    300: quick.of(25, 1),
}


OSCAR_LACKS: Final = (
    "no bundle of two ranges, no receipt tier on what the article offers left, no groups of "
    "customers; these promotions take no part on either side"
)
LOOPS_LACK: Final = (
    "no limits, caps, exclusives, buy-get, quantity tiers, conditions, selectors beyond the "
    "category, returns or weighed goods; none of the others gives reasons"
)


@dataclass(frozen=True, slots=True)
class Rival:
    """Somebody who prices the baskets of the workload.

    Args:
        name: as the table says it.
        command: script of this folder, and its argument.
        sizes: lines of the baskets it is asked for.
        repeats: runs a basket, of which the best counts.
        missing: what keeps it from being measured here, empty when nothing does.
    """

    name: str
    command: tuple[str, ...]
    sizes: tuple[int, ...]
    repeats: int = REPEATS
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    time_us: float
    total_minor: int
    applied: int
    optimal: bool


def missing(module: str) -> str:
    """Return why a rival that needs this module is left out, empty when it is there."""
    return "" if find_spec(module) else f"{module} is not installed: pip install -e '.[bench]'"


def contests(world: str) -> list[list[Rival]]:
    """Return who is measured against whom on a workload; ours first."""
    compiler = "" if rival_c.compiler() else "no C compiler"
    oscar = missing("oscar")
    sizes, many, few = ((20, 100, 300), (5, 20), (5,)) if world == "neutral" else ((20,), (20,), ())
    contest = [
        Rival("this engine", ("rival_ours.py", "all", world), sizes),
        Rival("plain loop", ("plain_loop.py", "all", world), sizes),
        Rival("plain loop with an index", ("plain_loop.py", "indexed", world), sizes),
        Rival("OR-Tools CP-SAT", ("rival_cpsat.py", world), sizes, missing=missing("ortools")),
        Rival("bare C loop", ("rival_c.py", world), sizes, missing=compiler),
    ]
    in_its_words = [
        Rival("this engine, oscar's words", ("rival_ours.py", "oscar", world), many),
        Rival(
            "django-oscar without its SQL", ("rival_oscar.py", "memory", world), many, missing=oscar
        ),
    ]
    if few:
        shipped = ("rival_oscar.py", "sql", world)
        in_its_words.append(
            Rival("django-oscar as shipped", shipped, few, repeats=1, missing=oscar)
        )
    return [contest, in_its_words]


def rivals() -> list[Row]:
    """Times, ratios and what the customer pays."""
    rows = [row for contest in contests("neutral") for row in measured(contest)]
    promotions = workload.promotions()
    said = sum(map(rival_oscar.is_said_by_oscar, promotions))
    return [
        *rows,
        Row("django-oscar has words for", f"{said} of {len(promotions)}", OSCAR_LACKS),
        Row("the loops and the model have words for", "this workload", LOOPS_LACK),
    ]


def crowds() -> list[Row]:
    """The same where many promotions want the same articles: what a greedy price costs."""
    return [row for contest in contests("crowded") for row in measured(contest)]


def measured(contest: list[Rival]) -> list[Row]:
    """Return the rows of one contest; who cannot take part is named."""
    there = [one for one in contest if not one.missing]
    answers = asked(there)
    rows: list[Row] = []
    for one in there:
        for lines in one.sizes:
            rows += compared(one, lines, answers[one.name], answers[contest[0].name])
    return rows + [Row(one.name, "left out", one.missing) for one in contest if one.missing]


def asked(contest: list[Rival]) -> dict[str, dict[int, list[Answer]]]:
    """Ask all for one basket after the other."""
    found: dict[str, dict[int, list[Answer]]] = defaultdict(lambda: defaultdict(list))
    with ExitStack() as stack:
        started = [(one, stack.enter_context(process(one))) for one in contest]
        for rival, talk in started:
            answer(rival, talk)
        for lines in sorted({size for one in contest for size in one.sizes}):
            for number in range(BASKETS[lines]):
                for one, talk in started:
                    if lines in one.sizes:
                        question = {"number": number, "lines": lines, "repeats": one.repeats}
                        talk.stdin.write(json.dumps(question) + "\n")
                        talk.stdin.flush()
                        found[one.name][lines].append(Answer(**answer(one, talk)))
    return found


@contextmanager
def process(rival: Rival) -> Iterator[Any]:
    """Run a rival until the questions end."""
    script, *arguments = rival.command
    with subprocess.Popen(
        [sys.executable, str(HERE / script), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as talk:
        try:
            yield talk
        finally:
            talk.stdin and talk.stdin.close()


def answer(rival: Rival, talk: Any) -> dict[str, Any]:  # noqa: ANN401 - a process with pipes
    line = talk.stdout.readline()
    if not line:
        raise SystemExit(f"{rival.name} gave up")
    return dict(json.loads(line))


def compared(
    one: Rival, lines: int, theirs: dict[int, list[Answer]], ours: dict[int, list[Answer]]
) -> list[Row]:
    """Return the row of a rival, and for the bare C loop the target beside it."""
    times = sorted(each.time_us for each in theirs[lines])
    median_us = statistics.median(times)
    what = f"{one.name}, {lines} lines"
    p99 = figure(times[min(len(times) - 1, len(times) * 99 // 100)], "us")
    if theirs is ours:
        proven = sum(one.optimal for one in ours[lines]) / len(times)
        note = f"p99 {p99}, proven lowest {proven:.1%}, {len(times)} baskets"
        return [Row(what, figure(median_us, "us"), note)]
    ratio = middle_ratio(
        [each.time_us for each in theirs[lines]], [each.time_us for each in ours[lines]]
    )
    pays = paid(theirs[lines], ours[lines])
    speed = (
        f"{figure(ratio, 'times')} our time"
        if ratio >= 1
        else f"ours is {figure(1 / ratio, 'times')} its time"
    )
    note = f"p99 {p99}, {speed}; {pays}"
    rows = [Row(what, figure(median_us, "us"), note)]
    if one.command == ("rival_c.py", "neutral"):
        rows.append(
            at_most(f"this engine to the bare C loop, {lines} lines", 1 / ratio, C_TARGET, "")
        )
    return rows


def paid(theirs: list[Answer], ours: list[Answer]) -> str:
    """Say what the customer pays there and here, as far as it is more than rounding.

    Each promotion that applies is rounded once here, so a total may lie a cent a promotion off.
    """
    pairs = list(zip(theirs, ours, strict=True))
    dearer = sum(one.total_minor - our.total_minor > our.applied for one, our in pairs)
    cheaper = [our.optimal for one, our in pairs if our.total_minor - one.total_minor > our.applied]
    surplus = sum(one.total_minor for one in theirs) / sum(our.total_minor for our in ours) - 1
    if not dearer and not cheaper:
        return f"same price on {len(pairs)} baskets"
    text = f"dearer on {dearer} of {len(pairs)} baskets, {surplus:+.2%} over all"
    if False in cheaper:
        text += f", cheaper on {cheaper.count(False)} of those where ours is not proven"
    return text + (f", CHEAPER on {cheaper.count(True)}" if True in cheaper else "")
