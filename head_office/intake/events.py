"""Takes the events of a till, each exactly once, however often it is sent (sync.md 5.3).

One batch, all or nothing: the acknowledged number moves together with every effect. Which events
are new stands in ``event_numbers``, what they mean in ``booking``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import select

from head_office.intake.booking import Booking
from head_office.intake.event_numbers import EventNumbers
from head_office.problems import ProblemError
from head_office.sources import Source
from head_office.storage import event_private, quarantine, till_event
from head_office.till.status import KNOWN_UID
from pos_plugin.clock import utc_text
from sync_agent.protocol.json_bytes import Model, ProtocolError, parse_model
from sync_agent.protocol.limits import BATCH_BYTES_MAX, BATCH_EVENTS_MAX, EVENT_BYTES_MAX
from sync_agent.protocol.messages import Event, EventsAnswer, PrivateOf

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from sqlalchemy import Table
    from sqlalchemy.engine import Connection

    from head_office.storage import Database

_PRIVATE: Final = b'{"private_of":'


class Upload(NamedTuple):
    """A batch of one till: NDJSON, an event a line, ascending, of one epoch."""

    till: str
    body: bytes


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
    (answer,) = take_uploads(database, [Upload(till, body)], now=now)
    if isinstance(answer, ProblemError):
        raise answer
    return answer


def take_uploads(
    database: Database, uploads: Sequence[Upload], *, now: dt.datetime
) -> list[EventsAnswer | ProblemError]:
    """Take batches that came at the same time and bring them onto the disk together.

    Each is taken whole or not at all, whatever becomes of the others.
    """
    answers: list[EventsAnswer | ProblemError] = []
    with database.write() as connection:
        for upload in uploads:
            try:
                events, beside = _apart(_lines(upload.body))
                with connection.begin_nested():
                    taking = _Taking(connection, upload.till, database, utc_text(now))
                    answers.append(taking.take(events, beside))
            except ProblemError as problem:
                answers.append(problem)
    return answers


class _Taking(NamedTuple):
    """What taking a batch needs beside it."""

    connection: Connection
    till: str
    database: Database
    now_text: str

    def take(self, events: list[tuple[Event, bytes]], beside: dict[int, PrivateOf]) -> EventsAnswer:
        """Take the events that are new, and answer."""
        connection, till = self.connection, self.till
        numbers = EventNumbers(connection, till, (event for event, _ in events))
        new = [
            (event, line, digest)
            for event, line in events
            if (digest := numbers.take(event, line)) is not None
        ]
        booking = Booking(
            connection,
            card_key=self.database.card_key(connection),
            now_text=self.now_text,
            events=[event for event, _, _ in new],
        )
        rows: list[dict[str, Any]] = []
        for event, line, digest in new:
            source = Source(till, event.epoch, event.seq)
            private = beside.get(event.seq)
            problem = booking.book(event, private, source=source)
            if private is not None and problem != KNOWN_UID:
                # Also of one that waits: it is understood without its names otherwise.
                _keep_private(connection, source, event, private)
            rows.append(
                {
                    "till": till,
                    "epoch": event.epoch,
                    "seq": event.seq,
                    "uid": event.uid_hex,
                    "kind": event.kind,
                    "occurred_at": event.occurred_at.isoformat(),
                    "received_at": self.now_text,
                    "hash": digest,
                    "line": line,
                    "took_effect": problem is None,
                    "problem": problem,
                }
            )
        if rows:
            connection.execute(till_event.insert(), rows)
        booking.send()
        numbers.keep()
        epoch = events[-1][0].epoch
        return EventsAnswer(
            acked_seq=numbers.acked_seq(epoch),
            durable_seq=numbers.durable_seq(epoch),
            incarnation=self.database.incarnation,
        )


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


def retry(database: Database, *, now: dt.datetime) -> tuple[int, int]:
    """Book quarantined events that this version understands; return how many, and how many wait.

    In the order of each till, so that what waited for another one follows it.
    """
    booked = waiting = 0
    with database.write() as connection:
        found = connection.execute(
            select(till_event)
            .where(till_event.c.took_effect.is_(False) & (till_event.c.problem != KNOWN_UID))
            .order_by(till_event.c.till, till_event.c.epoch, till_event.c.seq)
        ).all()
        events = [parse_model(Event, bytes(row.line)) for row in found]
        booking = Booking(
            connection,
            card_key=database.card_key(connection),
            now_text=utc_text(now),
            events=events,
        )
        for row, event in zip(found, events, strict=True):
            source = Source(row.till, row.epoch, row.seq)
            connection.execute(quarantine.delete().where(_is(quarantine, source)))
            private = _private_of(connection, source)
            problem = booking.book(event, private, source=source)
            connection.execute(
                till_event.update()
                .where(_is(till_event, source))
                .values(took_effect=problem is None, problem=problem)
            )
            if problem in (None, KNOWN_UID):
                booked += 1
            else:
                waiting += 1
        booking.send()
    return booked, waiting


def _is(table: Table, source: Source) -> Any:  # noqa: ANN401 - a clause of SQLAlchemy
    here = table.c
    return (here.till == source.till) & (here.epoch == source.epoch) & (here.seq == source.seq)


def _private_of(connection: Connection, source: Source) -> PrivateOf | None:
    row = connection.execute(
        select(event_private.c.salt, event_private.c.content).where(_is(event_private, source))
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
