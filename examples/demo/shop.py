"""Head office, agent and till of the demo as real processes, each with its own log."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, NamedTuple

import seed

from pos_plugin.clock import SystemClock
from pos_plugin.storage.blobs import write_blob

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from relay import Relay

STAMMKUNDE = (sys.executable, "-c", "from pos_plugin.cli import main; main()")
START_S = 60  # a slow, busy machine; usually it is one second
STOP_S = 10
LOOK_S = 0.05
TILL = "1"


class DemoError(Exception):
    """The demo cannot go on; says why, for the person in front of it."""


class Child(NamedTuple):
    """A process that runs until the end of the demo."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path


class Shop:
    """One shop in a folder: ``head-office/``, ``till/`` and a log a process.

    Args:
        folder: of the demo.
        relay: the cable between agent and head office.
        language: of the till, ``de`` or ``en``.
    """

    def __init__(self, folder: Path, relay: Relay, *, language: str) -> None:
        self.folder = folder
        self.till_dir = folder / "till"
        self._relay = relay
        self._language = language
        self._children: list[Child] = []
        self.url = ""
        self.token = ""

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End the processes, the till first; the one that does not listen is killed."""
        while self._children:
            child = self._children.pop()
            child.process.terminate()
            try:
                child.process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                child.process.kill()
                child.process.wait()

    def check(self) -> None:
        """Raise DemoError when one of the processes has ended."""
        for child in self._children:
            if child.process.poll() is not None:
                raise DemoError(f"{child.name} has ended: {_last_words(child.log)}")

    def wait_until(self, condition: Callable[[], object], what: str) -> None:
        """Wait until something holds, as long as every process lives."""
        pause = threading.Event()
        ends_s = time.monotonic() + START_S
        while not condition():
            self.check()
            if time.monotonic() > ends_s:
                raise DemoError(f"not within {START_S} s: {what}")
            pause.wait(LOOK_S)

    def _start(self) -> None:
        data = self.folder / "head-office"
        config = self.till_dir / "till.toml"
        is_new = not config.exists()
        load, rules = seed.write_shop(self.folder / "seed", SystemClock().now().date())
        if is_new:
            self._write_till()
        cable = f"http://127.0.0.1:{self._relay.port}"
        self._do(
            "head-office", "init", "--data", data, "--shop", seed.SHOP, "--till", TILL,
            "--till-dir", self.till_dir, "--url", cable,
        )  # fmt: skip
        self._do("head-office", "load", load, "--data", data)
        if is_new:
            # The outfit price of a dear outfit, and the standing rate on top, are meant.
            self._do("head-office", "publish", rules, "--data", data, "--confirm-combined")
        address = self._run("head office", "head-office", "serve", "--data", data, "--port", 0)
        self._relay.target_port = int(address.rpartition(":")[2])
        self._do("agent", "sync-now", "--config", config)
        self._run("agent", "agent", "run", "--config", config, "--retry-at-most-s", 1)
        self.url = self._run("till", "serve", "--config", config, "--port", 0)
        self.token = (self.till_dir / "api.token").read_text(encoding="ascii").strip()

    def _write_till(self) -> None:
        self.till_dir.mkdir(parents=True)
        (self.till_dir / "till.toml").write_text(
            f'shop = "{seed.SHOP}"\ntill = "{TILL}"\nlanguage = "{self._language}"\n\n'
            '[head_office]\nurl = "http://127.0.0.1"\n\n'
            '[[printer]]\nname = "bon"\ntransport = "simulator"\ndirectory = "prints"\n',
            encoding="utf-8",
        )
        # The logo comes with the set-up of the till, as the printer does.
        write_blob(self.till_dir, seed.LOGO.read_bytes())

    def _do(self, *arguments: object) -> None:
        """Run a command to its end."""
        done = subprocess.run(  # noqa: S603 - our own command
            [*STAMMKUNDE, *map(str, arguments)],
            check=False,
            capture_output=True,
            text=True,
            timeout=START_S,
        )
        if done.returncode:
            command = " ".join(map(str, arguments[:2]))
            raise DemoError(f"stammkunde {command}: {done.stderr.strip() or done.stdout.strip()}")

    def _run(self, name: str, *arguments: object) -> str:
        """Start a process and return the address it names when it is ready."""
        log = self.folder / f"{name.replace(' ', '-')}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603
                [*STAMMKUNDE, *map(str, arguments)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
                # Ctrl-C reaches the demo alone; it ends the others in order.
                start_new_session=True,
            )
        self._children.append(Child(name, process, log))

        def address() -> list[str]:
            return re.findall(r"http://127\.0\.0\.1:\d+(?=\n)", log.read_text(encoding="utf-8"))

        self.wait_until(address, f"{name} answers")
        return str(address()[0])


def _last_words(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"
