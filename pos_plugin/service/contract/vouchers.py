"""What the calls of vouchers answer."""

from __future__ import annotations

from pydantic import Field

from pos_plugin.service.contract.effects import Effect
from pos_plugin.service.contract.words import Answer, Day, Minor


class VoucherLine(Answer):
    """The line that sells a voucher, for the sale of the host."""

    sku: str
    quantity_milli: int
    unit_price_minor: Minor
    vat_rate_bp: int
    voucher: str


class VoucherForSale(Answer):
    """A voucher that is sold; the same request again gets the same."""

    voucher: str
    voucher_id: str
    code: str
    state: str = Field(description="planned until its sale is completed, else issued")
    value_minor: Minor
    valid_to_on: Day
    gv_typ: str = Field(description="DSFinV-K, of the line that sells it")
    gutschein_nr: str
    line: VoucherLine
    effects: list[Effect]


class VoucherMoved(Answer):
    """A voucher was blocked, or may be used again."""

    voucher_id: str
    effects: list[Effect]
