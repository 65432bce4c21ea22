"""Responses to campaigns in plain values: what a host calls that sees one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pos_plugin.sales import late_refusal, refusal_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pos_plugin.actions.responses import ResponseDesk
    from pos_plugin.answers import Receipt
    from pos_plugin.notices import Refused
    from pos_plugin.sales import Counter


class Responses:
    """The responses that one till sees; made by ``Plugin.open``.

    Args:
        desk: keeps them.
        counter: does the work in time.
        within_ms: how long a call may take, in milliseconds.
    """

    def __init__(self, desk: ResponseDesk, counter: Counter, *, within_ms: int) -> None:
        self._desk = desk
        self._counter = counter
        self._within_ms = within_ms

    def register(self, response: Mapping[str, Any]) -> Receipt | Refused:
        """Report that somebody answered a campaign, with or without a sale, once per id.

        Args:
            response: ``response`` (the host's own id), ``campaign``, and as far as known
                ``customer`` (id), ``sale_id``, ``cashier``.

        Returns:
            ``response, campaign, sale_id, customer, effects``; ``conflict`` for another report
            under this id.

        Raises:
            SaleError: the report is none; names the place.
        """
        return self._counter.do(
            lambda: self._desk.register(response),
            within_ms=self._within_ms,
            instead=refusal_of,
            late=late_refusal,
        )
