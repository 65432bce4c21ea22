"""The service of a till: the calls of ``/v1`` (till.md §3) and the page, over one open plugin.

A refusal to take a code is an answer like any other (status 200, ``refused``): the sale goes on.
A sale that was not booked is a problem document: no client may take it for a receipt.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.routing import Route

from pos_plugin.errors import InputError
from pos_plugin.service.account_calls import add_account_calls
from pos_plugin.service.approval_calls import add_approval_calls
from pos_plugin.service.connections import Connections
from pos_plugin.service.customer_calls import add_customer_calls
from pos_plugin.service.day_calls import add_day_calls
from pos_plugin.service.event_calls import Streams, add_event_calls
from pos_plugin.service.gate import Gate
from pos_plugin.service.page_calls import page_calls
from pos_plugin.service.print_calls import add_print_calls
from pos_plugin.service.problems import MEDIA_TYPE, ProblemError, of_input
from pos_plugin.service.rental_calls import add_rental_calls
from pos_plugin.service.response_calls import add_response_calls
from pos_plugin.service.sale_calls import add_sale_calls
from pos_plugin.service.till_calls import add_till_calls
from pos_plugin.service.voucher_calls import add_voucher_calls

if TYPE_CHECKING:
    from pos_plugin.service.desk import Desk


def create_app(
    desk: Desk,
    *,
    port: int,
    token: str,
    connections: Connections | None = None,
    streams: Streams | None = None,
) -> FastAPI:
    """Return the service of a till.

    Args:
        desk: asks the plugin; whoever made it closes it.
        port: that the service will listen on; requests for another are refused.
        token: of this till.
        connections: of the server; missing where the app stands alone.
        streams: the open streams of events, for the server to end.
    """
    connections = connections or Connections()
    app = FastAPI(
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=lambda route: route.name,
    )
    app.add_middleware(Gate, port=port, token=token, connections=connections)
    add_till_calls(app, desk, connections)
    for add_calls in (
        add_sale_calls,
        add_customer_calls,
        add_rental_calls,
        add_approval_calls,
        add_print_calls,
        add_day_calls,
        add_account_calls,
        add_voucher_calls,
        add_response_calls,
    ):
        add_calls(app, desk)
    add_event_calls(app, desk, streams or Streams())
    app.router.routes.extend(page_calls())
    _add_problems(app)
    return app


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
    async def unknown(request: Request, fault: HTTPException) -> Response:
        by_status = {404: "not_found", 405: "method_not_allowed"}
        response = _problem(ProblemError(by_status.get(fault.status_code, "fault")))
        if fault.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            response.headers["allow"] = ", ".join(_methods(app, request.url.path))
        return response

    @app.exception_handler(Exception)
    async def fault(_request: Request, _fault: Exception) -> Response:
        return _problem(ProblemError("fault"))


def _methods(app: FastAPI, path: str) -> list[str]:
    """Return what an address can be asked for (RFC 9110 §10.2.1).

    An address that is written out is no id of another call, as the document has it (OpenAPI 3.1,
    Paths Object): ``/v1/customers/identify`` is not the customer ``identify``.
    """
    fitting = [
        route for route in app.routes if isinstance(route, Route) and route.path_regex.match(path)
    ]
    least = min((len(route.param_convertors) for route in fitting), default=0)
    found = {
        method
        for route in fitting
        if len(route.param_convertors) == least
        for method in route.methods or ()
    }
    return sorted(found)


def _problem(fault: ProblemError) -> Response:
    # What is left of a body nobody reads is not waited for.
    is_unread = fault.document["code"] in ("too_large", "too_slow")
    headers = {"connection": "close"} if is_unread else None
    return Response(
        json.dumps(fault.document),
        status_code=fault.status,
        media_type=MEDIA_TYPE,
        headers=headers,
    )
