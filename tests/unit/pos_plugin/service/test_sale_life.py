"""The life of a sale over real HTTP; every answer is held to the committed document."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from busy_plugin import busy
from served_till import CARD, Served, served, small_shop, snapshot
from waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx


@pytest.fixture(scope="module")
def till(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(small_shop(tmp_path_factory.mktemp("life") / "till")) as running:
        yield running


@pytest.fixture(scope="module")
def hurried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A till that waits a tenth of a second."""
    shop = small_shop(tmp_path_factory.mktemp("hurried") / "till", budget_ms=100)
    with served(shop) as running:
        yield running


@pytest.fixture
def client(till: Served) -> Iterator[httpx.Client]:
    with till.checked_client() as one:
        yield one


def sold(client: httpx.Client, sale_id: str, **facts: Any) -> dict[str, Any]:
    """Sell one piece of 4711 and return the receipt."""
    assert client.put(f"/v1/sales/{sale_id}", json=snapshot(**facts)).status_code == 200
    answer = client.post(f"/v1/sales/{sale_id}/complete", json={"total_minor": 6399})
    assert answer.status_code == 200
    receipt: dict[str, Any] = answer.json()
    return receipt


def problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_sale_tells_what_was_said_of_it(client: httpx.Client) -> None:
    evaluation = client.put("/v1/sales/A1", json=snapshot()).json()
    found = client.get("/v1/sales/A1").json()
    assert (found["state"], found["receipt"]) == ("open", None)
    assert found["evaluation"] == evaluation
    receipt = client.post("/v1/sales/A1/complete", json={"total_minor": 6399}).json()
    found = client.get("/v1/sales/A1").json()
    assert (found["state"], found["receipt"]) == ("completed", receipt)
    assert problem(client.get("/v1/sales/never")) == (404, "sale_unknown")


def test_reasons_are_told_to_whoever_asks(client: httpx.Client) -> None:
    basket = snapshot()
    assert "not_applied" not in client.put("/v1/sales/A0", json=basket).json()
    for call in (
        client.put("/v1/sales/A0?explain=true", json=basket).json(),
        client.get("/v1/sales/A0?explain=true").json()["evaluation"],
    ):
        assert [one["code"] for one in call["not_applied"]] != []
    wrong = client.put("/v1/sales/A0?explain=perhaps", json=basket)
    assert (wrong.status_code, wrong.json()["where"]) == (422, "explain")


def test_completed_sale_takes_no_other_basket(client: httpx.Client) -> None:
    sold(client, "A2")
    assert problem(client.put("/v1/sales/A2", json=snapshot())) == (409, "conflict")
    assert problem(client.post("/v1/sales/A2/cancel")) == (409, "conflict")
    assert problem(client.post("/v1/sales/A2/suspend")) == (409, "conflict")


def test_sale_never_evaluated_completes_with_its_basket(client: httpx.Client) -> None:
    body = {"total_minor": 6399, "sale": snapshot(sale_id="A3")}
    receipt = client.post("/v1/sales/A3/complete", json=body)
    assert receipt.json()["total_minor"] == 6399
    assert client.post("/v1/sales/A3/complete", json=body).content == receipt.content


def test_basket_of_another_sale_is_refused(client: httpx.Client) -> None:
    for call, body in (
        ("complete", {"sale": snapshot(sale_id="other")}),
        ("suspend", {"sale": snapshot(sale_id="other")}),
    ):
        answer = client.post(f"/v1/sales/A4/{call}", json=body)
        assert problem(answer) == (422, "out_of_range")
        assert answer.json()["where"] == "sale.sale_id"


def test_parked_sale_comes_back(client: httpx.Client) -> None:
    parked = client.post("/v1/sales/P1/suspend", json={"sale": snapshot(cashier="17")})
    assert parked.json() == {"sale_id": "P1", "state": "suspended"}
    waiting = client.get("/v1/sales", params={"state": "suspended"}).json()["sales"]
    assert [(one["sale_id"], one["cashier"], one["lines"]) for one in waiting] == [("P1", "17", 1)]
    assert client.get("/v1/sales/P1").json()["state"] == "suspended"
    recalled = client.post("/v1/sales/P1/recall").json()
    assert recalled["notices"] == []
    assert client.put("/v1/sales/P1", json=recalled["sale"]).json()["total_minor"] == 6399
    assert problem(client.post("/v1/sales/P9/recall")) == (404, "sale_unknown")


def test_evaluated_sale_is_parked_without_its_basket(client: httpx.Client) -> None:
    client.put("/v1/sales/P2", json=snapshot())
    assert client.post("/v1/sales/P2/suspend").status_code == 200
    assert client.post("/v1/sales/P2/recall").json()["sale"]["sale_id"] == "P2"
    assert problem(client.post("/v1/sales/P3/suspend")) == (404, "sale_unknown")


def test_sale_given_up_is_forgotten(client: httpx.Client) -> None:
    client.put("/v1/sales/C1", json=snapshot())
    assert client.post("/v1/sales/C1/cancel").json() == {"sale_id": "C1", "state": "cancelled"}
    assert problem(client.post("/v1/sales/C1/complete", json={})) == (404, "sale_unknown")


def test_voided_sale_says_so(client: httpx.Client) -> None:
    sold(client, "V1")
    void = client.post("/v1/sales/V1/void", json={"reason": "wrong customer"})
    assert void.json()["total_minor"] == 6399
    assert client.get("/v1/sales/V1").json()["state"] == "voided"
    assert client.post("/v1/sales/V1/void", json={"reason": "wrong customer"}).content == (
        void.content
    )
    goods = {"return_id": "V1-R", "lines": [{"line_id": "1", "quantity_milli": 1000}]}
    assert problem(client.post("/v1/sales/V1/return", json=goods)) == (409, "sale_voided")
    assert problem(client.post("/v1/sales/V9/void")) == (404, "sale_unknown")


