"""What counts for the classes of a chain, as it stood at one instant.

Laws of this file:

1. Who reads keeps no till waiting: on SQLite a writer cannot commit while somebody reads, so events
   are read a few at a time, each portion a transaction of its own.
2. A batch of a till counts whole or not at all: what is read ends at the numbers that were
   acknowledged at the instant. Up to there no event comes, and none goes.
3. One thing may change there: an event that waited is booked. ``is_still_so`` says whether one was;
   then the facts are half of before and half of after, and to be read again.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import bindparam, select

from head_office.crm import purchase_prices
from head_office.intake.customers import survivors
from head_office.storage import till_epoch, till_event
from pos_plugin.loyalty.class_events import KINDS, Reported, facts_of_events
from pos_plugin.loyalty.margin import PurchasePrices, margin_facts
from pos_plugin.loyalty.margin_events import deals_of_events

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.engine import Connection

    from head_office.storage import Database
    from pos_plugin.loyalty.class_history import Fact
    from pos_plugin.loyalty.margin import PurchasePrice

AT_ONCE: Final = 500

_PORTION: Final = (
    select(till_event.c.seq, till_event.c.kind, till_event.c.occurred_at, till_event.c.line)
    .where(
        till_event.c.till == bindparam("till"),
        till_event.c.epoch == bindparam("epoch"),
        till_event.c.seq.between(bindparam("first"), bindparam("last")),
        till_event.c.took_effect,
        till_event.c.kind.in_(KINDS),
    )
    .order_by(till_event.c.seq)
)
_WAITING: Final = select(till_event.c.till, till_event.c.epoch, till_event.c.seq).where(
    till_event.c.took_effect.is_(False)
)


class Span(NamedTuple):
    """The events of a till in one life of its journal; numbers have no hole."""

    till: str
    epoch: int
    first_seq: int
    acked_seq: int


@dataclass(frozen=True, slots=True)
class Instant:
    """What head office knew at one instant, as far as it is small; the events are read by it.

    Args:
        spans: up to where events are read.
        waiting: events up to there that had no effect.
        survivors: who an id that was merged is now.
        prices: the purchase prices of all days; None where no class counts the margin.
    """

    spans: Sequence[Span]
    waiting: frozenset[tuple[str, int, int]]
    survivors: Mapping[str, str]
    prices: Sequence[PurchasePrice] | None


def instant(connection: Connection, *, with_margin: bool) -> Instant:
    """Return this instant, for ``facts``."""
    row = till_epoch.c
    order = (row.till, row.epoch)
    found = connection.execute(select(*order, row.first_seq, row.acked_seq).order_by(*order))
    spans = [Span(*one) for one in found]
    return Instant(
        spans=spans,
        waiting=_waiting(connection, spans),
        survivors=survivors(connection),
        prices=purchase_prices.read(connection) if with_margin else None,
    )


def facts(database: Database, at: Instant) -> list[Fact]:
    """Return everything that counted at an instant, under the ids that customers had then."""
    events = _reported(database, at.spans)
    found = list(facts_of_events(events))
    if at.prices is not None:
        found += margin_facts(deals_of_events(events), PurchasePrices(at.prices))
    return [
        fact._replace(customer=at.survivors.get(fact.customer, fact.customer)) for fact in found
    ]


def is_still_so(connection: Connection, at: Instant) -> bool:
    """Say whether what was read of an instant is of one instant: nothing took effect later."""
    return _waiting(connection, at.spans) == at.waiting


def _waiting(connection: Connection, spans: Sequence[Span]) -> frozenset[tuple[str, int, int]]:
    last = {(one.till, one.epoch): one.acked_seq for one in spans}
    return frozenset(
        (till, epoch, seq)
        for till, epoch, seq in connection.execute(_WAITING)
        if seq <= last.get((till, epoch), 0)
    )


def _reported(database: Database, spans: Sequence[Span]) -> list[Reported]:
    """Return the events that took effect, in the order in which they happened."""
    found: list[tuple[str, str, int, int, str, bytes]] = []
    for till, epoch, first_seq, acked_seq in spans:
        for first in range(first_seq, acked_seq + 1, AT_ONCE):
            last = min(first + AT_ONCE - 1, acked_seq)
            asked = {"till": till, "epoch": epoch, "first": first, "last": last}
            with database.read() as connection:
                rows = connection.execute(_PORTION, asked).all()
            found += (
                (row.occurred_at, till, epoch, row.seq, row.kind, bytes(row.line)) for row in rows
            )
    found.sort(reverse=True)
    # Parsed when all is read: among so many objects Python's own tidying takes up to a second, now
    # and then, and would do so inside a portion.
    events: list[Reported] = []
    while found:
        *_, kind, line = found.pop()
        events.append(Reported(kind, json.loads(line)["body"]))
    return events
