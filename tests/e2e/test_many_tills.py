"""Many simulated tills on one head office process: held requests, one hint to all, receipts."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from head_office_site import ANNA, ARTICLE, PERCENT_20, PROGRAM, Site
from processes import Running, free_port
from sqlalchemy import func, select
from till_events import batch, sale_event

from head_office.storage import receipt
from head_office.till import tills
from pos_plugin.clock import utc_text

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads /proc")

TILLS = int(os.environ.get("STAMMKUNDE_SIMULATED_TILLS", "40"))
"""Tills in CI; 500 in ``make soak``."""
EVENTS_EACH = 5
HELD_S = 55


def tokens_of(site: Site, count: int) -> list[str]:
    with site.database() as database, database.write() as connection:
        now_text = utc_text(site.clock.now())
        return [
            tills.admit(
                database, connection, shop="001", till=f"T{number}", now_text=now_text
            ).token
            for number in range(count)
        ]


def rss_mib(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    raise AssertionError("no VmRSS")


async def all_at_once(
    url: str, tokens: list[str], ask: Callable[[httpx.AsyncClient, int], Awaitable[float]]
) -> list[float]:
    """Let every till ask over a connection of its own; return when each was answered."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx.AsyncClient(
        base_url=url, limits=limits, timeout=120, trust_env=False
    ) as client:
        return sorted(await asyncio.gather(*(ask(client, number) for number in range(len(tokens)))))


@pytest.mark.slow
def test_one_publication_reaches_all_held_tills_by_the_hint(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.publish(PERCENT_20)
    site.load(article=[ARTICLE], program=[PROGRAM], customer=[ANNA])
    tokens = tokens_of(site, TILLS)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    log = tmp_path / "log"
    with Running(log, "head-office", "serve", "--data", site.data, "--port", port) as server:
        server.says(url)
        mark = httpx.get(
            f"{url}/v1/head", headers={"Authorization": f"Bearer {tokens[0]}"}, trust_env=False
        ).json()["mark"]
        published_s: list[float] = []

        async def held(number: int) -> float:
            # A bare socket: an HTTP library would spend more on 500 answers than head office does.
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(
                f"GET /v1/head?since={mark}&wait_s={HELD_S} HTTP/1.1\r\nHost: till\r\n"
                f"Authorization: Bearer {tokens[number]}\r\n\r\n".encode()
            )
            line = await reader.readline()
            told_s = time.monotonic()
            assert b" 200 " in line
            writer.close()
            return told_s

        async def publish_when_all_wait() -> list[float]:
            asking = asyncio.gather(*(held(number) for number in range(TILLS)))
            await asyncio.sleep(3 + TILLS / 20)
            assert not asking.done()
            await asyncio.to_thread(site.publish, PERCENT_20)
            published_s.append(time.monotonic())
            return sorted(await asking)

        answered = asyncio.run(publish_when_all_wait())
        took = [max(0.0, one - published_s[0]) for one in answered]
        memory_mib = rss_mib(server._process.pid)

        async def upload(client: httpx.AsyncClient, number: int) -> float:
            lines = [
                sale_event(seq + 1, customer=None, uid=f"{number * 1000 + seq:032x}")
                for seq in range(EVENTS_EACH)
            ]
            answer = await client.post(
                f"/v1/tills/T{number}/events",
                content=batch(*lines),
                headers={"Authorization": f"Bearer {tokens[number]}"},
            )
            assert answer.status_code == 200, answer.text
            return time.monotonic()

        began_s = time.monotonic()
        uploads_s = asyncio.run(all_at_once(url, tokens, upload))[-1] - began_s
        assert server.end() == 0
        assert "Traceback" not in log.read_text()
    receipts = TILLS * EVENTS_EACH
    bare_s = bare_inserts_s(tmp_path / "bare.db")
    sys.stdout.write(
        f"{TILLS} held tills: told within {took[-1]:.2f} s (half of them {took[len(took) // 2]:.2f}"
        f" s), server {memory_mib:.0f} MiB; {receipts / uploads_s:.0f} receipts/s, "
        f"{uploads_s / bare_s:.0f} times the time of bare inserts\n"
    )
    with site.database() as database, database.read() as connection:
        assert connection.execute(select(func.count()).select_from(receipt)).scalar() == receipts
    assert took[-1] < HELD_S - 5, "they were not told, their time was over"


def bare_inserts_s(path: Path) -> float:
    """The same events as plain rows, a transaction a till, on the same disk."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE e (till, seq, line, PRIMARY KEY (till, seq))")
        began_s = time.monotonic()
        for number in range(TILLS):
            with connection:
                rows = [(number, seq, sale_event(seq + 1)) for seq in range(EVENTS_EACH)]
                connection.executemany("INSERT INTO e VALUES (?, ?, ?)", rows)
        return time.monotonic() - began_s
