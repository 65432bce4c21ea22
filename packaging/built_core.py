"""Says which form of the core serves after an installation, and whether that is as it should be.

A module of the core that the C compiler refuses is left out of the installation without a word (its
``optional`` in pyproject.toml): right where there is no compiler, wrong where there is one.

Usage: ``python packaging/built_core.py forget`` before the installation, so that no module of an
older source stays in the place of one that failed; ``python packaging/built_core.py`` after it,
exit 1 when a module is missing that this machine could have compiled.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tomllib
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMPILED = ROOT / "native" / "_compiled"


def main() -> int:
    """Forget the compiled modules, or look for them; return the exit code."""
    if sys.argv[1:] == ["forget"]:
        for suffix in EXTENSION_SUFFIXES:
            for path in COMPILED.glob(f"*{suffix}"):
                path.unlink()
        return 0
    missing = not_built()
    if not missing:
        print("compiled core: yes")
        return 0
    if not can_compile():
        print("compiled core: no, the plain Python form serves (a C compiler makes it faster)")
        return 0
    print(
        f"compiled core: no, although there is a C compiler: {', '.join(missing)} failed.\n"
        f"What it says: {sys.executable} -m pip install -v --no-deps -e .",
        file=sys.stderr,
    )
    return 1


def not_built() -> list[str]:
    """Return the sources of the modules that were not compiled."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return [
        source
        for module in project["tool"]["setuptools"]["ext-modules"]
        for source in module["sources"]
        if not any((COMPILED / f"{Path(source).stem}{end}").is_file() for end in EXTENSION_SUFFIXES)
    ]


def can_compile() -> bool:
    """Say whether the compiler that setuptools takes is there, with the headers of Python."""
    compiler = (os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc").split()
    include = f"-I{sysconfig.get_path('include')}"
    try:
        done = subprocess.run(  # noqa: S603 - the compiler of this machine
            [*compiler, include, "-fsyntax-only", "-x", "c", "-"],
            input=b"#include <Python.h>\n",
            capture_output=True,
            check=False,
        )
    except OSError:
        return False
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
