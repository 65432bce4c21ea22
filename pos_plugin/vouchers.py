"""Vouchers outside a sale in plain values: sold, blocked, let go again; what a host calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pos_plugin.answers import Receipt
from pos_plugin.sales import late_refusal, refusal_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pos_plugin.actions.vouchers import VoucherDesk
    from pos_plugin.notices import Refused
    from pos_plugin.sales import Counter


class Vouchers:
    """The vouchers of one till; made by ``Plugin.open``.

    Args:
        desk: books what is asked for.
        counter: does the work in time.
        within_ms: how long a call may take, in milliseconds.
        on_booked: told on the plugin's thread what was booked, when it is durable.
        for_host: completes an answer for the host that asked, on its own thread.
    """

    def __init__(
        self,
        desk: VoucherDesk,
        counter: Counter,
        *,
        within_ms: int,
        on_booked: Callable[[Receipt], None],
        for_host: Callable[[Receipt], Receipt],
    ) -> None:
        self._desk = desk
        self._counter = counter
        self._within_ms = within_ms
        self._on_booked = on_booked
        self._for_host = for_host

    def sell(self, request: Mapping[str, Any]) -> Receipt | Refused:
        """Make a voucher for sale, or sell it at once.

        Args:
            request: ``voucher`` (the host's own id), ``type``, and as far as wanted
                ``value_minor``, ``code``, ``customer``, ``cashier``, ``paid``.

        Returns:
            ``voucher, voucher_id, code, state, value_minor, valid_to_on, gv_typ, gutschein_nr,
            line, effects``: without ``paid`` the line goes into the sale whose completion issues
            the voucher; ``voucher_not_sellable``, ``conflict``.

        Raises:
            SaleError: the request is none; names the place.
        """
        return self._done(lambda: self._desk.sell(request))

    def block(self, request: Mapping[str, Any]) -> Receipt | Refused:
        """Let nobody use a voucher.

        Args:
            request: ``request_id``, ``code``, and as far as known ``reason``, ``cashier``.

        Returns:
            ``voucher_id, effects``; ``voucher_unknown``, ``voucher_not_now``.

        Raises:
            SaleError: the request is none; names the place.
        """
        return self._done(lambda: self._desk.block(request))

    def unblock(self, request: Mapping[str, Any]) -> Receipt | Refused:
        """Let a blocked voucher be used again; ``voucher_needs_online`` with a head office.

        Args, Returns, Raises: as ``block``.
        """
        return self._done(lambda: self._desk.unblock(request))

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
