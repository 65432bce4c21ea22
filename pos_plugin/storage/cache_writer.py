"""Writes ``cache.db``: the agent's half, never imported by the till.

1. Rows of a page and the cursor behind it are one transaction (sync.md law 8).
2. An older row never overwrites a newer one: a page applied again changes nothing.
3. What is accepted stays: no rule generation is ever taken back.
4. The search keys of a customer change in the same transaction as the rows they are made of, and
   go with them: what is erased is found no more. Only a log of many pages that is read for the
   first time gets all of them at its end (``cursor.lacks_keys``): in their order, where row by row
   each would write a page of the file of its own.
"""

from __future__ import annotations

import json
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final, Protocol

import apsw

from pos_plugin.card_hash import normalised
from pos_plugin.closing import Closing
from pos_plugin.errors import MisuseError
from pos_plugin.limits import MAX_LIST
from pos_plugin.search_keys import name_keys
from pos_plugin.storage import class_store, template_lookup
from pos_plugin.storage.cache_schema import KEPT, TABLES, Table
from pos_plugin.storage.connect import (
    CACHE_WRITER,
    cache_path,
    checkpointed,
    open_cache_writer,
    open_next_cache,
    put_in_place,
)
from pos_plugin.storage.faults import mapped
from pos_plugin.storage.table_sums import TableSums, kept_sums

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from pos_plugin.loyalty.class_history import Change as ClassChange
    from pos_plugin.rule_package import Manifest
    from pos_plugin.template_package import PackedTemplate

_SEARCHED: Final = frozenset({"customer", "customer_search"})
ERASE: Final = "erase"
_ERASE: Final = (
    ("customer", "id = ?"),
    ("customer_search", "customer = ?"),
    ("customer_key", "customer = ?"),
    ("card", "customer = ?"),
    ("consent", "customer = ?"),
)
FILL_CACHE_SIZE: Final = -8_000  # KiB
FILL_CHECKPOINT_ROWS: Final = 20_000  # of the log about 40 MB; each checkpoint waits for the disk
CHECKPOINT_ROWS: Final = 4000  # after so many rows the log goes back into the file, if nobody reads


class Change(Protocol):
    """One row of a page: put (``P``, the whole row) or remove (``R``, at least its key)."""

    @property
    def op(self) -> str:
        """``P`` or ``R``."""
        ...

    @property
    def table(self) -> str:
        """Name of the table."""
        ...

    @property
    def log_seq(self) -> int:
        """Place in the log of head office."""
        ...

    @property
    def row(self) -> Mapping[str, Any]:
        """Column to value as on the wire: lists and objects plain, hashes hexadecimal."""
        ...


class Page(Protocol):
    """A checked page of a bucket's log."""

    @property
    def bucket(self) -> str:
        """For example ``shop:001``."""
        ...

    @property
    def bucket_epoch(self) -> int:
        """The life of the log this page belongs to."""
        ...

    @property
    def after(self) -> int:
        """The cursor this page follows."""
        ...

    @property
    def changes(self) -> Collection[Change]:
        """Rows in the order of the log."""
        ...

    @property
    def checkpoint(self) -> int:
        """The cursor behind this page."""
        ...


