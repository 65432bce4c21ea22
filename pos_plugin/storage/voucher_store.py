"""Vouchers in ``journal.db``: what this till issued, and what it did with any.

A voucher that was issued elsewhere has no row here; what this till did with it stands in
``voucher_event`` alone. Where one of this till moved elsewhere, its row follows what head office
says (``adopt``) before the next step of its own.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from pos_plugin.clock import utc_text
from pos_plugin.loyalty.voucher_standing import Happened
from pos_plugin.loyalty.vouchers import TRANSITIONS, VoucherState
from pos_plugin.storage.pruned import included_up_to, pruned

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping

    from pos_plugin.loyalty.vouchers import NewVoucher, Voucher
    from pos_plugin.storage.journal_lookup import Journal
    from pos_plugin.storage.journal_writer import Redemption


class Booked(NamedTuple):
    """Under which event something is stored: its epoch, its number, its instant."""

    epoch: int
    seq: int
    at: dt.datetime


def add(
    journal: Journal,
    voucher: NewVoucher,
    booked: Booked | None,
    *,
    receipt: int | None,
    cashier: str | None,
) -> None:
    """Store a new voucher, issued by an event; without one it is planned.

    Args:
        journal: in a transaction.
        voucher: the new one.
        booked: the event that issues it.
        receipt: of the sale that issues it.
        cashier: number of the cashier.
    """
    journal.execute(
        "INSERT INTO voucher (id, code_hash, type, legal_kind, customer, customer_bound, "
        "state, value_minor, balance_minor, valid_from_on, valid_to_on, issued_at, "
        'issued_seq, cashier, "trigger", class_at_issue) '
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            voucher.id,
            voucher.code_hash,
            voucher.type.code,
            voucher.type.legal_kind,
            voucher.customer,
            int(voucher.customer_bound),
            (VoucherState.ISSUED if booked else VoucherState.PLANNED).value,
            voucher.value_minor,
            voucher.value_minor,
            voucher.valid_from_on,
            voucher.valid_to_on,
            utc_text(booked.at) if booked else None,
            booked.seq if booked else None,
            cashier,
            voucher.trigger,
            voucher.class_at_issue,
        ),
    )
    if booked:
        _note(journal, voucher.id, "issued", booked, receipt=receipt)


def activate(
    journal: Journal, voucher: str, booked: Booked, *, receipt: int, sold_line: str
) -> None:
    """Issue a planned voucher: the sale that contains it was paid."""
    journal.execute(
        "UPDATE voucher SET state = 'issued', issued_at = ?, issued_seq = ?, sold_line = ? "
        "WHERE id = ? AND state = 'planned'",
        (utc_text(booked.at), booked.seq, sold_line, voucher),
    )
    _note(journal, voucher, "issued", booked, receipt=receipt)


def adopt(journal: Journal, known: Voucher) -> None:
    """Let the row of a voucher of this till follow what head office says of it."""
    row: Any = journal.execute(
        "SELECT state, balance_minor, value_minor - reduced_minor FROM voucher WHERE id = ?",
        (known.id,),
    ).fetchone()
    if row is None:
        return
    state, balance_minor, value_minor = row
    told_minor = known.balance_minor
    if told_minor is not None:
        told_minor = min(max(0, told_minor), value_minor)
    is_step = (VoucherState(state), VoucherState(known.state)) in TRANSITIONS
    if is_step and (state, balance_minor) != (known.state, told_minor):
        journal.execute(
            "UPDATE voucher SET state = ?, balance_minor = ? WHERE id = ?",
            (known.state, told_minor, known.id),
        )


def redeem(
    journal: Journal,
    redemption: Redemption,
    booked: Booked,
    *,
    receipt: int | None,
    customer: str | None,
) -> None:
    """Use a voucher, wholly or in part.

    Args:
        journal: in a transaction.
        redemption: what is used; one that can be used any number of times keeps its row.
        booked: the event.
        receipt: of the sale.
        customer: of the sale, whose offline cap it counts for.
    """
    if not redemption.is_multi_use:
        journal.execute(
            "UPDATE voucher SET state = ?, balance_minor = ?, redeemed_at = ? WHERE id = ?",
            (
                redemption.state,
                redemption.balance_minor,
                utc_text(booked.at),
                redemption.voucher,
            ),
        )
    _note(
        journal,
        redemption.voucher,
        "redeemed",
        booked,
        receipt=receipt,
        customer=customer,
        legal_kind=redemption.legal_kind,
        amount_minor=redemption.amount_minor,
        given_minor=redemption.given_minor,
        lapsed_minor=redemption.lapsed_minor,
        state_before=redemption.state_before,
        promotion=redemption.promotion,
        lines=json.dumps(dict(redemption.lines)),
        rights_used=json.dumps(redemption.rights_used),
    )


def roll_back(
    journal: Journal,
    voucher: str,
    booked: Booked,
    *,
    state: str,
    balance_minor: int | None,
    amount_minor: int | None,
    receipt: int,
) -> None:
    """Take a redemption back: the voucher is as it was before this receipt.

    Args:
        journal: in a transaction.
        voucher: its id.
        booked: the event that takes it back.
        state: it returns to.
        balance_minor: it returns to in minor units (cents); None for a coupon.
        amount_minor: that the receipt had used; None for a coupon.
        receipt: that had used it.
    """
    journal.execute(
        "UPDATE voucher SET state = ?, balance_minor = min(?, value_minor - reduced_minor), "
        "redeemed_at = NULL WHERE id = ? AND state <> 'cancelled'",
        (state, balance_minor, voucher),
    )
    used: Any = journal.execute(
        "SELECT customer, legal_kind, amount_minor, given_minor, lapsed_minor FROM voucher_event "
        "WHERE voucher = ? AND receipt = ? AND kind = 'redeemed'",
        (voucher, receipt),
    ).fetchone()
    customer, legal_kind, used_minor, given_minor, lapsed_minor = used or (None, None, None, 0, 0)
    is_whole = amount_minor == used_minor
    earlier: Any = journal.execute(
        "SELECT 1 FROM voucher_event WHERE voucher = ? AND receipt = ? AND kind = 'rolled_back'",
        (voucher, receipt),
    ).get
    _note(
        journal,
        voucher,
        "rolled_back",
        booked,
        receipt=receipt,
        customer=customer,
        legal_kind=legal_kind,
        amount_minor=amount_minor,
        given_minor=given_minor if is_whole else amount_minor or 0,
        # What had lapsed is usable again with the first part that comes back.
        lapsed_minor=0 if earlier else lapsed_minor,
    )


def cancel(journal: Journal, voucher: str, booked: Booked, *, receipt: int | None) -> None:
    """Cancel an unused voucher whose occasion was taken back."""
    journal.execute("UPDATE voucher SET state = 'cancelled' WHERE id = ?", (voucher,))
    _note(journal, voucher, "cancelled", booked, receipt=receipt)


def reduce(
    journal: Journal, voucher: str, booked: Booked, *, by_minor: int, receipt: int | None
) -> None:
    """Take a part of the value off an unused voucher.

    Args:
        journal: in a transaction.
        voucher: of this till, with a value, in state ``issued``.
        booked: the event.
        by_minor: in minor units (cents), less than the value.
        receipt: of the sale that had issued it.
    """
    journal.execute(
        "UPDATE voucher SET reduced_minor = reduced_minor + ?1, "
        "balance_minor = balance_minor - ?1 WHERE id = ?2",
        (by_minor, voucher),
    )
    _note(journal, voucher, "reduced", booked, receipt=receipt, amount_minor=by_minor)


def block(journal: Journal, known: Voucher, booked: Booked) -> None:
    """Block a voucher, wherever it was issued."""
    journal.execute("UPDATE voucher SET state = 'blocked' WHERE id = ?", (known.id,))
    _note(journal, known.id, "blocked", booked)


def unblock(journal: Journal, known: Voucher, booked: Booked) -> None:
    """Let a blocked voucher be used again."""
    journal.execute(
        "UPDATE voucher SET state = iif(balance_minor < value_minor - reduced_minor, "
        "'partly_redeemed', 'issued') WHERE id = ?",
        (known.id,),
    )
    _note(journal, known.id, "unblocked", booked)


class Planned(NamedTuple):
    """A voucher that waits for its sale to be paid; the code is not here."""

    voucher: str
    type: str
    legal_kind: str
    code_hash: str
    customer: str | None
    customer_bound: bool
    value_minor: int
    valid_from_on: str
    valid_to_on: str

    def to_event(self) -> dict[str, Any]:
        """Return the voucher as it stands in the body of an event."""
        terms = self._asdict()
        return {
            "id": terms.pop("voucher"),
            **terms,
            "customer_bound": bool(self.customer_bound),
            "trigger": "voucher_sold",
            "class_at_issue": None,
        }


def planned(journal: Journal, vouchers: Iterable[str]) -> dict[str, Planned]:
    """Return those of the vouchers that are planned, by id."""
    found: dict[str, Planned] = {}
    for voucher in vouchers:
        row: Any = journal.execute(
            "SELECT id, type, legal_kind, lower(hex(code_hash)), customer, customer_bound, "
            "value_minor, valid_from_on, valid_to_on FROM voucher "
            "WHERE id = ? AND state = 'planned'",
            (voucher,),
        ).fetchone()
        if row is not None:
            found[voucher] = Planned(*row)
    return found


def happened(
    journal: Journal, voucher: str, folded: Mapping[int, int] | None = None
) -> list[Happened]:
    """Return what this till did with a voucher, the oldest first.

    Args:
        journal: of this till.
        voucher: its id.
        folded: epoch to the highest event that head office has taken in: those are left out.
    """
    rows: Any = journal.execute(
        "SELECT kind, amount_minor, lapsed_minor, epoch, seq FROM voucher_event "
        "WHERE voucher = ? ORDER BY seq",
        (voucher,),
    )
    gone = pruned(journal)
    return [
        Happened(kind, amount_minor, lapsed_minor)
        for kind, amount_minor, lapsed_minor, epoch, seq in rows
        if included_up_to(folded, epoch, gone) < seq
    ]


def touched_vouchers(journal: Journal, seq: int) -> list[str]:
    """Return the vouchers that an event concerns."""
    rows: Any = journal.execute(
        "SELECT DISTINCT voucher FROM voucher_event WHERE seq = ? ORDER BY voucher", (seq,)
    )
    return [voucher for (voucher,) in rows]


class Given(NamedTuple):
    """What a redemption gave since a moment: of which voucher, to whom, in minor units (cents)."""

    voucher: str
    customer: str | None
    amount_minor: int


def given_since(journal: Journal, seq: int) -> list[Given]:
    """Return what vouchers gave after an event, less what was taken back."""
    rows: Any = journal.execute(
        "SELECT voucher, customer, sum(iif(kind = 'redeemed', given_minor, -given_minor)) "
        "FROM voucher_event WHERE seq > ? AND kind IN ('redeemed', 'rolled_back') "
        "GROUP BY voucher, customer",
        (seq,),
    )
    return [Given(*row) for row in rows]


def _note(
    journal: Journal, voucher: str, kind: str, booked: Booked, **facts: str | int | None
) -> None:
    """Store a row of ``voucher_event``; facts are columns of it."""
    columns = ["voucher", "epoch", "seq", "kind", "at", *facts]
    values = [voucher, booked.epoch, booked.seq, kind, utc_text(booked.at), *facts.values()]
    journal.execute(
        f"INSERT INTO voucher_event ({', '.join(columns)}) "  # noqa: S608 - own names
        f"VALUES ({', '.join('?' * len(columns))})",
        values,
    )
