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


def _wall(kind: type[dt.datetime | dt.time], what: str, example: str) -> BeforeValidator:
    """Shop-local wall time given as text without an offset."""

    def read(value: object) -> object:
        if isinstance(value, kind):
            return value
        if not isinstance(value, str):
            raise PydanticCustomError("wall_time_type", f"Input should be {what} as text")
        try:
            moment = kind.fromisoformat(value)
        except ValueError:
            raise PydanticCustomError(
                "wall_time", f"Input should be {what} such as {example}"
            ) from None
        if moment.tzinfo is not None:
            raise PydanticCustomError("wall_time", f"{what} carries no offset")
        return moment

    return BeforeValidator(read)


LocalTime = Annotated[dt.datetime, _wall(dt.datetime, "a local time", "2026-03-01T00:00")]
ClockTime = Annotated[dt.time, _wall(dt.time, "a time of day", "15:00")]


class Rule(BaseModel):
    """A piece of a rule: closed (unknown fields are refused) and never changed after parsing."""

    model_config = ConfigDict(extra="forbid", frozen=True)
