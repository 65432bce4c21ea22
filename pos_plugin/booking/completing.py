"""Completing a sale: what was really charged becomes a receipt, once.

1. What was charged is the fact; a receipt with all that follows from it is one transaction.
2. The same sale id and body again: the stored answer again; another body: ``conflict``.
3. Vouchers are used here only, and only what of them was really given.
4. A sale that was sold at list price while nobody answered uses nothing and earns.
5. A training sale keeps its answer and books nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pos_plugin.answers import Receipt, message, receipt_texts
from pos_plugin.booking.once import keep_answer, stored_answer
from pos_plugin.booking.receipt_event import (
    declined_events,
    event_head,
    line_events,
    promotion_events,
    receipt_event,
    refused_events,
    sale_answer,
)
from pos_plugin.customer.points_off import spent
from pos_plugin.errors import SaleError, StorageError
from pos_plugin.loyalty.ledger import entries_of
from pos_plugin.loyalty.lots import earn
from pos_plugin.loyalty.program_terms import Terms
from pos_plugin.loyalty.voucher_type import read_voucher_type
from pos_plugin.model import NO_TURNOVER
from pos_plugin.notices import Notice, NoticeCode, Refusal, Refused
from pos_plugin.sale.receipts import book, read_charge, tenders_of
from pos_plugin.storage import approval_store
from pos_plugin.storage.journal_writer import ReceiptHead
from pos_plugin.storage.voucher_store import Booked
from pos_plugin.uids import new_uid
from pos_plugin.voucher.redeeming import redemptions, rest_vouchers
from pos_plugin.voucher.sold import activate, planned_in

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping

    from pos_plugin.answers import Evaluation
    from pos_plugin.booking.issuing import Issuing
    from pos_plugin.loyalty.lots import LedgerEntry
    from pos_plugin.loyalty.voucher_type import VoucherType
    from pos_plugin.model import Basket
    from pos_plugin.sale.receipts import BookedReceipt, Charge
    from pos_plugin.storage.cache_reader import CacheReader
    from pos_plugin.storage.journal_lookup import Journal
    from pos_plugin.till import Running, Till


class Booking:
    """Books the sales of one till.

    Args:
        till: knows the open sales.
        issuing: gives the vouchers that follow.
    """

    def __init__(self, till: Till, issuing: Issuing) -> None:
        self._till = till
        self._issuing = issuing
        self._journal = till.journal

    def complete(
        self,
        sale_id: str,
        completion: Mapping[str, Any],
        *,
        snapshot: Mapping[str, Any] | None = None,
    ) -> Receipt | Refused:
        """Book a sale with what was charged, once.

        Args:
            sale_id: of the sale.
            completion: what was charged.
            snapshot: the basket, for a sale that this process has not evaluated.
        """
        charge = read_charge(completion)
        key = f"complete:{sale_id}"
        stored = stored_answer(self._journal, key, completion)
        if stored is not None:
            return stored
        found = self._sold(sale_id, charge, snapshot)
        if found is None:
            return Refused(Refusal.SALE_UNKNOWN)
        running, late = found
        if running.snapshot.extras.training:
            receipt = self._rehearse(running, charge, late=late, key=key, completion=completion)
        else:
            receipt = self._book(running, charge, late=late, key=key, completion=completion)
        self._till.forget(sale_id)
        return receipt

    def _sold(
        self, sale_id: str, charge: Charge, snapshot: Mapping[str, Any] | None
    ) -> tuple[Running, bool] | None:
        """Return the sale as it was charged, and whether that was late; None if unknown."""
        if snapshot is not None and snapshot.get("sale_id") != sale_id:
            raise SaleError("out_of_range", "sale.sale_id", "is not the sale that is completed")
        answered_late = self._till.late_snapshot(sale_id, charge.evaluation_id, snapshot)
        if charge.late or answered_late is not None:
            running = self._till.running(sale_id)
            value = snapshot or answered_late
            if value is None and running is not None:
                value = running.snapshot.to_dict()
            return None if value is None else (self._till.sold_late(value), True)
        running = self._till.running(sale_id)
        if snapshot is not None and not self._is_priced(running, charge, snapshot):
            self._evaluate(snapshot)
            running = self._till.running(sale_id)
        return None if running is None else (running, False)

    def _evaluate(self, snapshot: Mapping[str, Any]) -> None:
        try:
            self._till.evaluate_charged(snapshot)
        except StorageError:
            # A broken cache costs no receipt; a broken journal is found out when it is written.
            notice = Notice(NoticeCode.CACHE_UNAVAILABLE)
            self._till.evaluate_at_list_price(snapshot, notice=notice)

    def _is_priced(
        self, running: Running | None, charge: Charge, snapshot: Mapping[str, Any]
    ) -> bool:
        """Say whether what was evaluated last is the basket that was charged."""
        if running is None:
            return False
        if charge.evaluation_id == running.evaluation.evaluation_id:
            return True
        return self._till.read_bare(snapshot).is_same_sale(running.snapshot)

    def _book(
        self,
        running: Running,
        charge: Charge,
        *,
        late: bool,
        key: str,
        completion: Mapping[str, Any],
    ) -> Receipt:
        now = self._till.clock.now()
        basket, result = running.basket, running.evaluation.result
        booked, head = self._charged(running, charge, late=late, now=now)
        is_purchase = any(line.quantity_milli > 0 for line in basket.lines)
        offer = self._issuing.offer("sale_completed", head.customer if is_purchase else None)
        kinds = self._kinds(running.snapshot.sold_vouchers)
        turnover_minor = _goods_minor(basket, booked)
        with self._journal.transaction() as journal:
            sold = planned_in(
                journal,
                running.snapshot.sold_vouchers,
                [line for line in basket.lines if line.quantity_milli > 0],
                kinds,
            )
            used = redemptions(
                journal, running.accepted, _of_vouchers(booked, running), basket.lines
            )
            points = spent(
                running.points, booked.vouchers_used, self._cache(running), journal, now=now
            )
            issued = offer.issue(
                journal,
                segments=basket.customer.segments if basket.customer else (),
                redeemed={one.voucher for one in used.redemptions if one.is_used_up},
                basis_minor=turnover_minor,
                now=now,
            )
            issued += rest_vouchers(used.rests, trigger="sale_completed", now=now)
            ledger, changes = _accruals(
                basket, booked, self._till.terms(), is_purchase=is_purchase, now=now
            )
            ledger += points.entries
            for program, delta in points.changes.items():
                changes[program] = changes.get(program, 0) + delta
            body = {
                **event_head(
                    self._till.config, cashier=head.cashier, customer=head.customer, now=now
                ),
                "generation": result.generation,
                "receipt": receipt_event(head, booked, turnover_minor=turnover_minor),
                "lines": line_events(basket, booked),
                "promotion_results": promotion_events(basket, booked),
                "ledger": [entry.to_event() for entry in ledger],
                "entries": [
                    {"customer": head.customer, "key": name, "delta": delta}
                    for name, delta in changes.items()
                ],
                "redemptions": [one.to_event() for one in used.redemptions],
                "rewards": points.facts,
                "vouchers": [
                    *(voucher.to_event() for voucher in issued),
                    *(one.voucher.to_event() for one in sold.vouchers),
                ],
                "refused": refused_events(running.evaluation, running.known),
                "exceptions": used.exceptions + sold.refused,
                "declined": declined_events(basket, running.snapshot.extras.decline_reasons),
                "proof": {"optimal": result.optimal, "gap_minor": result.gap_minor},
            }
            touches = [] if head.customer is None else [head.customer]
            seq = self._journal.add_event(kind="sale_completed", body=body, touches=touches, at=now)
            self._journal.add_receipt(
                seq,
                head,
                basket,
                booked,
                turnover_minor=turnover_minor,
                uncovered_minor=used.uncovered_minor,
            )
            told = approval_notices(journal, basket, seq)
            if head.customer is not None:
                self._journal.add_ledger(
                    seq,
                    ledger,
                    generation=result.generation,
                    at=now,
                    worth_minor=points.worth_minor,
                )
                self._journal.add_own_entries(seq, head.customer, changes)
            for redemption in used.redemptions:
                self._journal.redeem(seq, redemption, receipt=seq, customer=head.customer, at=now)
            effects = self._issuing.store(
                issued, seq, offer.holder, receipt=seq, cashier=head.cashier, now=now
            )
            bought = activate(journal, sold.vouchers, Booked(self._journal.epoch, seq, now))
            effects += self._issuing.print(bought, "", now=now)
            effects += self._texts(booked, running.evaluation)
            if used.uncovered_minor:
                figures = {"amount_minor": used.uncovered_minor, "currency": basket.currency}
                told.append(Notice(NoticeCode.VOUCHER_NOT_COVERED, figures))
            told += [Notice(NoticeCode.VOUCHER_NOT_SOLD) for _ in sold.refused]
            effects += [message(notice, self._till.config.language) for notice in told]
            answer = sale_answer(head, booked, effects)
            keep_answer(self._journal, key, completion, answer)
            self._journal.drop_suspended(basket.sale_id)
        return Receipt(answer)

    def _kinds(self, sold: Mapping[str, str]) -> Callable[[str], VoucherType | None]:
        """Return what tells the kind of a sold voucher; a broken cache costs no receipt."""
        try:
            cache = self._till.cache.reader() if sold else None
        except StorageError:
            cache = None

        def kind(code: str) -> VoucherType | None:
            try:
                return read_voucher_type(cache.voucher_type(code)) if cache else None
            except StorageError:
                return None

        return kind

    def _cache(self, running: Running) -> CacheReader | None:
        """Return the cache for what only rewards need; a broken one costs no receipt."""
        try:
            return self._till.cache.reader() if running.points else None
        except StorageError:
            return None

    def _rehearse(
        self,
        running: Running,
        charge: Charge,
        *,
        late: bool,
        key: str,
        completion: Mapping[str, Any],
    ) -> Receipt:
        now = self._till.clock.now()
        booked, head = self._charged(running, charge, late=late, now=now)
        offer = self._issuing.offer("sale_completed", head.customer)
        customer = running.basket.customer
        with self._journal.transaction() as journal:
            issued = offer.issue(
                journal,
                segments=customer.segments if customer else (),
                redeemed=(),
                basis_minor=_goods_minor(running.basket, booked),
                now=now,
            )
            effects = self._issuing.rehearse(issued, offer.holder, now=now)
            answer = {
                **sale_answer(head, booked, effects + self._texts(booked, running.evaluation)),
                "training": True,
            }
            keep_answer(self._journal, key, completion, answer)
            self._journal.drop_suspended(running.basket.sale_id)
        return Receipt(answer)

    def _charged(
        self, running: Running, charge: Charge, *, late: bool, now: dt.datetime
    ) -> tuple[BookedReceipt, ReceiptHead]:
        basket, evaluation = running.basket, running.evaluation
        result = evaluation.result
        # The list price of a late answer has the id under which the host was given it.
        named = charge.evaluation_id if late else None
        evaluation_id = named or evaluation.evaluation_id
        booked = book(
            basket,
            result,
            running.rules,
            charge,
            evaluation_id=evaluation_id,
            host_discounts=running.snapshot.host_discounts,
            vouchers=evaluation.vouchers.settlement.used if evaluation.vouchers else (),
            late=late,
        )
        head = ReceiptHead(
            sale_id=basket.sale_id,
            receipt_number=charge.receipt_number,
            cashier=running.snapshot.extras.cashier,
            customer=basket.customer.id if basket.customer else None,
            at=basket.at,
            completed_at=now,
            currency=basket.currency,
            generation=result.generation,
            evaluation_id=evaluation_id,
            optimal=result.optimal,
            gap_minor=result.gap_minor,
            evaluated_total_minor=evaluation.charge_minor,
            late=late,
            tenders=tenders_of(charge),
        )
        return booked, head

    def _texts(self, booked: BookedReceipt, evaluation: Evaluation) -> list[dict[str, Any]]:
        language = self._till.config.language
        texts = receipt_texts(
            booked.discount_minor,
            booked.earned,
            programs=evaluation.programs,
            currency=evaluation.currency,
            language=language,
        )
        if booked.charged_differs:
            texts.append(message(Notice(NoticeCode.CHARGED_DIFFERS), language))
        return texts


def approval_notices(journal: Journal, basket: Basket, receipt: int) -> list[Notice]:
    """Keep which goods on approval a receipt sells; return what the cashier should look into."""
    lines = {line.line_id: line for line in basket.lines if line.quantity_milli > 0}
    twice = approval_store.note_sale(journal, receipt, lines)
    return [
        Notice(NoticeCode.APPROVAL_SOLD_TWICE, {"sku": lines[line_id].sku}) for line_id in twice
    ]


def _of_vouchers(booked: BookedReceipt, running: Running) -> BookedReceipt:
    """Return the receipt with vouchers alone: points that lowered its price are none."""
    if not running.points:
        return booked
    vouchers = (one for one in booked.vouchers_used if one.voucher.code not in running.points)
    return replace(booked, vouchers_used=tuple(vouchers))


def _goods_minor(basket: Basket, booked: BookedReceipt) -> int:
    """Return what was paid for goods in minor units (cents): sold vouchers, deposits are none."""
    return sum(
        amounts.paid_minor
        for line, amounts in zip(basket.lines, booked.lines, strict=True)
        if NO_TURNOVER.isdisjoint(line.tags)
    )


def _accruals(
    basket: Basket,
    booked: BookedReceipt,
    terms: Mapping[str, Terms],
    *,
    is_purchase: bool,
    now: dt.datetime,
) -> tuple[list[LedgerEntry], dict[str, int]]:
    if basket.customer is None:
        return [], {}
    ledger = [
        earn(
            entry_id=str(new_uid(now)),
            customer=basket.customer.id,
            program=one.account,
            amount=one.amount,
            terms=terms.get(one.account, Terms()),
            on=now.date(),
            promotions=one.promotions,
            basis=one.basis,
        )
        for one in booked.earned
    ]
    changes = entries_of(
        earned=booked.earned,
        given=booked.given,
        turnover_minor=_goods_minor(basket, booked),
        is_purchase=is_purchase,
        business_on=now.date(),
    )
    return ledger, changes
