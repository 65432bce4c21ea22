"""What the journal knows for the classes: receipts, voids, returns and rentals as facts.

Every fact has the shop day since which it is known; nothing is ever taken back from the past.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

from pos_plugin.loyalty.class_history import Fact

if TYPE_CHECKING:
    from collections.abc import Iterator

    import apsw

# Days of voids and returns stand in their events: the shop day, whatever the time zone of today.
# None of it comes from outside.
_DAY: Final = "json_extract(CAST(line AS TEXT), '$.body.business_on')"

_FACTS: Final = (
    # customer, counted_on, known_on, rentals, presence, turnover_minor
    """SELECT customer, business_on, business_on, 0, 1, turnover_minor FROM receipt
        WHERE customer IS NOT NULL""",
    f"""SELECT customer, business_on, {_DAY}, 0, -1, -turnover_minor
        FROM sale_void JOIN receipt ON receipt.seq = sale_void.receipt
        JOIN event ON event.seq = sale_void.seq WHERE customer IS NOT NULL""",  # noqa: S608
    f"""SELECT customer, {_DAY}, {_DAY}, 0, 0, -return_receipt.turnover_minor
        FROM return_receipt JOIN receipt USING (sale_id)
        JOIN event ON event.seq = return_receipt.seq WHERE customer IS NOT NULL""",  # noqa: S608
    """SELECT customer, counted_on, counted_on, 1, 1, 0 FROM rental
        WHERE customer IS NOT NULL""",
    """SELECT customer, counted_on, cancelled_on, -1, -1, 0 FROM rental
        WHERE customer IS NOT NULL AND cancelled_on IS NOT NULL""",
)


def facts(journal: apsw.Connection) -> Iterator[Fact]:
    """Yield everything that counts for a class, in no order.

    Args:
        journal: of a till, for reading.
    """
    for sql in _FACTS:
        rows: Any = journal.execute(sql)
        for customer, counted_on, known_on, rentals, presence, turnover_minor in rows:
            yield Fact(
                customer,
                dt.date.fromisoformat(counted_on),
                dt.date.fromisoformat(known_on),
                rentals=rentals,
                presence=presence,
                turnover_minor=turnover_minor,
            )
