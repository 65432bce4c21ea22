"""The life of a sale over HTTP (till.md §3)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request, Response

from pos_plugin.answers import Receipt
from pos_plugin.errors import SaleError
from pos_plugin.service.exchange import Id, answer, language_of, read_object
from pos_plugin.service.problems import of_refused

if TYPE_CHECKING:
    from pos_plugin.plugin import Plugin
    from pos_plugin.service.desk import Desk


def add_sale_calls(app: FastAPI, desk: Desk) -> None:
    """Add the calls of a sale."""
    own_language = desk.plugin.config.language

    @app.put("/v1/sales/{sale_id}")
    async def evaluate(sale_id: Id, request: Request) -> Response:
        snapshot = await read_object(request, "sale")
        if snapshot.setdefault("sale_id", sale_id) != sale_id:
            raise SaleError("out_of_range", "sale.sale_id", "is not the id in the address")
        language = language_of(request, own_language)

        def work(plugin: Plugin) -> dict[str, Any]:
            return replace(plugin.evaluate(snapshot), language=language).to_dict()

        return answer(await desk.ask(work))

    @app.post("/v1/sales/{sale_id}/complete")
    async def complete(sale_id: Id, request: Request) -> Response:
        completion = await read_object(request, "completion")
        booked = await desk.ask(lambda plugin: plugin.complete(sale_id, completion))
        if isinstance(booked, Receipt):
            return answer(booked.to_dict())
        raise of_refused(booked, language_of(request, own_language))
