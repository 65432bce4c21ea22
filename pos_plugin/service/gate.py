"""The gate before every request: whose name, whose page, whose token, how large.

A page of the internet can make a browser on this machine ask 127.0.0.1. It cannot choose ``Host``
(so a name that was rebound to 127.0.0.1 is found out), it cannot hide ``Origin``, and it does not
have the token. The page's own files need no token; they hold nothing.
"""

from __future__ import annotations

import asyncio
import hmac
import json
from typing import TYPE_CHECKING, Final

from starlette.requests import ClientDisconnect

from pos_plugin.service.problems import MEDIA_TYPE, ProblemError

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from pos_plugin.service.connections import Connection, Connections

BODY_BYTES_MAX: Final = 2 * 2**20
"""A sale of 999 lines with every fact has about 0.4 MB."""

BODY_S: Final = 10.0
"""On one machine a whole body comes at once; what is not here by then does not come."""

_HEADERS: Final = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
)


class Gate:
    """Lets through what may come in; an ASGI middleware.

    Args:
        app: what answers behind the gate.
        port: this service listens on.
        token: of this till.
        connections: of the server.
    """

    def __init__(self, app: ASGIApp, *, port: int, token: str, connections: Connections) -> None:
        self._app = app
        self._connections = connections
        self._token = token.encode()
        self._hosts = {f"{name}:{port}".encode() for name in ("127.0.0.1", "localhost")}
        self._origins = {b"http://" + host for host in self._hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or pass the start and end of the server on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        connection = self._connections.of(scope.get("client"))
        with connection.request():
            try:
                self._check(scope)
            except ProblemError as problem:
                await _answer(problem, send)
                return
            try:
                await self._app(scope, _limited(receive, connection), _with_headers(send))
            except ClientDisconnect:
                return  # nobody is left to be told that half a body is no request

    def _check(self, scope: Scope) -> None:
        headers: dict[bytes, list[bytes]] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name.lower(), []).append(value)
        hosts = headers.get(b"host", [])
        if len(hosts) != 1 or hosts[0].lower() not in self._hosts:
            raise ProblemError("foreign_host")
        if any(origin not in self._origins for origin in headers.get(b"origin", [])):
            raise ProblemError("foreign_origin")
        if scope["path"].startswith("/v1/") and not self._holds_token(headers):
            raise ProblemError("unauthorized")
        # uvicorn passes on whole numbers only.
        announced = headers.get(b"content-length", [b"0"])
        if int(announced[0]) > BODY_BYTES_MAX:
            raise _too_large()

    def _holds_token(self, headers: dict[bytes, list[bytes]]) -> bool:
        shown = headers.get(b"authorization", [])
        scheme, _, token = (shown[0] if len(shown) == 1 else b"").partition(b" ")
        return scheme.lower() == b"bearer" and hmac.compare_digest(token, self._token)


def _too_large() -> ProblemError:
    return ProblemError("too_large", f"a request has at most {BODY_BYTES_MAX} bytes")


def _limited(receive: Receive, connection: Connection) -> Receive:
    """Count what really comes, and how long it takes.

    A client that announces no length is stopped, too; one that stops in the middle is told so.
    """
    taken = 0
    is_whole = False
    limit_at: float | None = None

    async def receive_counted() -> Message:
        nonlocal taken, is_whole, limit_at
        if is_whole:
            return await receive()  # somebody waits for the client to hang up, as long as it takes
        asked_at = asyncio.get_running_loop().time()
        is_first = limit_at is None
        limit_at = asked_at + BODY_S if limit_at is None else limit_at
        try:
            async with asyncio.timeout_at(limit_at):
                message = await receive()
        except TimeoutError:
            raise ProblemError("too_slow", f"a body takes at most {BODY_S:.0f} seconds") from None
        if message["type"] == "http.request":
            if is_first:
                connection.body_waited(asyncio.get_running_loop().time() - asked_at)
            is_whole = not message.get("more_body", False)
            taken += len(message.get("body", b""))
            if taken > BODY_BYTES_MAX:
                raise _too_large()
        return message

    return receive_counted


def _with_headers(send: Send) -> Send:
    async def send_more(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", []), *_HEADERS]}
        await send(message)

    return send_more


async def _answer(problem: ProblemError, send: Send) -> None:
    body = json.dumps(problem.document).encode()
    headers = [
        (b"content-type", MEDIA_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
        # The body was not read: what follows on this connection could be taken for a request.
        (b"connection", b"close"),
        *_HEADERS,
    ]
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
