"""A server that answers with exactly the bytes a test gives it, as slowly as the test wants."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import TracebackType
    from typing import Self


class HostileServer:
    """Answers every request on a loopback port with the pieces of ``answer``.

    Args:
        answer: makes the pieces of one answer; each is sent on its own.
        pause_s: time between two pieces.
    """

    def __init__(self, answer: Callable[[], Iterable[bytes]], *, pause_s: float = 0.0) -> None:
        self._answer = answer
        self._pause_s = pause_s
        self._stop = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.05)
        self._thread = threading.Thread(target=self._serve)
        self.requests = 0
        self.last_request = b""
        """As it came, its beginning."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join(timeout=10)
        self._listener.close()

    def _serve(self) -> None:
        while not self._stop.is_set():
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            with connection:
                self.requests += 1
                self._speak(connection)

    def _speak(self, connection: socket.socket) -> None:
        connection.settimeout(5)
        try:
            self.last_request = connection.recv(65_536)
            for piece in self._answer():
                if self._stop.is_set():
                    return
                connection.sendall(piece)
                if self._pause_s:
                    self._stop.wait(self._pause_s)
        except OSError:
            return  # the client had enough


def http(status: str, body: bytes = b"", **headers: str) -> bytes:
    """One whole answer; header names with ``_`` for ``-``."""
    lines = [f"HTTP/1.1 {status}", f"content-length: {len(body)}", "connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def endless(status: str = "200 OK") -> Iterator[bytes]:
    """A body that never ends."""
    yield f"HTTP/1.1 {status}\r\nconnection: close\r\n\r\n".encode()
    while True:
        yield b"x" * 65_536
