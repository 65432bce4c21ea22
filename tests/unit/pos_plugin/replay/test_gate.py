"""Limits of a replay: a small closed language, exact at the edge, and never open by mistake."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from pos_plugin.errors import ConfigError
from pos_plugin.replay.compare import Comparison
from pos_plugin.replay.gate import MEASURES, Limit, read_limits
from pos_plugin.replay.summary import Slowest, Summary, Uses

COMMANDS = Path(__file__).resolve().parents[4] / "docs" / "commands.md"


def sums(**more: Any) -> Summary:
    given: dict[str, Any] = {
        "generation": 1,
        "currency": "EUR",
        "booked": 3,
        "seconds": 1.0,
        "per_promotion": {"A": Uses(2, 2, 200), "B": Uses()},
        "slowest": Slowest(receipt="7", lines=3, time_us=12_500, steps=9),
        "receipts": 3,
        "optimal": 2,
        "gap_minor": 40,
        "sold_minor": 16_000,
        "discount_minor": 200,
    }
    return Summary(**given | more)


def compared(**more: Any) -> Comparison:
    given: dict[str, Any] = {"changed": 2, "cheaper": 1, "dearer": 1, "greatest_rise_minor": 300}
    return Comparison(sums(discount_minor=700), sums(), **given | more)


def told(text: str, both: Comparison | None = None) -> tuple[bool, str | None, str | None]:
    both = both or compared()
    verdict = Limit.read(text, "fail-if[0]").judge(both.draft, both).to_dict()
    return verdict["broken"], verdict["value"], verdict["beyond"]


@pytest.mark.parametrize(
    ("measure", "value"),
    [
        ("receipts", "3"),
        ("discount_minor", "700"),
        ("discount_bp", "437.5"),
        ("unproven_receipts", "1"),
        ("unproven_bp", "3333.3333"),
        ("gap_minor", "40"),
        ("slowest_ms", "12.5"),
        ("unused_promotions", "1"),
        ("discount_rise_minor", "500"),
        ("discount_rise_bp", "312.5"),
        ("changed_receipts", "2"),
        ("changed_bp", "6666.6667"),
        ("dearer_receipts", "1"),
        ("dearer_bp", "3333.3333"),
        ("receipt_rise_minor", "300"),
    ],
)
def test_each_measure_says_what_it_means(measure: str, value: str) -> None:
    assert told(f"{measure}>999999") == (False, value, "0")
    assert told(f"{measure}<999999")[:2] == (True, value)


def test_the_table_above_knows_every_measure() -> None:
    (mark,) = test_each_measure_says_what_it_means.pytestmark  # type: ignore[attr-defined]
    assert [measure for measure, _ in mark.args[1]] == list(MEASURES)


def test_a_limit_is_broken_beyond_it_and_not_at_it() -> None:
    assert told("discount_rise_minor>500") == (False, "500", "0")
    assert told("discount_rise_minor>499") == (True, "500", "1")
    assert told("discount_rise_minor<500") == (False, "500", "0")
    assert told("discount_rise_minor<501") == (True, "500", "1")


def test_a_fraction_beyond_the_limit_is_beyond_it() -> None:
    assert told("discount_rise_bp>312") == (True, "312.5", "0.5")
    assert told("discount_rise_bp>313") == (False, "312.5", "0")


def test_one_unproven_receipt_of_a_million_breaks_a_limit_of_zero() -> None:
    both = Comparison(sums(receipts=1_000_000, optimal=999_999), sums())
    assert told("unproven_bp>0", both) == (True, "0.01", "0.01")
    both.draft.optimal += 1
    assert told("unproven_bp>0", both) == (False, "0", "0")


def test_a_draft_that_gives_less_falls() -> None:
    both = Comparison(sums(discount_minor=100), sums())
    assert told("discount_rise_bp<-60", both) == (True, "-62.5", "2.5")
    assert told("discount_rise_bp<-63", both) == (False, "-62.5", "0")


def test_nothing_sold_is_no_share() -> None:
    nothing = sums(receipts=0, optimal=0, sold_minor=0, discount_minor=0)
    both = Comparison(nothing, nothing)
    for measure in ("discount_bp", "unproven_bp", "discount_rise_bp", "changed_bp", "dearer_bp"):
        assert told(f"{measure}>0", Comparison(both.draft, both.live)) == (False, "0", "0")


def test_what_cannot_be_judged_does_not_pass() -> None:
    (limit,) = read_limits(["slowest_ms>500"], compares=False)
    verdict = limit.judge(sums(slowest=None), None)
    assert verdict.to_dict() == {
        "limit": "slowest_ms>500",
        "value": None,
        "beyond": None,
        "broken": True,
    }
    assert "cannot be judged" in verdict.to_text()


def test_the_sentence_says_which_limit_and_by_how_much() -> None:
    (limit,) = read_limits([" discount_bp > 400 "], compares=False)
    verdict = limit.judge(sums(discount_minor=700), None)
    assert verdict.to_text() == "discount_bp is 437.5, 37.5 above the limit of 400"


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("discount_rise_bp", "wrong_type", "for example discount_rise_bp>200"),
        ("discount_rise_bp>2.5", "wrong_type", "a whole number"),
        ("discount_rise_bp>=200", "wrong_type", "> or <"),
        ("discount_rise_bp>200 or receipts<5", "wrong_type", "is no limit"),
        ("discount_rise_bp>" + "9" * 19, "wrong_type", "is no limit"),
        ("", "wrong_type", "is no limit"),
        ("discount>5", "unknown_word", "discount_rise_minor"),
        ("Receipts<5", "unknown_word", "receipts"),
    ],
)
def test_a_wrong_limit_is_named_with_the_cure(text: str, code: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_limits(["receipts<1", text], compares=True)
    assert (caught.value.code, caught.value.where) == (code, "fail-if[1]")
    assert said in caught.value.message


def test_comparing_limits_need_live_rules() -> None:
    for word, measure in MEASURES.items():
        if measure.of_both is None:
            assert read_limits([f"{word}>0"], compares=False)
        else:
            with pytest.raises(ConfigError, match="--against") as caught:
                read_limits([f"{word}>0"], compares=False)
            assert caught.value.code == "missing"


def test_every_measure_is_documented_and_no_other() -> None:
    text = COMMANDS.read_text(encoding="utf-8")
    section = text.partition("| measure | meaning |")[2].partition("\n\n")[0]
    assert re.findall(r"(?m)^\| `(\w+)` \|", section) == list(MEASURES)
    compares = re.findall(r"(?m)^\| `(\w+)` \| `--against`", section)
    assert compares == [
        "discount_rise_minor",
        "changed_receipts",
        "dearer_receipts",
        "receipt_rise_minor",
    ]
