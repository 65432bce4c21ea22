"""The life of a sale in plain values, by sale id: what a host calls that keeps its own basket.

    open -> completed -> voided, returned in part or whole        open <-> suspended

Every call may be made again: the same call gets the same answer.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pos_plugin.answers import Evaluation, Receipt, SaleAnswer
from pos_plugin.errors import SaleError
from pos_plugin.faces.in_time import notice_of
from pos_plugin.notices import Refusal, Refused
from pos_plugin.storage import journal_lookup
from pos_plugin.validation import read_id

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pos_plugin.booking.completing import Booking
    from pos_plugin.booking.parked import Parked, Recalled
    from pos_plugin.booking.takeback import Takeback
    from pos_plugin.faces.in_time import InTime
    from pos_plugin.till import Till


class Sales:
    """The sales of one till; made by ``Plugin.open``.

    Args:
        till: evaluates, and knows the open sales.
        booking: completes them.
        parked: keeps the suspended ones.
        takeback: voids and returns.
        in_time: does the work.
        on_taken_back: told on the plugin's thread each print job whose voucher was cancelled.
    """

    def __init__(
        self,
        till: Till,
        booking: Booking,
        parked: Parked,
        takeback: Takeback,
        in_time: InTime,
        *,
        on_taken_back: Callable[[str], None],
    ) -> None:
        self._till = till
        self._booking = booking
        self._parked = parked
        self._takeback = takeback
        self._in_time = in_time
        self._on_taken_back = on_taken_back

    def evaluate(self, snapshot: Mapping[str, Any]) -> Evaluation | Refused:
        """Return what a sale costs now and every effect that now holds.

        Args:
            snapshot: the whole basket (docs/sale.md).

        Returns:
            The evaluation, at list price when something failed or took too long (``late``; the
            answer itself is then there for ``answer``); ``conflict`` for a completed sale.

        Raises:
            SaleError: the snapshot is no sale; names the place.
        """
        sale_id = snapshot.get("sale_id") if isinstance(snapshot, dict) else None
        known = isinstance(sale_id, str)  # whatever else stands there is refused with its place
        return self._in_time.counter.do(
            lambda: self._till.evaluate(snapshot),
            within_ms=self._till.config.budget_ms.evaluate,
            instead=lambda fault: self._till.evaluate_at_list_price(
                snapshot, notice=notice_of(fault)
            ),
            late=lambda: self._till.late(snapshot),
            key=f"evaluate:{sale_id}" if known else None,
        )

    def complete(
        self,
        sale_id: str,
        completion: Mapping[str, Any],
        *,
        snapshot: Mapping[str, Any] | None = None,
    ) -> Receipt | Refused:
        """Book a sale with what was really charged, once; durable when this returns a receipt.

        Args:
            sale_id: of an evaluated sale.
            completion: ``evaluation_id``, ``applied``, ``lines``, ``total_minor``, ``tenders``,
                ``receipt_number``, ``late`` (docs/sale.md); what is missing is as evaluated.
            snapshot: the basket, for a sale that this process has not evaluated.

        Returns:
            The receipt, the stored one for the same body again; ``conflict`` for another body,
            ``sale_unknown`` without evaluation and snapshot, ``journal_unavailable`` when it
            cannot be stored, ``late`` when it is still being stored.

        Raises:
            SaleError: the completion is none, names a line that the sale does not have, or the
                sale id is none.
        """
        read_id(sale_id, "complete.sale_id", SaleError)
        return self._in_time.book(
            lambda: self._booking.complete(sale_id, completion, snapshot=snapshot)
        )

    def void(self, sale_id: str, request: Mapping[str, Any]) -> Receipt | Refused:
        """Take a completed sale back whole; one that is still open is given up instead.

        Args:
            sale_id: of the sale.
            request: ``reason`` and ``cashier``, both optional.

        Returns:
            ``sale_id, voided_at, total_minor, reversed, effects``; ``conflict`` for another body,
            ``items_returned`` when goods of it came back already, ``sale_unknown``.

        Raises:
            SaleError: the request is none.
        """
        read_id(sale_id, "void.sale_id", SaleError)
        return self._taken_back(sale_id, lambda: self._takeback.void(sale_id, request))

    def return_items(self, sale_id: str, request: Mapping[str, Any]) -> Receipt | Refused:
        """Take goods of a completed sale back, as paid.

        Args:
            sale_id: of the sale that the goods belong to.
            request: ``return_id``, ``lines`` (``line_id``, ``quantity_milli``, ``refund_minor`` if
                the host gave back something else), ``reason``, ``cashier``, ``receipt_number``,
                ``tenders``.

        Returns:
            ``return_id, sale_id, returned_at, refund_minor, lines, reversed, pending, effects``;
            ``not_returnable`` for more than is left, ``sale_voided``, ``conflict``;
            ``sale_unknown`` when neither this till has the sale nor the host names its refunds.

        Raises:
            SaleError: the request is none.
        """
        read_id(sale_id, "return.sale_id", SaleError)
        return self._taken_back(sale_id, lambda: self._takeback.return_items(sale_id, request))

    def suspend(self, snapshot: Mapping[str, Any]) -> Refused | None:
        """Park a basket durably under its sale id; None when it is parked."""
        return self._in_time.do(lambda: self._parked.suspend(snapshot))

    def suspend_running(self, sale_id: str) -> Refused | None:
        """Park a sale as it was evaluated last; None when it is parked.

        Raises:
            SaleError: the sale id is none.
        """
        read_id(sale_id, "suspend.sale_id", SaleError)
        return self._in_time.do(lambda: self._parked.suspend_running(sale_id))

    def recall(self, sale_id: str) -> Recalled | Refused:
        """Return a parked basket, open again; one of another shop day is evaluated anew.

        Raises:
            SaleError: the sale id is none.
        """
        read_id(sale_id, "recall.sale_id", SaleError)
        return self._in_time.do(lambda: self._parked.recall(sale_id))

    def cancel(self, sale_id: str) -> Refused | None:
        """Give an open or parked sale up; ``conflict`` for a completed one.

        Raises:
            SaleError: the sale id is none.
        """
        read_id(sale_id, "cancel.sale_id", SaleError)
        return self._in_time.do(lambda: self._parked.cancel(sale_id))

    def suspended(self) -> list[dict[str, Any]] | Refused:
        """Return the sales that wait to be recalled, the oldest first."""

        def look() -> list[dict[str, Any]] | Refused:
            return self._parked.waiting()

        return self._in_time.do(look, within_ms=self._till.config.budget_ms.evaluate)

    def answer(self, sale_id: str) -> SaleAnswer | Refused:
        """Return what this till said of a sale so far; ``sale_unknown`` if nothing.

        Raises:
            SaleError: the sale id is none.
        """
        read_id(sale_id, "answer.sale_id", SaleError)
        return self._in_time.do(
            lambda: self._answer(sale_id), within_ms=self._till.config.budget_ms.evaluate
        )

    def _answer(self, sale_id: str) -> SaleAnswer | Refused:
        with self._till.journal.reading() as journal:
            receipt = journal_lookup.answer_text(journal, f"complete:{sale_id}")
            if receipt is not None:
                void = journal_lookup.answer_text(journal, f"void:{sale_id}")
                returns = [
                    journal_lookup.answer_text(journal, f"return:{return_id}")
                    for return_id in journal_lookup.return_ids(journal, sale_id)
                ]
                return SaleAnswer(
                    sale_id=sale_id,
                    state="voided" if void else "completed",
                    receipt=json.loads(receipt),
                    void=json.loads(void) if void else None,
                    returns=tuple(json.loads(one) for one in returns if one),
                )
            is_suspended = journal_lookup.is_suspended(journal, sale_id)
        if is_suspended:
            return SaleAnswer(sale_id=sale_id, state="suspended")
        running = self._till.running(sale_id)
        if running is None:
            return Refused(Refusal.SALE_UNKNOWN)
        return SaleAnswer(sale_id=sale_id, state="open", evaluation=running.evaluation)

    def _taken_back(self, sale_id: str, work: Callable[[], Receipt | Refused]) -> Receipt | Refused:
        def take_back() -> Receipt | Refused:
            receipt = work()
            if isinstance(receipt, Receipt):
                for job in self._takeback.papers(sale_id):
                    self._on_taken_back(job)
            return receipt

        return self._in_time.book(take_back)
