"""Whoever sends slowly takes no connection for ever; whoever waits for an answer is not cut off."""

from __future__ import annotations

import select
import socket
import threading
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx
import pytest
from head_office_site import ARTICLE, Site, caller

from head_office.service.hints import HELD_A_TILL
from pos_plugin import limits
from sync_agent.protocol.limits import PAGE_ROWS_MAX

if TYPE_CHECKING:
    from pathlib import Path

WHOLE_S = 0.5
PATIENCE_S = 30

SLOW = [
    b"",
    b"GET /v1/head HTTP/1.1\r\nHost: x\r\nx-a: ",
    b"POST /v1/enrol HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{",
]


def opened(url: str) -> socket.socket:
    place = urlsplit(url)
    assert place.port is not None
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)  # else the system takes megabytes
    line.settimeout(PATIENCE_S)
    line.connect(("127.0.0.1", place.port))
    return line


def question(path: str, token: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n".encode()


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


@pytest.mark.parametrize("sent", SLOW)
def test_request_that_never_gets_whole_is_ended(site: Site, sent: bytes) -> None:
    with site.served(whole_s=WHOLE_S) as url, closing(opened(url)) as line:
        line.sendall(sent)
        assert is_ended(line)


def test_a_byte_now_and_then_keeps_no_connection_alive(site: Site) -> None:
    with site.served(whole_s=WHOLE_S) as url, closing(opened(url)) as line:
        line.sendall(SLOW[1])
        line.settimeout(0.1)
        for _ in range(PATIENCE_S * 10):
            try:
                line.sendall(b"x")
                if line.recv(1) == b"":
                    return
            except TimeoutError:
                continue
            except OSError:
                return
        pytest.fail("it is still open")


def test_a_patient_server_would_wait_for_ever(site: Site) -> None:
    """The control: the same half request, and nobody who looks at it."""
    with site.served(whole_s=3_600) as url, closing(opened(url)) as line:
        line.sendall(SLOW[1])
        line.settimeout(4 * WHOLE_S)
        with pytest.raises(TimeoutError):
            line.recv(1)


@pytest.mark.parametrize("is_patient", [False, True], ids=["as it is", "control"])
def test_answer_that_nobody_takes_is_dropped(site: Site, *, is_patient: bool) -> None:
    """Else each caller who does not read would keep a page of it in memory."""
    name = "n" * limits.MAX_TEXT
    tags = [name] * 30
    articles = [{**ARTICLE, "sku": f"S{one}", "tags": tags} for one in range(PAGE_ROWS_MAX // 3)]
    site.load(article=articles)
    with site.served(whole_s=3_600 if is_patient else WHOLE_S) as url:
        site.url = url
        token = site.add_till("3")
        with caller(url, token) as till:
            path = "/v1/buckets/shop:001/changes?after=0"
            whole = len(till.get(path).content)
        assert whole > 4 << 20
        with closing(opened(url)) as line:
            line.sendall(question(path, token))
            threading.Event().wait(6 * WHOLE_S)  # and takes nothing
            assert (taken(line) >= whole) == is_patient


def taken(line: socket.socket) -> int:
    """How many bytes still come."""
    count = 0
    try:
        while piece := line.recv(1 << 20):
            count += len(piece)
    except (ConnectionError, TimeoutError):
        pass
    return count


def test_who_goes_away_in_the_middle_leaves_nothing_in_the_log(
    site: Site, capfd: pytest.CaptureFixture[str]
) -> None:
    with site.served() as url:
        with closing(opened(url)) as line:
            line.sendall(SLOW[2])
        assert httpx.get(f"{url}/v1/head", trust_env=False).status_code == 401
    assert "Traceback" not in capfd.readouterr().err


def test_held_request_and_kept_connection_are_not_ended(site: Site) -> None:
    with site.served(whole_s=WHOLE_S) as url:
        site.url = url
        token = site.add_till("3")
        with caller(url, token) as till:
            till.timeout = httpx.Timeout(PATIENCE_S)
            mark = till.get("/v1/head").json()["mark"]
            held = till.get("/v1/head", params={"since": mark, "wait_s": 3})
            assert held.status_code == 200, "held six times as long as a request may take"
            assert till.get("/v1/head").status_code == 200


def test_one_till_is_held_a_few_times_only(site: Site) -> None:
    """Else a copied token would take all the memory there is, a held request at a time."""
    with site.served() as url, ExitStack() as stack:
        site.url = url
        tokens = {till: site.add_till(till) for till in ("3", "4")}
        with caller(url, tokens["3"]) as till:
            mark = till.get("/v1/head").json()["mark"]
        path = f"/v1/head?since={mark}&wait_s=55"

        def ask(till: str) -> socket.socket:
            line = stack.enter_context(closing(opened(url)))
            line.sendall(question(path, tokens[till]))
            return line

        asked = [ask("3") for _ in range(HELD_A_TILL + 1)]
        answered, _, _ = select.select(asked, [], [], PATIENCE_S)
        assert len(answered) == 1
        # The control: the others are held, and so is another till.
        assert select.select([ask("4"), *set(asked) - set(answered)], [], [], 1.0)[0] == []


def is_ended(line: socket.socket) -> bool:
    try:
        return line.recv(1) == b""
    except ConnectionError:
        return True
