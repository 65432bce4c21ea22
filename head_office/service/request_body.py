"""Reads what a till sends, bounded; what it announces does not count."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final

from starlette.requests import ClientDisconnect

from head_office.problems import ProblemError
from sync_agent.protocol.json_bytes import Model, ProtocolError, parse_model
from sync_agent.protocol.limits import STATUS_BYTES_MAX

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fastapi import Request

_GZIP: Final = 16 + zlib.MAX_WBITS  # zlib's way to say: with the head and the sum of gzip
_NAME_MAX: Final = 40  # of an encoding nobody knows, in the answer


async def _pieces(request: Request) -> AsyncIterator[bytes]:
    """Yield what comes; who goes away in the middle is no fault of head office's, and no news."""
    try:
        async for chunk in request.stream():
            yield chunk
    except ClientDisconnect:
        raise ProblemError("invalid", 400, "the body ends before its end") from None


async def read_body(request: Request, bytes_max: int) -> bytes:
    """Return the body of a request.

    Raises:
        ProblemError: ``too-large``.
    """
    body = bytearray()
    async for chunk in _pieces(request):
        body += chunk
        if len(body) > bytes_max:
            raise ProblemError("too-large", 413, f"at most {bytes_max} bytes")
    return bytes(body)


async def read_upload(request: Request, bytes_max: int) -> bytes:
    """Return the body of a request, unpacked where it came with ``Content-Encoding: gzip``.

    Args:
        request: of a till that is known.
        bytes_max: of the body as it was before it was packed.

    Raises:
        ProblemError: ``too-large``, or ``invalid``: another encoding, or no whole gzip.
    """
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding == "gzip":
        return await _unpacked(request, bytes_max)
    if encoding in ("", "identity"):
        return await read_body(request, bytes_max)
    raise ProblemError(
        "invalid", 400, f"Content-Encoding: gzip or none, not {encoding[:_NAME_MAX]}"
    )


async def _unpacked(request: Request, bytes_max: int) -> bytes:
    """Unpack piece by piece, and never a byte more than shows that it is too much."""
    unpacking = zlib.decompressobj(_GZIP)
    body = bytearray()
    packed = 0
    async for chunk in _pieces(request):
        # What unpacks to nothing costs time too.
        packed += len(chunk)
        try:
            body += unpacking.decompress(chunk, bytes_max + 1 - len(body))
        except zlib.error as fault:
            raise ProblemError("invalid", 400, f"the body is no gzip: {fault}") from None
        if max(packed, len(body)) > bytes_max:
            raise ProblemError("too-large", 413, f"at most {bytes_max} bytes, unpacked")
        if unpacking.unused_data:
            raise ProblemError("invalid", 400, "behind the end of the gzip there is something")
    if not unpacking.eof:
        raise ProblemError("invalid", 400, "the gzip ends before its end")
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
