"""What the rows of the cache add up to, table by table (sync.md 5.1).

The sum of a table moves in the transaction of its rows. It is compared with that of head office
when a log has come to its end, and counted again from the rows at night.
"""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from pos_plugin.row_sum import MODULUS, UNCOUNTED, row_sum, sum_text
from pos_plugin.storage.cache_schema import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import apsw

BOOLS: Final = frozenset(
    {"markdown", "discountable", "customer_bound", "transferable", "multi_use", "partial"}
)
"""Columns that hold true or false on the wire and 1 or 0 in the file."""


@cache
def _counted(name: str) -> tuple[str, ...]:
    table = TABLES[name]
    return tuple(column for column in (*table.key, *table.columns) if column != UNCOUNTED)


_SELECT: Final = {name: f"SELECT {', '.join(_counted(name))} FROM {name}" for name in TABLES}  # noqa: S608 - own names


class TableSums:
    """Collects what a transaction changes, then writes it in one go.

    Args:
        connection: of the writer.
    """

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._changed: dict[str, int] = {}

    def begin(self) -> None:
        """Forget what an earlier transaction collected and did not write."""
        self._changed.clear()

    def begin_log(self) -> None:
        """Start all sums at zero: the first page of a log follows."""
        self._connection.execute("DELETE FROM table_sum")
        self._connection.executemany(
            "INSERT INTO table_sum (name, sum, is_comparable) VALUES (?, ?, 1)",
            [(name, sum_text(0)) for name in TABLES],
        )

    def take_out(self, name: str, where: str, values: Sequence[Any]) -> None:
        """Count rows that are about to go or to be written over; ``where`` is our own text."""
        for row in stored_rows(self._connection, name, where, values):
            self._add(name, -row_sum(name, row))

    def put_in(self, name: str, row: Mapping[str, Any]) -> None:
        """Count a row of the wire that was written."""
        known = {column: row[column] for column in _counted(name)}
        self._add(name, row_sum(name, known))

    def write(self, foreign: Iterable[str] = ()) -> None:
        """Write what was collected.

        Args:
            foreign: tables of which head office sends more columns than this version knows; their
                sums can be compared no more.
        """
        for name, change in self._changed.items():
            here: Any = self._connection.execute(
                "SELECT sum FROM table_sum WHERE name = ?", (name,)
            ).get
            if here is not None and change % MODULUS:
                self._connection.execute(
                    "UPDATE table_sum SET sum = ? WHERE name = ?",
                    (sum_text(int(here, 16) + change), name),
                )
        self._changed.clear()
        self._connection.executemany(
            "UPDATE table_sum SET is_comparable = 0 WHERE name = ?", [(name,) for name in foreign]
        )

    def _add(self, name: str, change: int) -> None:
        self._changed[name] = self._changed.get(name, 0) + change


def kept_sums(connection: apsw.Connection) -> dict[str, str]:
    """Return table to sum of all tables that can be compared; none before a first page."""
    rows = connection.execute("SELECT name, sum FROM table_sum WHERE is_comparable = 1")
    return {str(name): str(kept) for name, kept in rows}


def wrong_tables(connection: apsw.Connection) -> list[str]:
    """Return the tables whose rows do not add up to what was kept; the nightly count."""
    wrong = []
    # One view of sums and rows, however many pages arrive meanwhile.
    connection.execute("BEGIN")
    try:
        for name, kept in sorted(kept_sums(connection).items()):
            counted = sum(row_sum(name, row) for row in stored_rows(connection, name, "1", ()))
            if sum_text(counted) != kept:
                wrong.append(name)
    finally:
        connection.execute("COMMIT")
    return wrong


def stored_rows(
    connection: apsw.Connection, name: str, where: str, values: Sequence[Any]
) -> Iterator[dict[str, Any]]:
    """Give rows of the cache as they were on the wire, without ``folded``."""
    table, columns = TABLES[name], _counted(name)
    for row in connection.execute(f"{_SELECT[name]} WHERE {where}", tuple(values)):
        yield {
            column: _wire(value, column, is_json=column in table.json)
            for column, value in zip(columns, row, strict=True)
        }


def _wire(value: Any, column: str, *, is_json: bool) -> Any:  # noqa: ANN401 - what SQLite gives
    if is_json:
        return json.loads(value)
    if isinstance(value, bytes):
        return value.hex()
    return bool(value) if column in BOOLS else value
