"""What the pages ask is found by an index, however many events and receipts there are."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from head_office_site import Site
from sqlalchemy import event, func, select
from sqlalchemy.engine import Engine

from head_office.promotions import promotion_figures
from head_office.storage import receipt, till_epoch, till_event
from head_office.till.status import KNOWN_UID, known_tills

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from head_office.storage import Database

BIG = ("till_event", "receipt")
DAY = dt.date(2026, 3, 7)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    site = Site(tmp_path)
    for till in ("1", "2"):
        site.add_till(till)
    with site.database() as database:
        with database.write() as connection:
            for till, epoch, first_seq, acked_seq in (
                ("1", 1, 1, 30), ("1", 2, 31, 50), ("2", 1, 5, 9),
            ):  # fmt: skip
                numbers = range(first_seq, acked_seq + 1)
                values = {"first_seq": first_seq, "acked_seq": acked_seq, "durable_seq": 20}
                connection.execute(till_epoch.insert().values(till=till, epoch=epoch, **values))
                connection.execute(till_event.insert(), [row(till, epoch, one) for one in numbers])
            connection.execute(
                receipt.insert().values(
                    uid="1-1-1", till="1", epoch=1, seq=1, sale_id="S", occurred_at=f"{DAY}T12:00Z",
                    business_on=DAY.isoformat(), gross_minor=0, discount_minor=0, total_minor=0,
                    charged_differs=False,
                )
            )  # fmt: skip
        yield database


def row(till: str, epoch: int, seq: int) -> dict[str, Any]:
    """An event; every seventh was not understood, every eleventh came twice."""
    problem = None if seq % 7 and seq % 11 else KNOWN_UID if seq % 11 == 0 else "unknown kind"
    kind = "sale_completed" if seq % 3 else "sale_voided"
    return {
        "till": till, "epoch": epoch, "seq": seq, "uid": f"{till}-{epoch}-{seq}", "kind": kind,
        "occurred_at": f"{DAY}T{epoch:02}:{seq:02}:00.000Z", "hash": b"",
        "received_at": f"{DAY}T{epoch + 1:02}:{seq:02}:00.000Z",
        "line": b'{"body":{"receipt":{"sale_id":"S","total_minor":0},"till":"1","sale_id":"S"}}',
        "took_effect": problem is None, "problem": problem,
    }  # fmt: skip


def scanned(database: Database, ask: Callable[[], object]) -> list[str]:
    """The big tables that a question goes through from one end to the other."""
    asked: list[tuple[str, Any]] = []

    def note(_c: object, _cursor: object, words: str, values: Any, *_: object) -> None:
        asked.append((words, values))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        ask()
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    plans = []
    with database.read() as connection:
        for words, values in asked:
            if words.startswith("SELECT"):
                explained = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {words}", values)
                plans += [step[3] for step in explained]
    assert plans
    return [one for one in plans if one.startswith("SCAN") and one.split()[1] in BIG]


def tills(database: Database) -> list[Any]:
    with database.read() as connection:
        return known_tills(connection)


def test_the_tills_are_shown_without_going_through_their_events(database: Database) -> None:
    assert scanned(database, lambda: tills(database)) == []


def test_a_report_reads_the_receipts_of_its_days_alone(database: Database) -> None:
    def report() -> None:
        found = promotion_figures.figures(database, first_on=DAY, last_on=DAY)
        assert found.is_whole

    assert scanned(database, report) == []


def test_a_question_without_an_index_is_seen(database: Database) -> None:
    def ask() -> None:
        with database.read() as connection:
            connection.execute(select(till_event).where(till_event.c.kind == "x")).all()

    assert len(scanned(database, ask)) == 1


def test_the_figures_of_a_till_are_those_of_its_events(database: Database) -> None:
    for one in tills(database):
        mine = till_event.c.till == one.till
        with database.read() as connection:
            count, newest = connection.execute(
                select(func.count(), func.max(till_event.c.received_at)).where(mine)
            ).one()
            problems = connection.execute(select(till_event.c.problem).where(mine)).scalars().all()
        assert (one.events, one.last_event_at) == (count, newest)
        assert one.quarantined == sum(said == "unknown kind" for said in problems) > 0
        assert one.not_durable == {"1": 10 + 30, "2": 0}[one.till]
