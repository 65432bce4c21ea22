"""What the till knows already, as rows of the wire: an import changes it and says how."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from pos_plugin.storage.cache_rows import CacheRows
from sync_agent.imports.tables_of_till import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from types import TracebackType
    from typing import Self


class Stored:
    """The rows of the cache; without a cache there are none."""

    def __init__(self, data_dir: Path) -> None:
        self._cache = CacheRows.open(data_dir)
        self._empty: dict[str, bool] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._cache is not None:
            self._cache.close()

    def row(self, table: str, key: Sequence[str | int]) -> dict[str, Any] | None:
        """Return a row by its key, or None."""
        if self._cache is None or self._is_empty(table):
            return None
        found = self._cache.row(table, key)
        return None if found is None else _with_booleans(table, found)

    def _is_empty(self, table: str) -> bool:
        """Say whether a table has no row; while an import looks, nobody else writes."""
        if table not in self._empty:
            self._empty[table] = self._cache is None or self._cache.is_empty(table)
        return self._empty[table]

    def rows(self, table: str) -> Iterator[dict[str, Any]]:
        """Yield every row of a table."""
        if self._cache is not None:
            for found in self._cache.rows(table):
                yield _with_booleans(table, found)


def _with_booleans(table: str, row: dict[str, Any]) -> dict[str, Any]:
    for name in _booleans(table):
        row[name] = bool(row[name])
    return row


@cache
def _booleans(table: str) -> tuple[str, ...]:
    properties = TABLES[table].row.json_schema()["properties"]
    return tuple(name for name, schema in properties.items() if schema.get("type") == "boolean")
