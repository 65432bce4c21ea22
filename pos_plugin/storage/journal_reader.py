"""Reads ``journal.db`` for the agent: the outbox, byte for byte as the till wrote it; read-only."""

from __future__ import annotations

import hashlib
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from pos_plugin.closing import Closing
from pos_plugin.errors import StorageDamaged
from pos_plugin.storage.connect import JOURNAL_NAME, open_journal_reader, quick_check
from pos_plugin.storage.faults import mapped
from pos_plugin.storage.pruned import pruned

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import apsw


class OutboxEvent(NamedTuple):
    """An event as it is sent; ``line`` is its JSON without the line feed.

    ``private``: the line that goes before it with names and contact data, empty for most events.
    """

    seq: int
    epoch: int
    line: bytes
    private: bytes = b""


class JournalReader(Closing):
    """One read-only connection to the journal of a data folder."""

    def __init__(self, connection: apsw.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path

    @classmethod
    def open(cls, data_dir: Path) -> JournalReader | None:
        """Return a reader, or None while the till has not created its journal.

        Raises:
            StorageError: there is a journal and it cannot be read.
        """
        connection = open_journal_reader(data_dir)
        return None if connection is None else cls(connection, data_dir / JOURNAL_NAME)

    def close(self) -> None:
        """Let go of the file; the till's log stays as it is."""
        self._connection.close()

    @contextmanager
    def reading(self) -> Iterator[apsw.Connection]:
        """Lend the connection to look something up."""
        with mapped(self._path):
            yield self._connection

    def events_after(self, seq: int, limit: int) -> list[OutboxEvent]:
        """Return the next events in order, at most ``limit``.

        Raises:
            StorageDamaged: the bytes of an event are not those the till hashed.
        """
        with mapped(self._path):
            rows: list[Any] = self._connection.execute(
                "SELECT event.seq, epoch, line, hash, salt, bytes FROM event "
                "LEFT JOIN event_private ON event_private.seq = event.seq "
                "WHERE event.seq > ? ORDER BY event.seq LIMIT ?",
                (seq, limit),
            ).fetchall()
        for row_seq, _, line, written_hash, _, _ in rows:
            if hashlib.sha256(line).digest() != written_hash:
                raise StorageDamaged(
                    f"event {row_seq} of {self._path.name} is not what was written",
                    hint="Restore the last backup.",
                )
        return [
            OutboxEvent(row_seq, epoch, line, _private(row_seq, salt, content))
            for row_seq, epoch, line, _, salt, content in rows
        ]

    def erased_after(self, seq: int) -> list[tuple[str, int]]:
        """Return whom the till has erased since an event, with the number of the event."""
        with mapped(self._path):
            rows: list[Any] = self._connection.execute(
                "SELECT customer, seq FROM erasure WHERE seq > ? ORDER BY seq", (seq,)
            ).fetchall()
        return [(customer, at) for customer, at in rows]

    def own_entries_after(self, seq: int) -> list[tuple[str, str, int, int, int]]:
        """Return customer, key, epoch, event and signed change of every entry behind an event."""
        with mapped(self._path):
            rows: list[Any] = self._connection.execute(
                "SELECT customer, key, epoch, seq, delta FROM own_entry WHERE seq > ? "
                "ORDER BY customer, key, seq",
                (seq,),
            ).fetchall()
        return rows

    def movements_after(self, seq: int) -> list[tuple[Any, ...]]:
        """Return every movement of an account behind an event.

        Each is (customer, program, epoch, seq, lot, delta, matures_on, expires_on, taken on); the
        last is None for what opens a lot.
        """
        with mapped(self._path):
            rows: list[Any] = self._connection.execute(
                "SELECT customer, program, epoch, seq, lot, delta, matures_on, expires_on, "
                "CASE WHEN lot = id THEN NULL ELSE business_on END "
                "FROM ledger_entry WHERE seq > ? ORDER BY customer, program, seq, id",
                (seq,),
            ).fetchall()
        return rows

    def epochs(self) -> list[tuple[int, int]]:
        """Return every epoch of this journal with its first event number, in order."""
        with mapped(self._path):
            rows: list[Any] = self._connection.execute(
                "SELECT epoch, first_seq FROM epoch ORDER BY first_seq, opened_at"
            ).fetchall()
        return [(epoch, first_seq) for epoch, first_seq in rows]

    def pruned(self) -> dict[int, int]:
        """Return by epoch up to which event the till has pruned this journal."""
        with mapped(self._path):
            return pruned(self._connection)

    def highest_generation(self) -> int:
        """Return the highest rule generation on a receipt, 0 without any."""
        with mapped(self._path):
            highest: Any = self._connection.execute("SELECT max(generation) FROM receipt").get
        return highest or 0

    def quick_check(self) -> str | None:
        """Return what SQLite finds damaged in the file, or None when it is sound."""
        with mapped(self._path):
            return quick_check(self._connection)

    def last_seq(self) -> int:
        """Return the number of the newest event, 0 before the first."""
        with mapped(self._path):
            newest: Any = self._connection.execute("SELECT max(seq) FROM event").get
        return newest or 0

    def data_version(self) -> int:
        """Return a number that changes when the till has committed something."""
        with mapped(self._path):
            return int(self._connection.pragma("data_version"))


def _private(seq: int, salt: bytes | None, content: bytes | None) -> bytes:
    if salt is None or content is None:
        return b""
    beside = {"private_of": seq, "salt": salt.hex(), "content": content.decode()}
    return json.dumps(beside, ensure_ascii=False, separators=(",", ":")).encode()
