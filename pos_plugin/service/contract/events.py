"""What the stream of events carries."""

from __future__ import annotations

from typing import Any, Final

from pydantic import Field

from pos_plugin.service.contract.calls import reference
from pos_plugin.service.contract.words import Answer


class Said(Answer):
    """A sentence for the cashier that belongs to no print job."""

    code: str
    params: dict[str, Any]
    text: str
    level: str
    audience: str


class PrinterState(Answer):
    """How the printer stands (event ``printer``)."""

    printer: str
    transport: str
    state: str = Field(description="ready, printing, waiting, in_doubt or failed")
    notice: Said | None = Field(description="what it says of itself: its roll is nearly used up")


class Goodbye(Answer):
    """Why the stream ended (event ``closed``)."""

    reason: str = Field(description="server_stops or slow_reader")
    waiting_max: int | None = Field(default=None, description="events that wait for a listener")
    send_s: float | None = Field(default=None, description="seconds its line may be full")


SERVER_EVENT: Final[dict[str, Any]] = {
    "type": "object",
    "description": "One server-sent event: `notice` carries a JobNotice, `printer` a PrinterState, "
    "`print` a Print, `closed` a Goodbye.",
    "properties": {
        "event": {"enum": ["notice", "printer", "print", "closed"]},
        "id": {"type": "string"},
        "data": {
            "type": "string",
            "contentMediaType": "application/json",
            "contentSchema": {
                "anyOf": [
                    reference(name) for name in ("JobNotice", "PrinterState", "Print", "Goodbye")
                ]
            },
        },
    },
    "required": ["event", "data"],
}
