"""The endpoints of ``/v1`` (till.md §3) and the page, over one open plugin.

A refusal to take a code is an answer like any other (status 200, ``refused``): the sale goes on.
A sale that was not booked is a problem document: no client may take it for a receipt.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import FastAPI, Path, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from pos_plugin.answers import Receipt
from pos_plugin.errors import InputError, SaleError
from pos_plugin.limits import MAX_TEXT
from pos_plugin.notices import Refused
from pos_plugin.service.gate import Gate
from pos_plugin.service.page_files import PageFile, page_files
from pos_plugin.service.problems import MEDIA_TYPE, ProblemError, of_input, of_refused
from pos_plugin.validation import read_json

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from pos_plugin.plugin import Plugin
    from pos_plugin.service.desk import Desk

LANGUAGES: Final = ("de", "en")

Id = Annotated[str, Path(max_length=MAX_TEXT)]


def create_app(desk: Desk, *, port: int, token: str) -> FastAPI:
    """Return the service of a till.

    Args:
        desk: asks the plugin; whoever made it closes it.
        port: that the service will listen on; requests for another are refused.
        token: of this till.
    """
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.add_middleware(Gate, port=port, token=token)
    _add_sale_calls(app, desk)
    _add_print_calls(app, desk)
    _add_page(app)
    _add_problems(app)
    return app


def _add_sale_calls(app: FastAPI, desk: Desk) -> None:
    own_language = desk.plugin.config.language

    @app.get("/v1/health")
    async def health() -> Response:
        settings = {"language": own_language, "currency": desk.plugin.config.currency}
        return _json({**await desk.ask(lambda plugin: plugin.health()), **settings})

    @app.post("/v1/scan")
    async def scan(request: Request) -> Response:
        code = _scanned_code(await _read_object(request, "scan"))
        found = await desk.ask(lambda plugin: plugin.scan(code))
        if isinstance(found, Refused):
            return _json(found.to_dict(_language(request, own_language)))
        return _json(found.to_dict())

    @app.put("/v1/sales/{sale_id}")
    async def evaluate(sale_id: Id, request: Request) -> Response:
        snapshot = await _read_object(request, "sale")
        if snapshot.setdefault("sale_id", sale_id) != sale_id:
            raise SaleError("out_of_range", "sale.sale_id", "is not the id in the address")
        language = _language(request, own_language)

        def work(plugin: Plugin) -> dict[str, Any]:
            return replace(plugin.evaluate(snapshot), language=language).to_dict()

        return _json(await desk.ask(work))

    @app.post("/v1/sales/{sale_id}/complete")
    async def complete(sale_id: Id, request: Request) -> Response:
        completion = await _read_object(request, "completion")
        booked = await desk.ask(lambda plugin: plugin.complete(sale_id, completion))
        if isinstance(booked, Receipt):
            return _json(booked.to_dict())
        raise of_refused(booked, _language(request, own_language))


def _add_print_calls(app: FastAPI, desk: Desk) -> None:
    own_language = desk.plugin.config.language

    async def find(job: str) -> dict[str, Any]:
        found = await desk.ask(lambda plugin: plugin.prints.job(job))
        if found is None:
            raise ProblemError("not_found")
        return found

    @app.get("/v1/print-jobs/{job}")
    async def print_job(job: Id, request: Request) -> Response:
        found = await find(job)
        return _json(
            {
                "job": job,
                "state": found["state"],
                "reason": found["reason"],
                "text": found["notice"].text(_language(request, own_language)),
                "pages": len(found["pages"]),
            }
        )

    @app.get("/v1/print-jobs/{job}/pages/{number}")
    async def print_page(job: Id, number: Annotated[int, Path(ge=1)]) -> Response:
        pages = (await find(job))["pages"]
        if number > len(pages):
            raise ProblemError("not_found")
        picture = await desk.ask(lambda _plugin: pages[number - 1].read_bytes())
        return Response(picture, media_type="image/png")


def _add_page(app: FastAPI) -> None:
    def answer(file: PageFile) -> Callable[[Request], Awaitable[Response]]:
        async def one(request: Request) -> Response:
            policy = file.policy(request.query_params.get("demo", ""))
            headers = {"content-security-policy": policy, "referrer-policy": "no-referrer"}
            return Response(file.content, media_type=file.media_type, headers=headers)

        return one

    for path, file in page_files().items():
        app.add_route(path, answer(file))


def _add_problems(app: FastAPI) -> None:
    @app.exception_handler(ProblemError)
    async def problem(_request: Request, fault: ProblemError) -> Response:
        return _problem(fault)

    @app.exception_handler(InputError)
    async def bad_input(_request: Request, fault: InputError) -> Response:
        return _problem(of_input(fault))

    @app.exception_handler(RequestValidationError)
    async def bad_address(_request: Request, _fault: RequestValidationError) -> Response:
        return _problem(ProblemError("not_found"))

    @app.exception_handler(HTTPException)
    async def unknown(_request: Request, fault: HTTPException) -> Response:
        by_status = {404: "not_found", 405: "method_not_allowed"}
        return _problem(ProblemError(by_status.get(fault.status_code, "fault")))

    @app.exception_handler(Exception)
    async def fault(_request: Request, _fault: Exception) -> Response:
        return _problem(ProblemError("fault"))


async def _read_object(request: Request, where: str) -> dict[str, Any]:
    value = read_json(await request.body(), where, SaleError)
    if not isinstance(value, dict):
        raise SaleError("wrong_type", where, "the body is an object")
    return value


def _scanned_code(value: dict[str, Any]) -> str:
    """Return the code; a sale that the host names beside it changes nothing in what a code is."""
    for name, part in value.items():
        if name not in ("code", "sale_id"):
            raise SaleError("unknown_field", f"scan.{name}", "a scan has code and sale_id")
        if not isinstance(part, str):
            raise SaleError("wrong_type", f"scan.{name}", "should be text")
    if "code" not in value:
        raise SaleError("missing", "scan.code", "Field required")
    code: str = value["code"]
    if not code.isascii() and any("\ud800" <= symbol <= "\udfff" for symbol in code):
        raise SaleError("out_of_range", "scan.code", "half a character is no text")
    return code


def _language(request: Request, own: str) -> str:
    """Return the language of the screen that asks, else the shop's."""
    wanted = request.headers.get("accept-language", "")[:2].lower()
    return wanted if wanted in LANGUAGES else own


def _json(value: dict[str, Any]) -> Response:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Response(text.encode("utf-8", "backslashreplace"), media_type="application/json")


def _problem(fault: ProblemError) -> Response:
    # What is left of a body nobody reads is not waited for.
    headers = {"connection": "close"} if fault.document["code"] == "too_large" else None
    return Response(
        json.dumps(fault.document),
        status_code=fault.status,
        media_type=MEDIA_TYPE,
        headers=headers,
    )
