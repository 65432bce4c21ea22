"""Voids and returns: what a completed sale gave is taken back, in one transaction.

1. A void takes a whole receipt back: points, counters, redemptions, issued vouchers.
2. A return takes back what its goods had; with the last goods the rest.
3. No unit comes back twice; a voided receipt gives nothing back any more.
4. Of a sale that this till does not have, the host says what it gave back; head office settles the
   rest (``pending``).
5. What was paid by voucher goes back to the voucher, before anything goes back in cash.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pos_plugin.answers import Receipt, message
from pos_plugin.booking.once import keep_answer, stored_answer
from pos_plugin.booking.receipt_event import event_head
from pos_plugin.booking.refunding import Refund, refund
from pos_plugin.booking.taken_back import TakenBack
from pos_plugin.booking.undoing import Occasion, goods_credit, goods_credit_kind, undo
from pos_plugin.loyalty.ledger import LAST_DAY, REVENUE, YEAR
from pos_plugin.notices import Refusal, Refused
from pos_plugin.print_notices import coupons_void
from pos_plugin.sale.refunds import ReturnRequest, read_return, read_void
from pos_plugin.storage import journal_lookup, print_strips, return_store, voucher_store
from pos_plugin.storage.journal_writer import NewReturn, ReturnedLine
from pos_plugin.storage.voucher_store import Booked

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Mapping

    from pos_plugin.booking.issuing import Issuing
    from pos_plugin.sale.refunds import VoidRequest
    from pos_plugin.storage.journal_lookup import BookedSale, Journal
    from pos_plugin.till import Till


class Takeback:
    """Takes back the sales of one till.

    Args:
        till: knows rules, settings and files.
        issuing: gives the vouchers that a return brings.
    """

    def __init__(self, till: Till, issuing: Issuing) -> None:
        self._till = till
        self._issuing = issuing
        self._journal = till.journal

    def void(self, sale_id: str, request: Mapping[str, Any]) -> Receipt | Refused:
        """Take a completed sale back whole, also on another day.

        Args:
            sale_id: of the sale.
            request: ``reason``, ``cashier``; ``total_minor`` of a sale of another till.
        """
        asked = read_void(request)
        key = _void_key(sale_id)
        stored = stored_answer(self._journal, key, request)
        if stored is not None:
            return stored
        now = self._till.clock.now()
        with self._journal.transaction() as journal:
            sale = journal_lookup.booked_sale(journal, sale_id)
            if sale is None:
                answer = self._void_elsewhere(journal, sale_id, asked, now)
            else:
                answer = self._void_here(journal, sale_id, sale, asked, now)
            if isinstance(answer, Refused):
                return answer
            keep_answer(self._journal, key, request, answer)
        return Receipt(answer)

    def _void_here(
        self,
        journal: Journal,
        sale_id: str,
        sale: BookedSale,
        asked: VoidRequest,
        now: dt.datetime,
    ) -> dict[str, Any] | Refused:
        if journal_lookup.was_voided(journal, sale.seq):
            return Refused(Refusal.CONFLICT)
        if any(line.returned_milli for line in sale.lines):
            return Refused(Refusal.ITEMS_RETURNED)
        after = {
            line.line_id: line.after(line.left_milli, line.unrefunded_minor) for line in sale.lines
        }
        occasion = Occasion(journal, sale, after, sale.total_minor, now, is_void=True)
        taken = undo(self._till, occasion, [])
        for name, delta in journal_lookup.counters_of(journal, sale.seq).items():
            if name != LAST_DAY:
                taken.count(name, -delta)
        seq = self._add_event(
            "sale_voided",
            {
                **self._void_body(sale_id, asked, sale.customer, now),
                "receipt": sale.seq,
                "pending": False,
                "total_minor": sale.total_minor,
                **taken.to_event(sale.customer),
            },
            sale.customer,
            now,
        )
        self._journal.add_void(
            seq, receipt=sale.seq, reason=asked.reason, cashier=asked.cashier, at=now
        )
        self._store(journal, seq, sale, taken, now)
        return self._void_answer(journal, sale_id, sale.total_minor, taken, now, pending=False)

    def _void_elsewhere(
        self, journal: Journal, sale_id: str, asked: VoidRequest, now: dt.datetime
    ) -> dict[str, Any] | Refused:
        """Void a sale that this till does not have, by what the host gave back."""
        is_ours = journal_lookup.is_completed(journal, sale_id)  # training: nothing was sold
        is_open = self._till.running(sale_id) or journal_lookup.suspended(journal, sale_id)
        if asked.total_minor is None or is_ours or is_open is not None:
            return Refused(Refusal.SALE_UNKNOWN)
        if return_store.came_back(journal, sale_id):
            return Refused(Refusal.ITEMS_RETURNED)
        taken = TakenBack()
        self._add_event(
            "sale_voided",
            {
                **self._void_body(sale_id, asked, None, now),
                "receipt": None,
                "pending": True,
                "total_minor": asked.total_minor,
                **taken.to_event(None),
            },
            None,
            now,
        )
        return self._void_answer(journal, sale_id, asked.total_minor, taken, now, pending=True)

    def _void_body(
        self, sale_id: str, asked: VoidRequest, customer: str | None, now: dt.datetime
    ) -> dict[str, Any]:
        return {
            **event_head(self._till.config, cashier=asked.cashier, customer=customer, now=now),
            "sale_id": sale_id,
            "moment": "after",
            "reason": asked.reason,
        }

    def _void_answer(
        self,
        journal: Journal,
        sale_id: str,
        total_minor: int,
        taken: TakenBack,
        now: dt.datetime,
        *,
        pending: bool,
    ) -> dict[str, Any]:
        return {
            "sale_id": sale_id,
            "voided_at": now.isoformat(timespec="milliseconds"),
            "total_minor": total_minor,
            "voucher_refund_minor": taken.voucher_refund_minor,
            "deducted_minor": taken.deducted_minor,
            "withheld_minor": taken.withheld_minor,
            "reversed": taken.reversed(),
            "pending": pending,
            "effects": self._effects(journal, taken),
        }

    def return_items(self, sale_id: str, request: Mapping[str, Any]) -> Receipt | Refused:
        """Take goods of a sale back; one that this till does not have needs the host's refunds.

        Args:
            sale_id: of the sale that the goods belong to.
            request: ``return_id``, ``lines``, ``refund_as``, ``reason``, ``cashier``,
                ``receipt_number``, ``tenders``.
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
            if _is_voided(journal, sale_id, sale):
                return Refused(Refusal.SALE_VOIDED)
            given = (
                _as_the_host_says(asked, return_store.lines_back(journal, sale_id))
                if sale is None
                else refund(self._till, journal, sale, asked.lines)
            )
            if isinstance(given, Refused):
                return given
            answer = self._take_goods(journal, sale_id, sale, asked, given, now)
            if isinstance(answer, Refused):
                return answer
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
    ) -> dict[str, Any] | Refused:
        customer = sale.customer if sale else None
        occasion = Occasion(journal, sale, given.after, given.refund_minor, now)
        taken = TakenBack(exceptions=given.exceptions)
        if sale is not None:
            taken = undo(self._till, occasion, given.exceptions)
            self._count_back(journal, sale, given, taken)
        if asked.refund_as == "goods_credit":
            kind = goods_credit_kind(self._till)
            if kind is None:
                return Refused(Refusal.NO_GOODS_CREDIT)
            goods_credit(occasion, taken, kind)
        body = {
            **event_head(self._till.config, cashier=asked.cashier, customer=customer, now=now),
            "return_id": asked.return_id,
            "sale_id": sale_id,
            "receipt": sale.seq if sale else None,
            "receipt_number": asked.receipt_number,
            "pending": sale is None,
            "reason": asked.reason,
            "refund_minor": given.refund_minor,
            "turnover_minor": _turnover_minor(sale, given),
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
                turnover_minor=_turnover_minor(sale, given),
                withheld_minor=taken.withheld_minor,
            ),
            at=now,
        )
        if sale is not None:
            self._store(journal, seq, sale, taken, now)
        issued = self._issuing.store(
            taken.issued, seq, self._holder(customer), receipt=None, cashier=asked.cashier, now=now
        )
        return {
            "return_id": asked.return_id,
            "sale_id": sale_id,
            "returned_at": now.isoformat(timespec="milliseconds"),
            "refund_minor": given.refund_minor,
            "voucher_refund_minor": taken.voucher_refund_minor,
            "deducted_minor": taken.deducted_minor,
            "withheld_minor": taken.withheld_minor,
            "credit_minor": (taken.credit.value_minor or 0) if taken.credit else 0,
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
            "effects": issued + self._effects(journal, taken),
        }

    def _count_back(
        self, journal: Journal, sale: BookedSale, given: Refund, taken: TakenBack
    ) -> None:
        """Take the counters back: turnover with every return, the rest with the last goods."""
        if sale.customer is None:
            return
        counters = journal_lookup.counters_of(journal, sale.seq)
        # What comes back is turnover less on the day and in the year in which it was bought.
        revenues = [key for key in counters if key.startswith((f"{REVENUE}:", YEAR))]
        if given.is_whole:
            for key, delta in counters.items():
                if key != LAST_DAY and key not in revenues:
                    taken.count(key, -delta)
        turnover_minor = _turnover_minor(sale, given)
        if turnover_minor:
            for key in revenues:
                taken.count(key, -turnover_minor)

    def _store(
        self, journal: Journal, seq: int, sale: BookedSale, taken: TakenBack, now: dt.datetime
    ) -> None:
        booked = Booked(self._journal.epoch, seq, now)
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
        for reduced in taken.reduced:
            voucher_store.reduce(
                journal, reduced.voucher, booked, by_minor=reduced.amount_minor, receipt=sale.seq
            )
        for again in taken.reissued:
            return_store.note(
                journal,
                again.instead_of,
                "reissued",
                booked,
                receipt=sale.seq,
                amount_minor=again.voucher.value_minor or 0,
            )
        for settled in taken.settled:
            return_store.note(
                journal,
                settled.voucher,
                "settled",
                booked,
                receipt=sale.seq,
                amount_minor=settled.owed_minor,
            )

    def _holder(self, customer: str | None) -> str:
        """Return the name for the paper of a voucher."""
        return self._issuing.offer("items_returned", customer).holder if customer else ""

    def _effects(self, journal: Journal, taken: TakenBack) -> list[dict[str, Any]]:
        config = self._till.config
        told = taken.effects(currency=config.currency, language=config.language)
        void = print_strips.on_paper(journal, taken.cancelled)
        return told + ([message(coupons_void(void), config.language)] if void else [])

    def _add_event(
        self, kind: str, body: Mapping[str, Any], customer: str | None, now: dt.datetime
    ) -> int:
        touches = [] if customer is None else [customer]
        return self._journal.add_event(kind=kind, body=body, touches=touches, at=now)


