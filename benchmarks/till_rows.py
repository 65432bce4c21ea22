"""The whole till: its start, its memory, past receipts, and how it serves hosts."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import quick
import serving
import workload
from children import child
from table import Row

from pos_plugin.replay.read import read_receipts
from pos_plugin.replay.run import read_rules, run

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("STAMMKUNDE_DATA") or ROOT.parent / "shared" / "data") / "online-retail"
GIFT_SHOP = ROOT / "examples" / "promotions" / "giftshop.json"
STARTS = quick.of(9, 1)


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
        found = [child("measure.py", "open", folder, sale) for _ in range(STARTS)]
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
        Row("cold start to the first price", f"{middle['together_s']:.3f} s", parts),
        Row("memory of the till process", f"{middle['memory_mb']:.0f} MB", "without web page"),
    ]


def replays() -> list[Row]:
    """Real receipts through the plugin, committed one by one."""
    receipts = DATA / "receipts.csv.gz"
    if not receipts.exists():
        return [Row("replay", "skipped", "no real receipts where STAMMKUNDE_DATA points")]
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
    return [Row("replay of real receipts", f"{found['sales_per_second']} receipts/s", note)]


def servings() -> list[Row]:
    """A till as hosts ask it, in process and over HTTP; ratios are to the engine in this run."""
    with TemporaryDirectory() as name:
        folder = Path(name) / "till"
        child("serving.py", "build", folder)
        inside = child("serving.py", "inside", folder)
        with serving.served(folder) as (url, token, pid):
            asked = child("serving.py", "asked", url, token, pid)
    if inside["late"] or asked["late"]:
        raise SystemExit("some answers were late: their list price is no measurement")

    def row(what: str, found: dict[str, Any], way: str, note: str = "") -> Row:
        times, engine = found[way], found["engine"]
        each = f"p99 {times['p99_us']} us, of every single call {times['single_p99_us']} us"
        share = times["median_us"] / engine["median_us"], times["p99_us"] / engine["p99_us"]
        of_engine = f", {share[0]:.2f} (p99 {share[1]:.2f}) times the engine beside it"
        return Row(what, f"{times['median_us']} us", each + (note or of_engine))

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
        Row(
            "memory of the served till",
            f"{asked['memory_mb']:.0f} MB",
            "with API, page and contract document",
        ),
        Row(
            f"… growth over {serving.SALES} sales",
            f"{asked['after_sales_mb'] - asked['settled_mb']:.1f} MB",
            f"{asked['after_sales_mb']:.0f} MB then; counted from sale {serving.GROWTH_FROM} on",
        ),
    ]
