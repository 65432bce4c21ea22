"""Who may speak to a till, and how much."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest
from served_till import Served, served, small_shop, snapshot

from pos_plugin.service.api_token import NAME, ensure_token
from pos_plugin.service.errors import TokenUnusable
from pos_plugin.service.gate import BODY_BYTES_MAX

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def till(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(small_shop(tmp_path_factory.mktemp("gate") / "till")) as running:
        yield running


@pytest.mark.parametrize("shown", ["", "Bearer", "Bearer wrong", "Basic {token}", "{token}"])
def test_wrong_token_is_refused(till: Served, shown: str) -> None:
    with till.client(Authorization=shown.format(token=till.token)) as client:
        answer = client.get("/v1/health")
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")


def test_right_token_is_let_in(till: Served) -> None:
    with till.client() as client:
        assert client.get("/v1/health").status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost"])
def test_foreign_host_is_refused_even_with_token(till: Served, host: str) -> None:
    with till.client(Host=host) as client:
        answer = client.get("/v1/health")
        page = client.get("/")
    assert (answer.status_code, answer.json()["code"]) == (403, "foreign_host")
    assert page.status_code == 403


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1"])
def test_foreign_origin_is_refused_even_with_token(till: Served, origin: str) -> None:
    with till.client(Origin=origin) as client:
        answer = client.put("/v1/sales/S1", json=snapshot())
    assert (answer.status_code, answer.json()["code"]) == (403, "foreign_origin")


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_own_names_and_origin_are_let_in(till: Served, name: str) -> None:
    own = f"{name}:{till.port}"
    with till.client(Host=own, Origin=f"http://{own}") as client:
        assert client.put("/v1/sales/S1", json=snapshot()).status_code == 200


def test_announced_body_too_large_is_refused_unread(till: Served) -> None:
    answer = till.raw(
        f"PUT /v1/sales/S1 HTTP/1.1\r\nHost: 127.0.0.1:{till.port}\r\n"
        f"Authorization: Bearer {till.token}\r\n"
        f"Content-Length: {BODY_BYTES_MAX + 1}\r\n\r\n".encode()
    )
    assert b" 413 " in answer.splitlines()[0]
    assert b'"code": "too_large"' in answer


def test_endless_body_is_stopped(till: Served) -> None:
    piece = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    head = (
        f"PUT /v1/sales/S1 HTTP/1.1\r\nHost: 127.0.0.1:{till.port}\r\n"
        f"Authorization: Bearer {till.token}\r\nTransfer-Encoding: chunked\r\n\r\n"
    ).encode()
    # Exactly one piece more than fits: the till answers and hangs up.
    answer = till.raw(head + piece * (BODY_BYTES_MAX // 0x10000 + 1))
    assert b" 413 " in answer.splitlines()[0]


def test_body_of_allowed_size_is_read(till: Served) -> None:
    with till.client() as client:
        answer = client.put("/v1/sales/S1", content=b" " * BODY_BYTES_MAX)
    assert answer.json()["code"] == "not_json"


def test_page_needs_no_token_and_loads_nothing_foreign(till: Served) -> None:
    with till.client(Authorization="") as client:
        page = client.get("/")
        odd = client.get("/", params={"demo": "1; script-src *"})
        demo = client.get("/", params={"demo": "4321"})
    policy = page.headers["content-security-policy"]
    assert page.status_code == 200
    assert "connect-src 'self';" in policy
    assert odd.headers["content-security-policy"] == policy
    assert "connect-src 'self' http://127.0.0.1:4321;" in demo.headers["content-security-policy"]
    assert till.token not in page.text
    assert "http" not in page.text.replace("http-equiv", "")


def test_token_file_is_for_its_owner_only(tmp_path: Path) -> None:
    token = ensure_token(tmp_path)
    assert stat.S_IMODE((tmp_path / NAME).stat().st_mode) == 0o600
    assert ensure_token(tmp_path) == token
    (tmp_path / NAME).chmod(0o644)
    with pytest.raises(TokenUnusable, match="others"):
        ensure_token(tmp_path)


def test_file_without_token_is_refused(tmp_path: Path) -> None:
    ensure_token(tmp_path)
    (tmp_path / NAME).write_text("\n")
    with pytest.raises(TokenUnusable, match="no token"):
        ensure_token(tmp_path)
