"""One source, two forms, one chooser (ADR 0006)."""

from __future__ import annotations

import runpy

import pytest
import setuptools
from Cython.Compiler import Options
from house import (
    HEADER,
    ROOT,
    Source,
    choosers,
    compiled_modules,
    findings,
    header_missing,
    mixing,
    package_sources,
    sources,
)

CHOOSER = "native/__init__.py"


def test_only_native_chooses() -> None:
    found = [
        one for source in package_sources() if source.path != CHOOSER for one in choosers(source)
    ]
    assert not found, findings(found)


@pytest.mark.parametrize(
    "line",
    [
        "from native._compiled.match import match_classes",
        "from native import _compiled",
        "import native._compiled.match",
        "wish = os.environ['STAMMKUNDE_NATIVE']",
    ],
)
def test_another_chooser_is_seen(line: str) -> None:
    (found,) = choosers(Source("x.py", f"\n{line}\n"))
    assert found.startswith("x.py:2 chooses")


def test_every_compiled_module_has_the_header() -> None:
    found = [one for source in compiled_modules() for one in header_missing(source)]
    assert not found, findings(found)


def test_a_module_without_its_header_is_seen() -> None:
    (found,) = header_missing(Source("native/x.py", '"""A text."""\nimport cython\n'))
    assert found.startswith("native/x.py:1 ")
    assert not list(header_missing(Source("native/x.py", HEADER + '\n"""A text."""\n')))


def test_arrays_are_compiled_with_room_for_few_dimensions(monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[int] = []
    monkeypatch.setattr(Options, "buffer_max_dims", 8)
    monkeypatch.setattr(setuptools, "setup", lambda: built.append(Options.buffer_max_dims))
    runpy.run_path(str(ROOT / "setup.py"))
    assert built == [2]


def test_every_module_in_pure_mode_is_compiled() -> None:
    named = {one.path for one in compiled_modules()}
    pure = {one.path for one in sources("native/*.py") if "\nimport cython\n" in one.text}
    assert named == pure, "name the module in ext-modules of pyproject.toml, or take cython out"


@pytest.mark.parametrize(
    "line", ["from native.limits import MAX_BP", "from .match import MatchIndex", "import cython"]
)
def test_a_compiled_module_may_import_its_siblings(line: str) -> None:
    assert not list(mixing(Source("native/x.py", line), siblings={"match"}))


def test_no_compiled_module_imports_the_plain_form() -> None:
    siblings = {one.path[len("native/") : -len(".py")] for one in compiled_modules()}
    found = [one for source in compiled_modules() for one in mixing(source, siblings=siblings)]
    assert not found, findings(found)


def test_a_mixture_of_forms_is_seen() -> None:
    bad = Source("native/x.py", "from native.match import MatchIndex\nimport native.match\n")
    assert len(list(mixing(bad, siblings={"match"}))) == 2
