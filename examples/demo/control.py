"""What only the demo's page needs: things to scan, and the plug; a few lines of HTTP."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from relay import Relay


class Control:
    """Answers the page of the till on a free loopback port.

    ``GET /demo`` -> ``{"plugged", "samples"}``; ``POST /plug/in`` and ``/plug/out`` switch.

    Args:
        relay: the cable.
        samples: what can be scanned: ``{"kind", "code", "label": {"de", "en"}}``.
    """

    def __init__(self, relay: Relay, samples: list[dict[str, Any]]) -> None:
        self.origin = ""  # of the till's page; nobody else may ask
        control = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self._may_ask():
                    self._answer(200 if self.path == "/demo" else 404)

            def do_POST(self) -> None:
                if self._may_ask():
                    known = self.path in ("/plug/in", "/plug/out")
                    if known:
                        relay.plug(into=self.path == "/plug/in")
                    self._answer(200 if known else 404)

            def _may_ask(self) -> bool:
                own = f"127.0.0.1:{control.port}"
                if self.headers["Host"] == own and self.headers["Origin"] == control.origin:
                    return True
                self.send_error(403)
                return False

            def _answer(self, status: int) -> None:
                body = json.dumps({"plugged": relay.plugged, "samples": samples}).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Cache-Control", "no-store")
                self.send_header("Access-Control-Allow-Origin", control.origin)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Keep quiet: the terminal belongs to whoever tries the demo."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
