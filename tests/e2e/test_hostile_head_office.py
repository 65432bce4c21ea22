"""A real agent and a head office that means harm: bombs, endless answers, lies (sync.md 9.3)."""

from __future__ import annotations

import gzip
import itertools
import json
import os
import random
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from head_office_site import ANNA, ARTICLE, PERCENT_20, Site
from hostile_server import HostileServer, endless, http
from hypothesis import given, settings
from hypothesis import strategies as st
from processes import Running
from waiting import until

from pos_plugin import Plugin
from sync_agent.protocol.json_bytes import ProtocolError, compact_json, parse_model
from sync_agent.protocol.messages import (
    EnrolAnswer,
    Event,
    EventsAnswer,
    Head,
    Problem,
    StatusAnswer,
)
from sync_agent.protocol.pages import page_bytes, parse_page

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads /proc")

SECONDS = float(os.environ.get("STAMMKUNDE_HOSTILE_SECONDS", "6"))
"""How long a head office attacks; longer in ``make soak``."""
RSS_MAX_MIB = 120
SEED = 20260307


def head(**changed: Any) -> dict[str, Any]:
    return {
        "mark": f"m{next(NUMBERS)}",
        "capabilities": ["held_head"],
        "incarnation": "evil",
        "buckets": {"shop:001": {"epoch": next(NUMBERS), "head": 10**9}},
        "generations": [],
        **changed,
    }


NUMBERS = itertools.count(1)


def generation(**changed: Any) -> dict[str, Any]:
    return {
        "chain": "c", "ring": "all", "generation": 2**62, "activate_at": "2020-01-01T00:00:00.000Z",
        "sha256": "0" * 64, "key_id": "../../../tmp/x", "signature": "0" * 128, **changed,
    }  # fmt: skip


def slow_loris() -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\n"
    for number in range(40):
        yield f"x-{number}: y\r\n".encode()


def endless_lines() -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\ncontent-type: application/x-ndjson\r\nconnection: close\r\n\r\n"
    line = b'["P","article",1,1,' + json.dumps(["x" * 200] * 10).encode() + b"]\n"
    while True:
        yield line * 200


