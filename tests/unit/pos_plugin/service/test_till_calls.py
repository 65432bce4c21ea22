"""Customers without a card and rentals over real HTTP, held to the committed document."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from served_till import CARD, Served, served, small_shop, snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx


@pytest.fixture(scope="module")
def till(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    shop = small_shop(tmp_path_factory.mktemp("calls") / "till")
    shop.customer("K200")
    with served(shop) as running:
        yield running


@pytest.fixture
def client(till: Served) -> Iterator[httpx.Client]:
    with till.checked_client() as one:
        yield one


def test_customer_is_found_in_every_way(client: httpx.Client) -> None:
    by_card = client.post("/v1/customers/identify", json={"card": CARD}).json()
    by_id = client.post("/v1/customers/identify", json={"customer": "K100"}).json()
    assert (by_card["kind"], by_id["kind"]) == ("card", "customer")
    assert by_card["panel"] == by_id["panel"]
    several = client.post("/v1/customers/identify", json={"name": "kundin"}).json()
    assert (several["kind"], len(several["customers"]), several["more"]) == ("customers", 2, False)
    nobody = client.post(
        "/v1/customers/identify", json={"phone": "089 12345"}, headers={"Accept-Language": "en"}
    )
    assert (nobody.status_code, nobody.json()["refused"]) == (200, "customer_unknown")


@pytest.mark.parametrize(
    ("body", "code", "where"),
    [
        ({}, "missing", "identify"),
        ({"name": "a", "phone": "1"}, "out_of_range", "identify"),
        ({"shoe": "42"}, "unknown_field", "identify.shoe"),
        ({"name": 7}, "wrong_type", "identify.name"),
        ({"name": "a" * 201}, "limit", "identify.name"),
    ],
)
def test_bad_question_names_its_place(
    client: httpx.Client, body: dict[str, object], code: str, where: str
) -> None:
    problem = client.post("/v1/customers/identify", json=body).json()
    assert (problem["code"], problem["where"]) == (code, where)


def test_rental_is_reported_once(client: httpx.Client) -> None:
    report = {"rental": "L1", "customer": "K100", "articles": [{"sku": "4711", "days": 3}]}
    for call in ("issue", "return"):
        first = client.post(f"/v1/rentals/{call}", json=report)
        assert first.json()["rental"] == "L1"
        assert client.post(f"/v1/rentals/{call}", json=report).content == first.content
        other = client.post(f"/v1/rentals/{call}", json={**report, "customer": "K200"})
        assert (other.status_code, other.json()["code"]) == (409, "conflict")
    for call in ("cancel", "reverse"):
        undone = client.post(f"/v1/rentals/{call}", json={"rental": "L1", "reason": "mistake"})
        assert undone.status_code == 200


def test_end_of_the_day_names_what_is_open(client: httpx.Client) -> None:
    client.post("/v1/sales/D1/suspend", json={"sale": snapshot()})
    client.post("/v1/rentals/issue", json={"rental": "D1"})
    open_ = client.post("/v1/day-close").json()
    assert [one["sale_id"] for one in open_["suspended"]] == ["D1"]
    assert open_["events_unsent"] > 0
    assert open_["print_jobs_open"] == 0
    client.post("/v1/sales/D1/cancel")
    assert client.post("/v1/day-close").json()["suspended"] == []


def test_report_that_is_none_names_its_place(client: httpx.Client) -> None:
    problem = client.post("/v1/rentals/return", json={"articles": [{"days": -1}]}).json()
    assert (problem["code"], problem["where"]) == ("missing", "rental.rental")


def test_served_document_is_the_committed_one(client: httpx.Client) -> None:
    from contract_check import committed

    assert client.get("/v1/openapi.json").json() == committed()
