"""What a replay leaves behind when it cannot go on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from till_builder import unit_discount

from pos_plugin.replay.read import read_articles, read_receipts
from pos_plugin.replay.run import read_rules, run

if TYPE_CHECKING:
    from pathlib import Path

    from pos_plugin.replay.summary import Summary

CSV = b"""invoice,sku,quantity,at,unit_price_minor,customer
1,MUG1,1,2011-01-03T09:00,400,7
2,MUG1,2,2011-01-03T09:01,400,8
3,MUG1,3,2011-01-03T09:02,400,
"""
ARTICLES = b"sku,description,category,list_price_minor\nMUG1,MUG,tassen,400\n"
RULES, PACKAGE = read_rules(json.dumps([unit_discount("ALL10", 1000)]).encode())


def replay(folder: Path, csv: bytes = CSV, **more: Any) -> Summary:
    articles = read_articles("articles.csv", ARTICLES)
    past = read_receipts("receipts.csv", csv, {"MUG1"})
    return run(past, RULES, PACKAGE, articles, folder, **more)


def test_no_receipts_are_no_sums(tmp_path: Path) -> None:
    summary = replay(tmp_path / "replay", CSV.splitlines(keepends=True)[0]).to_dict()
    assert (summary["receipts"], summary["total_minor"], summary["optimal_share"]) == (0, 0, 1.0)


def test_progress_counts_every_receipt_once(tmp_path: Path) -> None:
    steps: list[int] = []
    replay(tmp_path / "replay", progress=steps.append)
    assert sum(steps) == 3
    replay(tmp_path / "replay", progress=steps.append)
    assert sum(steps) == 6


def test_customers_of_later_receipts_become_known(tmp_path: Path) -> None:
    folder = tmp_path / "replay"
    replay(folder)
    later = replay(folder, CSV + b"4,MUG1,1,2011-01-04T09:00,400,9\n")
    assert (later.receipts, later.booked) == (4, 1)
