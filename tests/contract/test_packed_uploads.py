"""Uploads as gzip: to a head office that says it takes them, and only to such a one."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from head_office_site import ANNA, ARTICLE, PERCENT_20, PROGRAM, Site, caller
from recording_proxy import RecordingProxy
from till_events import batch, sale_event
from toy_erp_process import TOY, enrolled_till, erp

from pos_plugin import Plugin, Receipt
from pos_plugin.clock import SystemClock
from pos_plugin.storage.journal_reader import JournalReader
from sync_agent.agent import Agent
from sync_agent.protocol.limits import BATCH_BYTES_MAX, EVENT_BYTES_MAX
from sync_agent.protocol.messages import GZIP_UPLOADS
from sync_agent.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx

SALES = 30
EVENTS = "/v1/tills/3/events"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    site.publish(PERCENT_20)
    site.load(article=[ARTICLE], program=[PROGRAM], customer=[ANNA])
    with site.served() as url:
        site.url = url
        site.add_till("3")
        yield site


def sell_and_send(config: Path) -> bytes:
    """Sell while nobody is asked, then send all by a fresh agent; return what was sent, unpacked.

    A fresh agent has never heard what head office takes.
    """
    with Plugin.open(config) as plugin:
        for number in range(SALES):
            sale = plugin.begin_sale(f"S{number}")
            sale.scan("4711")
            assert isinstance(sale.complete(), Receipt)
    with Agent(read_settings(config), SystemClock()) as agent:
        agent.cycle()
        assert agent.status.problems == {}
        assert agent.status.waiting_events == 0
    journal = JournalReader.open(config.parent)
    assert journal is not None
    with journal:
        return b"".join(bytes(event.line) for event in journal.events_after(0, 1_000))


def first_round(config: Path) -> None:
    """Fetch rules and articles."""
    with Agent(read_settings(config), SystemClock()) as agent:
        agent.cycle()


def through(proxy: RecordingProxy, config: Path) -> None:
    """Have the till's agent ask the proxy instead of head office."""
    path = config.parent / "keys.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "head_office": proxy.url}))
    lines = [
        f'url = "{proxy.url}"' if line.startswith("url = ") else line
        for line in config.read_text().splitlines()
    ]
    config.write_text("\n".join(lines) + "\n")


def test_agent_packs_what_goes_to_a_head_office_that_takes_it(site: Site) -> None:
    config = site.till_dir() / "till.toml"
    first_round(config)
    with RecordingProxy(urlsplit(site.url).port or 0) as proxy:
        through(proxy, config)
        plain = sell_and_send(config)
    # Also the very first batch of an agent: that may be the longest queue of all.
    assert b'"sale_completed"' not in proxy.sent
    assert b"content-encoding: gzip" in proxy.sent.lower()
    assert len(proxy.sent) < len(plain) // 2, "with every head and question"


def test_agent_sends_plain_lines_to_an_erp_that_does_not_take_gzip(tmp_path: Path) -> None:
    with erp(tmp_path, TOY.read_text(encoding="utf-8")) as url:
        config = enrolled_till(tmp_path / "till", url)
        first_round(config)
        with RecordingProxy(urlsplit(url).port or 0) as proxy:
            through(proxy, config)
            plain = sell_and_send(config)
    assert proxy.sent.count(b'"sale_completed"') == SALES
    assert b"content-encoding" not in proxy.sent.lower()
    assert len(proxy.sent) > len(plain)


def send(client: httpx.Client, content: bytes, encoding: str = "gzip") -> httpx.Response:
    return client.post(EVENTS, content=content, headers={"Content-Encoding": encoding})


def test_head_says_that_uploads_may_be_packed(site: Site) -> None:
    with caller(site.url, site.keys()["till_token"]) as client:
        assert GZIP_UPLOADS in client.get("/v1/head").json()["capabilities"]
        answer = send(client, gzip.compress(batch(sale_event(1), sale_event(2))))
        assert answer.json()["acked_seq"] == 2
        # The same bytes as plain lines are the same events.
        assert client.post(EVENTS, content=batch(sale_event(2))).json()["acked_seq"] == 2


@pytest.mark.parametrize(
    ("content", "encoding", "status", "word"),
    [
        (gzip.compress(b"\0" * 2**26), "gzip", 413, "too-large"),
        (gzip.compress(b"x" * (EVENT_BYTES_MAX + 1)), "gzip", 413, "too-large"),
        (gzip.compress((b"x" * BATCH_BYTES_MAX + b"\n") * 2), "gzip", 413, "too-large"),
        (gzip.compress(batch(sale_event(1)))[:-9], "gzip", 400, "invalid"),
        (batch(sale_event(1)), "gzip", 400, "invalid"),
        (gzip.compress(batch(sale_event(1))), "br", 400, "invalid"),
        (b"", "gzip", 400, "invalid"),
        (gzip.compress(b""), "gzip", 400, "not-an-event"),
    ],
    ids=["bomb", "event", "batch", "cut", "plain", "another name", "nothing", "packed nothing"],
)
def test_wrong_packed_upload_is_one_clear_problem(
    site: Site, content: bytes, encoding: str, status: int, word: str
) -> None:
    with caller(site.url, site.keys()["till_token"]) as client:
        answer = send(client, content, encoding)
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["type"].endswith(f":{word}")
        assert answer.json()["detail"]
        # Nothing of it was taken, and head office goes on.
        assert send(client, gzip.compress(batch(sale_event(1)))).json()["acked_seq"] == 1


def test_large_event_alone_may_be_packed(site: Site) -> None:
    event = json.loads(sale_event(1))
    event["kind"], event["body"] = "of_a_later_version", {"x": "y" * BATCH_BYTES_MAX}
    with caller(site.url, site.keys()["till_token"]) as client:
        answer = send(client, gzip.compress(json.dumps(event).encode() + b"\n"))
    assert answer.json()["acked_seq"] == 1
