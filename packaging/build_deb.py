"""Builds a Debian package of the till or of head office: a venv under /opt, units, udev rule.

Usage: ``python packaging/build_deb.py till|head-office`` from the root of the checkout, on the
oldest system the package shall run on; needs ``dpkg-deb`` and that system's Python 3.11 or newer.

Versions lie side by side under /opt; one link, moved in one step after the new version has said
that it works, names the one in use, and the version before stays for `stammkunde-rollback`.
"""

from __future__ import annotations

import argparse
import gzip
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = ROOT / "packaging" / "deb"
SCRIPTS = ("preinst", "postinst", "prerm", "postrm")
PYTHON = "/usr/bin/python3"
EXTRAS = {"till": "", "head-office": "[head-office]"}
UNITS = {"till": "stammkunde", "head-office": "stammkunde-head-office"}
CREATE = {
    "till": "install --directory --mode=0755 @DATA@",
    "head-office": "adduser --system --group --quiet --home @DATA@ --no-create-home @USER@\n"
    "  install --directory --mode=0700 --owner=@USER@ --group=@USER@ @DATA@ @DATA@-backup",
}


def main() -> None:
    """Build; the first thing that fails ends it with its own output."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("role", choices=sorted(EXTRAS))
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="folder of the package")
    parser.add_argument("--wheel", type=Path, help="a wheel that is there already")
    parser.add_argument("--venv", type=Path, help="folder of the environment, kept for the next")
    parser.add_argument("--version", help="another version, to try an upgrade")
    parser.add_argument("--suffix", default="", help="of all names, to try it beside a real one")
    parser.add_argument("--quick", action="store_true", help="do not compress")
    asked = parser.parse_args()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    version = asked.version or project["version"]
    with TemporaryDirectory(prefix="stammkunde-deb-") as folder:
        environment = asked.venv or Path(folder) / "venv"
        if not environment.exists():
            make_environment(environment, asked.role, asked.wheel, Path(folder))
        names = names_of(asked.role, asked.suffix, version)
        stage = Path(folder) / "stage"
        fill(stage, environment, asked.role, names)
        asked.out.mkdir(parents=True, exist_ok=True)
        target = asked.out / f"{names['PACKAGE']}_{version}_{names['ARCHITECTURE']}.deb"
        how = ["-Znone"] if asked.quick else []
        run("dpkg-deb", *how, "--root-owner-group", "--build", str(stage), str(target))
    print(target)


def names_of(role: str, suffix: str, version: str) -> dict[str, str]:
    """Return what stands for the words in @ of the templates."""
    package = f"stammkunde-{role}{suffix}"
    machine = said("dpkg", "--print-architecture")
    minor = said(PYTHON, "-c", "import sys; print(sys.version_info.minor)")
    data = "/var/lib/stammkunde" + ("" if role == "till" else "-head-office") + suffix
    units = f"{UNITS[role]}{suffix}"
    restart = f"'{units}-agent@*' '{units}-till@*'" if role == "till" else f"'{units}.service'"
    return {
        "PACKAGE": package,
        "VERSION": version,
        "ARCHITECTURE": machine,
        # The compiled core is of one Python.
        "PYTHON": f"python3 (>= 3.{minor}), python3 (<< 3.{int(minor) + 1})",
        "PREFIX": f"/opt/{package}",
        "DATA": data,
        "USER": f"stammkunde-ho{suffix}",
        "COMMAND": f"stammkunde{suffix}",
        "UNITS": units,
        "RESTART": restart,
        "HARDENING": (TEMPLATES / "hardening").read_text(encoding="utf-8").rstrip(),
    }


def make_environment(place: Path, role: str, wheel: Path | None, folder: Path) -> None:
    """Make the environment that the package carries, with the system's own Python."""
    if wheel is None:
        run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(folder), str(ROOT))
        (wheel,) = folder.glob("stammkunde-*.whl")
    run(PYTHON, "-m", "venv", "--without-pip", str(place))
    pip = (sys.executable, "-m", "pip", "--python", str(place / "bin" / "python3"))
    run(*pip, "install", "-q", "--no-compile", f"{wheel}{EXTRAS[role]}")


