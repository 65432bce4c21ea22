"""What a host asks for when a sale is taken back or goods come back, read strictly."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pos_plugin import limits
from pos_plugin.errors import SaleError
from pos_plugin.sale.receipts import Tender
from pos_plugin.text import PlainText as Text
from pos_plugin.validation import first_error


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class VoidRequest(_Closed):
    """Why a whole sale is taken back, and by whom.

    Args:
        reason: in the cashier's words.
        cashier: number of the cashier.
        total_minor: what the host gave back for a sale of another till, in minor units (cents).
    """

    reason: Text | None = None
    cashier: Text | None = None
    total_minor: Annotated[int, Field(ge=0, le=limits.MAX_SALE_MINOR)] | None = None


class ReturnedGoods(_Closed):
    """Part of a line that comes back.

    Args:
        line_id: of the sale.
        quantity_milli: in thousandths (1 piece = 1_000).
        refund_minor: what the host gave back, in minor units (cents); missing = as paid.
    """

    line_id: Text
    quantity_milli: Annotated[int, Field(ge=1, le=limits.MAX_QUANTITY_MILLI)]
    refund_minor: Annotated[int, Field(ge=0, le=limits.MAX_SALE_MINOR)] | None = None


class ReturnRequest(_Closed):
    """Goods of one sale that come back together, under the host's own id of this return.

    Args:
        return_id: the host's own.
        lines: what comes back.
        refund_as: what the customer gets: means of payment, or a voucher for goods
            (Warengutschrift).
        reason: in the cashier's words.
        cashier: number of the cashier.
        receipt_number: of the host.
        tenders: how it was paid out.
    """

    return_id: Text
    lines: Annotated[
        tuple[ReturnedGoods, ...], Field(min_length=1, max_length=limits.MAX_LINES, strict=False)
    ]
    refund_as: Literal["tender", "goods_credit"] = "tender"
    reason: Text | None = None
    cashier: Text | None = None
    receipt_number: Text | None = None
    tenders: Annotated[tuple[Tender, ...], Field(max_length=limits.MAX_LIST, strict=False)] = ()


def read_void(value: object) -> VoidRequest:
    """Return the checked request.

    Raises:
        SaleError: naming the first wrong place below ``void``.
    """
    try:
        return VoidRequest.model_validate(value)
    except ValidationError as error:
        code, place, message = first_error(error, value, "void")
        raise SaleError(code, place, message) from None


def read_return(value: object) -> ReturnRequest:
    """Return the checked request.

    Raises:
        SaleError: naming the first wrong place below ``return``; also a line that stands twice.
    """
    try:
        request = ReturnRequest.model_validate(value)
    except ValidationError as error:
        code, place, message = first_error(error, value, "return")
        raise SaleError(code, place, message) from None
    seen: set[str] = set()
    for number, line in enumerate(request.lines):
        if line.line_id in seen:
            where = f"return.lines[{number}].line_id"
            raise SaleError("duplicate_id", where, f"line {line.line_id!r} stands twice")
        seen.add(line.line_id)
    return request
