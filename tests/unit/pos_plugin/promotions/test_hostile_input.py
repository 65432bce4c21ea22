"""Spoilt cases: both forms of the engine refuse the same place with the same word, or agree."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from laws import canonical_bytes
from sales import Case, cases
from two_forms import COMPILED, PLAIN

Doc = dict[str, Any]

HOSTILE: list[Any] = [
    *(None, True, False, 0, 1, -1, 10**9, 10**9 + 1, 2**31, 2**63 - 1, 2**63, -(2**63), 2**64),
    *(1.0, 0.5, -0.0, 1e300, float("inf"), float("nan")),
    *("", "0", "1", "percent", "no", "x" * 5000, "\x00", "2026-02-30T00:00", "🛒"),
    *([], {}, [None], [[]], {"a": 1}, [1] * 100),
]


def places_of(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place of a document, the whole of it first."""
    keys: list[Any] = []
    if isinstance(value, dict):
        keys = list(value)
    elif isinstance(value, list):
        keys = list(range(len(value)))
    return [path, *(place for key in keys for place in places_of(value[key], (*path, key)))]


@st.composite
def spoilt_cases(draw: st.DrawFn) -> Doc:
    """A case with one to three places replaced, left out or doubled."""
    case = draw(cases())
    document = copy.deepcopy({"promotions": case.promotions, "sale": case.sale})
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(places_of(document)[1:]))
        inside: Any = document
        for step in path[:-1]:
            inside = inside[step]
        manner = draw(st.sampled_from(["replace", "replace", "replace", "leave out", "double"]))
        if manner == "replace" or len(path) == 1:
            inside[path[-1]] = draw(st.sampled_from(HOSTILE))
        elif manner == "leave out":
            del inside[path[-1]]
        elif isinstance(inside, list):
            inside.append(copy.deepcopy(inside[path[-1]]))
        else:
            inside["surplus"] = inside[path[-1]]
    return document


def _line(**facts: Any) -> Doc:
    line = {"line_id": "1", "sku": "A", "quantity_milli": 1000, "unit_price_minor": 1000} | facts
    return {"sale_id": "s", "at": "2026-03-07T15:12:00+01:00", "lines": [line]}


def _half(**facts: Any) -> list[Doc]:
    benefit = {"type": "percent", "bp": 5000} | facts
    return [{"id": "A", "layer": "article", "offer": {"kind": "unit_discount", "benefit": benefit}}]


@given(spoilt_cases())
@example({"promotions": _half(), "sale": _line(unit_price_minor=10**9)})
@example({"promotions": _half(), "sale": _line(unit_price_minor=2**63)})
@example({"promotions": _half(), "sale": _line(quantity_milli=99_999_000, unit_price_minor=10_000)})
@example({"promotions": _half(bp=10_001), "sale": _line()})
@example({"promotions": _half(bp=True), "sale": _line()})
def test_both_forms_answer_alike_and_never_break_down(document: Doc) -> None:
    compiled = COMPILED.answer(document["promotions"], document["sale"])
    plain = PLAIN.answer(document["promotions"], document["sale"])
    assert "crash" not in compiled
    assert canonical_bytes(compiled) == canonical_bytes(plain)


@pytest.mark.parametrize(
    ("promotions", "sale", "code", "where"),
    [
        (_half(bp=10_001), _line(), "out_of_range", "promotions[0].offer.benefit.bp"),
        (_half(), _line(unit_price_minor=2**63), "out_of_range", "sale.lines[0].unit_price_minor"),
        (_half(), _line(unit_price_minor=1.5), "wrong_type", "sale.lines[0].unit_price_minor"),
    ],
)
def test_each_form_names_the_place(promotions: list[Doc], sale: Doc, code: str, where: str) -> None:
    for form in (COMPILED, PLAIN):
        assert form.answer(promotions, sale) == {"error": code, "where": where}


def test_one_byte_of_difference_is_seen() -> None:
    case = Case(_half(), _line())
    plain = PLAIN(*case)
    spoilt = json.loads(json.dumps(plain).replace('"role": "target"', '"role": "Target"'))
    assert canonical_bytes(COMPILED(*case)) == canonical_bytes(plain)
    assert canonical_bytes(COMPILED(*case)) != canonical_bytes(spoilt)


def test_a_breakdown_is_told_apart_from_a_refusal() -> None:
    answer = PLAIN.answer(_half(), _line() | {"lines": None})
    assert answer["error"]
    with pytest.raises(AssertionError):
        PLAIN(_half(bp=-1), _line())
