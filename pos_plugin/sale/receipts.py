"""What a completed sale books: what was really charged, compared with what was evaluated.

1. What was charged is the fact. Where it differs from the evaluation, what was charged is booked
   and the difference is noted; nothing is refused.
2. Parts add up: per line, gross = paid + the host's own discount + discounts of promotions and
   of vouchers + difference of the host; the lines sum to the receipt.
3. A promotion that was not given is not used up; points follow what was paid.
4. A late receipt was sold at list price: it uses no promotion and no voucher, and earns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, Strict, ValidationError

from pos_plugin import limits
from pos_plugin.errors import SaleError
from pos_plugin.loyalty.ledger import earnings
from pos_plugin.text import Text
from pos_plugin.units import allocate
from pos_plugin.validation import first_error

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from pos_plugin.loyalty.ledger import Earning
    from pos_plugin.loyalty.value_vouchers import UsedVoucher
    from pos_plugin.model import Basket
    from pos_plugin.promotions.generation import RuleGeneration
    from pos_plugin.promotions.result import CouponUsed, LineDiscount, Result

SaleMinor = Annotated[int, Field(ge=-limits.MAX_SALE_MINOR, le=limits.MAX_SALE_MINOR)]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class ChargedLine(_Closed):
    """What the host took for a line, in minor units (cents); negative for a return."""

    line_id: Text
    paid_minor: SaleMinor


class Tender(_Closed):
    """A means of payment and its amount in minor units (cents)."""

    tender: Text
    amount_minor: SaleMinor


class Charge(_Closed):
    """What the host really charged; what it does not name is as evaluated.

    Args:
        evaluation_id: the answer it charged by.
        applied: ids of the effects that were given; missing = all.
        lines: amounts per line; a line not named is as evaluated, less what was not applied.
        total_minor: the amount of the receipt in minor units (cents).
        tenders: how it was paid.
        receipt_number: the host's own number.
        late: it was sold at list price while nobody answered, and is handed in now.
    """

    evaluation_id: Text | None = None
    applied: Annotated[tuple[Text, ...], Field(max_length=100_000, strict=False)] | None = None
    lines: (
        Annotated[tuple[ChargedLine, ...], Field(max_length=limits.MAX_LINES, strict=False)] | None
    ) = None
    total_minor: SaleMinor | None = None
    tenders: Annotated[tuple[Tender, ...], Field(max_length=limits.MAX_LIST, strict=False)] = ()
    receipt_number: Text | None = None
    late: Annotated[bool, Strict()] = False


def read_charge(value: object) -> Charge:
    """Return the charge of a completion.

    Raises:
        SaleError: naming the first wrong place below ``completion``.
    """
    try:
        return Charge.model_validate(value)
    except ValidationError as error:
        code, place, message = first_error(error, value, "completion")
        raise SaleError(code, place, message) from None


def effect_id(promotion: str, line_id: str) -> str:
    """Return the id of the effect "this promotion reduces this line"."""
    return f"{promotion}@{line_id}"


@dataclass(frozen=True, slots=True)
class BookedLine:
    """A line as it was charged, in minor units (cents), with the discounts that were given."""

    gross_minor: int
    paid_minor: int
    host_discount_minor: int
    voucher_discount_minor: int
    host_difference_minor: int
    discounts: tuple[LineDiscount, ...]


@dataclass(frozen=True, slots=True)
class BookedReceipt:
    """A receipt as it was charged; ``given`` are the promotions that really applied."""

    lines: tuple[BookedLine, ...]
    gross_minor: int
    total_minor: int
    charged_differs: bool
    earned: tuple[Earning, ...]
    given: tuple[str, ...]
    coupons_used: tuple[CouponUsed, ...]
    vouchers_used: tuple[UsedVoucher, ...]

    @property
    def discount_minor(self) -> int:
        """Gross - total, in minor units (cents)."""
        return self.gross_minor - self.total_minor


def book(
    basket: Basket,
    result: Result,
    rules: RuleGeneration | None,
    charge: Charge,
    *,
    evaluation_id: str,
    host_discounts: Mapping[str, int],
    vouchers: Sequence[UsedVoucher] = (),
    late: bool = False,
) -> BookedReceipt:
    """Return what is booked for a sale.

    Args:
        basket: the last snapshot of the sale.
        result: its evaluation.
        rules: the generation it was evaluated with; None at list price.
        charge: what the host charged.
        evaluation_id: of ``result``.
        host_discounts: by line, in minor units (cents); ``result`` is what they left.
        vouchers: what value vouchers do in it.
        late: sold at list price: without a word of the host no promotion was given.

    Raises:
        SaleError: the charge names a line that the sale does not have, or one twice.
    """
    applied = None if charge.applied is None else frozenset(charge.applied)
    if late:
        applied = frozenset()
    discounts = [
        tuple(
            one
            for one in line.discounts
            if applied is None or effect_id(one.promotion, line.line_id) in applied
        )
        for line in result.lines
    ]
    used = () if late else _given(vouchers, result, charge)
    off_minor = [
        sum(one.lines[index] for one in used if one.reduces_price)
        for index in range(len(result.lines))
    ]
    paid_minor = _paid(basket, result, discounts, off_minor, charge)
    lines = tuple(
        BookedLine(
            gross_minor=line.gross_minor + host_discounts.get(line.line_id, 0),
            paid_minor=paid,
            host_discount_minor=host_discounts.get(line.line_id, 0),
            voucher_discount_minor=off,
            host_difference_minor=line.gross_minor
            - paid
            - sum(one.discount_minor for one in given)
            - off,
            discounts=given,
        )
        for line, paid, given, off in zip(
            result.lines, paid_minor, discounts, off_minor, strict=True
        )
    )
    as_evaluated = len(used) == len(vouchers) and all(
        line.host_difference_minor == 0 and len(line.discounts) == len(evaluated.discounts)
        for line, evaluated in zip(lines, result.lines, strict=True)
    )
    earned = () if rules is None else earnings(rules, basket, result.earned, paid_minor)
    reducing = {one.promotion for given in discounts for one in given}
    given_ids = reducing | {promotion for one in earned for promotion in one.promotions}
    return BookedReceipt(
        lines=lines,
        gross_minor=sum(line.gross_minor for line in lines),
        total_minor=sum(paid_minor),
        charged_differs=not as_evaluated or charge.evaluation_id not in (None, evaluation_id),
        earned=tuple(one for one in earned if one.amount),
        given=tuple(sorted(given_ids)),
        coupons_used=tuple(
            one for one in result.coupons_used if one.promotion in given_ids and not late
        ),
        vouchers_used=used,
    )


def _given(
    vouchers: Sequence[UsedVoucher], result: Result, charge: Charge
) -> tuple[UsedVoucher, ...]:
    """Return the value vouchers that the host gave.

    Where it does not say so, all; but who charges the total of the promotions has not heard of
    price reductions, and gave none.
    """
    if charge.applied is not None:
        return tuple(one for one in vouchers if one.effect_id in charge.applied)
    charged_minor = charge.total_minor
    if charged_minor is None and charge.lines and len(charge.lines) == len(result.lines):
        charged_minor = sum(line.paid_minor for line in charge.lines)
    if charged_minor == result.total_minor:
        return tuple(one for one in vouchers if not one.reduces_price)
    return tuple(vouchers)


def _paid(
    basket: Basket,
    result: Result,
    discounts: Sequence[Collection[LineDiscount]],
    off_minor: Sequence[int],
    charge: Charge,
) -> list[int]:
    paid_minor = [
        line.gross_minor - sum(one.discount_minor for one in given) - off
        for line, given, off in zip(result.lines, discounts, off_minor, strict=True)
    ]
    position = {line.line_id: index for index, line in enumerate(basket.lines)}
    seen: set[str] = set()
    for number, line in enumerate(charge.lines or ()):
        where = f"completion.lines[{number}].line_id"
        if line.line_id not in position:
            raise SaleError("unknown_word", where, f"the sale has no line {line.line_id!r}")
        if line.line_id in seen:
            raise SaleError("duplicate_id", where, f"line {line.line_id!r} stands twice")
        seen.add(line.line_id)
        paid_minor[position[line.line_id]] = line.paid_minor
    if charge.total_minor is not None and charge.total_minor != sum(paid_minor):
        return _spread(paid_minor, charge.total_minor)
    return paid_minor


def _spread(paid_minor: list[int], total_minor: int) -> list[int]:
    """Hand a total that the lines do not give down to the lines sold, in proportion to paid.

    >>> _spread([300, 100, -50], 250)
    [225, 75, -50]
    """
    sold = [index for index, paid in enumerate(paid_minor) if paid > 0]
    rest_minor = total_minor - sum(paid for paid in paid_minor if paid <= 0)
    spread = list(paid_minor)
    if sold and rest_minor >= 0:
        parts = allocate(rest_minor, [paid_minor[index] for index in sold], sold)
        for index, part in zip(sold, parts, strict=True):
            spread[index] = part
    elif spread:
        spread[0] += total_minor - sum(spread)
    return spread


def tenders_of(charge: Charge) -> list[dict[str, Any]]:
    """Return the tenders as plain values."""
    return [tender.model_dump() for tender in charge.tenders]
