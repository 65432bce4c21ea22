"""Parts that the bodies of several events share (domain.md §6).

A body is described whole: a field that is not here is not sent. Who reads an event passes over what
it does not know, so a later version may add fields and never changes the meaning of one.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from pos_plugin import limits
from sync_agent.protocol.words import AccountKey, CodeHash, Day, Int64, LegalKind, Sequence, Text

Minor = Annotated[int, Field(ge=0, le=limits.INT64_MAX)]


class Part(BaseModel):
    """A part of a body; a field that is not described is a mistake of the till."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Head(Part):
    """What every body has; ``business_on`` is the shop day.

    ``generation``: of the rules in force, 0 = none; ``offline``: head office was out of reach. Both
    as the till last looked, about a second before; a sale has the generation it was priced with.
    """

    shop: Text
    till: Text
    cashier: Text | None = None
    customer: Text | None = None
    business_on: Day
    generation: Sequence
    offline: bool


class LedgerEntry(Part):
    """A signed change of a programme, in its unit (docs/accounts.md).

    ``lot``: id of the entry that opened the lot, its own when it opens one; ``matures_on`` and
    ``expires_on`` are those of the lot. ``group``: of one action over several lots. ``reverses``
    names the entry it takes back.
    """

    id: Text
    customer: Text
    program: Text
    kind: Literal["earn", "redeem", "payout", "expire", "reverse", "restore", "adjust", "transfer"]
    delta: Int64
    lot: Text
    matures_on: Day
    expires_on: Day | None
    group: Text | None
    reverses: Text | None = None
    reason: Text | None = None
    promotions: list[Text] = []


class Entry(Part):
    """A signed change of a balance or counter of a customer."""

    customer: Text
    key: AccountKey
    delta: Int64


class IssuedVoucher(Part):
    """A voucher that somebody got; a coupon has no value. The code itself is never sent."""

    id: Text
    type: Text
    legal_kind: LegalKind
    code_hash: CodeHash
    customer: Text | None
    customer_bound: bool
    value_minor: Minor | None
    valid_from_on: Day
    valid_to_on: Day
    trigger: Text
    class_at_issue: Text | None


class LinePart(Part):
    """What a voucher takes off a line, in minor units (cents)."""

    line_id: Text
    discount_minor: Minor


class Redemption(Part):
    """A voucher that a sale used; ``amount_minor`` is None for a coupon.

    ``given_minor``: what the customer got, of a coupon the discount; ``lapsed_minor``: what of the
    value nobody can use any more; ``rights_used``: of the cashier, that lifted a refusal.
    """

    voucher: Text
    promotion: Text | None
    amount_minor: Minor | None
    given_minor: Int64
    lapsed_minor: Minor
    lines: list[LinePart]
    state: Literal["issued", "partly_redeemed", "redeemed"]
    rights_used: list[Text]


class RolledBack(Part):
    """A redemption that was taken back, and the state before it."""

    voucher: Text
    amount_minor: Minor | None
    state: Literal["issued", "partly_redeemed", "blocked"]


class Tender(Part):
    """How much was paid by what, in minor units (cents)."""

    tender: Text
    amount_minor: Int64


class Reduced(Part):
    """What an unused voucher lost, because part of the goods that had brought it came back."""

    voucher: Text
    amount_minor: Minor


class Reissued(Part):
    """A new voucher for the share of a used one that belongs to returned goods."""

    instead_of: Text
    voucher: Text


class TakenBack(Head):
    """What a void and a return undo beside the goods.

    ``vouchers``: that the customer gets: shares of used ones, goods credit. ``deducted_minor``:
    taken from the refund for vouchers that were used before their goods came back.
    ``withheld_minor``: of the refund, because a voucher had not covered that much of the sale.
    """

    ledger: list[LedgerEntry]
    entries: list[Entry]
    rolled_back: list[RolledBack]
    cancelled: list[Text]
    reduced: list[Reduced]
    reissued: list[Reissued]
    vouchers: list[IssuedVoucher]
    deducted_minor: Minor
    withheld_minor: Minor


class VoucherException(Part):
    """A voucher that was not as the sale believed; ``missing_minor``: what it did not cover."""

    voucher: Text
    reason: Text
    missing_minor: Minor | None = None
