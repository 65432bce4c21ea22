"""Balances and counters of customers, and which events of which tills they include.

The balance invariant (sync.md §6): value and ``folded`` are one row and change in one transaction,
so a till can always tell which of its own entries are in the number that it got.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import BigInteger, bindparam, case, cast, func, select

from head_office.intake.effects import NotUnderstood
from head_office.portions import in_portions
from head_office.sources import Source
from head_office.storage import balance, counter_day, ledger_entry
from pos_plugin.clock import instant
from pos_plugin.limits import INT64_MAX
from pos_plugin.loyalty.ledger import HISTORY, LAST_DAY, USES
from pos_plugin.loyalty.lots import Known, Movement
from pos_plugin.loyalty.lots import balance as sum_known
from pos_plugin.loyalty.lots import fold as fold_lots
from pos_plugin.loyalty.windows import newest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.engine import Connection

    from head_office.log import Row

_COUNTER_PREFIXES: Final = (USES, HISTORY)
_LOTS: Final = (
    select(
        ledger_entry.c.customer,
        ledger_entry.c.program,
        ledger_entry.c.lot,
        cast(func.sum(ledger_entry.c.delta), BigInteger),
        func.max(ledger_entry.c.matures_on),
        func.max(ledger_entry.c.expires_on),
        func.max(case((ledger_entry.c.lot != ledger_entry.c.id, ledger_entry.c.business_on))),
    )
    .where(ledger_entry.c.customer.in_(bindparam("customers", expanding=True)))
    .group_by(ledger_entry.c.customer, ledger_entry.c.program, ledger_entry.c.lot)
)


def rows_of_customer(connection: Connection, customer: str) -> list[Row]:
    """Return every balance and counter of a customer as wire rows."""
    rows = connection.execute(
        select(balance).where(balance.c.customer == customer).order_by(balance.c.account)
    )
    return [
        wire(
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


def open_lots(
    connection: Connection, customers: Iterable[str]
) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """Return the open lots by customer and account, summed anew: events may come in any order."""
    moved: dict[tuple[str, str], list[Movement]] = {}
    for some in in_portions(customers):
        for customer, program, *movement in connection.execute(_LOTS, {"customers": some}):
            moved.setdefault((customer, program), []).append(Movement(*movement))
    return {
        place: [lot._asdict() for lot in fold_lots(movements)] for place, movements in moved.items()
    }


def is_counter(account: str) -> bool:
    """Say whether a row is a counter: it has no ledger and no lots."""
    return account.startswith(_COUNTER_PREFIXES)


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
    lots_of = open_lots(connection, [new])
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
        lots = lots_of.get((new, row.account), [])
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
        changed.append(wire(new, row.account, value, lots, days, as_of or row.as_of, folded))
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


def wire(
    customer: str,
    key: str,
    value: int,
    lots: list[dict[str, Any]],
    days: list[list[str | int]],
    as_of: str,
    folded: list[list[Any]],
) -> Row:
    """Return a balance or counter as it travels; ``days`` are those of a counter."""
    if is_counter(key):
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
