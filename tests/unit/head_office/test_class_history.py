"""Head office keeps who was in which class from when to when, and writes only what is different."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import pytest
from class_schemes import scheme_value
from head_office_site import ANNA, Site
from sqlalchemy import select

from head_office.crm import classes
from head_office.crm.class_history import difference, keep, periods, stored
from head_office.storage import alias, class_history, till_epoch, till_event
from pos_plugin.loyalty.class_history import Change
from pos_plugin.loyalty.classes import Measured

if TYPE_CHECKING:
    from pathlib import Path

RUN_ON = dt.date(2026, 3, 31)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def change(customer: str, since_on: dt.date, code: str, rentals: int = 0) -> Change:
    return Change(customer, since_on, code, 1, Measured(rentals=rentals))


FOUND = [
    change("K1", dt.date(2026, 3, 1), "new"),
    change("K1", dt.date(2026, 3, 10), "C", 3),
    change("K2", dt.date(2026, 3, 5), "none"),
]


def run(site: Site, found: list[Change], run_on: dt.date = RUN_ON) -> int:
    with site.database() as database, database.write() as connection:
        changed = difference(stored(connection, "abc"), periods(found))
        return keep(connection, "abc", changed, run_on=run_on)


def rows(site: Site) -> list[tuple[Any, ...]]:
    row = class_history.c
    order = (row.customer, row.since_on)
    columns = (*order, row.until_on, row.code, row.run_on)
    with site.database() as database, database.read() as connection:
        return [tuple(one) for one in connection.execute(select(*columns).order_by(*order))]


def test_a_class_ends_the_day_before_the_next_one(site: Site) -> None:
    assert run(site, FOUND) == 3
    assert rows(site) == [
        ("K1", "2026-03-01", "2026-03-09", "new", "2026-03-31"),
        ("K1", "2026-03-10", None, "C", "2026-03-31"),
        ("K2", "2026-03-05", None, "none", "2026-03-31"),
    ]
    with site.database() as database, database.read() as connection:
        measured = connection.execute(
            select(class_history.c.measured).where(class_history.c.code == "C")
        ).scalar_one()
    assert json.loads(measured)["rentals"] == 3


def test_a_run_again_writes_nothing(site: Site) -> None:
    run(site, FOUND)
    before = rows(site)
    assert run(site, FOUND, dt.date(2026, 4, 1)) == 0
    assert rows(site) == before


def test_what_a_till_tells_late_writes_only_what_it_changes(site: Site) -> None:
    run(site, FOUND)
    late = [FOUND[0], change("K1", dt.date(2026, 3, 8), "C", 3), FOUND[2]]
    assert run(site, late, dt.date(2026, 4, 1)) == 2
    assert rows(site) == [
        ("K1", "2026-03-01", "2026-03-07", "new", "2026-04-01"),
        ("K1", "2026-03-08", None, "C", "2026-04-01"),
        ("K2", "2026-03-05", None, "none", "2026-03-31"),
    ]


def test_the_nightly_run_keeps_the_history(site: Site) -> None:
    site.load(customer=[ANNA], abc_scheme=[scheme_value()])
    with site.database() as database:
        computed = classes.compute(database, on=RUN_ON)
    assert computed.written == len(rows(site)) == 0, "nobody has been here yet"


def test_who_was_merged_counts_as_who_she_is_now(site: Site) -> None:
    site.load(customer=[ANNA], abc_scheme=[scheme_value()])
    with site.database() as database:
        with database.write() as connection:
            connection.execute(till_event.insert(), [issued("K0", 1), issued("K1", 2)])
            connection.execute(
                till_epoch.insert().values(till="3", epoch=1, first_seq=1, acked_seq=2)
            )
            connection.execute(alias.insert(), {"alias": "K0", "customer": "K1"})
        assert classes.compute(database, on=RUN_ON).counts == {"abc": {"C": 1}}


def issued(customer: str, seq: int) -> dict[str, Any]:
    """Two films that a customer rented, as a till reported it."""
    body = {"business_on": "2026-03-10", "rental": f"R{seq}", "customer": customer}
    line = json.dumps({"body": {**body, "articles": [{"sku": "a"}, {"sku": "b"}]}})
    at = f"2026-03-10T10:00:{seq:02}.000000Z"
    return {
        "till": "3",
        "epoch": 1,
        "seq": seq,
        "uid": str(seq),
        "kind": "rental_issued",
        "occurred_at": at,
        "received_at": at,
        "hash": b"",
        "line": line.encode(),
        "took_effect": True,
    }
