"""The reference till's page, file by file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi.responses import Response
from starlette.routing import Route

from pos_plugin.service.page_files import page_files

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from fastapi import Request

    from pos_plugin.service.page_files import PageFile


def page_calls() -> list[Route]:
    """Return the routes of the page; they are no part of the contract under ``/v1``."""
    return [Route(path, _answer(file)) for path, file in page_files().items()]


def _answer(file: PageFile) -> Callable[[Request], Awaitable[Response]]:
    async def one(request: Request) -> Response:
        policy = file.policy(request.query_params.get("demo", ""))
        headers = {"content-security-policy": policy, "referrer-policy": "no-referrer"}
        return Response(file.content, media_type=file.media_type, headers=headers)

    return one
