"""Both forms of the whole path around the search, in one process: same values, same refusals."""

from __future__ import annotations

import contextlib
import json
import random
import sys
import threading
from array import array
from dataclasses import fields, replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

import native
from pos_plugin.model import Basket, Line
from pos_plugin.promotions.evaluate import evaluate
from pos_plugin.promotions.generation import RuleGeneration
from pos_plugin.promotions.pack import PackedPromotions

if TYPE_CHECKING:
    from native import Form
    from pos_plugin.promotions.promotion import Promotion
    from pos_plugin.promotions.result import Result


def forms() -> list[Form]:
    """The forms at hand; without a compiler the plain one alone."""
    found = [native.plain()]
    with contextlib.suppress(ImportError):
        found.append(native.compiled())
    return found


def name_of(form: Form) -> str:
    return "compiled" if form.is_compiled else "plain"


every_form = pytest.mark.parametrize("form", forms(), ids=name_of)


def parsed(promotions: list[dict[str, Any]]) -> tuple[Promotion, ...]:
    return RuleGeneration.from_json(json.dumps(promotions)).promotions


def said(result: Result) -> dict[str, Any]:
    document = result.to_dict()
    del document["diagnostics"]
    return document


PERCENT = {"type": "percent", "bp": 3_333}
RULES = [
    {"id": "A", "layer": "article", "offer": {"kind": "unit_discount", "benefit": PERCENT}},
    {
        "id": "B",
        "layer": "article",
        "offer": {"kind": "n_for_m", "n": 3, "on": {"any_of": [{"categories": ["socks"]}]}},
        "when": [{"type": "coupon", "series": "S"}],
    },
    {
        "id": "C",
        "layer": "article",
        "offer": {
            "kind": "bundle",
            "slots": [
                {"on": {"any_of": [{"categories": ["socks"]}]}, "quantity": 2},
                {"on": {"any_of": [{"brands": ["Brax"], "price_min_minor": 500}]}},
            ],
            "benefit": {"type": "fixed_price", "minor": 777},
        },
        "limits": {"max_discount_minor": 1_000},
    },
    {
        "id": "D",
        "layer": "receipt",
        "offer": {
            "kind": "receipt_discount",
            "tiers": [{"min_value_minor": 1_000, "benefit": {"type": "percent", "bp": 725}}],
        },
        "when": [{"type": "in_segment", "any_of": ["club"], "none_of": ["staff"]}],
    },
    {
        "id": "E",
        "layer": "customer",
        "offer": {
            "kind": "receipt_discount",
            "tiers": [{"benefit": {"type": "customer_rate", "max_bp": 400}}],
        },
        "when": [{"type": "customer_known"}, {"type": "min_quantity", "quantity": 2}],
        "validity": {"from": "2026-03-01T00:00", "until": "2026-04-01T00:00"},
    },
]


def sale(seed: int, lines: int = 6) -> Basket:
    draw = random.Random(seed)  # noqa: S311 - seeded: the same sale every time
    return Basket.from_dict(
        {
            "sale_id": "1",
            "at": "2026-03-07T15:12:00+01:00",
            "customer": {
                "id": "K",
                "segments": draw.sample(["club", "staff"], draw.randrange(3)),
                "instant_discount_bp": 300,
            },
            "coupons": [{"code": "1", "series": "S"}][: draw.randrange(2)],
            "lines": [
                {
                    "line_id": str(number),
                    "sku": draw.choice("xyz"),
                    "quantity_milli": draw.choice((1_000, 2_000, 3_000, 333, -1_000)),
                    "unit_price_minor": draw.choice((99, 500, 500, 1_250)),
                    "categories": draw.sample(["socks", "shoes"], draw.randrange(3)),
                    "brand": draw.choice(("Brax", None)),
                    "discountable": draw.random() < 0.9,
                    "vat_rate_bp": draw.choice((700, 1_900)),
                }
                for number in range(lines)
            ],
        }
    )


