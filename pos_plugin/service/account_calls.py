"""Accounts over HTTP: statement, pay-out, correction, rewards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fastapi import FastAPI, Request, Response

from pos_plugin.errors import SaleError
from pos_plugin.faces.accounts import ENTRIES_MAX
from pos_plugin.limits import MAX_TEXT
from pos_plugin.notices import Refused
from pos_plugin.service.contract.calls import NOT_BOOKED, described
from pos_plugin.service.exchange import Id, answer, booked, language_of, not_done, read_object

if TYPE_CHECKING:
    from collections.abc import Callable

    from pos_plugin.answers import Receipt
    from pos_plugin.faces.accounts import Accounts
    from pos_plugin.service.desk import Desk

_COUNT: Final = "count"
_COUNT_USUAL: Final = 20

_OF_ACCOUNTS = ("customer_unknown", "account_unknown", "balance_too_low")
_OF_SPENDING = (*_OF_ACCOUNTS, "balance_not_mature", "offline_cap")


def add_account_calls(app: FastAPI, desk: Desk) -> None:
    """Add the calls of accounts."""
    own_language = desk.plugin.config.language

    async def book(request: Request, work: Callable[[Accounts], Receipt | Refused]) -> Response:
        found = await desk.ask(lambda plugin: work(plugin.accounts))
        return booked(found, request, own_language)

    @app.get(
        "/v1/customers/{customer}/statement",
        **described(
            "The accounts of a customer with their latest entries",
            answer="Statement",
            may_be_late=True,
            problems=(
                *("not_found", "unknown_field", "wrong_type", "out_of_range"),
                *("customer_unknown", *NOT_BOOKED),
            ),
            query=[
                {
                    "name": _COUNT,
                    "in": "query",
                    "description": "entries of each account",
                    "schema": {
                        "type": "integer",
                        "minimum": 1,
                        "maximum": ENTRIES_MAX,
                        "default": _COUNT_USUAL,
                    },
                }
            ],
        ),
    )
    async def statement(customer: Id, request: Request) -> Response:
        count = _count(request)
        found = await desk.ask(lambda plugin: plugin.accounts.statement(customer, count_max=count))
        if isinstance(found, Refused):
            return not_done(found, language_of(request, own_language))
        return answer(found)

    @app.post(
        "/v1/statements/print",
        **_described(
            "Print the accounts of a customer",
            body="StatementRequest",
            answer="StatementPrinted",
            problems=("customer_unknown",),
        ),
    )
    async def print_statement(request: Request) -> Response:
        body = await read_object(request, "statement")
        return await book(request, lambda accounts: accounts.print_statement(body))

    @app.get(
        "/v1/rewards",
        **described(
            "What can be had for points today",
            answer="Catalogue",
            may_be_late=True,
            problems=NOT_BOOKED,
        ),
    )
    async def rewards(request: Request) -> Response:
        found = await desk.ask(lambda plugin: plugin.accounts.rewards())
        if isinstance(found, Refused):
            return not_done(found, language_of(request, own_language))
        return answer({"rewards": found})

    @app.post(
        "/v1/payouts",
        **_described(
            "Bonus money becomes vouchers",
            body="PayOutRequest",
            answer="PaidOut",
            problems=(
                *_OF_SPENDING,
                "payout_not_offered",
                "payout_threshold",
                "payout_denomination",
            ),
        ),
    )
    async def pay_out(request: Request) -> Response:
        body = await read_object(request, "payout")
        return await book(request, lambda accounts: accounts.pay_out(body))

    @app.post(
        "/v1/accounts/adjust",
        **_described(
            "Correct an account, with a reason and a second person",
            body="AdjustRequest",
            answer="Adjusted",
            problems=(*_OF_ACCOUNTS, "balance_not_mature", "second_person_needed"),
        ),
    )
    async def adjust(request: Request) -> Response:
        body = await read_object(request, "adjustment")
        return await book(request, lambda accounts: accounts.adjust(body))

    @app.post(
        "/v1/rewards/redeem",
        **_described(
            "Points become a reward",
            body="RewardRequest",
            answer="RewardGiven",
            problems=(
                *_OF_SPENDING,
                "reward_unknown",
                "reward_not_yet",
                "reward_lapsed",
                "reward_sold_out",
                "reward_limit",
                "reward_needs_online",
                "reward_not_here",
            ),
        ),
    )
    async def redeem_reward(request: Request) -> Response:
        body = await read_object(request, "reward")
        return await book(request, lambda accounts: accounts.redeem_reward(body))


def _count(request: Request) -> int:
    for name in request.query_params:
        if name != _COUNT:
            raise SaleError("unknown_field", name[:MAX_TEXT], f"known is {_COUNT}")
    text = request.query_params.get(_COUNT, str(_COUNT_USUAL))
    if not (text.isascii() and text.isdigit()):
        raise SaleError("wrong_type", _COUNT, f"a whole number, 1 to {ENTRIES_MAX}")
    # No number of so many digits is one of them.
    if len(text) > len(str(ENTRIES_MAX)) or not 1 <= int(text) <= ENTRIES_MAX:
        raise SaleError("out_of_range", _COUNT, f"1 to {ENTRIES_MAX}")
    return int(text)


def _described(
    summary: str, *, body: str, answer: str, problems: tuple[str, ...]
) -> dict[str, Any]:
    return described(
        summary,
        body=body,
        answer=answer,
        may_be_late=True,
        problems=("conflict", *problems, *NOT_BOOKED),
    )
