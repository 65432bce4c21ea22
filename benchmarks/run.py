"""Measures what the README promises and writes it to RESULTS.md; nothing here is asserted.

Figures of a loaded machine say little: close what else runs, then ``make bench``.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import serving
import workload

from pos_plugin.clock import SystemClock
from pos_plugin.replay.read import read_receipts
from pos_plugin.replay.run import read_rules, run

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
DATA = Path(os.environ.get("STAMMKUNDE_DATA") or ROOT.parent / "shared" / "data") / "online-retail"
GIFT_SHOP = ROOT / "examples" / "promotions" / "giftshop.json"
STARTS = 9

Row = tuple[str, str, str]


def main() -> None:
    """Measure what is named, or everything; print, write."""
    rows: list[Row] = []
    measures = {one.__name__: one for one in (evaluations, starts, replays, servings, overlap)}
    for name in sys.argv[1:] or measures:
        for row in measures[name]():
            print(f"{row[0]:<52} {row[1]:>14}  {row[2]}", flush=True)
            rows.append(row)
    write(rows)


def evaluations() -> list[Row]:
    """Basket to result, both forms of the core."""
    rows: list[Row] = []
    for form, wish in (("compiled", "compiled"), ("plain Python", "python")):
        found = child("evaluation", STAMMKUNDE_NATIVE=wish)
        if found is None:
            rows.append((f"evaluation, {form}", "not built", "needs a C compiler"))
            continue
        rows.append((f"1 000 promotions read and packed, {form}", f"{found['load_ms']} ms", ""))
        for lines in ("8", "20", "100"):
            one = found[lines]
            note = f"p99 {one['p99_us']} us, proven lowest {one['optimal_share']:.1%}"
            rows.append((f"evaluation, {lines} lines, {form}", f"{one['median_us']} us", note))
    return rows


def starts() -> list[Row]:
    """Cold start and memory on an existing data folder, each start in a fresh process."""
    articles = workload.articles()
    with TemporaryDirectory() as name:
        folder = Path(name) / "till"
        sale = Path(name) / "sale.json"
        past = [workload.sale(number, 20, articles) for number in range(50)]
        lines = "\n".join(json.dumps(one) for one in past).encode()
        rules, package = read_rules(json.dumps(workload.promotions()).encode())
        run(read_receipts("sales.jsonl", lines, ()), rules, package, articles, folder)
        sale.write_text(json.dumps(workload.sale(99, 20, articles)))
        found = [child("open", folder, sale) or {} for _ in range(STARTS)]
    middle = {key: statistics.median(one[key] for one in found) for key in found[0]}
    parts = ", ".join(
        f"{part} {middle[key]:.3f} s"
        for part, key in (
            ("import", "import_s"),
            ("open", "open_s"),
            ("first evaluation", "first_evaluation_s"),
        )
    )
    return [
        ("cold start to the first price", f"{middle['together_s']:.3f} s", parts),
        ("memory of the till process", f"{middle['memory_mb']:.0f} MB", "without web page"),
    ]


def replays() -> list[Row]:
    """Real receipts through the plugin, committed one by one."""
    receipts = DATA / "receipts.csv.gz"
    if not receipts.exists():
        return [("replay", "skipped", "no real receipts where STAMMKUNDE_DATA points")]
    command = [
        *(sys.executable, "-c", "from pos_plugin.cli import main; main()", "replay"),
        *(str(receipts), "--promotions", str(GIFT_SHOP)),
        *("--articles", str(DATA / "articles.csv.gz"), "--json"),
    ]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found = json.loads(done.stdout)
    note = (
        f"{found['receipts']} receipts, {found['lines']} lines, "
        f"proven lowest {found['optimal_share']:.2%}"
    )
    return [("replay of real receipts", f"{found['sales_per_second']} receipts/s", note)]


def servings() -> list[Row]:
    """A till as hosts ask it, in process and over HTTP; ratios are to the engine in this run."""
    with TemporaryDirectory() as name:
        folder = Path(name) / "till"
        measured("build", folder)
        inside = measured("inside", folder)
        with serving.served(folder) as (url, token, pid):
            asked = measured("asked", url, token, pid)
    if inside["late"] or asked["late"]:
        raise SystemExit("some answers were late: their list price is no measurement")

    def row(what: str, found: dict[str, Any], way: str, note: str = "") -> Row:
        times, engine = found[way], found["engine"]
        each = f"p99 {times['p99_us']} us, of every single call {times['single_p99_us']} us"
        share = times["median_us"] / engine["median_us"], times["p99_us"] / engine["p99_us"]
        of_engine = f", {share[0]:.2f} (p99 {share[1]:.2f}) times the engine beside it"
        return (what, f"{times['median_us']} us", each + (note or of_engine))

    size = f"; {asked['request_kb']} kB asked, {asked['answer_kb']} kB answered"
    many = ", 100 000 customers"
    return [
        row("the engine alone, 20 lines, groups of 100 000 customers", asked, "engine", " "),
        row("… snapshot to effects, in process", inside, "evaluate"),
        row("… request to response, kept connection", asked, "evaluate"),
        row("… request to response, new connection", asked, "evaluate_anew"),
        row("scan to panel, in process", inside, "scan", many),
        row("scan to panel, kept connection", asked, "scan", many),
        row("completion, kept connection", asked, "complete", ", durable" + size),
        (
            "memory of the served till",
            f"{asked['memory_mb']:.0f} MB",
            "with API, page and contract document",
        ),
        (
            f"… growth over {serving.SALES} sales",
            f"{asked['after_sales_mb'] - asked['settled_mb']:.1f} MB",
            f"{asked['after_sales_mb']:.0f} MB then; counted from sale {serving.GROWTH_FROM} on",
        ),
    ]


def overlap() -> list[Row]:
    """Real receipts against fifty overlapping promotions, each from basket to result."""
    command = [sys.executable, str(HERE / "overlap.py"), "--json"]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found = json.loads(done.stdout)
    what = "real receipts, 50 overlapping promotions"
    if not found:
        return [(what, "skipped", "no real receipts where STAMMKUNDE_DATA points")]
    times, steps = found["time_us"], found["steps"]
    note = (
        f"{found['receipts']} receipts; p99 {times['p99']} us, max {times['max']} us; steps "
        f"p50 {steps['p50']}, p99 {steps['p99']}, max {steps['max']}; "
        f"{found['offers_per_article']} offers an article"
    )
    share = found["optimal_in_time"] / found["receipts"]
    unproven = found["receipts"] - found["optimal"]
    gap_minor = sum(one["gap_minor"] for one in found["unproven"])
    return [
        (what, f"{times['p50']} us", note),
        ("… proven lowest", f"{found['optimal_share']:.2%}", f"{share:.2%} within 5 ms"),
        ("… not proven", str(unproven), f"gaps together {gap_minor} of {found['gross_minor']}"),
    ]


def measured(*arguments: object) -> dict[str, Any]:
    """Return what ``serving.py`` says in a process of its own."""
    command = [sys.executable, str(HERE / "serving.py"), *map(str, arguments)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout or "{}"))


def child(what: str, *arguments: object, **environment: str) -> dict[str, Any] | None:
    """Return what ``measure.py`` says; None when the wished form of the core is not built."""
    done = subprocess.run(
        [sys.executable, str(HERE / "measure.py"), what, *map(str, arguments)],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
    )
    if done.returncode and environment.get("STAMMKUNDE_NATIVE") == "compiled":
        return None
    if done.returncode:
        raise SystemExit(done.stderr)
    return dict(json.loads(done.stdout))


def write(rows: list[Row]) -> None:
    """Write RESULTS.md anew; rows that were not measured now stay as they are."""
    rows = merged(rows)
    text = [
        "# Measured",
        "",
        f"{SystemClock().now().date()}, {machine()}. Command: `make bench`.",
        "",
        f"Workload: {' '.join((workload.__doc__ or '').split())}",
        "",
        "| what | median | |",
        "|---|--:|---|",
        *(f"| {what} | {value} | {note} |" for what, value, note in rows),
        "",
    ]
    (HERE / "RESULTS.md").write_text("\n".join(text), encoding="utf-8")


def merged(rows: list[Row]) -> list[Row]:
    """Return the rows of the file with those measured now in their places."""
    now = {what: (what, value, note) for what, value, note in rows}
    old: list[Row] = []
    for line in (HERE / "RESULTS.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| ") and len(cells) == 3 and cells[0] != "what":
            old.append(now.pop(cells[0], (cells[0], cells[1], cells[2])))
    return [*old, *now.values()]


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


if __name__ == "__main__":
    main()