def _turnover_minor(sale: BookedSale | None, given: Refund) -> int:
    """Return what a return takes off the turnover; of a sale not known here all of it."""
    if sale is None:
        return given.refund_minor
    return sale.turnover_minor((line.line_id, line.refund_minor) for line in given.lines)


def _void_key(sale_id: str) -> str:
    return f"void:{sale_id}"


def _is_voided(journal: Journal, sale_id: str, sale: BookedSale | None) -> bool:
    if sale is not None:
        return journal_lookup.was_voided(journal, sale.seq)
    return journal_lookup.answer_text(journal, _void_key(sale_id)) is not None


def _as_the_host_says(asked: ReturnRequest, back_before: Collection[str]) -> Refund | Refused:
    """Return the refund of goods whose sale this till does not have.

    Head office settles the rest; only the host knows what it gave back. A line of which something
    came back before may be a second refund of the same piece: head office is told.
    """
    lines: list[ReturnedLine] = []
    exceptions: list[dict[str, Any]] = []
    for line in asked.lines:
        if line.refund_minor is None:
            return Refused(Refusal.SALE_UNKNOWN)
        lines.append(ReturnedLine(line.line_id, line.quantity_milli, line.refund_minor))
        if line.line_id in back_before:
            exceptions.append({"line_id": line.line_id, "reason": "line_returned_before"})
    return Refund(tuple(lines), {}, exceptions)
