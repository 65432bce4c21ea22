"""The life of a rental in plain values: what a host calls that rents out its goods.

Each report carries the host's own id (``rental``) and is booked once for each kind: the same report
again gets the same answer. What is issued and what comes back may have the same id; a return after
a reversed return needs a new one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pos_plugin.answers import Receipt

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pos_plugin.booking.rental_desk import RentalDesk
    from pos_plugin.faces.in_time import InTime
    from pos_plugin.notices import Refused


class Rentals:
    """The rentals of one till; made by ``Plugin.open``.

    Args:
        desk: books the reports.
        in_time: does the work.
        on_taken_back: told on the plugin's thread each print job of a reversed return.
    """

    def __init__(
        self,
        desk: RentalDesk,
        in_time: InTime,
        *,
        on_taken_back: Callable[[str], None],
    ) -> None:
        self._desk = desk
        self._in_time = in_time
        self._on_taken_back = on_taken_back

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
        return self._in_time.book(lambda: self._desk.issued(report))

    def cancelled(self, report: Mapping[str, Any]) -> Receipt | Refused:
        """Report that a rental was none.

        Args:
            report: ``rental``, and as far as known ``customer``, ``cashier``, ``reason``.

        Returns, Raises: as ``issued``.
        """
        return self._in_time.book(lambda: self._desk.cancelled(report))

    def returned(self, report: Mapping[str, Any]) -> Receipt | Refused:
        """Report rented articles as back; may issue a voucher to the customer.

        Args:
            report: as of ``issued``.

        Returns, Raises: as ``issued``.
        """
        return self._in_time.book(lambda: self._desk.returned(report))

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

        return self._in_time.book(reverse)
