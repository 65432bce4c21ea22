"""Recomputes what a shop owes its customers with SQL of its own; knows nothing of the plugin.

From receipts, returns and voids alone, for a shop where every receipt of a customer earns so many
units per value paid, rounded down; never from the ledger, whose sums it is held against. Call it on
files that nobody has open.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# What a receipt earns on: the goods it sold; what came back of them takes its share along.
_BOUGHT = """
    SELECT r.seq, r.customer, r.business_on,
        (SELECT sum(paid_minor) FROM receipt_line
            WHERE receipt = r.seq AND quantity_milli > 0) AS paid_minor,
        (SELECT coalesce(sum(b.refund_minor), 0) FROM return_receipt AS b
            WHERE b.receipt = r.seq) AS back_minor
    FROM receipt AS r
    WHERE r.customer IS NOT NULL AND r.seq NOT IN (SELECT receipt FROM sale_void)"""
_PAID_OUT = """
    SELECT customer, sum(value_minor) FROM voucher WHERE "trigger" = 'bonus_paid_out'
    GROUP BY customer"""
# A use counts until it is given back; then the voucher is worth what it was before.
_OPEN = """
    SELECT v.customer, v.value_minor - coalesce(sum(u.amount_minor + u.lapsed_minor), 0) AS open
    FROM voucher AS v
    LEFT JOIN voucher_event AS u ON u.voucher = v.id AND u.kind = 'redeemed' AND NOT EXISTS (
        SELECT 1 FROM voucher_event AS b WHERE b.voucher = v.id AND b.kind = 'rolled_back'
            AND b.receipt = u.receipt)
    WHERE v.valid_to_on >= :on AND NOT EXISTS (
        SELECT 1 FROM voucher_event AS c WHERE c.voucher = v.id AND c.kind = 'cancelled')
    GROUP BY v.id HAVING open > 0"""


def owed(
    journal: Path, *, units: int, per_value_minor: int, on: dt.date, expires_after: int | None
) -> dict[str, int]:
    """Return by customer what the receipts earned and nobody took back, before any pay-out.

    Args:
        journal: of the till.
        units: points, or minor units (cents) of bonus money, per value.
        per_value_minor: the value, in minor units (cents).
        on: shop day.
        expires_after: days; None = it never expires.
    """
    with closing(_open(journal)) as db:
        rows = db.execute(_BOUGHT).fetchall()
    found: dict[str, int] = {}
    for _, customer, business_on, paid_minor, back_minor in rows:
        if not paid_minor:
            continue
        bought_on = dt.date.fromisoformat(business_on)
        if expires_after is not None and bought_on + dt.timedelta(days=expires_after) < on:
            continue
        earned = paid_minor * units // per_value_minor
        taken = earned * back_minor // paid_minor
        found[customer] = found.get(customer, 0) + earned - taken
    return {customer: amount for customer, amount in found.items() if amount}


def paid_out(journal: Path) -> dict[str, int]:
    """Return by customer what was paid out as vouchers, in minor units (cents)."""
    with closing(_open(journal)) as db:
        return dict(db.execute(_PAID_OUT).fetchall())


def open_vouchers(journal: Path, on: dt.date) -> dict[str, int]:
    """Return by customer what can still be used of vouchers on a day, in minor units (cents)."""
    found: dict[str, int] = {}
    with closing(_open(journal)) as db:
        for customer, open_minor in db.execute(_OPEN, {"on": on.isoformat()}):
            found[customer] = found.get(customer, 0) + open_minor
    return found


def _open(journal: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{journal}?mode=ro", uri=True)
