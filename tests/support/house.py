"""The house rules as functions: source text in, findings out; each says where and what instead.

A rule reads a text, so every test of a rule can hand it a bad one and see it found.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGES = ("pos_plugin", "native", "printers", "sync_agent", "head_office")

# Whatever computes or carries amounts; `units.py` holds the divisions and is not among them.
MONEY = (
    "native/*.py",
    "native/*.pyx",
    "pos_plugin/promotions/**/*.py",
    "pos_plugin/loyalty/*.py",
    "pos_plugin/answers.py",
    "pos_plugin/list_price.py",
    "pos_plugin/model.py",
    "pos_plugin/receipt_event.py",
    "pos_plugin/receipts.py",
    "pos_plugin/wording.py",
    "pos_plugin/sale.py",
    "pos_plugin/snapshot.py",
    "head_office/balances.py",
    "head_office/effects.py",
    "head_office/events.py",
)


@dataclass(frozen=True)
class Source:
    """A file by its path from the root, and its text."""

    path: str
    text: str


def sources(*patterns: str) -> list[Source]:
    """Every file that matches; a pattern that matches nothing is an error of the test."""
    found: dict[str, Source] = {}
    for pattern in patterns:
        paths = sorted(ROOT.glob(pattern))
        assert paths, f"{pattern} matches no file: name the files that took its place"
        for path in paths:
            name = path.relative_to(ROOT).as_posix()
            found[name] = Source(name, path.read_text(encoding="utf-8"))
    return list(found.values())


def package_sources() -> list[Source]:
    """Every Python file of the packages."""
    return sources(*(f"{package}/**/*.py" for package in PACKAGES))


def findings(rule_findings: Iterable[str]) -> str:
    """One finding a line, for the message of an assertion."""
    return "\n".join(rule_findings)


# --- imports -------------------------------------------------------------------------------------

_PYX_IMPORT = re.compile(r"^\s*(?:from\s+([\w.]+)\s+c?import|c?import\s+([\w.]+))", re.MULTILINE)
PYX_MAY_IMPORT = frozenset({"array", "cpython", "libc", "cython", "native"})


def pyx_imports(source: Source) -> Iterator[str]:
    """import-linter does not read .pyx files."""
    for match in _PYX_IMPORT.finditer(source.text):
        module = (match[1] or match[2]).split(".")[0]
        if module not in PYX_MAY_IMPORT:
            yield (
                f"{source.path}:{_line(source, match)} imports {module}: the core takes arrays and "
                f"gives arrays; let the caller in pos_plugin/promotions do what needs {module}"
            )


def dynamic_imports(source: Source) -> Iterator[str]:
    """What is imported by a computed name, no import contract sees."""
    for node in ast.walk(ast.parse(source.text)):
        if isinstance(node, ast.Call) and _last_name(node.func) in {"import_module", "__import__"}:
            yield (
                f"{source.path}:{node.lineno} imports by a computed name: write an import "
                "statement, inside the function when the library is heavy"
            )


# --- money and time ------------------------------------------------------------------------------


def inexact_numbers(source: Source) -> Iterator[str]:
    """No division (but of a Fraction), float, Decimal or round in money code."""
    if source.path.endswith(".pyx"):
        yield from _inexact_pyx(source)
        return
    for node in ast.walk(ast.parse(source.text)):
        what = _inexact(node)
        if what:
            yield (
                f"{source.path}:{getattr(node, 'lineno', 0)} uses {what}: amounts are integers or "
                "exact fractions; divide with pos_plugin/units.py"
            )


def _inexact(node: ast.AST) -> str:
    if isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div):
        # Fraction(a) / b says by itself that it is exact.
        left = node.left if isinstance(node, ast.BinOp) else node.target
        is_exact = isinstance(left, ast.Call) and _last_name(left.func) == "Fraction"
        return "" if is_exact else "/"
    if isinstance(node, ast.Constant) and isinstance(node.value, float):
        return f"the float {node.value}"
    if isinstance(node, ast.Call) and _last_name(node.func) in {"float", "round", "truediv"}:
        return f"{_last_name(node.func)}()"
    if isinstance(node, ast.Name | ast.Attribute | ast.alias) and _last_name(node) == "Decimal":
        return "Decimal"
    return ""


_PYX_INEXACT = re.compile(r"(?<!/)/(?!/)|\b(?:double|float|round|Decimal)\b|\b\d+\.\d")


def _inexact_pyx(source: Source) -> Iterator[str]:
    for number, line in enumerate(_without_texts(source.text).splitlines(), start=1):
        match = _PYX_INEXACT.search(line)
        if match:
            yield (
                f"{source.path}:{number} uses {match[0]}: compiled amounts are int64_t; divide in "
                "pos_plugin/units.py"
            )


_NOW = {"now", "utcnow", "today"}
_CALENDAR = {"datetime", "date", "dt.datetime", "dt.date", "datetime.datetime", "datetime.date"}
_SLEEP_OR_TIME = {"time.time", "time.sleep", "time.time_ns", "asyncio.sleep"}
_SQL_NOW = re.compile(r"CURRENT_(?:TIMESTAMP|DATE|TIME)\b|'now'", re.IGNORECASE)


def asked_time(source: Source) -> Iterator[str]:
    """Only clock.py knows what time it is, and nobody sleeps."""
    for node in ast.walk(ast.parse(source.text)):
        what = ""
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            owner, _, method = name.rpartition(".")
            if name in _SLEEP_OR_TIME or (method in _NOW and owner in _CALENDAR):
                what = f"{name}()"
        elif isinstance(node, ast.ImportFrom) and node.module == "time":
            names = {alias.name for alias in node.names} & {"time", "sleep", "time_ns"}
            what = f"from time import {', '.join(sorted(names))}" if names else ""
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            what = f"{node.value!r}" if _SQL_NOW.search(node.value) else ""
        if what:
            yield (
                f"{source.path}:{getattr(node, 'lineno', 0)} has {what}: take a Clock of "
                "pos_plugin/clock.py as argument; wait for an event with a deadline"
            )


# --- twins ---------------------------------------------------------------------------------------


def choosers(source: Source) -> Iterator[str]:
    """Only native/__init__.py chooses a form of the core."""
    for node in ast.walk(ast.parse(source.text)):
        modules: list[str] = []
        if isinstance(node, ast.ImportFrom):
            modules = [node.module or ""]
            modules += [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.Constant) and node.value == "STAMMKUNDE_NATIVE":
            modules = ["native._"]
        if any(re.match(r"native\._(?:\w+_(?:c|py))?$", module) for module in modules):
            yield (
                f"{source.path}:{getattr(node, 'lineno', 0)} chooses a form of the core: import "
                "from native, which chooses in native/__init__.py"
            )


def public_python(source: Source) -> dict[str, list[str]]:
    """Public functions and classes of the plain form with their parameters in order."""
    found: dict[str, list[str]] = {}
    for node in ast.parse(source.text).body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            found[node.name] = _parameters(node)
        elif isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            for method in node.body:
                if isinstance(method, ast.FunctionDef) and _is_public(method.name):
                    found[f"{node.name}.{method.name}"] = _parameters(method)
    return found


def _parameters(node: ast.FunctionDef) -> list[str]:
    names = [argument.arg for argument in node.args.posonlyargs + node.args.args]
    by_keyword = [argument.arg for argument in node.args.kwonlyargs]
    return [*names, "*", *by_keyword] if by_keyword else names


_PYX_DEF = re.compile(r"^( *)(?:cdef class (\w+)|def (\w+)\(([^)]*)\))", re.MULTILINE)


def public_compiled(source: Source) -> dict[str, list[str]]:
    """The same of the compiled form, read from its text."""
    found: dict[str, list[str]] = {}
    owner = ""
    for indent, cdef_class, name, parameters in _PYX_DEF.findall(source.text):
        if cdef_class:
            owner = cdef_class
        elif _is_public(name):
            words = [part.replace("not None", "").split() for part in parameters.split(",")]
            found[f"{owner}.{name}" if indent else name] = [word[-1] for word in words if word]
    return found


def _is_public(name: str) -> bool:
    return name == "__init__" or not name.startswith("_")


# --- shared --------------------------------------------------------------------------------------


def _last_name(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.alias):
        return node.name
    return node.id if isinstance(node, ast.Name) else ""


def _line(source: Source, match: re.Match[str]) -> int:
    return source.text.count("\n", 0, match.start(1) if match[1] else match.start(2)) + 1


_TEXTS = re.compile(r'""".*?"""|"[^"\n]*"|#[^\n]*', re.DOTALL)


def _without_texts(text: str) -> str:
    """The same lines without comments and strings."""
    return _TEXTS.sub(lambda match: "\n" * match[0].count("\n"), text)
