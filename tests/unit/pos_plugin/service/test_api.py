"""The calls of a sale over real loopback HTTP."""

from __future__ import annotations

import json
import logging
import socket
from typing import TYPE_CHECKING

import pytest
from served_till import CARD, Served, served, small_shop, snapshot
from till_builder import card_number
from waiting import until

from pos_plugin.storage.connect import open_journal_reader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("api") / "till"


@pytest.fixture(scope="module")
def till(folder: Path) -> Iterator[Served]:
    with served(small_shop(folder)) as running:
        yield running


def test_card_sale_and_voucher_go_all_the_way(till: Served) -> None:
    with till.checked_client() as client:
        card = client.post("/v1/scan", json={"code": CARD, "sale_id": "S1"}).json()
        assert card["kind"] == "card"
        assert card["panel"]["name"] == "Kundin K100"

        answer = client.put("/v1/sales/S1", json=snapshot(customer=card["customer"])).json()
        assert (answer["gross_minor"], answer["total_minor"]) == (7999, 6399)
        discount = answer["effects"][0]
        assert discount["kind"] == "line_discount"
        assert discount["text"] == "20 % auf alles"

        completion = {
            "evaluation_id": answer["evaluation_id"],
            "total_minor": 6399,
            "tenders": [{"tender": "cash", "amount_minor": 6399}],
        }
        receipt = client.post("/v1/sales/S1/complete", json=completion)
        assert receipt.status_code == 200
        effects = {effect["kind"]: effect for effect in receipt.json()["effects"]}
        job = effects["print"]["job"]

        until(lambda: _job(client, job)["state"] == "CONFIRMED", within_s=60, what="printed")
        assert _job(client, job)["text"] == "Bitte den gedruckten Gutschein überreichen."
        picture = client.get(f"/v1/print-jobs/{job}/pages/1")
        assert picture.headers["content-type"] == "image/png"
        assert picture.content.startswith(b"\x89PNG")

        voucher = client.post("/v1/scan", json={"code": effects["issue_voucher"]["code"]}).json()
        assert voucher["kind"] == "voucher"
        basket = snapshot(customer=card["customer"], codes=[{"code": voucher["code"]}])
        assert client.put("/v1/sales/S2", json=basket).json()["total_minor"] == 5899


def _job(client: httpx.Client, job: str) -> dict[str, str]:
    answer: dict[str, str] = client.get(f"/v1/print-jobs/{job}").json()
    return answer


def test_completing_twice_books_once(till: Served, folder: Path) -> None:
    with till.checked_client() as client:
        client.put("/v1/sales/S3", json=snapshot())
        first = client.post("/v1/sales/S3/complete", json={"total_minor": 6399})
        again = client.post("/v1/sales/S3/complete", json={"total_minor": 6399})
        other = client.post("/v1/sales/S3/complete", json={"total_minor": 1})
    assert first.content == again.content
    assert (other.status_code, other.json()["code"]) == (409, "conflict")
    journal = open_journal_reader(folder)
    assert journal is not None
    try:
        booked = journal.execute("SELECT count(*) FROM receipt WHERE sale_id = 'S3'").get
    finally:
        journal.close()
    assert booked == 1


def test_sale_never_evaluated_is_no_receipt(till: Served) -> None:
    with till.checked_client() as client:
        answer = client.post("/v1/sales/S9/complete", json={})
    assert (answer.status_code, answer.json()["code"]) == (404, "sale_unknown")


def test_unknown_card_is_an_answer_not_a_problem(till: Served) -> None:
    mistyped = card_number(999)[:-1]
    with till.checked_client() as client:
        answer = client.post("/v1/customers/identify", json={"card": mistyped})
        english = client.post(
            "/v1/customers/identify", json={"card": mistyped}, headers={"Accept-Language": "en-GB"}
        )
    assert answer.status_code == 200
    assert answer.json()["refused"] == "card_unknown"
    assert answer.json()["text"].startswith("Karte hier nicht bekannt")
    assert english.json()["text"].startswith("Card not known here")


def test_health_says_rules_and_queues(till: Served) -> None:
    with till.checked_client() as client:
        health = client.get("/v1/health").json()
    assert (health["generation"], health["shop"], health["till"]) == (1, "001", "3")
    assert (health["language"], health["print_jobs_open"]) == ("de", 0)
    card = {"kind": "card", "starts_with": "29", "length": 13, "check": "ean13"}
    assert [health["prefixes"][0], health["prefixes"][-1]["kind"]] == [card, "article"]


