"""Brings the events that only one journal has into another one, with the rows that go with them.

Laws of this file:

1. Read is what can be read: an event that a damaged file does not give back is counted, and the
   ones behind it are still taken.
2. An event comes once: its ``uid`` says whether it is there already.
3. It comes whole or as itself: its line always, its rows where they can be read. What balances
   need stands in the line, too.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import apsw

from pos_plugin.storage.envelope import hash_of, rekeyed
from pos_plugin.storage.journal_schema import FACTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_OWN: Final = frozenset({"epoch", "event"})
_EVENTS_MAX: Final = 50_000_000
_ROUNDS: Final = 10


@dataclass(slots=True)
class Replayed:
    """What became of the events of a journal.

    Args:
        taken: brought over.
        unreadable: could not be read.
        goes_on: it holds the newest event that the target had, so nothing lies between the two.
    """

    taken: int = 0
    unreadable: int = 0
    goes_on: bool = False


def replay(target: apsw.Connection, source: apsw.Connection, *, epoch: int) -> Replayed:
    """Take over what only ``source`` has; ``target`` is inside a transaction without triggers.

    Args:
        target: the journal that grows.
        source: a journal of the same till, perhaps damaged, read-only.
        epoch: life of ``target`` in which the events are written.
    """
    done = Replayed()
    newest: Any = target.execute("SELECT uid FROM event ORDER BY seq DESC LIMIT 1").get
    numbers: dict[int, int] = {}  # of the source to those of the target
    new: set[int] = set()
    done.goes_on = newest is None
    for seq, gone, line, digest in _events(source, done):
        if not line:
            # Pruned there: at head office for good, and here when the copy is from before that.
            here: Any = target.execute("SELECT seq FROM event WHERE uid = ?", (gone,)).get
            done.goes_on = done.goes_on or gone == newest
            if here is not None:
                numbers[seq] = here
            continue
        if hash_of(line) != digest:
            done.unreadable += 1
            continue
        event = json.loads(line)
        uid = uuid.UUID(event["uid"]).bytes
        known: Any = target.execute("SELECT seq FROM event WHERE uid = ?", (uid,)).get
        done.goes_on = done.goes_on or uid == newest
        if known is not None:
            numbers[seq] = known
            continue
        numbers[seq] = _append(target, event, line, uid, epoch=epoch)
        new.add(seq)
        done.taken += 1
    if new:
        for table in _tables(target):
            _take_rows(target, source, table, numbers, new, epoch=epoch, goes_on=done.goes_on)
        _take_entries(target, numbers, new)
        _drop_orphans(target)
    return done


def _events(source: apsw.Connection, done: Replayed) -> Iterator[tuple[int, bytes, bytes, bytes]]:
    """Yield every event that can be read, by its number; a broken page costs those on it."""
    last = 0
    for question in (
        "SELECT seq FROM sqlite_sequence WHERE name = 'event'",
        "SELECT max(seq) FROM event",
    ):
        try:
            found: Any = source.execute(question).get
            last = max(last, int(found or 0))
        except apsw.Error:
            continue
    try:
        lowest: Any = source.execute("SELECT min(seq) FROM event").get
    except apsw.Error:
        lowest = 1
    for seq in range(int(lowest or 1), min(last, _EVENTS_MAX) + 1):
        try:
            row: Any = source.execute(
                "SELECT uid, line, hash FROM event WHERE seq = ?", (seq,)
            ).fetchone()
        except apsw.Error:
            done.unreadable += 1
            continue
        if row is not None:
            yield seq, *row


def _append(
    target: apsw.Connection, event: Mapping[str, Any], line: bytes, uid: bytes, *, epoch: int
) -> int:
    last: Any = target.execute("SELECT seq FROM sqlite_sequence WHERE name = 'event'").get
    seq = int(last or 0) + 1
    before: Any = target.execute("SELECT hash FROM event ORDER BY seq DESC LIMIT 1").get
    new_line = rekeyed(line, epoch=epoch, seq=seq, prev_hash=before)
    target.execute(
        "INSERT INTO event (seq, epoch, uid, kind, line, hash, occurred_at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        (seq, epoch, uid, event["kind"], new_line, hash_of(new_line), event["occurred_at"]),
    )
    target.execute("UPDATE epoch SET rekeyed_to = max(rekeyed_to, ?) WHERE epoch = ?", (seq, epoch))
    return seq


@dataclass(frozen=True, slots=True)
class _Table:
    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    numbers: frozenset[str]  # columns that hold the number of an event
    event: str | None  # the one of them that says which event the row belongs to


def _tables(target: apsw.Connection) -> list[_Table]:
    """Return every table but the events, in the order in which they were made."""
    names: list[Any] = target.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' "
        "AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE '\\_%' ESCAPE '\\' "
        "ORDER BY rowid"
    ).fetchall()
    refers: dict[str, dict[str, str]] = {}
    for (name,) in names:
        rows: list[Any] = target.execute(
            'SELECT "from", "table" FROM pragma_foreign_key_list(?)', (name,)
        ).fetchall()
        refers[name] = dict(rows)
    found = []
    for (name,) in names:
        if name in _OWN:
            continue
        info: list[Any] = target.execute(
            "SELECT name, pk FROM pragma_table_info(?)", (name,)
        ).fetchall()
        # A receipt, a return and their lines are named by the number of their event.
        counted = {
            column: place
            for column, place in refers[name].items()
            if place in {"event", "receipt", "return_receipt"}
            or (place == "receipt_line" and column == "receipt")
        }
        direct = [column for column, place in counted.items() if place == "event"]
        found.append(
            _Table(
                name=name,
                columns=tuple(column for column, _ in info),
                key=tuple(column for column, pk in sorted(info, key=lambda one: one[1]) if pk),
                numbers=frozenset(counted),
                event=next(iter([*direct, *counted]), None),
            )
        )
    return found


def _take_rows(
    target: apsw.Connection,
    source: apsw.Connection,
    table: _Table,
    numbers: Mapping[int, int],
    new: set[int],
    *,
    epoch: int,
    goes_on: bool,
) -> None:
    """Copy the rows of one table; what may change comes newer from a journal that goes on."""
    is_fact = table.name in FACTS
    verb = "INSERT OR REPLACE" if goes_on and not is_fact else "INSERT OR IGNORE"
    names = ", ".join(f'"{name}"' for name in table.columns)
    put = f'{verb} INTO "{table.name}" ({names}) VALUES ({", ".join("?" * len(table.columns))})'
    for values in _rows(source, table):
        row = dict(zip(table.columns, values, strict=True))
        own = row[table.event] if table.event else None
        if table.event is not None and own is not None and is_fact and own not in new:
            continue
        if any(row[name] is not None and row[name] not in numbers for name in table.numbers):
            continue
        if "epoch" in row and own in new:
            row["epoch"] = epoch
        elif "epoch" in row and not is_fact:
            row["epoch"] = _epoch_of(target, numbers, own) or row["epoch"]
        for name in table.numbers:
            row[name] = numbers.get(row[name], row[name])
        target.execute(put, tuple(row.values()))


def _epoch_of(target: apsw.Connection, numbers: Mapping[int, int], own: Any) -> Any:  # noqa: ANN401 - of SQLite
    return target.execute("SELECT epoch FROM event WHERE seq = ?", (numbers.get(own),)).get


def _rows(source: apsw.Connection, table: _Table) -> list[tuple[Any, ...]]:
    """Return what can be read of a table: from its end, and behind a broken page from its start."""
    try:
        there = {
            name
            for (name,) in source.execute("SELECT name FROM pragma_table_info(?)", (table.name,))
        }
    except apsw.Error:
        return []
    if not there >= set(table.columns):
        return []  # written by an earlier version; its events still come
    names = ", ".join(f'"{name}"' for name in table.columns)
    found: dict[tuple[Any, ...], None] = {}  # a set that keeps its order
    for direction in ("DESC", "ASC"):
        order = ", ".join(f'"{name}" {direction}' for name in table.key) or f"rowid {direction}"
        question = f'SELECT {names} FROM "{table.name}" ORDER BY {order}'  # noqa: S608 - own names
        try:
            for row in source.execute(question):
                found.setdefault(row)
        except apsw.Error:
            continue  # the other half from the other end
        break
    return list(found)


def _take_entries(target: apsw.Connection, numbers: Mapping[int, int], new: set[int]) -> None:
    """Write the own entries that stand in the line of an event and whose rows were unreadable."""
    for old in sorted(new):
        row: Any = target.execute(
            "SELECT epoch, line FROM event WHERE seq = ?", (numbers[old],)
        ).fetchone()
        for entry in json.loads(row[1])["body"].get("entries", ()):
            target.execute(
                "INSERT OR IGNORE INTO own_entry (customer, key, epoch, seq, delta) "
                "VALUES (?, ?, ?, ?, ?)",
                (entry["customer"], entry["key"], row[0], numbers[old], entry["delta"]),
            )


def _drop_orphans(target: apsw.Connection) -> None:
    """Take out rows whose other half was unreadable: part of a receipt is none."""
    for _ in range(_ROUNDS):
        orphans: list[Any] = target.execute(
            'SELECT DISTINCT "table", rowid, parent FROM pragma_foreign_key_check'
        ).fetchall()
        if not orphans:
            return
        for table, rowid, _ in orphans:
            if rowid is not None:
                target.execute(f'DELETE FROM "{table}" WHERE rowid = ?', (rowid,))  # noqa: S608
            else:
                _drop_by_parent(target, table)


def _drop_by_parent(target: apsw.Connection, table: str) -> None:
    """Take out the orphans of a table without row numbers."""
    keys: list[Any] = target.execute(
        'SELECT id, "table", "from", "to" FROM pragma_foreign_key_list(?)', (table,)
    ).fetchall()
    for number in {key[0] for key in keys}:
        parts = [key for key in keys if key[0] == number]
        same = " AND ".join(f'parent."{to}" = "{table}"."{name}"' for _, _, name, to in parts)
        named = " AND ".join(f'"{name}" IS NOT NULL' for _, _, name, _ in parts)
        target.execute(
            f'DELETE FROM "{table}" WHERE {named} AND NOT EXISTS '  # noqa: S608 - own names
            f'(SELECT 1 FROM "{parts[0][1]}" AS parent WHERE {same})'
        )
