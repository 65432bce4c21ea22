"""The history of classes at head office: who was in which class from when to when.

1. It is a function of the events and the revisions of the scheme: a run writes what is different,
   the same run again nothing.
2. What a till reports late changes the days that it is about, so rows of the past may be written
   anew; ``run_on`` says which run did.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from dataclasses import asdict
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select

from head_office.storage import class_history

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy.engine import Connection

    from pos_plugin.loyalty.class_history import Change


class Period(NamedTuple):
    """A time in a class; ``until_on`` is its last day, None while it lasts."""

    customer: str
    since_on: str
    until_on: str | None
    revision: int
    code: str
    measured: str


def keep(connection: Connection, scheme: str, found: Iterable[Change], *, run_on: dt.date) -> int:
    """Make the history of a scheme what a run has found; return how many rows it wrote.

    Args:
        connection: an open write transaction.
        scheme: its code.
        found: every change there ever was, day by day.
        run_on: shop day of the run.
    """
    wanted = {(one.customer, one.since_on): one for one in _periods(found)}
    row = class_history.c
    columns = [row[name] for name in Period._fields]
    stored = connection.execute(select(*columns).where(row.scheme == scheme)).all()
    known = {(one.customer, one.since_on): Period(*one) for one in stored}
    different = [place for place, one in known.items() if wanted.get(place) != one]
    for customer, since_on in different:
        connection.execute(
            class_history.delete().where(
                (row.scheme == scheme) & (row.customer == customer) & (row.since_on == since_on)
            )
        )
    new = [one for place, one in wanted.items() if known.get(place) != one]
    if new:
        connection.execute(
            class_history.insert(),
            [{"scheme": scheme, "run_on": run_on.isoformat(), **one._asdict()} for one in new],
        )
    return len(new)


def _periods(found: Iterable[Change]) -> Iterator[Period]:
    by_customer: defaultdict[str, list[Change]] = defaultdict(list)
    for change in found:
        by_customer[change.customer].append(change)
    for customer, own in by_customer.items():
        for number, change in enumerate(own):
            until_on = None
            if number + 1 < len(own):
                until_on = (own[number + 1].since_on - dt.timedelta(days=1)).isoformat()
            yield Period(
                customer,
                change.since_on.isoformat(),
                until_on,
                change.revision,
                change.code,
                json.dumps(asdict(change.measured), sort_keys=True),
            )