def test_both_forms_give_the_same_values() -> None:
    packed = [PackedPromotions(parsed(RULES), form) for form in forms()]
    for seed in range(60):
        results = [evaluate(1, rules, sale(seed)) for rules in packed]
        assert all(said(one) == said(results[0]) for one in results)
        # Values of the two forms can be compared without taking them apart.
        assert all(one.lines == results[0].lines for one in results)
        assert all(one.promotions == results[0].promotions for one in results)
        assert all(one.vat == results[0].vat for one in results)


def test_another_price_is_another_value() -> None:
    """The control of the test above: values that differ are not equal."""
    rules = PackedPromotions(parsed(RULES))
    one = sale(1)
    dearer = replace(one, lines=(replace(one.lines[0], unit_price_minor=501), *one.lines[1:]))
    first, second = evaluate(1, rules, one), evaluate(1, rules, dearer)
    assert first.lines[0] != second.lines[0]
    assert hash(first.lines[0]) != hash(second.lines[0])


@every_form
def test_a_result_is_not_touched_by_the_next_sale(form: Form) -> None:
    rules = PackedPromotions(parsed(RULES), form)
    first = evaluate(1, rules, sale(1))
    before = said(first)
    for seed in range(2, 12):
        evaluate(1, rules, sale(seed, lines=40))
    assert said(first) == before


@every_form
def test_sales_at_the_same_time_do_not_meet(form: Form) -> None:
    rules = PackedPromotions(parsed(RULES), form)
    expected = {seed: said(evaluate(1, rules, sale(seed))) for seed in range(8)}
    wrong: list[int] = []

    def till(seed: int) -> None:
        wrong.extend(
            seed for _ in range(20) if said(evaluate(1, rules, sale(seed))) != expected[seed]
        )

    tills = [threading.Thread(target=till, args=(seed,)) for seed in expected]
    for one in tills:
        one.start()
    for one in tills:
        one.join(timeout=120)
    assert not wrong


def lines_at(*prices_minor: int) -> tuple[Line, ...]:
    return tuple(
        Line(line_id=str(price), sku=str(price), quantity_milli=1_000, unit_price_minor=price)
        for price in prices_minor
    )


def test_shares_of_a_sale_of_millions_are_answered_by_the_plain_form() -> None:
    # 3 for 2 in proportion to price: the exact shares are fractions beyond 64 bits.
    rules = parsed([{"id": "A", "layer": "article", "offer": {"kind": "n_for_m", "n": 3}}])
    basket = replace(sale(1), lines=lines_at(499_999_993, 299_999_977, 100_000_007))
    results = [evaluate(1, PackedPromotions(rules, form), basket) for form in forms()]
    for one in results:
        assert one.discount_minor == 100_000_007
        assert sum(line.discount_minor for line in one.lines) == 100_000_007
        assert said(one) == said(results[0])
        assert not one.diagnostics.compiled


@pytest.mark.skipif(len(forms()) == 1, reason="no compiled core here")
def test_a_sale_of_thousands_is_answered_by_the_compiled_form() -> None:
    """The control of the test above: as a rule nothing leaves 64 bits."""
    rules = parsed([{"id": "A", "layer": "article", "offer": {"kind": "n_for_m", "n": 3}}])
    basket = replace(sale(1), lines=lines_at(499_993, 299_977, 100_007))
    result = evaluate(1, PackedPromotions(rules, native.compiled()), basket)
    assert result.diagnostics.compiled


def test_what_no_till_can_send_is_refused_by_both_forms() -> None:
    # Far beyond every limit, as only code can make a line: 10^15 pieces of 10^15.
    huge = Line(line_id="1", sku="x", quantity_milli=10**18, unit_price_minor=10**15)
    basket = replace(sale(1), lines=(huge,))
    for form in forms():
        with pytest.raises(OverflowError):
            evaluate(1, PackedPromotions(parsed(RULES), form), basket)


@every_form
def test_a_sale_of_more_lines_than_a_till_sends_has_room(form: Form) -> None:
    # The host's discounts may make two lines of one.
    lines = tuple(replace(sale(1).lines[0], line_id=str(n)) for n in range(1_500))
    basket = replace(sale(1), lines=lines)
    assert len(evaluate(1, PackedPromotions(parsed(RULES), form), basket).lines) == 1_500


