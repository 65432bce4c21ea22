"""Effects (till.md §4): always the complete current set, each with a stable id."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from pos_plugin.service.contract.words import Answer, Bp, Day, Minor
from pos_plugin.text import Text


class _Effect(Answer):
    effect_id: str


class LineDiscount(_Effect):
    """A promotion lowers a line; basket discounts come already allocated."""

    kind: Literal["line_discount"]
    promotion: str
    text: str
    line_id: Text
    discount_minor: Minor


class Earn(_Effect):
    """An account earns points or minor units of bonus money."""

    kind: Literal["earn"]
    account: str
    amount: int
    promotions: list[str]
    text: str


class NearMiss(_Effect):
    """A little more, and a promotion saves at least ``saving_minor``."""

    kind: Literal["near_miss"]
    promotion: str
    need_minor: Minor | None = None
    need_quantity: int | None = None
    of: dict[str, Any] | None = None
    saving_minor: Minor
    text: str


class FreeItemOffer(_Effect):
    """A gift that was not scanned yet: with these pieces the sale costs no more than now."""

    kind: Literal["free_item_offer"]
    promotion: str
    need_quantity: int
    of: dict[str, Any] | None = None
    saving_minor: Minor
    text: str


class ReceiptText(_Effect):
    """A line for the customer's receipt."""

    kind: Literal["receipt_text"]
    text: str


class VoucherLine(Answer):
    """What a voucher takes off one line."""

    line_id: Text
    discount_minor: Minor


class VoucherRate(Answer):
    """What a voucher takes off one VAT rate."""

    vat_rate_bp: Bp
    discount_minor: Minor


class _ValueVoucher(_Effect):
    code: str
    voucher: str
    legal_kind: str
    gv_typ: str = Field(description="its word in DSFinV-K")
    rest_minor: Minor
    text: str


class PriceReductionVoucher(_ValueVoucher):
    """A value voucher that lowers prices."""

    kind: Literal["price_reduction_voucher"]
    discount_minor: Minor
    lines: list[VoucherLine]
    vat: list[VoucherRate]


class TenderVoucher(_ValueVoucher):
    """A value voucher that pays."""

    kind: Literal["tender_voucher"]
    amount_minor: Minor


class Rejected(_Effect):
    """A scanned code that does nothing, and why."""

    kind: Literal["rejected"]
    code: str
    reason: str
    params: dict[str, Any]
    text: str


class Message(_Effect):
    """A notice."""

    kind: Literal["message"]
    code: str
    params: dict[str, Any]
    text: str
    level: Literal["info", "warn", "acknowledge"]
    audience: Literal["cashier", "customer"]


class IssueVoucher(_Effect):
    """A voucher was issued to the customer."""

    kind: Literal["issue_voucher"]
    voucher_id: str
    type: str
    title: str
    benefit: str
    code: str
    valid_to_on: Day
    text: str | None = None


class PrintCode(Answer):
    """A code of a document."""

    symbology: str
    content: str
    readable: str = Field(description="stands below it; empty for nothing")


class Print(_Effect):
    """Something is to be printed: by us, or by the host when the printer is the host's.

    A host prints a pair of job and attempt once, however often it is told, and reports it. Without
    ``format`` there is nothing to print here (yet): the job tells.
    """

    kind: Literal["print"]
    job: str
    attempt: int
    document: str | None = Field(default=None, description="voucher")
    printer_role: str | None = None
    copy_index: int | None = Field(default=None, description="0 = the original")
    format: Literal["png", "text", "escpos"] | None = None
    png: str | None = Field(default=None, description="base64, 1 bit, dot for dot")
    text: str | None = Field(default=None, description="lines, each with its line feed")
    escpos: str | None = Field(default=None, description="base64, the bytes of the printer")
    codes: list[PrintCode] | None = Field(
        default=None, description="for a driver of text that draws codes"
    )


class Reward(_Effect):
    """Something was given for points; an article is a supply: the host sells ``line``."""

    kind: Literal["reward"]
    reward: Literal[True]
    code: str
    reward_kind: str = Field(description="article, voucher_type, event, donation")
    points: int = Field(description="of all pieces, in the account's unit")
    quantity: int
    line: dict[str, Any] | None = Field(
        default=None, description="of an article: facts and list price, as a scan gives them"
    )
    text: str


Effect = Annotated[
    LineDiscount
    | Earn
    | NearMiss
    | FreeItemOffer
    | ReceiptText
    | PriceReductionVoucher
    | TenderVoucher
    | Rejected
    | Message
    | IssueVoucher
    | Reward
    | Print,
    Field(discriminator="kind"),
]
