"""What customers answer to campaigns."""

from __future__ import annotations

from sync_agent.event_bodies.parts import Head
from sync_agent.protocol import words


class ResponseRegistered(Head):
    """``response_registered``: somebody answered a campaign, with or without a sale."""

    response: words.Text
    campaign: words.Text
    sale_id: words.Text | None