class CacheWriter(Closing):
    """The one writer of the cache file of a data folder."""

    def __init__(self, connection: apsw.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path
        self._rows_since_checkpoint = 0
        self._must_empty = False
        # Of the customers of the page that is applied: by what they were found before it.
        self._keys_before: dict[str, frozenset[tuple[str, str]]] = {}
        self._sums = TableSums(connection)

    @classmethod
    def open(cls, data_dir: Path) -> CacheWriter:
        """Return the writer; the cache file is created first where there is none.

        Raises:
            StorageError: nothing was changed.
        """
        connection = open_cache_writer(data_dir)
        path = cache_path(data_dir)
        if path is None:
            connection.close()
            raise MisuseError("the cache file vanished while it was opened")
        return cls(connection, path)

    @classmethod
    def open_next(cls, data_dir: Path) -> CacheWriter:
        """Return the writer of an empty file that is to take the place of the current one."""
        return cls(*open_next_cache(data_dir))

    @property
    def path(self) -> Path:
        """The file."""
        return self._path

    def take_place_of(self, before: CacheWriter) -> None:
        """Make this file the current one, with what the agent itself noted in the one before."""
        with self._transaction():
            for name in KEPT:
                with before.reading() as connection:
                    rows = connection.execute(f"SELECT * FROM {name}").fetchall()  # noqa: S608 - own names
                if rows:
                    marks = ", ".join("?" * len(rows[0]))
                    self._connection.executemany(
                        f"INSERT OR REPLACE INTO {name} VALUES ({marks})",  # noqa: S608
                        rows,
                    )
        self.take_place()

    def take_place(self) -> None:
        """Make this file the current one; what was noted in the one before is lost."""
        put_in_place(self._connection, self._path)

    def give_memory_back(self) -> None:
        """Keep no pages in memory; for a file that is about to be replaced by another one."""
        with mapped(self._path):
            self._connection.pragma("shrink_memory")

    def close(self) -> None:
        """Let go of the file; its log goes back into it when nobody reads."""
        self._connection.close()

    def apply_page(
        self,
        page: Page,
        *,
        at: dt.datetime,
        foreign: Collection[str] | None = None,
        is_last: bool = True,
    ) -> bool:
        """Apply the rows of a page and move the cursor and the sums, in one transaction.

        Args:
            page: follows the cursor, or was applied before (then nothing happens).
            at: instant of the contact, shown to the cashier as the age of the data.
            foreign: tables with more columns than this version knows, whose sums cannot be
                compared; None = the page has no sums to compare with.
            is_last: the log ends with this page; else other pages follow at once.

        Returns:
            True when the page was applied, False when it had been applied before.

        Raises:
            MisuseError: the page leaves a gap, or belongs to another life of the bucket.
            StorageError: nothing was changed.
        """
        with self._transaction():
            here = self._connection.execute(
                "SELECT epoch, position, lacks_keys FROM cursor WHERE bucket = ?", (page.bucket,)
            ).fetchone()
            epoch, position, lacks_keys = here or (page.bucket_epoch, 0, not is_last)
            if epoch != page.bucket_epoch:
                raise MisuseError(
                    f"{page.bucket} began a new life ({page.bucket_epoch}, cached is {epoch})",
                    hint="Delete cache.current; the agent builds the cache again.",
                )
            if page.after > position:
                raise MisuseError(f"{page.bucket}: page after {page.after}, cursor is {position}")
            if page.checkpoint < position or (page.after < position and page.changes):
                return False
            if foreign is not None and page.after == 0:
                self._sums.begin_log()
            self._keys_before.clear()
            for change in page.changes:
                self._apply(change, is_summed=foreign is not None, is_searched=not lacks_keys)
            if not lacks_keys:
                self._write_search_keys()
            elif is_last:
                self._make_search_keys()
                self._rows_since_checkpoint = CHECKPOINT_ROWS  # all of them are in the log now
            fills = bool(lacks_keys) and not is_last
            # Beside a page of five thousand rows; nobody waits for a file that is being filled.
            self._connection.pragma(
                "cache_size", FILL_CACHE_SIZE if fills else CACHE_WRITER["cache_size"]
            )
            self._sums.write(foreign or ())
            self._connection.execute(
                "INSERT INTO cursor (bucket, epoch, position, synced_at, lacks_keys) "
                "VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT (bucket) DO UPDATE SET position = excluded.position, "
                "synced_at = excluded.synced_at, lacks_keys = excluded.lacks_keys",
                (
                    page.bucket,
                    page.bucket_epoch,
                    page.checkpoint,
                    at.isoformat(),
                    fills,
                ),
            )
        self.empty_log_again()
        after_rows = FILL_CHECKPOINT_ROWS if fills else CHECKPOINT_ROWS
        self._checkpoint_sometimes(len(page.changes), after_rows=after_rows)
        return True

    def store_generation(
        self,
        manifest: Manifest,
        *,
        accepted_at: dt.datetime,
        templates: Iterable[PackedTemplate] = (),
    ) -> bool:
        """Remember an accepted rule generation; its content already lies in ``blobs/``.

        Args:
            manifest: signed.
            accepted_at: instant.
            templates: of its package; the last three versions of each stay.

        Returns:
            True when it is new, False when it was stored before.

        Raises:
            MisuseError: a lower generation than a stored one, or the same with another content.
        """
        with self._transaction():
            known = self._connection.execute(
                "SELECT sha256 FROM rule_generation WHERE generation = ?", (manifest.generation,)
            ).fetchone()
            if known is not None:
                if known[0] != manifest.sha256:
                    raise MisuseError(f"generation {manifest.generation} has another content")
                return False
            highest: Any = self._connection.execute(
                "SELECT max(generation) FROM rule_generation"
            ).get
            if highest is not None and manifest.generation < highest:
                raise MisuseError(
                    f"generation {manifest.generation} is lower than {highest}: they only grow"
                )
            self._connection.execute(
                "INSERT INTO rule_generation (generation, chain, ring, activate_at, sha256, "
                "key_id, signature, accepted_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    manifest.generation,
                    manifest.chain,
                    manifest.ring,
                    manifest.activate_at,
                    manifest.sha256,
                    manifest.key_id,
                    manifest.signature,
                    accepted_at.isoformat(),
                ),
            )
            template_lookup.store(self._connection, templates)
        return True

    def keep_classes(
        self,
        scheme: str,
        found: Iterable[ClassChange],
        *,
        to_on: dt.date,
        terms: str,
        is_anew: bool,
        at: dt.datetime,
        beginning: Sequence[ClassChange] = (),
    ) -> int:
        """Store a run over the classes; return how many changes it brought.

        Args:
            scheme: its code.
            found: the changes, day by day.
            to_on: last day that was computed.
            terms: stands for the revisions of the scheme.
            is_anew: what was computed before is forgotten first.
            at: now.
            beginning: where every customer stands on the new first day of the history; empty = the
                first day stays.
        """
        with self._transaction():
            return class_store.add_run(
                self._connection,
                scheme,
                found,
                to_on=to_on,
                terms=terms,
                is_anew=is_anew,
                at=at,
                beginning=beginning,
            )

    @contextmanager
    def reading(self) -> Iterator[apsw.Connection]:
        """Lend the connection to look something up."""
        with mapped(self._path):
            yield self._connection

    def set_acked(self, epoch: int, seq: int, *, incarnation: str, durable_seq: int = 0) -> None:
        """Remember up to which event of an epoch head office holds everything.

        Acknowledgements of another head office (restored, or a new one) are forgotten with it.

        Args:
            epoch: of the events.
            seq: the highest that head office holds.
            incarnation: which head office says so.
            durable_seq: the highest that a verified backup of it holds, too.
        """
        with self._transaction():
            self._connection.execute("DELETE FROM acked WHERE incarnation <> ?", (incarnation,))
            self._connection.execute(
                "INSERT INTO acked (epoch, acked_seq, incarnation, durable_seq) "
                "VALUES (?, ?, ?, ?) ON CONFLICT (epoch) DO UPDATE SET "
                "acked_seq = excluded.acked_seq, durable_seq = excluded.durable_seq",
                (epoch, seq, incarnation, min(seq, durable_seq)),
            )

    def note_durable(self, durable: Mapping[int, int], *, incarnation: str) -> None:
        """Remember what a verified backup of head office holds by now; it never goes back.

        Args:
            durable: by epoch the highest event in it.
            incarnation: which head office says so; what another one acknowledged is not meant.
        """
        with self._transaction():
            self._connection.executemany(
                "UPDATE acked SET durable_seq = min(acked_seq, ?1) "
                "WHERE epoch = ?2 AND incarnation = ?3 AND durable_seq < min(acked_seq, ?1)",
                [(seq, epoch, incarnation) for epoch, seq in durable.items()],
            )

    def forget_acked(self) -> None:
        """Forget what head office holds: the agent sends every event again."""
        with self._transaction():
            self._connection.execute("DELETE FROM acked")

    def sums(self) -> dict[str, str]:
        """Return table to sum of its rows, of all tables that can be compared."""
        with mapped(self._path):
            return kept_sums(self._connection)

    def _apply(self, change: Change, *, is_summed: bool, is_searched: bool = True) -> None:
        table = TABLES.get(change.table)
        if table is None:
            return  # a table of a later version: its rows come again with that version's cache
        if change.table not in _SEARCHED:
            self._store(change, table, is_summed=is_summed)
            return
        customer = str(change.row[table.key[0]])
        if change.table == "customer" and change.op == "R" and change.row.get("reason") == ERASE:
            self._erase(customer, change.log_seq)
            return
        if is_searched and customer not in self._keys_before:
            self._keys_before[customer] = self._search_keys(customer)
        self._store(change, table, is_summed=is_summed)
        if change.table == "customer" and change.op == "R":
            self._sums.take_out(
                "customer_search", _OLDER["customer_search"], (customer, change.log_seq)
            )
            self._connection.execute(_REMOVE["customer_search"], (customer, change.log_seq))

    def _write_search_keys(self) -> None:
        """Let the customers of a page be found by what it says; each once, however many rows."""
        gone: list[tuple[str, str, str]] = []
        new: list[tuple[str, str, str]] = []
        for customer, before in self._keys_before.items():
            after = self._search_keys(customer)
            gone += [(kind, key, customer) for kind, key in before - after]
            new += [(kind, key, customer) for kind, key in after - before]
        self._connection.executemany(
            "DELETE FROM customer_key WHERE kind = ? AND key = ? AND customer = ?", gone
        )
        # In the order of the table: neighbours lie on one page of the file.
        self._connection.executemany(
            "INSERT INTO customer_key (kind, key, customer) VALUES (?, ?, ?)", sorted(new)
        )

    def _make_search_keys(self) -> None:
        """Make the search keys of all customers at once."""
        # What is sorted may take as much memory as the cache of pages, which nothing here needs.
        self._connection.pragma("cache_size", FILL_CACHE_SIZE)
        self._connection.pragma("shrink_memory")
        try:
            self._connection.execute("CREATE TEMP TABLE made (kind TEXT, key TEXT, customer TEXT)")
            found: Any = self._connection.execute(f"{_SEARCHED_BY} WHERE status = 'active'")
            self._connection.executemany(
                "INSERT INTO made VALUES (?, ?, ?)",
                ((kind, key, row[0]) for row in found for kind, key in _keys_of(row)),
            )
            self._connection.execute("DELETE FROM customer_key")
            self._connection.execute(
                "INSERT INTO customer_key (kind, key, customer) "
                "SELECT kind, key, customer FROM made ORDER BY kind, key, customer"
            )
            self._connection.execute("DROP TABLE made")
        finally:
            self._connection.pragma("cache_size", CACHE_WRITER["cache_size"])

    def erase(self, customers: Iterable[str]) -> int:
        """Remove everything personal of these customers; return how many were here.

        The log is emptied afterwards: what was overwritten in the file must not stand there.
        """
        count = 0
        with self._transaction():
            for customer in customers:
                count += self._erase(customer, 0)
            self._sums.write()
        self.empty_log()
        return count

    def empty_log(self) -> bool:
        """Write the log back and cut it to nothing; False while somebody reads an older state."""
        with mapped(self._path):
            self._must_empty = not checkpointed(self._connection)
        return not self._must_empty

    def settle(self) -> bool:
        """Put all of it on the disk while it is quiet; say whether nothing is left in the log.

        By what lies there the till prunes, and head office hears who is erased.
        """
        log = self._path.with_name(self._path.name + "-wal")
        with suppress(FileNotFoundError), mapped(self._path):
            return log.stat().st_size == 0 or checkpointed(self._connection)
        return True

    def erasures_done(self) -> list[str]:
        """Return who is gone from every byte of the cache, the latest first.

        Nobody while an older state stands in the log, or an older file beside this one.
        """
        files = list(self._path.parent.glob("cache-*.db"))
        if files != [self._path] or not self.settle():
            return []
        with mapped(self._path):
            rows: Any = self._connection.execute(
                "SELECT customer FROM erased ORDER BY ver DESC, customer LIMIT ?", (MAX_LIST,)
            )
            return [str(customer) for (customer,) in rows]

    def empty_log_again(self) -> None:
        """Try once more what a reader prevented when somebody was erased."""
        if self._must_empty:
            self.empty_log()

    def _erase(self, customer: str, ver: int) -> int:
        known: Any = self._connection.execute(
            "SELECT count(*) FROM customer WHERE id = ?", (customer,)
        ).get
        for name, where in _ERASE:
            if name in TABLES:
                self._sums.take_out(name, where, (customer,))
            self._connection.execute(f"DELETE FROM {name} WHERE {where}", (customer,))  # noqa: S608
        self._connection.execute(
            "INSERT INTO erased (customer, ver) VALUES (?, ?) "
            "ON CONFLICT (customer) DO UPDATE SET ver = max(ver, excluded.ver)",
            (customer, ver),
        )
        self._must_empty = True
        # Its keys are gone with it: nothing of them stands should it come again in this page.
        self._keys_before[customer] = frozenset()
        return int(known)

    def _store(self, change: Change, table: Table, *, is_summed: bool) -> None:
        if change.op == "P":
            values = _bound(change.table, (*table.key, *table.columns), change.row)
            # Most rows are new; of what stood there before nothing has to be read then.
            if self._changes(_ADD[change.table], (*values, change.log_seq)):
                if is_summed:
                    self._sums.put_in(change.table, change.row)
                return
        older = (*_bound(change.table, table.key, change.row), change.log_seq)
        if is_summed:
            self._sums.take_out(change.table, _OLDER[change.table], older)
        if change.op == "R":
            self._connection.execute(_REMOVE[change.table], older)
        elif self._changes(_PUT[change.table], (*values, change.log_seq)) and is_summed:
            self._sums.put_in(change.table, change.row)

    def _changes(self, sql: str, values: tuple[Any, ...]) -> bool:
        """Execute a statement; say whether it changed a row."""
        before = self._connection.total_changes()
        self._connection.execute(sql, values)
        return self._connection.total_changes() != before

    def _search_keys(self, customer: str) -> frozenset[tuple[str, str]]:
        """Return kind and key of everything by which a stored customer may be found."""
        row: Any = self._connection.execute(
            f"{_SEARCHED_BY} WHERE id = ? AND status = 'active'", (customer,)
        ).fetchone()
        return frozenset() if row is None else _keys_of(row)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with mapped(self._path):
            self._connection.execute("BEGIN IMMEDIATE")
            self._sums.begin()
            try:
                yield
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def _checkpoint_sometimes(self, rows: int, *, after_rows: int = CHECKPOINT_ROWS) -> None:
        self._rows_since_checkpoint += rows
        if self._rows_since_checkpoint >= after_rows:
            self._rows_since_checkpoint = 0
            with mapped(self._path):
                self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)


