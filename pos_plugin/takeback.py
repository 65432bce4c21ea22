"""Voids and returns: what a completed sale gave is taken back, in one transaction.

1. A void takes a whole receipt back: points, counters, redemptions, issued vouchers.
2. A return takes back what its goods had: as paid, points in proportion; with the last goods the
   rest, redemptions and issued vouchers too.
3. No unit comes back twice; a voided receipt gives nothing back any more.
4. What cannot be taken back (an issued voucher that was used meanwhile) is noted, never refused.
5. What was paid by voucher goes back to the voucher, before anything goes back in cash.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pos_plugin.answers import Receipt, message
from pos_plugin.loyalty.ledger import LAST_DAY, REVENUE
from pos_plugin.loyalty.returns import reversed_until_now
from pos_plugin.loyalty.vouchers import VoucherState
from pos_plugin.notices import Notice, NoticeCode, Refusal, Refused
from pos_plugin.once import keep_answer, stored_answer
from pos_plugin.receipt_event import event_head
from pos_plugin.refunding import Refund, refund
from pos_plugin.refunds import ReturnRequest, read_return, read_void
from pos_plugin.storage import journal_lookup
from pos_plugin.storage.journal_writer import LedgerEntry, NewReturn, ReturnedLine
from pos_plugin.uids import new_uid

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from pos_plugin.storage.journal_lookup import BookedSale, Journal
    from pos_plugin.till import Till

_USED: Final = "issued_voucher_used"


@dataclass(slots=True)
class _TakenBack:
    """What a void or return changes beside the goods."""

    ledger: list[LedgerEntry] = field(default_factory=list)
    entries: dict[str, int] = field(default_factory=dict)
    rolled_back: list[journal_lookup.UsedVoucher] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    exceptions: list[dict[str, Any]] = field(default_factory=list)

    def roll_back(self, used: list[journal_lookup.UsedVoucher]) -> None:
        """Give vouchers back; one whose own sale was taken back while it was used ends here."""
        self.rolled_back = used
        self.cancelled += [
            one.voucher for one in used if one.is_void and one.state_before == VoucherState.ISSUED
        ]

    def to_event(self, customer: str | None) -> dict[str, Any]:
        return {
            "ledger": [entry.to_event() for entry in self.ledger],
            "entries": [
                {"customer": customer, "key": key, "delta": delta}
                for key, delta in self.entries.items()
            ],
            "rolled_back": [
                {
                    "voucher": used.voucher,
                    "amount_minor": used.amount_minor,
                    "state": used.state_before,
                }
                for used in self.rolled_back
            ],
            "cancelled": self.cancelled,
            "exceptions": self.exceptions,
        }

    @property
    def voucher_refund_minor(self) -> int:
        """What goes back to vouchers that had paid, in minor units (cents)."""
        return sum(used.amount_minor or 0 for used in self.rolled_back if used.pays)

    def reversed(self) -> list[dict[str, Any]]:
        return [{"account": entry.program, "amount": -entry.delta} for entry in self.ledger]

    def effects(self, language: str) -> list[dict[str, Any]]:
        told = [
            Notice(code)
            for code, some in (
                (NoticeCode.VOUCHER_ROLLED_BACK, self.rolled_back),
                (NoticeCode.VOUCHER_CANCELLED, self.cancelled),
                (NoticeCode.VOUCHER_USED_MEANWHILE, self._used_meanwhile()),
            )
            if some
        ]
        return [message(notice, language) for notice in told]

    def _used_meanwhile(self) -> list[dict[str, Any]]:
        return [one for one in self.exceptions if one["reason"] == _USED]


class Takeback:
    """Takes back the sales of one till."""

    def __init__(self, till: Till) -> None:
        self._till = till
        self._journal = till.journal

    def void(self, sale_id: str, request: Mapping[str, Any]) -> Receipt | Refused:
        """Take a completed sale back whole, also on another day.

        Args:
            sale_id: of the sale.
            request: ``reason``, ``cashier``.
        """
        asked = read_void(request)
        key = f"void:{sale_id}"
        stored = stored_answer(self._journal, key, request)
        if stored is not None:
            return stored
        now = self._till.clock.now()
        with self._journal.transaction() as journal:
            sale = journal_lookup.booked_sale(journal, sale_id)
            if sale is None:
                return Refused(Refusal.SALE_UNKNOWN)
            if journal_lookup.was_voided(journal, sale.seq):
                return Refused(Refusal.CONFLICT)
            if any(line.returned_milli for line in sale.lines):
                return Refused(Refusal.ITEMS_RETURNED)
            taken = _TakenBack()
            self._reverse_all(journal, sale, taken, now)
            taken.roll_back(journal_lookup.used_by(journal, sale.seq))
            for name, delta in journal_lookup.counters_of(journal, sale.seq).items():
                if name != LAST_DAY:
                    taken.entries[name] = -delta
            body = {
                **self._head(asked.cashier, sale.customer, now),
                "sale_id": sale_id,
                "receipt": sale.seq,
                "moment": "after",
                "reason": asked.reason,
                "total_minor": sale.total_minor,
                **taken.to_event(sale.customer),
            }
            seq = self._add_event("sale_voided", body, sale.customer, now)
            self._journal.add_void(
                seq, receipt=sale.seq, reason=asked.reason, cashier=asked.cashier, at=now
            )
            self._store(seq, sale, taken, now)
            answer = {
                "sale_id": sale_id,
                "voided_at": now.isoformat(timespec="milliseconds"),
                "total_minor": sale.total_minor,
                "voucher_refund_minor": taken.voucher_refund_minor,
                "reversed": taken.reversed(),
                "effects": taken.effects(self._till.config.language),
            }
            keep_answer(self._journal, key, request, answer)
        return Receipt(answer)

    def return_items(self, sale_id: str, request: Mapping[str, Any]) -> Receipt | Refused:
        """Take goods of a sale back; one that this till does not have needs the host's refunds.

        Args:
            sale_id: of the sale that the goods belong to.
            request: ``return_id``, ``lines``, ``reason``, ``cashier``, ``receipt_number``,
                ``tenders``.
        """
        asked = read_return(request)
        key = f"return:{asked.return_id}"
        whole_request = {"sale_id": sale_id, **request}
        stored = stored_answer(self._journal, key, whole_request)
        if stored is not None:
            return stored
        now = self._till.clock.now()
        with self._journal.transaction() as journal:
            sale = journal_lookup.booked_sale(journal, sale_id)
            if sale is None and journal_lookup.is_completed(journal, sale_id):
                return Refused(Refusal.SALE_UNKNOWN)  # training: nothing was sold
            if sale is not None and journal_lookup.was_voided(journal, sale.seq):
                return Refused(Refusal.SALE_VOIDED)
            given = (
                _as_the_host_says(asked)
                if sale is None
                else refund(self._till, journal, sale, asked.lines)
            )
            if isinstance(given, Refused):
                return given
            answer = self._take_goods(journal, sale_id, sale, asked, given, now)
            keep_answer(self._journal, key, whole_request, answer)
        return Receipt(answer)

    def papers(self, sale_id: str) -> list[str]:
        """Return the print jobs whose vouchers were cancelled with a sale."""
        with self._journal.reading() as journal:
            return journal_lookup.papers_of_cancelled(journal, sale_id)

    def _take_goods(
        self,
        journal: Journal,
        sale_id: str,
        sale: BookedSale | None,
        asked: ReturnRequest,
        given: Refund,
        now: dt.datetime,
    ) -> dict[str, Any]:
        customer = sale.customer if sale else None
        taken = _TakenBack(exceptions=given.exceptions)
        if sale is not None:
            self._reverse_goods(journal, sale, given, taken, now)
        body = {
            **self._head(asked.cashier, customer, now),
            "return_id": asked.return_id,
            "sale_id": sale_id,
            "receipt": sale.seq if sale else None,
            "receipt_number": asked.receipt_number,
            "pending": sale is None,
            "reason": asked.reason,
            "refund_minor": given.refund_minor,
            "tenders": [tender.model_dump() for tender in asked.tenders],
            "lines": [
                {
                    "return_of": line.line_id,
                    "quantity_milli": line.quantity_milli,
                    "refund_minor": line.refund_minor,
                }
                for line in given.lines
            ],
            **taken.to_event(customer),
        }
        seq = self._add_event("items_returned", body, customer, now)
        self._journal.add_return(
            seq,
            NewReturn(
                return_id=asked.return_id,
                sale_id=sale_id,
                receipt=sale.seq if sale else None,
                lines=given.lines,
            ),
            at=now,
        )
        if sale is not None:
            self._store(seq, sale, taken, now)
        return {
            "return_id": asked.return_id,
            "sale_id": sale_id,
            "returned_at": now.isoformat(timespec="milliseconds"),
            "refund_minor": given.refund_minor,
            "voucher_refund_minor": taken.voucher_refund_minor,
            "lines": [
                {
                    "line_id": line.line_id,
                    "quantity_milli": line.quantity_milli,
                    "refund_minor": line.refund_minor,
                }
                for line in given.lines
            ],
            "reversed": taken.reversed(),
            "pending": sale is None,
            "effects": taken.effects(self._till.config.language),
        }

    def _reverse_goods(
        self,
        journal: Journal,
        sale: BookedSale,
        given: Refund,
        taken: _TakenBack,
        now: dt.datetime,
    ) -> None:
        used = journal_lookup.used_by(journal, sale.seq)
        if given.is_whole:
            self._reverse_all(journal, sale, taken, now)
            for key, delta in journal_lookup.counters_of(journal, sale.seq).items():
                if key not in (LAST_DAY, REVENUE):
                    taken.entries[key] = -delta
        else:
            for earned in journal_lookup.earnings_of(journal, sale.seq):
                back = (
                    reversed_until_now(earned.amount, earned.basis, given.after) - earned.reversed
                )
                self._reverse(sale, earned, back, taken, now)
        taken.roll_back(_given_back(used, given.refund_minor, is_whole=given.is_whole))
        if sale.customer is not None and given.refund_minor:
            taken.entries[REVENUE] = -given.refund_minor

    def _reverse_all(
        self, journal: Journal, sale: BookedSale, taken: _TakenBack, now: dt.datetime
    ) -> None:
        for earned in journal_lookup.earnings_of(journal, sale.seq):
            self._reverse(sale, earned, earned.amount - earned.reversed, taken, now)
        for voucher, is_unused in journal_lookup.issued_by(journal, sale.seq):
            if is_unused:
                taken.cancelled.append(voucher)
            else:
                taken.exceptions.append({"voucher": voucher, "reason": _USED})

    def _reverse(
        self,
        sale: BookedSale,
        earned: journal_lookup.BookedEarning,
        amount: int,
        taken: _TakenBack,
        now: dt.datetime,
    ) -> None:
        if not amount or sale.customer is None:
            return
        taken.ledger.append(
            LedgerEntry(
                id=str(new_uid(now)),
                customer=sale.customer,
                program=earned.program,
                delta=-amount,
                reverses=earned.id,
            )
        )
        taken.entries[earned.program] = taken.entries.get(earned.program, 0) - amount

    def _store(self, seq: int, sale: BookedSale, taken: _TakenBack, now: dt.datetime) -> None:
        if sale.customer is not None:
            self._journal.add_ledger(seq, taken.ledger, generation=sale.generation, at=now)
            self._journal.add_own_entries(seq, sale.customer, taken.entries)
        for used in taken.rolled_back:
            self._journal.roll_back(
                seq,
                used.voucher,
                state=used.state_before,
                balance_minor=used.balance_before_minor,
                amount_minor=used.amount_minor,
                receipt=sale.seq,
                at=now,
            )
        for voucher in taken.cancelled:
            self._journal.cancel_voucher(seq, voucher, receipt=sale.seq, at=now)

    def _head(self, cashier: str | None, customer: str | None, now: dt.datetime) -> dict[str, Any]:
        return event_head(self._till.config, cashier=cashier, customer=customer, now=now)

    def _add_event(
        self, kind: str, body: Mapping[str, Any], customer: str | None, now: dt.datetime
    ) -> int:
        touches = [] if customer is None else [customer]
        return self._journal.add_event(kind=kind, body=body, touches=touches, at=now)


def _given_back(
    used: list[journal_lookup.UsedVoucher], refund_minor: int, *, is_whole: bool
) -> list[journal_lookup.UsedVoucher]:
    """Return the vouchers that a return gives back.

    A refund goes first to the vouchers that had paid: what was paid by voucher never becomes cash.
    Coupons and price reductions come back with the last of the goods.
    """
    back: list[journal_lookup.UsedVoucher] = []
    for one in used:
        if one.pays:
            part = one.up_to(refund_minor)
            if part is not None:
                refund_minor -= part.amount_minor or 0
                back.append(part)
        elif is_whole:
            back.append(one)
    return back


def _as_the_host_says(asked: ReturnRequest) -> Refund | Refused:
    """Return the refund of goods whose sale this till does not have.

    Head office settles the rest; only the host knows what it gave back.
    """
    lines: list[ReturnedLine] = []
    for line in asked.lines:
        if line.refund_minor is None:
            return Refused(Refusal.SALE_UNKNOWN)
        lines.append(ReturnedLine(line.line_id, line.quantity_milli, line.refund_minor))
    return Refund(tuple(lines), {}, [])
