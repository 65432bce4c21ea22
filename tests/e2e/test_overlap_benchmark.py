"""The fifty overlapping promotions and the command that measures them; no time is asserted."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from pos_plugin import RuleGeneration

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "benchmarks" / "overlap.py"
DATA = Path(os.environ.get("STAMMKUNDE_DATA") or ROOT.parent / "shared" / "data")


def overlap(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPT), *arguments],
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, **environment},
    )


def test_the_fifty_promotions_are_rules_of_every_kind() -> None:
    text = overlap("--rules").stdout
    assert len(RuleGeneration.from_json(text).promotions) == 50
    rules = json.loads(text)["promotions"]
    assert Counter((one["layer"], one["offer"]["kind"]) for one in rules) == {
        ("article", "n_for_m"): 14,
        ("article", "bundle"): 10,
        ("article", "buy_get"): 8,
        ("article", "quantity_tiers"): 8,
        ("article", "unit_discount"): 4,
        ("receipt", "receipt_discount"): 5,
        ("customer", "receipt_discount"): 1,
    }
    steps = {
        tier["min_quantity"]
        for one in rules
        if one["offer"]["kind"] == "quantity_tiers"
        for tier in one["offer"]["tiers"]
    }
    assert steps == {3, 6, 12, 24, 48, 96}


def test_without_receipts_the_measurement_says_why_it_is_skipped(tmp_path: Path) -> None:
    done = overlap("--json", STAMMKUNDE_DATA=str(tmp_path))
    assert (done.stdout, "skipped" in done.stderr) == ("{}\n", True)


def test_the_same_receipts_give_the_same_digest(tmp_path: Path) -> None:
    if not (DATA / "online-retail" / "receipts.csv.gz").exists():
        pytest.skip(f"the real receipts are not in {DATA} (STAMMKUNDE_DATA names their folder)")
    each = tmp_path / "each.jsonl"
    found = json.loads(overlap("--limit", "3", "--json", "--each", str(each)).stdout)
    again = json.loads(overlap("--limit", "3", "--json").stdout)
    assert (found["receipts"], found["digest"]) == (3, again["digest"])
    assert found["articles_of_five_or_more"] > 0.9
    rows = [json.loads(line) for line in each.read_text(encoding="utf-8").splitlines()]
    assert sum(row["total_minor"] for row in rows) == found["total_minor"]
    fewer = json.loads(overlap("--limit", "2", "--json", "--without", "N02-ALL,Q-ALL").stdout)
    assert fewer["offers_per_article"] == found["offers_per_article"] - 2
    assert fewer["digest"] != found["digest"]