def test_goods_come_back_once(client: httpx.Client) -> None:
    sold(client, "R1")
    goods = {"return_id": "R1-1", "lines": [{"line_id": "1", "quantity_milli": 1000}]}
    back = client.post("/v1/sales/R1/return", json=goods)
    assert back.json()["refund_minor"] == 6399
    assert client.post("/v1/sales/R1/return", json=goods).content == back.content
    again = {**goods, "return_id": "R1-2"}
    assert problem(client.post("/v1/sales/R1/return", json=again)) == (409, "not_returnable")
    assert problem(client.post("/v1/sales/R1/void")) == (409, "items_returned")
    assert client.get("/v1/sales/R1").json()["returns"] == [back.json()]


def test_training_sale_books_nothing(client: httpx.Client) -> None:
    before = client.get("/v1/health").json()["last_seq"]
    receipt = sold(client, "T1", training=True)
    assert receipt["training"] is True
    assert client.get("/v1/health").json()["last_seq"] == before


def test_effects_carry_everything_that_holds(client: httpx.Client) -> None:
    card = client.post("/v1/scan", json={"code": CARD}).json()
    basket = snapshot(customer=card["customer"], codes=[{"code": "nothing"}])
    effects = client.put("/v1/sales/E1", json=basket).json()["effects"]
    assert {"line_discount", "earn", "rejected"} <= {effect["kind"] for effect in effects}


@pytest.mark.parametrize(
    ("method", "path", "body", "where"),
    [
        ("POST", "/v1/sales/B1/suspend", {"sale": 7}, "suspension.sale"),
        ("POST", "/v1/sales/B1/suspend", {"basket": {}}, "suspension.basket"),
        ("POST", "/v1/sales/B1/complete", {"sale": []}, "completion.sale"),
        ("POST", "/v1/sales/B1/complete", {"colour": 1}, "completion.colour"),
        ("POST", "/v1/sales/B1/void", {"why": "x"}, "void.why"),
        ("POST", "/v1/sales/B1/return", {}, "return.return_id"),
        ("POST", "/v1/sales/B1/cancel", {"why": "x"}, "cancel.why"),
        ("POST", "/v1/sales/B1/recall", {"why": "x"}, "recall.why"),
        ("GET", "/v1/sales", None, "state"),
        ("GET", "/v1/sales?state=open", None, "state"),
        ("GET", "/v1/sales?state=suspended&stat=open", None, "stat"),
        ("GET", "/v1/sales/B1?explian=true", None, "explian"),
        ("GET", "/v1/sales?state=suspended&state=suspended", None, "state"),
    ],
)
def test_bad_call_names_its_place(
    client: httpx.Client, method: str, path: str, body: object, where: str
) -> None:
    answer = client.request(method, path, json=body) if body else client.request(method, path)
    if body == {}:
        answer = client.request(method, path, json=body)
    assert answer.status_code == 422
    assert answer.json()["where"] == where


def test_slow_plugin_lets_the_till_go_on(hurried: Served) -> None:
    with hurried.checked_client() as client, busy(hurried.plugin):
        evaluation = client.put("/v1/sales/L1", json=snapshot()).json()
        assert (evaluation["late"], evaluation["total_minor"]) == (True, 7999)
        scanned = client.post("/v1/scan", json={"code": CARD})
        assert (scanned.status_code, scanned.json()["refused"]) == (200, "late")
        booked = client.post("/v1/sales/L1/complete", json={"total_minor": 7999})
        assert (booked.status_code, booked.json()["refused"]) == (202, "late")
        assert client.get("/v1/sales/L1").status_code == 202
        assert client.get("/v1/health").json()["notices"][0]["code"] == "late"


def test_late_outcome_is_fetched_by_the_same_call(hurried: Served) -> None:
    body = {"total_minor": 6399, "sale": snapshot()}
    with hurried.checked_client() as client:
        with busy(hurried.plugin):
            assert client.post("/v1/sales/L2/complete", json=body).status_code == 202
        until(
            lambda: client.get("/v1/sales/L2").status_code == 200, within_s=10, what="it is booked"
        )
        receipt = client.post("/v1/sales/L2/complete", json=body)
        assert receipt.status_code == 200
        assert client.get("/v1/sales/L2").json()["receipt"] == receipt.json()


def test_sale_at_list_price_is_handed_in_later(hurried: Served) -> None:
    with hurried.checked_client() as client:
        body = {"late": True, "total_minor": 7999, "sale": snapshot()}
        receipt = client.post("/v1/sales/L3/complete", json=body).json()
    assert (receipt["late"], receipt["total_minor"]) == (True, 7999)


def test_waiting_for_the_plugin_holds_up_nobody_else(hurried: Served) -> None:
    """Each waits for its own budget only, not for those before it."""
    answers: list[int] = []

    def ask(number: int) -> None:
        with hurried.client() as client:
            body = {"sale": snapshot()}
            answers.append(client.post(f"/v1/sales/W{number}/complete", json=body).status_code)

    askers = [threading.Thread(target=ask, args=(number,)) for number in range(10)]
    with busy(hurried.plugin):
        for asker in askers:
            asker.start()
        with hurried.checked_client() as client:
            assert client.post("/v1/scan", json={"code": CARD}).json()["refused"] == "late"
            assert client.get("/v1/openapi.json").status_code == 200
        for asker in askers:
            asker.join(10)
    assert answers == [202] * 10
