"""Responses to campaigns as the host reports them over HTTP (domain.md G8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import FastAPI, Request, Response

from pos_plugin.service.contract.calls import NOT_BOOKED, described
from pos_plugin.service.exchange import booked, read_object

if TYPE_CHECKING:
    from pos_plugin.service.desk import Desk


def add_response_calls(app: FastAPI, desk: Desk) -> None:
    """Add the call of responses."""
    own_language = desk.plugin.config.language

    @app.post(
        "/v1/responses",
        **described(
            "Somebody answered a campaign, with or without a sale",
            body="ResponseSaid",
            answer="ResponseKept",
            may_be_late=True,
            problems=("conflict", *NOT_BOOKED),
        ),
    )
    async def response_registered(request: Request) -> Response:
        body = await read_object(request, "response")
        found = await desk.ask(lambda plugin: plugin.responses.register(body))
        return booked(found, request, own_language)
