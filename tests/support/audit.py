"""Recomputes the figures of a journal with SQL of its own; knows nothing of the plugin.

The standard library's sqlite3 and the till's apsw are two copies of SQLite: never both on one file
at a time in one process. Call these on a journal that nobody has open.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

# Each returns rows only where something does not add up; whole pieces only (no weighed goods).
LAWS = {
    "a line is worth price times pieces": """
        SELECT receipt, position FROM receipt_line
        WHERE gross_minor <> unit_price_minor * (quantity_milli / 1000)
            OR quantity_milli % 1000 <> 0""",
    "a line pays gross less what the promotions gave on it": """
        SELECT l.receipt, l.position FROM receipt_line AS l
        LEFT JOIN (SELECT receipt, position, sum(discount_minor) AS given FROM promotion_result
            GROUP BY receipt, position) AS p USING (receipt, position)
        WHERE l.paid_minor <> l.gross_minor - coalesce(p.given, 0)
            OR l.discount_minor <> coalesce(p.given, 0) OR l.host_difference_minor <> 0""",
    "a discount is never below nothing nor above the price": """
        SELECT receipt, position FROM receipt_line
        WHERE quantity_milli > 0 AND (discount_minor < 0 OR discount_minor > gross_minor)
            OR quantity_milli <= 0 AND discount_minor <> 0
            OR NOT discountable AND discount_minor <> 0""",
    "a receipt is the sum of its lines": """
        SELECT r.seq FROM receipt AS r JOIN (SELECT receipt, sum(gross_minor) AS gross,
            sum(paid_minor) AS paid FROM receipt_line GROUP BY receipt) AS l ON l.receipt = r.seq
        WHERE r.gross_minor <> l.gross OR r.total_minor <> l.paid
            OR r.discount_minor <> l.gross - l.paid OR r.evaluated_total_minor <> l.paid""",
    "discounts carry the VAT rate of their line": """
        SELECT p.receipt, p.position FROM promotion_result AS p
        JOIN receipt_line AS l USING (receipt, position) WHERE p.vat_rate_bp <> l.vat_rate_bp""",
    "what head office is told is what was booked": """
        SELECT r.seq FROM receipt AS r JOIN event AS e USING (seq)
        WHERE r.gross_minor <> json_extract(e.line, '$.body.receipt.gross_minor')
            OR r.discount_minor <> json_extract(e.line, '$.body.receipt.discount_minor')
            OR r.total_minor <> json_extract(e.line, '$.body.receipt.total_minor')
            OR (SELECT sum(paid_minor) FROM receipt_line WHERE receipt = r.seq) <> (SELECT
                sum(json_extract(value, '$.paid_minor')) FROM json_each(e.line, '$.body.lines'))""",
    "the till's own balance is its ledger": """
        SELECT l.seq FROM ledger_entry AS l LEFT JOIN own_entry AS o
            ON o.customer = l.customer AND o.key = l.program AND o.seq = l.seq
        WHERE o.delta IS NOT l.delta""",
}


@dataclass(frozen=True)
class Earning:
    """What a programme gives: so many points per value paid, some categories left out."""

    account: str
    points: int
    per_value_minor: int
    not_in: str = ""


# Points follow what was paid for the goods sold, rounded down once a receipt; returns earn nothing.
_EARNED = """
    SELECT r.seq, p.earned, coalesce(l.delta, 0) FROM receipt AS r JOIN (
        SELECT receipt, sum(paid_minor) * :points / :per_value_minor AS earned FROM receipt_line
        WHERE quantity_milli > 0
            AND NOT EXISTS (SELECT 1 FROM json_each(categories) WHERE value = :not_in)
        GROUP BY receipt) AS p ON p.receipt = r.seq
    LEFT JOIN ledger_entry AS l ON l.seq = r.seq AND l.program = :account
    WHERE r.customer IS NOT NULL"""


def broken_laws(journal: Path, *earnings: Earning) -> dict[str, list[tuple[Any, ...]]]:
    """Return every law that does not hold, with the places where it does not."""
    with closing(_open(journal)) as connection:
        found = {law: connection.execute(sql).fetchall() for law, sql in LAWS.items()}
        for earning in earnings:
            rows = connection.execute(_EARNED, vars(earning)).fetchall()
            found[f"{earning.account} follow what was paid"] = [
                row for row in rows if row[1] != row[2]
            ]
    return {law: places for law, places in found.items() if places}


def figures(journal: Path) -> dict[str, Any]:
    """Return the sums of a journal, from its lines, discounts and ledger alone."""
    with closing(_open(journal)) as connection:
        lines, gross_minor, paid_minor = connection.execute(
            "SELECT count(*), sum(unit_price_minor * (quantity_milli / 1000)), sum(paid_minor) "
            "FROM receipt_line"
        ).fetchone()
        receipts, optimal = connection.execute(
            "SELECT count(*), sum(optimal) FROM receipt"
        ).fetchone()
        (given_minor,) = connection.execute(
            "SELECT coalesce(sum(discount_minor), 0) FROM promotion_result"
        ).fetchone()
        vat = connection.execute(
            "SELECT vat_rate_bp, sum(gross_minor), sum(gross_minor) - sum(paid_minor), "
            "sum(paid_minor) FROM receipt_line GROUP BY vat_rate_bp ORDER BY vat_rate_bp"
        ).fetchall()
        earned = connection.execute(
            "SELECT program, sum(delta) FROM ledger_entry GROUP BY program"
        ).fetchall()
        promotions = connection.execute(
            "SELECT promotion, count(DISTINCT receipt), sum(discount_minor) FROM promotion_result "
            "GROUP BY promotion"
        ).fetchall()
    names = ("vat_rate_bp", "gross_minor", "discount_minor", "paid_minor")
    return {
        "receipts": receipts,
        "lines": lines,
        "gross_minor": gross_minor,
        "discount_minor": given_minor,
        "total_minor": paid_minor,
        "optimal": optimal,
        "vat": [dict(zip(names, row, strict=True)) for row in vat],
        "earned": dict(earned),
        "promotions": {
            name: {"receipts": used, "discount_minor": minor} for name, used, minor in promotions
        },
    }


def gross_by_receipt(journal: Path) -> dict[str, int]:
    """Return the gross of each receipt by its number."""
    with closing(_open(journal)) as connection:
        return dict(connection.execute("SELECT receipt_number, gross_minor FROM receipt"))


def tamper(journal: Path, table: str, change: str) -> None:
    """Change one row of a copy, past the triggers that refuse it."""
    with closing(sqlite3.connect(journal)) as connection, connection:
        connection.execute(f"DROP TRIGGER {table}_is_not_changed")
        changed = connection.execute(f"UPDATE {table} SET {change}")  # noqa: S608
        assert changed.rowcount == 1


def _open(journal: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{journal}?mode=ro", uri=True)
