"""Reads whole rows of ``cache.db`` as they were sent: for imports and exports; read-only."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from pos_plugin.closing import Closing
from pos_plugin.storage.cache_schema import TABLES
from pos_plugin.storage.connect import cache_path, open_cache_reader
from pos_plugin.storage.faults import mapped

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import apsw

_AT_ONCE: Final = 1_000  # rows of one read transaction; longer ones would keep the log growing


class CacheRows(Closing):
    """One read-only connection to the cache file that was current when it was opened.

    Values are those of the wire, except that yes and no are still 1 and 0.
    """

    def __init__(self, connection: apsw.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path

    @classmethod
    def open(cls, data_dir: Path) -> CacheRows | None:
        """Return a reader, or None while there is no cache yet.

        Raises:
            StorageError: there is one and it cannot be read.
        """
        path = cache_path(data_dir)
        connection = open_cache_reader(data_dir)
        if path is None or connection is None:
            return None
        return cls(connection, path)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def row(self, table: str, key: Sequence[str | int]) -> dict[str, Any] | None:
        """Return the row with this primary key (hashes as hexadecimal text), or None."""
        with mapped(self._path):
            found = self._connection.execute(_one(table), _bound(table, key)).fetchone()
        return None if found is None else _row(table, found)

    def is_empty(self, table: str) -> bool:
        """Say whether a table has no row."""
        with mapped(self._path):
            sql = f"SELECT 1 FROM {table} LIMIT 1"  # noqa: S608 - own names
            return self._connection.execute(sql).fetchone() is None

    def rows(self, table: str) -> Iterator[dict[str, Any]]:
        """Yield every row in the order of its primary key."""
        known = TABLES[table]
        names = ", ".join(known.key)
        marks = ", ".join("?" * len(known.key))
        after: tuple[Any, ...] | None = None
        while True:
            behind = f"WHERE ({names}) > ({marks})" if after else ""
            with mapped(self._path):
                found = self._connection.execute(
                    f"SELECT {_columns(table)} FROM {table} {behind} "  # noqa: S608 - own names
                    f"ORDER BY {names} LIMIT {_AT_ONCE}",
                    after or (),
                ).fetchall()
            for values in found:
                yield _row(table, values)
            if len(found) < _AT_ONCE:
                return
            after = tuple(found[-1][: len(known.key)])


@cache
def _one(table: str) -> str:
    where = " AND ".join(f"{name} = ?" for name in TABLES[table].key)
    return f"SELECT {_columns(table)} FROM {table} WHERE {where}"  # noqa: S608 - own names


@cache
def _columns(table: str) -> str:
    known = TABLES[table]
    return ", ".join((*known.key, *known.columns))


def _bound(table: str, key: Sequence[str | int]) -> tuple[Any, ...]:
    known = TABLES[table]
    return tuple(
        bytes.fromhex(str(value)) if name in known.hex else value
        for name, value in zip(known.key, key, strict=True)
    )


def _row(table: str, values: Sequence[Any]) -> dict[str, Any]:
    known = TABLES[table]
    row = dict(zip((*known.key, *known.columns), values, strict=True))
    for name in known.json:
        row[name] = json.loads(row[name])
    for name in known.hex:
        if row[name] is not None:
            row[name] = row[name].hex()
    return row