def fill(stage: Path, environment: Path, role: str, names: dict[str, str]) -> None:
    """Lay out everything that the package installs, and its own scripts."""
    version = stage / names["PREFIX"].lstrip("/") / "versions" / names["VERSION"]
    shutil.copytree(environment, version, symlinks=True)
    shutil.rmtree(version / "include", ignore_errors=True)
    for script in (version / "bin").iterdir():
        if not script.name.startswith(("python", "stammkunde")) or "-" in script.name:
            script.unlink()  # commands of libraries are nobody's business here
        elif not script.is_symlink():
            point_at(script, f"{names['PREFIX']}/versions/{names['VERSION']}")
    forget_the_builder(version)
    # The till's user may not write here; without these files each start would compile all.
    how = ("-q", "--invalidation-mode", "unchecked-hash", "-s", str(stage), "-p", "/")
    run(PYTHON, "-m", "compileall", *how, str(version / "lib"))
    link(stage / "usr/bin" / names["COMMAND"], f"{names['PREFIX']}/current/bin/stammkunde")
    write(stage / "usr/sbin" / f"{names['COMMAND']}-rollback", "rollback", names, mode=0o755)
    units = stage / "lib/systemd/system"
    for template in sorted((TEMPLATES / role).glob("stammkunde-*")):
        name = template.name.replace(UNITS[role], names["UNITS"], 1)
        write(units / name, f"{role}/{template.name}", names)
    if role == "till":
        rule = stage / "lib/udev/rules.d" / f"71-{names['PACKAGE']}-printers.rules"
        rule.parent.mkdir(parents=True)
        shutil.copy(ROOT / "packaging" / "71-stammkunde-printers.rules", rule)
    else:
        write(stage / "etc/default" / names["PACKAGE"], f"{role}/default", names)
        write(
            stage / "DEBIAN" / "conffiles", None, names, text=f"/etc/default/{names['PACKAGE']}\n"
        )
    shares(stage / "usr/share/doc" / names["PACKAGE"])
    write(stage / "DEBIAN" / "control", f"{role}/control", names)
    for script_name in SCRIPTS:
        text = (TEMPLATES / script_name).read_text(encoding="utf-8")
        text = text.replace("@CREATE@", CREATE[role])
        write(stage / "DEBIAN" / script_name, None, names, text=text, mode=0o755)
    for folder, _, _ in os.walk(stage):
        Path(folder).chmod(0o755)


def forget_the_builder(version: Path) -> None:
    """Take out what names folders of the machine that built."""
    settings = version / "pyvenv.cfg"
    lines = settings.read_text(encoding="utf-8").splitlines(keepends=True)
    settings.write_text("".join(one for one in lines if not one.startswith("command")))
    for note in version.glob("lib/*/site-packages/*.dist-info/direct_url.json"):
        note.unlink()


def shares(folder: Path) -> None:
    """Lay out licence, changes and the page that the units name."""
    folder.mkdir(parents=True)
    shutil.copy(ROOT / "LICENSE", folder / "copyright")
    shutil.copy(ROOT / "docs" / "operations.md", folder / "operations.md")
    changes = (ROOT / "CHANGELOG.md").read_bytes()
    (folder / "changelog.gz").write_bytes(gzip.compress(changes, mtime=0))


def point_at(script: Path, place: str) -> None:
    """Let a script call the Python of the place where it will lie."""
    content = script.read_bytes()
    if content.startswith(b"#!"):
        rest = content.partition(b"\n")[2]
        script.write_bytes(f"#!{place}/bin/python3\n".encode() + rest)


def write(
    path: Path, template: str | None, names: dict[str, str], *, text: str = "", mode: int = 0o644
) -> None:
    """Write a template with its words filled in."""
    if template is not None:
        text = (TEMPLATES / template).read_text(encoding="utf-8")
    for name, value in names.items():
        text = text.replace(f"@{name}@", value)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)


def link(path: Path, target: str) -> None:
    """Make a link; what it names comes with the installation."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target)


def said(*command: str) -> str:
    """Return what a command says."""
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - our own commands
    return done.stdout.strip()


def run(*command: str) -> None:
    """Run a command that must succeed."""
    # Whatever lies on the builder's own path is not in the package.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(  # noqa: S603 - our own commands
        command, check=False, stdout=sys.stderr, env=environment
    )
    if done.returncode:
        sys.exit(f"{' '.join(command[:4])} … ended with {done.returncode}")


if __name__ == "__main__":
    main()
