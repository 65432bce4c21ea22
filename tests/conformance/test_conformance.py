"""Cases with known answers, kept beside the repository: what the engine says of them is honest."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from laws import assert_adds_up, assert_explained, canonical_bytes
from legality import assert_rules_kept
from oracle import best_total

from pos_plugin.promotions.generation import RuleGeneration

Doc = dict[str, Any]

FOLDER = Path(
    os.environ.get("STAMMKUNDE_CONFORMANCE")
    or Path(__file__).resolve().parents[2] / ".." / "shared" / "conformance"
)
NUMBER = {"best_price.jsonl": 300, "overlaps.jsonl": 13}


def _read(name: str) -> list[Doc]:
    path = FOLDER / name
    return [json.loads(text) for text in path.read_text().splitlines()] if path.exists() else []


CASES = {name: _read(name) for name in NUMBER}
HERE = all(CASES.values())


ALL = [case for cases in CASES.values() for case in cases]


@functools.cache
def _result(number: int) -> Doc:
    case = ALL[number]
    rules = RuleGeneration.from_json(json.dumps(case["promotions"]))
    return rules.evaluate(case["sale"]).to_dict()


def test_the_conformance_cases_are_beside_the_repository() -> None:
    if not HERE and os.environ.get("CI") != "true":
        pytest.skip(f"no conformance cases at {FOLDER}; STAMMKUNDE_CONFORMANCE names another place")
    assert HERE, f"no conformance cases at {FOLDER}"


@pytest.mark.skipif(not HERE, reason="no conformance cases; the test above says where they belong")
@pytest.mark.parametrize("name", NUMBER)
def test_no_case_is_missing(name: str) -> None:
    assert len(CASES[name]) == NUMBER[name]


if HERE:  # without the files nothing is collected; the test at the top skips or fails

    @pytest.mark.parametrize("number", range(len(ALL)), ids=[case["id"] for case in ALL])
    def test_the_engine_is_honest_about_the_case(number: int) -> None:
        case, result = ALL[number], _result(number)
        _assert_answer(result, case["expect"])
        assert_adds_up(result, case["sale"])
        assert_explained(result, case["promotions"], case["sale"])
        assert_rules_kept(result, case["promotions"], case["sale"])

    @pytest.mark.parametrize("case", ALL, ids=[case["id"] for case in ALL])
    def test_the_oracle_gives_the_known_answer(case: Doc) -> None:
        answer = Fraction(str(case["expect"]["total_minor"]))  # some stand with decimals
        assert abs(best_total(case["promotions"], case["sale"]) - answer) < Fraction(1, 1000)

    def test_every_case_is_proven_optimal() -> None:
        optimal = sum(_result(number)["optimal"] for number in range(len(ALL)))
        assert optimal == len(ALL)

    def test_compiled_and_plain_form_give_the_same_bytes(tmp_path: Path) -> None:
        cases = tmp_path / "cases.jsonl"
        cases.write_text("".join(json.dumps(case) + "\n" for case in ALL))
        chosen, plain = _evaluated(cases, ""), _evaluated(cases, "python")
        assert not any(result["diagnostics"]["compiled"] for result in plain)
        assert len(plain) == len(ALL)
        assert [*map(canonical_bytes, chosen)] == [*map(canonical_bytes, plain)]

    @pytest.mark.parametrize(
        "lie",
        [
            {"total_minor": -100},
            {"total_minor": 100},
            {"total_minor": 100, "optimal": False},
            {"gap_minor": 100},
        ],
    )
    def test_a_dishonest_answer_is_caught(lie: Doc) -> None:
        result = dict(_result(0))
        for key, change in lie.items():
            result[key] = change if isinstance(change, bool) else result[key] + change
        with pytest.raises(AssertionError):
            _assert_answer(result, ALL[0]["expect"])


def _evaluated(cases: Path, form: str) -> list[Doc]:
    """The results of a file of cases by the command line, in one form of the engine."""
    done = subprocess.run(
        [Path(sys.executable).with_name("stammkunde"), "evaluate", "--cases", cases],
        env=os.environ | {"STAMMKUNDE_NATIVE": form},
        capture_output=True,
        check=True,
    )
    return [json.loads(line)["result"] for line in done.stdout.splitlines()]


def _assert_answer(result: Doc, expect: Doc) -> None:
    answer, tolerance = Fraction(str(expect["total_minor"])), expect["tolerance_minor"]
    assert result["gross_minor"] == expect["gross_minor"]
    assert result["total_minor"] >= answer - tolerance, "cheaper than the rules allow"
    assert result["total_minor"] - result["gap_minor"] <= answer + tolerance, "gap too small"
    if result["optimal"]:
        assert result["gap_minor"] == 0
        assert result["total_minor"] <= answer + tolerance, "optimal is claimed, but it is not"
