"""Balances and counters of customers, and which events of which tills they include.

The balance invariant (sync.md §6): value and ``folded`` are one row and change in one transaction,
so a till can always tell which of its own entries are in the number that it got.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import case, func, select

from head_office.effects import NotUnderstood
from head_office.sources import Source
from head_office.storage import balance, counter_day, ledger_entry
from pos_plugin.clock import instant
from pos_plugin.limits import INT64_MAX
from pos_plugin.loyalty.ledger import HISTORY, LAST_DAY, USES
from pos_plugin.loyalty.lots import Known, Movement
from pos_plugin.loyalty.lots import balance as sum_known
from pos_plugin.loyalty.lots import fold as fold_lots
from pos_plugin.loyalty.windows import newest, row_and_day

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.engine import Connection

    from head_office.log import Row
    from sync_agent.protocol import Entry

COUNTER_PREFIXES = (USES, HISTORY)


def fold(
    connection: Connection,
    entries: Iterable[Entry],
    *,
    source: Source,
    counts: bool,
    as_of: str,
) -> dict[str, list[Row]]:
    """Take the entries of one event into the balances; return the changed rows by customer.

    Args:
        connection: an open write transaction.
        entries: signed changes, as the till wrote them.
        source: the event they stand in.
        counts: false when the same event was counted under another number before; then only
            ``folded`` moves.
        as_of: instant shown beside the balance, ISO 8601 UTC.

    Raises:
        NotUnderstood: a balance would leave its range.
    """
    by_place: dict[tuple[str, str], list[int]] = {}
    for entry in entries:
        key, day = row_and_day(entry.key)
        deltas = by_place.setdefault((entry.customer, key), [])
        if day is None:
            deltas.append(entry.delta)
        elif counts:
            _count_on(connection, entry.customer, key, day, entry.delta)
    changed: dict[str, list[Row]] = {}
    for (customer, key), deltas in by_place.items():
        here = (balance.c.customer == customer) & (balance.c.account == key)
        row = connection.execute(select(balance).where(here)).one_or_none()
        value = row.value if row else 0
        if counts and deltas:
            # Of a day the later one counts, everything else adds up.
            value = max(value, *deltas) if key == LAST_DAY else value + sum(deltas)
        if abs(value) > INT64_MAX:
            raise NotUnderstood(f"{key} of {customer} leaves the 64-bit range")
        folded = with_event(json.loads(row.folded) if row else [], source)
        lots = [] if key.startswith(COUNTER_PREFIXES) else _lots(connection, customer, key)
        values = {
            "value": value,
            "lots": json.dumps(lots),
            "as_of": as_of,
            "folded": json.dumps(folded),
        }
        if row is None:
            connection.execute(balance.insert().values(customer=customer, account=key, **values))
        else:
            connection.execute(balance.update().where(here).values(values))
        days = _days(connection, customer, key)
        wire = _wire(customer, key, value, lots, days, as_of, folded)
        changed.setdefault(customer, []).append(wire)
    return changed


def rows_of_customer(connection: Connection, customer: str) -> list[Row]:
    """Return every balance and counter of a customer as wire rows."""
    rows = connection.execute(
        select(balance).where(balance.c.customer == customer).order_by(balance.c.account)
    )
    return [
        _wire(
            row.customer,
            row.account,
            row.value,
            json.loads(row.lots),
            _days(connection, customer, row.account),
            row.as_of,
            json.loads(row.folded),
        )
        for row in rows
    ]


def balance_at(
    connection: Connection, customer: str, program: str, *, as_of: str, known_at: str
) -> int:
    """Return what an account was worth at an instant, as it was known at another (domain.md §7.1).

    What had expired by then is not in it; days are those of this machine's time zone.

    Args:
        connection: of head office.
        customer: whose account.
        program: the account.
        as_of: what happened later does not count, ISO 8601 UTC.
        known_at: what came in later does not count, ISO 8601 UTC.
    """
    entry = ledger_entry.c
    rows = connection.execute(
        select(
            entry.lot,
            entry.delta,
            entry.matures_on,
            entry.expires_on,
            case((entry.lot != entry.id, entry.business_on)),
            entry.occurred_at,
            entry.recorded_at,
        ).where((entry.customer == customer) & (entry.program == program))
    )
    known = (Known(Movement(*row[:5]), row.occurred_at, row.recorded_at) for row in rows)
    on = instant(as_of).astimezone().date().isoformat()
    return sum_known(known, as_of=as_of, known_at=known_at, on=on)


def _lots(connection: Connection, customer: str, program: str) -> list[dict[str, Any]]:
    """Return the open lots of an account, summed anew: an event may come in any order."""
    entry = ledger_entry.c
    rows = connection.execute(
        select(
            entry.lot,
            func.sum(entry.delta),
            func.max(entry.matures_on),
            func.max(entry.expires_on),
            func.max(case((entry.lot != entry.id, entry.business_on))),
        )
        .where((entry.customer == customer) & (entry.program == program))
        .group_by(entry.lot)
    )
    return [lot._asdict() for lot in fold_lots(Movement(*row) for row in rows)]


def move(
    connection: Connection, old: str, new: str, *, source: Source | None, as_of: str | None
) -> list[Row]:
    """Give everything that one id has to another; return the changed rows.

    The ledger entries are the other's already. What ``folded`` of either says holds for both: the
    events of a till are decided in their order.
    """
    had = connection.execute(select(balance).where(balance.c.customer == old)).all()
    for counted in connection.execute(select(counter_day).where(counter_day.c.customer == old)):
        _count_on(connection, new, counted.counter, counted.day, counted.value)
    connection.execute(counter_day.delete().where(counter_day.c.customer == old))
    changed: list[Row] = []
    for row in had:
        here = (balance.c.customer == new) & (balance.c.account == row.account)
        known = connection.execute(select(balance).where(here)).one_or_none()
        value = row.value
        folded = json.loads(row.folded)
        if known is not None:
            is_day = row.account == LAST_DAY
            value = max(value, known.value) if is_day else value + known.value
            for till, epoch, seq in json.loads(known.folded):
                folded = with_event(folded, Source(till, epoch, seq))
        if source is not None:
            folded = with_event(folded, source)
        is_counter = row.account.startswith(COUNTER_PREFIXES)
        lots = [] if is_counter else _lots(connection, new, row.account)
        connection.execute(balance.delete().where(here))
        connection.execute(
            balance.insert().values(
                customer=new,
                account=row.account,
                value=value,
                lots=json.dumps(lots),
                as_of=as_of or row.as_of,
                folded=json.dumps(folded),
            )
        )
        days = _days(connection, new, row.account)
        changed.append(_wire(new, row.account, value, lots, days, as_of or row.as_of, folded))
    connection.execute(balance.delete().where(balance.c.customer == old))
    return changed


def _count_on(connection: Connection, customer: str, counter: str, day: str, value: int) -> None:
    """Add to the sum of a shop day.

    Raises:
        NotUnderstood: the sum would leave its range.
    """
    on = counter_day.c
    here = (on.customer == customer) & (on.counter == counter) & (on.day == day)
    known = connection.execute(select(on.value).where(here)).scalar_one_or_none()
    total = (known or 0) + value
    if abs(total) > INT64_MAX:
        raise NotUnderstood(f"{counter} of {customer} leaves the 64-bit range")
    if known is None:
        connection.execute(
            counter_day.insert().values(customer=customer, counter=counter, day=day, value=total)
        )
    else:
        connection.execute(counter_day.update().where(here).values(value=total))


def _days(connection: Connection, customer: str, counter: str) -> list[list[str | int]]:
    """Return the sums by day that a row carries."""
    on = counter_day.c
    rows = connection.execute(
        select(on.day, on.value).where((on.customer == customer) & (on.counter == counter))
    )
    return newest({row.day: row.value for row in rows})


def with_event(folded: list[list[Any]], source: Source) -> list[list[Any]]:
    """Return which events a row includes once it includes this one, too."""
    kept = [
        element for element in folded if (element[0], element[1]) != (source.till, source.epoch)
    ]
    highest = max(
        [source.seq]
        + [seq for till, epoch, seq in folded if (till, epoch) == (source.till, source.epoch)]
    )
    return [*kept, [source.till, source.epoch, highest]]


def _wire(
    customer: str,
    key: str,
    value: int,
    lots: list[dict[str, Any]],
    days: list[list[str | int]],
    as_of: str,
    folded: list[list[Any]],
) -> Row:
    if key.startswith(COUNTER_PREFIXES):
        return "customer_counter", {
            "customer": customer,
            "key": key,
            "value": value,
            "days": days,
            "folded": folded,
        }
    return "balance", {
        "customer": customer,
        "program": key,
        "value": value,
        "lots": lots,
        "as_of": as_of,
        "folded": folded,
    }
