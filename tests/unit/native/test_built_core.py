"""`make install` on a copy of the tree, with a pip that compiles all, all but one, or nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
MODULES = sorted(
    one.stem for one in (ROOT / "native").glob("*.py") if "import cython" in one.read_text()
)
HAS_COMPILER = shutil.which("cc") is not None

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="needs make")


def copy(folder: Path) -> Path:
    """What `make install` reads; every module stands there compiled, of an older source."""
    tree = folder / "tree"
    (tree / "packaging").mkdir(parents=True)
    for name in ("Makefile", "pyproject.toml", "setup.py", "packaging/built_core.py"):
        shutil.copy(ROOT / name, tree / name)
    (tree / "native" / "_compiled").mkdir(parents=True)
    for name in MODULES:
        compiled(tree, name).write_text("older")
    programs = tree / ".venv" / "bin"
    programs.mkdir(parents=True)
    write(programs / "python", f'exec {sys.executable} "$@"')
    return tree


def compiled(tree: Path, name: str) -> Path:
    return tree / "native" / "_compiled" / f"{name}{EXTENSION_SUFFIXES[0]}"


def write(program: Path, line: str) -> None:
    program.write_text(f"#!/bin/sh\n{line}\n")
    program.chmod(0o755)


def install(tree: Path, *built: str, cc: str) -> subprocess.CompletedProcess[str]:
    """Install with a pip that compiles these; of the others it says nothing, as the real one."""
    lines = [f"echo new > {compiled(tree, name)}" for name in built]
    write(tree / ".venv" / "bin" / "pip", "\n".join(["true", *lines]))
    # These tests may run inside `make test`, whose settings are not ours.
    ours = {name: value for name, value in os.environ.items() if "MAKE" not in name}
    return subprocess.run(
        ["make", "install", f"PYTHON={sys.executable}"],
        cwd=tree,
        env={**ours, "MFLAGS": "", "CC": cc},
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.skipif(not HAS_COMPILER, reason="needs a C compiler")
def test_module_that_the_compiler_refuses_fails_the_installation(tmp_path: Path) -> None:
    tree = copy(tmp_path)
    done = install(tree, *(one for one in MODULES if one != "packing"), cc="cc")
    assert done.returncode != 0
    assert "native/packing.py failed" in done.stderr
    assert not compiled(tree, "packing").exists(), "the older one serves on"
    assert not (tree / ".venv" / "stamp").exists(), "the next `make` tries again"


@pytest.mark.parametrize("cc", ["cc", "no-such-compiler"])
def test_core_that_is_compiled_is_fine(tmp_path: Path, cc: str) -> None:
    tree = copy(tmp_path)
    done = install(tree, *MODULES, cc=cc)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "compiled core: yes")
    assert (tree / ".venv" / "stamp").exists()


def test_without_a_compiler_the_plain_form_serves_and_no_older_one(tmp_path: Path) -> None:
    tree = copy(tmp_path)
    done = install(tree, cc="no-such-compiler")
    assert done.returncode == 0, done.stderr
    assert "the plain Python form serves" in done.stdout.splitlines()[-1]
    assert not any(compiled(tree, name).exists() for name in MODULES)
