"""Reads whole tables of ``journal.db`` for exports; read-only."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pos_plugin.storage.connect import JOURNAL_NAME, open_journal_reader
from pos_plugin.storage.faults import mapped

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    import apsw

_AT_ONCE: Final = 1_000  # rows of one read transaction
# Table, its order, and the day by which one asks; hashes of codes are of no use outside.
_TABLES: Final = {
    "ledger": ("ledger_entry", "seq, id", "business_on"),
    "receipts": ("receipt", "seq", "business_on"),
    "vouchers": ("voucher", "issued_seq, id", "substr(issued_at, 1, 10)"),
}


class ReceiptLine(NamedTuple):
    """A line as it was charged, in minor units (cents); of a return both amounts are negative."""

    sale_id: str
    receipt_number: str | None
    business_on: str
    completed_at: str
    position: int
    sku: str
    quantity_milli: int
    vat_rate_bp: int
    gross_minor: int
    discount_minor: int
    paid_minor: int


class JournalExport:
    """One read-only connection to the journal of a data folder."""

    def __init__(self, connection: apsw.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path

    @classmethod
    def open(cls, data_dir: Path) -> JournalExport | None:
        """Return a reader, or None while the till has not created its journal.

        Raises:
            StorageError: there is a journal and it cannot be read.
        """
        connection = open_journal_reader(data_dir)
        return None if connection is None else cls(connection, data_dir / JOURNAL_NAME)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()

    def rows(self, name: str, from_on: str, to_on: str) -> Iterator[dict[str, Any]]:
        """Yield the rows of ``ledger``, ``receipts`` or ``vouchers`` between two days, included."""
        table, order, day = _TABLES[name]
        place = 0
        while True:
            with mapped(self._path):
                found: list[Any] = self._connection.execute(
                    f"SELECT * FROM {table} WHERE {day} BETWEEN ? AND ? "  # noqa: S608 - own names
                    f"ORDER BY {order} LIMIT {_AT_ONCE} OFFSET ?",
                    (from_on, to_on, place),
                ).fetchall()
                names = _names(self._connection, table)
            for values in found:
                yield {
                    name: value
                    for name, value in zip(names, values, strict=True)
                    if not isinstance(value, bytes)
                }
            place += len(found)
            if len(found) < _AT_ONCE:
                return

    @contextmanager
    def reading(self) -> Iterator[apsw.Connection]:
        """Lend the connection to look something up."""
        with mapped(self._path):
            yield self._connection

    def local_customers(self) -> list[str]:
        """Return the ids of customers that were made or changed at this till."""
        with mapped(self._path):
            rows = self._connection.execute("SELECT id FROM local_customer ORDER BY id").fetchall()
        return [str(customer) for (customer,) in rows]

    def lines(self, from_on: str, to_on: str) -> Iterator[ReceiptLine]:
        """Yield every line of the receipts between two shop days, included, in their order."""
        after = (0, -1)
        while True:
            with mapped(self._path):
                found: list[Any] = self._connection.execute(
                    "SELECT seq, sale_id, receipt_number, business_on, completed_at, position, "
                    "sku, quantity_milli, vat_rate_bp, line.gross_minor, line.discount_minor, "
                    "line.paid_minor FROM receipt JOIN receipt_line AS line ON line.receipt = seq "
                    "WHERE business_on BETWEEN ? AND ? AND (seq, position) > (?, ?) "
                    "ORDER BY seq, position LIMIT ?",
                    (from_on, to_on, *after, _AT_ONCE),
                ).fetchall()
            for _, *values in found:
                yield ReceiptLine(*values)
            if len(found) < _AT_ONCE:
                return
            after = (found[-1][0], found[-1][5])


def _names(connection: apsw.Connection, table: str) -> list[str]:
    """Return the columns of a table, in its order."""
    rows = connection.execute("SELECT name FROM pragma_table_info(?)", (table,))
    return [str(name) for (name,) in rows]
