"""A served till that is killed, hangs, and comes back on the same port with the same journal."""

from __future__ import annotations

import os
import resource
import signal
from typing import TYPE_CHECKING, Any

import apsw
import httpx
from processes import Running, free_port

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType
    from typing import Self


class ChaosTill:
    """``stammkunde serve`` on the folder of a till.

    Args:
        data_dir: holds ``till.toml``.
    """

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.port = free_port()
        self._starts = 0
        self._process: Running | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process is not None:
            self._process.kill()

    @property
    def url(self) -> str:
        """Address of the page, with the token; it waits three seconds, for a busy machine."""
        return self.address("?patience_ms=3000")

    def address(self, query: str = "") -> str:
        """Address of the page as a cashier has it, or with a query."""
        return f"{self._origin}/{query}#{self._token}"

    @property
    def _origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def _token(self) -> str:
        return (self.data_dir / "api.token").read_text(encoding="ascii").strip()

    def ask(self, path: str) -> Any:
        """What the till answers to a question of its host."""
        headers = {"Authorization": f"Bearer {self._token}"}
        answer = httpx.get(f"{self._origin}{path}", headers=headers, timeout=30, trust_env=False)
        return answer.json()

    def start(self) -> None:
        """Serve, again on the same port."""
        self._starts += 1
        log = self.data_dir.parent / f"serve-{self._starts}.log"
        config = self.data_dir / "till.toml"
        self._process = Running(log, "serve", "--config", config, "--port", self.port)
        self._process.says(self._origin)

    def kill(self) -> None:
        """kill -9."""
        assert self._process is not None
        self._process.kill()

    def freeze(self) -> None:
        """Hang: the process is there and does nothing."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Go on where it hung."""
        self._signal(signal.SIGCONT)

    def fill_disk(self) -> None:
        """No file of this process may grow any more; SQLite sees writes that fail."""
        self._limit_files(0)

    def empty_disk(self) -> None:
        """There is room again."""
        self._limit_files(resource.RLIM_INFINITY)

    def _limit_files(self, most_bytes: int) -> None:
        assert self._process is not None
        limits = (most_bytes, resource.RLIM_INFINITY)
        resource.prlimit(self._process._process.pid, resource.RLIMIT_FSIZE, limits)

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        os.kill(self._process._process.pid, number)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What the journal has."""
        path = str(self.data_dir / "journal.db")
        journal = apsw.Connection(path, flags=apsw.SQLITE_OPEN_READONLY)
        try:
            return list(journal.execute(sql).fetchall())
        finally:
            journal.close()

    def receipts(self) -> list[int]:
        """Totals of what is booked, the smallest first."""
        found = self.rows("SELECT total_minor FROM receipt ORDER BY total_minor")
        return [total_minor for (total_minor,) in found]
