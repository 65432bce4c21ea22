"""The gate before every request: whose name, whose page, whose token, how large.

A page of the internet can make a browser on this machine ask 127.0.0.1. It cannot choose ``Host``
(so a name that was rebound to 127.0.0.1 is found out), it cannot hide ``Origin``, and it does not
have the token. The page's own files need no token; they hold nothing.
"""

from __future__ import annotations

import hmac
import json
from typing import TYPE_CHECKING, Final

from pos_plugin.service.problems import MEDIA_TYPE, ProblemError

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY_BYTES_MAX: Final = 2 * 2**20
"""A sale of 999 lines with every fact has about 0.4 MB."""

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
    """

    def __init__(self, app: ASGIApp, *, port: int, token: str) -> None:
        self._app = app
        self._token = token.encode()
        self._hosts = {f"{name}:{port}".encode() for name in ("127.0.0.1", "localhost")}
        self._origins = {b"http://" + host for host in self._hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or pass the start and end of the server on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            self._check(scope)
        except ProblemError as problem:
            await _answer(problem, send)
            return
        await self._app(scope, _limited(receive), _with_headers(send))

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


def _limited(receive: Receive) -> Receive:
    """Count what really comes: a client that announces no length is stopped, too."""
    taken = 0

    async def receive_counted() -> Message:
        nonlocal taken
        message = await receive()
        if message["type"] == "http.request":
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
