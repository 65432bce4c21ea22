"""What customers answer to campaigns."""

from __future__ import annotations

from sync_agent import protocol
from sync_agent.event_bodies.parts import Head


class ResponseRegistered(Head):
    """``response_registered``: somebody answered a campaign, with or without a sale."""

    response: protocol.Text
    campaign: protocol.Text
    sale_id: protocol.Text | None
