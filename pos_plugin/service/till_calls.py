"""The calls outside a sale: how the till is, what a code is."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request, Response

from pos_plugin.actions.card_scans import MOMENTS
from pos_plugin.errors import SaleError
from pos_plugin.identify import WAYS
from pos_plugin.limits import MAX_TEXT
from pos_plugin.notices import Refused
from pos_plugin.service.contract.calls import described
from pos_plugin.service.exchange import answer, language_of, read_object

if TYPE_CHECKING:
    from pos_plugin.service.connections import Connections
    from pos_plugin.service.desk import Desk


def add_till_calls(app: FastAPI, desk: Desk, connections: Connections) -> None:
    """Add the calls of a till outside a sale."""
    config = desk.plugin.config

    @app.get(
        "/v1/health",
        **described("How the till is, and whether this client sends well", answer="Health"),
    )
    async def health(request: Request) -> Response:
        connection = connections.of(request.scope.get("client"))
        return answer(
            {
                **await desk.ask(lambda plugin: plugin.health()),
                "language": config.language,
                "currency": config.currency,
                "prefixes": [prefix.model_dump() for prefix in config.prefix],
                "connection": connection.to_dict(language_of(request, config.language)),
            }
        )

    @app.post(
        "/v1/scan",
        **described(
            "What a code is: panel, or what to add to the basket", body="Scan", answer="Scanned"
        ),
    )
    async def scan(request: Request) -> Response:
        asked = await read_object(request, "scan")
        code = _scanned_code(asked)
        found = await desk.ask(
            lambda plugin: plugin.scan(
                code, sale_id=asked.get("sale_id") or None, moment=asked.get("moment")
            )
        )
        if isinstance(found, Refused):
            return answer(found.to_dict(language_of(request, config.language)))
        return answer(found.to_dict())

    @app.post(
        "/v1/customers/identify",
        **described(
            "Who the customer is when the card stayed at home: the panel, or a short list",
            body="Identify",
            answer="Identified",
        ),
    )
    async def identify(request: Request) -> Response:
        question = await read_object(request, "identify")
        for name in question:
            if name not in WAYS:
                raise SaleError("unknown_field", f"identify.{name}", f"known are {', '.join(WAYS)}")
        found = await desk.ask(lambda plugin: plugin.identify(**question))
        if isinstance(found, Refused):
            return answer(found.to_dict(language_of(request, config.language)))
        return answer(found.to_dict())

    @app.get("/v1/openapi.json", **described("This document", answer="OpenApi"))
    async def openapi() -> Response:
        # Loaded for whoever asks, and worked out beside the calls of the till.
        from pos_plugin.service.contract.document import document

        return answer(await asyncio.to_thread(document, app))


def _scanned_code(value: dict[str, Any]) -> str:
    """Return the code; a sale that the host names beside it changes nothing in what a code is."""
    for name, part in value.items():
        if name not in ("code", "sale_id", "moment"):
            raise SaleError("unknown_field", f"scan.{name}", "a scan has code, sale_id and moment")
        if not isinstance(part, str):
            raise SaleError("wrong_type", f"scan.{name}", "should be text")
    if "code" not in value:
        raise SaleError("missing", "scan.code", "Field required")
    if "moment" in value and value["moment"] not in MOMENTS:
        raise SaleError("unknown_word", "scan.moment", f"known are {', '.join(MOMENTS)}")
    if len(value.get("sale_id", "")) > MAX_TEXT:
        raise SaleError("limit", "scan.sale_id", f"at most {MAX_TEXT} characters")
    code: str = value["code"]
    if not code.isascii() and any("\ud800" <= symbol <= "\udfff" for symbol in code):
        raise SaleError("out_of_range", "scan.code", "half a character is no text")
    return code
