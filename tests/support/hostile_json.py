"""Hypothesis strategies: rules and sales that somebody broke, or that are right and extreme."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any, NamedTuple

from hypothesis import strategies as st
from sales import ARTICLES, cases

if TYPE_CHECKING:
    from collections.abc import Iterator

Doc = dict[str, Any]
Place = tuple[Any, Any]  # a list or object, and the index or name in it

EXTREMES: list[Any] = [
    *(0, 1, -1, 2, 7, 32, 33, 999, 1_000, 10_000, 99_999, 100_000, 10**9, 10**9 + 1),
    *(2**31, 2**32, 2**53 + 1, 2**63 - 1, 2**63, -(2**63), 10**30),
    *(0.0, 1.5, -0.0, 1e308, True, False, None),
    *("", "x", "0", "\u0000", "ä" * 200, "y" * 201, "article", "receipt", "customer", "percent"),
    *("2026-03-07T15:12:00+01:00", "9999-12-31T23:59", "0001-01-01T00:00", "00:00", "24:00"),
    *("1980-02-29", "0001-01-01", "9999-12-31"),
    *([], {}, [[]], [{}], [None], {"type": "not", "of": {"type": "all", "of": []}}),
    {"type": "all", "of": []},
    {"type": "not", "of": {"type": "customer_known"}},
    {"any_of": [{}], "none_of": [{}]},
    {"type": "fixed_price", "minor": 0},
]  # fmt: skip


class HostileCase(NamedTuple):
    """Texts of a rule file, a sale and a file of articles."""

    rules: str
    sale: str
    articles: str


def places(value: object) -> Iterator[Place]:
    """Every place of a document where something could stand instead."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield value, name
            yield from places(inner)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield value, number
            yield from places(inner)


def _mutate(draw: st.DrawFn, document: Any) -> None:
    found = list(places(document))
    if not found:
        return
    holder, key = found[draw(st.integers(0, len(found) - 1))]
    way = draw(
        st.sampled_from(["replace", "replace", "remove", "repeat", "swap", "nest", "rename"])
    )
    if way == "replace":
        holder[key] = copy.deepcopy(draw(st.sampled_from(EXTREMES)))
    elif way == "remove":
        del holder[key]
    elif way == "repeat" and isinstance(holder, list):
        holder += [copy.deepcopy(holder[key]) for _ in range(draw(st.sampled_from([1, 5, 40])))]
    elif way == "swap":
        other, place = found[draw(st.integers(0, len(found) - 1))]
        holder[key] = copy.deepcopy(other[place])
    elif way == "nest":
        for _ in range(draw(st.sampled_from([1, 3, 30]))):
            holder[key] = {"type": "not", "of": holder[key]}
    elif way == "rename" and isinstance(holder, dict):
        holder[draw(st.sampled_from(["x", "of", "on", "limits", "minor"]))] = holder.pop(key)


@st.composite
def hostile_cases(draw: st.DrawFn) -> HostileCase:
    """A small generation and sale with a few wrong or extreme values, or none."""
    case = draw(cases(max_units=12, max_promotions=8))
    articles = [
        one | {"unit_price_minor": draw(st.sampled_from([1, 999, 5_000]))} for one in ARTICLES
    ]
    documents: list[Any] = copy.deepcopy([case.promotions, case.sale, articles])
    for number in draw(st.lists(st.sampled_from([0, 0, 0, 1, 1, 2]), max_size=5)):
        _mutate(draw, documents[number])
    texts = [json.dumps(document) for document in documents]
    if draw(st.integers(0, 9)) == 9:
        number = draw(st.integers(0, 2))
        cut = draw(st.integers(0, len(texts[number])))
        junk = draw(st.sampled_from(["", "[" * 3_000, "NaN", "\ud800", "}", '{"a":1,"a":2}']))
        texts[number] = texts[number][:cut] + junk + texts[number][cut + 1 :]
    return HostileCase(*texts)


@st.composite
def heavy_cases(draw: st.DrawFn) -> HostileCase:
    """Right in every word, and as hard as a small file can be: overlaps at counts of thousands."""
    rules = []
    for number in range(draw(st.integers(2, 14))):
        case = draw(cases(max_promotions=1))
        offer = case.promotions[0]["offer"]
        if draw(st.booleans()):
            # Every unit at once: what narrows an offer goes.
            offer = {name: value for name, value in offer.items() if name != "on"}
        rules.append(case.promotions[0] | {"id": f"H{number}", "offer": offer, "when": []})
    lines = [
        draw(st.sampled_from(ARTICLES))
        | {
            "line_id": str(number),
            "quantity_milli": 1_000 * draw(st.sampled_from([1, 3, 12, 97, 1_000, 70_000])),
            "unit_price_minor": draw(st.sampled_from([0, 1, 99, 100, 199, 499, 1_000])),
        }
        for number in range(draw(st.integers(1, 14)))
    ]
    sale = {"sale_id": "s", "at": "2026-03-07T15:12:00+01:00", "lines": lines}
    articles = [one | {"unit_price_minor": 499} for one in ARTICLES]
    return HostileCase(json.dumps(rules), json.dumps(sale), json.dumps(articles))
