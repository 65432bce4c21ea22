"""Vouchers that an event gives to its customer: what is due, stored with its paper.

A broken cache costs no receipt: what an event issues is read before its transaction, and a till
that cannot read it issues nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pos_plugin import wording
from pos_plugin.answers import message
from pos_plugin.errors import StorageError
from pos_plugin.loyalty.voucher_document import voucher_document
from pos_plugin.loyalty.voucher_type import in_language
from pos_plugin.notices import Notice, NoticeCode
from pos_plugin.print_orders import print_order
from pos_plugin.storage import class_lookup
from pos_plugin.voucher_offer import Offer, read_offer

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Sequence

    from pos_plugin.config import TillConfig
    from pos_plugin.loyalty.coming_titles import ComingTitle
    from pos_plugin.loyalty.vouchers import NewVoucher
    from pos_plugin.storage.current_cache import CurrentCache
    from pos_plugin.storage.journal_writer import JournalWriter


class Issuing:
    """Gives vouchers to customers of one till."""

    def __init__(self, config: TillConfig, journal: JournalWriter, cache: CurrentCache) -> None:
        self._config = config
        self._journal = journal
        self._cache = cache

    def offer(self, event: str, customer: str | None) -> Offer:
        """Return what an event may issue; nothing without a customer or a readable cache."""
        if customer is None:
            return Offer(event)
        try:
            cache = self._cache.reader()
            return read_offer(cache, event, customer) if cache else Offer(event)
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
        for voucher in issued:
            effects.append(self._issue_effect(voucher))
            effects.append(self._print(voucher, holder, now, training=False))
        return effects

    def rehearse(
        self, issued: Collection[NewVoucher], holder: str, *, now: dt.datetime
    ) -> list[dict[str, Any]]:
        """Queue the paper of vouchers that nobody gets, marked TRAINING; store nothing else."""
        return [self._print(voucher, holder, now, training=True) for voucher in issued]

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

    def _titles(self, count: int, now: dt.datetime) -> Sequence[ComingTitle]:
        """Return the next titles; decoration, so a broken cache leaves them out."""
        if not count:
            return ()
        try:
            cache = self._cache.reader()
            if cache is None:
                return ()
            with cache.reading() as connection:
                return class_lookup.coming_titles(
                    connection, on=now.date().isoformat(), count_max=count
                )
        except StorageError:
            return ()

    def _print(
        self, voucher: NewVoucher, holder: str, now: dt.datetime, *, training: bool
    ) -> dict[str, Any]:
        """Queue the paper of a voucher, or say that it cannot be printed; it is valid anyway."""
        # Loaded with the first voucher: a till that issues none never needs it.
        from printers.document import Document
        from printers.errors import DocumentInvalid

        try:
            document = Document.from_dict(
                voucher_document(
                    voucher,
                    holder=holder,
                    shop=self._config.shop,
                    language=self._config.language,
                    currency=self._config.currency,
                    titles=self._titles(voucher.type.layout.covers, now),
                    training=training,
                ),
                customer_bound=voucher.customer_bound,
            )
        except DocumentInvalid:
            return message(Notice(NoticeCode.PRINT_DOCUMENT_INVALID), self._config.language)
        job = print_order(self._config, document, customer=voucher.customer, now=now)
        self._journal.add_print_job(job, at=now)
        return {"effect_id": f"print:{job.uid}", "kind": "print", "job": job.uid, "attempt": 1}
