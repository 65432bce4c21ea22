"""The types of the values that fill a template, and what each kind of paper offers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from printers.templates.errors import TemplateInvalid, TemplateReason

if TYPE_CHECKING:
    from collections.abc import Mapping

TEXT_CHARACTERS: Final = 200
LONG_CHARACTERS: Final = 1_500
LIST_ITEMS: Final = 100

# Most characters that a value of the type fills; upper counts triple, because ß becomes SS.
WIDTHS: Final = {
    "text": TEXT_CHARACTERS,
    "long": LONG_CHARACTERS,
    "count": 26,
    "money": 40,
    "day": 10,
    "instant": 16,
    "picture": 64,
}
NEEDED: Final = {"money": {"money"}, "day": {"day"}, "instant": {"day", "time"}}
"""Types that a filter has to write."""


class Type(NamedTuple):
    """Type of a value; ``fields`` are those of each item of a list."""

    name: str
    is_optional: bool = False
    fields: Mapping[str, Type] = {}


def read_types(requires: Mapping[str, Any], where: str) -> dict[str, Type]:
    """Return the types that a template names.

    Raises:
        TemplateInvalid: a type that is none.
    """
    return {name: _read_type(said, f"{where}.{name}") for name, said in requires.items()}


def _read_type(said: object, where: str) -> Type:
    if isinstance(said, dict) and said and all(isinstance(name, str) for name in said):
        fields = read_types(said, where)
        if any(field.name == "list" for field in fields.values()):
            raise TemplateInvalid(TemplateReason.UNKNOWN_TYPE, where, "a list holds no list")
        return Type("list", fields=fields)
    if isinstance(said, str):
        name = said.removesuffix("?")
        if name in WIDTHS or name == "yes_no":
            return Type(name, is_optional=said.endswith("?"))
    raise TemplateInvalid(
        TemplateReason.UNKNOWN_TYPE,
        where,
        f"{said!r} is none of {', '.join(sorted(WIDTHS))}, yes_no, or the fields of a list",
    )


_VOUCHER: Final[Mapping[str, Any]] = {
    "issuer": "text",
    "logo": "picture?",
    "title": "text?",
    "text": "long?",
    "benefit": "long",
    "customer.name": "text?",
    "voucher.code": "text",
    "voucher.value": "money?",
    "valid_from": "day?",
    "valid_to": "day",
    "conditions": "long",
    "shop": "text",
    "training": "yes_no",
    "titles": {"title": "text", "start": "day", "price": "money?", "picture": "picture?"},
}
_COUPON: Final[Mapping[str, Any]] = {
    **_VOUCHER,
    "coupons": {
        "title": "text?",
        "benefit": "long",
        "value": "money?",
        "code": "text",
        "valid_to": "day",
        "conditions": "long",
        "is_first": "yes_no",
    },
}
_APPROVAL: Final[Mapping[str, Any]] = {
    "issuer": "text",
    "logo": "picture?",
    "customer.name": "text",
    "number": "text",
    "code": "text",
    "given_on": "day",
    "due_on": "day",
    "shop": "text",
    "lines": {"name": "text", "sku": "text", "worth": "money"},
    "more_count": "count?",
    "more_worth": "money?",
    "total": "money",
    "pieces": "count",
}
_STATEMENT: Final[Mapping[str, Any]] = {
    "issuer": "text",
    "logo": "picture?",
    "shop": "text",
    "customer.name": "text",
    "customer.number": "text?",
    "as_of": "instant",
    "offline": "yes_no",
    "has_expiring": "yes_no",
    "accounts": {"name": "text", "balance": "text"},
    "entries": {"on": "day", "text": "text", "amount": "text"},
    "expiring": {"on": "day", "text": "text"},
    "vouchers": {"benefit": "text", "valid_to": "day"},
    "has_vouchers": "yes_no",
}
_TEST_PAGE: Final[Mapping[str, Any]] = {
    "printer": "text",
    "width": "text",
    "said": "text",
    "code": "text",
    "line_code": "text",
    "wedge": "picture?",
    "ruler": "text",
}

CATALOGUE: Final[Mapping[str, Mapping[str, Type]]] = {
    kind: read_types(fields, kind)
    for kind, fields in {
        "voucher": _VOUCHER,
        "coupon": _COUPON,
        "approval": _APPROVAL,
        "statement": _STATEMENT,
        "test_page": _TEST_PAGE,
    }.items()
}
"""What fills the papers of each kind."""
