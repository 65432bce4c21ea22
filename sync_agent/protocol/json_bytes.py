"""JSON bytes become values that were checked, values become JSON bytes."""

from __future__ import annotations

import json
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

Model = TypeVar("Model", bound=BaseModel)


class ProtocolError(ValueError):
    """Bytes that are not what the protocol says."""


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number here")


# Made once: every row of every page comes through it.
_DECODER: Final = json.JSONDecoder(parse_constant=_no_constant)


def parse_json(data: bytes) -> Any:  # noqa: ANN401
    """Return the value of a JSON document.

    Raises:
        ProtocolError: broken text, NaN, nesting or numbers beyond what the parser takes.
    """
    try:
        return _DECODER.decode(data.decode())
    except (ValueError, RecursionError) as fault:
        raise ProtocolError(f"not JSON: {fault}") from None


def parse_model(model: type[Model], data: bytes) -> Model:
    """Return the document as its model.

    Raises:
        ProtocolError: not JSON, or not what the model says; names the first wrong place.
    """
    return check_model(model, parse_json(data))


def check_model(model: type[Model], value: object) -> Model:
    """Return the parsed value as its model, or raise ProtocolError naming the first place."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise ProtocolError(first_wrong(model.__name__, error)) from None


def first_wrong(name: str, error: ValidationError) -> str:
    """Return the first wrong place and what is wrong there."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(str(step) for step in first["loc"])
    return f"{name}: {place}: {first['msg']}" if place else f"{name}: {first['msg']}"


# What travels was decoded or checked before: nothing in it holds itself.
_compact: Final = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), check_circular=False
).encode


def compact_json(value: object) -> bytes:
    """Return JSON without blanks, UTF-8; what both sides put on the wire."""
    return _compact(value).encode()
