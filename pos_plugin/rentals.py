"""The life of a rental in plain values: what a host calls that rents out its goods.

Each report carries the host's own id (``rental``) and is booked once for each kind: the same report
again gets the same answer. What is issued and what comes back may have the same id; a return after
a reversed return needs a new one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pos_plugin.answers import Receipt
from pos_plugin.sales import late_refusal, refusal_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pos_plugin.notices import Refused
    from pos_plugin.rental_desk import RentalDesk
    from pos_plugin.sales import Counter


class Rentals:
    """The rentals of one till; made by ``Plugin.open``.

    Args:
        desk: books the reports.
        counter: does the work in time.
        within_ms: how long a call may take, in milliseconds.
        on_booked: told on the plugin's thread what was booked, when it is durable.
        on_taken_back: told on the plugin's thread each print job of a reversed return.
        for_host: completes an answer for the host that asked, on its own thread.
    """

    def __init__(
        self,
        desk: RentalDesk,
        counter: Counter,
        *,
        within_ms: int,
        on_booked: Callable[[Receipt], None],
        on_taken_back: Callable[[str], None],
        for_host: Callable[[Receipt], Receipt],
    ) -> None:
        self._desk = desk
        self._counter = counter
        self._within_ms = within_ms
        self._on_booked = on_booked
        self._on_taken_back = on_taken_back
        self._for_host = for_host

    def issued(self, report: Mapping[str, Any]) -> Receipt | Refused:
        """Report articles as rented out.

        Args:
            report: ``rental``, and as far as known ``customer`` (id), ``cashier``, ``articles``:
                each with ``sku``, ``days``, ``due_on``, ``price_minor``, ``late_days``.

        Returns:
            ``rental, customer, effects``; ``conflict`` for another report under this id.

        Raises:
            SaleError: the report is none; names the place.
        """
        return self._done(lambda: self._desk.issued(report))

    def cancelled(self, report: Mapping[str, Any]) -> Receipt | Refused:
        """Report that a rental was none.

        Args:
            report: ``rental``, and as far as known ``customer``, ``cashier``, ``reason``.

        Returns, Raises: as ``issued``.
        """
        return self._done(lambda: self._desk.cancelled(report))

    def returned(self, report: Mapping[str, Any]) -> Receipt | Refused:
        """Report rented articles as back; may issue a voucher to the customer.

        Args:
            report: as of ``issued``.

        Returns, Raises: as ``issued``.
        """
        return self._done(lambda: self._desk.returned(report))

    def return_reversed(self, report: Mapping[str, Any]) -> Receipt | Refused:
        """Report that a return was none: an unused voucher of it is cancelled, and its print job.

        Args:
            report: as of ``cancelled``; ``rental`` is the id of the return.

        Returns, Raises: as ``issued``.
        """

        def reverse() -> Receipt | Refused:
            answer = self._desk.return_reversed(report)
            if isinstance(answer, Receipt):
                for job in self._desk.print_jobs_of_return(answer.values["rental"]):
                    self._on_taken_back(job)
            return answer

        return self._done(reverse)

    def _done(self, work: Callable[[], Receipt | Refused]) -> Receipt | Refused:
        def book() -> Receipt | Refused:
            receipt = work()
            if isinstance(receipt, Receipt):
                self._on_booked(receipt)
            return receipt

        booked = self._counter.do(
            book, within_ms=self._within_ms, instead=refusal_of, late=late_refusal
        )
        return self._for_host(booked) if isinstance(booked, Receipt) else booked
