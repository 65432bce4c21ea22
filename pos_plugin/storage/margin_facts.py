"""What the journal knows for classes by margin: lines of receipts, voids and returns.

Read line by line: a till of years has more lines than its agent may hold in memory.
"""

from __future__ import annotations

import datetime as dt
import json
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from pos_plugin.loyalty.margin import BroughtBack, Charged, ChargedLine, PurchasePrice
from pos_plugin.model import line_kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import apsw

_LINE: Final = "line.sku, line.tags, line.quantity_milli, line.paid_minor, line.vat_rate_bp"
# The shop day of an event, whatever the time zone of today (see class_facts).
_DAY: Final = "json_extract(CAST(event.line AS TEXT), '$.body.business_on')"
_SOLD: Final = f"""SELECT seq, customer, business_on, business_on, {_LINE}
    FROM receipt JOIN receipt_line AS line ON line.receipt = receipt.seq
    WHERE customer IS NOT NULL ORDER BY seq, position"""  # noqa: S608 - own names
_VOIDED: Final = f"""SELECT receipt.seq, customer, business_on, {_DAY}, {_LINE}
    FROM sale_void JOIN receipt ON receipt.seq = sale_void.receipt
    JOIN event ON event.seq = sale_void.seq
    JOIN receipt_line AS line ON line.receipt = receipt.seq
    WHERE customer IS NOT NULL ORDER BY receipt.seq, position"""  # noqa: S608 - own names
_BACK: Final = f"""SELECT customer, receipt.seq, line.line_id, business_on, {_DAY}, {_LINE},
        return_line.quantity_milli, return_line.refund_minor
    FROM return_receipt JOIN event ON event.seq = return_receipt.seq
    JOIN return_line ON return_line.seq = return_receipt.seq
    JOIN receipt ON receipt.sale_id = return_receipt.sale_id
    JOIN receipt_line AS line ON line.receipt = receipt.seq AND line.line_id = return_line.line_id
    WHERE customer IS NOT NULL ORDER BY return_receipt.seq"""  # noqa: S608 - own names


def deals(journal: apsw.Connection) -> Iterator[Charged | BroughtBack]:
    """Yield receipts, then voids, then returns of customers.

    Args:
        journal: of a till, for reading.
    """
    for sql in (_SOLD, _VOIDED):
        rows: Any = journal.execute(sql)
        for (_, customer, sold_on, known_on), lines in groupby(rows, key=lambda row: row[:4]):
            yield Charged(
                customer,
                dt.date.fromisoformat(sold_on),
                dt.date.fromisoformat(known_on),
                [_line(line[4:]) for line in lines],
                is_void=sql is _VOIDED,
            )
    back: Any = journal.execute(_BACK)
    for customer, sale, line_id, sold_on, returned_on, *line, quantity_milli, refund_minor in back:
        yield BroughtBack(
            customer,
            sale,
            line_id,
            dt.date.fromisoformat(sold_on),
            dt.date.fromisoformat(returned_on),
            _line(line),
            quantity_milli,
            refund_minor,
        )


def purchase_prices(cache: apsw.Connection) -> list[PurchasePrice]:
    """Return the purchase prices that a till without head office was given.

    Args:
        cache: for reading.
    """
    rows: Any = cache.execute("SELECT sku, since_on, purchase_price_minor FROM purchase_price")
    return [PurchasePrice(sku, dt.date.fromisoformat(on), minor) for sku, on, minor in rows]


def _line(values: Sequence[Any]) -> ChargedLine:
    sku, tags, quantity_milli, paid_minor, vat_rate_bp = values
    return ChargedLine(sku, line_kind(json.loads(tags)), quantity_milli, paid_minor, vat_rate_bp)