@pytest.mark.parametrize(
    ("body", "status", "code", "where"),
    [
        (b"{", 400, "not_json", "sale"),
        (b"\xff", 400, "not_json", "sale"),
        (b"[" * 100_000, 400, "not_json", "sale"),
        (b"[]", 422, "wrong_type", "sale"),
        (b'{"at": "2026-03-07T12:00:00+01:00"}', 422, "missing", "sale.lines"),
        (b'{"sale_id": "other"}', 422, "out_of_range", "sale.sale_id"),
        (
            b'{"at": "2026-03-07T12:00:00+01:00", "lines": [], "colour": 1}',
            422,
            "unknown_field",
            "sale.colour",
        ),
    ],
)
def test_bad_basket_names_its_place(
    till: Served, body: bytes, status: int, code: str, where: str
) -> None:
    with till.checked_client() as client:
        answer = client.put("/v1/sales/S1", content=body)
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, problem["status"], problem["code"]) == (status, status, code)
    assert problem["where"] == where
    assert problem["type"] == f"urn:stammkunde:problem:{code}"
    assert "Traceback" not in answer.text


def test_negative_price_names_its_line(till: Served) -> None:
    basket = snapshot()
    basket["lines"][0]["unit_price_minor"] = -1
    with till.checked_client() as client:
        problem = client.put("/v1/sales/S1", json=basket).json()
    assert (problem["code"], problem["where"]) == (
        "out_of_range",
        "sale.lines[0].unit_price_minor",
    )


@pytest.mark.parametrize(
    ("body", "code", "where"),
    [
        ({}, "missing", "scan.code"),
        ({"code": 7}, "wrong_type", "scan.code"),
        ({"code": "1", "what": "2"}, "unknown_field", "scan.what"),
        ({"code": "\ud800"}, "out_of_range", "scan.code"),
    ],
)
def test_bad_scan_names_its_place(
    till: Served, body: dict[str, object], code: str, where: str
) -> None:
    with till.checked_client() as client:
        answer = client.post("/v1/scan", content=json.dumps(body))
    assert answer.status_code == 422
    assert (answer.json()["code"], answer.json()["where"]) == (code, where)


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("GET", "/v1/nothing", "not_found"),
        ("GET", "/v1/print-jobs/none", "not_found"),
        ("GET", "/v1/print-jobs/none/pages/x", "not_found"),
        ("GET", "/v1/print-jobs/none/pages/0", "not_found"),
        ("GET", "/nothing.js", "not_found"),
        ("PUT", f"/v1/sales/{'9' * 201}", "not_found"),
        ("DELETE", "/v1/sales/S1", "method_not_allowed"),
        ("GET", "/docs", "not_found"),
    ],
)
def test_what_is_not_there_is_a_problem_document(
    till: Served, method: str, path: str, code: str
) -> None:
    with till.client() as client:
        answer = client.request(method, path)
    assert answer.json()["code"] == code
    assert answer.headers["content-type"] == "application/problem+json"


def test_connection_sends_small_answers_at_once(
    till: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nagle off on the till's side of every connection: asyncio sets it when it accepts."""
    seen: list[tuple[int, ...]] = []
    original = socket.socket.setsockopt

    def listen(self: socket.socket, *options: int) -> None:
        seen.append(options)
        original(self, *options)

    monkeypatch.setattr(socket.socket, "setsockopt", listen)
    before = len(seen)
    till.raw(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1) in seen[before:]


def test_fault_inside_is_a_problem_without_traceback(
    till: Served, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> None:
        raise RuntimeError("secret path /var/lib")

    log = logging.getLogger("uvicorn.error")
    log.addHandler(caplog.handler)
    monkeypatch.setattr(till.plugin, "health", broken)
    try:
        with till.checked_client() as client:
            answer = client.get("/v1/health")
        until(lambda: "secret path" in caplog.text, within_s=60, what="the log says what")
    finally:
        log.removeHandler(caplog.handler)
    assert (answer.status_code, answer.json()["code"]) == (500, "fault")
    assert "secret" not in answer.text


def test_wrong_method_says_which_are_right(till: Served) -> None:
    with till.client() as client:
        answer = client.delete("/v1/sales/S1")
        written_out = client.get("/v1/customers/identify")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, PUT")
    # No customer is called so: what a customer can be asked for is not said of it.
    assert (written_out.status_code, written_out.headers["allow"]) == (405, "POST")
