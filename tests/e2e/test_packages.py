"""The packages of ``packaging/``: built, installed, upgraded, rolled back, removed.

They install for real, under names of their own, so they run only when asked, as root, on Debian:
``STAMMKUNDE_PACKAGES=1 pytest tests/e2e/test_packages.py``.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from house import ROOT
from waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(
    not os.environ.get("STAMMKUNDE_PACKAGES"), reason="set STAMMKUNDE_PACKAGES=1: minutes, as root"
)
SUFFIX = "-probe"
QUICKSTART = ROOT / "examples" / "quickstart"


def run(*command: object, good: bool = True) -> str:
    done = subprocess.run(
        [str(word) for word in command],
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=900,
        cwd="/",
    )
    assert (done.returncode == 0) is good, done.stdout
    return done.stdout


def removed(package: str, *folders: Path) -> None:
    subprocess.run(["dpkg", "--purge", package], check=False, capture_output=True, timeout=600)
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", folder, ROOT)
    return next(folder.glob("*.whl"))


class Packages:
    """Packages of one role in several versions, of one environment."""

    def __init__(self, role: str, wheel: Path, folder: Path) -> None:
        self.role, self.wheel, self.folder = role, wheel, folder
        self.name = f"stammkunde-{role}{SUFFIX}"
        self.prefix = Path("/opt") / self.name
        self.venv = folder / "venv"

    def built(self, version: str) -> Path:
        run(
            *(sys.executable, ROOT / "packaging" / "build_deb.py", self.role, "--quick"),
            *(f"--suffix={SUFFIX}", "--version", version, "--wheel", self.wheel),
            *("--venv", self.venv, "--out", self.folder),
        )
        return next(self.folder.glob(f"{self.name}_{version}_*.deb"))

    def install(self, package: Path, *, good: bool = True) -> str:
        return run("dpkg", "--install", package, good=good)

    def in_use(self) -> str:
        return str((self.prefix / "current").readlink())

    def unit(self, name: str) -> str:
        return (Path("/lib/systemd/system") / name).read_text()

    def left(self) -> list[str]:
        """What of the package lies on the system, data left out."""
        places = [
            self.prefix,
            Path(f"/etc/default/{self.name}"),
            Path(f"/usr/share/doc/{self.name}"),
        ]
        for folder in ("/usr/bin", "/usr/sbin", "/lib/systemd/system", "/lib/udev/rules.d"):
            places += Path(folder).glob(f"*stammkunde*{SUFFIX}*")
        return [str(place) for place in places if place.exists() or place.is_symlink()]


@contextmanager
def held(lock: Path) -> Iterator[None]:
    with lock.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def started(unit: str, user: str) -> list[str]:
    """The command that a unit starts for a user."""
    found = re.search(r"^ExecStart=(.+)$", unit, re.MULTILINE)
    assert found is not None
    return shlex.split(found[1].replace("%i", user).replace("$ARGUMENTS", "--port 0"))


def serves(command: list[str], words: str, log: Path) -> None:
    """Start a command, wait for what it says, end it as systemd does."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=output, env={**os.environ, "PYTHONUNBUFFERED": "1"}
        )
    try:
        until(
            lambda: words in log.read_text() or process.poll() is not None,
            within_s=60,
            what=f"{words} of {command}",
        )
        assert process.poll() is None, log.read_text()
        process.terminate()
        # Ended before it listens to signals, or after: systemd takes both for a good end.
        assert process.wait(60) in (0, -signal.SIGTERM), log.read_text()
    finally:
        process.kill()
        process.wait(60)


