"""One slow question of the till keeps no other waiting."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from http.server import HTTPServer
from typing import TYPE_CHECKING, Any

from waiting import until

from pos_plugin.agent_calls import AgentCalls
from sync_agent import loopback_api
from sync_agent.loopback_api import LoopbackApi

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import pytest


class Slow:
    """A status that nobody gets before it is let go."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.let_go = threading.Event()

    def status(self) -> Mapping[str, Any]:
        self.begun.set()
        assert self.let_go.wait(60)
        return {"slow": True}


@contextmanager
def with_a_slow_question(folder: Path) -> Iterator[Slow]:
    slow = Slow()
    answers: list[object] = []
    api = LoopbackApi(folder, client=None, on_news=lambda: None, status=slow.status)
    api.start()
    asking = threading.Thread(
        target=lambda: answers.append(AgentCalls(folder, within_s=60).ask("status", {}))
    )
    try:
        asking.start()
        assert slow.begun.wait(60)
        yield slow
    finally:
        slow.let_go.set()
        asking.join(60)
        api.close()
    assert answers == [{"slow": True}]


def test_a_slow_question_keeps_no_other_waiting(tmp_path: Path) -> None:
    with with_a_slow_question(tmp_path) as slow:
        assert AgentCalls(tmp_path, within_s=60).ask("sync_now", {}) == {}
        assert not slow.let_go.is_set()


def test_with_one_thread_for_all_it_would(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: without threads the second question has no answer before the first."""
    monkeypatch.setattr(loopback_api._Server, "process_request", HTTPServer.process_request)
    with with_a_slow_question(tmp_path):
        assert AgentCalls(tmp_path, within_s=1).ask("sync_now", {}) is None


def test_who_sends_nothing_takes_no_more_than_its_thread(tmp_path: Path) -> None:
    api = LoopbackApi(tmp_path, client=None, on_news=lambda: None, status=dict)
    api.start()
    port = api._server.server_port
    idle = [
        socket.create_connection(("127.0.0.1", port)) for _ in range(loopback_api.THREADS_MAX * 2)
    ]
    try:
        # They are let go after a moment; meanwhile the till is refused at once and goes on.
        until(
            lambda: AgentCalls(tmp_path, within_s=5).ask("sync_now", {}) == {},
            within_s=60,
            what="an answer",
        )
    finally:
        for one in idle:
            one.close()
        api.close()
