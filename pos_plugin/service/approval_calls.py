"""Goods on approval over HTTP (domain.md §4.5)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

from fastapi import FastAPI, Request, Response

from pos_plugin.errors import SaleError
from pos_plugin.limits import MAX_TEXT
from pos_plugin.notices import Refused
from pos_plugin.service.contract.calls import NOT_BOOKED, described
from pos_plugin.service.exchange import Id, answer, booked, language_of, not_done, read_object

if TYPE_CHECKING:
    from collections.abc import Callable

    from pos_plugin.answers import Receipt
    from pos_plugin.faces.approvals import Approvals
    from pos_plugin.service.desk import Desk

_ON: Final = {
    "name": "on",
    "in": "query",
    "schema": {"type": "string", "format": "date"},
    "description": "shop day; missing = now",
}
_CUSTOMER: Final = {
    "name": "customer",
    "in": "query",
    "schema": {"type": "string", "minLength": 1, "maxLength": MAX_TEXT},
}


def add_approval_calls(app: FastAPI, desk: Desk) -> None:
    """Add the calls of goods on approval."""
    own_language = desk.plugin.config.language

    async def book(
        request: Request, call: Callable[[Approvals, dict[str, Any]], Receipt | Refused]
    ) -> Response:
        body = await read_object(request, "approval")
        found = await desk.ask(lambda plugin: call(plugin.approvals, body))
        return booked(found, request, own_language)

    @app.post(
        "/v1/approvals",
        **_described(
            "Give goods to a customer on approval",
            body="ApprovalIssue",
            answer="ApprovalBooked",
            problems=("approval_needs_customer", "customer_unknown", "limit_exceeded"),
        ),
    )
    async def issue(request: Request) -> Response:
        return await book(request, lambda approvals, body: approvals.issue(body))

    @app.post(
        "/v1/approvals/{number}/return",
        **_described(
            "Pieces are back, out again, or added in exchange",
            body="ApprovalReturn",
            answer="ApprovalBooked",
            problems=("not_found", "approval_unknown", "approval_line", "limit_exceeded"),
        ),
    )
    async def return_lines(number: Id, request: Request) -> Response:
        return await book(request, lambda approvals, body: approvals.return_lines(number, body))

    @app.post(
        "/v1/approvals/{number}/settle",
        **_described(
            "What is kept as a sale, to be evaluated and completed like any other",
            body="ApprovalSettlement",
            answer="ApprovalSale",
            problems=("not_found", "approval_unknown"),
        ),
    )
    async def settle(number: Id, request: Request) -> Response:
        return await book(request, lambda approvals, body: approvals.settle(number, body))

    @app.get(
        "/v1/approvals",
        **described(
            "Every piece that was at a customer when a shop day closed",
            answer="ApprovalList",
            may_be_late=True,
            query=(_ON, _CUSTOMER),
            problems=(
                "unknown_field",
                "wrong_type",
                "out_of_range",
                "limit",
                "approvals_off",
                *NOT_BOOKED,
            ),
        ),
    )
    async def listed(request: Request) -> Response:
        on, customer = _asked(request)
        found = await desk.ask(lambda plugin: plugin.approvals.list(on=on, customer=customer))
        if isinstance(found, Refused):
            return not_done(found, language_of(request, own_language))
        return answer({"approvals": found})


def _asked(request: Request) -> tuple[dt.date | None, str | None]:
    for name in request.query_params:
        if name not in ("on", "customer"):
            raise SaleError("unknown_field", name[:MAX_TEXT], "known are on and customer")
    on = request.query_params.get("on")
    try:
        day = dt.date.fromisoformat(on) if on else None
    except ValueError:
        raise SaleError("wrong_type", "on", "a day as 2026-03-07") from None
    return day, request.query_params.get("customer")


def _described(
    summary: str, *, body: str, answer: str, problems: tuple[str, ...]
) -> dict[str, Any]:
    return described(
        summary,
        body=body,
        answer=answer,
        may_be_late=True,
        problems=("conflict", "approvals_off", *problems, *NOT_BOOKED),
    )
