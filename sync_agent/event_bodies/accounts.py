"""Accounts outside a sale: paid out, corrected, exchanged for a reward."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from pos_plugin import limits
from sync_agent.event_bodies.parts import Entry, Head, IssuedVoucher, LedgerEntry, Minor, Part
from sync_agent.protocol import words


class _OfAccounts(Head):
    """Entries, each in this event only, and their sums by account."""

    ledger: list[LedgerEntry]
    entries: list[Entry]


class LedgerPosted(_OfAccounts):
    """``ledger_posted``: points for what is no sale, for example an enrolment."""


class BonusPaidOut(_OfAccounts):
    """``bonus_paid_out``: bonus money became vouchers of ``earned_bonus``."""

    program: words.Text
    amount_minor: Minor
    vouchers: list[IssuedVoucher]


class BalanceAdjusted(_OfAccounts):
    """``balance_adjusted``: a correction; ``cashier`` and ``second_person`` are two people."""

    program: words.Text
    delta: words.Int64
    reason: words.Text
    second_person: words.Text


class RewardRedeemed(_OfAccounts):
    """``reward_redeemed``: points became a reward.

    What the catalogue said at that moment is kept: ``label``, ``points`` for one.
    """

    redemption: words.Text
    reward: words.Text
    program: words.Text
    kind: words.RewardKind
    label: words.Document
    points: Annotated[int, Field(ge=1, le=limits.MAX_POINTS)]
    quantity: Annotated[int, Field(ge=1)]
    value_minor: Minor | None
    sku: words.Text | None
    voucher_type: words.Text | None
    vouchers: list[IssuedVoucher]


class RewardInSale(Part):
    """Points that lowered the price of a sale; amounts in minor units (cents)."""

    reward: words.Text
    program: words.Text
    kind: words.RewardKind
    label: words.Document
    points: Annotated[int, Field(ge=1, le=limits.MAX_POINTS)]
    value_minor: Minor | None
    sku: words.Text | None
    voucher_type: words.Text | None
    spent: Annotated[int, Field(ge=0)]
    amount_minor: Minor
    missing: Annotated[int, Field(ge=0)]
