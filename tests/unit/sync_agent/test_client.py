from __future__ import annotations

import gzip
import threading
from typing import TYPE_CHECKING

import httpx
import pytest
from hostile_server import HostileServer, endless, http

from pos_plugin.clock import utc_text
from pos_plugin.errors import ConfigError
from sync_agent.client import HeadOfficeClient
from sync_agent.errors import HeadOfficeRefused, Stopped, Unreachable
from sync_agent.protocol.messages import PROBLEM_JSON

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

GOOD_HEAD = (
    b'{"mark":"m","capabilities":[],"incarnation":"one","buckets":{},"generations":[],'
    b'"later_field":{"x":1}}'
)


def asked(answer: Callable[[], Iterable[bytes]], **server: float) -> object:
    with (
        HostileServer(answer, **server) as hostile,
        HeadOfficeClient(hostile.url, "token", request_s=1.0) as client,
    ):
        return client.head()


def test_good_answer_is_taken_with_fields_of_a_later_version() -> None:
    head = asked(lambda: [http("200 OK", GOOD_HEAD)])
    assert getattr(head, "incarnation", None) == "one"


def test_redirect_is_not_followed() -> None:
    with (
        HostileServer(lambda: [http("200 OK", GOOD_HEAD)]) as target,
        HostileServer(lambda: [http("307 Temporary Redirect", location=target.url)]) as hostile,
        HeadOfficeClient(hostile.url, "token") as client,
    ):
        with pytest.raises(HeadOfficeRefused):
            client.head()
        assert (hostile.requests, target.requests) == (1, 0)


@pytest.mark.parametrize("status", ["200 OK", "500 Internal Server Error"])
def test_answer_without_end_is_cut_at_its_limit(status: str) -> None:
    with pytest.raises(HeadOfficeRefused, match="more than"):
        asked(lambda: endless(status))


def test_packed_answer_is_refused_unread() -> None:
    bomb = gzip.compress(b"0" * 50_000_000)
    with pytest.raises(HeadOfficeRefused, match="gzip"):
        asked(lambda: [http("200 OK", bomb, content_encoding="gzip")])


@pytest.mark.parametrize("where", ["headers", "body"])
def test_dripping_answer_ends_at_the_deadline(where: str) -> None:
    has_ended = threading.Event()

    def drip() -> Iterable[bytes]:
        start = b"HTTP/1.1 200 OK\r\n" + (b"\r\n" if where == "body" else b"x-a: ")
        yield start
        for _ in range(2_000):
            yield b"x"
        has_ended.set()

    with pytest.raises(Unreachable, match="1 s"):
        asked(drip, pause_s=0.05)
    assert not has_ended.is_set()


def test_cookies_are_not_kept() -> None:
    """Each answer could bring others, and all of them would be sent and kept for ever."""
    answer = http("200 OK", GOOD_HEAD, set_cookie="a=" + "x" * 4_000)
    with HostileServer(lambda: [answer]) as hostile:
        with HeadOfficeClient(hostile.url, "token") as client:
            for _ in range(2):
                client.head()
                assert b"xxx" not in hostile.last_request
        # The control: what the library does by itself.
        with httpx.Client(trust_env=False) as plain:
            for _ in range(2):
                plain.get(hostile.url)
            assert b"xxx" in hostile.last_request


@pytest.mark.parametrize("offset", ["-1400", "+1400", "GMT"])
@pytest.mark.parametrize("day", ["Fri, 31 Dec 9999 23:59:59", "Sat, 01 Jan 0100 00:00:00"])
def test_any_date_of_an_answer_can_be_told(day: str, offset: str) -> None:
    answer = http("200 OK", GOOD_HEAD, date=f"{day} {offset}")
    with (
        HostileServer(lambda: [answer]) as hostile,
        HeadOfficeClient(hostile.url, "token") as client,
    ):
        client.head()
        if client.head_office_at is not None:
            assert utc_text(client.head_office_at).endswith("Z")


def test_nobody_there_is_unreachable() -> None:
    with (
        HeadOfficeClient("http://127.0.0.1:1", "token") as client,
        pytest.raises(Unreachable),
    ):
        client.head()


@pytest.mark.parametrize(
    "answer",
    [
        http("200 OK", b"<html>please log in</html>"),
        http("401 Unauthorized", b"<html>hotel wifi</html>"),
        http("200 OK", b"[]"),
        http("200 OK", b'{"mark": 1}'),
        http("409 Conflict", b'{"type": 1}', content_type=PROBLEM_JSON),
    ],
)
def test_captive_portal_is_no_head_office(answer: bytes) -> None:
    with pytest.raises(HeadOfficeRefused) as caught:
        asked(lambda: [answer])
    assert caught.value.problem == "not-understood"


def test_answer_that_is_no_http_is_unreachable() -> None:
    with pytest.raises(Unreachable):
        asked(lambda: [b"SSH-2.0-OpenSSH\r\n"])


def test_problem_document_gives_its_word() -> None:
    body = b'{"type":"urn:stammkunde:problem:gap","title":"t","status":409,"detail":"d"}'
    with pytest.raises(HeadOfficeRefused) as caught:
        asked(lambda: [http("409 Conflict", body, content_type=PROBLEM_JSON)])
    assert (caught.value.problem, caught.value.status) == ("gap", 409)
    assert not caught.value.retryable


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org",
        "ftp://127.0.0.1",
        "127.0.0.1:80",
        "http://10.0.0.1",
        "https://",
        "http://127.0.0.1:99999",
    ],
)
def test_plain_http_to_another_machine_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="head_office"):
        HeadOfficeClient(url, "token").close()


def test_stop_ends_a_request_under_way() -> None:
    begun = threading.Event()

    def silence() -> Iterable[bytes]:
        begun.set()
        for _ in range(400):
            yield b""

    with HostileServer(silence, pause_s=0.05) as hostile:
        client = HeadOfficeClient(hostile.url, "token", request_s=60)
        stopper = threading.Thread(target=lambda: (begun.wait(10), client.stop()))
        stopper.start()
        try:
            with pytest.raises(Stopped):
                client.head()
            with pytest.raises(Stopped):
                client.head()
        finally:
            stopper.join()
            client.close()


@pytest.mark.parametrize("ca", ["", "\ufffd", "no PEM", "-----BEGIN CERTIFICATE-----\nx"])
def test_an_authority_that_is_no_certificate_is_named(ca: str) -> None:
    with pytest.raises(ConfigError, match="no certificate"):
        HeadOfficeClient("https://127.0.0.1:9", "-", ca=ca)
