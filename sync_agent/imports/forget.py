"""What has to leave ``imports/`` for good; the other lines keep their place.

1. An erased customer (Art. 17 GDPR): every line that names the customer becomes empty, whatever it
   is about. Then a mark is kept, a hash of the id that names nobody: a file that still holds the
   customer does not bring the person back. Files that a watched folder kept go with the lines.
2. A purchase price that was put right: the new one is the price of that day.
3. Every customer and every purchase price once there is a head office: it has them, under ids of
   its own, so nobody could find here whom it erases.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from pos_plugin.clock import utc_text
from sync_agent.imports.lookout import ARTICLES, PERSONAL, drop_kept
from sync_agent.imports.one_at_a_time import alone
from sync_agent.imports.shelf import ERASE, MARK, RULES, Shelf
from sync_agent.imports.tables_of_till import PURCHASE_PRICE

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
        StorageError: an entry cannot be read, or a kept file not removed; the rest stays done.
    """
    with alone(data_dir):
        shelf = Shelf(data_dir)
        known = erased_marks(shelf)
        gone = {customer for customer in customers if erased_mark(customer) not in known}
        if not gone:
            return 0

        emptied = shelf.forget(lambda table, row, _: _named(table, row) in gone)
        drop_kept(data_dir, PERSONAL)
        with shelf.draft() as draft:
            for customer in sorted(gone):
                draft.add(MARK, "customer", {"mark": erased_mark(customer)})
            shelf.keep(draft, kind=ERASE, name=ERASE, taken_at=utc_text(at))
    return emptied


def forget_corrected_prices(shelf: Shelf) -> int:
    """Empty purchase prices that a later entry has put right; return how many lines it were.

    Safe to repeat: what a kill left is found again.

    Args:
        shelf: whose lock the caller holds.

    Raises:
        StorageError: an entry cannot be read; what was rewritten stays so.
    """
    newest: dict[tuple[str, str], int] = {}
    corrected: set[tuple[str, str, int]] = set()
    for entry in shelf.entries():
        if entry.kind in {RULES, ERASE}:
            continue
        for _, _, table, row in shelf.changes(entry):
            if table == PURCHASE_PRICE:
                price = (row["sku"], row["since_on"])
                if newest.get(price, entry.order) < entry.order:
                    corrected.add((*price, newest[price]))
                newest[price] = entry.order
    if not corrected:
        return 0
    return shelf.forget(
        lambda table, row, order: (
            table == PURCHASE_PRICE and (row["sku"], row["since_on"], order) in corrected
        )
    )


def forget_what_head_office_has(data_dir: Path) -> int:
    """Empty what names customers, and purchase prices; return how many lines it were.

    Safe to repeat, and against kill -9. What a watched folder kept of them goes, too.

    Args:
        data_dir: of a till that has a head office, whose rows are all in the cache.

    Raises:
        ImportRefused: an import is under way; call again.
        StorageError: an entry cannot be read, or a kept file not removed; the rest stays done.
    """
    drop_kept(data_dir, (ARTICLES, *PERSONAL))
    if not Shelf(data_dir).entries():
        return 0
    with alone(data_dir):
        return Shelf(data_dir).forget(
            lambda table, row, _: table == PURCHASE_PRICE or _named(table, row) is not None
        )


def _named(table: str, row: Mapping[str, Any]) -> object:
    """Return the customer that a row is about; None for goods, rules and the like."""
    return row.get("id") if table == "customer" else row.get("customer")
