"""P6 to P8: what a template may say, and that each string is filled once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paper_formats import FORMATS, GERMAN

from printers.errors import DocumentInvalid
from printers.templates import fill as fill_module
from printers.templates.builtin import builtin, builtin_ids
from printers.templates.errors import TemplateInvalid
from printers.templates.fill import fill
from printers.templates.model import Template
from printers.templates.placeholders import Hole, join, parse

if TYPE_CHECKING:
    from printers.document import Document

Change = "Callable[[dict[str, Any]], object]"


def plain(lang: str = "de") -> dict[str, Any]:
    """The built-in template that prints when no other can."""
    from importlib.resources import files

    return json.loads(
        files("printers.templates.builtin").joinpath(f"plain.{lang}.json").read_text()
    )


def read(**changes: Any) -> Template:
    return Template.from_dict(plain() | changes)


def with_block(*blocks: dict[str, Any], **requires: Any) -> dict[str, Any]:
    template = plain()
    template["blocks"] = [*template["blocks"], *blocks]
    template["requires"] |= {name.replace("__", "."): said for name, said in requires.items()}
    return template


def text(value: str, **more: Any) -> dict[str, Any]:
    return {"type": "text", "value": value, **more}


def filled(template: dict[str, Any], **values: Any) -> Document:
    given_values = template["sample"] | {
        name.replace("__", "."): said for name, said in values.items()
    }
    read_template = Template.from_dict(template)
    return fill(read_template, given_values, formats=GERMAN, subject_uid="s")


def texts(document: Document) -> list[str]:
    return [block.value for block in document.blocks if block.type == "text"]


@pytest.mark.parametrize("lang", ["de", "en"])
@pytest.mark.parametrize("template_id", sorted(builtin_ids()))
def test_templates_of_the_product_fill_their_own_samples(template_id: str, lang: str) -> None:
    template = builtin(template_id, lang)
    assert template is not None
    assert (template.template_id, template.lang) == (template_id, lang)
    document = fill(template, template.sample, formats=FORMATS[lang], subject_uid="s")
    assert document.kind == template.kind


BARE = {"type": "text", "value": "{benefit}", "role": "benefit"}


@pytest.mark.parametrize(
    ("template", "reason", "where"),
    [
        (plain() | {"colour": 1}, "unknown_field", "colour"),
        (plain() | {"schema": "stammkunde.template/2"}, "too_new", "schema"),
        (plain() | {"version": 0}, "wrong_type", "version"),
        (plain() | {"kind": "label"}, "wrong_type", "kind"),
        (plain() | {"blocks": []}, "wrong_type", "blocks"),
        (with_block({"type": "drawer"}), "block", "blocks[13]"),
        (with_block(text("x", font="B")), "unknown_field", "blocks[13].font"),
        (with_block(text("x", size=3)), "block", "blocks[13].size"),
        (with_block(text("{benefit")), "stray_brace", "blocks[13].value"),
        (with_block(text("a } b")), "stray_brace", "blocks[13].value"),
        (with_block(text("{Benefit}")), "stray_brace", "blocks[13].value"),
        (with_block(text("{a.b.c}")), "stray_brace", "blocks[13].value"),
        (with_block(text("{points}")), "unknown_name", "blocks[13].value"),
        (with_block(text("{benefit.__class__}")), "stray_brace", "blocks[13].value"),
        (with_block(text("x"), salary="money"), "unknown_name", "requires.salary"),
        (with_block(text("x"), title="colour"), "unknown_type", "requires.title"),
        (with_block(text("x"), title="text"), "unknown_type", "requires.title"),
        (with_block(text("{benefit|reverse}")), "unknown_filter", "blocks[13].value"),
        (with_block(text("{benefit|shorten}")), "unknown_filter", "blocks[13].value"),
        (with_block(text("{benefit|money}")), "unfitting_filter", "blocks[13].value"),
        (with_block(text("{valid_to}")), "filter_needed", "blocks[13].value"),
        (with_block(text("{valid_to|time}")), "unfitting_filter", "blocks[13].value"),
        (
            with_block({"type": "code", "content": "{voucher.code|upper}"}),
            "filter_in_code",
            "blocks[13].content",
        ),
        (
            with_block(text("{benefit|shorten:20}", role="benefit")),
            "shortened_role",
            "blocks[13].value",
        ),
        (with_block(text("{customer.name}")), "condition_missing", "blocks[13].value"),
        (with_block(text("x", when=["benefit"])), "unknown_condition", "blocks[13].when"),
        (with_block(text("x", when=["not not a"])), "unknown_condition", "blocks[13].when"),
        (
            with_block(text("{benefit}", role="benefit", when=["show.x"])),
            "role_conditional",
            "blocks[13].when",
        ),
        (plain() | {"blocks": plain()["blocks"][1:]}, "role_missing", "blocks"),
        (with_block(text("{benefit|upper}" * 4)), "too_long", "blocks[13].value"),
        (with_block(text("{conditions}{conditions}")), "too_long", "blocks[13].value"),
        (with_block(text("x", each="benefit")), "unknown_name", "blocks[13].each"),
        (
            with_block({"type": "image", "asset": "{benefit}"}),
            "unfitting_filter",
            "blocks[13].asset",
        ),
    ],
)
def test_each_mistake_of_a_template_has_its_reason_and_place(
    template: dict[str, Any], reason: str, where: str
) -> None:
    with pytest.raises(TemplateInvalid) as caught:
        Template.from_dict(template)
    assert (caught.value.reason, caught.value.where) == (reason, where)


@pytest.mark.parametrize("content", ["", "[]", "null", '{"a": 1', "[" * 10_000, "x" * 70_000])
def test_what_is_no_template_is_refused(content: str) -> None:
    with pytest.raises(TemplateInvalid):
        Template.from_json(content)


def test_values_stand_as_people_write_them() -> None:
    template = with_block(
        text("{voucher.value|money}", when=["voucher.value"]),
        text("{{{issuer|upper}}}"),
        voucher__value="money?",
    )
    said = texts(filled(template, voucher__value=123456, issuer="Spaß", valid_to="2026-12-31"))
    assert "gültig bis 31.12.2026" in said
    assert "1.234,56\u00a0€" in said
    assert "{SPASS}" in said


@pytest.mark.parametrize(
    "name", ["{voucher.code}", "{{", "}", "{benefit|upper}", "{customer.name}", "\x1b@{x}"]
)
def test_value_that_looks_like_a_placeholder_prints_just_so(name: str) -> None:
    document = filled(plain(), customer__name=name)
    assert f"Persönlich für {name}".replace("\x1b", "") in texts(document)


def test_filling_a_string_twice_would_print_the_code_as_a_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def twice(parts: Any, value_of: Any) -> str:
        return join(parse(join(parts, value_of), ""), value_of)

    monkeypatch.setattr(fill_module, "join", twice)
    document = filled(plain(), customer__name="{voucher.code}")
    assert "Persönlich für {voucher.code}" not in texts(document)


def test_optional_value_stands_only_where_it_is() -> None:
    assert any("Persönlich" in said for said in texts(filled(plain())))
    nobody = filled(plain(), customer__name=None)
    assert not any("Persönlich" in said for said in texts(nobody))


@pytest.mark.parametrize(
    "values",
    [
        {"benefit": None},
        {"benefit": 5},
        {"conditions": "x" * 1_501},
        {"benefit": "x" * 1_501},
        {"valid_to": 20261231},
    ],
)
def test_value_of_another_type_is_refused_with_its_name(values: dict[str, Any]) -> None:
    with pytest.raises(TemplateInvalid) as caught:
        filled(plain(), **values)
    assert (caught.value.reason, caught.value.where) == ("value", next(iter(values)))


def test_names_are_cut_and_what_a_voucher_promises_never() -> None:
    said = texts(filled(plain(), issuer="x" * 300, benefit="z" * 1_500, conditions="y" * 1_500))
    assert "x" * 200 in said
    assert {"z" * 1_500, "y" * 1_500} <= set(said)


def test_coupons_of_one_strip_stand_one_below_the_other() -> None:
    template = builtin("birthday-coupon", "de")
    assert template is not None
    document = fill(template, template.sample, formats=GERMAN, subject_uid="s")
    kinds = [
        block.content if block.type == "code" else getattr(block, "style", block.type)
        for block in document.blocks
        if block.type in {"code", "rule", "cut"}
    ]
    first, second = (one["code"] for one in template.sample["coupons"])
    assert kinds == ["scissors", first, "scissors", second, "cut"]


def test_switch_of_a_shop_takes_a_block_away() -> None:
    template = builtin("rental-voucher", "de")
    assert template is not None
    shown = fill(template, template.sample, formats=GERMAN, subject_uid="s")
    bare = fill(
        template, template.sample, formats=GERMAN, subject_uid="s", hidden={"covers", "logo"}
    )
    assert shown.assets()
    assert not bare.assets()
    assert bare.roles() == shown.roles()


def test_training_prints_no_code_that_a_till_takes() -> None:
    template = builtin("rental-voucher", "de")
    assert template is not None
    document = fill(template, template.sample, formats=GERMAN, subject_uid="s", training=True)
    codes = [block.content for block in document.blocks if block.type == "code"]
    assert codes == ["SKTEST00000000000"] * 2


_values = st.text(max_size=220) | st.sampled_from(["{benefit}", "}}", "{{", "\x1b", "ß" * 200])


@given(_values, _values, _values)
def test_whatever_fills_a_checked_template_it_fits_a_document(
    name: str, benefit: str, terms: str
) -> None:
    try:
        document = filled(plain(), customer__name=name, benefit=benefit, conditions=terms)
    except (DocumentInvalid, TemplateInvalid) as error:
        # Only emptiness is refused: nothing is left of what a voucher has to say.
        if "needs a block" not in str(error) and "missing" not in str(error):
            raise
        return
    assert all(len(said) <= 2_000 for said in texts(document))


@given(st.text(alphabet="{}ab|.:1", max_size=30))
def test_parser_takes_a_string_whole_or_refuses_it(written: str) -> None:
    try:
        parts = parse(written, "")
    except TemplateInvalid:
        return
    again = "".join(
        part.replace("{", "{{").replace("}", "}}")
        if isinstance(part, str)
        else "{" + "|".join([part.name, *(_written(one) for one in part.filters)]) + "}"
        for part in parts
    )
    assert again == written
    assert all(isinstance(part, str | Hole) for part in parts)


def _written(one: Any) -> str:
    return f"{one.name}:{one.size}" if one.size else str(one.name)
