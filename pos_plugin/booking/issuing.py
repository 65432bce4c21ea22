"""Vouchers that an event gives to its customer: what is due, stored with its paper.

A broken cache costs no receipt: what an event issues is read before its transaction, and a till
that cannot read it issues nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pos_plugin import wording
from pos_plugin.answers import message
from pos_plugin.errors import StorageError
from pos_plugin.loyalty.voucher_type import in_language
from pos_plugin.notices import Notice, NoticeCode
from pos_plugin.printing.orders import print_order
from pos_plugin.printing.papers import STRIP_MAX, Papers
from pos_plugin.voucher.offer import Offer, read_offer

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Sequence

    from pos_plugin.config import TillConfig
    from pos_plugin.loyalty.vouchers import NewVoucher
    from pos_plugin.storage.current_cache import CurrentCache
    from pos_plugin.storage.journal_writer import JournalWriter


class Issuing:
    """Gives vouchers to customers of one till."""

    def __init__(self, config: TillConfig, journal: JournalWriter, cache: CurrentCache) -> None:
        self._config = config
        self._journal = journal
        self._cache = cache
        self._papers = Papers(config, cache)

    def offer(self, event: str, customer: str | None) -> Offer:
        """Return what an event may issue; nothing without customer, cache, or reserve of disk."""
        if customer is None or self._journal.ballast.is_spent:
            return Offer(event)
        try:
            cache = self._cache.reader()
            if cache is None:
                return Offer(event)
            with self._journal.reading() as journal:
                return read_offer(cache, journal, event, customer)
        except StorageError:
            return Offer(event)

    def store(
        self,
        issued: Collection[NewVoucher],
        seq: int,
        holder: str,
        *,
        receipt: int | None,
        cashier: str | None,
        now: dt.datetime,
    ) -> list[dict[str, Any]]:
        """Store issued vouchers with their print jobs; return the effects that say so.

        Args:
            issued: the vouchers.
            seq: event that issues them.
            holder: name of the customer, for the paper.
            receipt: of the sale, if it was one.
            cashier: number of the cashier.
            now: instant of the event.
        """
        for voucher in issued:
            self._journal.add_voucher(seq, voucher, receipt=receipt, cashier=cashier, at=now)
        return self.print(issued, holder, now=now)

    def print(
        self, issued: Collection[NewVoucher], holder: str, *, now: dt.datetime
    ) -> list[dict[str, Any]]:
        """Queue the paper of stored vouchers; return the effects that say so."""
        effects: list[dict[str, Any]] = []
        for strip in self._strips(issued):
            effects += [self._issue_effect(voucher) for voucher in strip]
            effects.append(self._print(strip, holder, now, training=False))
        return effects

    def rehearse(
        self, issued: Collection[NewVoucher], holder: str, *, now: dt.datetime
    ) -> list[dict[str, Any]]:
        """Queue the paper of vouchers that nobody gets, marked TRAINING; store nothing else."""
        return [self._print(strip, holder, now, training=True) for strip in self._strips(issued)]

    def _strips(self, issued: Collection[NewVoucher]) -> list[list[NewVoucher]]:
        """Return what goes on one paper: coupons under the receipt together, all else alone."""
        alone: list[list[NewVoucher]] = []
        coupons: dict[str | None, list[NewVoucher]] = {}
        for voucher in issued:
            if self._papers.is_coupon(voucher):
                coupons.setdefault(voucher.type.layout.layout_id, []).append(voucher)
            else:
                alone.append([voucher])
        return alone + [
            strip[start : start + STRIP_MAX]
            for strip in coupons.values()
            for start in range(0, len(strip), STRIP_MAX)
        ]

    def _issue_effect(self, voucher: NewVoucher) -> dict[str, Any]:
        language = self._config.language
        benefit = in_language(voucher.type.effect.label, language)
        return {
            "effect_id": f"voucher:{voucher.id}",
            "kind": "issue_voucher",
            "voucher_id": voucher.id,
            "type": voucher.type.code,
            "title": in_language(voucher.type.layout.title, language),
            "benefit": benefit,
            "code": voucher.code,
            "valid_to_on": voucher.valid_to_on,
            "text": wording.voucher(benefit, voucher.valid_to_on, language=language),
        }

    def _print(
        self, strip: Sequence[NewVoucher], holder: str, now: dt.datetime, *, training: bool
    ) -> dict[str, Any]:
        """Queue the paper of a voucher, or say that it cannot be printed; it is valid anyway."""
        # Loaded with the first voucher: a till that issues none never needs it.
        from printers.errors import DocumentInvalid

        first = strip[0]
        is_coupon = self._papers.is_coupon(first)
        try:
            paper = (
                self._papers.strip(strip, holder, training=training)
                if is_coupon
                else self._papers.voucher(first, holder, now=now, training=training)
            )
        except DocumentInvalid:
            kind = "coupon" if is_coupon else "voucher"
            notice = Notice(NoticeCode.PRINT_DOCUMENT_INVALID, {"paper": kind})
            return message(notice, self._config.language)
        coupons = tuple(one.id for one in strip) if len(strip) > 1 else ()
        job = print_order(self._config, paper, customer=first.customer, now=now, coupons=coupons)
        self._journal.add_print_job(job, at=now)
        return {"effect_id": f"print:{job.uid}", "kind": "print", "job": job.uid, "attempt": 1}
