"""Seeded bugs of the engine, each in a copy of its sources, and whether quick tests see them.

A mutation is a text that is replaced in one file; where the text is gone, the mutation has to be
written anew and says so. The copy runs interpreted.
``python tests/support/mutations.py`` tries all.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("native", "pos_plugin", "printers")
QUICK = [
    "tests/unit/pos_plugin/promotions/test_random_cases.py::test_what_was_once_wrong_is_right",
    "tests/unit/pos_plugin/promotions/test_random_cases.py::test_random_cases_get_the_lowest_total",
]
CASES = 600
PASSED, FAILED = 0, 1
"""Exit codes of pytest; any other one is no verdict."""


@dataclass(frozen=True)
class Mutation:
    """A bug: what stands in a file, and what stands there instead."""

    name: str
    path: str
    old: str
    new: str


class StaleMutationError(Exception):
    """The text that a mutation replaces does not stand there once."""


SETTLE, ELIGIBLE = "native/settle.py", "native/eligible.py"
MUTATIONS = [
    Mutation(
        "a quantity tier holds from one unit more on",
        SETTLE,
        "if self.step[s * STEP] <= applications:",
        "if self.step[s * STEP] < applications:",
    ),
    Mutation(
        "a promotion is rounded down",
        SETTLE,
        "total_minor = (2 * total + 10_000) // 20_000",
        "total_minor = total // 10_000",
    ),
    Mutation("a cap is lost", SETTLE, "if 0 <= cap < total:", "if 0 > cap > total:"),
    Mutation(
        "what was given is added to what is left",
        SETTLE,
        "self.share[row + 3] - floor,",
        "self.share[row + 3] + floor,",
    ),
    Mutation(
        "units of an exclusive promotion stay open",
        SETTLE,
        "self._hand_down(total_minor, self.promo[row + 8] == UNITS)",
        "self._hand_down(total_minor, False)",
    ),
    Mutation(
        "a segment of the customer before still counts",
        ELIGIBLE,
        "if self.held_segment[self.gates.word[k]] == self.now:",
        "if self.held_segment[self.gates.word[k]] > 0:",
    ),
    Mutation(
        "a threshold of a condition is excluded",
        ELIGIBLE,
        "condition[row + 1], kind) >=",
        "condition[row + 1], kind) >",
    ),
    Mutation(
        "a customer has one receipt more than the limit",
        ELIGIBLE,
        ">= gates.gate[row + PER_CUSTOMER]:",
        "> gates.gate[row + PER_CUSTOMER]:",
    ),
    Mutation(
        "a price bound of a selector is excluded",
        "native/match.py",
        "if price_minor > index.price_max_minor[match]:",
        "if price_minor >= index.price_max_minor[match]:",
    ),
    Mutation(
        "terms of the class before are still held",
        "native/match.py",
        "self.class_now += 1",
        "self.class_now = self.now",
    ),
    Mutation(
        "a tier that the base just reaches stays shut",
        "native/pose.py",
        "if worth < least:",
        "if worth <= least:",
    ),
    Mutation(
        "one coupon counts twice",
        "pos_plugin/promotions/coupons.py",
        "self.limits.append(min(",
        "self.limits.append(1 + min(",
    ),
    Mutation(
        "half a minor unit of a weighed line is dropped",
        "native/classes.py",
        "return (value + 500) // 1000",
        "return (value + 499) // 1000",
    ),
    Mutation(
        "the bound of the search leaves out a unit of each class",
        "native/packing.py",
        "total += self.lam[c] * self.left[c]",
        "total += self.lam[c] * (self.left[c] - 1)",
    ),
    Mutation(
        "the search has a coupon more than the sale",
        "native/packing.py",
        "limit = min(limit, pool_left[pool])",
        "limit = min(limit, pool_left[pool] + 1)",
    ),
]


def copy_sources(folder: Path) -> None:
    """Copy what the engine needs to run interpreted."""
    skip = shutil.ignore_patterns("__pycache__", "*.so", "*.c", "_compiled")
    for name in PACKAGES:
        shutil.copytree(ROOT / name, folder / name, ignore=skip)


def apply(mutation: Mutation, folder: Path) -> None:
    """Put a bug into a copy.

    Raises:
        StaleMutationError: its text stands there not at all, or more than once.
    """
    path = folder / mutation.path
    text = path.read_text() if path.exists() else ""
    if text.count(mutation.old) != 1:
        raise StaleMutationError(
            f"{mutation.name}: {mutation.old!r} stands {text.count(mutation.old)} times in"
            f" {mutation.path}; write the mutation anew"
        )
    path.write_text(text.replace(mutation.old, mutation.new))


def quick_tests_on(folder: Path, *, cases: int) -> tuple[int, str]:
    """Run the quick tests on a copy; return pytest's exit code and what it printed."""
    done = subprocess.run(
        [
            *(Path(sys.executable).with_name("pytest"), "-x", "-q", "-p", "no:cacheprovider"),
            *("--no-header", *QUICK),
        ],
        cwd=ROOT,
        env=os.environ
        | {
            "PYTHONPATH": str(folder),
            "PYTHONDONTWRITEBYTECODE": "1",
            "STAMMKUNDE_NATIVE": "python",
            "STAMMKUNDE_RANDOM_CASES": str(cases),
        },
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return done.returncode, done.stdout


def verdict(mutation: Mutation | None, *, cases: int = CASES) -> tuple[int, str]:
    """Test a fresh copy with this bug, or without any."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        copy_sources(folder)
        if mutation is not None:
            apply(mutation, folder)
        return quick_tests_on(folder, cases=cases)


def main() -> None:
    for mutation in MUTATIONS:
        try:
            code, text = verdict(mutation)
        except StaleMutationError as error:
            print(f"STALE     {error}")  # noqa: T201
            continue
        said = {PASSED: "SURVIVED", FAILED: "caught"}.get(code, f"no verdict {code}")
        print(f"{said:9} {mutation.name}", flush=True)  # noqa: T201
        if code not in (PASSED, FAILED):
            print(text[-2000:])  # noqa: T201


if __name__ == "__main__":
    main()
