"""Both forms of the per-line part: same answers, same refusals, and the compiled one is loaded."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from array import array
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import native
from native import limits

if TYPE_CHECKING:
    from native import Form


def forms() -> list[Form]:
    """The forms at hand; without a compiler the plain one alone."""
    found = [native.plain()]
    with contextlib.suppress(ImportError):
        found.append(native.compiled())
    return found


def name_of_form(form: Form) -> str:
    return "compiled" if form.is_compiled else "plain"


def q(*values: int) -> array[int]:
    return array("q", values)


# Terms: 0 = trousers, 1 = Brax, 2 = new. Selectors: 0 trousers of Brax from 50.00, 1 everything but
# new, 2 reduced things.
INDEX: dict[str, Any] = {
    "posting_start": q(0, 0, 1, 1),
    "posting_match": q(0),
    "everywhere_match": q(1, 3),
    "group_start": q(0, 2, 2, 3, 3),
    "group_term_start": q(0, 1, 2, 3),
    "group_term": q(0, 1, 2),
    "price_min_minor": q(5_000, 0, 0, 0),
    "price_max_minor": q(*[limits.INT64_MAX] * 4),
    "price_state": q(0, 0, 0, 2),
    "match_selector": q(0, 1, 1, 2),
    "exclude_start": q(0, 0, 1, 1),
    "exclude_match": q(2),
}
CLASSES: dict[str, Any] = {
    "term_start": q(0, 2, 4, 5),
    "term": q(0, 1, 0, 1, 2),
    "price_minor": q(7_999, 4_999, 7_999),
    "markdown": q(0, 1, 0),
}


@pytest.mark.parametrize("form", forms(), ids=name_of_form)
def test_each_class_lists_its_selectors_in_order(form: Form) -> None:
    pairs = form.match_classes(form.MatchIndex(**INDEX), **CLASSES)
    assert pairs == q(0, 0, 0, 1, 1, 1, 1, 2)


def outcome(form: Form, index: dict[str, Any], classes: dict[str, Any]) -> object:
    """The value, or the kind of the refusal."""
    try:
        return form.match_classes(form.MatchIndex(**index), **classes)
    except (TypeError, ValueError, OverflowError, IndexError) as fault:
        return type(fault), str(fault)


HOSTILE = [
    [1, 2],
    (1,),
    None,
    1,
    1.5,
    Decimal(1),
    "1",
    b"12345678",
    True,
    array("d", [1.0]),
    array("i", [1]),
    array("q"),
    array("q", [-1]),
    array("q", [2**63 - 1]),
    array("q", [0, 5, 1]),
    memoryview(array("q", [0, 1, 2, 3]))[::2],
]


def name_of(value: object) -> str:
    """The same in every process: no addresses."""
    return "memoryview" if isinstance(value, memoryview) else repr(value)


@pytest.mark.parametrize("name", [*INDEX, *CLASSES])
@pytest.mark.parametrize("value", HOSTILE, ids=name_of)
def test_both_forms_refuse_the_same_hostile_input(name: str, value: object) -> None:
    index = {**INDEX, name: value} if name in INDEX else INDEX
    classes = {**CLASSES, name: value} if name in CLASSES else CLASSES
    answers = [outcome(form, index, classes) for form in forms()]
    assert all(answer == answers[0] for answer in answers)
    if type(value) is not array or value.typecode != "q":
        # The control: what is no array("q") must never be taken for one.
        assert isinstance(answers[0], tuple)
        assert answers[0][0] is TypeError


def test_a_wrong_index_object_is_refused() -> None:
    for form in forms():
        with pytest.raises(TypeError):
            form.match_classes(object(), **CLASSES)


@st.composite
def generations(draw: st.DrawFn) -> tuple[list[Any], list[Any]]:
    """Random selectors as (including, excluding) matches, and classes as (terms, price, state)."""
    terms = st.integers(0, 5)
    match = st.tuples(
        st.lists(st.lists(terms, min_size=1, max_size=3), max_size=3),
        st.integers(0, 10),
        st.integers(0, 10),
        st.integers(0, 2),
    )
    selectors = draw(
        st.lists(
            st.tuples(st.lists(match, min_size=1, max_size=3), st.lists(match, max_size=2)),
            min_size=1,
            max_size=5,
        )
    )
    classes = draw(
        st.lists(st.tuples(st.sets(terms), st.integers(0, 10), st.booleans()), max_size=6)
    )
    return selectors, classes


def packed(selectors: list[Any], classes: list[Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    matches = []
    including = []
    exclude_start, exclude_match = q(0), q()
    for number, (ins, outs) in enumerate(selectors):
        for match in ins:
            including.append(len(matches))
            matches.append((number, match))
        for match in outs:
            exclude_match.append(len(matches))
            matches.append((number, match))
        exclude_start.append(len(exclude_match))
    postings: dict[int, list[int]] = {term: [] for term in range(6)}
    everywhere = q()
    for m in including:
        groups = matches[m][1][0]
        if groups:
            for term in sorted(set(groups[0])):
                postings[term].append(m)
        else:
            everywhere.append(m)
    index: dict[str, Any] = {
        "posting_start": q(0),
        "posting_match": q(),
        "everywhere_match": everywhere,
        "group_start": q(0),
        "group_term_start": q(0),
        "group_term": q(),
        "price_min_minor": q(*(m[1][1] for m in matches)),
        "price_max_minor": q(*(m[1][2] for m in matches)),
        "price_state": q(*(m[1][3] for m in matches)),
        "match_selector": q(*(m[0] for m in matches)),
        "exclude_start": exclude_start,
        "exclude_match": exclude_match,
    }
    for term in range(6):
        index["posting_match"].extend(postings[term])
        index["posting_start"].append(len(index["posting_match"]))
    for _, match in matches:
        for group in match[0]:
            index["group_term"].extend(group)
            index["group_term_start"].append(len(index["group_term"]))
        index["group_start"].append(len(index["group_term_start"]) - 1)
    sale: dict[str, Any] = {
        "term_start": q(0),
        "term": q(),
        "price_minor": q(*(c[1] for c in classes)),
        "markdown": q(*(int(c[2]) for c in classes)),
    }
    for held, _, _ in classes:
        sale["term"].extend(sorted(held))
        sale["term_start"].append(len(sale["term"]))
    return index, sale


def textbook(selectors: list[Any], classes: list[Any]) -> list[int]:
    """The rule read word by word, without any index."""
    pairs = []
    for c, (held, price, markdown) in enumerate(classes):

        def holds(
            match: Any, held: set[int] = held, price: int = price, markdown: bool = markdown
        ) -> bool:
            groups, low, high, state = match
            return (
                all(held & set(group) for group in groups)
                and low <= price <= high
                and state in (0, 2 if markdown else 1)
            )

        for number, (ins, outs) in enumerate(selectors):
            if any(map(holds, ins)) and not any(map(holds, outs)):
                pairs += [c, number]
    return pairs


@given(generations())
def test_both_forms_agree_with_the_textbook(case: tuple[list[Any], list[Any]]) -> None:
    index, sale = packed(*case)
    expected = q(*textbook(*case))
    for form in forms():
        assert form.match_classes(form.MatchIndex(**index), **sale) == expected


def test_limits_multiply_out_inside_64_bits() -> None:
    assert limits.MAX_SALE_MINOR * limits.MAX_BP <= limits.INT64_MAX
    assert limits.MAX_PIECES_A_LINE * 1000 * limits.MAX_PRICE_MINOR <= limits.INT64_MAX


def test_compiled_twin_is_loaded() -> None:
    if os.environ.get("STAMMKUNDE_NATIVE") == "python":
        assert not native.COMPILED
        return
    if not native.COMPILED and os.environ.get("CI") != "true":
        pytest.skip("no compiled core here: the plain Python form serves (CI fails instead)")
    assert native.COMPILED
    # Never mixed: what the chosen form names comes out of one package.
    assert native.FORM.MatchIndex.__module__ == "native._compiled.match"


@pytest.mark.parametrize(("wish", "compiled"), [("python", "False"), ("compiled", "True")])
def test_the_environment_chooses_the_form(wish: str, compiled: str) -> None:
    if wish == "compiled" and len(forms()) == 1:
        pytest.skip("no compiled core here")
    done = subprocess.run(
        [sys.executable, "-c", "import native; print(native.COMPILED)"],
        env={**os.environ, "STAMMKUNDE_NATIVE": wish},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == compiled
