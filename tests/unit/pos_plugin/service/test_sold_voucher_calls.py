"""Vouchers are sold over loopback HTTP; every answer is held to the committed document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from served_till import served, small_shop, snapshot
from vouchers_with_value import value_type

if TYPE_CHECKING:
    from pathlib import Path


def test_voucher_is_sold_blocked_and_let_go_over_http(tmp_path: Path) -> None:
    shop = small_shop(tmp_path / "till")
    value_type(shop, "GIFT", 2500, legal_kind="gift_mpv")
    with served(shop) as till, till.checked_client() as client:
        asked = {"voucher": "G-1", "type": "GIFT", "cashier": "17"}
        sold = client.post("/v1/vouchers/sell", json=asked).json()
        assert client.post("/v1/vouchers/sell", json=asked).json() == sold
        line = {"line_id": "9", **sold["line"]}
        sale = snapshot()
        sale["lines"].append(line)
        answer = client.put("/v1/sales/S1", json=sale).json()
        body = {"evaluation_id": answer["evaluation_id"]}
        receipt = client.post("/v1/sales/S1/complete", json=body).json()
        issued = [one for one in receipt["effects"] if one["kind"] == "issue_voucher"]
        assert sold["code"] in [one["code"] for one in issued]
        block = {"request_id": "B-1", "code": sold["code"]}
        assert client.post("/v1/vouchers/block", json=block).status_code == 200
        again = client.post("/v1/vouchers/block", json={**block, "request_id": "B-2"})
        assert (again.status_code, again.json()["code"]) == (409, "voucher_not_now")
        assert client.post("/v1/vouchers/unblock", json=block).status_code == 200
        unknown = client.post("/v1/vouchers/sell", json={**asked, "voucher": "2", "type": "NIX"})
        assert (unknown.status_code, unknown.json()["code"]) == (409, "voucher_not_sellable")
