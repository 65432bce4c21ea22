"""Receipts that head office holds, read a few at a time: nobody who reads keeps the tills waiting.

On SQLite a writer cannot commit while somebody reads, so each portion is a transaction of its own.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, select

from head_office.storage import receipt, till_event

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from head_office.storage import Database

AT_ONCE: Final = 200


def bodies(
    database: Database, *, first_on: dt.date, last_on: dt.date, receipts_max: int
) -> Iterator[dict[str, Any]]:
    """Yield the bodies of completed sales, as their tills sent them, in no order of meaning.

    Args:
        database: head office.
        first_on: first shop day, included.
        last_on: last shop day, included.
        receipts_max: so many at most.
    """
    uid, left = "", receipts_max
    while left > 0:
        with database.read() as connection:
            rows = connection.execute(
                select(receipt.c.uid, till_event.c.line)
                .join(
                    till_event,
                    and_(
                        till_event.c.till == receipt.c.till,
                        till_event.c.epoch == receipt.c.epoch,
                        till_event.c.seq == receipt.c.seq,
                    ),
                )
                .where(
                    receipt.c.uid > uid,
                    receipt.c.business_on >= first_on.isoformat(),
                    receipt.c.business_on <= last_on.isoformat(),
                    till_event.c.kind == "sale_completed",
                )
                .order_by(receipt.c.uid)
                .limit(min(AT_ONCE, left))
            ).all()
        if not rows:
            return
        for row in rows:
            yield json.loads(row.line)["body"]
        uid, left = rows[-1].uid, left - len(rows)
