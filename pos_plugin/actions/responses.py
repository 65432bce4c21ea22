"""Responses to an action that gives no discount (Responsemessung): said by the host, kept once.

What a promotion gave stands on the receipt. A visitor of an event, a reader of a letter or somebody
who brings a leaflet leaves no such trace: the host reports it, with the sale if there was one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pos_plugin.actions.booked_once import Actions, Moment, Request, read_request
from pos_plugin.text import PlainText as Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pos_plugin.answers import Receipt
    from pos_plugin.notices import Refused

RESPONSE_REGISTERED: Final = "response_registered"


class ResponseSaid(Request):
    """Somebody answered a campaign.

    Args:
        response: the host's own id; the same report again gets the same answer.
        campaign: code of the campaign, or what stands on the leaflet.
        customer: id, if known.
        sale_id: the sale that came of it, if one did.
        cashier: number of the cashier.
    """

    response: Text
    campaign: Text
    customer: Text | None = None
    sale_id: Text | None = None
    cashier: Text | None = None

    def request(self) -> dict[str, Any]:
        """Return what makes two reports the same, whoever reports it again."""
        return self.model_dump(exclude={"cashier"})


class ResponseDesk:
    """Takes the responses that one till sees."""

    def __init__(self, actions: Actions) -> None:
        self._actions = actions

    def register(self, value: Mapping[str, Any]) -> Receipt | Refused:
        """Keep a response; ``conflict`` for another one under this id."""
        asked = read_request(ResponseSaid, value, "response")

        def work(moment: Moment) -> Mapping[str, Any]:
            facts = {
                "response": asked.response,
                "campaign": asked.campaign,
                "sale_id": asked.sale_id,
            }
            self._actions.add_event(
                RESPONSE_REGISTERED,
                facts,
                customer=asked.customer,
                cashier=asked.cashier,
                now=moment.now,
            )
            return {**facts, "customer": asked.customer, "effects": []}

        return self._actions.once(f"response:{asked.response}", asked.request(), work)