def test_till_package_installs_upgrades_rolls_back_and_leaves_nothing(
    wheel: Path, tmp_path: Path
) -> None:
    packages = Packages("till", wheel, tmp_path)
    data = Path(f"/var/lib/stammkunde{SUFFIX}")
    command = f"/usr/bin/stammkunde{SUFFIX}"
    config = data / "kasse" / "till.toml"
    first, second = packages.built("0.1.0"), packages.built("0.1.1")
    try:
        packages.install(first)
        assert packages.in_use() == "versions/0.1.0"
        assert "0.1.0" in run(command, "--version")
        run(
            command,
            "init",
            "--config",
            config,
            "--alone",
            *["--shop", "1", "--till", "3", "--printer", "host"],
        )
        said = subprocess.run(
            [command, "doctor", "--config", config, "--json"], check=False, capture_output=True
        )
        codes = {one["code"] for one in json.loads(said.stdout)["findings"]}
        assert {"core_compiled", "rights_good", "agent_stopped"} <= codes
        run(
            *(command, "evaluate", "--promotions", QUICKSTART / "promotions.json"),
            *("--sale", QUICKSTART / "sale.json"),
        )
        for unit in ("agent", "till"):
            run(
                "systemd-analyze",
                "verify",
                f"/lib/systemd/system/stammkunde{SUFFIX}-{unit}@.service",
            )
        agent = started(packages.unit(f"stammkunde{SUFFIX}-agent@.service"), "kasse")
        serves(agent, "works alone", tmp_path / "agent.log")
        till = started(packages.unit(f"stammkunde{SUFFIX}-till@.service"), "kasse")
        serves([*till, "--port", "0"], "answers on", tmp_path / "till.log")
        kept = config.read_bytes()

        # Not while a till is open.
        with held(data / "kasse" / "till.lock"):
            assert "A till is open" in packages.install(second, good=False)
            assert packages.in_use() == "versions/0.1.0"
            assert "0.1.0" in run(command, "--version")
        packages.install(second)
        assert packages.in_use() == "versions/0.1.1"
        run(command, "--version")
        run(f"/usr/sbin/stammkunde{SUFFIX}-rollback")
        assert packages.in_use() == "versions/0.1.0"
        run(command, "--version")

        # A version that does not run is never used; the one before goes on.
        for core in packages.venv.glob("lib/*/site-packages/native/_compiled/*.so"):
            core.unlink()
        assert "stays in use" in packages.install(packages.built("0.1.2"), good=False)
        assert packages.in_use() == "versions/0.1.0"
        run(command, "--version")

        run("dpkg", "--remove", packages.name)
        assert packages.left() == []
        run("dpkg", "--purge", packages.name)
        assert config.read_bytes() == kept, "what was sold is the shop's"
        assert packages.left() == []
    finally:
        removed(packages.name, data, packages.prefix)


def test_head_office_package_serves_backs_up_and_leaves_nothing(
    wheel: Path, tmp_path: Path
) -> None:
    packages = Packages("head-office", wheel, tmp_path)
    user = f"stammkunde-ho{SUFFIX}"
    data = Path(f"/var/lib/stammkunde-head-office{SUFFIX}")
    copies = Path(f"{data}-backup")
    command = f"/usr/bin/stammkunde{SUFFIX}"
    as_user = ("setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", "--")
    try:
        packages.install(packages.built("0.1.0"))
        run(
            *(
                *as_user,
                command,
                "head-office",
                "init",
                "--data",
                data,
                "--shop",
                "1",
                "--till",
                "3",
            ),
            *("--till-dir", data / "first-till"),
        )
        units = sorted(Path("/lib/systemd/system").glob(f"*head-office{SUFFIX}*"))
        assert len(units) == 5
        run("systemd-analyze", "verify", *units)
        unit = packages.unit(f"stammkunde-head-office{SUFFIX}.service")
        assert f"User={user}\n" in unit
        serves([*as_user, *started(unit, "")], "answers on", tmp_path / "serve.log")
        backup = started(packages.unit(f"stammkunde-head-office{SUFFIX}-backup.service"), "")
        run(*as_user, *(word.replace("${BACKUP}", str(copies)) for word in backup))
        run(
            *as_user, *started(packages.unit(f"stammkunde-head-office{SUFFIX}-classes.service"), "")
        )
        said = run(*as_user, command, "head-office", "doctor", "--data", data, "--backup", copies)
        assert "0 schlecht" in said
        run("dpkg", "--purge", packages.name)
        assert packages.left() == []
        assert (data / "head_office.db").is_file()
    finally:
        removed(packages.name, data, copies, packages.prefix)
        subprocess.run(["userdel", user], check=False, capture_output=True, timeout=60)


def test_frozen_folder_sells_without_any_python(wheel: Path, tmp_path: Path) -> None:
    place = tmp_path / "venv"
    run(sys.executable, "-m", "venv", place)
    run(place / "bin" / "python", "-m", "pip", "install", "-q", wheel, "pyinstaller")
    run(
        *(place / "bin" / "pyinstaller", "--log-level", "ERROR", "--distpath", tmp_path / "dist"),
        *("--workpath", tmp_path / "work", ROOT / "packaging" / "pyinstaller" / "stammkunde.spec"),
    )
    shutil.rmtree(place)
    command = str(tmp_path / "dist" / "stammkunde" / "stammkunde")
    config = tmp_path / "till" / "till.toml"
    assert "doctor" in run(command, "--help")
    words = ("--alone", "--shop", "1", "--till", "3", "--printer", "simulator", "--language", "en")
    assert "Next: stammkunde doctor" in run(command, "init", "--config", config, *words)
    said = run(command, "doctor", "--config", config, good=False)
    assert "Core: Compiled." in said
    run(
        *(command, "replay", QUICKSTART / "receipts.csv"),
        *("--promotions", QUICKSTART / "promotions.json"),
    )
    serve = [command, "serve", "--config", str(config), "--port", "0"]
    serves(serve, "answers on", tmp_path / "till.log")
    serves(
        [command, "agent", "run", "--config", str(config)], "works alone", tmp_path / "agent.log"
    )
    assert (config.parent / "journal.db").is_file()
