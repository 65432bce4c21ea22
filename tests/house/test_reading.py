"""docs/balance-and-offline.md names what is there: each function in its file, each test."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from house import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = ROOT / "docs" / "balance-and-offline.md"
_NAMED = re.compile(r"`([\w.]+)` in `([\w/]+\.py)`")
_TEST = re.compile(r"`(tests/[\w/]+\.py)`")


def names_of(path: str) -> set[str]:
    """Functions of a file, and methods as ``Class.method``."""
    found: set[str] = set()
    for node in ast.parse((ROOT / path).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.ClassDef):
            found |= {f"{node.name}.{one.name}" for one in node.body if hasattr(one, "name")}
    return found


def gone(text: str) -> Iterator[str]:
    for name, path in _NAMED.findall(text):
        if not (ROOT / path).is_file() or name not in names_of(path):
            yield f"{PAGE.name}: {path} has no {name}: name the function that carries it now"
    for path in _TEST.findall(text):
        if not (ROOT / path).is_file():
            yield f"{PAGE.name}: there is no {path}: name the test that would fail"


def test_every_function_and_test_of_the_page_is_there() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert len(_NAMED.findall(text)) > 20
    assert not list(gone(text))


def test_a_function_that_moved_is_noticed() -> None:
    text = "`fold` in `head_office/load.py`, `x` in `head_office/gone.py`, `tests/gone.py`"
    assert len(list(gone(text))) == 3
