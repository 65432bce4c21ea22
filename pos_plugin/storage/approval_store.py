"""Goods on approval in ``journal.db``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from pos_plugin.loyalty.approvals import (
    ApprovalLine,
    ApprovalState,
    LineState,
    out_minor,
    told_lines,
)

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping

    from pos_plugin.storage.journal_lookup import Journal

NUMBERS = "approval"


class Approval(NamedTuple):
    """Goods that a customer took home to choose.

    Args:
        number: ``A-`` and nine digits.
        customer: its id.
        due_on: shop day on which they are expected back.
        price_guaranteed: what is kept costs no more than at issue.
        issued_at: instant, UTC.
        state: where it stands.
        sale_id: under which kept pieces are being sold, if they are.
        salesperson: who gave them.
        lines: the pieces, in their order.
    """

    number: str
    customer: str
    due_on: str
    price_guaranteed: bool
    issued_at: str
    state: str
    sale_id: str | None
    salesperson: str | None
    lines: tuple[ApprovalLine, ...]

    @property
    def open_lines(self) -> list[ApprovalLine]:
        """The pieces that are out."""
        return [line for line in self.lines if line.state == LineState.OPEN]


def state_of(approval: Approval) -> dict[str, Any]:
    """Return an approval as a host sees it."""
    return {
        "number": approval.number,
        "customer": approval.customer,
        "due_on": approval.due_on,
        "price_guaranteed": approval.price_guaranteed,
        "state": approval.state,
        "out_minor": out_minor(approval.lines),
        "lines": [
            {**told, "name": line.facts.get("name")}
            for told, line in zip(told_lines(approval.lines), approval.lines, strict=True)
        ],
    }


def add(journal: Journal, approval: Approval, *, seq: int, cashier: str | None) -> None:
    """Store an approval without its pieces.

    Args:
        journal: in the transaction of its event.
        approval: the new one.
        seq: number of the event.
        cashier: number of the cashier.
    """
    journal.execute(
        "INSERT INTO approval (number, customer, cashier, salesperson, due_on, price_guaranteed, "
        "issued_at, seq, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'issued')",
        (
            approval.number,
            approval.customer,
            cashier,
            approval.salesperson,
            approval.due_on,
            int(approval.price_guaranteed),
            approval.issued_at,
            seq,
        ),
    )


def add_lines(
    journal: Journal, number: str, lines: Iterable[ApprovalLine], *, seq: int, on: dt.date
) -> None:
    """Store pieces that go out.

    Args:
        journal: in the transaction of their event.
        number: of the approval.
        lines: the pieces.
        seq: number of the event.
        on: shop day.
    """
    first: Any = journal.execute(
        "SELECT coalesce(max(position) + 1, 0) FROM approval_line WHERE number = ?", (number,)
    ).get
    for position, line in enumerate(lines, first):
        journal.execute(
            "INSERT INTO approval_line (number, position, line_id, sku, quantity_milli, "
            "price_at_issue_minor, facts, state) VALUES (?, ?, ?, ?, ?, ?, ?, 'open')",
            (
                number,
                position,
                line.line_id,
                line.sku,
                line.quantity_milli,
                line.price_at_issue_minor,
                json.dumps(dict(line.facts), ensure_ascii=False),
            ),
        )
        _step(journal, number, line.line_id, LineState.OPEN, seq=seq, on=on)


def move(
    journal: Journal,
    number: str,
    line_ids: Iterable[str],
    state: LineState,
    *,
    seq: int,
    on: dt.date,
) -> None:
    """Let pieces take a step.

    Args:
        journal: in the transaction of their event.
        number: of the approval.
        line_ids: the pieces.
        state: where they are then.
        seq: number of the event.
        on: shop day.
    """
    for line_id in line_ids:
        journal.execute(
            "UPDATE approval_line SET state = ? WHERE number = ? AND line_id = ?",
            (state.value, number, line_id),
        )
        _step(journal, number, line_id, state, seq=seq, on=on)


def sell(journal: Journal, number: str, line_ids: Iterable[str], *, seq: int, on: dt.date) -> None:
    """Let pieces be sold; one that was said to be back was kept after all.

    Args:
        journal: in the transaction of their event.
        number: of the approval.
        line_ids: the pieces.
        seq: number of the event.
        on: shop day.
    """
    for line_id in line_ids:
        journal.execute(
            "UPDATE approval_line SET state = 'open' "
            "WHERE number = ? AND line_id = ? AND state = 'returned'",
            (number, line_id),
        )
        move(journal, number, [line_id], LineState.SOLD, seq=seq, on=on)


def _step(
    journal: Journal, number: str, line_id: str, state: LineState, *, seq: int, on: dt.date
) -> None:
    journal.execute(
        "INSERT INTO approval_step (number, line_id, seq, state, business_on) "
        "VALUES (?, ?, ?, ?, ?)",
        (number, line_id, seq, state.value, on.isoformat()),
    )


def settle(journal: Journal, number: str) -> None:
    """Close an approval of which nothing is out any more."""
    journal.execute(
        "UPDATE approval SET state = ? WHERE number = ?", (ApprovalState.SETTLED.value, number)
    )


def name_sale(journal: Journal, number: str, sale_id: str | None) -> None:
    """Keep under which sale the kept pieces are being sold; None = under none any more."""
    journal.execute("UPDATE approval SET sale_id = ? WHERE number = ?", (sale_id, number))


def find(journal: Journal, number: str) -> Approval | None:
    """Return an approval of this till."""
    found = _approvals(journal, "number = ?", (number,))
    return found[0] if found else None


def note_sale(journal: Journal, receipt: int, line_ids: Iterable[str]) -> list[str]:
    """Keep which approvals a receipt sells pieces of; return the lines that were sold before.

    Args:
        journal: in the transaction of the receipt, its lines stored.
        receipt: its number.
        line_ids: of the lines that sell something.
    """
    twice: list[str] = []
    for sold in line_ids:
        number, slash, line_id = sold.partition("/")
        state: Any = journal.execute(
            "SELECT state FROM approval_line WHERE number = ? AND line_id = ?", (number, line_id)
        ).get
        if not slash or state is None:
            continue
        waiting = journal.execute(
            "SELECT 1 FROM approval_sale JOIN receipt_line USING (receipt) "
            "WHERE number = ? AND line_id = ? AND receipt <> ?",
            (number, sold, receipt),
        ).get
        if state == LineState.SOLD or waiting is not None:
            twice.append(sold)
        journal.execute("INSERT OR IGNORE INTO approval_sale VALUES (?, ?)", (number, receipt))
    return twice


def being_sold(journal: Journal) -> list[tuple[Approval, int]]:
    """Return each approval with a receipt that sold pieces of it and is not followed yet."""
    # A settled one, too: its sale may be paid although the pieces were said to be back.
    rows: Any = journal.execute(
        "SELECT number, receipt FROM approval_sale ORDER BY receipt, number"
    ).fetchall()
    return [
        (approval, receipt)
        for number, receipt in rows
        if (approval := find(journal, number)) is not None
    ]


def followed(journal: Journal, number: str, receipt: int) -> None:
    """Forget a receipt whose pieces are known to be sold."""
    journal.execute("DELETE FROM approval_sale WHERE number = ? AND receipt = ?", (number, receipt))


def sold_in(journal: Journal, receipt: int) -> tuple[str, frozenset[str]]:
    """Return the sale of a receipt and the ids of its lines."""
    rows: Any = journal.execute(
        "SELECT sale_id, line_id FROM receipt JOIN receipt_line ON receipt = seq WHERE seq = ?",
        (receipt,),
    ).fetchall()
    return rows[0][0], frozenset(line_id for _, line_id in rows)


def out_since(journal: Journal, customer: str, *, after: int) -> int:
    """Return what went out to a customer and is out, at issue prices, in minor units (cents).

    Args:
        journal: of this till.
        customer: its id.
        after: highest event that head office's limit includes; what it knows does not count twice.
    """
    rows: Any = journal.execute(
        "SELECT line_id, sku, quantity_milli, price_at_issue_minor FROM approval "
        "JOIN approval_line AS line USING (number) WHERE customer = ? AND line.state = 'open' "
        "AND (SELECT max(step.seq) FROM approval_step AS step WHERE step.number = line.number "
        "AND step.line_id = line.line_id) > ?",
        (customer, after),
    )
    return sum(
        ApprovalLine(line_id, sku, quantity_milli, price_minor, {}).worth_minor
        for line_id, sku, quantity_milli, price_minor in rows
    )


class Out(NamedTuple):
    """A piece that was at a customer on a day; the price in minor units (cents)."""

    number: str
    customer: str
    due_on: str
    line_id: str
    sku: str
    quantity_milli: int
    price_at_issue_minor: int
    facts: Mapping[str, Any]


def out_on(journal: Journal, day: dt.date) -> list[Out]:
    """Return every piece that was out when a shop day closed, by customer and number."""
    rows: Any = journal.execute(
        "SELECT number, customer, due_on, line_id, sku, quantity_milli, price_at_issue_minor, "
        "facts FROM approval JOIN approval_line AS line USING (number) "
        "WHERE (SELECT step.state FROM approval_step AS step WHERE step.number = line.number "
        "AND step.line_id = line.line_id AND step.business_on <= ? "
        "ORDER BY step.seq DESC LIMIT 1) = 'open' ORDER BY customer, number, position",
        (day.isoformat(),),
    ).fetchall()
    return [
        Out(number, customer, due_on, line_id, sku, quantity_milli, price, json.loads(facts))
        for number, customer, due_on, line_id, sku, quantity_milli, price, facts in rows
    ]


def _approvals(journal: Journal, where: str, values: tuple[str, ...]) -> list[Approval]:
    heads: Any = journal.execute(
        "SELECT number, customer, due_on, price_guaranteed, issued_at, state, sale_id, "  # noqa: S608
        f"salesperson FROM approval WHERE {where} ORDER BY due_on, number",
        values,
    ).fetchall()
    found: list[Approval] = []
    for number, customer, due_on, guaranteed, issued_at, state, sale_id, salesperson in heads:
        rows: Any = journal.execute(
            "SELECT line_id, sku, quantity_milli, price_at_issue_minor, facts, state "
            "FROM approval_line WHERE number = ? ORDER BY position",
            (number,),
        )
        lines = tuple(
            ApprovalLine(line_id, sku, quantity, price, json.loads(facts), line_state)
            for line_id, sku, quantity, price, facts, line_state in rows
        )
        found.append(
            Approval(
                number,
                customer,
                due_on,
                bool(guaranteed),
                issued_at,
                state,
                sale_id,
                salesperson,
                lines,
            )
        )
    return found
