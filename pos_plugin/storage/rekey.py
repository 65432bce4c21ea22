"""Gives the events of a journal another life: same numbers, new epoch, new envelope.

After a restore, and when head office holds other events under these numbers (a copied disk). The
body and ``uid`` of an event stay, so head office gives none of them a second effect.
"""

from __future__ import annotations

import datetime as dt
import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from pos_plugin.clock import instant, utc_text
from pos_plugin.storage.envelope import hash_of, rekeyed

if TYPE_CHECKING:
    from collections.abc import Iterator

    import apsw

_AT_ONCE: Final = 500


@contextmanager
def without_triggers(connection: apsw.Connection) -> Iterator[None]:
    """Lift the triggers inside the transaction that is open; they stand again at its end."""
    triggers: list[Any] = connection.execute(
        "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'"
    ).fetchall()
    for name, _ in triggers:
        connection.execute(f'DROP TRIGGER "{name}"')
    yield
    for _, statement in triggers:
        connection.execute(statement)


def open_epoch(
    connection: apsw.Connection, *, first_seq: int, at: dt.datetime, reason: str, rekeyed_to: int
) -> int:
    """Begin a new life of the journal and return its epoch.

    Args:
        connection: inside a transaction.
        first_seq: number of its first event.
        at: now.
        reason: ``new``, ``restored``, ``forked``, ``damaged``.
        rekeyed_to: number of its last event that was written in an earlier life.
    """
    row: Any = connection.execute(
        "SELECT epoch, opened_at FROM epoch ORDER BY first_seq DESC, opened_at DESC LIMIT 1"
    ).fetchone()
    previous, opened_at = row or (None, "")
    if opened_at >= utc_text(at):  # the clock went back; the lives keep their order
        at = instant(opened_at) + dt.timedelta(milliseconds=1)
    # 53 bits: the number travels in JSON, and a head office in JavaScript must not round it.
    epoch = secrets.randbits(53)
    connection.execute(
        "INSERT INTO epoch (epoch, first_seq, opened_at, previous, reason, rekeyed_to) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        (epoch, first_seq, utc_text(at), previous, reason, rekeyed_to),
    )
    return epoch


def rekey(connection: apsw.Connection, *, after: int, at: dt.datetime, reason: str) -> int:
    """Give every event behind a number a new epoch, which is returned; the numbers stay.

    Args:
        connection: of the journal's only writer, inside a transaction and ``without_triggers``.
        after: last event that keeps its epoch: head office holds it.
        at: now.
        reason: of the new epoch.
    """
    last: Any = connection.execute("SELECT coalesce(max(seq), 0) FROM event").get
    numbers = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'event'").get
    # Numbers that were given are never given again, even when nothing is left of them.
    first_seq = after + 1 if last > after else int(numbers or 0) + 1
    epoch = open_epoch(
        connection, first_seq=first_seq, at=at, reason=reason, rekeyed_to=max(last, after)
    )
    prev_hash: Any = connection.execute(
        "SELECT hash FROM event WHERE seq <= ? ORDER BY seq DESC LIMIT 1", (after,)
    ).get
    while True:
        rows: list[Any] = connection.execute(
            "SELECT seq, line FROM event WHERE seq > ? ORDER BY seq LIMIT ?", (after, _AT_ONCE)
        ).fetchall()
        for seq, line in rows:
            new_line = rekeyed(line, epoch=epoch, seq=seq, prev_hash=prev_hash)
            prev_hash = hash_of(new_line)
            connection.execute(
                "UPDATE event SET epoch = ?, line = ?, hash = ? WHERE seq = ?",
                (epoch, new_line, prev_hash, seq),
            )
        if not rows:
            break
        after = rows[-1][0]
    for table in tables_of_epochs(connection):
        connection.execute(
            f'UPDATE "{table}" SET epoch = ? WHERE seq >= ?',  # noqa: S608 - own names
            (epoch, first_seq),
        )
    return epoch


def tables_of_epochs(connection: apsw.Connection) -> list[str]:
    """Return the tables whose rows name epoch and number of an event."""
    rows: list[Any] = connection.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'event' AND 2 = "
        "(SELECT count(*) FROM pragma_table_info(sqlite_schema.name) AS column "
        "WHERE column.name IN ('epoch', 'seq')) ORDER BY name"
    ).fetchall()
    return [str(name) for (name,) in rows]
