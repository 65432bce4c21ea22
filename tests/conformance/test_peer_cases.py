"""86 facts from other promotion systems: our answer is theirs, or the difference has a reason."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from differential import engine
from laws import assert_adds_up
from peer_facts import DIFFERENT, OURS, OUTSIDE, Difference, expected, promotions_of, sale_of, say

Doc = dict[str, Any]

PATH = (
    Path(
        os.environ.get("STAMMKUNDE_CONFORMANCE")
        or Path(__file__).resolve().parents[2] / ".." / "shared" / "conformance"
    )
    / "peer_cases.json"
)
FACTS: list[Doc] = json.loads(PATH.read_text())["cases"] if PATH.exists() else []


def test_the_facts_are_beside_the_repository() -> None:
    if not FACTS and os.environ.get("CI") != "true":
        pytest.skip(f"no {PATH}; STAMMKUNDE_CONFORMANCE names another place")
    assert len(FACTS) == 86


def assert_answer(fact: Doc, result: Doc, sale: Doc, difference: Difference | None) -> None:
    """Every expected word is ours, but those that differ on purpose, which really do."""
    differing = difference.words if difference else set()
    for word, value in fact["expected"].items():
        if word not in differing:
            ours = say(result, fact, sale, word)
            if word.endswith("_partial"):
                ours = {name: ours[name] for name in value}
            assert ours == expected(word, value), f"{fact['id']} {word}"
        elif difference and word in difference.ours:
            assert difference.ours[word] != value, f"{fact['id']} {word} does not differ"
    if difference:
        for word, value in difference.ours.items():
            assert say(result, fact, sale, word) == expected(word, value), f"{fact['id']} {word}"


if FACTS:  # without the file nothing is collected; the test above skips or fails

    def test_every_fact_has_its_place() -> None:
        identities = [fact["id"] for fact in FACTS]
        assert sorted([*OURS, *OUTSIDE]) == identities
        assert set(DIFFERENT) <= set(OURS)
        reasons = [*OUTSIDE.values(), *(one.reason for one in DIFFERENT.values())]
        assert all(len(reason) > 20 for reason in reasons)

    @pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact["id"])
    def test_our_answer_is_theirs_or_differs_on_purpose(fact: Doc) -> None:
        if fact["id"] in OUTSIDE:
            return
        ours = OURS[fact["id"]]
        sale = sale_of(fact, ours)
        result = engine(promotions_of(ours), sale)
        assert result["optimal"]
        assert_adds_up(result, sale)
        assert_answer(fact, result, sale, DIFFERENT.get(fact["id"]))

    @pytest.mark.parametrize("identity", ["C001", "C013", "C051", "C108", "C143"])
    def test_another_answer_is_caught(identity: str) -> None:
        (fact,) = [one for one in FACTS if one["id"] == identity]
        ours = OURS[identity]
        sale = sale_of(fact, ours)
        dearer = ours._replace(promotions=ours.promotions[1:])
        result = engine(promotions_of(dearer), sale)
        with pytest.raises(AssertionError, match=identity):
            assert_answer(fact, result, sale, None)

    def test_a_difference_that_is_none_is_caught() -> None:
        (fact,) = [one for one in FACTS if one["id"] == "C003"]
        sale = sale_of(fact, OURS["C003"])
        result = engine(promotions_of(OURS["C003"]), sale)
        idle = Difference({"total"}, "there is none", {"total": "8.00"})
        with pytest.raises(AssertionError, match="does not differ"):
            assert_answer(fact, result, sale, idle)
