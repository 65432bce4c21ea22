"""Field types and settings that every model of the rule vocabulary shares."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, Strict
from pydantic_core import PydanticCustomError

from pos_plugin import limits

Word = Annotated[str, Field(min_length=1, max_length=limits.MAX_TEXT)]
Words = Annotated[tuple[Word, ...], Field(max_length=limits.MAX_LIST)]
Flag = Annotated[bool, Strict()]
Minor = Annotated[int, Strict(), Field(ge=0, le=limits.MAX_SALE_MINOR)]
Bp = Annotated[int, Strict(), Field(ge=0, le=limits.MAX_BP)]
Count = Annotated[int, Strict(), Field(ge=1, le=limits.MAX_PIECES_A_LINE)]
Days = Annotated[int, Strict(), Field(ge=0, le=366)]
Years = Annotated[int, Strict(), Field(ge=0, le=150)]


def _local(value: object) -> object:
    """Shop-local wall time: text without an offset."""
    if isinstance(value, dt.datetime):
        return value
    if not isinstance(value, str):
        raise PydanticCustomError("local_time_type", "Input should be a local time as text")
    try:
        moment = dt.datetime.fromisoformat(value)
    except ValueError:
        raise PydanticCustomError(
            "local_time", "Input should be a local time such as 2026-03-01T00:00"
        ) from None
    if moment.tzinfo is not None:
        raise PydanticCustomError("local_time", "a local time carries no offset")
    return moment


def _clock(value: object) -> object:
    if isinstance(value, dt.time):
        return value
    if not isinstance(value, str):
        raise PydanticCustomError("clock_time_type", "Input should be a time of day as text")
    try:
        moment = dt.time.fromisoformat(value)
    except ValueError:
        raise PydanticCustomError(
            "clock_time", "Input should be a time of day such as 15:00"
        ) from None
    if moment.tzinfo is not None:
        raise PydanticCustomError("clock_time", "a time of day carries no offset")
    return moment


LocalTime = Annotated[dt.datetime, BeforeValidator(_local)]
ClockTime = Annotated[dt.time, BeforeValidator(_clock)]


class Rule(BaseModel):
    """A piece of a rule: closed (unknown fields are refused) and never changed after parsing."""

    model_config = ConfigDict(extra="forbid", frozen=True)
