"""Grant, paper and redemption of every voucher of this till, for lists and figures."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from pos_plugin.loyalty.vouchers import VoucherState
from pos_plugin.storage.voucher_lookup import as_told

if TYPE_CHECKING:
    import apsw

    from pos_plugin.loyalty.vouchers import CachedVoucher
    from pos_plugin.storage.cache_reader import CacheReader

PRINTED: Final = frozenset({"CONFIRMED", "ASSUMED", "CONFIRMED_BY_OPERATOR", "REPLACED"})

# Who did it and on which shop day stands in the event; the last redemption counts, unless it was
# taken back. The newest paper of a voucher speaks for all of them, the hand-over of any is one.
_SQL: Final = """
    SELECT voucher.id, code_hash, type, voucher.customer, class_at_issue, voucher.state,
        valid_to_on,
        issue.line, given.receipt_number, given.sale_id,
        used.line, sold.receipt_number, sold.sale_id,
        (SELECT state FROM print_job WHERE subject_uid = voucher.id
            ORDER BY copy_index DESC LIMIT 1),
        (SELECT max(handed_over_at) FROM print_job WHERE subject_uid = voucher.id)
    FROM voucher
    JOIN event AS issue ON issue.seq = issued_seq
    LEFT JOIN receipt AS given ON given.seq = issued_seq
    LEFT JOIN voucher_event AS redeeming ON redeeming.voucher = voucher.id
        AND redeeming.kind = 'redeemed' AND voucher.state IN ('redeemed', 'partly_redeemed')
        AND redeeming.seq = (SELECT max(seq) FROM voucher_event AS last
            WHERE last.voucher = redeeming.voucher AND last.kind = 'redeemed'
            AND coalesce((SELECT sum(coalesce(back.amount_minor, 0)) FROM voucher_event AS back
                WHERE back.voucher = last.voucher AND back.receipt = last.receipt
                AND back.kind = 'rolled_back'), -1) < coalesce(last.amount_minor, 0))
    LEFT JOIN event AS used ON used.seq = redeeming.seq
    LEFT JOIN receipt AS sold ON sold.seq = redeeming.receipt
    ORDER BY issued_seq, voucher.id"""


@dataclass(frozen=True, slots=True)
class Happened:
    """When and by whom; ``receipt`` is the host's number, or the id of its sale.

    Of another till cashier and receipt are not known.
    """

    on: str
    till: str
    cashier: str | None
    receipt: str | None


@dataclass(frozen=True, slots=True)
class VoucherHistory:
    """A voucher: who got it, why, what became of its paper and of itself.

    ``redeemed`` is the latest redemption that stands; of one at another till of which nobody told
    the day only ``state`` speaks.
    """

    id: str
    type: str
    customer: str | None
    class_at_issue: str | None
    state: str
    valid_to_on: str
    granted: Happened
    redeemed: Happened | None
    print_state: str | None
    handed_over_at: str | None

    @property
    def is_used(self) -> bool:
        """Whether it was redeemed, at least in part, wherever that was."""
        return self.state in (VoucherState.REDEEMED, VoucherState.PARTLY_REDEEMED)

    @property
    def is_printed(self) -> bool:
        """Whether paper came out, as far as anybody said."""
        return self.print_state in PRINTED


def voucher_histories(
    journal: apsw.Connection, cache: CacheReader | None = None
) -> list[VoucherHistory]:
    """Return every voucher that this till issued, the oldest first.

    Args:
        journal: of a till, for reading.
        cache: what head office says of them: another till may have redeemed one.
    """
    rows: Any = journal.execute(_SQL).fetchall()
    found: list[VoucherHistory] = []
    for row in rows:
        voucher, code_hash, kind, customer, code, state, valid_to_on, *happened, paper, handed = row
        issue, number, sale, use, used_number, used_sale = happened
        now = as_told(journal, cache, code_hash)
        history = VoucherHistory(
            id=voucher,
            type=kind,
            customer=customer,
            class_at_issue=code,
            state=now.state if now else state,
            valid_to_on=valid_to_on,
            granted=_happened(issue, number or sale),
            redeemed=_happened(use, used_number or used_sale) if use is not None else None,
            print_state=paper,
            handed_over_at=handed,
        )
        told = cache.voucher(code_hash) if cache and history.is_used else None
        found.append(history if told is None else _with_told(history, told))
    return found


def _with_told(history: VoucherHistory, told: CachedVoucher) -> VoucherHistory:
    """Return a used voucher with its redemption at another till, where that is the latest."""
    on, till = told.redeemed_on, told.redeemed_till
    if on is None or till is None or till == history.granted.till:
        return history
    if history.redeemed is not None and history.redeemed.on >= on:
        return history
    return replace(history, redeemed=Happened(on=on, till=till, cashier=None, receipt=None))


def _happened(line: bytes, receipt: str | None) -> Happened:
    body = json.loads(line)["body"]
    return Happened(
        on=body["business_on"], till=body["till"], cashier=body.get("cashier"), receipt=receipt
    )
