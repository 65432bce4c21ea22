"""What the till looks up in its own journal: answers, own entries, vouchers, parked baskets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import apsw

from pos_plugin.loyalty.ledger import LAST_DAY, OwnEntry
from pos_plugin.loyalty.vouchers import Voucher

if TYPE_CHECKING:
    from collections.abc import Mapping

Journal: TypeAlias = apsw.Connection
"""The connection that ``JournalWriter.reading`` and ``transaction`` lend."""

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


def stored_answer(journal: Journal, key: str) -> StoredAnswer | None:
    """Return what a call with this key answered before."""
    row: Any = journal.execute(
        "SELECT request_hash, answer FROM answer WHERE key = ?", (key,)
    ).fetchone()
    return StoredAnswer(*row) if row else None


def own_entries(
    journal: Journal, customer: str, folded: Mapping[str, Mapping[int, int]]
) -> list[OwnEntry]:
    """Return the changes by this till that head office has not folded, summed per key and epoch.

    Args:
        journal: of this till.
        customer: whose balances and counters.
        folded: by key: epoch to the highest event that head office's number includes.

    Summed in SQL: a customer of many years has thousands of entries, a panel must not wait.
    """
    rows: Any = journal.execute(
        "SELECT key, epoch, max(seq), sum(delta), max(delta) FROM own_entry "
        "WHERE customer = ? GROUP BY key, epoch",
        (customer,),
    ).fetchall()
    entries: list[OwnEntry] = []
    for key, epoch, seq, total, latest in rows:
        if key == LAST_DAY:
            entries.append(OwnEntry(key, epoch, seq, latest))
            continue
        included = folded.get(key, {}).get(epoch, 0)
        if included >= seq:
            continue
        rest: Any = total
        if included:
            rest = journal.execute(
                "SELECT sum(delta) FROM own_entry "
                "WHERE customer = ? AND key = ? AND epoch = ? AND seq > ?",
                (customer, key, epoch, included),
            ).get
        entries.append(OwnEntry(key, epoch, seq, rest))
    return entries


def voucher_by_code(journal: Journal, code_hash: bytes) -> Voucher | None:
    """Return the voucher with this code."""
    row: Any = journal.execute(_VOUCHER + "WHERE code_hash = ?", (code_hash,)).fetchone()
    return _voucher(row) if row else None


def open_vouchers(journal: Journal, customer: str, *, on: str) -> list[Voucher]:
    """Return what a customer may redeem on a shop day, the earliest expiry first."""
    rows: Any = journal.execute(
        _VOUCHER + "WHERE customer = ? AND state = 'issued' AND valid_to_on >= ? "
        "ORDER BY valid_to_on, id",
        (customer, on),
    )
    return [_voucher(row) for row in rows]


def suspended(journal: Journal, sale_id: str) -> Suspended | None:
    """Return the basket parked under this id, recalled or not."""
    row: Any = journal.execute(
        "SELECT snapshot, business_on FROM suspended_sale WHERE sale_id = ?", (sale_id,)
    ).fetchone()
    return Suspended(*row) if row else None


def suspended_ids(journal: Journal) -> list[str]:
    """Return the ids of the baskets that wait to be recalled, the oldest first."""
    rows: Any = journal.execute(
        "SELECT sale_id FROM suspended_sale WHERE recalled_at IS NULL ORDER BY suspended_at"
    )
    return [sale_id for (sale_id,) in rows]


def last_seq(journal: Journal) -> int:
    """Return the number of the newest event, 0 before the first."""
    newest: Any = journal.execute("SELECT max(seq) FROM event").get
    return newest or 0


class PrintState(NamedTuple):
    """Where a print job stands, with the hash of the bytes of its last attempt."""

    state: str
    reason: str
    sha256: str | None


def print_state(journal: Journal, uid: str) -> PrintState | None:
    """Return where a print job stands."""
    row: Any = journal.execute(
        "SELECT state, reason, (SELECT sha256 FROM print_attempt WHERE job_uid = uid "
        "ORDER BY attempt DESC LIMIT 1) FROM print_job WHERE uid = ?",
        (uid,),
    ).fetchone()
    return PrintState(*row) if row else None


def has_print_work(journal: Journal) -> bool:
    """Say whether jobs wait, or were being sent when the last process ended."""
    found = journal.execute(
        "SELECT 1 FROM print_job WHERE state IN ('QUEUED', 'SENDING') LIMIT 1"
    ).get
    return found is not None


def count_open_prints(journal: Journal) -> int:
    """Return how many jobs are not on paper for certain."""
    count: Any = journal.execute("SELECT count(*) FROM print_job WHERE state <> 'CONFIRMED'").get
    return int(count)


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
