"""Takes the events of a till, each exactly once, however often it is sent (sync.md 5.3).

Laws of this file:

1. One batch, one transaction: the acknowledged number moves together with every effect.
2. An event below the acknowledged number is a duplicate when its bytes are the same, and a fork
   when they are not. One beyond the next number is a gap.
3. A known ``uid`` under another number has no second effect, but counts as folded.
4. Head office rejects no receipt: what it does not understand is stored, acknowledged, and not
   folded, so that no balance is shown as if it were in it.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from head_office import log
from head_office.balances import fold
from head_office.customers import Customers, of_owners
from head_office.effects import NotUnderstood, effects_of
from head_office.problems import ProblemError
from head_office.sources import Source
from head_office.storage import event_private, till_epoch, till_event
from head_office.vouchers import FOR_EVERY_SHOP, changed_rows
from pos_plugin.clock import utc_text
from sync_agent.protocol import (
    BATCH_BYTES_MAX,
    BATCH_EVENTS_MAX,
    EVENT_BYTES_MAX,
    Event,
    EventsAnswer,
    Model,
    PrivateOf,
    ProtocolError,
    parse_model,
)

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from sqlalchemy.engine import Connection

    from head_office.log import Row
    from head_office.storage import Database

_PRIVATE: Final = b'{"private_of":'


def take_batch(database: Database, *, till: str, body: bytes, now: dt.datetime) -> EventsAnswer:
    """Take a batch of one till and say up to which number everything is held.

    Args:
        database: head office.
        till: the till the token belongs to.
        body: NDJSON, an event a line, ascending, of one epoch.
        now: instant of arrival.

    Raises:
        ProblemError: ``gap``, ``fork``, ``not-an-event`` or ``too-large``; nothing was taken.
    """
    lines = _lines(body)
    events, beside = _apart(lines)
    now_text = utc_text(now)
    groups: dict[str, list[Sequence[Row]]] = {}
    with database.write() as connection:
        desk = _Desk(connection, till, database.card_key(connection), now_text)
        for event, line in events:
            if _is_new(connection, till, event, line):
                private = beside.get(event.seq)
                for customer, rows in _take(desk, event, line, private).items():
                    for bucket in _buckets(connection, customer):
                        groups.setdefault(bucket, []).append(rows)
        for bucket, changed in groups.items():
            log.append(connection, bucket, changed)
        epoch = events[-1][0].epoch
        acked_seq = _epoch(connection, till, epoch) or 0
        durable_seq = connection.execute(
            select(till_epoch.c.durable_seq).where(
                (till_epoch.c.till == till) & (till_epoch.c.epoch == epoch)
            )
        ).scalar()
    return EventsAnswer(
        acked_seq=acked_seq,
        durable_seq=min(acked_seq, durable_seq or 0),
        incarnation=database.incarnation,
    )


def _buckets(connection: Connection, customer: str) -> list[str]:
    """Return who gets the rows of a customer; what nobody holds goes to every shop."""
    if customer == FOR_EVERY_SHOP:
        return log.buckets(connection)
    return log.holders(connection, customer)


def _lines(body: bytes) -> list[bytes]:
    lines = [line for line in body.split(b"\n") if line]
    bytes_max = EVENT_BYTES_MAX if len(lines) == 1 else BATCH_BYTES_MAX
    if len(body) > bytes_max:
        raise ProblemError("too-large", 413, f"a batch has at most {bytes_max} bytes")
    if sum(not line.startswith(_PRIVATE) for line in lines) > BATCH_EVENTS_MAX:
        raise ProblemError("too-large", 413, f"a batch has at most {BATCH_EVENTS_MAX} events")
    if not lines:
        raise ProblemError("not-an-event", 400, "the batch is empty")
    return lines


def _apart(lines: list[bytes]) -> tuple[list[tuple[Event, bytes]], dict[int, PrivateOf]]:
    """Return the events with their bytes, and by number what stands beside one."""
    events: list[tuple[Event, bytes]] = []
    beside: dict[int, PrivateOf] = {}
    for number, line in enumerate(lines, 1):
        if line.startswith(_PRIVATE):
            private = _parsed(PrivateOf, line, number)
            beside[private.private_of] = private
        else:
            events.append((_parsed(Event, line, number), line))
    if not events:
        raise ProblemError("not-an-event", 400, "the batch has no event")
    return events, beside


def _parsed(model: type[Model], line: bytes, number: int) -> Model:
    try:
        return parse_model(model, line)
    except ProtocolError as fault:
        raise ProblemError("not-an-event", 400, f"line {number}: {fault}") from None


def _is_new(connection: Connection, till: str, event: Event, line: bytes) -> bool:
    """Say whether the event is the next one; False for a duplicate."""
    here = (
        (till_event.c.till == till)
        & (till_event.c.epoch == event.epoch)
        & (till_event.c.seq == event.seq)
    )
    known = connection.execute(select(till_event.c.hash).where(here)).scalar_one_or_none()
    if known is not None:
        if bytes(known) == hashlib.sha256(line).digest():
            return False
        raise ProblemError("fork", 409, f"event {event.seq} of epoch {event.epoch} is another one")
    acked_seq = _epoch(connection, till, event.epoch)
    if acked_seq is None:
        # Numbers run on from epoch to epoch: a new one begins at most one beyond all before.
        highest = connection.execute(
            select(func.max(till_epoch.c.acked_seq)).where(till_epoch.c.till == till)
        ).scalar()
        if event.seq > (highest or 0) + 1:
            raise ProblemError("gap", 409, f"expected at most {(highest or 0) + 1}")
        connection.execute(
            till_epoch.insert().values(
                till=till, epoch=event.epoch, first_seq=event.seq, acked_seq=event.seq - 1
            )
        )
        return True
    if event.seq <= acked_seq:
        raise ProblemError("fork", 409, f"epoch {event.epoch} began behind event {event.seq}")
    if event.seq > acked_seq + 1:
        raise ProblemError("gap", 409, f"expected {acked_seq + 1}, got {event.seq}")
    return True


class _Desk(NamedTuple):
    """What booking an event needs beside it."""

    connection: Connection
    till: str
    card_key: bytes
    now_text: str


def _take(
    desk: _Desk, event: Event, line: bytes, private: PrivateOf | None
) -> dict[str, list[Row]]:
    """Store the event with its effects; return the changed rows by customer."""
    connection, till, card_key, now_text = desk
    source = Source(till, event.epoch, event.seq)
    repeated = (
        connection.execute(
            select(till_event.c.uid).where(till_event.c.uid == event.uid_hex).limit(1)
        ).first()
        is not None
    )
    problem: str | None = "the uid is known" if repeated else None
    changed: dict[str, list[Row]] = {}
    try:
        effects = of_owners(connection, effects_of(event))
        # What cannot be booked whole is not booked at all; the event itself is stored below.
        with connection.begin_nested():
            if not repeated:
                effects.store(connection, till=till, event=event, recorded_at=now_text)
            changed = fold(
                connection,
                effects.entries,
                source=source,
                counts=not repeated,
                as_of=now_text,
            )
            vouchers = changed_rows(connection, effects.touched_vouchers, source=source)
            for holder, rows in vouchers.items():
                changed.setdefault(holder, []).extend(rows)
            if not repeated:
                customers = Customers(connection, card_key=card_key, source=source, as_of=now_text)
                for customer, rows in customers.book(event, private).items():
                    changed.setdefault(customer, []).extend(rows)
                if private is not None:
                    _keep_private(connection, source, event, private)
    except IntegrityError as fault:
        problem = f"{event.kind}: {fault.orig}"
    except NotUnderstood as fault:
        problem = str(fault)
    connection.execute(
        till_event.insert().values(
            till=till,
            epoch=event.epoch,
            seq=event.seq,
            uid=event.uid_hex,
            kind=event.kind,
            occurred_at=event.occurred_at.isoformat(),
            received_at=now_text,
            hash=hashlib.sha256(line).digest(),
            line=line,
            took_effect=problem is None,
            problem=problem,
        )
    )
    here = (till_epoch.c.till == till) & (till_epoch.c.epoch == event.epoch)
    connection.execute(till_epoch.update().where(here).values(acked_seq=event.seq))
    return changed


def _keep_private(connection: Connection, source: Source, event: Event, private: PrivateOf) -> None:
    connection.execute(
        event_private.insert().values(
            till=source.till,
            epoch=source.epoch,
            seq=source.seq,
            customer=event.touches[0] if event.touches else "",
            salt=private.salt,
            content=private.content,
        )
    )


def _epoch(connection: Connection, till: str, epoch: int) -> int | None:
    return connection.execute(
        select(till_epoch.c.acked_seq).where(
            (till_epoch.c.till == till) & (till_epoch.c.epoch == epoch)
        )
    ).scalar_one_or_none()
