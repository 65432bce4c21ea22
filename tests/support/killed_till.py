"""A till process that dies while it books: ``killed_till.py FOLDER STATEMENT [torn]``.

Sells once with card and voucher; ``kill -9`` by itself before the given SQL statement of the
booking. ``torn`` is the negative control: every statement is its own transaction.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from till_builder import NOON, card_number

from pos_plugin import Plugin
from pos_plugin.clock import SettableClock
from pos_plugin.storage.journal_writer import JournalWriter

if TYPE_CHECKING:
    from collections.abc import Iterator

    import apsw

SALE_ID = "S1"
COMPLETION = {"tenders": [{"tender": "cash", "amount_minor": 7199}], "receipt_number": "1"}


def snapshot(customer: dict[str, Any]) -> dict[str, Any]:
    """The sale; the same in every process."""
    return {
        "sale_id": SALE_ID,
        "at": NOON.isoformat(),
        "customer": customer,
        "lines": [
            {"line_id": "1", "sku": "4711", "quantity_milli": 1000, "unit_price_minor": 7999}
        ],
    }


class TornJournal(JournalWriter):
    """Negative control: no transaction around what belongs together."""

    @contextmanager
    def transaction(self) -> Iterator[apsw.Connection]:
        with self.reading() as connection:
            yield connection


def main() -> None:
    folder, statement, *torn = sys.argv[1:]
    started = 0
    plugin = Plugin.open(f"{folder}/till.toml", clock=SettableClock(NOON))
    journal: Any = plugin._till.journal
    if torn:
        journal.__class__ = TornJournal
    known = plugin.scan(card_number(1)).to_dict()
    plugin.sales.evaluate(snapshot(known["customer"]))

    def count(_cursor: object, _sql: str, _bindings: object) -> bool:
        nonlocal started
        started += 1
        if started == int(statement):
            os.kill(os.getpid(), signal.SIGKILL)
        return True

    journal._connection.exec_trace = count
    plugin.sales.complete(SALE_ID, COMPLETION)
    print(started)  # noqa: T201 - how many statements a booking has
    journal._connection.exec_trace = None
    plugin.close()


if __name__ == "__main__":
    main()
