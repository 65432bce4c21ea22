"""The stream of events for the screen, and for a host that prints (WHATWG HTML §9.2).

1. A fresh listener first gets the open notices, then what happens: ``notice``, ``printer``. One
   that says ``prints=true`` also gets ``print``, and everything that still waits for its report.
2. A comment every 15 s keeps the line alive. At the end ``closed`` says why.
3. Nobody is waited for: a listener that reads too slowly is dropped, and told the limit.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from fastapi import FastAPI, Request
from fastapi.responses import Response

from pos_plugin.errors import SaleError
from pos_plugin.print_listeners import Told
from pos_plugin.service.contract.calls import described
from pos_plugin.service.exchange import language_of
from pos_plugin.service.print_calls import ask
from pos_plugin.service.problems import ProblemError

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import Receive, Scope, Send

    from pos_plugin.plugin import Plugin
    from pos_plugin.service.desk import Desk

LISTENERS_MAX: Final = 8
WAITING_MAX: Final = 100
"""Events that wait for a listener; beyond it the listener is dropped."""
HEARTBEAT_S: Final = 15.0
SEND_S: Final = 10.0
"""How long a listener may leave its line full."""
MEDIA_TYPE: Final = "text/event-stream"

_PRINTS: Final = {
    "name": "prints",
    "in": "query",
    "required": False,
    "schema": {"type": "boolean", "default": False},
    "description": "this listener prints what its printer is to print",
}


class Streams:
    """The open streams of a service.

    Args:
        heartbeat_s: pause between signs of life.
        send_s: how long a listener may leave its line full.
    """

    def __init__(self, *, heartbeat_s: float = HEARTBEAT_S, send_s: float = SEND_S) -> None:
        self.heartbeat_s = heartbeat_s
        self.send_s = send_s
        self.ids = count(1)
        self._open: set[Listener] = set()

    def add(self, listener: Listener) -> None:
        """Take a listener in.

        Raises:
            ProblemError: there are as many as there may be.
        """
        if len(self._open) >= LISTENERS_MAX:
            raise ProblemError("too_many_listeners", f"at most {LISTENERS_MAX} listen at once")
        self._open.add(listener)

    def remove(self, listener: Listener) -> None:
        """Let a listener go."""
        self._open.discard(listener)

    def end(self) -> None:
        """Say goodbye to everybody: the server stops."""
        for listener in self._open:
            listener.close({"reason": "server_stops"})


class Listener:
    """What waits for one listener; filled from any thread, emptied by its stream."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[Told] = deque()
        self._changed = asyncio.Event()
        self.goodbye: dict[str, Any] | None = None

    def hear(self, told: Told) -> None:
        """Take an event; returns at once."""
        try:
            self._loop.call_soon_threadsafe(self._put, told)
        except RuntimeError:
            # The service has ended; whoever comes next asks for what is open.
            return

    def close(self, goodbye: dict[str, Any]) -> None:
        """End the stream with these words."""
        self.goodbye = self.goodbye or goodbye
        self._changed.set()

    def next(self) -> Told | None:
        """Return what waits, if anything does."""
        if self._waiting:
            return self._waiting.popleft()
        self._changed.clear()
        return None

    async def changed(self, within_s: float) -> bool:
        """Wait until there is something; say whether there is."""
        try:
            await asyncio.wait_for(self._changed.wait(), within_s)
        except TimeoutError:
            return False
        return True

    def _put(self, told: Told) -> None:
        if len(self._waiting) >= WAITING_MAX:
            self.close({"reason": "slow_reader", "waiting_max": WAITING_MAX})
            self._waiting.clear()
        elif self.goodbye is None:
            self._waiting.append(told)
            self._changed.set()


class EventStream(Response):
    """An answer that lasts until somebody ends it."""

    media_type = MEDIA_TYPE

    def __init__(
        self,
        listener: Listener,
        streams: Streams,
        *,
        first: list[Told],
        language: str,
        went_out: Callable[[str, int], None],
        leave: Callable[[], None],
    ) -> None:
        super().__init__()
        # An answer without an end has no length.
        del self.headers["content-length"]
        self._listener = listener
        self._streams = streams
        self._first = first
        self._language = language
        self._went_out = went_out
        self._leave = leave

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until the listener goes, reads too slowly, or the server stops."""
        del scope
        gone = asyncio.create_task(_hung_up(receive))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            stream = asyncio.create_task(self._send_all(send))
            await asyncio.wait({gone, stream}, return_when=asyncio.FIRST_COMPLETED)
            stream.cancel()
            await asyncio.gather(stream, return_exceptions=True)
        finally:
            gone.cancel()
            self._leave()

    async def _send_all(self, send: Send) -> None:
        try:
            for told in self._first:
                await self._send(send, self._event(told))
            while self._listener.goodbye is None:
                told_now = self._listener.next()
                if told_now is not None:
                    await self._send(send, self._event(told_now))
                    self._note(told_now)
                elif not await self._listener.changed(self._streams.heartbeat_s):
                    await self._send(send, b": alive\n\n")
        except TimeoutError:
            send_s = self._streams.send_s
            self._listener.close({"reason": "slow_reader", "send_s": send_s})
            return
        await self._send(send, _text("closed", self._listener.goodbye), last=True)

    async def _send(self, send: Send, body: bytes, *, last: bool = False) -> None:
        message = {"type": "http.response.body", "body": body, "more_body": not last}
        await asyncio.wait_for(send(message), self._streams.send_s)

    def _event(self, told: Told) -> bytes:
        value = told.to_dict(self._language)
        return _text(told.kind, value, number=next(self._streams.ids))

    def _note(self, told: Told) -> None:
        if told.kind == "print":
            effect = told.to_dict(self._language)
            self._went_out(effect["job"], effect["attempt"])


def add_event_calls(app: FastAPI, desk: Desk, streams: Streams) -> None:
    """Add the stream of events."""
    own_language = desk.plugin.config.language

    @app.get(
        "/v1/events",
        **described(
            "What happens, as server-sent events: notice, printer, print",
            answer="ServerEvent",
            media_type=MEDIA_TYPE,
            problems=("unknown_word", "too_many_listeners", "journal_unavailable"),
            query=(_PRINTS,),
        ),
    )
    async def events(request: Request) -> Response:
        prints = _prints(request)
        listener = Listener()
        streams.add(listener)

        def subscribe(plugin: Plugin) -> tuple[Callable[[], None], list[Told]]:
            end = plugin.prints.subscribe(listener.hear, prints=prints)
            try:
                first = [Told("notice", one) for one in plugin.prints.notices()]
            except BaseException:
                end()
                raise
            return end, first + [Told("printer", one) for one in plugin.prints.printers()]

        try:
            end, first = await ask(desk, subscribe)
        except BaseException:
            streams.remove(listener)
            raise

        def leave() -> None:
            end()
            streams.remove(listener)

        return EventStream(
            listener,
            streams,
            first=first,
            language=language_of(request, own_language),
            went_out=desk.plugin.prints.went_out,
            leave=leave,
        )


def _prints(request: Request) -> bool:
    wanted = request.query_params.getlist("prints") or ["false"]
    if wanted not in (["true"], ["false"]):
        raise SaleError("unknown_word", "prints", "known are true and false")
    return wanted == ["true"]


def _text(kind: str, value: dict[str, Any] | None, *, number: int | None = None) -> bytes:
    head = f"event: {kind}\n" + ("" if number is None else f"id: {number}\n")
    data = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return f"{head}data: {data}\n\n".encode()


async def _hung_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
