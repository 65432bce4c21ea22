"""Tables of goods on approval: what went out, and every step of every piece."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pos_plugin.loyalty.approvals import APPROVAL_STEPS, LINE_STEPS

if TYPE_CHECKING:
    from collections.abc import Iterable


def _steps(table: str, allowed: Iterable[tuple[str | None, str]]) -> str:
    words = ", ".join(sorted(f"'{before}>{after}'" for before, after in allowed if before))
    return f"""CREATE TRIGGER {table}_step BEFORE UPDATE OF state ON {table}
        WHEN OLD.state <> NEW.state AND OLD.state || '>' || NEW.state NOT IN ({words})
        BEGIN SELECT RAISE(ABORT, '{table}: this step is not in the state table'); END"""


JOURNAL: Final = (
    # `sale_id`: under which its kept pieces are being sold; the receipt settles it.
    """CREATE TABLE approval (
        number TEXT PRIMARY KEY,
        customer TEXT NOT NULL,
        cashier TEXT,
        salesperson TEXT,
        due_on TEXT NOT NULL,
        price_guaranteed INTEGER NOT NULL CHECK (price_guaranteed IN (0, 1)),
        issued_at TEXT NOT NULL,
        seq INTEGER NOT NULL REFERENCES event (seq),
        state TEXT NOT NULL CHECK (state IN ('issued', 'settled')),
        sale_id TEXT
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX approval_of_customer ON approval (customer, state)",
    "CREATE INDEX approval_of_sale ON approval (sale_id) WHERE sale_id IS NOT NULL",
    """CREATE TABLE approval_line (
        number TEXT NOT NULL REFERENCES approval (number),
        position INTEGER NOT NULL,
        line_id TEXT NOT NULL,
        sku TEXT NOT NULL,
        quantity_milli INTEGER NOT NULL CHECK (quantity_milli > 0),
        price_at_issue_minor INTEGER NOT NULL,
        facts TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('open', 'returned', 'sold')),
        PRIMARY KEY (number, line_id)
    ) STRICT, WITHOUT ROWID""",
    # Receipts that sold pieces and are not followed yet: written with the receipt, by the ids of
    # its lines, whatever sale the pieces were said to be sold under.
    """CREATE TABLE approval_sale (
        number TEXT NOT NULL REFERENCES approval (number),
        receipt INTEGER NOT NULL REFERENCES receipt (seq),
        PRIMARY KEY (number, receipt)
    ) STRICT, WITHOUT ROWID""",
    # Where each piece was on any day: the last step until that day.
    """CREATE TABLE approval_step (
        number TEXT NOT NULL,
        line_id TEXT NOT NULL,
        seq INTEGER NOT NULL REFERENCES event (seq),
        state TEXT NOT NULL,
        business_on TEXT NOT NULL,
        PRIMARY KEY (number, line_id, seq)
    ) STRICT, WITHOUT ROWID""",
    _steps("approval", APPROVAL_STEPS),
    _steps("approval_line", LINE_STEPS),
    """CREATE TRIGGER approval_terms_stay
        BEFORE UPDATE OF number, customer, cashier, salesperson, due_on, price_guaranteed,
            issued_at, seq ON approval
        BEGIN SELECT RAISE(ABORT, 'approval: its terms never change'); END""",
    """CREATE TRIGGER approval_line_terms_stay
        BEFORE UPDATE OF number, position, line_id, sku, quantity_milli, price_at_issue_minor,
            facts ON approval_line
        BEGIN SELECT RAISE(ABORT, 'approval_line: its terms never change'); END""",
)
JOURNAL_FACTS: Final = ("approval_step",)
JOURNAL_KEPT: Final = ("approval", "approval_line")
