"""What goes over the wire: a JSON object in, a JSON object out, in the language of the screen."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import Path
from fastapi.responses import Response

from pos_plugin.answers import Receipt
from pos_plugin.errors import SaleError
from pos_plugin.limits import MAX_TEXT
from pos_plugin.notices import Refusal
from pos_plugin.service.problems import of_refused
from pos_plugin.validation import read_json

if TYPE_CHECKING:
    from fastapi import Request

    from pos_plugin.notices import Refused

LANGUAGES: Final = ("de", "en")

Id = Annotated[str, Path(max_length=MAX_TEXT)]
"""An id in the address, chosen by the host."""


async def read_object(
    request: Request, where: str, *, may_be_empty: bool = False
) -> dict[str, Any]:
    """Return the body.

    Args:
        request: of the host.
        where: name of the body in errors.
        may_be_empty: no body is an empty object.

    Raises:
        SaleError: the body is no JSON object.
    """
    body = await request.body()
    value = {} if may_be_empty and not body else read_json(body, where, SaleError)
    if not isinstance(value, dict):
        raise SaleError("wrong_type", where, "the body is an object")
    return value


async def read_nothing(request: Request, where: str) -> None:
    """Take the body of a call that needs none: left lying, it would look like a late request.

    Args:
        request: of the host.
        where: name of the body in errors.

    Raises:
        SaleError: there is something in it.
    """
    for name in await read_object(request, where, may_be_empty=True):
        raise SaleError("unknown_field", f"{where}.{name}", "this call takes no fields")


def language_of(request: Request, own: str) -> str:
    """Return the language of the screen that asks, else the shop's.

    Args:
        request: whose ``Accept-Language`` counts.
        own: of the shop.
    """
    wanted = request.headers.get("accept-language", "")[:2].lower()
    return wanted if wanted in LANGUAGES else own


def answer(value: dict[str, Any], status: int = 200) -> Response:
    """Return the response that carries an object."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    content = text.encode("utf-8", "backslashreplace")
    return Response(content, status_code=status, media_type="application/json")


def not_done(refused: Refused, language: str) -> Response:
    """Return what is answered when nothing is known yet.

    Raises:
        ProblemError: something was not done: no client may take that for an answer.
    """
    if refused.code is Refusal.LATE:
        return answer(refused.to_dict(language), status=202)
    raise of_refused(refused, language)


def booked(found: Receipt | Refused, request: Request, own_language: str) -> Response:
    """Return what a call answers that books: the receipt, else why there is none.

    Args:
        found: what the plugin said.
        request: of the host.
        own_language: of the shop.

    Raises:
        ProblemError: something was not done.
    """
    if isinstance(found, Receipt):
        return answer(found.to_dict())
    return not_done(found, language_of(request, own_language))
