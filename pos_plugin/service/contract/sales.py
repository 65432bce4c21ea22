"""What the calls of a sale answer."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from pos_plugin.service.contract.effects import Effect
from pos_plugin.service.contract.words import (
    Answer,
    Bp,
    Instant,
    Milli,
    Minor,
    Notice,
)
from pos_plugin.text import Text


class Discount(Answer):
    """What one group of equal applications of a promotion gives on a line."""

    promotion: str
    revision: int
    layer: str
    application: int
    times: int
    units_milli: Milli
    role: str
    discount_minor: Minor


class EvaluatedLine(Answer):
    """A line: gross - discount = paid."""

    line_id: Text
    gross_minor: Minor
    discount_minor: Minor
    paid_minor: Minor
    discounts: list[Discount]


class Applied(Answer):
    """A promotion that applies."""

    promotion: str
    label: dict[str, str]
    applications: int
    discount_minor: Minor


class Vat(Answer):
    """Sums of one VAT rate."""

    vat_rate_bp: Bp
    gross_minor: Minor
    discount_minor: Minor
    paid_minor: Minor


class Earned(Answer):
    """What an account earns."""

    account: str
    amount: int
    promotions: list[str] | None = None


class CouponUsed(Answer):
    """A coupon that completing redeems."""

    code: str
    series: str
    promotion: str


class NotApplied(Answer):
    """A promotion that does not apply, and the first reason."""

    promotion: str
    code: str
    need: int | None = None
    have: int | None = None
    by: list[str] | None = Field(default=None, description="beaten: who took its units or layer")
    would_cost_minor: Minor | None = Field(
        default=None, description="beaten: how much dearer the sale is when it is forced, if proven"
    )


class Hint(Answer):
    """A near miss."""

    promotion: str
    need_minor: Minor | None = None
    need_quantity: int | None = None
    of: dict[str, Any] | None = None
    saving_minor: Minor


class Diagnostics(Answer):
    """How the result came about."""

    engine: str
    compiled: bool
    steps: int


class Evaluation(Answer):
    """What the sale costs now, and every effect that now holds."""

    evaluation_id: str
    late: bool
    training: bool | None = None
    generation: int
    optimal: bool
    gap_minor: Minor
    gross_minor: Minor
    discount_minor: Minor
    total_minor: Minor
    voucher_discount_minor: Minor
    voucher_tender_minor: Minor
    payable_minor: Minor
    lines: list[EvaluatedLine]
    promotions: list[Applied]
    vat: list[Vat]
    earned: list[Earned]
    coupons_used: list[CouponUsed]
    not_applied: list[NotApplied] | None = Field(default=None, description="with ?explain=true")
    hints: list[Hint]
    diagnostics: Diagnostics
    effects: list[Effect]


class Receipt(Answer):
    """What was booked; the same call again gives the same."""

    sale_id: Text
    receipt_number: str | None
    generation: int
    evaluation_id: str
    completed_at: Instant
    gross_minor: Minor
    discount_minor: Minor
    total_minor: Minor
    charged_differs: bool
    late: bool
    training: bool | None = None
    earned: list[Earned]
    effects: list[Effect]


class Void(Answer):
    """A completed sale was taken back."""

    sale_id: Text
    voided_at: Instant
    total_minor: Minor
    voucher_refund_minor: Minor
    deducted_minor: Minor
    withheld_minor: Minor
    reversed: list[Earned]
    pending: bool
    effects: list[Effect]


class ReturnedLine(Answer):
    """Goods that came back, and what was given for them."""

    line_id: Text
    quantity_milli: Milli
    refund_minor: Minor


class Return(Answer):
    """Goods of a sale came back; ``pending``: head office settles what this till does not have."""

    return_id: Text
    sale_id: Text
    returned_at: Instant
    refund_minor: Minor
    voucher_refund_minor: Minor
    deducted_minor: Minor
    withheld_minor: Minor
    credit_minor: Minor
    lines: list[ReturnedLine]
    reversed: list[Earned]
    pending: bool
    effects: list[Effect]


class SaleAnswer(Answer):
    """Everything that was answered of a sale."""

    sale_id: Text
    state: Literal["open", "suspended", "completed", "voided"]
    evaluation: Evaluation | None
    receipt: Receipt | None
    void: Void | None
    returns: list[Return]


class SaleState(Answer):
    """Where the sale stands after the call."""

    sale_id: Text
    state: Literal["suspended", "cancelled"]


class Recalled(Answer):
    """The parked basket, open again; send it back to be evaluated."""

    sale: dict[str, Any]
    notices: list[Notice]


class Waiting(Answer):
    """A sale that waits to be recalled."""

    sale_id: Text
    suspended_at: Instant
    cashier: str | None
    lines: int
    quantity_milli: Milli
    gross_minor: Minor


class Sales(Answer):
    """The parked sales, the oldest first."""

    sales: list[Waiting]
