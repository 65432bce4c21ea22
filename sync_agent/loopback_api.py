"""The agent's answers to its till, on 127.0.0.1 (sync.md 2).

Laws of this file:

1. Who asks shows the token of ``agent.json`` and names this machine as host: a page in a browser
   can do neither.
2. One request, one answer, one thread of its own, so that nobody waits for another; whoever sends
   slowly is let go after a moment, and so is who comes when all threads are taken.
3. Head office is asked one question at a time, with a deadline below the till's own, and not again
   at once when it is silent: the till has its answer in 300 ms, or goes on without.
"""

from __future__ import annotations

import hmac
import json
import os
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from pos_plugin.agent_calls import NAME
from pos_plugin.closing import Closing
from pos_plugin.storage.connect import replace_file
from sync_agent.errors import HeadOfficeRefused, Stopped, Unreachable
from sync_agent.protocol.messages import ByCardRequest, ReserveRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from sync_agent.client import HeadOfficeClient

HEAD_OFFICE_S: Final = 0.22  # of the till's 0.3
SILENT_S: Final = 10.0
_PATIENCE_S: Final = 0.3
_BYTES_MAX: Final = 1 << 14
THREADS_MAX: Final = 8


class LoopbackApi(Closing):
    """The thread that answers the till, from ``start`` to ``close``.

    Args:
        data_dir: data folder of the till; ``agent.json`` is written there.
        client: a connection to head office that nobody else uses, with ``HEAD_OFFICE_S`` a request;
            None without head office. Closed with this.
        on_news: called when there is something to pull.
        status: tells how the agent is.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        client: HeadOfficeClient | None,
        on_news: Callable[[], None],
        status: Callable[[], Mapping[str, Any]],
    ) -> None:
        self._path = data_dir / NAME
        self._client = client
        self._on_news = on_news
        self._status = status
        self._silent_until_s = 0.0
        self._asking = threading.Lock()
        self._token = secrets.token_urlsafe(32)
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._serve, name="loopback", daemon=True)

    def start(self) -> None:
        """Begin to answer, and say where."""
        # Made with its rights before it has content.
        temporary = self._path.with_name(self._path.name + ".new")
        os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        place = {"port": self._server.server_port, "token": self._token}
        replace_file(self._path, json.dumps(place).encode())
        self._thread.start()

    def use_token(self, token: str) -> None:
        """Show head office another token from the next request on."""
        if self._client is not None:
            self._client.use_token(token)

    def close(self) -> None:
        """Answer no more; a till that asks is refused at once and goes on."""
        if self._thread.is_alive():
            if self._client is not None:
                self._client.stop()
            self._server.shutdown()
            self._thread.join(10)
            self._path.unlink(missing_ok=True)
        elif self._client is not None:
            self._client.close()
        self._server.server_close()

    def allows(self, host: str, authorization: str) -> bool:
        """Say whether a request comes from this till."""
        wanted = f"Bearer {self._token}"
        is_ours = hmac.compare_digest(authorization.encode(), wanted.encode())
        return is_ours and host == f"127.0.0.1:{self._server.server_port}"

    def answer(self, call: str, body: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return the answer to a call; None for a call that does not exist.

        Raises:
            ValidationError, KeyError: the body is none of this call.
        """
        if call == "status":
            return dict(self._status())
        if call == "sync_now":
            self._on_news()
            return {}
        if call == "enrich_card":
            return self._ask(lambda office: self._enrich(office, body))
        if call in ("reserve", "confirm", "release"):
            voucher = str(body["voucher"])[:200]
            asked = ReserveRequest(sale_id=body["sale_id"], amount_minor=body.get("amount_minor"))
            return self._ask(
                lambda office: getattr(office, call)(voucher, asked).model_dump(mode="json")
            )
        return None

    def _enrich(self, office: HeadOfficeClient, body: Mapping[str, Any]) -> dict[str, Any]:
        asked = ByCardRequest(code_hash=body["code_hash"], cashier=body.get("cashier"))
        found = office.take_by_card(asked).model_dump(mode="json")
        self._on_news()  # the ordinary pull brings the rows
        return found

    def _ask(self, question: Callable[[HeadOfficeClient], dict[str, Any]]) -> dict[str, Any]:
        if self._client is None or time.monotonic() < self._silent_until_s:
            return {"offline": True}
        if not self._asking.acquire(timeout=HEAD_OFFICE_S):
            return {"offline": True}  # somebody else's question takes all the time there is
        try:
            return question(self._client)
        except HeadOfficeRefused as fault:
            return {"refused": fault.problem}
        except (Unreachable, Stopped):
            self._silent_until_s = time.monotonic() + SILENT_S
            return {"offline": True}
        finally:
            self._asking.release()

    def _serve(self) -> None:
        try:
            self._server.serve_forever(poll_interval=0.2)
        finally:
            if self._client is not None:
                with self._asking:
                    self._client.close()


class _Server(ThreadingMixIn, HTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, api: LoopbackApi) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.api = api
        self._free = threading.BoundedSemaphore(THREADS_MAX)

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - the library's
        if self._free.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - the library's
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def server_bind(self) -> None:
        # Not the one of the library: that asks the name service who 127.0.0.1 is.
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: who went away or sent nonsense gets no answer."""


class _Handler(BaseHTTPRequestHandler):
    timeout = _PATIENCE_S
    server: _Server
    # The library answers in two packets; together with Nagle that takes 44 ms a call.
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        api = self.server.api
        host = self.headers.get("Host", "")
        if not api.allows(host, self.headers.get("Authorization", "")):
            self._send(403, {})
            return
        try:
            length = int(self.headers.get("Content-Length", "0"))
            # What is longer is cut, and then no JSON any more.
            body = json.loads(self.rfile.read(max(0, min(length, _BYTES_MAX))))
            answer = api.answer(self.path.removeprefix("/"), body)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError, ValidationError):
            self._send(400, {})
            return
        self._send(404 if answer is None else 200, answer or {})

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Write no log: nothing of a customer goes there."""

    def _send(self, status: int, answer: Mapping[str, Any]) -> None:
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
