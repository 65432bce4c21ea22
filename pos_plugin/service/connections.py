"""The open connections of hosts: how many there are, who dawdles, who sends in two packets.

1. A connection on which no request is under way owes nothing but a whole head within ``HEAD_S`` of
   its first byte; so whoever opens connections and says nothing takes no other host's place.
2. At most ``OPEN_MAX`` are open: a new one takes the place of the one that was idle longest.
3. A client that sends head and body in two packets with Nagle's algorithm on waits for our delayed
   acknowledgement: about 40 ms a call. It sees nothing wrong, so ``GET /v1/health`` tells it.
"""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

OPEN_MAX: Final = 64
HEAD_S: Final = 10.0
WAIT_MS: Final = 20
"""Two packets sent at once come within one; a delayed acknowledgement takes 40."""

_ADVICE: Final = {
    "de": "Kopf und Inhalt der Anfrage kommen in zwei Paketen und warten aufeinander: "
    "TCP_NODELAY setzen oder beides in einem Stück senden.",
    "en": "Head and body of the request come in two packets that wait for each other: "
    "set TCP_NODELAY or send both in one piece.",
}


class Connection:
    """One connection of a host, as far as somebody asks.

    Args:
        transport: None for a request that came over none (tests of the app alone).
    """

    def __init__(self, transport: asyncio.Transport | None = None) -> None:
        self._transport = transport
        self._head_limit: asyncio.TimerHandle | None = None
        self.is_busy = False
        self.requests = 0
        self.waited_requests = 0
        self.waited_ms_max = 0

    def bytes_came(self) -> None:
        """Give the head that begins now its time."""
        if not self.is_busy and self._head_limit is None:
            self._head_limit = asyncio.get_running_loop().call_later(HEAD_S, self.hang_up)

    @contextmanager
    def request(self) -> Iterator[None]:
        """Count a request whose head is whole; the connection is busy until it is answered."""
        self.lost()
        self.is_busy = True
        self.requests += 1
        try:
            yield
        finally:
            self.is_busy = False

    def body_waited(self, waited_s: float) -> None:
        """Take down how long the first byte of a body came after its head."""
        waited_ms = round(waited_s * 1000)
        self.waited_ms_max = max(self.waited_ms_max, waited_ms)
        self.waited_requests += waited_ms >= WAIT_MS

    def hang_up(self) -> None:
        """Close the connection; what was written goes out first."""
        if self._transport is not None:
            self._transport.close()

    def lost(self) -> None:
        """Forget the limit of the head: it is whole, or nobody sends it any more."""
        if self._head_limit is not None:
            self._head_limit.cancel()
            self._head_limit = None

    def to_dict(self, language: str) -> dict[str, Any]:
        """Return what the host is told about this connection; one late body is no habit."""
        return {
            "requests": self.requests,
            "waited_requests": self.waited_requests,
            "waited_ms_max": self.waited_ms_max,
            "advice": _ADVICE[language] if self.waited_requests > 1 else None,
        }


class Connections:
    """All connections of a server, by the address of their other end; the oldest idle first."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, int], Connection] = {}

    def add(self, client: tuple[str, int], transport: asyncio.Transport) -> Connection:
        """Return the record of a new connection; where it is one too many, another one goes."""
        if len(self._open) >= OPEN_MAX:
            idle = (one for one, connection in self._open.items() if not connection.is_busy)
            self._drop(next(idle, client))
        connection = Connection(transport)
        if len(self._open) >= OPEN_MAX:
            connection.hang_up()
        self._open[client] = connection
        return connection

    def of(self, client: tuple[str, int] | None) -> Connection:
        """Return the connection a request came on, now the one that was idle least."""
        connection = self._open.pop(client, None) if client else None
        if client is None or connection is None:
            return Connection()
        self._open[client] = connection
        return connection

    def remove(self, client: tuple[str, int], connection: Connection) -> None:
        """Forget a connection that is closed."""
        connection.lost()
        if self._open.get(client) is connection:
            del self._open[client]

    def _drop(self, client: tuple[str, int]) -> None:
        connection = self._open.pop(client, None)
        if connection is not None:
            connection.hang_up()


def protocol_for(connections: Connections) -> type[H11Protocol]:
    """Return uvicorn's protocol, reporting to ``connections``."""

    class HostConnection(H11Protocol):
        _record: Connection

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            # A socket that was closed at once has no address any more.
            self._record = connections.add(self.client or ("", 0), transport)
            self._record.bytes_came()

        def data_received(self, data: bytes) -> None:
            self._record.bytes_came()
            super().data_received(data)

        def connection_lost(self, exc: Exception | None) -> None:
            connections.remove(self.client or ("", 0), self._record)
            super().connection_lost(exc)

    return HostConnection
