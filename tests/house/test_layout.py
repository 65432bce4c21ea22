"""The tree: what a wheel must hold, and what must not look like a package."""

from __future__ import annotations

import re
import tomllib
from fnmatch import fnmatch
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from house import PACKAGES, ROOT, findings
from setuptools import find_namespace_packages, find_packages

import pos_plugin

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# `import packaging.version` from the root must find the library of that name (T8, T9).
NO_PACKAGES = ("packaging", "docs", "examples", "benchmarks", "tests")
BUILT = {".so", ".pyd", ".c", ".pyc"}


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def disguised(paths: Iterable[str]) -> Iterator[str]:
    for path in paths:
        if path.split("/")[0] in NO_PACKAGES and path.endswith("/__init__.py"):
            yield f"{path}: remove it; {path.split('/')[0]}/ is no package, import by bare name"


def test_nothing_but_the_packages_is_a_package() -> None:
    paths = [
        path.relative_to(ROOT).as_posix()
        for folder in NO_PACKAGES
        for path in (ROOT / folder).rglob("__init__.py")
    ]
    found = list(disguised(paths))
    assert not found, findings(found)


def test_a_disguised_package_is_seen() -> None:
    assert len(list(disguised(["tests/support/__init__.py", "native/__init__.py"]))) == 1


def test_there_is_one_version() -> None:
    assert project()["project"]["version"] == pos_plugin.__version__, (
        "pyproject.toml and pos_plugin/version.py differ: set both"
    )


def left_out(
    files: Iterable[str], packages: Iterable[str], folders: Iterable[str], data: Iterable[str]
) -> Iterator[str]:
    """Files of the tree that a wheel would not hold; ``folders`` may hold data, but no modules."""
    known = {package.replace(".", "/") for package in packages}
    taken = {folder.replace(".", "/") for folder in folders}
    patterns = list(data)
    for name in files:
        path = PurePosixPath(name)
        if path.suffix in BUILT:
            continue
        if path.suffix == ".py":
            if path.parent.as_posix() not in known:
                yield f"{name} is in no package: give {path.parent}/ an __init__.py"
        elif not any(fnmatch(path.name, pattern) for pattern in patterns):
            yield f"{name} is no package data: add *{path.suffix} in pyproject.toml"
        elif path.parent.as_posix() not in taken:
            yield f"{name} lies in a folder that is left out: look at packages.find"


def test_a_wheel_holds_every_module_and_data_file() -> None:
    tool = project()["tool"]["setuptools"]
    find = tool["packages"]["find"]
    packages = find_packages(str(ROOT), include=find["include"])
    # What pyproject.toml says by default: folders without __init__.py are taken, too.
    assert find.get("namespaces", True)
    folders = find_namespace_packages(str(ROOT), include=find["include"])
    assert {package.split(".")[0] for package in packages} == set(PACKAGES)
    files = [
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    ]
    found = list(left_out(files, packages, folders, tool["package-data"]["*"]))
    assert not found, findings(found)


def test_what_a_wheel_would_not_hold_is_seen() -> None:
    files = ["native/a.py", "native/deep/b.py", "native/c.csv", "native/deep/d.json", "native/e.so"]
    found = list(left_out(files, ["native"], ["native"], ["*.json"]))
    assert [re.match(r"[\w./]+", one)[0] for one in found] == files[1:4]
