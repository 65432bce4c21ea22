"""Responses to campaigns in plain values: what a host calls that sees one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pos_plugin.actions.responses import ResponseDesk
    from pos_plugin.answers import Receipt
    from pos_plugin.faces.in_time import InTime
    from pos_plugin.notices import Refused


class Responses:
    """The responses that one till sees; made by ``Plugin.open``.

    Args:
        desk: keeps them.
        in_time: does the work.
    """

    def __init__(self, desk: ResponseDesk, in_time: InTime) -> None:
        self._desk = desk
        self._in_time = in_time

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
        return self._in_time.book(lambda: self._desk.register(response))
