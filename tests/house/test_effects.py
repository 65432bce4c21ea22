"""Every effect of the contract stands in docs/sale.md with its fields, and no other."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, get_args

from house import ROOT

from pos_plugin.service.contract.effects import Effect

if TYPE_CHECKING:
    from pydantic import BaseModel

ROW = re.compile(r"^\| `(\w+)` \| `([\w, ]+)` \|", re.MULTILINE)


def documented(text: str) -> dict[str, set[str]]:
    """The kinds of the table under "Effects", each with its fields."""
    section = text.partition("\n## Effects\n")[2].partition("\n## ")[0]
    return {kind: set(names.split(", ")) for kind, names in ROW.findall(section)}


def spoken() -> dict[str, set[str]]:
    """The kinds of the contract, each with its fields besides ``effect_id`` and ``kind``."""
    (union, _) = get_args(Effect)
    models: tuple[type[BaseModel], ...] = get_args(union)
    return {
        get_args(model.model_fields["kind"].annotation)[0]: set(model.model_fields)
        - {"effect_id", "kind"}
        for model in models
    }


def test_every_effect_is_documented_with_its_fields() -> None:
    page = (ROOT / "docs" / "sale.md").read_text(encoding="utf-8")
    assert documented(page) == spoken(), (
        "docs/sale.md, Effects: one row | `kind` | `field, field` | for every effect of "
        "pos_plugin/service/contract/effects.py, with its fields"
    )


def test_effects_are_found_in_their_section_only() -> None:
    text = "\n## Effects\n\n| `a` | `x, y` | does |\n\n## Next\n\n| `b` | `z` | does |\n"
    assert documented(text) == {"a": {"x", "y"}}
    assert len(spoken()) > 8
