"""The house rules as functions: source text in, findings out; each says where and what instead.

A rule reads a text, so every test of a rule can hand it a bad one and see it found.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGES = ("pos_plugin", "native", "printers", "sync_agent", "head_office")

# Whatever computes or carries amounts; `units.py` holds the divisions and is not among them.
MONEY = (
    "native/*.py",
    "pos_plugin/promotions/**/*.py",
    "pos_plugin/loyalty/*.py",
    "pos_plugin/answers.py",
    "pos_plugin/sale/list_price.py",
    "pos_plugin/model.py",
    "pos_plugin/booking/receipt_event.py",
    "pos_plugin/sale/receipts.py",
    "pos_plugin/wording.py",
    "pos_plugin/faces/sale.py",
    "pos_plugin/sale/snapshot.py",
    "head_office/intake/balances.py",
    "head_office/intake/effects.py",
    "head_office/intake/events.py",
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
    for node in ast.walk(ast.parse(source.text)):
        what = _inexact(node)
        if what:
            yield (
                f"{source.path}:{getattr(node, 'lineno', 0)} uses {what}: amounts are integers or "
                "exact fractions; divide with pos_plugin/units.py"
            )


_INEXACT = {"Decimal", "double", "longdouble"}  # the last two are types of compiled modules


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
    if isinstance(node, ast.Name | ast.Attribute | ast.alias) and _last_name(node) in _INEXACT:
        return _last_name(node)
    return ""


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
            modules = ["native._compiled"]
        if any(re.match(r"native\._compiled\b", module) for module in modules):
            yield (
                f"{source.path}:{getattr(node, 'lineno', 0)} chooses a form of the core: take it "
                "from native.FORM, which is chosen in native/__init__.py"
            )


HEADER = (
    "# cython: boundscheck=True, wraparound=False, cdivision=False, overflowcheck=True, "
    "language_level=3\n# cython: initializedcheck=False"
)


def compiled_modules() -> list[Source]:
    """The modules that pyproject.toml names to be compiled."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extensions = project["tool"]["setuptools"]["ext-modules"]
    return sources(*(path for one in extensions for path in one["sources"]))


def header_missing(source: Source) -> Iterator[str]:
    """All compiled modules are compiled with the same checks."""
    if not source.text.startswith(HEADER + "\n"):
        yield f"{source.path}:1 has not the header of compiled modules: begin with {HEADER!r}"


def mixing(source: Source, *, siblings: Iterable[str]) -> Iterator[str]:
    """A compiled module that imports a sibling by its full name gets the plain form of it."""
    plain = {f"native.{name}" for name in siblings}
    for node in ast.walk(ast.parse(source.text)):
        modules: list[str] = []
        if isinstance(node, ast.ImportFrom) and not node.level:
            modules = [node.module or "", *(f"{node.module}.{one.name}" for one in node.names)]
        elif isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        for module in plain.intersection(modules):
            yield (
                f"{source.path}:{getattr(node, 'lineno', 0)} imports {module}, the plain form: "
                f"write `from .{module.removeprefix('native.')} import ...`"
            )


# --- callers -------------------------------------------------------------------------------------

_KEEPS_NAME = {"property", "staticmethod", "classmethod", "cached_property", "contextmanager"}
_KEEPS_NAME |= {"dataclass", "override", "total_ordering"}
_CALL_NOTHING = {"NamedTuple", "Protocol", "StrEnum", "BaseModel", "Exception", "Generic"}


def uncalled(
    source: Source, named: Mapping[str, int], *, foreign: Collection[str] = ()
) -> Iterator[str]:
    """Functions, methods and classes that nothing names but themselves.

    What a decorator registers, and methods of a class that a library knows, are called by others.

    Args:
        source: where they are defined.
        named: how often each word stands in all that may call them; the source is part of it.
        foreign: names that a library calls on an object of ours.
    """
    tree = ast.parse(source.text)
    lines = source.text.splitlines()
    own = {node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
    registered = {
        id(method)
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        and not {_last_name(base) for base in node.bases} <= own | _CALL_NOTHING
        for method in node.body
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        decorators = {_last_name(getattr(one, "func", one)) for one in node.decorator_list}
        is_called = id(node) in registered or node.name in foreign or not decorators <= _KEEPS_NAME
        if is_called or re.fullmatch(r"__\w+__|_", node.name):
            continue
        itself = words_in(lines[node.lineno - 1 : node.end_lineno])
        if named[node.name] <= itself[node.name]:
            yield f"{source.path}:{node.lineno} {node.name} is called by nobody: remove it"


def words_in(texts: Iterable[str]) -> Counter[str]:
    """How often each name stands in the texts."""
    found: Counter[str] = Counter()
    for text in texts:
        found.update(re.findall(r"\w+", text))
    return found


# --- shared --------------------------------------------------------------------------------------


def _last_name(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.alias):
        return node.name
    return node.id if isinstance(node, ast.Name) else ""
