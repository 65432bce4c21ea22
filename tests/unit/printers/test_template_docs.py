"""docs/templates.md says of templates what the code takes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Final

from paper_formats import ENGLISH

from printers.document import DEMANDED
from printers.templates.errors import TemplateReason
from printers.templates.fields import CATALOGUE, Type
from printers.templates.fill import fill
from printers.templates.model import Template

PAGE: Final = (Path(__file__).resolve().parents[3] / "docs" / "templates.md").read_text("utf-8")


def written(type_: Type) -> str:
    if type_.name == "list":
        fields = ", ".join(f"`{name}` {written(one)}" for name, one in type_.fields.items())
        return f"list of {fields}"
    return f"{type_.name}{'?' if type_.is_optional else ''}"


def test_catalogue_of_the_page_is_that_of_the_code() -> None:
    for kind, fields in CATALOGUE.items():
        row = "; ".join(f"`{name}` {written(type_)}" for name, type_ in fields.items())
        assert f"| `{kind}` | {row} |\n" in PAGE


def test_every_reason_of_a_refusal_has_its_row_and_no_other() -> None:
    table = PAGE[PAGE.index("| reason | meaning |") :]
    rows = re.findall(r"^\| `([a-z_]+)` \|", table, re.MULTILINE)
    assert rows == [reason.value for reason in TemplateReason]


def test_demanded_roles_stand_on_the_page() -> None:
    for kind, roles in DEMANDED.items():
        (row,) = [line for line in PAGE.splitlines() if f"`{kind}`" in line and "|" in line][:1]
        assert all(f"`{role}`" in row for role in roles), kind


def test_template_of_the_page_can_be_filled() -> None:
    (example,) = [
        block for block in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL) if "blocks" in block
    ]
    template = Template.from_dict(json.loads(example))
    document = fill(template, template.sample, formats=ENGLISH, subject_uid="s", hidden={"drink"})
    said = [block.value for block in document.blocks if block.type == "text"]
    assert said == [
        "Sunshine",
        "An ice cream",
        "For Ann",
        "until 31\N{NO-BREAK SPACE}Dec\N{NO-BREAK SPACE}2026",
        "Once only.",
    ]
