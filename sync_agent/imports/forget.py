"""An erased customer leaves ``imports/`` for good (Art. 17 GDPR).

Every line that names the customer becomes empty, whatever it is about; the other lines keep their
place. Then a mark is kept, a hash of the id that names nobody: a file that still holds the customer
does not bring the person back.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from pos_plugin.clock import utc_text
from sync_agent.imports.one_at_a_time import alone
from sync_agent.imports.shelf import ERASE, MARK, Shelf

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Mapping
    from pathlib import Path


def erased_mark(customer: str) -> str:
    """Return by what an erased customer is known again without being named."""
    return hashlib.sha256(customer.encode()).hexdigest()


def erased_marks(shelf: Shelf) -> frozenset[str]:
    """Return the marks of everybody who was erased here."""
    return frozenset(
        row["mark"]
        for entry in shelf.entries()
        if entry.kind == ERASE
        for _, op, _, row in shelf.changes(entry)
        if op == MARK
    )


def forget_customers(data_dir: Path, customers: Collection[str], *, at: dt.datetime) -> int:
    """Rewrite ``imports/`` without these customers; return how many lines were emptied.

    Safe to repeat, and against kill -9: the marks come last, so that a call that did not end is
    done again. The cache is the caller's matter.

    Args:
        data_dir: of the till.
        customers: their ids.
        at: the instant.

    Raises:
        ImportRefused: an import is under way; call again.
        StorageError: an entry cannot be read; what was rewritten stays so.
    """
    with alone(data_dir):
        shelf = Shelf(data_dir)
        known = erased_marks(shelf)
        gone = {customer for customer in customers if erased_mark(customer) not in known}
        if not gone:
            return 0

        def names_one(table: str, row: Mapping[str, Any]) -> bool:
            return row.get("customer") in gone or (table == "customer" and row.get("id") in gone)

        emptied = shelf.forget(names_one)
        with shelf.draft() as draft:
            for customer in sorted(gone):
                draft.add(MARK, "customer", {"mark": erased_mark(customer)})
            shelf.keep(draft, kind=ERASE, name=ERASE, taken_at=utc_text(at))
    return emptied
