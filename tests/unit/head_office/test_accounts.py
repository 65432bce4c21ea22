"""Accounts at head office: the same lots as at the till, balances of the past, nothing twice."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from contextlib import closing
from typing import TYPE_CHECKING, Any

import apsw
import pytest
from head_office_site import ANNA, Site
from processes import stammkunde
from sqlalchemy import select
from till_builder import TillBuilder, points
from till_events import batch, sale_event

from head_office.intake import events
from head_office.intake.balances import balance_at, rows_of_customer
from head_office.intake.exceptions import noted
from head_office.storage import till_event
from pos_plugin import Plugin, Receipt
from pos_plugin.clock import utc_text
from pos_plugin.loyalty.lots import Lot, standing

if TYPE_CHECKING:
    from pathlib import Path

NOW = dt.datetime(2026, 3, 9, 8, tzinfo=dt.UTC)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = Site(tmp_path / "ho")
    site.folder.mkdir(exist_ok=True)
    site.add_till()
    site.load(customer=[ANNA])
    return site


def week(folder: Path) -> TillBuilder:
    """A till that sold, gave back, paid out, corrected and exchanged."""
    till = TillBuilder(folder)
    till.rules(points(), points("bonus") | {"id": "BONUS"})
    till.program("points", expiry="days:30", maturity_days=1)
    till.program("bonus", "EUR_MINOR", payout_voucher_type="BONUS")
    till.voucher_type(
        "BONUS",
        legal_kind="earned_bonus",
        effect={"kind": "value", "label": {"de": "Bonus", "en": "Bonus"}},
    )
    till.reward("BALLON", 40)
    till.customer("K1")
    with till.open() as plugin:
        sell(plugin, "S1", 10_000)
        till.clock.advance(days=2)
        sell(plugin, "S2", 5_000)
        account = {"customer": "K1", "program": "bonus"}
        done(plugin.accounts.pay_out({"request_id": "1", **account}))
        done(
            plugin.accounts.adjust(
                {
                    "request_id": "2",
                    **account,
                    "delta": 30,
                    "reason": "Kulanz",
                    "cashier": "1",
                    "second_person": "2",
                }
            )
        )
        done(
            plugin.accounts.redeem_reward({"request_id": "3", "customer": "K1", "reward": "BALLON"})
        )
        done(plugin.sales.void("S1", {}))
    return till


def sell(plugin: Plugin, sale_id: str, minor: int) -> None:
    sale = {
        "sale_id": sale_id,
        "at": plugin._till.clock.now().isoformat(),
        "customer": {"id": "K1"},
        "lines": [
            {
                "line_id": "1",
                "sku": "4711",
                "quantity_milli": 1000,
                "unit_price_minor": minor,
            }
        ],
    }
    done(plugin.sales.complete(sale_id, {"total_minor": minor}, snapshot=sale))


def done(answer: object) -> None:
    assert isinstance(answer, Receipt), answer


def lines_of(till: TillBuilder) -> list[bytes]:
    with closing(apsw.Connection(str(till.data_dir / "journal.db"))) as db:
        return [bytes(line) for (line,) in db.execute("SELECT line FROM event ORDER BY seq")]


def taken(site: Site, *lines: bytes, now: dt.datetime = NOW) -> dict[str, dict[str, Any]]:
    """Give head office the events; return Anna's balances by programme."""
    with site.database() as database:
        events.take_batch(database, till="3", body=batch(*lines), now=now)
        with database.read() as connection:
            rows = rows_of_customer(connection, "K1")
    return {row["program"]: row for table, row in rows if table == "balance"}


def problems(site: Site) -> list[str]:
    with site.database() as database, database.read() as connection:
        found = connection.execute(select(till_event.c.problem)).scalars()
        return [problem for problem in found if problem]


@pytest.mark.capability("B7")
def test_head_office_has_the_lots_of_the_till(site: Site, tmp_path: Path) -> None:
    till = week(tmp_path / "till")
    balances = taken(site, *lines_of(till))
    assert problems(site) == []
    with till.open() as plugin:
        shown = plugin.accounts.statement("K1")
    assert isinstance(shown, dict)
    for account in shown["accounts"]:
        there = balances[account["program"]]
        assert [
            {key: lot[key] for key in ("left", "matures_on", "expires_on")} for lot in there["lots"]
        ] == account["lots"]
        assert there["value"] == sum(lot["left"] for lot in there["lots"])
    bonus = next(one for one in shown["accounts"] if one["program"] == "bonus")
    # 150 earned, 150 paid out, 30 given, the 100 of the voided sale taken back: 70 are owed.
    assert (bonus["value"], bonus["debt"]) == (-70, 70)


