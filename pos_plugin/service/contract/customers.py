"""What the calls about customers, cards and consents answer."""

from __future__ import annotations

from typing import Literal

from pos_plugin.service.contract.effects import Effect
from pos_plugin.service.contract.words import Answer


class CustomerCreated(Answer):
    """A customer was created; the same request again gives the same."""

    customer: str
    number: str
    effects: list[Effect]


class Candidate(Answer):
    """Somebody the new customer may already be."""

    id: str
    number: str
    name: str
    birthday: str | None
    home_shop: str
    reasons: list[Literal["birthday_name", "email", "phone"]]


class Candidates(Answer):
    """How many there are, the likeliest first."""

    count: int
    candidates: list[Candidate]


class PerhapsKnown(Answer):
    """Nobody was created: the cashier looks first, then sends ``confirm_new``."""

    refused: Literal["customer_duplicate"]
    params: Candidates
    text: str


class CustomerChanged(Answer):
    """Fields of a customer were changed."""

    customer: str
    fields: list[str]
    effects: list[Effect]


class CustomerErased(Answer):
    """A person is gone from this till; rows by table."""

    customer: str
    counts: dict[str, int]
    effects: list[Effect]


class CardStanding(Answer):
    """Whose card it is and how it stands now."""

    customer: str
    status: str
    effects: list[Effect]


class ConsentKept(Answer):
    """A word was kept, under its id."""

    consent: str
    customer: str
    status: str
    effects: list[Effect]
