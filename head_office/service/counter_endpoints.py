"""Endpoints asked while a customer waits: the owner of a card, vouchers held for a sale."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from fastapi import Request  # noqa: TC002 - FastAPI resolves the signatures
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from head_office.crm.by_card import take_by_card
from head_office.minute_limit import MinuteLimit
from head_office.problems import ProblemError
from head_office.reservations import Step, take_step
from head_office.service.request_body import read_question
from pos_plugin.limits import MAX_TEXT
from sync_agent.protocol.messages import ByCardRequest, ReserveRequest

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi import FastAPI

    from head_office.storage import Database
    from head_office.till.tills import Till
    from pos_plugin.clock import Clock

ASKED_A_MINUTE: Final = 60
"""Cards a till or cashier may ask for in a minute: a shop shows fewer, a thief tries more."""


def add_counter_endpoints(
    app: FastAPI, database: Database, clock: Clock, caller_of: Callable[[Request], Till]
) -> None:
    """Add ``by-card``, ``reserve``, ``confirm`` and ``release``."""
    asked_cards = MinuteLimit(ASKED_A_MINUTE)

    @app.post("/v1/customers/by-card")
    async def by_card(request: Request) -> Response:
        caller = await run_in_threadpool(caller_of, request)
        asked = await read_question(request, ByCardRequest)
        askers = [f"till {caller.till}"]
        if asked.cashier is not None:
            askers.append(f"cashier {caller.shop} {asked.cashier}")
        if not asked_cards.allows(*askers, at_s=time.monotonic()):
            raise ProblemError("too-many", 429)
        answer = await run_in_threadpool(take_by_card, database, caller.shop, asked.code_hash)
        return Response(answer.model_dump_json(), media_type="application/json")

    @app.post("/v1/vouchers/{voucher}/reserve")
    async def reserve(voucher: str, request: Request) -> Response:
        return await stepped("reserve", voucher, request)

    @app.post("/v1/vouchers/{voucher}/confirm")
    async def confirm(voucher: str, request: Request) -> Response:
        return await stepped("confirm", voucher, request)

    @app.post("/v1/vouchers/{voucher}/release")
    async def release(voucher: str, request: Request) -> Response:
        return await stepped("release", voucher, request)

    async def stepped(step: Step, voucher: str, request: Request) -> Response:
        caller = await run_in_threadpool(caller_of, request)
        asked = await read_question(request, ReserveRequest)
        if len(voucher) > MAX_TEXT:
            raise ProblemError("not-found", 404)
        answer = await run_in_threadpool(
            take_step, database, step, voucher, asked, till=caller.till, now=clock.now()
        )
        return Response(answer.model_dump_json(), media_type="application/json")