def test_the_same_events_again_change_nothing(site: Site, tmp_path: Path) -> None:
    lines = lines_of(week(tmp_path / "till"))
    once = taken(site, *lines)
    assert taken(site, *lines) == once
    other = Site(tmp_path / "empty")
    other.folder.mkdir(exist_ok=True)
    other.add_till()
    one_by_one: dict[str, dict[str, Any]] = {}
    for line in lines:
        one_by_one = taken(other, line)
    assert one_by_one == once


def test_entries_that_are_not_their_ledger_are_not_booked(site: Site) -> None:
    event = json.loads(sale_event(1))
    event["body"]["ledger"][0]["delta"] += 1
    assert taken(site, json.dumps(event).encode()) == {}
    assert problems(site) == ["sale_completed: the ledger and the entries of the accounts differ"]


def spending(seq: int, lot: str, points: int, kind: str = "redeem") -> bytes:
    """An event that takes points of a lot."""
    event = json.loads(sale_event(seq))
    event["uid"] = str(uuid.uuid4())
    event["body"]["ledger"] = [
        {**event["body"]["ledger"][0], "id": event["uid"], "kind": kind, "delta": -points}
        | {"lot": lot}
    ]
    event["body"]["entries"] = [{"customer": "K1", "key": "points", "delta": -points}]
    event["body"]["receipt"]["sale_id"] = event["uid"]
    return json.dumps(event).encode()


@pytest.mark.parametrize(
    ("kind", "at_4", "expected"),
    [("redeem", 7, ["overspent_lot"]), ("redeem", 4, []), ("reverse", 7, [])],
)
def test_what_two_tills_spent_beyond_a_lot_is_an_exception(
    site: Site, kind: str, at_4: int, expected: list[str]
) -> None:
    site.add_till("4")
    earned = sale_event(1, points=10)
    lot = json.loads(earned)["body"]["ledger"][0]["lot"]
    taken(site, earned, spending(2, lot, 6))
    line = spending(1, lot, at_4, kind)
    for _ in range(2):  # the same again is no second exception
        with site.database() as database:
            events.take_batch(database, till="4", body=batch(line), now=NOW)
    assert problems(site) == []
    with site.database() as database, database.read() as connection:
        found = noted(connection)
    assert [one.kind for one in found] == expected
    assert [(one.customer, one.till, one.other_till) for one in found] == [
        ("K1", "4", "3") for _ in expected
    ]


@pytest.mark.parametrize("days", [0, 20, 29, 30, 31, 32, 33, 60])
def test_balance_statement_and_lots_agree_before_and_after_an_expiry(
    site: Site, tmp_path: Path, days: int
) -> None:
    till = week(tmp_path / "till")
    rows = taken(site, *lines_of(till), now=dt.datetime(2026, 3, 20, tzinfo=dt.UTC))
    till.clock.advance(days=days)
    on = till.clock.now().date().isoformat()
    with till.open() as plugin:
        told = plugin.accounts.statement("K1")
    assert isinstance(told, dict)
    as_of = utc_text(till.clock.now())
    for account in told["accounts"]:
        program = account["program"]
        with site.database() as database, database.read() as connection:
            value = balance_at(connection, "K1", program, as_of=as_of, known_at="9999")
        assert value == account["value"], program
        lots = [Lot(**lot) for lot in rows[program]["lots"]]
        assert standing(lots, on=on).value == value
        # What the sums alone say holds for what has not expired, and is the control after it.
        left = sum(lot.left for lot in lots)
        assert left == value + sum(one["amount"] for one in account["expired"])


@pytest.mark.capability("B7")
def test_a_balance_of_the_past_stays_as_it_was_known(site: Site) -> None:
    late = json.loads(sale_event(2, points=5))
    late["occurred_at"] = "2026-03-07T10:00:00.000Z"
    taken(site, sale_event(1, points=10), now=NOW)
    taken(site, json.dumps(late).encode(), now=NOW + dt.timedelta(days=3))
    evening, later = "2026-03-07T23:00:00.000Z", "2026-03-20T00:00:00.000Z"
    with site.database() as database, database.read() as connection:
        known = {
            at: balance_at(connection, "K1", "points", as_of=evening, known_at=at)
            for at in ("2026-03-08T00:00:00.000Z", "2026-03-10T00:00:00.000Z", later)
        }
    assert list(known.values()) == [0, 10, 15]
    asked = ["--as-of", "2026-03-08T00:00:00+01:00", "--known-at", "2026-03-10T00:00:00Z"]
    told = stammkunde("head-office", "balance", "K1", "points", "--data", site.data, *asked)
    assert told.stdout == "10\n", told.stderr
    wrong = stammkunde(
        "head-office", "balance", "K1", "points", "--data", site.data, "--as-of", "gestern"
    )
    assert wrong.returncode == 2
    assert "--as-of" in wrong.stderr
