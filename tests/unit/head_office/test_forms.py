"""The eight forms: what they write is a promotion, and opens in the same form unchanged."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from head_office.web.forms import BY_CODE, FORMS
from head_office.web.forms.fields import FieldFault, Hundredths, Words
from head_office.web.promotion_form import opened
from pos_plugin.promotions.generation import RuleGeneration

if TYPE_CHECKING:
    from pos_plugin.promotions.promotion import Promotion

FILLED: dict[str, dict[str, Any]] = {
    "percent": {"percent": "20", "max_units": "2", "on_categories": "hosen, jeans"},
    "n-for-m": {"n": "3", "pay": "2", "on_brands": "Brax", "off_categories": "socken"},
    "outfit": {"price": "99,00", "part1_categories": "hosen", "part2_brands": "Olymp"},
    "tiers": {"by": "pieces", "unit": "percent", "step1_from": "3", "step1_gives": "10"},
    "birthday": {"percent": "10", "days_before": "3", "days_after": "3", "min_value": "50"},
    "instant-discount": {"max_rate": "7,5"},
    "points": {"account": "points", "way": "value", "number": "1", "per_value": "1"},
    "class-voucher": {"series": "MAI", "unit": "amount", "gives": "15", "who": "groups",
                      "groups": "abc:B"},
}  # fmt: skip
FRAME = {
    "label_de": "Aktion",
    "label_en": "Promotion",
    "from_on": "2026-03-01",
    "last_on": "2026-03-31",
    "weekdays": ["5", "6"],
    "hours_from": "15:00",
    "hours_until": "17:00",
    "who": "card",
    "per_customer": "1",
    "shops": "001, 002",
    "announced": "1",
    "hint": "20",
}
MORE = [
    ("tiers", {"by": "value", "unit": "amount", "step1_from": "100", "step1_gives": "10",
               "step2_from": "200", "step2_gives": "25"}),
    ("points", {"account": "bonus", "way": "unit", "number": "50", "on_categories": "schuhe"}),
    ("points", {"account": "bonus", "way": "receipt", "number": "50"}),
    ("points", {"account": "points", "way": "factor", "number": "2,5"}),
    ("class-voucher", {"series": "MAI", "unit": "percent", "gives": "15"}),
]  # fmt: skip
WRONG = [
    ("n-for-m", {"n": "3", "pay": "3"}, "weniger"),
    ("outfit", {"price": "99"}, "Warengruppe oder Marke"),
    ("tiers", {"by": "pieces", "unit": "percent"}, "mindestens eine Stufe"),
    ("tiers", {"by": "pieces", "unit": "percent", "step1_from": "3"}, "fehlt eine Zahl"),
    ("tiers", {"by": "pieces", "unit": "percent", "step1_from": "1,5", "step1_gives": "1"},
     "ganze Zahlen"),
    ("tiers", {"by": "value", "unit": "percent", "step1_from": "1", "step1_gives": "101"},
     "100 Prozent"),
    ("tiers", {"by": "pieces", "unit": "percent", "step1_from": "3", "step1_gives": "1",
               "step2_from": "3", "step2_gives": "2"}, "derselben Zahl"),
    ("points", {"account": "p", "way": "value", "number": "1"}, "für welchen Betrag"),
    ("points", {"account": "p", "way": "unit", "number": "1,5"}, "ganze Zahlen"),
    ("points", {"account": "p", "way": "factor", "number": "101"}, "100-fach"),
    ("class-voucher", {"series": "M", "unit": "percent", "gives": "101"}, "100 Prozent"),
    ("percent", {"percent": "20", "who": "groups"}, "eine Gruppe"),
    ("percent", {"percent": "20", "from_on": "2026-03-02", "last_on": "2026-03-01"}, "vor dem"),
]  # fmt: skip


def sent(fields: dict[str, Any]) -> dict[str, list[str]]:
    return {name: value if isinstance(value, list) else [value] for name, value in fields.items()}


def rule(code: str, fields: dict[str, Any]) -> dict[str, Any]:
    form = BY_CODE[code]
    values, faults = form.take(sent({"label_de": "Aktion"} | fields))
    assert not faults, {name: fault.german for name, fault in faults.items()}
    return form.rule(values, "A", 1)


def parsed(value: dict[str, Any]) -> Promotion:
    return RuleGeneration.from_value([value]).promotions[0]


def test_there_are_eight_forms() -> None:
    assert len(FORMS) == 8
    assert set(BY_CODE) == set(FILLED)


@pytest.mark.parametrize("frame", [{}, FRAME], ids=["bare", "full"])
@pytest.mark.parametrize(("code", "fields"), [*FILLED.items(), *MORE])
def test_what_a_form_writes_opens_in_it_unchanged(
    code: str, fields: dict[str, Any], frame: dict[str, Any]
) -> None:
    written = rule(code, frame | fields)
    again, shown = opened(written, "de")
    assert again == code
    assert parsed(rule(code, shown)) == parsed(written)


def test_saturdays_are_twenty_percent_off_trousers() -> None:
    fields = {"percent": "20", "on_categories": "hosen", "weekdays": ["6"]}
    assert rule("percent", fields) == {
        "id": "A",
        "revision": 1,
        "layer": "article",
        "label": {"de": "Aktion"},
        "offer": {
            "kind": "unit_discount",
            "on": {"any_of": [{"categories": ["hosen"]}], "none_of": []},
            "benefit": {"type": "percent", "bp": 2000},
            "max_units": None,
        },
        "validity": {"windows": [{"weekdays": [6], "from": "00:00", "until": "00:00"}]},
        "scope": {"shops": []},
        "when": [],
        "limits": {"per_customer": None},
        "announced_publicly": False,
        "hint_within_minor": None,
    }


@pytest.mark.parametrize(("code", "fields", "said"), WRONG)
def test_what_does_not_fit_together_is_said(code: str, fields: dict[str, Any], said: str) -> None:
    with pytest.raises(FieldFault) as fault:
        rule(code, fields)
    assert said in fault.value.german


@pytest.mark.parametrize(
    "extra",
    [
        {"campaign": "FS26"},
        {"exclusive": "receipt"},
        {"limits": {"max_discount_minor": 500}},
        {"limits": {"per_receipt": 2}},
        {"scope": {"tills": ["3"]}},
        {"validity": {"from": "2026-03-01T09:30"}},
        {"validity": {"windows": [{"weekdays": [1]}, {"weekdays": [2]}]}},
        {"when": [{"type": "tender", "any_of": ["bar"]}]},
        {"when": [{"type": "in_segment", "any_of": ["a"], "none_of": ["b"]}]},
    ],
)
def test_what_a_form_cannot_say_opens_for_experts(extra: dict[str, Any]) -> None:
    written = rule("percent", FILLED["percent"]) | extra
    code, shown = opened(written, "de")
    assert code == "expert"
    assert "hosen" in shown["json"][0]


def test_every_field_left_empty_is_a_fault_only_where_it_is_needed() -> None:
    for form in FORMS:
        _, faults = form.take({})
        assert set(faults) == {field.name for field in form.fields() if field.is_needed}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("percent", "1.000"), ("percent", "-5"), ("percent", "101"), ("percent", "5 %"),
        ("percent", "٣"), ("percent", "1e3"), ("max_units", "0"), ("max_units", "1,5"),
        ("from_on", "31.2.2026"), ("hours_from", "25:00"), ("hours_from", "15:00+01:00"),
        ("weekdays", "8"), ("who", "nobody"), ("label_de", "x" * 201),
        ("shops", ",".join(["x" * 201])), ("shops", ",".join(str(n) for n in range(1001))),
    ],
)  # fmt: skip
def test_a_field_that_cannot_be_read_says_what_to_type(name: str, text: str) -> None:
    _, faults = BY_CODE["percent"].take(sent({"label_de": "A", "percent": "20", name: text}))
    assert list(faults) == [name]
    assert faults[name].german
    assert faults[name].english


@given(st.integers(0, 10**9), st.sampled_from(["de", "en"]))
@example(10**9, "de")
def test_hundredths_are_read_as_they_are_shown(value: int, language: str) -> None:
    kind = Hundredths("€", 10**9)
    assert kind.read(kind.show(value, language)) == value


@given(st.dates(dt.date(1, 1, 2), dt.date(9999, 12, 30)))
def test_the_last_day_comes_back(last_on: dt.date) -> None:
    written = rule("percent", {"percent": "1", "last_on": last_on.isoformat()})
    assert opened(written, "de")[1]["last_on"] == [last_on.isoformat()]


@given(st.lists(st.text("ab ,\"'ß", max_size=6).map(str.strip).filter(bool), unique=True))
@example(["Hosen, lang"])
@example(['"', "a"])
def test_names_are_read_back_as_they_are_written_and_ticked(names: list[str]) -> None:
    """A group of articles may have a comma in its name: import takes such ones."""
    kind = Words()
    assert kind.read(kind.show(names, "de")) == names
    assert kind.read([kind.written(name) for name in names]) == names


def test_names_are_typed_with_commas_between_them() -> None:
    assert Words().read(['hosen,"Hosen, lang" , 3/4" ,, "offen, zu']) == [
        "hosen",
        "Hosen, lang",
        '3/4"',
        '"offen',
        "zu",
    ]
