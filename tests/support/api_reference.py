"""The page docs/api-reference.md: every public name with its calls, made of the docstrings.

``python tests/support/api_reference.py --write`` writes it; a house test compares.
"""

from __future__ import annotations

import inspect
import sys
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pos_plugin

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).resolve().parents[2] / "docs" / "api-reference.md"
HEAD = """# API reference

Made of the docstrings by `python tests/support/api_reference.py --write`; how the names belong
together stands in [python-api.md](python-api.md). Amounts are in minor units (cents), quantities in
thousandths, rates in basis points.
"""


def page() -> str:
    """Return the whole page."""
    parts = [HEAD]
    for name in sorted(pos_plugin.__all__):
        parts += ["", f"## `{name}`", *_of(name, getattr(pos_plugin, name))]
    return "\n".join(parts).rstrip() + "\n"


def _of(name: str, found: Any) -> Iterator[str]:
    yield ""
    yield _summary(found)
    if inspect.isclass(found) and issubclass(found, Enum):
        yield ""
        yield ", ".join(f"`{one.value}`" for one in found)
        return
    if not inspect.isclass(found):
        return
    calls = [
        (call, value)
        for call, value in vars(found).items()
        if not call.startswith("_") and _is_call(value)
    ]
    if calls:
        yield ""
    for call, value in calls:
        yield f"- `{name}.{call}{_signature(value)}`: {_summary(value)}"


def _is_call(value: Any) -> bool:
    plain = getattr(value, "__func__", value)
    return inspect.isfunction(plain) or isinstance(value, property)


def _signature(value: Any) -> str:
    if isinstance(value, property):
        return ""
    signature = inspect.signature(getattr(value, "__func__", value))
    given = [
        one.replace(annotation=_Words(one.annotation))
        for one in signature.parameters.values()
        if one.name not in ("self", "cls")
    ]
    told = signature.replace(
        parameters=given, return_annotation=_Words(signature.return_annotation)
    )
    return " ".join(str(told).split())


class _Words(str):
    """An annotation, shown as it was written."""

    __slots__ = ()
    __repr__ = str.__str__


def _summary(found: Any) -> str:
    return (inspect.getdoc(found) or "").partition("\n\n")[0].replace("\n", " ")


if __name__ == "__main__":
    if "--write" in sys.argv[1:]:
        PAGE.write_text(page(), encoding="utf-8")
    elif PAGE.read_text(encoding="utf-8") != page():
        sys.exit("docs/api-reference.md is not what the docstrings say: run with --write")
