"""What the calls of print jobs and notices take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pos_plugin.errors import SaleError
from pos_plugin.text import PlainText as Text
from pos_plugin.validation import first_error

if TYPE_CHECKING:
    from collections.abc import Mapping


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class PrintResult(_Closed):
    """What the host says of an attempt: ``unknown`` is every doubt, ``failed`` = no code is out."""

    attempt: Annotated[int, Field(ge=1, le=1_000_000)]
    result: Literal["printed", "failed", "unknown"]


class PrintCancel(_Closed):
    """Why a print job is given up, in the cashier's own words."""

    reason: Text | None = None


class Acknowledgement(_Closed):
    """Who acknowledges a notice."""

    cashier: Text | None = None


Body = TypeVar("Body", bound=_Closed)


def read_body(kind: type[Body], value: Mapping[str, Any], where: str) -> Body:
    """Return the checked body.

    Raises:
        SaleError: naming the first wrong place below ``where``.
    """
    try:
        return kind.model_validate(dict(value))
    except ValidationError as error:
        code, place, message = first_error(error, value, where)
        raise SaleError(code, place, message) from None
