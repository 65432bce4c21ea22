"""Receipts that head office holds, read a few at a time: nobody who reads keeps the tills waiting.

On SQLite a writer cannot commit while somebody reads, so each portion is a transaction of its own.
"""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, select, tuple_

from head_office.storage import IS_TAKING_BACK, receipt, till_event

if TYPE_CHECKING:
    from collections.abc import Iterator

    from head_office.storage import Database

AT_ONCE: Final = 200


def bodies(
    database: Database, *, first_on: dt.date, last_on: dt.date, receipts_max: int
) -> Iterator[dict[str, Any]]:
    """Yield the bodies of completed sales, as their tills sent them, day by day.

    Args:
        database: head office.
        first_on: first shop day, included.
        last_on: last shop day, included.
        receipts_max: so many at most.
    """
    place = tuple_(receipt.c.business_on, receipt.c.uid)
    last, left = (first_on.isoformat(), ""), receipts_max
    while left > 0:
        with database.read() as connection:
            rows = connection.execute(
                select(receipt.c.business_on, receipt.c.uid, till_event.c.line)
                .join(
                    till_event,
                    and_(
                        till_event.c.till == receipt.c.till,
                        till_event.c.epoch == receipt.c.epoch,
                        till_event.c.seq == receipt.c.seq,
                    ),
                )
                .where(
                    place > last,
                    receipt.c.business_on <= last_on.isoformat(),
                    till_event.c.kind == "sale_completed",
                )
                .order_by(receipt.c.business_on, receipt.c.uid)
                .limit(min(AT_ONCE, left))
            ).all()
        if not rows:
            return
        for row in rows:
            yield json.loads(row.line)["body"]
        last, left = (rows[-1].business_on, rows[-1].uid), left - len(rows)


def taken_back(database: Database, *, since_on: dt.date) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield kind and body of every void and return since a day, of whichever sale.

    Args:
        database: head office.
        since_on: first day; no sale is taken back before it was made.
    """
    # An instant is UTC, a shop day is not.
    since = dt.date.fromordinal(max(1, since_on.toordinal() - 1)).isoformat()
    order = (till_event.c.occurred_at, till_event.c.till, till_event.c.epoch, till_event.c.seq)
    last: tuple[str, str, int, int] = (since, "", 0, 0)
    while True:
        with database.read() as connection:
            rows = connection.execute(
                select(till_event)
                .where(
                    tuple_(*order) > last,
                    IS_TAKING_BACK,
                    till_event.c.took_effect.is_(True),
                )
                .order_by(*order)
                .limit(AT_ONCE)
            ).all()
        if not rows:
            return
        for row in rows:
            yield row.kind, json.loads(row.line)["body"]
        newest = rows[-1]
        last = (newest.occurred_at, newest.till, newest.epoch, newest.seq)
