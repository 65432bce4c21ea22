"""Recomputes accounts and vouchers from a journal with SQL of its own; knows nothing of the plugin.

Opened with the standard library's sqlite3: never while this process has the journal open through
the till's apsw, which is another copy of SQLite.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

SPENDING = ("redeem", "payout")
_ENTRIES = """
    SELECT id, customer, program, kind, delta, lot, matures_on, coalesce(expires_on, '9999-12-31'),
        business_on
    FROM ledger_entry ORDER BY rowid"""
_OWN = """
    SELECT customer, key, sum(delta) FROM own_entry
    WHERE key IN (SELECT program FROM ledger_entry) GROUP BY customer, key"""
# A voucher is worth what was given for it, less what was used and given back of it.
_VOUCHERS = """
    SELECT v.id, v.state, v.balance_minor, v.value_minor - v.reduced_minor - coalesce(used.minor, 0)
    FROM voucher AS v LEFT JOIN (
        SELECT voucher, sum(CASE kind WHEN 'redeemed' THEN amount_minor + lapsed_minor
            WHEN 'rolled_back' THEN -amount_minor ELSE 0 END) AS minor
        FROM voucher_event GROUP BY voucher) AS used ON used.voucher = v.id
    WHERE v.state <> 'planned'"""
_USES = """
    SELECT voucher, sum(CASE kind WHEN 'redeemed' THEN 1 WHEN 'rolled_back' THEN -1 ELSE 0 END)
    FROM voucher_event WHERE voucher IN (SELECT id FROM voucher WHERE value_minor IS NULL)
    GROUP BY voucher"""
_RETURNED = """
    SELECT r.sale_id, l.line_id FROM receipt AS r JOIN receipt_line AS l ON l.receipt = r.seq
    JOIN return_receipt AS b ON b.receipt = r.seq
    JOIN return_line AS bl ON bl.seq = b.seq AND bl.line_id = l.line_id
    GROUP BY r.seq, l.line_id
    HAVING sum(bl.quantity_milli) > max(l.quantity_milli)
        OR sum(bl.refund_minor) > max(l.paid_minor)"""


@dataclass
class Lot:
    """What is left of an earning, in the account's unit; days as ISO 8601 text."""

    matures_on: str
    expires_on: str
    left: int = 0

    def usable(self, on: str) -> bool:
        return self.matures_on <= on <= self.expires_on


@dataclass
class Audit:
    """What a journal says of accounts and vouchers.

    Args:
        sums: by customer and programme, of the entries.
        own: the same of what the till adds to the number of head office.
        lots: by customer and programme, by lot id.
        faults: entries that no till may write.
        vouchers: state by voucher id, and what is left of its value.
        uses: how often a coupon counts as used now.
        returned: lines of which more came back than was sold or paid.
    """

    sums: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    own: dict[tuple[str, str], int] = field(default_factory=dict)
    lots: dict[tuple[str, str], dict[str, Lot]] = field(default_factory=lambda: defaultdict(dict))
    faults: list[str] = field(default_factory=list)
    vouchers: dict[str, tuple[str, int | None]] = field(default_factory=dict)
    uses: dict[str, int] = field(default_factory=dict)
    returned: list[Any] = field(default_factory=list)

    def available(self, customer: str, program: str, on: str) -> int:
        """Return what can be spent on a day, of an account in which nothing expires."""
        lots = self.lots.get((customer, program), {}).values()
        usable = sum(lot.left for lot in lots if lot.left > 0 and lot.usable(on))
        return max(0, usable + sum(lot.left for lot in lots if lot.left < 0))

    def liability(self, program: str, on: str) -> int:
        """Return what all customers together hold on a day, mature or not."""
        return sum(
            lot.left
            for (_, name), lots in self.lots.items()
            for lot in lots.values()
            if name == program and lot.expires_on >= on
        )


def audit(journal: Path) -> Audit:
    """Return what the entries and vouchers of a journal add up to."""
    found = Audit()
    with closing(sqlite3.connect(f"file:{journal}?mode=ro", uri=True)) as db:
        for row in db.execute(_ENTRIES):
            _take(found, *row)
        found.own = {(customer, key): delta for customer, key, delta in db.execute(_OWN)}
        for voucher, state, balance_minor, left_minor in db.execute(_VOUCHERS):
            found.vouchers[voucher] = (state, left_minor)
            if balance_minor != left_minor:
                found.faults.append(f"{voucher} has {balance_minor}, its events say {left_minor}")
        found.uses = dict(db.execute(_USES))
        found.returned = db.execute(_RETURNED).fetchall()
    return found


def _take(
    found: Audit,
    entry: str,
    customer: str,
    program: str,
    kind: str,
    delta: int,
    lot_id: str,
    matures_on: str,
    expires_on: str,
    on: str,
) -> None:
    account = found.lots[customer, program]
    lot = account.setdefault(lot_id, Lot(matures_on, expires_on))
    if kind in SPENDING:
        earlier = [
            one
            for one in account.values()
            if one.left > 0
            and one.usable(on)
            and (one.expires_on, one.matures_on) < (lot.expires_on, lot.matures_on)
        ]
        if earlier:
            found.faults.append(f"{entry} takes from {lot_id}, an earlier lot is there")
        if not lot.usable(on):
            found.faults.append(f"{entry} takes from {lot_id} on {on}, where it is not usable")
        if lot.left + delta < 0:
            found.faults.append(f"{entry} takes {-delta} of {lot.left} from {lot_id}")
    lot.left += delta
    found.sums[customer, program] += delta
