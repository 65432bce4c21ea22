"""A proxy between agent and head office that passes everything on but the held requests."""

from __future__ import annotations

from contextlib import closing, suppress
from typing import TYPE_CHECKING

from loopback_proxy import LoopbackProxy

if TYPE_CHECKING:
    import socket


class SwallowingProxy(LoopbackProxy):
    """Listens on a loopback port; a request with ``wait_s`` goes in and never comes out.

    Args:
        port: of head office, on this machine.
    """

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self.swallowed = 0

    def _take(self, client: socket.socket) -> None:
        self._join(client, self._pass)

    def _pass(self, source: socket.socket, target: socket.socket, is_up: bool) -> None:
        with closing(target), suppress(OSError):
            while piece := self._piece(source):
                if is_up and b"wait_s=" in piece:
                    self.swallowed += 1
                else:
                    target.sendall(piece)
