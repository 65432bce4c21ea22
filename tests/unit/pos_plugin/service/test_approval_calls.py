"""Goods on approval over HTTP, held to the committed contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from served_till import Served, served
from till_builder import TillBuilder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GOODS = {"line_id": "1", "sku": "kleid", "quantity_milli": 2000}


@pytest.fixture
def till(tmp_path: Path) -> Iterator[Served]:
    builder = TillBuilder(tmp_path / "till")
    with builder.config_path.open("a", encoding="utf-8") as file:
        file.write("[approvals]\nenabled = true\n")
    builder.rules()
    builder.article("kleid", 9900)
    builder.customer("K1", limit_left_minor=25_000)
    with served(builder) as running:
        yield running


@pytest.mark.capability("A1", "A2", "A3", "A5", "K7")
def test_goods_go_out_come_back_and_are_sold(till: Served) -> None:
    with till.checked_client() as client:
        request = {"request_id": "1", "customer": "K1", "lines": [GOODS]}
        issued = client.post("/v1/approvals", json=request).json()
        number = issued["number"]
        assert issued["fiscal_type"] == "AVSonstige"
        above = client.post("/v1/approvals", json={**request, "request_id": "2"})
        assert (above.status_code, above.json()["code"]) == (409, "limit_exceeded")
        nobody = client.post("/v1/approvals", json={"request_id": "3", "lines": [GOODS]})
        assert nobody.json()["code"] == "approval_needs_customer"

        scanned = client.post("/v1/scan", json={"code": number, "sale_id": "S"}).json()
        assert (scanned["kind"], scanned["customer"]["id"]) == ("approval", "K1")
        listed = client.get("/v1/approvals", params={"customer": "K1"}).json()["approvals"]
        assert [one["line_id"] for one in listed] == ["1.1", "1.2"]

        back = {"request_id": "4", "returned": ["1.1"]}
        assert client.post(f"/v1/approvals/{number}/return", json=back).status_code == 200
        settle = {"request_id": "5", "sale_id": "B1"}
        sale = client.post(f"/v1/approvals/{number}/settle", json=settle).json()["sale"]
        assert client.put("/v1/sales/B1", json=sale).json()["total_minor"] == 9900
        assert client.post("/v1/sales/B1/complete", json={}).status_code == 200
        assert client.get("/v1/approvals").json() == {"approvals": []}


def test_what_is_no_approval_is_said_with_its_place(till: Served) -> None:
    with till.checked_client() as client:
        unknown = client.post("/v1/approvals/A-003000023/return", json={"request_id": "1"})
        assert (unknown.status_code, unknown.json()["code"]) == (404, "approval_unknown")
        wrong = client.post("/v1/approvals", json={"request_id": "1", "lines": []})
        assert (wrong.status_code, wrong.json()["where"]) == (422, "approval.lines")
        assert client.get("/v1/approvals", params={"on": "heute"}).json()["where"] == "on"
        assert client.get("/v1/approvals", params={"of": "K1"}).json()["code"] == "unknown_field"
