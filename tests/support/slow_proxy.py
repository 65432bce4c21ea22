"""A line of so many bits a second between agent and head office."""

from __future__ import annotations

import threading
import time
from contextlib import closing, suppress
from typing import TYPE_CHECKING

from loopback_proxy import LoopbackProxy

if TYPE_CHECKING:
    import socket

_PACKET = 1_460  # what a line carries at once; a piece as a whole would arrive in jerks


class SlowProxy(LoopbackProxy):
    """Listens on a loopback port; each direction carries so much, whoever speaks.

    Args:
        port: of head office, on this machine.
        bits_a_second: of the line, 1,000 or more, each way.
    """

    def __init__(self, port: int, bits_a_second: int) -> None:
        super().__init__(port)
        self._bytes_a_second = bits_a_second / 8
        self._lock = threading.Lock()
        self._free_at_s = {True: 0.0, False: 0.0}
        self.passed_bytes = {True: 0, False: 0}
        """What was carried up (``True``) and down."""

    def _take(self, client: socket.socket) -> None:
        self._join(client, self._pass)

    def _pass(self, source: socket.socket, target: socket.socket, is_up: bool) -> None:
        with closing(source), closing(target), suppress(OSError):
            while piece := self._piece(source):
                for start in range(0, len(piece), _PACKET):
                    packet = piece[start : start + _PACKET]
                    if self._stop.wait(self._wait_s(len(packet), is_up=is_up)):
                        return
                    target.sendall(packet)

    def _wait_s(self, size: int, *, is_up: bool) -> float:
        """Return how long until the line has carried these bytes behind all before them."""
        now_s = time.monotonic()
        with self._lock:
            free_at_s = max(now_s, self._free_at_s[is_up]) + size / self._bytes_a_second
            self._free_at_s[is_up] = free_at_s
            self.passed_bytes[is_up] += size
        return free_at_s - now_s
