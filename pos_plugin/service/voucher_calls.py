"""Vouchers outside a sale over HTTP: sold, blocked, let go again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request, Response

from pos_plugin.service.contract.calls import NOT_BOOKED, described
from pos_plugin.service.exchange import booked, read_object

if TYPE_CHECKING:
    from collections.abc import Callable

    from pos_plugin.answers import Receipt
    from pos_plugin.faces.vouchers import Vouchers
    from pos_plugin.notices import Refused
    from pos_plugin.service.desk import Desk


def add_voucher_calls(app: FastAPI, desk: Desk) -> None:
    """Add the calls of vouchers."""
    own_language = desk.plugin.config.language

    async def book(
        request: Request, work: Callable[[Vouchers, dict[str, Any]], Receipt | Refused]
    ) -> Response:
        body = await read_object(request, "voucher")
        found = await desk.ask(lambda plugin: work(plugin.vouchers, body))
        return booked(found, request, own_language)

    @app.post(
        "/v1/vouchers/sell",
        **described(
            "A voucher for sale, or one that is sold",
            body="VoucherSale",
            answer="VoucherForSale",
            may_be_late=True,
            problems=("conflict", "voucher_not_sellable", *NOT_BOOKED),
        ),
    )
    async def sell_voucher(request: Request) -> Response:
        return await book(request, lambda vouchers, body: vouchers.sell(body))

    @app.post("/v1/vouchers/block", **_moved("Nobody may use a voucher"))
    async def block_voucher(request: Request) -> Response:
        return await book(request, lambda vouchers, body: vouchers.block(body))

    @app.post("/v1/vouchers/unblock", **_moved("A blocked voucher may be used again"))
    async def unblock_voucher(request: Request) -> Response:
        return await book(request, lambda vouchers, body: vouchers.unblock(body))


def _moved(summary: str) -> dict[str, Any]:
    return described(
        summary,
        body="VoucherBlock",
        answer="VoucherMoved",
        may_be_late=True,
        problems=(
            "conflict",
            "voucher_unknown",
            "voucher_not_now",
            "voucher_needs_online",
            *NOT_BOOKED,
        ),
    )
