"""The stream of events of a served till: who hears what, and how it ends."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from contextlib import closing, contextmanager
from queue import Queue
from typing import TYPE_CHECKING, Any

import pytest
from host_till import events_of, host_till, print_effect, snapshot
from served_till import Served, served
from waiting import until

from pos_plugin.print_listeners import Told
from pos_plugin.service import event_calls
from pos_plugin.service.event_calls import (
    LISTENERS_MAX,
    WAITING_MAX,
    EventStream,
    Listener,
    Streams,
)
from printers.sim.host import SimulatedHost

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from till_builder import TillBuilder

WAIT_S = 20


@pytest.fixture
def till(tmp_path: Path) -> TillBuilder:
    return host_till(tmp_path / "till")


@contextmanager
def listening(till: Served, **query: str) -> Iterator[Queue[tuple[str, Any]]]:
    """Every event of a stream, as it comes: its kind and its data; ``None`` at the end."""
    heard: Queue[tuple[str, Any]] = Queue()
    stop = threading.Event()

    def listen() -> None:
        with till.client() as client, client.stream("GET", "/v1/events", params=query) as answer:
            heard.put(("status", answer.status_code))
            kind = ""
            for line in answer.iter_lines():
                if line.startswith("event: "):
                    kind = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    heard.put((kind, json.loads(line.removeprefix("data: "))))
                elif line.startswith(":"):
                    heard.put(("comment", line))
                if stop.is_set():
                    return
        heard.put(("end", None))

    thread = threading.Thread(target=listen)
    thread.start()
    try:
        assert heard.get(timeout=WAIT_S) == ("status", 200)
        yield heard
    finally:
        stop.set()
        # A sign of life makes the reader look at `stop`.
        for name in ("wake", "wake"):
            till.plugin.prints._listeners.tell(Told("printer", {"printer": name}))
        thread.join(timeout=WAIT_S)
        assert not thread.is_alive()


def next_of(heard: Queue[tuple[str, Any]], kind: str) -> Any:
    while True:
        found, value = heard.get(timeout=WAIT_S)
        if found == kind:
            return value


def sell(till: Served, sale_id: str) -> dict[str, Any]:
    with till.client() as client:
        body = {"total_minor": 7999, "sale": snapshot(sale_id)}
        answer: dict[str, Any] = client.post(f"/v1/sales/{sale_id}/complete", json=body).json()
        return print_effect(answer)


def report(till: Served, job: str, result: str) -> None:
    with till.client() as client:
        body = {"attempt": 1, "result": result}
        assert client.post(f"/v1/print-jobs/{job}/result", json=body).status_code == 200


def test_screen_follows_a_job_from_paper_to_hand(till: TillBuilder) -> None:
    with served(till) as open_till, listening(open_till) as heard:
        printer = next_of(heard, "printer")
        assert printer == {
            "printer": "bon",
            "transport": "host",
            "state": "ready",
            "notice": None,
        }
        job = sell(open_till, "1")["job"]
        assert next_of(heard, "printer")["state"] == "printing"
        assert next_of(heard, "notice")["text"].endswith(": Gutschein wird gedruckt.")
        report(open_till, job, "printed")
        notice = next_of(heard, "notice")
        assert (notice["job"], notice["state"], notice["open"]) == (job, "CONFIRMED", True)
        with open_till.client() as client:
            client.post(f"/v1/notices/{notice['notice_id']}/acknowledge")
        closed = next_of(heard, "notice")
        assert (closed["job"], closed["open"], closed["choices"]) == (job, False, [])


def test_fresh_listener_first_gets_what_is_open(till: TillBuilder) -> None:
    with served(till) as open_till:
        job = sell(open_till, "1")["job"]
        until(
            lambda: open_till.plugin.prints.job(job)["state"] == "SENDING",
            within_s=WAIT_S,
            what="the effect",
        )
        report(open_till, job, "unknown")
        with listening(open_till) as heard:
            kind, notice = heard.get(timeout=WAIT_S)
            assert (kind, notice["job"], notice["state"]) == ("notice", job, "UNKNOWN")


def test_listener_that_prints_gets_it_instead_of_the_answer(
    till: TillBuilder, tmp_path: Path
) -> None:
    host = SimulatedHost(tmp_path / "host")
    with served(till) as open_till, listening(open_till) as screen:
        with listening(open_till, prints="true") as heard:
            for sale_id in ("1", "2"):
                answer = sell(open_till, sale_id)
                assert "format" not in answer
                effect = next_of(heard, "print")
                assert (effect["job"], effect["attempt"]) == (answer["job"], 1)
                assert host.take(effect) == "printed"
                report(open_till, effect["job"], "printed")
        assert len(host.papers()) == 2
        seen = [screen.get(timeout=WAIT_S)[0] for _ in range(screen.qsize())]
        assert "print" not in seen, "a screen has no printer"
    assert [one["state"] for one in events_of(till, "print_closed")] == ["CONFIRMED"] * 2


def test_silence_of_a_listener_that_has_it_whole_is_assumed(tmp_path: Path) -> None:
    # A host that never reports is silent from the moment on in which the stream has taken it.
    till = host_till(tmp_path / "till", report_within_s=0)
    with served(till) as open_till, listening(open_till, prints="true") as heard:
        job = sell(open_till, "1")["job"]
        next_of(heard, "print")
        notice = next_of(heard, "notice")
        while notice["state"] == "SENDING":
            notice = next_of(heard, "notice")
        assert (notice["job"], notice["state"]) == (job, "ASSUMED")


def test_host_that_comes_again_is_told_again_the_same_pair(
    till: TillBuilder, tmp_path: Path
) -> None:
    host = SimulatedHost(tmp_path / "host")
    with served(till) as open_till:
        with listening(open_till, prints="true") as heard:
            sell(open_till, "1")
            first = next_of(heard, "print")
            host.take(first)
        with listening(open_till, prints="true") as heard:
            again = next_of(heard, "print")
            assert again == first
            assert host.take(again) == "printed"
            assert len(host.papers()) == 1
            report(open_till, again["job"], "printed")


def test_newest_of_several_printing_listeners_gets_it(till: TillBuilder) -> None:
    with (
        served(till) as open_till,
        listening(open_till, prints="true") as older,
        listening(open_till, prints="true") as newest,
    ):
        job = sell(open_till, "1")["job"]
        assert next_of(newest, "print")["job"] == job
        report(open_till, job, "printed")
        heard = [("", {})]
        while heard[-1][1].get("state") != "CONFIRMED":
            heard.append(older.get(timeout=WAIT_S))
        assert "print" not in dict(heard), "two printers would print it twice"


def test_ninth_listener_is_refused_and_the_place_comes_back(till: TillBuilder) -> None:
    with served(till) as open_till:
        lines = [raw_stream(open_till) for _ in range(LISTENERS_MAX)]
        with open_till.client() as client:
            refused = client.get("/v1/events")
            assert (refused.status_code, refused.json()["code"]) == (503, "too_many_listeners")
            assert str(LISTENERS_MAX) in refused.json()["detail"]
        lines.pop().close()

        def comes_in() -> bool:
            with open_till.client() as client, client.stream("GET", "/v1/events") as answer:
                return answer.status_code == 200

        until(comes_in, within_s=WAIT_S, what="a place")
        for line in lines:
            line.close()


def raw_stream(till: Served) -> socket.socket:
    """A listener that reads its head and then nothing more."""
    line = socket.create_connection(("127.0.0.1", till.port), timeout=WAIT_S)
    line.sendall(
        f"GET /v1/events HTTP/1.1\r\nHost: 127.0.0.1:{till.port}\r\n"
        f"Authorization: Bearer {till.token}\r\n\r\n".encode()
    )
    head = b""
    while b"\r\n\r\n" not in head:
        head += line.recv(4096)
    assert head.startswith(b"HTTP/1.1 200 "), head
    assert b"text/event-stream" in head
    assert b"content-length" not in head
    return line


def test_end_of_the_server_is_said_and_not_waited_for(till: TillBuilder) -> None:
    with served(till) as open_till:
        line = raw_stream(open_till)
    with closing(line):
        said = b""
        while piece := line.recv(65536):
            said += piece
    assert b'event: closed\ndata: {"reason":"server_stops"}' in said


def test_unknown_word_in_the_address_is_refused(till: TillBuilder) -> None:
    with served(till) as open_till, open_till.client() as client:
        for wrong in ("maybe", "True", ""):
            answer = client.get("/v1/events", params={"prints": wrong})
            assert (answer.status_code, answer.json()["code"]) == (422, "unknown_word")


def test_stream_needs_the_token_like_every_call(till: TillBuilder) -> None:
    with served(till) as open_till, open_till.client(Authorization="Bearer x") as client:
        assert client.get("/v1/events").status_code == 401


# --- the stream alone, with a line that can be stopped -------------------------------------------


class Reader:
    """The other end of a stream: reads, or leaves its line full."""

    def __init__(self) -> None:
        self.reads = asyncio.Event()
        self.reads.set()
        self.gone = asyncio.Event()
        self.body = b""
        self.ended = False

    async def send(self, message: Any) -> None:
        await self.reads.wait()
        self.body += message.get("body", b"")
        self.ended |= message["type"].endswith("body") and not message["more_body"]

    async def receive(self) -> Any:
        await self.gone.wait()
        return {"type": "http.disconnect"}


def stream(listener: Listener, streams: Streams, left: list[str]) -> EventStream:
    return EventStream(
        listener,
        streams,
        first=[],
        language="de",
        went_out=lambda job, attempt: left.append(f"{job} {attempt}"),
        leave=lambda: left.append("left"),
    )


async def settled(condition: Any) -> None:
    async with asyncio.timeout(WAIT_S):
        while not condition():  # noqa: ASYNC110 - it becomes true without telling
            await asyncio.sleep(0)


def printer(number: int) -> Told:
    return Told("printer", {"printer": str(number)})


def test_silence_is_filled_with_signs_of_life() -> None:
    async def run() -> bytes:
        reader, left = Reader(), list[str]()
        running = asyncio.create_task(
            stream(Listener(), Streams(heartbeat_s=0.01), left)({}, reader.receive, reader.send)
        )
        await settled(lambda: reader.body.count(b": alive\n\n") >= 2)
        reader.gone.set()
        await running
        assert left == ["left"]
        return reader.body

    assert asyncio.run(run()).startswith(b": alive\n\n: alive\n\n")


def test_listener_behind_which_too_much_waits_is_dropped_and_told() -> None:
    async def run() -> Reader:
        reader, left = Reader(), list[str]()
        listener = Listener()
        running = asyncio.create_task(
            stream(listener, Streams(), left)({}, reader.receive, reader.send)
        )
        await asyncio.sleep(0)
        reader.reads.clear()
        for number in range(WAITING_MAX + 2):
            listener.hear(printer(number))
        await settled(lambda: listener.goodbye is not None)
        reader.reads.set()
        await running
        assert left == ["left"]
        return reader

    reader = asyncio.run(run())
    assert reader.ended
    assert reader.body.endswith(
        f'event: closed\ndata: {{"reason":"slow_reader","waiting_max":{WAITING_MAX}}}\n\n'.encode()
    )


def test_line_that_stays_full_is_given_up() -> None:
    async def run() -> list[str]:
        reader, left = Reader(), list[str]()
        listener = Listener()
        running = asyncio.create_task(
            stream(listener, Streams(send_s=0.01), left)({}, reader.receive, reader.send)
        )
        await asyncio.sleep(0)
        reader.reads.clear()
        listener.hear(printer(1))
        async with asyncio.timeout(WAIT_S):
            await running
        assert listener.goodbye == {"reason": "slow_reader", "send_s": 0.01}
        return left

    assert asyncio.run(run()) == ["left"]


def test_numbers_count_up_over_all_streams() -> None:
    streams = Streams()
    assert [next(streams.ids) for _ in range(3)] == [1, 2, 3]
    assert event_calls.HEARTBEAT_S == 15
