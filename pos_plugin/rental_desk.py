"""Rentals as the host reports them: each once, and a return may give its customer a voucher."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pos_plugin.answers import Receipt
from pos_plugin.once import keep_answer, stored_answer
from pos_plugin.receipt_event import event_head
from pos_plugin.rentals import read_rental

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pos_plugin.issuing import Issuing
    from pos_plugin.notices import Refused
    from pos_plugin.till import Till


class RentalDesk:
    """Takes the rental reports of one till."""

    def __init__(self, till: Till, issuing: Issuing) -> None:
        self._till = till
        self._issuing = issuing
        self._journal = till.journal

    def returned(
        self,
        rental_id: str,
        *,
        customer: str | None,
        articles: Sequence[Mapping[str, Any]],
        cashier: str | None,
    ) -> Receipt | Refused:
        """Report rented articles as back, once per rental id; may issue a voucher."""
        now = self._till.clock.now()
        rental = read_rental(
            {
                "rental": rental_id,
                "customer": customer,
                "cashier": cashier,
                "articles": articles,
            }
        )
        request = {
            "rental": rental_id,
            "customer": customer,
            "articles": rental.plain_articles(),
        }
        key = f"rental_returned:{rental_id}"
        stored = stored_answer(self._journal, key, request)
        if stored is not None:
            return stored
        offer = self._issuing.offer("rental_returned", customer)
        with self._journal.transaction() as journal:
            issued = offer.issue(journal, segments=offer.segments, redeemed=(), now=now)
            seq = self._journal.add_event(
                kind="rental_returned",
                body={
                    **event_head(self._till.config, cashier=cashier, customer=customer, now=now),
                    "rental": rental_id,
                    "articles": request["articles"],
                    "vouchers": [voucher.to_event() for voucher in issued],
                },
                touches=[] if customer is None else [customer],
                at=now,
            )
            effects = self._issuing.store(
                issued, seq, offer.holder, receipt=None, cashier=cashier, now=now
            )
            answer = {"rental": rental_id, "effects": effects}
            keep_answer(self._journal, key, request, answer)
        return Receipt(answer)
