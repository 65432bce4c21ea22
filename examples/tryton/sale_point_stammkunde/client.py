"""The till's loopback API with a budget for the whole call, whatever the other side does.

A timeout of a socket starts anew with every byte; a cashier's patience does not. So the time that
is left is set before each reading, and a till that hangs, dribbles or died costs the same at most.
"""

from __future__ import annotations

import http.client
import json
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HOST = "127.0.0.1"
MAX_ANSWER_BYTES = 16 * 1024 * 1024


class AwayError(Exception):
    """No answer in time, or none that helps: sell at list price, hand the sale in later."""


class RefusedError(Exception):
    """The till took the call and says no; the same call again will not help."""

    def __init__(self, problem: dict[str, Any]) -> None:
        super().__init__(problem.get("detail") or problem.get("title") or "refused")
        self.code = problem.get("code", "")


@dataclass(frozen=True)
class Deadline:
    """A moment of the monotonic clock."""

    ends_s: float

    @classmethod
    def after(cls, budget_ms: int) -> Deadline:
        """Return the moment at which the budget is used up."""
        return cls(time.monotonic() + budget_ms / 1000)

    def left_s(self) -> float:
        """Return the seconds that are left, more than 0.

        Raises:
            TimeoutError: nothing is left.
        """
        left_s = self.ends_s - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("the budget is used up")
        return left_s


class _Wire(socket.socket):
    """A connection to this machine that knows until when it may wait."""

    deadline: Deadline

    @classmethod
    def to(cls, port: int, deadline: Deadline) -> _Wire:
        wire = cls(socket.AF_INET, socket.SOCK_STREAM)
        try:
            wire.deadline = deadline
            # http.client sends headers and body in two packets: without this each call costs 44 ms.
            wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            wire.settimeout(deadline.left_s())
            wire.connect((HOST, port))
        except BaseException:
            wire.close()
            raise
        return wire

    def sendall(self, data: bytes, flags: int = 0) -> None:
        self.settimeout(self.deadline.left_s())
        super().sendall(data, flags)

    def recv_into(self, buffer: memoryview, nbytes: int = 0, flags: int = 0) -> int:
        self.settimeout(self.deadline.left_s())
        return super().recv_into(buffer, nbytes, flags)


@dataclass(frozen=True)
class Till:
    """Where ``stammkunde serve`` answers on this machine.

    Args:
        port: of 127.0.0.1.
        token_file: ``api.token`` in the till's data folder.
    """

    port: int
    token_file: str

    def ask(self, method: str, path: str, body: dict | None, deadline: Deadline) -> dict[str, Any]:
        """Return the answer of one call.

        Raises:
            AwayError: no answer within the deadline, or the till could not do it now.
            RefusedError: the till will not do it.
        """
        try:
            status, answer = self._exchange(method, path, body, deadline)
        except (OSError, http.client.HTTPException, ValueError) as fault:
            raise AwayError(str(fault) or type(fault).__name__) from fault
        if not isinstance(answer, dict):
            raise AwayError("the answer is no object")
        if status == http.HTTPStatus.OK:
            return answer
        # 202: still at work. A wrong token is a matter of settings, not of this sale.
        settings = (http.HTTPStatus.UNAUTHORIZED, http.HTTPStatus.FORBIDDEN)
        if 400 <= status < 500 and status not in settings:
            raise RefusedError(answer)
        raise AwayError(f"the till answered {status}")

    def _exchange(
        self, method: str, path: str, body: dict | None, deadline: Deadline
    ) -> tuple[int, Any]:
        token = Path(self.token_file).read_text(encoding="ascii").strip()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        connection = http.client.HTTPConnection(HOST, self.port)
        connection.sock = _Wire.to(self.port, deadline)
        try:
            content = None if body is None else json.dumps(body).encode()
            connection.request(method, path, body=content, headers=headers)
            response = connection.getresponse()
            return response.status, json.loads(response.read(MAX_ANSWER_BYTES))
        finally:
            connection.close()
