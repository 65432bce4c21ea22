"""Real processes of the product, started, asked and ended one by one."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from waiting import until

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType
    from typing import Self

STAMMKUNDE = [sys.executable, "-c", "from pos_plugin.cli import main; main()"]


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def stammkunde(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [*STAMMKUNDE, *map(str, arguments)],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )


class Running:
    """A command that keeps running; what it prints goes to a file of its own."""

    def __init__(self, log: Path, *arguments: object) -> None:
        self.log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [*STAMMKUNDE, *map(str, arguments)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )

    @property
    def pid(self) -> int:
        """Number of the process."""
        return self._process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def says(self, words: str, *, within_s: float = 60) -> None:
        """Wait until the command has printed these words."""
        until(
            lambda: words in self.log.read_text() or not self.alive,
            within_s=within_s,
            what=f"{words!r} in {self.log.name}",
        )
        assert words in self.log.read_text(), self.log.read_text()

    def kill(self) -> None:
        """kill -9, and wait for its end."""
        if self.alive:
            self._process.kill()
        self._process.wait(timeout=60)

    def end(self, with_signal: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end; return its exit code."""
        self._process.send_signal(with_signal)
        return self._process.wait(timeout=60)


class TillProcess:
    """A till in a process of its own: ``till_process.py`` answers one JSON line a request."""

    def __init__(self, config: Path, log: Path) -> None:
        script = __file__.replace("processes.py", "till_process.py")
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                [sys.executable, script, str(config)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=60)
        self._process.stdout.close()

    def ask(self, **request: Any) -> dict[str, Any]:
        """Send one request and return its answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the till process has ended"
        answer: dict[str, Any] = json.loads(line)
        return answer
