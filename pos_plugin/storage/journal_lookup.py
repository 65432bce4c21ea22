"""What the till looks up in its own journal: answers, receipts, own entries, vouchers, baskets."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import apsw

from pos_plugin.loyalty.ledger import HISTORY, LAST_DAY, USES, OwnEntry
from pos_plugin.loyalty.returns import SoldLine
from pos_plugin.loyalty.voucher_type import REDUCES_PRICE
from pos_plugin.loyalty.vouchers import Standing, Voucher, VoucherState, after_rollback
from pos_plugin.loyalty.windows import row_and_day
from pos_plugin.model import NO_TURNOVER
from pos_plugin.storage.pruned import included_up_to, pruned

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Journal: TypeAlias = apsw.Connection
"""The connection that ``JournalWriter.reading`` and ``transaction`` lend."""

_COLUMNS = (
    "voucher.id, voucher.type, voucher.legal_kind, voucher.customer, voucher.customer_bound, "
    "voucher.state, voucher.value_minor - voucher.reduced_minor, voucher.balance_minor, "
    "voucher.valid_from_on, voucher.valid_to_on"
)
# Goods may come back before their receipt was handed in late.
_OF_RECEIPT = "ret.sale_id = receipt.sale_id AND (ret.receipt IS NOT NULL OR receipt.late)"
_VOUCHER = f"SELECT {_COLUMNS} FROM voucher "  # noqa: S608 - nothing from outside


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


def is_completed(journal: Journal, sale_id: str) -> bool:
    """Say whether a sale was completed here; a training sale, too."""
    key = f"complete:{sale_id}"
    return journal.execute("SELECT 1 FROM answer WHERE key = ?", (key,)).get is not None


def answer_text(journal: Journal, key: str) -> str | None:
    """Return the stored answer of a call as JSON."""
    row: Any = journal.execute("SELECT answer FROM answer WHERE key = ?", (key,)).fetchone()
    return str(row[0]) if row else None


class BookedSale(NamedTuple):
    """A receipt with its lines and what of them came back; amounts in minor units (cents).

    ``uncovered_minor``: what its vouchers did not hold, less what returns withheld for that;
    ``no_goods``: lines that were sold vouchers or deposits.
    """

    seq: int
    customer: str | None
    generation: int
    total_minor: int
    uncovered_minor: int
    lines: tuple[SoldLine, ...]
    no_goods: frozenset[str] = frozenset()

    def turnover_minor(self, refunds_minor: Iterable[tuple[str, int]]) -> int:
        """Return what of refunds was turnover, in minor units (cents).

        Args:
            refunds_minor: line and refund of each.
        """
        return sum(minor for line_id, minor in refunds_minor if line_id not in self.no_goods)


def booked_sale(journal: Journal, sale_id: str) -> BookedSale | None:
    """Return the receipt of a sale, if this till has it."""
    row: Any = journal.execute(
        "SELECT seq, customer, generation, total_minor, uncovered_minor - (SELECT "
        "coalesce(sum(withheld_minor), 0) FROM return_receipt WHERE receipt = receipt.seq) "
        "FROM receipt WHERE sale_id = ?",
        (sale_id,),
    ).fetchone()
    if row is None:
        return None
    seq, customer, generation, total_minor, uncovered_minor = row
    tagged: Any = journal.execute(
        "SELECT line_id, tags FROM receipt_line WHERE receipt = ? AND tags <> '[]'", (seq,)
    )
    no_goods = {line for line, tags in tagged if not NO_TURNOVER.isdisjoint(json.loads(tags))}
    lines: Any = journal.execute(
        "SELECT sold.line_id, sold.sku, sold.quantity_milli, sold.paid_minor, "  # noqa: S608
        "coalesce(sum(back.quantity_milli), 0), coalesce(sum(back.refund_minor), 0) "
        "FROM receipt JOIN receipt_line AS sold ON sold.receipt = receipt.seq "
        f"LEFT JOIN return_receipt AS ret ON {_OF_RECEIPT} "
        "LEFT JOIN return_line AS back ON back.seq = ret.seq AND back.line_id = sold.line_id "
        "WHERE receipt.seq = ? GROUP BY sold.position ORDER BY sold.position",
        (seq,),
    ).fetchall()
    return BookedSale(
        seq,
        customer,
        generation,
        total_minor,
        uncovered_minor,
        tuple(SoldLine(*line) for line in lines),
        frozenset(no_goods),
    )


def was_voided(journal: Journal, receipt: int) -> bool:
    """Say whether a receipt was taken back whole."""
    return journal.execute("SELECT 1 FROM sale_void WHERE receipt = ?", (receipt,)).get is not None


def return_ids(journal: Journal, sale_id: str) -> list[str]:
    """Return the ids of the returns of a sale, the oldest first."""
    rows: Any = journal.execute(
        f"SELECT return_id FROM receipt JOIN return_receipt AS ret ON {_OF_RECEIPT} "  # noqa: S608
        "WHERE receipt.sale_id = ? ORDER BY ret.seq",
        (sale_id,),
    )
    return [return_id for (return_id,) in rows]


def counters_of(journal: Journal, seq: int) -> dict[str, int]:
    """Return what an event changed in the counters of its customer; accounts are no counters."""
    rows: Any = journal.execute(
        "SELECT key, delta FROM own_entry WHERE seq = ? ORDER BY key", (seq,)
    )
    return {key: delta for key, delta in rows if key.startswith((USES, HISTORY))}


class UsedVoucher(NamedTuple):
    """A voucher that a receipt used, and how it stands once that is taken back.

    ``amount_minor`` is what is not given back yet, in minor units (cents), None for a coupon;
    ``pays``: it was a means of payment, else it lowered prices.
    """

    voucher: str
    pays: bool
    amount_minor: int | None
    state_before: str
    balance_before_minor: int | None

    def up_to(self, refund_minor: int) -> UsedVoucher | None:
        """Return how a means of payment stands once so much is given back; None for nothing."""
        if not self.amount_minor or refund_minor <= 0:
            return None
        if refund_minor >= self.amount_minor:
            return self
        kept_minor = self.amount_minor - refund_minor
        return self._replace(
            amount_minor=refund_minor,
            state_before=VoucherState.PARTLY_REDEEMED.value,
            balance_before_minor=(self.balance_before_minor or 0) - kept_minor,
        )


def used_by(journal: Journal, receipt: int) -> list[UsedVoucher]:
    """Return the vouchers that a receipt used and has not given back, wherever they were issued."""
    rows: Any = journal.execute(
        "SELECT used.amount_minor - (SELECT coalesce(sum(back.amount_minor), 0) "  # noqa: S608
        "FROM voucher_event AS back WHERE back.voucher = used.voucher "
        "AND back.receipt = used.receipt AND back.kind IN ('rolled_back', 'reissued')) AS left, "
        f"used.voucher, used.legal_kind, used.state_before, {_COLUMNS} "
        "FROM voucher_event AS used LEFT JOIN voucher ON voucher.id = used.voucher "
        "WHERE used.receipt = ? AND used.kind = 'redeemed' AND (left > 0 OR (left IS NULL AND "
        "NOT EXISTS (SELECT 1 FROM voucher_event AS back WHERE back.voucher = used.voucher "
        "AND back.receipt = used.receipt AND back.kind = 'rolled_back'))) "
        "ORDER BY used.voucher",
        (receipt,),
    )
    used: list[UsedVoucher] = []
    for amount_minor, voucher, legal_kind, state_before, *row in rows:
        # One that was issued elsewhere has no row here: head office works out how it stands.
        before = (
            after_rollback(_voucher(row), amount_minor)
            if row[0] is not None
            else Standing(VoucherState(state_before), None)
        )
        used.append(
            UsedVoucher(
                voucher=voucher,
                pays=legal_kind not in REDUCES_PRICE,
                amount_minor=amount_minor,
                state_before=before.state.value,
                balance_before_minor=before.balance_minor,
            )
        )
    return used


def papers_of_cancelled(journal: Journal, sale_id: str) -> list[str]:
    """Return the print jobs of vouchers that a sale issued and that were cancelled with it."""
    rows: Any = journal.execute(
        "SELECT DISTINCT print_job.uid FROM receipt JOIN voucher ON issued_seq = seq "
        "LEFT JOIN strip_coupon ON strip_coupon.voucher = voucher.id "
        "JOIN print_job ON subject_uid = coalesce(strip_coupon.strip, voucher.id) "
        "WHERE sale_id = ? AND voucher.state = 'cancelled' ORDER BY print_job.uid",
        (sale_id,),
    )
    return [uid for (uid,) in rows]


def vouchers_used(journal: Journal, sale_id: str) -> list[str]:
    """Return the ids of the vouchers that a completed sale redeemed."""
    rows: list[Any] = journal.execute(
        "SELECT voucher FROM voucher_event JOIN receipt ON receipt.seq = voucher_event.seq "
        "WHERE receipt.sale_id = ? AND kind = 'redeemed'",
        (sale_id,),
    ).fetchall()
    return [str(voucher) for (voucher,) in rows]


def doubtful(
    journal: Journal, customer: str, folded: Mapping[str, Mapping[int, int]]
) -> frozenset[str]:
    """Return the counters whose value nobody can tell now, as ``ledger_store.doubtful`` says.

    Args:
        journal: of this till.
        customer: whose counters.
        folded: by counter: epoch to the highest event that head office's number includes.
    """
    rows: Any = journal.execute(
        "SELECT key, own_entry.epoch, max(seq) FROM own_entry JOIN epoch USING (epoch) "
        "WHERE customer = ? AND seq <= rekeyed_to GROUP BY key, own_entry.epoch",
        (customer,),
    )
    gone = pruned(journal)
    found = ((row_and_day(key)[0], epoch, seq) for key, epoch, seq in rows)
    return frozenset(
        key
        for key, epoch, seq in found
        if folded.get(key) and included_up_to(folded[key], epoch, gone) < seq
    )


def own_entries(
    journal: Journal,
    customer: str,
    folded: Mapping[str, Mapping[int, int]],
    *,
    since_on: str | None = None,
) -> list[OwnEntry]:
    """Return the changes by this till that head office has not folded, summed per key and epoch.

    Args:
        journal: of this till.
        customer: whose balances and counters.
        folded: by key: epoch to the highest event that head office's number includes.
        since_on: first shop day that counts in counters by the day, of which none count without it.

    Summed in SQL: a customer of many years has thousands of entries, a panel must not wait.
    """
    rows: Any = journal.execute(
        "SELECT key, epoch, max(seq), sum(delta), max(CASE WHEN NOT EXISTS "
        "(SELECT 1 FROM sale_void WHERE receipt = own_entry.seq) THEN delta END) FROM own_entry "
        "WHERE customer = ? GROUP BY key, epoch",
        (customer,),
    ).fetchall()
    entries: list[OwnEntry] = []
    gone = pruned(journal)
    unknown = doubtful(journal, customer, folded)
    for key_of_entry, epoch, seq, total, latest in rows:
        key, day = row_and_day(key_of_entry)
        if day is not None and (since_on is None or day < since_on):
            continue
        if key == LAST_DAY:
            if latest is not None:  # a voided receipt was no visit
                entries.append(OwnEntry(key, epoch, seq, latest))
            continue
        included = included_up_to(folded.get(key), epoch, gone)
        if included >= seq:
            continue
        rest: Any = total
        if included:
            rest = journal.execute(
                "SELECT sum(delta) FROM own_entry "
                "WHERE customer = ? AND key = ? AND epoch = ? AND seq > ?",
                (customer, key_of_entry, epoch, included),
            ).get
        if key in unknown and key.startswith(HISTORY):
            # Perhaps counted there under its old life: nobody gets a benefit for that twice, while
            # what limits a promotion counts as the most it may be.
            continue
        entries.append(OwnEntry(key, epoch, seq, rest))
    return entries


def voucher_by_code(journal: Journal, code_hash: bytes) -> Voucher | None:
    """Return the voucher with this code."""
    row: Any = journal.execute(_VOUCHER + "WHERE code_hash = ?", (code_hash,)).fetchone()
    return _voucher(row) if row else None


def voucher_by_id(journal: Journal, voucher: str) -> Voucher | None:
    """Return a voucher that this till issued."""
    row: Any = journal.execute(_VOUCHER + "WHERE id = ?", (voucher,)).fetchone()
    return _voucher(row) if row else None


def sold_code(journal: Journal, voucher: str) -> str | None:
    """Return the code of a voucher as it was answered to the host that sells it."""
    row: Any = journal.execute(
        "SELECT answer ->> '$.code' FROM answer "
        "WHERE key GLOB 'voucher_sold:*' AND answer ->> '$.voucher_id' = ?",
        (voucher,),
    ).fetchone()
    return str(row[0]) if row else None


def open_vouchers(journal: Journal, customer: str, *, on: str) -> list[Voucher]:
    """Return what a customer may redeem on a shop day, the earliest expiry first."""
    rows: Any = journal.execute(
        _VOUCHER + "WHERE customer = ? AND state IN ('issued', 'partly_redeemed') "
        "AND valid_to_on >= ? "
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
    return [sale_id for sale_id, _, _ in suspended_sales(journal)]


def suspended_sales(journal: Journal) -> list[tuple[str, str, str]]:
    """Return id, snapshot and instant of the baskets that wait to be recalled, oldest first."""
    rows: Any = journal.execute(
        "SELECT sale_id, snapshot, suspended_at FROM suspended_sale WHERE recalled_at IS NULL "
        "ORDER BY suspended_at, sale_id"
    ).fetchall()
    return list(rows)


def is_suspended(journal: Journal, sale_id: str) -> bool:
    """Say whether a basket waits to be recalled under this id."""
    found = journal.execute(
        "SELECT 1 FROM suspended_sale WHERE sale_id = ? AND recalled_at IS NULL", (sale_id,)
    ).get
    return found is not None


def last_seq(journal: Journal) -> int:
    """Return the number of the newest event, 0 before the first."""
    newest: Any = journal.execute("SELECT max(seq) FROM event").get
    return newest or 0


def has_print_work(journal: Journal) -> bool:
    """Say whether jobs wait, or were being sent when the last process ended."""
    found = journal.execute(
        "SELECT 1 FROM print_job WHERE state IN ('QUEUED', 'SENDING') LIMIT 1"
    ).get
    return found is not None


def _voucher(row: Any) -> Voucher:  # noqa: ANN401 - a row of SQLite
    voucher, kind, legal_kind, customer, bound, state, value, balance, first_on, last_on = row
    return Voucher(
        id=voucher,
        type=kind,
        legal_kind=legal_kind,
        customer=customer,
        customer_bound=bool(bound),
        state=state,
        value_minor=value,
        balance_minor=balance,
        valid_from_on=first_on,
        valid_to_on=last_on,
    )
