"""The endpoints of ``/v1`` (sync.md §5) over the functions of head office.

The owner's page is mounted beside it and has its own door (``web/door.py``).

A token opens exactly two things: the events of its own till, and the bucket of its own shop.
Answers that are no good news are problem documents (RFC 9457).
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import FastAPI, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import select
from starlette.exceptions import HTTPException

from head_office import log
from head_office.errors import HeadOfficeBusy, HeadOfficeStorage
from head_office.problems import ProblemError
from head_office.service.counter_endpoints import add_counter_endpoints
from head_office.service.hints import Hints
from head_office.service.request_body import read_upload
from head_office.service.till_endpoints import add_till_endpoints
from head_office.service.upload_queue import UploadQueue
from head_office.storage import blob
from head_office.till.tills import authenticate
from head_office.web.app import create_page
from head_office.web.jobs import Jobs
from head_office.web.visit import ROOT
from pos_plugin.clock import Clock, SystemClock
from sync_agent.protocol.json_bytes import compact_json
from sync_agent.protocol.limits import EVENT_BYTES_MAX, HOLD_S_MAX, PAGE_ROWS_MAX
from sync_agent.protocol.messages import NDJSON, PROBLEM_JSON
from sync_agent.protocol.words import Text  # noqa: TC001 - FastAPI resolves the signatures

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from head_office.storage import Database
    from head_office.till.tills import Till


def create_app(
    database: Database, clock: Clock | None = None, *, over_tls: bool = False
) -> FastAPI:
    """Return the server over an open head office; it closes it when it stops.

    Args:
        database: head office.
        clock: tells the time, default the machine's.
        over_tls: whether browsers of the owner's page come by TLS.
    """
    clock = clock or SystemClock()

    hints = Hints(database, clock)
    uploads = UploadQueue(database, clock)
    jobs = Jobs()

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        looking = asyncio.create_task(hints.look_on())
        yield
        looking.cancel()
        with suppress(asyncio.CancelledError):
            await looking
        jobs.close()
        database.close()

    app = FastAPI(title="stammkunde head office", docs_url=None, redoc_url=None, lifespan=lifespan)
    app.state.hints = hints

    def caller_of(request: Request) -> Till:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and token:
            found = authenticate(database, token)
            if found is not None:
                return found
        raise ProblemError("unauthorized", 401)

    @app.get("/v1/head")
    async def head(
        request: Request,
        since: Annotated[Text | None, Query()] = None,
        wait_s: Annotated[int, Query(ge=0, le=HOLD_S_MAX)] = 0,
    ) -> Response:
        caller = await run_in_threadpool(caller_of, request)
        answer = await hints.newer(
            log.shop_bucket(caller.shop),
            till=caller.till,
            since=since or "",
            wait_s=wait_s if since else 0,
        )
        return Response(answer.model_dump_json(), media_type="application/json")

    @app.get("/v1/buckets/{bucket}/changes")
    def changes(
        bucket: str,
        request: Request,
        after: Annotated[int, Query(ge=0, lt=2**63)],
        limit: Annotated[int, Query(ge=1, le=PAGE_ROWS_MAX)] = PAGE_ROWS_MAX,
    ) -> Response:
        if bucket != log.shop_bucket(caller_of(request).shop):
            raise ProblemError("forbidden", 403, "the token reads the bucket of its own shop")
        with database.read() as connection:
            content = log.page(connection, bucket, after=after, rows_max=limit)
        return Response(content, media_type=NDJSON)

    @app.get("/v1/blobs/{sha256}")
    def blobs(sha256: str, request: Request) -> Response:
        caller_of(request)
        with database.read() as connection:
            content = connection.execute(
                select(blob.c.content).where(blob.c.sha256 == sha256)
            ).scalar_one_or_none()
        if content is None:
            raise ProblemError("not-found", 404)
        return Response(content, media_type="application/octet-stream")

    @app.post("/v1/tills/{till}/events")
    async def take_events(till: str, request: Request) -> Response:
        caller = await run_in_threadpool(caller_of, request)
        if till != caller.till:
            raise ProblemError("forbidden", 403, "the token writes the events of its own till")
        body = await read_upload(request, EVENT_BYTES_MAX)
        answer = await uploads.take(till, body)
        return Response(answer.model_dump_json(), media_type="application/json")

    add_till_endpoints(app, database, clock, caller_of)
    add_counter_endpoints(app, database, clock, caller_of)

    @app.get("/", include_in_schema=False)
    def front() -> Response:
        """Lead a person who typed the address alone to the page for people."""
        return RedirectResponse(f"{ROOT}/")

    app.mount(ROOT, create_page(database, clock, jobs, over_tls=over_tls))

    @app.exception_handler(ProblemError)
    def problem(_request: Request, fault: ProblemError) -> Response:
        return _answer(fault)

    @app.exception_handler(RequestValidationError)
    def invalid(_request: Request, fault: RequestValidationError) -> Response:
        first: Any = fault.errors()[0]
        place = ".".join(str(step) for step in first["loc"])
        return _answer(ProblemError("invalid", 400, f"{place}: {first['msg']}"))

    @app.exception_handler(HTTPException)
    def unknown(_request: Request, fault: HTTPException) -> Response:
        word = "not-found" if fault.status_code == 404 else "invalid"
        answer = _answer(ProblemError(word, fault.status_code))
        answer.headers.update(fault.headers or {})  # 405 names the methods that there are
        return answer

    @app.exception_handler(HeadOfficeBusy)
    def busy(_request: Request, _fault: HeadOfficeBusy) -> Response:
        return _answer(ProblemError("busy", 503))

    @app.exception_handler(HeadOfficeStorage)
    def unavailable(_request: Request, _fault: HeadOfficeStorage) -> Response:
        return _answer(ProblemError("unavailable", 503))

    return app


def _answer(fault: ProblemError) -> Response:
    return Response(
        compact_json(fault.problem.model_dump()),
        status_code=fault.problem.status,
        media_type=PROBLEM_JSON,
    )
