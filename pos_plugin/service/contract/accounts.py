"""What the calls of accounts answer."""

from __future__ import annotations

from pydantic import Field

from pos_plugin.service.contract.effects import Effect
from pos_plugin.service.contract.words import Answer, Day, Instant, Minor

_UNIT = "in the account's unit: points, or minor units (cents)"


class OpenLot(Answer):
    """What is left of an earning; below zero = a debt."""

    left: int = Field(description=_UNIT)
    matures_on: Day
    expires_on: Day | None


class ExpiredLot(Answer):
    """What expired at closing of a day."""

    amount: int = Field(description=_UNIT)
    expires_on: Day


class StatementEntry(Answer):
    """Something that this till booked; ``balance_after`` only where nothing may lie between."""

    at: Instant
    kind: str = Field(
        description="earn, redeem, payout, expire, reverse, restore, adjust, transfer"
    )
    delta: int = Field(description=_UNIT)
    balance_after: int | None
    matures_on: Day
    expires_on: Day | None
    receipt_number: str | None
    reason: str | None


class StatementAccount(Answer):
    """An account: ``value`` is available and pending together, less the debt."""

    program: str
    unit: str
    value: int = Field(description=_UNIT)
    available: int
    pending: int
    matures_on: Day | None
    debt: int
    expires_on: Day | None
    expiring: int
    as_of: Instant | None
    own_entries: bool
    unknown: bool = Field(description="cannot be told until head office has counted a restore")
    lots: list[OpenLot]
    expired: list[ExpiredLot]
    entries: list[StatementEntry]


class Statement(Answer):
    """The accounts of a customer."""

    customer: str
    name: str
    accounts: list[StatementAccount]


class StatementPrinted(Answer):
    """The accounts of a customer are being printed; the same request again prints nothing more."""

    customer: str
    effects: list[Effect]


class CatalogueReward(Answer):
    """Something that can be had for points today."""

    code: str
    program: str
    kind: str = Field(description="article, discount, voucher_type, event, donation")
    label: str
    points: int
    value_minor: Minor | None
    valid_to_on: Day | None


class Catalogue(Answer):
    """The rewards of today, the cheapest first."""

    rewards: list[CatalogueReward]


class PaidOut(Answer):
    """Bonus money became vouchers; the same request again gives the same."""

    customer: str
    program: str
    amount_minor: Minor
    effects: list[Effect]


class Adjusted(Answer):
    """An account was corrected."""

    customer: str
    program: str
    delta: int
    effects: list[Effect]


class RewardGiven(Answer):
    """Points became a reward."""

    customer: str
    reward: str
    program: str
    points: int
    effects: list[Effect]
