"""Closes connections on which no whole request comes.

The server itself waits for ever: for the first byte, for the rest of the headers, for the rest of a
body. Whoever opens many connections and sends a byte now and then would take the files that
the tills need, and would need no token for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    import asyncio

WHOLE_S: Final = 60.0
"""Within this time (at most twice of it) a request is whole; a till gives up after 60 s."""
_RECEIVING: Final = (h11.IDLE, h11.SEND_BODY)


class ImpatientProtocol(H11Protocol):
    """One connection, looked at each ``whole_s``; closed when it still receives the same request.

    Args:
        whole_s: seconds between two looks.
        server: what the server passes to each of its connections.
    """

    def __init__(self, *, whole_s: float = WHOLE_S, **server: Any) -> None:  # noqa: ANN401
        super().__init__(**server)
        self._whole_s = whole_s
        self._seen: tuple[object, bool] | None = None
        self._next_look: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to look."""
        super().connection_made(transport)
        self._next_look = self.loop.call_later(self._whole_s, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        """Look no more."""
        if self._next_look is not None:
            self._next_look.cancel()
        super().connection_lost(exc)

    def _look(self) -> None:
        now = (self.cycle, self.conn.their_state in _RECEIVING)
        if now[1] and now == self._seen:
            self.transport.abort()
            return
        self._seen = now
        self._next_look = self.loop.call_later(self._whole_s, self._look)
