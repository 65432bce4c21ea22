"""Hosts that dawdle, hang up or send in two packets, over real sockets."""

from __future__ import annotations

import http.client
import json
import logging
import socket
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, Any

import pytest
from served_till import Served, served, small_shop
from waiting import until

from pos_plugin.service import connections, gate

if TYPE_CHECKING:
    from collections.abc import Iterator

BODY = json.dumps({"code": "4711"}).encode()
CALLS = 12
ATTEMPTS = 5


@pytest.fixture(scope="module")
def till(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(small_shop(tmp_path_factory.mktemp("connections") / "till")) as running:
        yield running


def head(till: Served, length: int) -> bytes:
    """The head of a scan."""
    return (
        f"POST /v1/scan HTTP/1.1\r\nHost: 127.0.0.1:{till.port}\r\n"
        f"Authorization: Bearer {till.token}\r\nContent-Length: {length}\r\n\r\n"
    ).encode()


def connect(till: Served) -> socket.socket:
    return socket.create_connection(("127.0.0.1", till.port), timeout=10)


def seen_by_the_till(
    till: Served, *, in_one_piece: bool, no_delay: bool, language: str = "de"
) -> dict[str, Any]:
    """What ``GET /v1/health`` tells a client after some scans on one connection."""
    with closing(connect(till)) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, int(no_delay))
        for _ in range(CALLS):
            if in_one_piece:
                line.sendall(head(till, len(BODY)) + BODY)
            else:
                line.sendall(head(till, len(BODY)))
                line.sendall(BODY)
            read_answer(line)
        line.sendall(
            f"GET /v1/health HTTP/1.1\r\nHost: 127.0.0.1:{till.port}\r\n"
            f"Accept-Language: {language}\r\nAuthorization: Bearer {till.token}\r\n\r\n".encode()
        )
        found: dict[str, Any] = json.loads(read_answer(line))["connection"]
    return found


def read_answer(line: socket.socket) -> bytes:
    answer = http.client.HTTPResponse(line)
    answer.begin()
    try:
        assert answer.status == 200
        return answer.read()
    finally:
        answer.close()


def test_client_that_sends_two_packets_with_nagle_on_is_told(till: Served) -> None:
    seen = seen_by_the_till(till, in_one_piece=False, no_delay=False)
    assert seen["requests"] == CALLS + 1
    assert seen["waited_requests"] > 1
    assert seen["waited_ms_max"] >= connections.WAIT_MS
    assert "TCP_NODELAY" in seen["advice"]


def test_advice_is_in_the_language_that_asks(till: Served) -> None:
    seen = seen_by_the_till(till, in_one_piece=False, no_delay=False, language="en")
    assert seen["advice"].startswith("Head and body")


@pytest.mark.parametrize(("in_one_piece", "no_delay"), [(True, False), (False, True)])
def test_client_that_sends_well_gets_no_advice(
    till: Served, in_one_piece: bool, no_delay: bool
) -> None:
    # A machine that is busy elsewhere may hold any client up between two packets.
    for _ in range(ATTEMPTS):
        seen = seen_by_the_till(till, in_one_piece=in_one_piece, no_delay=no_delay)
        assert seen["requests"] == CALLS + 1
        if seen["waited_requests"] <= 1:
            break
    assert seen["advice"] is None


@pytest.mark.parametrize("kind", ["Content-Length: 1000", "Transfer-Encoding: chunked"])
def test_client_that_hangs_up_in_the_middle_leaves_no_trace(
    till: Served, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with closing(connect(till)) as line:
        begun = head(till, 1000).replace(b"Content-Length: 1000", kind.encode())
        line.sendall(begun + (b'5\r\n{"cod\r\n' if "chunked" in kind else b'{"cod'))
        until(lambda: open_at(till).is_busy, within_s=60, what="the head is read")
    until(lambda: open_connections(till) == {}, within_s=60, what="it is seen that nobody is there")
    with till.client() as client:
        assert client.get("/v1/health").status_code == 200
    assert [record.getMessage() for record in caplog.records if record.levelno > logging.INFO] == []


@pytest.mark.parametrize("kind", ["Content-Length: 1000", "Transfer-Encoding: chunked"])
def test_half_a_body_is_waited_for_with_a_limit(
    till: Served, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "BODY_S", 0.2)
    begun = head(till, 1000).replace(b"Content-Length: 1000", kind.encode())
    answer = till.raw(begun + (b'5\r\n{"cod\r\n' if "chunked" in kind else b'{"cod'))
    assert b" 408 " in answer.splitlines()[0]
    assert b"connection: close" in answer
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == "too_slow"


@pytest.mark.parametrize("begun", [b"", b"GET /v1/hea", b"GET / HTTP/1.1\r\nHost: x\r\nA"])
def test_head_that_never_ends_is_hung_up_on(
    till: Served, begun: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "HEAD_S", 0.2)
    assert till.raw(begun) == b""


def test_waiting_host_keeps_its_connection(till: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit is for heads: after an answer nobody owes the till anything."""
    monkeypatch.setattr(connections, "HEAD_S", 0.2)
    with closing(connect(till)) as line, closing(connect(till)) as silent:
        line.sendall(head(till, len(BODY)) + BODY)
        read_answer(line)
        assert silent.recv(1) == b""  # that is how long it takes
        line.sendall(head(till, len(BODY)) + BODY)
        read_answer(line)


def test_many_who_say_nothing_lock_nobody_out(till: Served) -> None:
    with ExitStack() as all_of_them:
        silent = [
            all_of_them.enter_context(closing(connect(till)))
            for _ in range(connections.OPEN_MAX + 10)
        ]
        with till.client() as client:
            for _ in range(3):
                assert client.get("/v1/health").status_code == 200
        assert len(open_connections(till)) <= connections.OPEN_MAX
        assert silent[0].recv(1) == b""  # the oldest gave way


def open_connections(till: Served) -> dict[Any, connections.Connection]:
    return till.connections._open


def open_at(till: Served) -> connections.Connection:
    found = list(open_connections(till).values())
    return found[0] if found else connections.Connection()
