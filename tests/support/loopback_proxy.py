"""A proxy between agent and head office; what it does with a piece is its child's affair."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

PIECE = 65_536


class LoopbackProxy:
    """Listens on a loopback port as long as its context lasts.

    Args:
        port: of head office, on this machine.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._stop = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.05)
        self._threads = [threading.Thread(target=self._accept)]

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
            try:
                client, _ = self._listener.accept()
            except OSError:
                continue
            self._take(client)

    def _take(self, client: socket.socket) -> None:
        """Do something with a new connection."""
        raise NotImplementedError

    def _join(
        self,
        client: socket.socket,
        handle: Callable[[socket.socket, socket.socket, bool], None],
    ) -> None:
        """Have ``handle(source, target, is_up)`` pass both directions on, each on its thread."""
        try:
            server = socket.create_connection(("127.0.0.1", self._port), timeout=5)
        except OSError:
            client.close()
            return
        for one in (client, server):  # before a thread may close it
            one.settimeout(0.05)
        for source, target, is_up in ((client, server, True), (server, client, False)):
            thread = threading.Thread(target=handle, args=(source, target, is_up))
            thread.start()
            self._threads.append(thread)

    def _piece(self, source: socket.socket) -> bytes:
        """Return what comes next; empty at the end of the connection or of the proxy."""
        while not self._stop.is_set():
            try:
                return source.recv(PIECE)
            except TimeoutError:
                continue
        return b""
