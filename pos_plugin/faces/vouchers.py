"""Vouchers outside a sale in plain values: sold, blocked, let go again; what a host calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pos_plugin.actions.vouchers import VoucherDesk
    from pos_plugin.answers import Receipt
    from pos_plugin.faces.in_time import InTime
    from pos_plugin.notices import Refused


class Vouchers:
    """The vouchers of one till; made by ``Plugin.open``.

    Args:
        desk: books what is asked for.
        in_time: does the work.
    """

    def __init__(self, desk: VoucherDesk, in_time: InTime) -> None:
        self._desk = desk
        self._in_time = in_time

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
        return self._in_time.book(lambda: self._desk.sell(request))

    def block(self, request: Mapping[str, Any]) -> Receipt | Refused:
        """Let nobody use a voucher.

        Args:
            request: ``request_id``, ``code``, and as far as known ``reason``, ``cashier``.

        Returns:
            ``voucher_id, effects``; ``voucher_unknown``, ``voucher_not_now``.

        Raises:
            SaleError: the request is none; names the place.
        """
        return self._in_time.book(lambda: self._desk.block(request))

    def unblock(self, request: Mapping[str, Any]) -> Receipt | Refused:
        """Let a blocked voucher be used again; ``voucher_needs_online`` with a head office.

        Args, Returns, Raises: as ``block``.
        """
        return self._in_time.book(lambda: self._desk.unblock(request))
