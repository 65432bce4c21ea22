"""A proxy between agent and head office that keeps what goes up, byte by byte."""

from __future__ import annotations

from contextlib import closing, suppress
from typing import TYPE_CHECKING

from loopback_proxy import LoopbackProxy

if TYPE_CHECKING:
    import socket


class RecordingProxy(LoopbackProxy):
    """Listens on a loopback port; ``sent`` is all that the agent has put on the wire.

    Args:
        port: of head office, on this machine.
    """

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self.sent = bytearray()

    def _take(self, client: socket.socket) -> None:
        self._join(client, self._pass)

    def _pass(self, source: socket.socket, target: socket.socket, is_up: bool) -> None:
        with closing(target), suppress(OSError):
            while piece := self._piece(source):
                if is_up:
                    self.sent += piece
                target.sendall(piece)
