"""What the till looks up in its own journal: answers, own entries, vouchers, parked baskets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from pos_plugin.loyalty.ledger import OwnEntry
from pos_plugin.loyalty.vouchers import Voucher

if TYPE_CHECKING:
    import apsw

_VOUCHER = (
    "SELECT id, type, customer, customer_bound, state, valid_from_on, valid_to_on FROM voucher "
)


class StoredAnswer(NamedTuple):
    """What a call answered, and the hash of what it was asked."""

    request_hash: bytes
    answer: str


class Suspended(NamedTuple):
    """A parked basket."""

    snapshot: str
    business_on: str


def stored_answer(journal: apsw.Connection, key: str) -> StoredAnswer | None:
    """Return what a call with this key answered before."""
    row: Any = journal.execute(
        "SELECT request_hash, answer FROM answer WHERE key = ?", (key,)
    ).fetchone()
    return StoredAnswer(*row) if row else None


def own_entries(journal: apsw.Connection, customer: str) -> list[OwnEntry]:
    """Return every change by this till for a customer."""
    rows: Any = journal.execute(
        "SELECT key, epoch, seq, delta FROM own_entry WHERE customer = ?", (customer,)
    )
    return [OwnEntry(*row) for row in rows]


def voucher_by_code(journal: apsw.Connection, code_hash: bytes) -> Voucher | None:
    """Return the voucher with this code."""
    row: Any = journal.execute(_VOUCHER + "WHERE code_hash = ?", (code_hash,)).fetchone()
    return _voucher(row) if row else None


def open_vouchers(journal: apsw.Connection, customer: str, *, on: str) -> list[Voucher]:
    """Return what a customer may redeem on a shop day, the earliest expiry first."""
    rows: Any = journal.execute(
        _VOUCHER + "WHERE customer = ? AND state = 'issued' AND valid_to_on >= ? "
        "ORDER BY valid_to_on, id",
        (customer, on),
    )
    return [_voucher(row) for row in rows]


def suspended(journal: apsw.Connection, sale_id: str) -> Suspended | None:
    """Return the basket parked under this id, recalled or not."""
    row: Any = journal.execute(
        "SELECT snapshot, business_on FROM suspended_sale WHERE sale_id = ?", (sale_id,)
    ).fetchone()
    return Suspended(*row) if row else None


def suspended_ids(journal: apsw.Connection) -> list[str]:
    """Return the ids of the baskets that wait to be recalled, the oldest first."""
    rows: Any = journal.execute(
        "SELECT sale_id FROM suspended_sale WHERE recalled_at IS NULL ORDER BY suspended_at"
    )
    return [sale_id for (sale_id,) in rows]


def last_seq(journal: apsw.Connection) -> int:
    """Return the number of the newest event, 0 before the first."""
    newest: Any = journal.execute("SELECT max(seq) FROM event").get
    return newest or 0


def _voucher(row: Any) -> Voucher:  # noqa: ANN401 - a row of SQLite
    voucher, kind, customer, bound, state, valid_from_on, valid_to_on = row
    return Voucher(
        id=voucher,
        type=kind,
        customer=customer,
        customer_bound=bool(bound),
        state=state,
        valid_from_on=valid_from_on,
        valid_to_on=valid_to_on,
    )
