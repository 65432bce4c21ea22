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


KINDS = {
    "season": {
        ("article", "n_for_m"): 15,
        ("article", "bundle"): 9,
        ("article", "buy_get"): 8,
        ("article", "quantity_tiers"): 9,
        ("article", "unit_discount"): 4,
        ("receipt", "receipt_discount"): 4,
        ("customer", "receipt_discount"): 1,
    },
    "stress": {
        ("article", "n_for_m"): 14,
        ("article", "bundle"): 10,
        ("article", "buy_get"): 8,
        ("article", "quantity_tiers"): 8,
        ("article", "unit_discount"): 4,
        ("receipt", "receipt_discount"): 5,
        ("customer", "receipt_discount"): 1,
    },
}


@pytest.mark.parametrize("name", KINDS)
def test_the_fifty_promotions_of_a_set_are_rules_of_every_kind(name: str) -> None:
    text = overlap("--rules", "--set", name).stdout
    assert len(RuleGeneration.from_json(text).promotions) == 50
    rules = json.loads(text)["promotions"]
    assert Counter((one["layer"], one["offer"]["kind"]) for one in rules) == KINDS[name]
    steps = {
        tier["min_quantity"]
        for one in rules
        if one["offer"]["kind"] == "quantity_tiers"
        for tier in one["offer"]["tiers"]
    }
    assert {6, 12, 24, 48, 96} <= steps
    assert max(steps) == 96
    tiers = [tier for one in rules if one["layer"] == "receipt" for tier in one["offer"]["tiers"]]
    assert len(tiers) == 6


def test_an_unknown_promotion_cannot_be_left_out() -> None:
    with pytest.raises(subprocess.CalledProcessError) as caught:
        overlap("--rules", "--without", "N02-ALL")
    assert "no promotion N02-ALL in the set season" in caught.value.stderr


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
    # Nearly every article is wanted by several offers at once.
    assert found["wanted_by"]["2"] > 0.99
    assert found["wanted_by"]["3"] > 0.9
    rows = [json.loads(line) for line in each.read_text(encoding="utf-8").splitlines()]
    assert sum(row["total_minor"] for row in rows) == found["total_minor"]
    stress = json.loads(overlap("--limit", "3", "--json", "--set", "stress").stdout)
    assert stress["digest"] != found["digest"]
    without = ("--set", "stress", "--without", "N02-ALL,Q-ALL")
    fewer = json.loads(overlap("--limit", "3", "--json", *without).stdout)
    assert fewer["offers_per_article"] == stress["offers_per_article"] - 2


def test_hardness_is_what_the_compact_model_needs(tmp_path: Path) -> None:
    if not (DATA / "online-retail" / "receipts.csv.gz").exists():
        pytest.skip(f"the real receipts are not in {DATA} (STAMMKUNDE_DATA names their folder)")
    pytest.importorskip("ortools")
    script = SCRIPT.with_name("overlap_hardness.py")
    done = subprocess.run(
        [sys.executable, str(script), "--every", "2000", "--first", "7"],
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
        cwd=tmp_path,
    )
    *rows, summary = done.stdout.splitlines()
    found = [json.loads(row) for row in rows]
    assert all(row["lines"] <= 46 for row in found)
    assert any(row["proven"] and row["seconds"] > 0 for row in found)
    assert summary.startswith(f"{len(found)} receipts: median")
