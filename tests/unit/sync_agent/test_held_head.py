"""The held request wakes the agent, whatever answers it."""

from __future__ import annotations

import itertools
import json
import threading
import time

from hostile_server import HostileServer, http
from waiting import until

from sync_agent.client import HeadOfficeClient
from sync_agent.held_head import PAUSE_S, HeldHead
from sync_agent.protocol.messages import HELD_HEAD


def test_head_office_that_always_has_news_is_not_asked_in_a_tight_loop() -> None:
    marks = itertools.count()

    def answer() -> list[bytes]:
        head = {
            "mark": f"m{next(marks)}",
            "capabilities": [HELD_HEAD],
            "incarnation": "one",
            "buckets": {},
            "generations": [],
        }
        return [http("200 OK", json.dumps(head).encode())]

    news = threading.Semaphore(0)
    with (
        HostileServer(answer) as server,
        HeldHead(
            HeadOfficeClient(server.url, "t"), till="3", on_news=news.release, backoff_max_s=1.0
        ) as held,
    ):
        began_s = time.monotonic()
        held.start()
        until(lambda: server.requests >= 3, within_s=60, what="it is asked again")
        took_s = time.monotonic() - began_s
        assert news.acquire(timeout=30)  # and each time the agent is told
        # However slow the machine: a pause lies before each question but the first.
        assert took_s > 2 * PAUSE_S * 0.9
