"""Customers, cards and consents over HTTP: what a till does with them outside a sale."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, HTTPException, Request, Response

from pos_plugin.errors import SaleError
from pos_plugin.notices import Refusal, Refused
from pos_plugin.service.contract.calls import NOT_BOOKED, described
from pos_plugin.service.exchange import (
    Id,
    answer,
    booked,
    language_of,
    read_nothing,
    read_object,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from pos_plugin.answers import Receipt
    from pos_plugin.faces.customers import Customers
    from pos_plugin.service.desk import Desk


def add_customer_calls(app: FastAPI, desk: Desk) -> None:
    """Add the calls of customers, cards and consents."""
    own_language = desk.plugin.config.language

    async def book(request: Request, work: Callable[[Customers], Receipt | Refused]) -> Response:
        found = await desk.ask(lambda plugin: work(plugin.customers))
        if isinstance(found, Refused) and found.code is Refusal.CUSTOMER_DUPLICATE:
            # A question to the cashier, not a fault: the candidates are the answer.
            return answer(found.to_dict(language_of(request, own_language)))
        return booked(found, request, own_language)

    @app.post(
        "/v1/customers",
        **_described(
            "Create a customer; who it may already be is asked first",
            body="NewCustomer",
            answer="NewCustomerAnswer",
        ),
    )
    async def create_customer(request: Request) -> Response:
        body = await read_object(request, "customer")
        return await book(request, lambda customers: customers.create(body))

    @app.patch(
        "/v1/customers/{customer}",
        **_described(
            "Change fields of a customer; null removes one",
            body="CustomerChanges",
            answer="CustomerChanged",
            problems=("not_found", "customer_unknown"),
        ),
    )
    async def change_customer(customer: Id, request: Request) -> Response:
        if customer == "identify":
            # An address that is written out is no id (OpenAPI 3.1, Paths Object).
            raise HTTPException(HTTPStatus.METHOD_NOT_ALLOWED)
        body = await read_object(request, "customer")
        if "customer" in body:
            raise SaleError("unknown_field", "customer.customer", "the address names it")
        changed = {**body, "customer": customer}
        return await book(request, lambda customers: customers.change(changed))

    @app.post(
        "/v1/customers/{customer}/erase",
        **_described(
            "Erase a person from this till; sums stay under the id",
            body="Nothing",
            body_needed=False,
            answer="CustomerErased",
            problems=("not_found", "customer_unknown"),
        ),
    )
    async def erase_customer(customer: Id, request: Request) -> Response:
        await read_nothing(request, "erasure")
        return await book(request, lambda customers: customers.erase(customer))

    @app.post(
        "/v1/cards/assign",
        **_described(
            "Give a card to a customer, or replace one",
            body="CardAssignment",
            answer="CardStanding",
            problems=("customer_unknown", "card_unknown", "card_taken", "code_unknown"),
        ),
    )
    async def assign_card(request: Request) -> Response:
        body = await read_object(request, "card")
        return await book(request, lambda customers: customers.assign_card(body))

    @app.post(
        "/v1/cards/block",
        **_described(
            "Block a card, here at once",
            body="CardBlock",
            answer="CardStanding",
            problems=("card_unknown",),
        ),
    )
    async def block_card(request: Request) -> Response:
        body = await read_object(request, "card")
        return await book(request, lambda customers: customers.block_card(body))

    @app.post(
        "/v1/consents",
        **_described(
            "Keep what a customer agreed to or took back; it counts here at once",
            body="ConsentSaid",
            answer="ConsentKept",
            problems=("customer_unknown", "consent_too_young"),
        ),
    )
    async def keep_consent(request: Request) -> Response:
        body = await read_object(request, "consent")
        return await book(request, lambda customers: customers.consent(body))


def _described(
    summary: str,
    *,
    body: str,
    answer: str,
    body_needed: bool = True,
    problems: tuple[str, ...] = (),
) -> dict[str, Any]:
    return described(
        summary,
        body=body,
        body_needed=body_needed,
        answer=answer,
        may_be_late=True,
        problems=("conflict", *problems, *NOT_BOOKED),
    )
