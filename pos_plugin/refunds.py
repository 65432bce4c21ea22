"""What is given back when goods come back: as paid, never more, the last part takes the rest.

1. Returned in any order and any parts, all pieces of a line give exactly what was paid for it.
2. Points go back in proportion to what the returned goods had earned; all goods back, all points
   back (domain.md §7.2).
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pos_plugin import limits
from pos_plugin.errors import SaleError
from pos_plugin.receipts import Tender
from pos_plugin.units import divide_down, divide_half_up
from pos_plugin.validation import first_error

if TYPE_CHECKING:
    from collections.abc import Mapping

Text = Annotated[str, Field(min_length=1, max_length=limits.MAX_TEXT)]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class VoidRequest(_Closed):
    """Why a whole sale is taken back, and by whom."""

    reason: Text | None = None
    cashier: Text | None = None


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
    """Goods of one sale that come back together, under the host's own id of this return."""

    return_id: Text
    lines: Annotated[
        tuple[ReturnedGoods, ...], Field(min_length=1, max_length=limits.MAX_LINES, strict=False)
    ]
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


class SoldLine(NamedTuple):
    """A line of a receipt, and what of it came back so far.

    Quantities in thousandths (1 piece = 1_000), amounts in minor units (cents).
    """

    line_id: str
    sku: str
    quantity_milli: int
    paid_minor: int
    returned_milli: int = 0
    refunded_minor: int = 0

    @property
    def left_milli(self) -> int:
        """What can still come back; nothing of a line that was itself a return."""
        return max(0, self.quantity_milli - self.returned_milli)

    def after(self, quantity_milli: int, refund_minor: int) -> SoldLine:
        """Return the line after this much came back."""
        return self._replace(
            returned_milli=self.returned_milli + quantity_milli,
            refunded_minor=self.refunded_minor + refund_minor,
        )


def refund_minor(line: SoldLine, quantity_milli: int) -> int:
    """Return what is given back for part of a line, as paid, in minor units (cents).

    Args:
        line: as sold, and what came back before.
        quantity_milli: that comes back now, at most ``line.left_milli``.

    Three pieces for 10.00: 3.33, 3.34, 3.33 one after the other.

    >>> line = SoldLine("1", "4711", 3000, 1000)
    >>> parts = []
    >>> for _ in range(3):
    ...     parts.append(refund_minor(line, 1000))
    ...     line = line.after(1000, parts[-1])
    >>> parts
    [333, 334, 333]
    """
    until_now = line.paid_minor * (line.returned_milli + quantity_milli)
    return max(0, divide_half_up(until_now, line.quantity_milli) - line.refunded_minor)


def reversed_until_now(amount: int, basis: Mapping[str, int], lines: Mapping[str, SoldLine]) -> int:
    """Return what of an earning is reversed once the lines are back as they say.

    Args:
        amount: that was earned, in the account's unit.
        basis: line id to its part of it, in millionths.
        lines: the lines of the receipt by id, after the return.

    Returns:
        In the account's unit, rounded down; all of it once everything that earned is back.

    110 points on 110.00, of which 44.00 come back:

    >>> lines = {"1": SoldLine("1", "a", 1000, 4400, 1000), "2": SoldLine("2", "b", 1000, 6600)}
    >>> reversed_until_now(110, {"1": 44_000_000, "2": 66_000_000}, lines)
    44
    """
    earning = {line_id: part for line_id, part in basis.items() if part > 0}
    whole = sum(earning.values())
    if all(not lines[line_id].left_milli for line_id in earning):
        return amount
    back = sum(
        (
            Fraction(part * lines[line_id].returned_milli, lines[line_id].quantity_milli)
            for line_id, part in earning.items()
        ),
        Fraction(0),
    )
    share = back * amount / whole
    return divide_down(share.numerator, share.denominator)
