"""A proxy between agent and head office that cuts, delays and drops answers, by a seed."""

from __future__ import annotations

import random
import socket
import threading
from contextlib import closing, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

PIECE = 65_536
PASSED_MAX = 20_000


class ChaosProxy:
    """Listens on a loopback port; every connection has a fate until ``calm`` is set.

    Args:
        port: of head office, on this machine.
        seed: of the fates.
    """

    def __init__(self, port: int, seed: int) -> None:
        self._port = port
        self._rng = random.Random(seed)  # noqa: S311 - draws fates, keeps no secret
        self._stop = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.05)
        self._threads = [threading.Thread(target=self._accept)]
        self.calm = threading.Event()
        self.fates: dict[str, int] = {}

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
            with suppress(OSError):
                client, _ = self._listener.accept()
                fates = ("pass", "pass", "cut_up", "cut_down", "drop_answer", "delay", "refuse")
                fate = "pass" if self.calm.is_set() else self._rng.choice(fates)
                after_bytes = self._rng.randrange(1, 3_000)
                self.fates[fate] = self.fates.get(fate, 0) + 1
                if fate == "refuse":
                    client.close()
                    continue
                self._begin(client, fate, after_bytes)

    def _begin(self, client: socket.socket, fate: str, after_bytes: int) -> None:
        try:
            server = socket.create_connection(("127.0.0.1", self._port), timeout=5)
        except OSError:
            client.close()
            return
        both = (client, server)
        for source, target, is_up in ((client, server, True), (server, client, False)):
            source.settimeout(0.05)
            thread = threading.Thread(
                target=self._pass, args=(source, target, both, fate, is_up, after_bytes)
            )
            thread.start()
            self._threads.append(thread)

    def _pass(
        self,
        source: socket.socket,
        target: socket.socket,
        both: tuple[socket.socket, socket.socket],
        fate: str,
        is_up: bool,
        after_bytes: int,
    ) -> None:
        passed = 0
        with closing(both[0]), closing(both[1]), suppress(OSError):
            while not self._stop.is_set():
                try:
                    piece = source.recv(PIECE)
                except TimeoutError:
                    continue
                if not piece:
                    return
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
