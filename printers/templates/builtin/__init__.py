"""The templates of the product, in both languages, and the pictures of their samples."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING

from printers.templates.model import Template

if TYPE_CHECKING:
    from collections.abc import Mapping


@cache
def builtin(template_id: str, lang: str) -> Template | None:
    """Return a template of the product; None if it has none of this name."""
    if template_id not in builtin_ids():
        return None
    file = files(__package__).joinpath(f"{template_id}.{lang}.json")
    return Template.from_json(file.read_bytes())


@cache
def builtin_ids() -> frozenset[str]:
    """Return the names of the templates of the product."""
    names = (entry.name for entry in files(__package__).iterdir())
    return frozenset(name.partition(".")[0] for name in names if name.endswith(".de.json"))


@cache
def sample_pictures() -> Mapping[str, bytes]:
    """Return the PBM files of the samples by SHA-256."""
    found = (
        entry.read_bytes() for entry in files(__package__).iterdir() if entry.name.endswith(".pbm")
    )
    return {sha256(file).hexdigest(): file for file in found}
