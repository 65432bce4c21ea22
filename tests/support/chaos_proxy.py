"""A proxy between agent and head office that cuts, delays and drops answers, by a seed."""

from __future__ import annotations

import random
import threading
from contextlib import closing, suppress
from functools import partial
from typing import TYPE_CHECKING

from loopback_proxy import LoopbackProxy

if TYPE_CHECKING:
    import socket

PASSED_MAX = 20_000
FATES = ("pass", "pass", "cut_up", "cut_down", "drop_answer", "delay", "refuse")


class ChaosProxy(LoopbackProxy):
    """Listens on a loopback port; every connection has a fate until ``calm`` is set.

    Args:
        port: of head office, on this machine.
        seed: of the fates.
    """

    def __init__(self, port: int, seed: int) -> None:
        super().__init__(port)
        self._rng = random.Random(seed)  # noqa: S311 - draws fates, keeps no secret
        self.calm = threading.Event()
        self.fates: dict[str, int] = {}

    def _take(self, client: socket.socket) -> None:
        fate = "pass" if self.calm.is_set() else self._rng.choice(FATES)
        after_bytes = self._rng.randrange(1, 3_000)
        self.fates[fate] = self.fates.get(fate, 0) + 1
        if fate == "refuse":
            client.close()
        else:
            self._join(client, partial(self._pass, fate, after_bytes))

    def _pass(
        self,
        fate: str,
        after_bytes: int,
        source: socket.socket,
        target: socket.socket,
        is_up: bool,
    ) -> None:
        passed = 0
        with closing(source), closing(target), suppress(OSError):
            while piece := self._piece(source):
                if fate == "delay":
                    self._stop.wait(0.3)
                if fate == "drop_answer" and not is_up:
                    return  # head office has done it, and nobody hears of it
                if fate == ("cut_up" if is_up else "cut_down"):
                    target.sendall(piece[: max(0, after_bytes - passed)])
                    if passed + len(piece) >= after_bytes:
                        return
                else:
                    target.sendall(piece)
                passed += len(piece)
                if passed > PASSED_MAX and not self.calm.is_set():
                    return  # no connection lives long
