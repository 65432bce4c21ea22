"""Rentals as the host reports them over HTTP (domain.md §6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request, Response

from pos_plugin.service.contract.calls import NOT_BOOKED, described
from pos_plugin.service.exchange import booked, read_object

if TYPE_CHECKING:
    from collections.abc import Callable

    from pos_plugin.answers import Receipt
    from pos_plugin.faces.rentals import Rentals
    from pos_plugin.notices import Refused
    from pos_plugin.service.desk import Desk


def add_rental_calls(app: FastAPI, desk: Desk) -> None:
    """Add the calls of rentals."""
    own_language = desk.plugin.config.language

    async def report(
        request: Request, book: Callable[[Rentals, dict[str, Any]], Receipt | Refused]
    ) -> Response:
        body = await read_object(request, "rental")
        found = await desk.ask(lambda plugin: book(plugin.rentals, body))
        return booked(found, request, own_language)

    @app.post("/v1/rentals/issue", **_described("Articles are rented out", body="Rental"))
    async def rental_issued(request: Request) -> Response:
        return await report(request, lambda rentals, body: rentals.issued(body))

    @app.post("/v1/rentals/cancel", **_described("A rental was none", body="RentalUndone"))
    async def rental_cancelled(request: Request) -> Response:
        return await report(request, lambda rentals, body: rentals.cancelled(body))

    @app.post(
        "/v1/rentals/return",
        **_described("Rented articles are back; may issue a voucher", body="Rental"),
    )
    async def rental_returned(request: Request) -> Response:
        return await report(request, lambda rentals, body: rentals.returned(body))

    @app.post(
        "/v1/rentals/reverse",
        **_described("A return was none; its unused voucher is cancelled", body="RentalUndone"),
    )
    async def rental_return_reversed(request: Request) -> Response:
        return await report(request, lambda rentals, body: rentals.return_reversed(body))


def _described(summary: str, *, body: str) -> dict[str, Any]:
    return described(
        summary,
        body=body,
        answer="RentalBooked",
        may_be_late=True,
        problems=("conflict", *NOT_BOOKED),
    )
