"""Fields that say which pieces are meant, and the selector that they make."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from head_office.web.forms.fields import Field, OneOf, Words
from head_office.web.forms.form import Group

if TYPE_CHECKING:
    from head_office.web.forms.fields import Values
    from pos_plugin.promotions.selector import Selector

_NAMES: Final = ("categories", "brands", "seasons", "tags", "skus")

_FIELDS: Final = (
    Field(
        "on_categories",
        Words("categories"),
        "Warengruppen",
        "Product groups",
        ("Keine gewählt = alle.", "None chosen = all."),
    ),
    Field("on_brands", Words("brands"), "Marken", "Brands"),
    Field(
        "on_price_state",
        OneOf(
            (
                ("any", "Alle, auch schon reduzierte", "All, also those marked down"),
                ("full_price", "Nur nicht reduzierte", "Only those not marked down"),
                ("markdown", "Nur schon reduzierte", "Only those marked down"),
            )
        ),
        "Reduzierte Ware",
        "Marked-down goods",
    ),
)
_CLOSER: Final = (
    Field("on_seasons", Words("seasons"), "Saisons", "Seasons"),
    Field("on_tags", Words("tags"), "Merkmale", "Tags"),
    Field("on_skus", Words(), "Artikelnummern", "Article numbers"),
    Field(
        "off_categories",
        Words("categories"),
        "Ausgenommene Warengruppen",
        "Product groups left out",
    ),
    Field("off_brands", Words("brands"), "Ausgenommene Marken", "Brands left out"),
)


def groups(*, is_open: bool = True) -> tuple[Group, ...]:
    """Return the fields under their headings."""
    return (
        Group("Worauf", "On what", _FIELDS, is_open=is_open),
        Group("Worauf genauer, Ausnahmen", "On what exactly, exceptions", _CLOSER, is_open=False),
    )


def selector(values: Values, prefix: str = "on") -> dict[str, Any]:
    """Return the selector of the fields with a prefix.

    >>> selector({"on_categories": ["hosen"], "off_brands": ["Basic"]})
    {'any_of': [{'categories': ['hosen']}], 'none_of': [{'brands': ['Basic']}]}
    """
    match: dict[str, Any] = {
        name: values[f"{prefix}_{name}"] for name in _NAMES if values.get(f"{prefix}_{name}")
    }
    if values.get(f"{prefix}_price_state", "any") != "any":
        match["price_state"] = values[f"{prefix}_price_state"]
    left_out = [
        {name: values[f"off_{name}"]}
        for name in ("categories", "brands")
        if prefix == "on" and values.get(f"off_{name}")
    ]
    return {"any_of": [match] if match else [], "none_of": left_out}


def values(chosen: Selector, prefix: str = "on") -> Values:
    """Return what the fields hold for a selector; what they have no place for is lost."""
    found: Values = {}
    for match in chosen.any_of[:1]:
        found |= {f"{prefix}_{name}": list(getattr(match, name)) for name in _NAMES}
        found[f"{prefix}_price_state"] = match.price_state
    for match in chosen.none_of:
        for name in ("categories", "brands"):
            if getattr(match, name):
                found[f"off_{name}"] = list(getattr(match, name))
    return found
