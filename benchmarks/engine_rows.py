"""The engine alone: evaluation, what it does not depend on, loading, explaining."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from operator import itemgetter
from typing import Any

import quick
from children import child
from table import Row, at_most, figure

SIZES = ((1000, 8), (1000, 20), (1000, 100), (1000, 300), (5000, 300))
MEDIAN_TARGET_US = {(1000, 20): 30, (1000, 100): 150, (1000, 300): 250, (5000, 300): 2000}
P99_TARGET_US = {(5000, 300): 10_000}
LOADS = quick.of(5, 1)
ROUNDS = quick.of(3, 1)
FORMS = (("compiled", "compiled"), ("plain Python", "python"))


def is_built() -> bool:
    """Return whether the compiled form of the core loads on this machine."""
    command = [sys.executable, "-c", "import native"]
    wish = {**os.environ, "STAMMKUNDE_NATIVE": "compiled"}
    return not subprocess.run(command, env=wish, capture_output=True, check=False).returncode


def evaluations() -> list[Row]:
    """Basket to result, both forms of the core.

    Every size is measured once a round and counts with its quietest round: a neighbour of a shared
    machine slows all runs of some seconds, not runs minutes apart.
    """
    rows: list[Row] = []
    for form, wish in FORMS:
        if wish == "compiled" and not is_built():
            rows.append(Row("evaluation, compiled", "not built", "needs a C compiler"))
            continue
        rounds = [
            [child("measure.py", "evaluation", *size, STAMMKUNDE_NATIVE=wish) for size in SIZES]
            for _ in range(ROUNDS)
        ]
        for size, *found in zip(SIZES, *rounds, strict=True):
            quietest = min(found, key=itemgetter("median_us"))
            rows += _evaluation(form, *size, quietest)
    return rows


def _evaluation(form: str, promotions: int, lines: int, found: dict[str, Any]) -> list[Row]:
    what = f"evaluation, {thousands(promotions)} promotions, {lines} lines, {form}"
    median_us, p99_us = found["median_us"], found["p99_us"]
    note = (
        f"p99 {figure(p99_us, 'us')}, proven lowest {found['optimal_share']:.1%}, "
        f"{found['baskets']} baskets, quietest of {ROUNDS} rounds"
    )
    size = (promotions, lines)
    if form != "compiled" or size not in MEDIAN_TARGET_US:
        return [Row(what, figure(median_us, "us"), note)]
    rows = [at_most(what, median_us, MEDIAN_TARGET_US[size], "us", note)]
    if size in P99_TARGET_US:
        rows.append(at_most(f"… its p99, {lines} lines", p99_us, P99_TARGET_US[size], "us"))
    return rows


def scalings() -> list[Row]:
    """What the time must not depend on, as ratios in one run."""
    rows: list[Row] = []
    for form, wish in FORMS:
        if wish == "compiled" and not is_built():
            continue
        untouched = child("measure.py", "untouched", STAMMKUNDE_NATIVE=wish)
        pieces = child("measure.py", "pieces", STAMMKUNDE_NATIVE=wish)
        few, many = untouched["few"]["median_us"], untouched["many"]["median_us"]
        what = f"4 000 more promotions that touch nothing, 20 lines, {form}"
        note = f"{figure(many, 'us')} to {figure(few, 'us')}, {untouched['few']['baskets']} baskets"
        rows.append(_ratio(what, untouched["many"]["to_first"], note, target=wish == "compiled"))
        five = pieces["5"]["median_us"]
        for count in ("500", "70000"):
            median_us = pieces[count]["median_us"]
            what = f"a line of {thousands(int(count))} pieces to one of 5, 20 lines, {form}"
            note = f"{figure(median_us, 'us')} to {figure(five, 'us')}, "
            note += f"p99 {figure(pieces[count]['p99_us'], 'us')}"
            rows.append(_ratio(what, pieces[count]["to_first"], note, target=wish == "compiled"))
    return rows


def _ratio(what: str, ratio: float, note: str, *, target: bool) -> Row:
    # "No dearer" and "at most 5 %" both end where two medians of one run can still be told apart.
    return at_most(what, ratio, 1.05, "", note) if target else Row(what, figure(ratio, ""), note)


def loadings() -> list[Row]:
    """A full generation, from text to ready, each in a fresh process."""
    found = [child("measure.py", "loading") for _ in range(LOADS)]
    load_s = statistics.median(one["load_s"] for one in found)
    memory_mb = statistics.median(one["memory_mb"] for one in found)
    what = f"{thousands(found[0]['promotions'])} promotions"
    note = "resident memory after less before, in a process of its own"
    return [
        at_most(f"{what} loaded and compiled", load_s, 1, "s"),
        at_most(f"memory of {what}", memory_mb, 60, "MB", note),
    ]


def explainings() -> list[Row]:
    """Every promotion that did not apply, with its reason."""
    rows: list[Row] = []
    for form, wish in FORMS:
        if wish == "compiled" and not is_built():
            continue
        found = child("measure.py", "explaining", STAMMKUNDE_NATIVE=wish)
        what = f"reasons of 1 000 promotions, 20 lines, {form}"
        note = f"p99 {figure(found['p99_us'] / 1000, 'ms')}, {found['baskets']} baskets"
        measured_ms = found["median_us"] / 1000
        if wish == "compiled":
            rows.append(at_most(what, measured_ms, 10, "ms", note))
        else:
            rows.append(Row(what, figure(measured_ms, "ms"), note))
    return rows


def thousands(number: int) -> str:
    """Return a number with its thousands apart."""
    return f"{number:,}".replace(",", " ")
