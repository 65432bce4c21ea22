"""Imports point down: the contracts of pyproject.toml, and what import-linter cannot see."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from house import (
    PACKAGES,
    ROOT,
    Source,
    dynamic_imports,
    findings,
    package_sources,
)

# The lazy names of the public API come from a closed table there.
MAY_IMPORT_BY_NAME = {"pos_plugin/__init__.py", "pos_plugin/cli.py"}
LINT = Path(sys.executable).with_name("lint-imports")


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LINT, "--no-cache"], cwd=folder, check=False, capture_output=True, text=True, timeout=120
    )


def test_every_import_contract_is_kept() -> None:
    done = lint_imports(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_import_upwards_breaks_a_contract(tmp_path: Path) -> None:
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("*.so"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "printers" / "upwards.py").write_text("import pos_plugin.units\n", encoding="utf-8")
    done = lint_imports(tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "printers.upwards -> pos_plugin.units" in done.stdout


def test_nobody_imports_by_a_computed_name() -> None:
    found = [
        one
        for source in package_sources()
        if source.path not in MAY_IMPORT_BY_NAME
        for one in dynamic_imports(source)
    ]
    assert not found, findings(found)


def test_an_import_by_a_computed_name_is_seen() -> None:
    bad = Source(
        "x.py", "import importlib\nm = importlib.import_module(name)\nn = __import__(name)"
    )
    assert len(list(dynamic_imports(bad))) == 2
