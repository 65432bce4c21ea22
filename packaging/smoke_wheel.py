"""Builds the wheel, installs it alone into a fresh environment and sells with it.

What an editable install hides, shows here: modules and data files missing from the wheel, a
compiled core that was not built, dependencies that only the development environment has.

Usage: ``python packaging/smoke_wheel.py`` from the root of the checkout; exit 0 when all is well.
"""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent
QUICKSTART = ROOT / "examples" / "quickstart"

CHECK = """
import importlib.resources, pathlib, sys
import native, pos_plugin, printers, sync_agent
root = pathlib.Path(sys.argv[1]).resolve()
for package in (native, pos_plugin, printers, sync_agent):
    assert root not in pathlib.Path(package.__file__).resolve().parents, package.__file__
assert native.COMPILED or sys.argv[2] == "plain", "the wheel carries no compiled core"
# Of the eight dimensions that Cython has room for, setup.py leaves two: 64 bytes an array, not 208.
size = native.FORM.Matches.__basicsize__
assert sys.argv[2] == "plain" or size < 1_500, f"built without setup.py: Matches takes {size} bytes"
page = importlib.resources.files("pos_plugin.service") / "page"
assert (page / "till.html").is_file(), "the page is missing from the wheel"
import printers.render  # reads the glyphs that it ships
from printers.profiles import read_profile, shipped
from printers.templates.builtin import builtin, builtin_ids, sample_pictures
assert shipped() and all(read_profile(name) for name in shipped()), "the profiles are missing"
assert builtin_ids() and all(builtin(name, "en") for name in builtin_ids()), "no templates"
assert sample_pictures(), "the pictures of the samples are missing"
print("wheel:", pos_plugin.__name__, "compiled" if native.COMPILED else "plain")
"""


def main() -> None:
    """Build, install, run; the first thing that fails ends it with its own output."""
    form = "plain" if "--plain" in sys.argv[1:] else "compiled"
    with TemporaryDirectory(prefix="stammkunde-wheel-") as folder:
        place = Path(folder)
        run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", folder, str(ROOT))
        (wheel,) = place.glob("*.whl")
        venv.create(place / "venv", with_pip=True)
        python = place / "venv" / "bin" / "python"
        run(str(python), "-m", "pip", "install", "-q", str(wheel), cwd=place)
        run(str(python), "-c", CHECK, str(ROOT), form, cwd=place)
        run(
            str(place / "venv" / "bin" / "stammkunde"),
            "evaluate",
            "--promotions",
            str(QUICKSTART / "promotions.json"),
            "--sale",
            str(QUICKSTART / "sale.json"),
            cwd=place,
            quiet=True,
        )
        run(
            str(place / "venv" / "bin" / "stammkunde"),
            "replay",
            str(QUICKSTART / "receipts.csv"),
            "--promotions",
            str(QUICKSTART / "promotions.json"),
            cwd=place,
            quiet=True,
        )


def run(*command: str, cwd: Path = ROOT, quiet: bool = False) -> None:
    """Run a command that must succeed."""
    done = subprocess.run(  # noqa: S603 - our own commands
        command, cwd=cwd, stdout=subprocess.DEVNULL if quiet else None, check=False
    )
    if done.returncode:
        sys.exit(f"{' '.join(command[:4])} … ended with {done.returncode}")


if __name__ == "__main__":
    main()
