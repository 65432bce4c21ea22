"""The till asks its agent: whatever happens there, the answer is in time and nothing is raised."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from hostile_server import HostileServer, endless, http
from processes import free_port

from pos_plugin.agent_calls import NAME, WITHIN_S, AgentCalls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

SLACK_S = 4  # a busy machine; whoever waits to the end of the slow answers waits 20 s


def write_place(folder: Path, port: int) -> None:
    (folder / NAME).write_text(json.dumps({"port": port, "token": "t"}), encoding="utf-8")


def dripping() -> Iterable[bytes]:
    yield b"HTTP/1.0 200 OK\r\n\r\n"
    for _ in range(200):
        yield b" "
    yield b"{}"


def silent() -> Iterable[bytes]:
    yield b""
    for _ in range(200):
        yield b""


HOSTILE: dict[str, tuple[Callable[[], Iterable[bytes]], float]] = {
    "hung": (silent, 0.1),
    "byte by byte": (dripping, 0.1),
    "endless": (endless, 0.0),
    "closes at once": (list, 0.0),
    "another program": (lambda: [b"220 mail.example.org ESMTP\r\n"], 0.0),
    "wrong token": (lambda: [http("403 Forbidden", b"{}")], 0.0),
    "a list": (lambda: [http("200 OK", b"[1]")], 0.0),
    "deep": (lambda: [http("200 OK", b"[" * 60_000)], 0.0),
    "not JSON": (lambda: [http("200 OK", b"<html>")], 0.0),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_every_call_is_over_in_time_and_then_nobody_is_asked_for_a_while(
    tmp_path: Path, kind: str
) -> None:
    answer, pause_s = HOSTILE[kind]
    with HostileServer(answer, pause_s=pause_s) as server:
        write_place(tmp_path, int(server.url.rpartition(":")[2]))
        calls = AgentCalls(tmp_path)
        began_s = time.monotonic()
        assert calls.ask("status", {}) is None
        assert time.monotonic() - began_s < WITHIN_S + SLACK_S
        for _ in range(1_000):
            assert calls.ask("status", {}) is None
        assert time.monotonic() - began_s < WITHIN_S + 2 * SLACK_S
        assert server.requests <= 1


def test_without_a_time_limit_a_hung_agent_would_hold_the_till(tmp_path: Path) -> None:
    """Negative control."""
    with HostileServer(silent, pause_s=0.1) as server:
        write_place(tmp_path, int(server.url.rpartition(":")[2]))
        began_s = time.monotonic()
        AgentCalls(tmp_path, within_s=2 * SLACK_S).ask("status", {})
        assert time.monotonic() - began_s > WITHIN_S + SLACK_S


@pytest.mark.parametrize(
    "content", ["", "{}", "[]", '{"port": "x", "token": 1}', '{"port": 99999999, "token": "t"}']
)
def test_agent_that_is_not_there_costs_nothing(tmp_path: Path, content: str) -> None:
    calls = AgentCalls(tmp_path)
    assert calls.ask("status", {}) is None
    (tmp_path / NAME).write_text(content, encoding="utf-8")
    assert AgentCalls(tmp_path).ask("status", {}) is None
    write_place(tmp_path, free_port())
    assert AgentCalls(tmp_path).ask("status", {}) is None


def test_good_answer_comes_back(tmp_path: Path) -> None:
    answer: Any = {"state": "reserved"}
    with HostileServer(lambda: [http("200 OK", json.dumps(answer).encode())]) as server:
        write_place(tmp_path, int(server.url.rpartition(":")[2]))
        calls = AgentCalls(tmp_path)
        assert calls.ask("reserve", {"voucher": "V"}) == answer
        assert calls.ask("reserve", {"voucher": "V"}) == answer