@every_form
def test_equal_units_are_one_class_whatever_line_they_are_on(form: Form) -> None:
    lines = sale(3).lines
    classes = form.Classes(20)
    there = classes.read(lines)
    assert classes.read(tuple(reversed(lines))) == there
    prices = [price for price, _, _ in classes.members()]
    assert prices == sorted(prices, reverse=True)
    twice = tuple(replace(one, line_id=f"{one.line_id}+") for one in lines)
    assert classes.read((*lines, *twice)) == there


@every_form
def test_a_sale_without_room_is_refused(form: Form) -> None:
    with pytest.raises(ValueError, match="room is for 2"):
        form.Classes(2).read(sale(1, lines=3).lines)


@pytest.mark.skipif(len(forms()) == 1, reason="no compiled core here")
def test_an_array_that_was_never_made_has_no_elements() -> None:
    form = native.compiled()
    rules = PackedPromotions(parsed(RULES), form)
    steps = rules.borrow(1)
    # Without its constructor; bounds are all that is checked.
    nothing = form.Offers.__new__(form.Offers)
    pose = form.Pose(nothing, steps.classes.arrays, steps.matches)
    with pytest.raises(IndexError):
        pose.fill(0, array("q", [0]), 1, {}, (), 0)


class Sorted(Line):
    """A line of another class."""


class Taxed(SimpleNamespace):
    """What stands in for a line, one field worked out."""

    @property
    def vat_rate_bp(self) -> int:
        return 700


class Guarded(Line):
    """A line with its own way to give a field."""

    def __getattribute__(self, name: str) -> object:
        return "x" if name == "line_id" else object.__getattribute__(self, name)


def fields_of(line: Line) -> dict[str, Any]:
    return {one.name: getattr(line, one.name) for one in fields(line)}


def facts_read(form: Form, *lines: Line) -> tuple[Any, dict[str, list[int]], list[str]]:
    """What a step makes of lines, read where their fields lie."""
    classes = form.Classes(20, Line)
    classes.read(lines)
    arrays = {name: list(values[: len(lines)]) for name, values in classes.arrays.items()}
    return classes.members(), arrays, classes.line_id[: len(lines)]


@every_form
def test_fields_are_read_where_they_lie_as_by_name(form: Form) -> None:
    for seed in range(20):
        lines = sale(seed).lines
        others: list[Any] = [SimpleNamespace(**fields_of(one)) for one in lines]
        expected = facts_read(form, *others)
        assert facts_read(form, *lines) == expected
        assert facts_read(form, *[Sorted(**fields_of(one)) for one in lines]) == expected
        assert facts_read(form, lines[0], *others[1:]) == expected


@every_form
def test_a_field_that_is_given_another_way_is_asked_by_name(form: Form) -> None:
    (line,) = sale(1, lines=1).lines
    facts = {name: value for name, value in fields_of(line).items() if name != "vat_rate_bp"}
    taxed: Any = Taxed(**facts)
    assert facts_read(form, taxed)[1]["vat_rate_bp"] == [700]
    assert facts_read(form, Guarded(**fields_of(line)))[2] == ["x"]


@every_form
def test_it_is_known_where_the_fields_of_a_line_lie(form: Form) -> None:
    places_of = sys.modules[form.Classes.__module__].places_of
    places = places_of(Line)
    if form.is_compiled:
        assert len(set(places)) == len(places)
        assert all(places)
    else:
        assert not any(places)
    for unknown in (None, SimpleNamespace, Sorted, Guarded):
        assert not any(places_of(unknown))


@every_form
def test_a_field_that_was_never_set_is_missed(form: Form) -> None:
    with pytest.raises(AttributeError):
        form.Classes(20, Line).read((object.__new__(Line),))


@every_form
def test_reading_fields_keeps_no_count_of_references(form: Form) -> None:
    # Made here, so that nothing else holds them.
    quantity, line_id = int("1000000"), str(1_000_001)
    line = Line(line_id=line_id, sku="x", quantity_milli=quantity, unit_price_minor=100)
    before = sys.getrefcount(quantity), sys.getrefcount(line_id)
    classes = form.Classes(20, Line)
    for _ in range(100):
        classes.read((line,))
    # The last sale's ids are held.
    assert (sys.getrefcount(quantity), sys.getrefcount(line_id) - 1) == before
