"""Asks the agent beside this till over loopback; whatever happens there, the answer is in time.

``agent.json`` in the data folder names port and token. 300 ms in all, whatever arrives byte by
byte; nobody answered = offline, and nobody is asked again for 10 s.
"""

from __future__ import annotations

import json
import socket
import time
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

NAME: Final = "agent.json"
WITHIN_S: Final = 0.3
SILENT_S: Final = 10.0
_BYTES_MAX: Final = 1 << 16


class AgentCalls:
    """Calls to the agent of one data folder, one at a time.

    Args:
        data_dir: data folder of the till.
        within_s: how long a call may take in all, in seconds.
    """

    def __init__(self, data_dir: Path, *, within_s: float = WITHIN_S) -> None:
        self._path = data_dir / NAME
        self._within_s = within_s
        self._silent_until_s = 0.0

    def ask(self, call: str, body: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return what the agent answers, or None when there is none to rely on; never raises.

        Args:
            call: ``enrich_card reserve confirm release sync_now status``.
            body: its values.
        """
        began_s = time.monotonic()
        if began_s < self._silent_until_s:
            return None
        try:
            place = json.loads(self._path.read_bytes()[:_BYTES_MAX])
            content = self._exchange(
                int(place["port"]), _request(place, call, body), ends_s=began_s + self._within_s
            )
            answer = json.loads(content)
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            answer = None
        if not isinstance(answer, dict):
            self._silent_until_s = time.monotonic() + SILENT_S
            return None
        return answer

    def _exchange(self, port: int, request: bytes, *, ends_s: float) -> bytes:
        """Send a request and return the body of a good answer; every wait has the same end."""
        with socket.create_connection(("127.0.0.1", port), timeout=_left(ends_s)) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.settimeout(_left(ends_s))
            connection.sendall(request)
            received = bytearray()
            while len(received) < _BYTES_MAX:
                connection.settimeout(_left(ends_s))
                part = connection.recv(_BYTES_MAX)
                if not part:
                    break
                received += part
        head, _, content = bytes(received).partition(b"\r\n\r\n")
        if head.split(b" ", 2)[1:2] != [b"200"]:
            raise ValueError("no good answer")
        return content


def _left(ends_s: float) -> float:
    left_s = ends_s - time.monotonic()
    if left_s <= 0:
        raise TimeoutError
    return left_s


def _request(place: Mapping[str, Any], call: str, body: Mapping[str, Any]) -> bytes:
    content = json.dumps(body).encode()
    head = (
        f"POST /{call} HTTP/1.0\r\n"
        f"Host: 127.0.0.1:{int(place['port'])}\r\n"
        f"Authorization: Bearer {str(place['token'])[:200]}\r\n"
        "Content-Type: application/json\r\n"
        f"Content-Length: {len(content)}\r\n\r\n"
    )
    return head.encode("ascii", "strict") + content
