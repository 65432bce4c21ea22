"""Endpoints about a till itself: enrolment, token, status."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import Request  # noqa: TC002 - FastAPI resolves the signatures
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from head_office.problems import ProblemError
from head_office.service.request_body import read_question
from head_office.till.enrolment import enrol
from head_office.till.status import take_report
from head_office.till.tills import new_token
from pos_plugin.clock import utc_text
from sync_agent.protocol.messages import EnrolRequest, StatusReport, TokenAnswer

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi import FastAPI

    from head_office.storage import Database
    from head_office.till.tills import Till
    from pos_plugin.clock import Clock


def add_till_endpoints(
    app: FastAPI, database: Database, clock: Clock, caller_of: Callable[[Request], Till]
) -> None:
    """Add ``enrol``, ``token`` and ``status``."""

    async def own_till(till: str, request: Request) -> None:
        caller = await run_in_threadpool(caller_of, request)
        if till != caller.till:
            raise ProblemError("forbidden", 403, "the token speaks for its own till")

    @app.post("/v1/enrol")
    async def enrol_till(request: Request) -> Response:
        asked = await read_question(request, EnrolRequest)
        answer = await run_in_threadpool(enrol, database, asked, now=clock.now())
        return Response(answer.model_dump_json(), media_type="application/json")

    @app.post("/v1/tills/{till}/token")
    async def token(till: str, request: Request) -> Response:
        await own_till(till, request)
        answer = TokenAnswer(token=await run_in_threadpool(new_token, database, till))
        return Response(answer.model_dump_json(), media_type="application/json")

    @app.post("/v1/tills/{till}/status")
    async def status(till: str, request: Request) -> Response:
        await own_till(till, request)
        report = await read_question(request, StatusReport)
        now_text = utc_text(clock.now())
        answer = await run_in_threadpool(take_report, database, till, report, now_text=now_text)
        return Response(answer.model_dump_json(), media_type="application/json")
