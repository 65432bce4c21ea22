"""A sale that was completed, taken back whole, or gave goods back."""

from __future__ import annotations

from typing import Literal

from pos_plugin.model import LineKind
from sync_agent.event_bodies.accounts import RewardInSale
from sync_agent.event_bodies.parts import (
    Entry,
    Head,
    IssuedVoucher,
    LedgerEntry,
    Minor,
    Part,
    Redemption,
    TakenBack,
    Tender,
    VoucherException,
)
from sync_agent.protocol import words


class Receipt(Part):
    """A closed sale; amounts in minor units (cents), VAT included, negative for returned goods."""

    sale_id: words.Text
    receipt_number: words.Text | None
    cashier: words.Text | None
    customer: words.Text | None
    at: words.Text
    business_on: words.Day
    currency: words.Text
    generation: words.Sequence
    evaluation_id: words.Text
    gross_minor: words.Int64
    discount_minor: words.Int64
    total_minor: words.Int64
    turnover_minor: words.Int64
    evaluated_total_minor: words.Int64
    charged_differs: bool
    late: bool
    tenders: list[Tender]


class Line(Part):
    """A line as it was charged.

    ``discount_minor`` is the sum of the host's discount, the promotions, the vouchers and what the
    host charged otherwise.
    """

    line_id: words.Text
    sku: words.Text
    kind: LineKind
    quantity_milli: words.Int64
    unit_price_minor: words.Int64
    gross_minor: words.Int64
    discount_minor: words.Int64
    paid_minor: words.Int64
    host_discount_minor: words.Int64
    voucher_discount_minor: words.Int64
    host_difference_minor: words.Int64
    vat_rate_bp: words.Bp


class PromotionResult(Part):
    """What an application of a promotion gave on a line."""

    line_id: words.Text
    promotion: words.Text
    revision: words.Sequence
    layer: Literal["article", "receipt", "customer"]
    application: words.Sequence
    role: Literal["target", "qualifier"]
    times: words.Sequence
    units_milli: words.Sequence
    discount_minor: words.Int64


class Proof(Part):
    """Whether the total was proven the lowest, else by how much it may be above it."""

    optimal: bool
    gap_minor: Minor


class Declined(Part):
    """A promotion that the customer did not want, and why, as far as the cashier said it."""

    promotion: words.Text
    reason: words.Text | None


class RefusedCode(Part):
    """A scanned code that the sale did not take, and why; ``voucher`` is None when unknown."""

    voucher: words.Text | None
    code: words.Text


class SaleCompleted(Head):
    """``sale_completed``: what was charged, and all that follows from it."""

    receipt: Receipt
    lines: list[Line]
    promotion_results: list[PromotionResult]
    ledger: list[LedgerEntry]
    entries: list[Entry]
    redemptions: list[Redemption]
    rewards: list[RewardInSale]
    vouchers: list[IssuedVoucher]
    refused: list[RefusedCode]
    exceptions: list[VoucherException]
    declined: list[Declined]
    proof: Proof


class TakenBackException(Part):
    """What could not be put right: more was given back than paid, a voucher was used.

    Of a voucher ``amount_minor`` is what the customer got with it, ``settled`` what becomes of it.
    """

    reason: words.Text
    line_id: words.Text | None = None
    voucher: words.Text | None = None
    amount_minor: Minor | None = None
    settled: Literal["deduct", "debt", "keep"] | None = None
    deducted_minor: Minor | None = None


class SaleVoided(TakenBack):
    """``sale_voided``: a sale taken back whole; ``receipt`` is the number of its event.

    ``pending``: the till does not have the sale, head office settles it.
    """

    sale_id: words.Text
    receipt: words.Sequence | None
    pending: bool
    moment: Literal["before", "after"]
    reason: words.Text | None
    total_minor: words.Int64
    exceptions: list[TakenBackException]


class ReturnedLine(Part):
    """Goods that came back of a line, and what was given back for them."""

    return_of: words.Text
    quantity_milli: words.Sequence
    refund_minor: Minor


class ItemsReturned(TakenBack):
    """``items_returned``; ``pending``: the till does not have the sale, head office settles it."""

    return_id: words.Text
    sale_id: words.Text
    receipt: words.Sequence | None
    receipt_number: words.Text | None
    pending: bool
    reason: words.Text | None
    refund_minor: Minor
    turnover_minor: Minor
    tenders: list[Tender]
    lines: list[ReturnedLine]
    exceptions: list[TakenBackException]