def attacks() -> list[Any]:
    """Each makes the pieces of one answer, whatever was asked."""
    bomb = gzip.compress(b"\0" * 2**26, 9)
    many = {f"shop:{number}": {"epoch": 1, "head": 1} for number in range(10**5)}
    row = {"sku": "../../evil", "name": "n", "categories": [], "brand": None, "season": None,
           "tags": [], "unit_price_minor": 1, "markdown": False, "vat_rate_bp": 0,
           "discountable": True}  # fmt: skip
    page = page_bytes(
        bucket="shop:001", bucket_epoch=5, after=0, changes=[("P", "article", 1, 1, row)],
        checkpoint=1, complete=False, sums=None,
    )  # fmt: skip
    crowd = page_bytes(
        bucket="shop:001", bucket_epoch=5, after=0, checkpoint=1_500, complete=False, sums=None,
        changes=[
            ("P", "article", number, number, row | {"categories": ["ab"] * 1_000})
            for number in range(1, 1_501)
        ],
    )  # fmt: skip
    lying = compact_json({"acked_seq": 0, "durable_seq": 2**62, "incarnation": "evil"})
    return [
        endless,
        lambda: endless("404 Not Found"),
        endless_lines,
        slow_loris,
        lambda: [http("200 OK", bomb, content_encoding="gzip")],
        lambda: [http("302 Found", b"", location="http://127.0.0.1:9/steal")],
        lambda: [http("200 OK", compact_json(head(buckets=many)))],
        lambda: [http("200 OK", compact_json(head()))],
        lambda: [http("200 OK", compact_json(head(generations=[generation()] * 90)))],
        lambda: [http("200 OK", compact_json(head(generations=[generation(sha256="../x")])))],
        lambda: [http("200 OK", page)],
        lambda: [http("200 OK", crowd)],
        lambda: [http("200 OK", lying)],
        lambda: [http("200 OK", b'{"a":' * 100_000)],
        lambda: [http("200 OK", b"[" + b"9" * 100_000 + b"]")],
        lambda: [b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\nx"],
        lambda: [b"\x00" * 1_000],
        lambda: [http("401 Unauthorized", b"<html>log in</html>", content_type="text/html")],
    ]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A till that has been served well so far."""
    site = Site(tmp_path)
    site.publish(PERCENT_20)
    site.load(article=[ARTICLE], customer=[ANNA])
    with site.served() as url:
        site.url = url
        site.add_till("3")
        run_once(site)
    return site


def run_once(site: Site) -> None:
    from pos_plugin.clock import SystemClock
    from sync_agent.agent import Agent
    from sync_agent.settings import read_settings

    with Agent(read_settings(site.till_dir() / "till.toml"), SystemClock()) as agent:
        agent.cycle()
        assert agent.status.problems == {}


def turn_to(site: Site, url: str) -> None:
    keys = {**site.keys(), "head_office": url}
    (site.till_dir() / "keys.json").write_text(json.dumps(keys))


def rss_mib(pid: int) -> float:
    """The most memory that a process ever held."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    raise AssertionError("no VmHWM")


def outside(site: Site) -> dict[str, bytes]:
    """Every file beside the till's folder and the agent's own log."""
    return {
        str(path.relative_to(site.folder)): path.read_bytes()
        for path in site.folder.rglob("*")
        if path.is_file() and site.till_dir() not in path.parents and path.name != "agent.log"
    }


def scans_ms(plugin: Plugin, seconds: float) -> list[float]:
    """How long the till took for each look-up meanwhile."""
    took, pause = [], threading.Event()
    ends_s = time.monotonic() + seconds
    while time.monotonic() < ends_s:
        began_s = time.perf_counter()
        sale = plugin.begin_sale()
        sale.scan("4711")
        assert sale.evaluate().total_minor == 6399
        sale.cancel()
        took.append((time.perf_counter() - began_s) * 1_000)
        pause.wait(0.02)
    return sorted(took)


def test_agent_stays_small_and_the_till_sells_whatever_head_office_does(site: Site) -> None:
    rng = random.Random(SEED)  # noqa: S311 - draws attacks, keeps no secret
    kinds = attacks()
    config = site.till_dir() / "till.toml"

    def answer() -> Iterable[bytes]:
        found: Iterable[bytes] = rng.choice(kinds)()
        return found

    before = outside(site)
    with Plugin.open(config) as plugin, HostileServer(answer) as server:
        turn_to(site, server.url)
        log = site.folder / "agent.log"
        run = ("agent", "run", "--config", config, "--retry-at-most-s", 0.1)
        with Running(log, *run) as agent:
            agent.says("Agent of till 3")
            took = scans_ms(plugin, SECONDS)
            until(lambda: server.requests >= 10, within_s=30, what="enough attacks")
            assert agent.alive, log.read_text()
            most_mib = rss_mib(agent.pid)
            assert agent.end() == 0
            assert "Traceback" not in log.read_text()
    sys.stdout.write(
        f"{server.requests} hostile answers, agent at most {most_mib:.0f} MiB, "
        f"till p50 {took[len(took) // 2]:.1f} ms, max {took[-1]:.1f} ms\n"
    )
    assert most_mib <= RSS_MAX_MIB
    assert outside(site) == before
    # What the till had still holds; nothing of all that was believed.
    with Plugin.open(config) as plugin:
        assert scans_ms(plugin, 0.1)


GREEDY = """
import sys
from pathlib import Path
from sync_agent import client
client.ANSWER_BYTES_MAX = client.PAGE_BYTES_MAX = 2**34
from sync_agent.client import HeadOfficeClient
from sync_agent.errors import SyncError
with HeadOfficeClient(sys.argv[1], "x" * 43, request_s=20) as one:
    try:
        one.head()
    except (SyncError, MemoryError):
        pass
"""


def test_agent_without_limits_would_grow(site: Site) -> None:
    # The control: the same endless answer, and nobody who says that it is enough.
    with HostileServer(endless) as server:
        process = subprocess.Popen([sys.executable, "-c", GREEDY, server.url])
        try:
            until(
                lambda: process.poll() is None and rss_mib(process.pid) > 2 * RSS_MAX_MIB,
                within_s=60,
                what="it grows",
            )
        finally:
            process.kill()
            process.wait(timeout=10)
    assert site.till_dir().exists()


# --- decoders -----------------------------------------------------------------------------------

GOOD_PAGE = page_bytes(
    bucket="shop:001",
    bucket_epoch=5,
    after=0,
    changes=[
        ("P", "alias", 1, 1, {"alias": "A", "customer": "B"}),
        ("R", "alias", 2, 2, {"alias": "A", "reason": "deleted"}),
    ],
    checkpoint=2,
    complete=True,
    sums={"alias": "0" * 16},
)
SEEDS = [
    GOOD_PAGE,
    compact_json(head(generations=[generation()])),
    compact_json({"acked_seq": 1, "durable_seq": 1, "incarnation": "i"}),
    compact_json({"type": "urn:x", "title": "t", "status": 409}),
]
EXAMPLES = int(os.environ.get("STAMMKUNDE_DECODER_EXAMPLES", "300"))


def read(content: bytes) -> None:
    """Read bytes as everything; nothing but ProtocolError may come of it."""
    for model in (Head, EventsAnswer, Problem, Event, EnrolAnswer, StatusAnswer):
        try:
            parse_model(model, content)
        except ProtocolError:
            continue
    try:
        parse_page(content, bucket="shop:001", after=0)
    except ProtocolError:
        return


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    st.sampled_from(SEEDS),
    st.lists(st.tuples(st.integers(0, 2_000), st.binary(max_size=20)), max_size=6),
)
def test_damaged_answers_are_protocol_errors(seed: bytes, damages: list[tuple[int, bytes]]) -> None:
    content = bytearray(seed)
    for place, piece in damages:
        at = place % (len(content) + 1)
        content[at : at + len(piece)] = piece
    read(bytes(content))


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=8), inner),
        max_leaves=20,
    )
)
def test_any_json_is_read_or_a_protocol_error(value: Any) -> None:
    text = json.dumps(value).encode()
    read(text)
    read(GOOD_PAGE.replace(b'["P","alias",1,1,["A","B"]]', text))
