"""The figures of the README are the kept ones of benchmarks/RESULTS.md."""

from __future__ import annotations

import re

import pytest
from house import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
RESULTS = (ROOT / "benchmarks" / "RESULTS.md").read_text(encoding="utf-8")
# Row of the README: row of the results.
ROWS = {
    "best price, 1 000 promotions, 8 lines": "evaluation, 1 000 promotions, 8 lines, compiled",
    "best price, 1 000 promotions, 20 lines": "evaluation, 1 000 promotions, 20 lines, compiled",
    "best price, 1 000 promotions, 100 lines": "evaluation, 1 000 promotions, 100 lines, compiled",
    "best price, 5 000 promotions, 300 lines": "evaluation, 5 000 promotions, 300 lines, compiled",
    "the same without a C compiler, 1 000 promotions, 20 lines": "evaluation, 1 000 promotions, "
    "20 lines, plain Python",
    "best price over HTTP, 20 lines, 1 000 promotions, 100 000 customers": "… request to response, "
    "kept connection",
    "scan of a card to the panel, over HTTP": "scan to panel, kept connection",
    "scan of a card to the panel, 1 000 000 customers, while 100 000 rows come in": "card scan to "
    "panel, 1000000 customers, p99 beside the agent",
    "booking of a sale, durable, at the same time": "completion of a sale, durable, "
    "1000000 customers, p99 beside the agent",
    "import, open and first price on an existing folder": "cold start to the first price",
    "memory of the till process with API and page": "memory of the served till",
}
PROVEN = "proven lowest within 5 ms"
GAPS = "gaps of the others, together"
C_LOOP = "this engine to the bare C loop"
_MICROS = {"us": 1.0, "ms": 1e3, "s": 1e6, "MB": 1.0}
_FIGURE = r"([\d.]+) (us|ms|s|MB)\b"


def rows(page: str) -> dict[str, tuple[str, str]]:
    """The tables of a page: first cell to the two after it; the last of equal names counts."""
    found = re.findall(r"^\| ([^|]+?) \| ([^|]*?) \| ([^|]*?) ?\|$", page, re.MULTILINE)
    return {name: (second, third) for name, second, third in found}


def figures(second: str, third: str) -> tuple[float, float | None]:
    """p50 and p99 of a row of the results, wherever they stand; micros or megabytes."""

    def of(text: str, word: str) -> float | None:
        found = re.search(word + _FIGURE, text)
        return None if found is None else float(found[1]) * _MICROS[found[2]]

    first = of(second, "")
    assert first is not None, second
    p50 = of(third, "p50 ")
    return (first, of(third, "p99 ")) if p50 is None else (p50, first)


def is_rounded(shown: str, micros: float | None) -> bool:
    """Whether a figure of the README is a measured one with fewer digits."""
    found = re.fullmatch(_FIGURE, shown)
    assert found is not None, shown
    half = 0.5 / 10 ** len(found[1].partition(".")[2])
    return micros is not None and abs(micros / _MICROS[found[2]] - float(found[1])) <= half + 1e-9


def wrong(readme: str) -> list[str]:
    said = rows(readme.partition("## Measured\n")[2].partition("\n## ")[0])
    known = rows(RESULTS)
    found = []
    for name, row in ROWS.items():
        for shown, measured in zip(said[name], figures(*known[row]), strict=True):
            if shown and not is_rounded(shown, measured):
                found.append(f"{name}: {shown}, measured {measured}")
    return found


def test_the_figures_of_the_readme_are_the_measured_ones() -> None:
    said = rows(README.partition("## Measured\n")[2].partition("\n## ")[0])
    assert set(said) - {"what"} - {"--"} == set(ROWS)
    assert wrong(README) == [], "README.md: take the figures of benchmarks/RESULTS.md"


@pytest.mark.parametrize(("old", "new"), [("| 30 us |", "| 32 us |"), ("97 MB", "96 MB")])
def test_a_figure_that_nobody_measured_is_seen(old: str, new: str) -> None:
    assert README.count(old) == 1
    assert len(wrong(README.replace(old, new))) == 1


def unsaid(readme: str) -> list[str]:
    """What of the missed targets the README does not say, as it would stand there."""
    known = rows(RESULTS)
    missed = re.findall(
        r"^\| ([^|]+?) \|[^|]+\| ([\d.]+)%? \| \*\*missed\*\* \|$", RESULTS, re.MULTILINE
    )
    ratios = [float(one) for name, one in missed if name.startswith(C_LOOP)]
    said = [f"{float(one):.1f} %" for name, one in missed if name == PROVEN]
    said += [f"{known[GAPS][0].removesuffix('%')} %"] if said else []
    said += [f"{min(ratios):.0f} to {max(ratios):.0f} times"] if ratios else []
    said += [name for name, _ in missed if name != PROVEN and not name.startswith(C_LOOP)]
    text = " ".join(readme.partition("## Measured\n")[2].partition("\n## ")[0].split())
    return [one for one in said if one not in text]


def test_missed_targets_are_named() -> None:
    assert unsaid(README) == [], "README.md: say what is missed, with the figures of RESULTS.md"


def test_a_missed_target_that_is_not_named_is_seen() -> None:
    figures = unsaid("")
    assert bool(figures) == ("**missed**" in RESULTS)
    for figure in figures:
        assert unsaid(README.replace(figure, "few")) == [figure]


def test_the_machines_of_the_figures_are_named() -> None:
    (machines,) = re.findall(r"^(.+), Python 3\.\S+\.$", RESULTS, re.MULTILINE)
    for machine in machines.replace("(R)", "").split("; "):
        assert " ".join(machine.split(",")[0].split()[:2]) in README, machine


def test_the_days_of_the_figures_are_named() -> None:
    days = set(re.findall(r"^`\w+`, (\d{4}-\d\d-\d\d)\.$", RESULTS, re.MULTILINE))
    assert max(days) in README
    assert min(days) in README
