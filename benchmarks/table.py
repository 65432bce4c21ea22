"""What was measured, kept in results.json, and the page RESULTS.md that is made of it."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import workload

from pos_plugin.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Iterable

HERE = Path(__file__).resolve().parent

HOW = (
    "Times are medians over baskets, each with the best of a few runs, from `Basket` object to "
    "result, in process. Ratios are taken in one run, basket by basket in turn, so that a machine "
    "that is busy is busy for both sides; the median of the baskets' ratios counts. The targets "
    "are those of the design (promotions, section 7), for the compiled core."
)


@dataclass(frozen=True, slots=True)
class Row:
    """One figure.

    Args:
        what: names it.
        value: figure and unit as a person reads them.
        note: what else is to know.
        target: the target of promotions.md §7, empty where there is none.
        met: whether it is met; None where there is none or nothing was measured.
    """

    what: str
    value: str
    note: str = ""
    target: str = ""
    met: bool | None = None


def at_most(what: str, measured: float, limit: float, unit: str, note: str = "") -> Row:
    """Return a row with a target: at most ``limit`` of the unit."""
    return Row(what, figure(measured, unit), note, f"<= {figure(limit, unit)}", measured <= limit)


def figure(number: float, unit: str) -> str:
    """Return a number as it is read: three digits that count, and its unit."""
    if unit in LARGER and number >= 10_000:
        return figure(number / 1000, LARGER[unit])
    digits = 0 if number >= 100 or number == int(number) else 1 if number >= 10 else 2
    return f"{number:.{digits}f} {unit}".rstrip()


LARGER = {"us": "ms", "ms": "s", "thousand": "million"}


def keep(
    section: str, title: str, rows: list[Row], *, folder: Path = HERE, order: Iterable[str] = ()
) -> None:
    """Put a section in the place of what was measured of it before, and write the page anew.

    Args:
        section: its name on the command line.
        title: its heading.
        rows: its figures.
        folder: where results.json and RESULTS.md lie.
        order: names of all sections as they stand on the page.
    """
    path = folder / "results.json"
    known: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    known[section] = {
        "title": title,
        "measured_on": str(SystemClock().now().date()),
        "machine": machine(),
        "rows": [asdict(row) for row in rows],
    }
    known = {name: known[name] for name in dict.fromkeys([*order, *known]) if name in known}
    text = json.dumps(known, indent=1, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")
    (folder / "RESULTS.md").write_text(page(known), encoding="utf-8")


def page(known: dict[str, Any]) -> str:
    """Return RESULTS.md: the targets on top, then section by section."""
    machines = sorted({one["machine"] for one in known.values()})
    text = [
        "# Measured",
        "",
        f"{'; '.join(machines)}.",
        "",
        "Command: `python benchmarks/run.py`; one section: `python benchmarks/run.py NAME`.",
        "",
        f"Workload: {' '.join((workload.__doc__ or '').split())}",
        "",
        HOW,
        *("", "## Targets", ""),
        *("| what | target | measured | |", "|---|--:|--:|---|"),
    ]
    for section in known.values():
        text += [
            f"| {row['what']} | {row['target']} | {row['value']} | {verdict(row['met'])} |"
            for row in section["rows"]
            if row["target"]
        ]
    for name, section in known.items():
        text += [
            *("", f"## {section['title']}", ""),
            *(f"`{name}`, {section['measured_on']}.", ""),
            *("| what | measured | |", "|---|--:|---|"),
            *(f"| {row['what']} | {row['value']} | {row['note']} |" for row in section["rows"]),
        ]
    return "\n".join([*text, ""])


def verdict(met: bool | None) -> str:
    return "not measured" if met is None else "met" if met else "**missed**"


def machine() -> str:
    """Name what the figures were measured on."""
    info = Path("/proc/cpuinfo")
    models = [
        line.partition(":")[2].strip()
        for line in (info.read_text().splitlines() if info.exists() else ())
        if line.startswith("model name")
    ]
    model = models[0] if models else platform.processor() or platform.machine()
    system = f"{platform.system()} {platform.machine()}"
    return f"{model}, {os.cpu_count()} cores, {system}, Python {platform.python_version()}"
