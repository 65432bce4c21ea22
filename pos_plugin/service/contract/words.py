"""Words that many models of the contract share."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

Minor = Annotated[int, Field(description="minor units (cents), VAT included")]
Bp = Annotated[int, Field(description="basis points: 19 % = 1900")]
Milli = Annotated[int, Field(description="thousandths: one piece = 1000")]
Instant = Annotated[str, Field(description="ISO 8601 with offset")]
Day = Annotated[str, Field(description="ISO 8601, a day of the shop")]


class Request(BaseModel):
    """A body: a field that is not named is refused."""

    model_config = ConfigDict(extra="forbid")


class Answer(BaseModel):
    """What is answered: a later version may add fields, clients pass over what they do not know."""


class Notice(Answer):
    """Something a person should know, in the language that asked."""

    code: str
    params: dict[str, Any]
    text: str
    level: str = Field(description="info, warn or acknowledge")
    audience: str = Field(description="cashier or customer")


class Refused(Answer):
    """Not done, and why; the sale goes on without it."""

    refused: str
    params: dict[str, Any]
    text: str


class Late(Answer):
    """Nobody knows yet: the work goes on, the same call again gives its outcome."""

    refused: str = Field(pattern="^late$")
    params: dict[str, Any]
    text: str


class Problem(Answer):
    """RFC 9457; ``code`` is for the program, ``detail`` for a person."""

    type: str = Field(description="urn:stammkunde:problem: and the code")
    title: str
    status: int
    code: str
    detail: str | None = None
    where: str | None = Field(default=None, description="place in the request")