_SEARCHED_BY: Final = (
    "SELECT id, number, name, phones, email_hashes, birthday_on FROM customer "
    "LEFT JOIN customer_search ON customer = id"
)


def _keys_of(
    row: tuple[str, str, str, str | None, str | None, str | None],
) -> frozenset[tuple[str, str]]:
    """Return kind and key of everything by which a customer may be found (``_SEARCHED_BY``)."""
    _, number, name, phones, email_hashes, birthday_on = row
    return frozenset(
        [("number", normalised(number))]
        + [("name", key) for key in name_keys(name)]
        + [("phone", phone) for phone in _list_of(phones)]
        + [("email", email_hash) for email_hash in _list_of(email_hashes)]
        + ([("birthday", birthday_on)] if birthday_on else [])
    )


def _list_of(text: str | None) -> list[str]:
    return json.loads(text) if text and text != "[]" else []


def _json_text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _bytes_of(value: str | None) -> bytes | None:
    return None if value is None else bytes.fromhex(value)


def _conversions(table: Table) -> tuple[tuple[int, Callable[[Any], Any]], ...]:
    """Return the places of a row, key first, whose wire value is stored in another form."""
    return tuple(
        (at, _json_text if column in table.json else _bytes_of)
        for at, column in enumerate((*table.key, *table.columns))
        if column in table.json | table.hex
    )


