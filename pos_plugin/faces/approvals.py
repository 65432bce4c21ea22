"""Goods on approval (Auswahl) in plain values: what a host calls that gives goods to choose from.

Off by default (``[approvals] enabled = true``): a host with approvals of its own needs nothing of
it. Each request carries the host's own ``request_id`` and is booked once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pos_plugin.errors import SaleError
from pos_plugin.validation import read_id

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from pos_plugin.actions.approvals import ApprovalDesk
    from pos_plugin.answers import Receipt
    from pos_plugin.faces.in_time import InTime
    from pos_plugin.notices import Refused


class Approvals:
    """The goods on approval of one till; made by ``Plugin.open``.

    Args:
        desk: books what is asked for.
        in_time: does the work.
    """

    def __init__(self, desk: ApprovalDesk, in_time: InTime) -> None:
        self._desk = desk
        self._in_time = in_time

    def issue(self, request: Mapping[str, Any]) -> Receipt | Refused:
        """Give goods to a customer on approval; prints their paper.

        Args:
            request: ``request_id``, ``customer`` (id), ``lines`` (``line_id``, ``sku``,
                ``quantity_milli``, ``unit_price_minor`` …), ``due_on``, ``price_guaranteed``,
                ``salesperson``, ``cashier``, ``rights``.

        Returns:
            ``number, customer, due_on, lines, out_minor, fiscal_type, effects``;
            ``approval_needs_customer``, ``customer_unknown``, ``limit_exceeded``,
            ``approvals_off``.

        Raises:
            SaleError: the request is none; names the place.
        """
        return self._in_time.book(lambda: self._desk.issue(request))

    def return_lines(self, number: str, request: Mapping[str, Any]) -> Receipt | Refused:
        """Take pieces back, let them out again, or add some in exchange.

        Args:
            number: of the approval.
            request: ``request_id``, ``returned`` (ids of pieces) or ``all_returned``,
                ``reopened``, ``added`` (lines as of ``issue``), ``cashier``, ``rights``.

        Returns:
            As ``issue``; ``approval_unknown``, ``approval_line``, ``limit_exceeded``.

        Raises:
            SaleError: the request is none; names the place.
        """
        read_id(number, "approval.number", SaleError)
        return self._in_time.book(lambda: self._desk.return_lines(number, request))

    def settle(self, number: str, request: Mapping[str, Any]) -> Receipt | Refused:
        """Return what is kept as a sale; its receipt settles the pieces in it.

        Args:
            number: of the approval.
            request: ``request_id``, ``sale_id``, ``keep_open`` (ids of pieces), ``cashier``.

        Returns:
            The approval and ``sale``: a snapshot for ``plugin.sales``, or None when nothing is
            open; ``approval_unknown``, ``conflict`` for a sale that is completed.

        Raises:
            SaleError: the request is none; names the place.
        """
        read_id(number, "approval.number", SaleError)
        return self._in_time.book(lambda: self._desk.settle(number, request))

    def list(
        self, *, on: dt.date | None = None, customer: str | None = None
    ) -> list[dict[str, Any]] | Refused:
        """Return every piece that was at a customer when a shop day closed, for stocktaking.

        Args:
            on: the shop day; missing = now.
            customer: only what this one has.

        Raises:
            SaleError: the customer is no id.
        """
        if customer is not None:
            read_id(customer, "approvals.customer", SaleError)

        def look() -> list[dict[str, Any]] | Refused:
            return self._desk.out(on, customer)

        return self._in_time.do(look)
