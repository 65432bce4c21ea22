"""Accounts over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest
from served_till import served
from till_builder import TillBuilder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def client(tmp_path: Path) -> Iterator[httpx.Client]:
    till = TillBuilder(tmp_path / "till")
    till.program("bonus", "EUR_MINOR", payout_voucher_type="BONUS", payout_threshold=500)
    till.voucher_type(
        "BONUS",
        legal_kind="earned_bonus",
        effect={"kind": "value", "label": {"de": "Bonus", "en": "Bonus"}},
    )
    till.program("points")
    till.reward("BALLON", 400)
    till.customer("K1")
    till.balance("K1", 1250, program="bonus")
    till.balance("K1", 1000)
    with served(till) as here:
        headers = {"Authorization": f"Bearer {here.token}"}
        with httpx.Client(base_url=here.url, headers=headers, timeout=30, trust_env=False) as http:
            yield http


@pytest.mark.capability("B2", "B7")
def test_pay_out_and_statement(client: httpx.Client) -> None:
    asked = {"request_id": "A", "customer": "K1", "program": "bonus"}
    paid = client.post("/v1/payouts", json=asked)
    assert (paid.status_code, paid.json()["amount_minor"]) == (200, 1250)
    assert client.post("/v1/payouts", json=asked).json() == paid.json()
    again = client.post("/v1/payouts", json={**asked, "request_id": "B"})
    assert (again.status_code, again.json()["code"]) == (409, "payout_threshold")
    assert "0,00" in again.json()["detail"]
    told = client.get("/v1/customers/K1/statement", params={"count": 1}).json()
    assert told["accounts"][0]["entries"][0]["delta"] == -1250
    assert client.get("/v1/customers/K9/statement").status_code == 404
    for asked_for, problem in (
        ({"count": "x"}, "wrong_type"),
        ({"count": "-1"}, "wrong_type"),
        ({"count": "0"}, "out_of_range"),
        ({"count": "9" * 5000}, "out_of_range"),
        ({"cuont": "1"}, "unknown_field"),
    ):
        wrong = client.get("/v1/customers/K1/statement", params=asked_for)
        assert (wrong.status_code, wrong.json()["code"]) == (422, problem)


@pytest.mark.capability("B4")
def test_rewards_and_a_correction(client: httpx.Client) -> None:
    [reward] = client.get("/v1/rewards").json()["rewards"]
    assert reward["code"] == "BALLON"
    asked = {"request_id": "A", "customer": "K1", "reward": "BALLON", "quantity": 3}
    refused = client.post("/v1/rewards/redeem", json=asked)
    assert refused.json()["code"] == "balance_too_low"
    given = client.post("/v1/rewards/redeem", json={**asked, "quantity": 2}).json()
    assert given["points"] == 800
    corrected = {
        "request_id": "B",
        "customer": "K1",
        "program": "points",
        "delta": 1,
        "reason": "Test",
        "cashier": "1",
    }
    assert client.post("/v1/accounts/adjust", json=corrected).status_code == 409
    corrected["second_person"] = "2"
    assert client.post("/v1/accounts/adjust", json=corrected).json()["delta"] == 1
    del corrected["reason"]
    assert client.post("/v1/accounts/adjust", json=corrected).json()["code"] == "missing"
