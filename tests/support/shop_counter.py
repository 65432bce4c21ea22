"""Asks the tills of ``shop_process.py``: one at a time, opened and killed without a new start."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import shop_process
from sale_counters import Died

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType
    from typing import Self


class ShopCounter:
    """A process that has loaded the plugin; each till is a fork of it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, shop_process.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._till = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(60)
        self._process.stdout.close()

    def open(self, config: Path, at: str, broken: tuple[str, ...] = ()) -> None:
        """Open a till at an instant; an open one is killed."""
        self.kill()
        self._send({"config": str(config), "at": at, "broken": broken})
        ready, _, pid = self._read().partition(" ")
        assert ready == "ready", ready
        self._till = int(pid)

    def ask(self, call: str, *args: Any, at: str, kill_at: int = 0) -> dict[str, Any]:
        """Call the till at an instant.

        Raises:
            Died: before the ``kill_at``-th statement, as ordered; nobody knows what was booked.
        """
        self._send({"call": call, "args": args, "at": at, "kill_at": kill_at})
        line = self._read()
        if line == "died":
            self._till = 0
            raise Died
        answer: dict[str, Any] = json.loads(line)
        return answer

    def kill(self) -> None:
        """kill -9 the till, if one is open."""
        if not self._till:
            return
        os.kill(self._till, signal.SIGKILL)
        self._till = 0
        assert self._read() == "died"

    def _send(self, request: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()

    def _read(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline().strip()
        assert line, "the process of the tills has ended"
        return line
