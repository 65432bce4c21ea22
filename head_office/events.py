"""Takes the events of a till, each exactly once, however often it is sent (sync.md 5.3).

Laws of this file:

1. One batch, one transaction: the acknowledged number moves together with every effect.
2. An event below the acknowledged number is a duplicate when its bytes are the same, and a fork
   when they are not. One beyond the next number is a gap.
3. A known ``uid`` under another number has no second effect, but counts as folded.
4. Head office rejects no receipt: what it does not understand is stored, acknowledged, and not
   folded, so that no balance is shown as if it were in it. Later events of that till about the same
   customers wait behind it (quarantine), so that each balance is whole up to one number.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from head_office import log
from head_office.approvals import take_approval
from head_office.balances import fold
from head_office.customers import Customers, of_owners, survivor
from head_office.effects import NotUnderstood, effects_of
from head_office.problems import ProblemError
from head_office.sources import Source
from head_office.storage import alias, event_private, quarantine, till_epoch, till_event
from head_office.till_status import KNOWN_UID
from head_office.vouchers import FOR_EVERY_SHOP, changed_rows
from pos_plugin.clock import utc_text
from pos_plugin.limits import MAX_TEXT
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

NAMED_MAX: Final = 1_000
PROBLEM_MAX: Final = 500
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
    connection, till, _, now_text = desk
    problem, changed = _book(desk, event, private)
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
    if private is not None and problem != KNOWN_UID:
        # Also of one that waits: it is understood without its names otherwise.
        _keep_private(connection, Source(till, event.epoch, event.seq), event, private)
    here = (till_epoch.c.till == till) & (till_epoch.c.epoch == event.epoch)
    connection.execute(till_epoch.update().where(here).values(acked_seq=event.seq))
    return changed


def _book(
    desk: _Desk, event: Event, private: PrivateOf | None
) -> tuple[str | None, dict[str, list[Row]]]:
    """Book the effects of an event; return why there are none, and the changed rows by customer."""
    connection, till, card_key, now_text = desk
    source = Source(till, event.epoch, event.seq)
    # One that is quarantined under another number had no effect yet.
    repeated = (
        connection.execute(
            select(till_event.c.uid)
            .where((till_event.c.uid == event.uid_hex) & till_event.c.took_effect.is_(True))
            .limit(1)
        ).first()
        is not None
    )
    changed: dict[str, list[Row]] = {}
    try:
        _wait_for_earlier(connection, source, event)
        effects = of_owners(connection, effects_of(event))
        # What cannot be booked whole is not booked at all.
        with connection.begin_nested():
            if not repeated:
                effects.store(connection, till=till, event=event, recorded_at=now_text)
                take_approval(connection, event, source=source)
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
    except IntegrityError as fault:
        return _quarantined(connection, source, event, f"{event.kind}: {fault.orig}")
    except NotUnderstood as fault:
        return _quarantined(connection, source, event, str(fault))
    except (ArithmeticError, LookupError, TypeError, ValueError, RecursionError) as fault:
        # Numbers, instants and texts that no till writes: one of them must not block a till.
        return _quarantined(connection, source, event, f"{event.kind}: {fault}"[:PROBLEM_MAX])
    return KNOWN_UID if repeated else None, changed


def _quarantined(
    connection: Connection, source: Source, event: Event, problem: str
) -> tuple[str, dict[str, list[Row]]]:
    for touched in sorted({*event.touches, *_named(event.body)}):
        connection.execute(
            quarantine.insert().values(
                till=source.till, epoch=source.epoch, touched=touched, seq=source.seq
            )
        )
    return problem, {}


def _named(body: dict[str, Any]) -> set[str]:
    """Return whom a body names, as far as it can be read; its envelope may have left them out."""
    found = {body.get("customer")}
    for name in ("entries", "ledger"):
        rows = body.get(name)
        if isinstance(rows, list):
            found |= {row.get("customer") for row in rows[:NAMED_MAX] if isinstance(row, dict)}
    return {one for one in found if isinstance(one, str) and 0 < len(one) <= MAX_TEXT}


def _wait_for_earlier(connection: Connection, source: Source, event: Event) -> None:
    """Hold an event back whose customers have an earlier one of this till in quarantine.

    A balance says of one number per till that everything up to it is in it. Booked out of order,
    either the earlier event would be missing in what the till shows, or this one counted twice.

    Raises:
        NotUnderstood: it waits.
    """
    here = (quarantine.c.till == source.till) & (quarantine.c.epoch == source.epoch)
    if connection.execute(select(quarantine.c.seq).where(here).limit(1)).first() is None:
        return
    known = set(event.touches)
    for touched in event.touches:
        now = survivor(connection, touched)
        old = connection.execute(select(alias.c.alias).where(alias.c.customer == now)).scalars()
        known |= {now, *old}
    earlier = connection.execute(
        select(func.min(quarantine.c.seq)).where(
            here & quarantine.c.touched.in_(sorted(known)) & (quarantine.c.seq < source.seq)
        )
    ).scalar()
    if earlier is not None:
        raise NotUnderstood(f"waits for event {earlier} of this till")


def retry(database: Database, *, now: dt.datetime) -> tuple[int, int]:
    """Book quarantined events that this version understands; return how many, and how many wait.

    In the order of each till, so that what waited for another one follows it.
    """
    booked = waiting = 0
    groups: dict[str, list[Sequence[Row]]] = {}
    with database.write() as connection:
        card_key, now_text = database.card_key(connection), utc_text(now)
        found = connection.execute(
            select(till_event)
            .where(till_event.c.took_effect.is_(False) & (till_event.c.problem != KNOWN_UID))
            .order_by(till_event.c.till, till_event.c.epoch, till_event.c.seq)
        ).all()
        for row in found:
            event = parse_model(Event, bytes(row.line))
            here = (
                (quarantine.c.till == row.till)
                & (quarantine.c.epoch == row.epoch)
                & (quarantine.c.seq == row.seq)
            )
            connection.execute(quarantine.delete().where(here))
            desk = _Desk(connection, row.till, card_key, now_text)
            private = _private_of(connection, Source(row.till, row.epoch, row.seq))
            problem, changed = _book(desk, event, private)
            connection.execute(
                till_event.update()
                .where(
                    (till_event.c.till == row.till)
                    & (till_event.c.epoch == row.epoch)
                    & (till_event.c.seq == row.seq)
                )
                .values(took_effect=problem is None, problem=problem)
            )
            if problem in (None, KNOWN_UID):
                booked += 1
            else:
                waiting += 1
            for customer, rows in changed.items():
                for bucket in _buckets(connection, customer):
                    groups.setdefault(bucket, []).append(rows)
        for bucket, rows_of_bucket in groups.items():
            log.append(connection, bucket, rows_of_bucket)
    return booked, waiting


def _private_of(connection: Connection, source: Source) -> PrivateOf | None:
    row = connection.execute(
        select(event_private.c.salt, event_private.c.content).where(
            (event_private.c.till == source.till)
            & (event_private.c.epoch == source.epoch)
            & (event_private.c.seq == source.seq)
        )
    ).one_or_none()
    if row is None:
        return None
    return PrivateOf(private_of=source.seq, salt=row.salt, content=row.content)


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