_CONVERSIONS: Final = {name: _conversions(table) for name, table in TABLES.items()}


def _bound(name: str, columns: Sequence[str], row: Mapping[str, Any]) -> list[Any]:
    """Return what SQLite takes of a row: its key, or its key and all other columns."""
    values = [row[column] for column in columns]
    for at, stored in _CONVERSIONS[name]:
        if at < len(values):
            values[at] = stored(values[at])
    return values


def _insert(name: str) -> str:
    table = TABLES[name]
    columns = (*table.key, *table.columns, table.ver)
    return (
        f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))}) "  # noqa: S608 - own names
        f"ON CONFLICT ({', '.join(table.key)})"
    )


def _put(name: str) -> str:
    table = TABLES[name]
    changed = ", ".join(f"{column} = excluded.{column}" for column in (*table.columns, table.ver))
    return (
        f"{_insert(name)} DO UPDATE SET {changed} WHERE excluded.{table.ver} > {name}.{table.ver}"
    )


def _older(name: str) -> str:
    table = TABLES[name]
    key = " AND ".join(f"{column} = ?" for column in table.key)
    return f"{key} AND {table.ver} < ?"


_ADD: Final = {name: f"{_insert(name)} DO NOTHING" for name in TABLES}
_PUT: Final = {name: _put(name) for name in TABLES}
_OLDER: Final = {name: _older(name) for name in TABLES}
_REMOVE: Final = {name: f"DELETE FROM {name} WHERE {_OLDER[name]}" for name in TABLES}  # noqa: S608 - own names
