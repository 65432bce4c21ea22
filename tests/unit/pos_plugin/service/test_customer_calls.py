"""Customers, cards and consents over HTTP, held to the committed contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from served_till import Served, served
from till_builder import TillBuilder, card_number

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ANNA = {"name": "Anna Müller", "phone": "0170 1234567", "birthday_on": "1980-12-24"}
CARD = card_number(5)


@pytest.fixture
def till(tmp_path: Path) -> Iterator[Served]:
    builder = TillBuilder(tmp_path / "till")
    builder.program()
    with served(builder) as running:
        yield running


@pytest.mark.capability("K1", "K4")
def test_customer_is_created_changed_and_asked_about(till: Served) -> None:
    with till.checked_client() as client:
        made = client.post("/v1/customers", json={"request_id": "1", **ANNA}).json()
        again = client.post("/v1/customers", json={"request_id": "2", **ANNA})
        assert again.status_code == 200
        assert again.json()["refused"] == "customer_duplicate"
        assert again.json()["params"]["candidates"][0]["id"] == made["customer"]
        changed = client.patch(
            f"/v1/customers/{made['customer']}", json={"request_id": "3", "name": "Anna Schulz"}
        )
        assert changed.json()["fields"] == ["name"]
        found = client.post("/v1/customers/identify", json={"name": "schulz"}).json()
        assert found["customer"]["id"] == made["customer"]
        nobody = client.patch("/v1/customers/K9", json={"request_id": "4", "name": "X"})
        assert nobody.status_code == 404
        assert nobody.json()["code"] == "customer_unknown"
        wrong = client.post("/v1/customers", json={"request_id": "5", "name": "A", "phone": "x"})
        assert wrong.status_code == 422
        assert wrong.json()["where"] == "customer.phone"
        twice = client.post("/v1/customers", json={"request_id": "1", "name": "Bernd"})
        assert twice.status_code == 409


def test_an_address_that_is_written_out_is_no_customer(till: Served) -> None:
    with till.client() as client:
        said = client.patch(f"{till.url}/v1/customers/identify", json={"name": "Anna"})
        assert (said.status_code, said.headers["allow"]) == (405, "POST")
        # The control: a customer that nobody knows is asked for her request.
        asked = client.patch(f"{till.url}/v1/customers/K9", json={"request_id": "1", "name": "A"})
        assert asked.json()["code"] == "customer_unknown"
        # An id with a slash cannot stand in an address, however it is written.
        for text in ("K/1", "K%2F1"):
            assert client.patch(f"{till.url}/v1/customers/{text}", json={}).status_code == 404


@pytest.mark.capability("K2", "K9")
def test_cards_consents_and_erasure(till: Served) -> None:
    with till.checked_client() as client:
        customer = client.post("/v1/customers", json={"request_id": "1", **ANNA}).json()["customer"]
        card = {"request_id": "2", "customer": customer, "code": CARD}
        assert client.post("/v1/cards/assign", json=card).json()["status"] == "active"
        consent = {
            "request_id": "3",
            "customer": customer,
            "purpose": "marketing",
            "channel": "email",
            "status": "given",
            "text_id": "W",
            "text_revision": 1,
            "form_number": "F1",
        }
        assert client.post("/v1/consents", json=consent).json()["status"] == "given"
        unproved = {**consent, "request_id": "4", "form_number": None}
        assert client.post("/v1/consents", json=unproved).status_code == 422
        panel = client.post("/v1/scan", json={"code": CARD, "sale_id": "S1"}).json()["panel"]
        assert panel["consents"][0]["status"] == "given"
        blocked = {"request_id": "5", "code": CARD}
        assert client.post("/v1/cards/block", json=blocked).json()["status"] == "blocked"
        assert client.post("/v1/scan", json={"code": CARD}).json()["refused"] == "card_blocked"
        gone = client.post(f"/v1/customers/{customer}/erase")
        assert gone.json()["counts"]["local_customer"] == 1
        nobody = client.post("/v1/customers/identify", json={"name": "müller"})
        assert nobody.json()["refused"] == "customer_unknown"
