"""A proxy between agent and head office that passes everything on but the held requests."""

from __future__ import annotations

import socket
import threading
from contextlib import closing, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

PIECE = 65_536


class SwallowingProxy:
    """Listens on a loopback port; a request with ``wait_s`` goes in and never comes out.

    Args:
        port: of head office, on this machine.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._stop = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.05)
        self._threads = [threading.Thread(target=self._accept)]
        self.swallowed = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=10)
        self._listener.close()

    def _accept(self) -> None:
        while not self._stop.is_set():
            with suppress(TimeoutError):
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._port), timeout=5)
                for source, target, is_up in ((client, server, True), (server, client, False)):
                    source.settimeout(0.05)
                    thread = threading.Thread(target=self._pass, args=(source, target, is_up))
                    thread.start()
                    self._threads.append(thread)

    def _pass(self, source: socket.socket, target: socket.socket, is_up: bool) -> None:
        with closing(target), suppress(OSError):
            while not self._stop.is_set():
                try:
                    piece = source.recv(PIECE)
                except TimeoutError:
                    continue
                if not piece:
                    return
                if is_up and b"wait_s=" in piece:
                    self.swallowed += 1
                    continue
                target.sendall(piece)
