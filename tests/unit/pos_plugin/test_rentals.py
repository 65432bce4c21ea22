"""Rentals as a host reports them: each once, and a reversed return takes its voucher back."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from till_builder import TillBuilder, voucher_promotion

from pos_plugin import Plugin, Receipt, Refusal, Refused, SaleError
from pos_plugin.loyalty.voucher_code import voucher_hash

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FILM = {"sku": "film 1", "days": 2, "due_on": "2026-03-09", "price_minor": 250}
OUT: dict[str, Any] = {"rental": "R1", "customer": "K1", "cashier": "7", "articles": [FILM]}
UNDONE: dict[str, Any] = {"rental": "R1", "customer": "K1", "cashier": "7", "reason": "vertippt"}
KINDS = ("issued", "cancelled", "returned", "return_reversed")


@pytest.fixture
def till(tmp_path: Path) -> TillBuilder:
    till = TillBuilder(tmp_path / "till")
    till.rules(voucher_promotion())
    till.voucher_type()
    till.trigger("rental_returned")
    till.customer("K1", segments=["abc:C"])
    till.customer("K2")
    return till


def calls(plugin: Plugin) -> dict[str, Callable[[dict[str, Any]], Receipt | Refused]]:
    return {kind: getattr(plugin.rentals, kind) for kind in KINDS}


def report_of(kind: str) -> dict[str, Any]:
    return OUT if kind in ("issued", "returned") else UNDONE


def events(till: TillBuilder) -> list[tuple[str, dict[str, Any]]]:
    rows = query(till, "SELECT kind, line FROM event WHERE kind LIKE 'rental%' ORDER BY seq")
    return [(kind, json.loads(line)) for kind, line in rows]


def query(till: TillBuilder, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(till.data_dir / "journal.db")) as db:
        return db.execute(sql).fetchall()


def sell(plugin: Plugin, till: TillBuilder, *, code: str | None) -> Any:
    snapshot: dict[str, Any] = {
        "sale_id": f"S-{code}",
        "at": till.clock.now().isoformat(),
        "customer": {"id": "K1"},
        "codes": [{"code": code}] if code else [],
        "lines": [
            {"line_id": "1", "sku": "4711", "quantity_milli": 1000, "unit_price_minor": 5000}
        ],
    }
    plugin.sales.evaluate(snapshot)
    return plugin.sales.complete(snapshot["sale_id"], {})


@pytest.mark.parametrize("kind", KINDS)
def test_report_again_gets_the_same_answer(till: TillBuilder, kind: str) -> None:
    report = report_of(kind)
    with till.open() as plugin:
        first = calls(plugin)[kind](report)
        again = calls(plugin)[kind]({**report, "cashier": "8"})
        other = calls(plugin)[kind]({**report, "customer": "K2"})
    with till.open() as plugin:
        after_restart = calls(plugin)[kind](report)
    assert isinstance(first, Receipt)
    assert first.values["rental"] == "R1"
    assert first.values["customer"] == "K1"
    assert first == again == after_restart
    assert other == Refused(Refusal.CONFLICT)
    assert len(events(till)) == 1


def test_one_rental_goes_through_all_its_events(till: TillBuilder) -> None:
    with till.open() as plugin:
        for kind, call in calls(plugin).items():
            assert isinstance(call(report_of(kind)), Receipt), kind
    stored = events(till)
    assert [kind for kind, _ in stored] == [f"rental_{kind}" for kind in KINDS]
    for _, line in stored:
        assert line["touches"] == ["K1"]
        body = line["body"]
        assert (body["rental"], body["customer"], body["cashier"]) == ("R1", "K1", "7")
        assert (body["shop"], body["till"], body["business_on"]) == ("001", "3", "2026-03-07")
    bodies = {kind: line["body"] for kind, line in stored}
    assert bodies["rental_issued"]["articles"] == [FILM]
    assert bodies["rental_cancelled"]["reason"] == "vertippt"
    assert bodies["rental_returned"]["articles"] == [FILM]
    assert bodies["rental_return_reversed"]["pending"] is False


def test_issue_and_cancellation_give_no_voucher(till: TillBuilder) -> None:
    with till.open() as plugin:
        for kind in ("issued", "cancelled"):
            answer = calls(plugin)[kind](report_of(kind))
            assert isinstance(answer, Receipt)
            assert answer.values["effects"] == []
    assert query(till, "SELECT count(*) FROM voucher") == [(0,)]


def test_reversed_return_takes_the_unused_voucher_back(till: TillBuilder) -> None:
    with till.open() as plugin:
        given = plugin.rental_returned("R1", customer="K1", articles=[FILM])
        assert isinstance(given, Receipt)
        (voucher,) = given.vouchers
        answer = plugin.rentals.return_reversed({"rental": "R1"})
        assert isinstance(answer, Receipt)
        assert [effect["code"] for effect in answer.values["effects"]] == ["voucher_cancelled"]
        assert answer.values["customer"] == "K1"
        # No longer held, so the next return gives another one; the paper is worth nothing.
        again = plugin.rental_returned("R2", customer="K1", articles=[FILM])
        assert isinstance(again, Receipt)
        assert len(again.vouchers) == 1
        receipt = sell(plugin, till, code=voucher["code"])
        assert receipt.values["discount_minor"] == 0
    states = dict(query(till, "SELECT id, state FROM voucher"))
    assert states == {voucher["voucher_id"]: "cancelled", again.vouchers[0]["voucher_id"]: "issued"}
    (body,) = [line["body"] for kind, line in events(till) if kind == "rental_return_reversed"]
    assert body["cancelled"] == [voucher["voucher_id"]]
    assert body["exceptions"] == []
    assert query(till, "SELECT kind FROM voucher_event ORDER BY seq") == [
        ("issued",),
        ("cancelled",),
        ("issued",),
    ]


def test_used_voucher_stays_used_and_is_noted(till: TillBuilder) -> None:
    with till.open() as plugin:
        given = plugin.rental_returned("R1", customer="K1", articles=[FILM])
        assert isinstance(given, Receipt)
        (voucher,) = given.vouchers
        assert sell(plugin, till, code=voucher["code"]).values["discount_minor"] == 500
        answer = plugin.rentals.return_reversed({"rental": "R1", "customer": "K1"})
        assert isinstance(answer, Receipt)
        assert [one["code"] for one in answer.values["effects"]] == ["voucher_used_meanwhile"]
    assert query(till, "SELECT state FROM voucher") == [("redeemed",)]
    (body,) = [line["body"] for kind, line in events(till) if kind == "rental_return_reversed"]
    assert body["cancelled"] == []
    assert body["exceptions"] == [
        {"voucher": voucher["voucher_id"], "reason": "issued_voucher_used"}
    ]


def told(till: TillBuilder, given: dict[str, Any], state: str, **more: Any) -> None:
    """Have a voucher arrive as another till, or head office, left it."""
    till.voucher(
        given["voucher_id"],
        voucher_hash(given["code"]),
        type=given["type"],
        state=state,
        customer="K1",
        customer_bound=True,
        **more,
    )


@pytest.mark.capability("V3")
@pytest.mark.parametrize(
    ("state", "cancelled"), [("issued", 1), ("blocked", 1), ("redeemed", 0), ("cancelled", 0)]
)
def test_reversed_return_counts_what_became_of_the_voucher_elsewhere(
    till: TillBuilder, state: str, cancelled: int
) -> None:
    with till.open() as plugin:
        answer = plugin.rentals.returned(OUT)
        assert isinstance(answer, Receipt)
        told(till, answer.vouchers[0], state)
        assert isinstance(plugin.rentals.return_reversed(UNDONE), Receipt)
    _, body = events(till)[-1]
    assert len(body["body"]["cancelled"]) == cancelled
    assert len(body["body"]["exceptions"]) == int(state == "redeemed")


@pytest.mark.capability("V3")
@pytest.mark.parametrize(("state", "another"), [("issued", 0), ("redeemed", 1), ("cancelled", 1)])
def test_voucher_used_at_another_till_makes_room_for_the_next(
    till: TillBuilder, state: str, another: int
) -> None:
    till.voucher_type(interval_days=0)
    with till.open() as plugin:
        first = plugin.rentals.returned(OUT)
        assert isinstance(first, Receipt)
        told(till, first.vouchers[0], state)
        second = plugin.rentals.returned({**OUT, "rental": "R2"})
        assert isinstance(second, Receipt)
        assert len(second.vouchers) == another


@pytest.mark.capability("V3")
@pytest.mark.parametrize(
    ("more", "waits"),
    [
        # Used on the day after the grant: three days from then on.
        ({"redeemed_on": "2026-03-08", "redeemed_till": "4"}, 4),
        # Of a day that nobody knows: from the grant, not until its last valid day.
        ({}, 3),
    ],
)
def test_rest_after_a_use_at_another_till_begins_with_its_day(
    till: TillBuilder, more: dict[str, str], waits: int
) -> None:
    till.voucher_type(interval_days=3)
    with till.open() as plugin:
        first = plugin.rentals.returned(OUT)
        assert isinstance(first, Receipt)
        told(till, first.vouchers[0], "redeemed", **more)
        for days, rental, given in ((waits - 1, "R2", 0), (1, "R3", 1)):
            till.clock.advance(days=days)
            answer = plugin.rentals.returned({**OUT, "rental": rental})
            assert isinstance(answer, Receipt)
            assert len(answer.vouchers) == given


def test_open_print_job_goes_with_its_voucher(tmp_path: Path) -> None:
    till = TillBuilder(tmp_path / "till")  # no printer: the job waits
    till.voucher_type()
    till.trigger("rental_returned", segment=None)
    till.customer("K1")
    with till.open() as plugin:
        given = plugin.rental_returned("R1", customer="K1")
        other = plugin.rental_returned("R2", customer="K1")
        assert isinstance(given, Receipt)
        assert isinstance(other, Receipt)
        (job,) = given.print_jobs
        plugin.rentals.return_reversed({"rental": "R2"})
        kept = plugin.prints.job(job)
        assert kept is not None
        assert kept["state"] == "QUEUED"
        plugin.rentals.return_reversed({"rental": "R1"})
        gone = plugin.prints.job(job)
        assert gone is not None
        assert gone["state"] == "CANCELLED"
        assert plugin.prints.open_jobs() == 0


def test_return_of_another_till_can_be_reversed(till: TillBuilder) -> None:
    with till.open() as plugin:
        answer = plugin.rentals.return_reversed({"rental": "elsewhere", "customer": "K1"})
    assert isinstance(answer, Receipt)
    assert answer.values == {"rental": "elsewhere", "customer": "K1", "effects": []}
    ((kind, line),) = events(till)
    assert kind == "rental_return_reversed"
    assert line["body"]["pending"] is True
    assert line["body"]["cancelled"] == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("report", "where"),
    [
        ({}, "rental.rental"),
        ({"rental": "R1", "film": "x"}, "rental"),
        ({"rental": "R1", "customer": 1}, "rental.customer"),
        ({"rental": "x" * 201}, "rental.rental"),
    ],
)
def test_what_is_no_report_is_not_booked(
    till: TillBuilder, kind: str, report: dict[str, Any], where: str
) -> None:
    with till.open() as plugin, pytest.raises(SaleError) as caught:
        calls(plugin)[kind](report)
    assert caught.value.where.startswith(where)
    assert events(till) == []


def test_reason_belongs_to_what_is_undone_and_articles_to_what_is_rented(
    till: TillBuilder,
) -> None:
    with till.open() as plugin:
        for kind, call in calls(plugin).items():
            foreign = UNDONE if kind in ("issued", "returned") else OUT
            with pytest.raises(SaleError) as caught:
                call(foreign)
            assert caught.value.code == "unknown_field"


def test_a_return_reversed_before_it_was_reported_gives_no_voucher(till: TillBuilder) -> None:
    with till.open() as plugin:
        plugin.rentals.return_reversed({"rental": "R1", "customer": "K1"})
        given = plugin.rental_returned("R1", customer="K1", articles=[FILM])
        assert isinstance(given, Receipt)
        assert given.vouchers == []
        # Negative control: another return of the same customer gives one.
        other = plugin.rental_returned("R2", customer="K1", articles=[FILM])
        assert isinstance(other, Receipt)
        assert len(other.vouchers) == 1
