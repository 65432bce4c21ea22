"""Takes the entries of events into balances and counters, each row read and written once a batch.

Laws of this file (sync.md §6):

1. Value and ``folded`` are one row and change in one transaction, so a till can always tell which
   of its own entries are in the number that it got.
2. The entries of an event go in together or not at all: nothing here moves before all of them are
   found to fit.
3. What stands here and not yet in the tables is written by ``settle``; whoever reads or moves the
   tables of balances meanwhile settles first.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, select

from head_office.intake.balances import is_counter, open_lots, wire, with_event
from head_office.intake.effects import NotUnderstood
from head_office.portions import in_portions
from head_office.storage import balance, counter_day
from pos_plugin.limits import INT64_MAX
from pos_plugin.loyalty.ledger import LAST_DAY
from pos_plugin.loyalty.windows import newest, row_and_day

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.engine import Connection

    from head_office.log import Row
    from head_office.sources import Source
    from sync_agent.protocol.messages import Entry

_BALANCES: Final = select(balance).where(
    balance.c.customer.in_(bindparam("customers", expanding=True))
)
_DAYS: Final = select(counter_day).where(
    counter_day.c.customer.in_(bindparam("customers", expanding=True))
)
_CHANGE_BALANCE: Final = (
    balance.update()
    .where(
        (balance.c.customer == bindparam("of_customer"))
        & (balance.c.account == bindparam("of_account"))
    )
    .values(
        value=bindparam("value"),
        lots=bindparam("lots"),
        as_of=bindparam("as_of"),
        folded=bindparam("folded"),
    )
)
_CHANGE_DAY: Final = (
    counter_day.update()
    .where(
        (counter_day.c.customer == bindparam("of_customer"))
        & (counter_day.c.counter == bindparam("of_counter"))
        & (counter_day.c.day == bindparam("of_day"))
    )
    .values(value=bindparam("value"))
)

_Place = tuple[str, str]
"""Customer and account; of a counter its key."""


@dataclass(slots=True)
class _Standing:
    """A row as it is by now; ``days`` of a counter that is kept by the day."""

    value: int = 0
    folded: list[list[Any]] = field(default_factory=list)
    days: dict[str, int] = field(default_factory=dict)
    is_stored: bool = False
    stored_days: set[str] = field(default_factory=set)
    changed_days: set[str] = field(default_factory=set)


class Folding:
    """Balances and counters of the customers of a batch, inside its transaction.

    Args:
        connection: an open write transaction.
        as_of: instant shown beside what changes, ISO 8601 UTC.
    """

    def __init__(self, connection: Connection, *, as_of: str) -> None:
        self._connection = connection
        self._as_of = as_of
        self._known: set[str] = set()
        self._rows: dict[_Place, _Standing] = {}
        self._changed: set[_Place] = set()

    def expect(self, customers: Iterable[str]) -> None:
        """Read the rows of these customers, unless they are here."""
        wanted = {*customers} - self._known
        self._known |= wanted
        for some in in_portions(wanted):
            for row in self._connection.execute(_BALANCES, {"customers": some}):
                self._rows[row.customer, row.account] = _Standing(
                    row.value, json.loads(row.folded), is_stored=True
                )
            for row in self._connection.execute(_DAYS, {"customers": some}):
                standing = self._rows.setdefault((row.customer, row.counter), _Standing())
                standing.days[row.day] = row.value
                standing.stored_days.add(row.day)

    def take(self, entries: Iterable[Entry], *, source: Source, counts: bool) -> None:
        """Take the entries of one event.

        Args:
            entries: signed changes, as the till wrote them.
            source: the event they stand in.
            counts: false when the same event was counted under another number before; then only
                ``folded`` moves.

        Raises:
            NotUnderstood: a balance would leave its range; nothing of the event was taken.
        """
        deltas: dict[_Place, list[int]] = {}
        on_days: dict[tuple[str, str, str], int] = {}
        for entry in entries:
            key, day = row_and_day(entry.key)
            own = deltas.setdefault((entry.customer, key), [])
            if day is None:
                own.append(entry.delta)
            else:
                on_day = (entry.customer, key, day)
                on_days[on_day] = on_days.get(on_day, 0) + entry.delta
        self.expect(customer for customer, _ in deltas)
        values = {place: self._after(place, own, counts=counts) for place, own in deltas.items()}
        if counts:
            self._count(on_days)
        for place, value in values.items():
            standing = self._rows.setdefault(place, _Standing())
            standing.value = value
            standing.folded = with_event(standing.folded, source)
            self._changed.add(place)

    def settle(self) -> dict[str, list[Row]]:
        """Write what changed and return it as wire rows by customer; all is read anew after it."""
        holders = {customer for customer, account in self._changed if not is_counter(account)}
        lots = open_lots(self._connection, holders)
        changed: dict[str, list[Row]] = {}
        new: list[dict[str, Any]] = []
        old: list[dict[str, Any]] = []
        for customer, account in sorted(self._changed):
            standing = self._rows[customer, account]
            own_lots = lots.get((customer, account), [])
            values = {
                "value": standing.value,
                "lots": json.dumps(own_lots),
                "as_of": self._as_of,
                "folded": json.dumps(standing.folded),
            }
            if standing.is_stored:
                old.append({"of_customer": customer, "of_account": account, **values})
            else:
                new.append({"customer": customer, "account": account, **values})
            row = wire(
                customer,
                account,
                standing.value,
                own_lots,
                newest(standing.days),
                self._as_of,
                standing.folded,
            )
            changed.setdefault(customer, []).append(row)
        if new:
            self._connection.execute(balance.insert(), new)
        if old:
            self._connection.execute(_CHANGE_BALANCE, old)
        self._write_days()
        self.forget()
        return changed

    def forget(self) -> None:
        """Read everything anew; what changed must be settled."""
        self._known, self._rows, self._changed = set(), {}, set()

    def _after(self, place: _Place, deltas: list[int], *, counts: bool) -> int:
        standing = self._rows.get(place)
        value = standing.value if standing else 0
        if counts and deltas:
            # Of a day the later one counts, everything else adds up.
            value = max(value, *deltas) if place[1] == LAST_DAY else value + sum(deltas)
        if abs(value) > INT64_MAX:
            raise NotUnderstood(f"{place[1]} of {place[0]} leaves the 64-bit range")
        return value

    def _count(self, on_days: dict[tuple[str, str, str], int]) -> None:
        """Add to the sums of shop days; all of them, or none."""
        totals: list[tuple[_Place, str, int]] = []
        for (customer, counter, day), delta in on_days.items():
            standing = self._rows.get((customer, counter))
            total = (standing.days.get(day, 0) if standing else 0) + delta
            if abs(total) > INT64_MAX:
                raise NotUnderstood(f"{counter} of {customer} leaves the 64-bit range")
            totals.append(((customer, counter), day, total))
        for place, day, total in totals:
            standing = self._rows.setdefault(place, _Standing())
            standing.days[day] = total
            standing.changed_days.add(day)

    def _write_days(self) -> None:
        new: list[dict[str, Any]] = []
        old: list[dict[str, Any]] = []
        for customer, counter in self._changed:
            standing = self._rows[customer, counter]
            for day in standing.changed_days:
                value = standing.days[day]
                if day in standing.stored_days:
                    place = {"of_customer": customer, "of_counter": counter, "of_day": day}
                    old.append({**place, "value": value})
                else:
                    new.append({"customer": customer, "counter": counter, "day": day})
                    new[-1]["value"] = value
        if new:
            self._connection.execute(counter_day.insert(), new)
        if old:
            self._connection.execute(_CHANGE_DAY, old)
