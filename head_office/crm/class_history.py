"""The history of classes at head office: who was in which class from when to when.

1. It is a function of the events and the revisions of the scheme: a run writes what is different,
   the same run again nothing.
2. What a till reports late changes the days that it is about, so rows of the past may be written
   anew; ``run_on`` says which run did.
3. A run writes what it found only where no other one wrote since it began to read: what that one
   counted would be lost. Runs are numbered, and the number moves with what a run writes.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from dataclasses import asdict
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import bindparam, select

from head_office.storage import class_history, meta

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy.engine import Connection

    from pos_plugin.loyalty.class_history import Change


_RUNS: Final = "class_runs"
_GONE: Final = class_history.delete().where(
    (class_history.c.scheme == bindparam("of_scheme"))
    & (class_history.c.customer == bindparam("of_customer"))
    & (class_history.c.since_on == bindparam("of_since_on"))
)


class Period(NamedTuple):
    """A time in a class; ``until_on`` is its last day, None while it lasts."""

    customer: str
    since_on: str
    until_on: str | None
    revision: int
    code: str
    measured: str


def runs(connection: Connection) -> int:
    """Return how many runs have written."""
    word = connection.execute(select(meta.c.value).where(meta.c.name == _RUNS)).scalar_one_or_none()
    return 0 if word is None else int(word)


def count_run(connection: Connection, *, after: int) -> bool:
    """Count a run that is about to write; say whether it may.

    Args:
        connection: an open write transaction.
        after: what ``runs`` said when the run began to read.
    """
    here = meta.c.name == _RUNS
    value = str(after + 1)
    # Where several write at once (PostgreSQL) the later one waits here and finds another number.
    changed = connection.execute(
        meta.update().where(here & (meta.c.value == str(after))).values(value=value)
    )
    if changed.rowcount:
        return True
    if after or runs(connection):
        return False
    connection.execute(meta.insert().values(name=_RUNS, value=value))
    return True


class Difference(NamedTuple):
    """What a run changes in the history of a scheme; of ``gone`` the customer and the first day."""

    gone: list[tuple[str, str]]
    new: list[Period]


def stored(connection: Connection, scheme: str) -> list[Period]:
    """Return the history of a scheme as it stands."""
    row = class_history.c
    columns = [row[name] for name in Period._fields]
    return [
        Period(*one) for one in connection.execute(select(*columns).where(row.scheme == scheme))
    ]


def difference(before: Iterable[Period], found: Iterable[Period]) -> Difference:
    """Return what makes a history that stands the one that a run has found.

    Args:
        before: as ``stored`` returns it.
        found: every time in a class there ever was, see ``periods``.
    """
    known = {(one.customer, one.since_on): one for one in before}
    wanted = {(one.customer, one.since_on): one for one in found}
    return Difference(
        gone=[place for place, one in known.items() if wanted.get(place) != one],
        new=[one for place, one in wanted.items() if known.get(place) != one],
    )


def keep(connection: Connection, scheme: str, changed: Difference, *, run_on: dt.date) -> int:
    """Write what a run changes in the history of a scheme; return how many rows it wrote.

    Args:
        connection: an open write transaction, in which the run was counted.
        scheme: its code.
        changed: what is different.
        run_on: shop day of the run.
    """
    if changed.gone:
        connection.execute(
            _GONE,
            [
                {"of_scheme": scheme, "of_customer": customer, "of_since_on": since_on}
                for customer, since_on in changed.gone
            ],
        )
    if changed.new:
        connection.execute(
            class_history.insert(),
            [
                {"scheme": scheme, "run_on": run_on.isoformat(), **one._asdict()}
                for one in changed.new
            ],
        )
    return len(changed.new)


def periods(found: Iterable[Change]) -> Iterator[Period]:
    """Yield the times in a class that changes make, the last one of each customer without an end.

    Args:
        found: every change there ever was, day by day.
    """
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
