"""A real Tryton with a database of its own and the module of ``examples/tryton`` in it."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from importlib.metadata import distributions
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from house import ROOT
from processes import free_port
from waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLE = ROOT / "examples" / "tryton"
PROGRAMS = Path(sys.executable).parent
PASSWORD = "counter-till-7"


def need_tryton() -> None:
    """Skip without Tryton, but with ``CI=true`` fail."""
    missing = [name for name in ("trytond", "proteus") if find_spec(name) is None]
    if missing and os.environ.get("CI") == "true":
        pytest.fail(f"not installed: {', '.join(missing)} (extra `tryton`)")
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}; pip install -e '.[tryton]'")


class TrytonShop:
    """A folder with database and installed module, and the processes that work on it.

    Args:
        folder: temporary.
        kept: where a fresh database may be kept for the next run: making it takes half a minute.
    """

    def __init__(self, folder: Path, *, kept: Path) -> None:
        self.folder = folder
        self.databases = folder / "db"
        self.databases.mkdir(parents=True)
        self._install_example()
        self._make_database(kept / f"point-of-sale-{_versions()}.sqlite")

    def run(self, script: str) -> TrytonProcess:
        """Start the process that sells."""
        command = [sys.executable, str(Path(__file__).parent / script), str(self.databases)]
        return TrytonProcess(command, self._environment(), self.folder / "tryton.log")

    @contextmanager
    def server(self) -> Iterator[str]:
        """Tryton's own server on the same database; yields the address of its remote calls."""
        port = free_port()
        environment = {**self._environment(), "TRYTOND_WEB__LISTEN": f"127.0.0.1:{port}"}
        with (self.folder / "server.log").open("ab") as log:
            process = subprocess.Popen(
                [PROGRAMS / "trytond", "-d", "shop"], env=environment, stdout=log, stderr=log
            )
        try:
            address = f"http://127.0.0.1:{port}/shop/rpc/"
            until(lambda: _answers(address), within_s=60, what="Tryton's server answers")
            yield address
        finally:
            process.kill()
            process.wait(timeout=60)

    def _install_example(self) -> None:
        # As `pip install` does, without fetching a builder: its metadata from its pyproject.toml.
        self.installed = self.folder / "example"
        shutil.copytree(
            EXAMPLE, self.installed, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info")
        )
        setup = [sys.executable, "-c", "import setuptools; setuptools.setup()", "-q", "egg_info"]
        _must(setup, cwd=self.installed)

    def _make_database(self, kept: Path) -> None:
        database = self.databases / "shop.sqlite"
        if kept.exists():
            shutil.copy(kept, database)
            return
        database.touch()
        password = self.folder / "password"
        password.write_text(PASSWORD + "\n")
        _must(
            [
                PROGRAMS / "trytond-admin",
                *("-d", "shop", "-u", "sale_point", "--activate-dependencies"),
            ],
            env={**self._environment(), "TRYTONPASSFILE": str(password)},
        )
        # Whole or not at all: another run may look for it at this moment.
        half = kept.with_suffix(f".{os.getpid()}")
        shutil.copy(database, half)
        half.replace(kept)

    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "PYTHONPATH": str(self.installed),
            "PYTHONDONTWRITEBYTECODE": "1",
            "TRYTOND_DATABASE_URI": "sqlite://",
            "TRYTOND_DATABASE__PATH": str(self.databases),
        }


class TrytonProcess:
    """Answers one JSON line a request, as ``tryton_process.py`` reads them."""

    def __init__(self, command: list[str], environment: dict[str, str], log: Path) -> None:
        self.log = log
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                command,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=60)
        self._process.stdout.close()

    def __call__(self, do: str, **request: Any) -> dict[str, Any]:
        """Do a thing at the point of sale and return what it says."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": do, **request}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"Tryton has ended:\n{self.log.read_text()[-4000:]}"
        answer: dict[str, Any] = json.loads(line)
        return answer


class RemoteCalls:
    """A client of Tryton's server that has signed in."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.headers: dict[str, str] = {}
        user, session, *_ = self("common.db.login", "admin", {"password": PASSWORD})
        code = base64.b64encode(f"admin:{user}:{session}".encode()).decode()
        self.headers = {"Authorization": f"Session {code}"}

    def __call__(self, method: str, *parameters: Any) -> Any:
        """Return the result of one call."""
        body = {"id": 1, "method": method, "params": parameters}
        answer = httpx.post(
            self.address, json=body, headers=self.headers, timeout=30, trust_env=False
        )
        assert answer.status_code == httpx.codes.OK, answer.text
        value = answer.json()
        assert "error" not in value, value["error"]
        return value["result"]


def _answers(address: str) -> bool:
    body = {"id": 1, "method": "common.server.version", "params": []}
    try:
        return httpx.post(address, json=body, timeout=5, trust_env=False).status_code < 500
    except httpx.TransportError:
        return False


def _versions() -> str:
    """A short word that changes with every version that makes the database."""
    names = sorted(
        f"{one.name} {one.version}"
        for one in distributions()
        if one.name.replace("_", "-").startswith("trytond")
    )
    return hashlib.sha256("\n".join(names).encode()).hexdigest()[:16]


def _must(command: list[Any], **how: Any) -> None:
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, input="\n", timeout=300, **how
    )
    assert done.returncode == 0, done.stdout + done.stderr
