import os
import subprocess
import sys
from pathlib import Path

import pytest

import pos_plugin
from pos_plugin.origin import check_origins

ROOT = Path(pos_plugin.__file__).parent.parent


def run(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a host's script in a folder of its own; that folder comes first on Python's path."""
    script = folder / "host.py"
    script.write_text(code, encoding="utf-8")
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    return subprocess.run(
        [sys.executable, str(script)],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": path},
    )


def test_our_own_packages_are_found() -> None:
    check_origins()


def test_a_folder_beside_the_host_is_named(tmp_path: Path) -> None:
    (tmp_path / "printers").mkdir()
    (tmp_path / "printers" / "__init__.py").write_text("", encoding="utf-8")
    done = run("import pos_plugin", tmp_path)
    assert done.returncode == 1
    assert f"Python finds {tmp_path / 'printers'}" in done.stderr


def test_a_host_in_an_empty_folder_imports_the_plugin(tmp_path: Path) -> None:
    done = run("import pos_plugin; print(pos_plugin.__version__)", tmp_path)
    assert done.stdout.strip() == pos_plugin.__version__, done.stderr


def test_a_package_that_is_missing_is_named() -> None:
    with pytest.raises(ImportError, match="'native' of stammkunde"):
        check_origins(lambda _name: None)
