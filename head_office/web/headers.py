"""What every answer of the page says to the browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
)
_NO_STORE: Final = (b"cache-control", b"no-store")


class Headers:
    """Adds them; nothing is kept by the browser but what says so itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""

        async def send_more(message: Message) -> None:
            if message["type"] == "http.response.start":
                said = list(message.get("headers", []))
                if all(name != _NO_STORE[0] for name, _ in said):
                    said.append(_NO_STORE)
                message = {**message, "headers": [*said, *_HEADERS]}
            await send(message)

        await self._app(scope, receive, send_more)
