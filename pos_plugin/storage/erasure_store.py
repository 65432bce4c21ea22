"""Takes a person out of the journal: what is personal is deleted, every fact and sum stays.

Receipts, entries and vouchers name customers by id only. With the rows below gone that id leads to
nobody: it is the surrogate under which they stay (domain.md L4).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from pos_plugin.clock import utc_text

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable

    from pos_plugin.storage.journal_lookup import Journal

_PERSONAL: Final = (
    ("event_private", "DELETE FROM event_private WHERE customer = ?"),
    ("local_customer_key", "DELETE FROM local_customer_key WHERE customer = ?"),
    ("local_customer", "DELETE FROM local_customer WHERE id = ?"),
    ("local_card", "DELETE FROM local_card WHERE customer = ?"),
)


def is_erased(journal: Journal, customer: str) -> bool:
    """Say whether a customer was erased at this till."""
    found = journal.execute("SELECT 1 FROM erasure WHERE customer = ?", (customer,)).get
    return found is not None


def knows_person(journal: Journal, customer: str) -> bool:
    """Say whether anything personal of a customer stands in the journal."""
    return any(
        journal.execute(
            f"SELECT 1 FROM {table} WHERE {column} = ? LIMIT 1",  # noqa: S608 - own names
            (customer,),
        ).get
        is not None
        for table, column in (("event_private", "customer"), ("local_customer", "id"))
    )


def erase(
    journal: Journal,
    customers: Iterable[str],
    *,
    give_up_papers: Callable[[Journal, str], int],
) -> dict[str, int]:
    """Delete what is personal of all ids of one person; return how many rows by table.

    Args:
        journal: of the running transaction.
        customers: the ids.
        give_up_papers: gives up the print jobs of a customer and empties their documents.
    """
    counts: dict[str, int] = {}
    for customer in customers:
        for table, statement in _PERSONAL:
            journal.execute(statement, (customer,))
            counts[table] = counts.get(table, 0) + journal.changes()
        counts["print_job"] = counts.get("print_job", 0) + give_up_papers(journal, customer)
        counts["suspended_sale"] = counts.get("suspended_sale", 0) + _erase_baskets(
            journal, customer
        )
    return counts


def note(journal: Journal, customers: Iterable[str], *, seq: int, at: dt.datetime) -> None:
    """Remember who was erased, so that the agent and later answers know."""
    journal.executemany(
        "INSERT OR IGNORE INTO erasure (customer, seq, erased_at) VALUES (?, ?, ?)",
        [(customer, seq, utc_text(at)) for customer in customers],
    )


def _erase_baskets(journal: Journal, customer: str) -> int:
    """Take the customer out of parked baskets: they hold the birthday."""
    rows: Any = journal.execute("SELECT sale_id, snapshot FROM suspended_sale").fetchall()
    count = 0
    for sale_id, text in rows:
        snapshot = json.loads(text)
        known = snapshot.get("customer")
        if isinstance(known, dict) and known.get("id") == customer:
            del snapshot["customer"]
            journal.execute(
                "UPDATE suspended_sale SET snapshot = ? WHERE sale_id = ?",
                (json.dumps(snapshot, ensure_ascii=False, separators=(",", ":")), sale_id),
            )
            count += 1
    return count


def goods_out(journal: Journal, customers: Iterable[str]) -> int:
    """Return how many pieces of the shop a customer still has: on approval or rented.

    Args:
        journal: of this till.
        customers: every id of one customer.
    """
    out = 0
    for customer in customers:
        count: Any = journal.execute(
            "SELECT (SELECT count(*) FROM approval JOIN approval_line AS line USING (number) "
            "WHERE customer = ?1 AND line.state = 'open') + (SELECT count(*) FROM rental "
            "WHERE customer = ?1 AND out_at IS NOT NULL AND returned_at IS NULL "
            "AND cancelled_at IS NULL)",
            (customer,),
        ).get
        out += count
    return out
