"""Closes connections on which no whole request comes, or whose answer nobody takes.

The server itself waits for ever: for the first byte, for the rest of a request, and with a page of
8 MiB in memory for somebody who does not read it. Whoever opens many connections and does nothing
would take the files and the memory that the tills need.
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
    """One connection, looked at each ``whole_s``; cut off when nothing went on since the last look.

    What goes on: another request, or bytes of an answer that leave. A request that is held for
    news waits for head office, not for the caller.

    Args:
        whole_s: seconds between two looks.
        server: what the server passes to each of its connections.
    """

    def __init__(self, *, whole_s: float = WHOLE_S, **server: Any) -> None:  # noqa: ANN401
        super().__init__(**server)
        self._whole_s = whole_s
        self._request: object = None
        self._unsent_bytes = 0
        self._next_look: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to look."""
        super().connection_made(transport)
        self._look_later()

    def connection_lost(self, exc: Exception | None) -> None:
        """Look no more."""
        if self._next_look is not None:
            self._next_look.cancel()
        super().connection_lost(exc)

    def _look_later(self) -> None:
        self._next_look = self.loop.call_later(self._whole_s, self._look)

    def _look(self) -> None:
        # A request that is received belongs to no cycle yet, or its cycle waits for the body.
        request = (self.cycle, True) if self.conn.their_state in _RECEIVING else None
        unsent_bytes = self.transport.get_write_buffer_size()
        is_stuck = 0 < unsent_bytes == self._unsent_bytes
        if is_stuck or (request is not None and request == self._request):
            self.transport.abort()
            return
        self._request, self._unsent_bytes = request, unsent_bytes
        self._look_later()
