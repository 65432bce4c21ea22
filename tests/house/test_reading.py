"""Pages that name code name what is there: each function in its file, each test, each variable."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

import pytest
from house import PACKAGES, ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

READING = "balance-and-offline.md"
FAULTS = "fault-tests.md"
MAP = "architecture.md"
_NAMED = re.compile(r"`([\w.]+)` in `([\w/]+\.py)`")
_A_TEST = re.compile(r"`(test_\w+)`")
_VARIABLE = re.compile(r"`(STAMMKUNDE_[^`]*)`")
_TEST = re.compile(r"`(tests/[\w/]+\.py)`")
_FOLDER = re.compile(rf"`((?:{'|'.join(PACKAGES)})/(?:[\w/]+/)?)`")


def names_of(path: str) -> set[str]:
    """Functions and classes of a file, and methods as ``Class.method``."""
    found: set[str] = set()
    for node in ast.parse((ROOT / path).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.ClassDef):
            found.add(node.name)
            found |= {f"{node.name}.{one.name}" for one in node.body if hasattr(one, "name")}
    return found


def text_of(page: str) -> str:
    return (ROOT / "docs" / page).read_text(encoding="utf-8")


def gone(text: str) -> Iterator[str]:
    for name, path in _NAMED.findall(text):
        if not (ROOT / path).is_file() or name not in names_of(path):
            yield f"{path} has no {name}: name what is there now"
    for path in _TEST.findall(text):
        if not (ROOT / path).is_file():
            yield f"there is no {path}: name the test that would fail"


def not_played(text: str, makefile: str) -> Iterator[str]:
    """Tests without a file or a control; variables that `make soak` does not set."""
    tests = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py"))
    for line in text.splitlines():
        if not line.startswith("|") or "`test_" not in line:
            continue
        _, what, _, test, control, *_ = (cell.strip() for cell in line.split("|"))
        if not _NAMED.search(test) or not _A_TEST.search(control):
            yield f"{what}: a test with its file, and a negative control"
        for name in _A_TEST.findall(control):
            if f"def {name}(" not in tests:
                yield f"{what}: there is no {name}"
    for variable in _VARIABLE.findall(text):
        if f"{variable}=" not in makefile:
            yield f"`make soak` does not set {variable}"


@pytest.mark.parametrize("page", [READING, FAULTS, MAP])
def test_every_function_and_test_of_the_page_is_there(page: str) -> None:
    text = text_of(page)
    assert len(_NAMED.findall(text)) > 20
    assert not list(gone(text))


def packages() -> set[str]:
    """Every folder of ours that can be imported, as a page writes it."""
    return {
        f"{path.parent.relative_to(ROOT).as_posix()}/"
        for package in PACKAGES
        for path in (ROOT / package).rglob("__init__.py")
    }


def test_every_package_is_on_the_map_and_no_other() -> None:
    assert set(_FOLDER.findall(text_of(MAP))) == packages(), "docs/architecture.md: say its idea"


def test_every_page_is_named_by_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    pages = {path.name for path in (ROOT / "docs").glob("*.md")}
    unnamed = {page for page in pages if f"(docs/{page})" not in readme}
    assert not unnamed, "README.md: a page that nothing leads to is read by nobody"


def test_every_fault_has_its_control_and_its_soak() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert not list(not_played(text_of(FAULTS), makefile))


def test_a_function_that_moved_is_noticed() -> None:
    text = "`fold` in `head_office/load.py`, `x` in `head_office/gone.py`, `tests/gone.py`"
    assert len(list(gone(text))) == 3


def test_a_fault_without_its_control_is_noticed() -> None:
    text = "| a | b | `test_x` in `tests/x.py` | - |\n"
    text += "| a | b | `test_x` | `test_gone` | `STAMMKUNDE_X` 2 |"
    assert len(list(not_played(text, ""))) == 4
