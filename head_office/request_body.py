"""Reads what a till sends, bounded; what it announces does not count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from head_office.problems import ProblemError
from sync_agent.protocol import STATUS_BYTES_MAX, Model, ProtocolError, parse_model

if TYPE_CHECKING:
    from fastapi import Request


async def read_body(request: Request, bytes_max: int) -> bytes:
    """Return the body of a request.

    Raises:
        ProblemError: ``too-large``.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > bytes_max:
            raise ProblemError("too-large", 413, f"at most {bytes_max} bytes")
    return bytes(body)


async def read_question(request: Request, model: type[Model]) -> Model:
    """Return the small JSON document of a request.

    Raises:
        ProblemError: ``too-large`` or ``invalid``.
    """
    try:
        return parse_model(model, await read_body(request, STATUS_BYTES_MAX))
    except ProtocolError as fault:
        raise ProblemError("invalid", 400, str(fault)) from None
