"""Whoever sends slowly takes no connection for ever; whoever waits for an answer is not cut off."""

from __future__ import annotations

import socket
from contextlib import closing
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx
import pytest
from head_office_site import Site, caller

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
    line = socket.create_connection(("127.0.0.1", place.port), timeout=PATIENCE_S)
    line.settimeout(PATIENCE_S)
    return line


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


def is_ended(line: socket.socket) -> bool:
    try:
        return line.recv(1) == b""
    except ConnectionError:
        return True
