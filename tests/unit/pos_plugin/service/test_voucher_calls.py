"""Value vouchers over real loopback HTTP; every answer is held to the committed document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from served_till import CARD, Served, served, small_shop, snapshot
from vouchers_with_value import hand_out, value_type

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx


@pytest.fixture
def codes() -> dict[str, str]:
    return {}


@pytest.fixture
def till(tmp_path: Path, codes: dict[str, str]) -> Iterator[Served]:
    shop = small_shop(tmp_path / "till")
    codes["gift"] = hand_out(shop, "GIFT", 5000)
    codes["bonus"] = hand_out(shop, "BONUS", 1000, legal_kind="earned_bonus")
    value_type(shop, "GUTHABEN", legal_kind="promo", partial=True)
    shop.trigger(voucher_type="GUTHABEN")
    with served(shop) as running:
        yield running


def asked(*codes: dict[str, Any]) -> dict[str, Any]:
    return snapshot(customer={"id": "K100"}, codes=list(codes))


def kinds(answer: dict[str, Any]) -> list[str]:
    return [one["kind"] for one in answer["effects"] if one["kind"].endswith("_voucher")]


def complete(client: httpx.Client, sale_id: str, answer: dict[str, Any]) -> dict[str, Any]:
    body = {
        "evaluation_id": answer["evaluation_id"],
        "applied": [one["effect_id"] for one in answer["effects"]],
        "total_minor": answer["total_minor"] - answer["voucher_discount_minor"],
        "tenders": [{"tender": "cash", "amount_minor": answer["payable_minor"]}],
    }
    receipt = client.post(f"/v1/sales/{sale_id}/complete", json=body)
    assert receipt.status_code == 200
    assert client.post(f"/v1/sales/{sale_id}/complete", json=body).json() == receipt.json()
    value: dict[str, Any] = receipt.json()
    return value


def test_bonus_reduces_gift_pays_and_the_rest_is_there_next_time(
    till: Served, codes: dict[str, str]
) -> None:
    with till.checked_client() as client:
        known = client.post("/v1/scan", json={"code": codes["gift"]}).json()
        assert known == {"kind": "voucher", "code": codes["gift"]}
        wanted = [{"code": codes["gift"], "amount_minor": 2000}, {"code": codes["bonus"]}]
        answer = client.put("/v1/sales/S1", json=asked(*wanted)).json()
        # 79.99 less 20 % = 63.99, less 10.00 bonus, 20.00 paid by the gift voucher.
        assert kinds(answer) == ["price_reduction_voucher", "tender_voucher"]
        assert (answer["total_minor"], answer["payable_minor"]) == (6399, 3399)
        assert answer["earned"][0]["amount"] == 53
        receipt = complete(client, "S1", answer)
        assert (receipt["total_minor"], receipt["charged_differs"]) == (5399, False)

        again = client.put("/v1/sales/S2", json=asked(*wanted)).json()
        [tender] = [one for one in again["effects"] if one["kind"] == "tender_voucher"]
        assert (tender["amount_minor"], tender["rest_minor"]) == (2000, 1000)
        [rejected] = [one for one in again["effects"] if one["kind"] == "rejected"]
        assert rejected["reason"] == "voucher_redeemed"


def test_issued_value_is_spent_in_parts(till: Served) -> None:
    with till.checked_client() as client:
        answer = client.put("/v1/sales/S1", json=asked()).json()
        issued = [
            one
            for one in complete(client, "S1", answer)["effects"]
            if one["kind"] == "issue_voucher" and one["type"] == "GUTHABEN"
        ]
        [voucher] = issued
        part = {"code": voucher["code"], "amount_minor": 250}
        complete(client, "S2", client.put("/v1/sales/S2", json=asked(part)).json())
        panel = client.post("/v1/scan", json={"code": CARD}).json()["panel"]
        held = {one["type"]: one["balance_minor"] for one in panel["vouchers"]}
        assert held["GUTHABEN"] == 750


def test_amount_of_nothing_is_refused_by_its_place(till: Served, codes: dict[str, str]) -> None:
    with till.checked_client() as client:
        nothing = asked({"code": codes["gift"], "amount_minor": 0})
        problem = client.put("/v1/sales/S1", json=nothing)
        assert problem.status_code == 422
        assert problem.json()["where"] == "sale.codes[0].amount_minor"
