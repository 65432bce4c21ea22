"""What is given back when goods come back: never more than was paid, in the end exactly that.

1. Returned in any order and any parts, all goods of a receipt give exactly what was paid.
2. As paid, each piece gives back its share of its line; repriced, the goods that stay are priced
   as if they alone had been bought.
3. Points go back in proportion to the refunded part of what earned them; all goods back, all
   points back (domain.md §7.2).
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from pos_plugin.units import allocate, divide_down, divide_half_up

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


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

    @property
    def unrefunded_minor(self) -> int:
        """What was paid and not given back yet, in minor units (cents)."""
        return max(0, self.paid_minor - self.refunded_minor)

    def after(self, quantity_milli: int, refund_minor: int) -> SoldLine:
        """Return the line after this much came back."""
        return self._replace(
            returned_milli=self.returned_milli + quantity_milli,
            refunded_minor=self.refunded_minor + refund_minor,
        )


def as_paid_minor(line: SoldLine, quantity_milli: int) -> int:
    """Return what is given back for part of a line, as paid, in minor units (cents).

    Args:
        line: as sold, and what came back before.
        quantity_milli: that comes back now, at most ``line.left_milli``.

    Three pieces for 10.00: 3.33, 3.34, 3.33 one after the other.

    >>> line = SoldLine("1", "4711", 3000, 1000)
    >>> parts = []
    >>> for _ in range(3):
    ...     parts.append(as_paid_minor(line, 1000))
    ...     line = line.after(1000, parts[-1])
    >>> parts
    [333, 334, 333]
    """
    until_now = line.paid_minor * (line.returned_milli + quantity_milli)
    return max(0, divide_half_up(until_now, line.quantity_milli) - line.refunded_minor)


def repriced_minor(lines: Iterable[SoldLine], *, rest_minor: int) -> int:
    """Return what a return gives back when the goods that stay are priced anew.

    Args:
        lines: of the receipt, with what was given back before this return.
        rest_minor: price of what stays, in minor units (cents).

    Returns:
        What was paid, less the rest, less what was given back before; never negative.

    3 for 2 on 60.00/50.00/40.00 was paid 110.00; without the 60.00 the rest costs 90.00:

    >>> paid = (4400, 3667, 2933)
    >>> lines = [SoldLine(str(n), "a", 1000, one) for n, one in enumerate(paid)]
    >>> repriced_minor(lines, rest_minor=9000)
    2000

    A bundle of 99.00 on 40.00/80.00/30.00: without the belt the rest costs 120.00.

    >>> paid = (2640, 5280, 1980)
    >>> lines = [SoldLine(str(n), "a", 1000, one) for n, one in enumerate(paid)]
    >>> repriced_minor(lines, rest_minor=12_000)
    0
    """
    sold = [line for line in lines if line.quantity_milli > 0]
    paid_minor = sum(line.paid_minor for line in sold)
    return max(0, paid_minor - rest_minor - sum(line.refunded_minor for line in sold))


def spread_minor(
    refund_minor: int, lines: Sequence[SoldLine], back: Mapping[str, int]
) -> dict[str, int]:
    """Return what of a repriced refund belongs to which line, in minor units (cents).

    First the goods that come back now, up to what was paid for them; then what was held back of
    goods that came before; then the goods that stay, which have become cheaper. No line gives back
    more than was paid for it.

    Args:
        refund_minor: at most what was paid and not given back yet.
        lines: of the receipt, before this return.
        back: line id to the quantity that comes back now, in thousandths.

    The belt of the bundle gave nothing back; the rest of the goods brings its 19.80, too:

    >>> belt = SoldLine("belt", "b", 1000, 1980, returned_milli=1000)
    >>> shirt = SoldLine("shirt", "s", 1000, 7920)
    >>> spread_minor(9900, [belt, shirt], {"shirt": 1000})
    {'belt': 1980, 'shirt': 7920}
    """
    given = dict.fromkeys((line.line_id for line in lines), 0)
    left_minor = refund_minor
    now = [_worth_minor(line, back[line.line_id]) if line.line_id in back else 0 for line in lines]
    held = [_worth_minor(line, back.get(line.line_id, 0)) for line in lines]
    rest = [line.unrefunded_minor for line in lines]
    for room in (now, held, rest):
        free = [
            max(0, at_most - given[line.line_id]) for at_most, line in zip(room, lines, strict=True)
        ]
        take_minor = min(left_minor, sum(free))
        for line, part_minor in zip(
            lines, allocate(take_minor, free, range(len(free))), strict=True
        ):
            given[line.line_id] += part_minor
        left_minor -= take_minor
    return {line_id: minor for line_id, minor in given.items() if minor or line_id in back}


def _worth_minor(line: SoldLine, quantity_milli: int) -> int:
    """Return what may be given back of a line once so much more of it is back."""
    if line.quantity_milli <= 0:
        return 0
    return min(line.unrefunded_minor, as_paid_minor(line, quantity_milli))


def reversed_until_now(amount: int, basis: Mapping[str, int], lines: Mapping[str, SoldLine]) -> int:
    """Return what of an earning is reversed once the lines are back as they say.

    Args:
        amount: that was earned, in the account's unit.
        basis: line id to its part of it, in millionths.
        lines: the lines of the receipt by id, after the return.

    Returns:
        In the account's unit, rounded down; all of it once everything that earned is back.

    110 points on 110.00, of which 44.00 come back:

    >>> lines = {
    ...     "1": SoldLine("1", "a", 1000, 4400, 1000, 4400),
    ...     "2": SoldLine("2", "b", 1000, 6600),
    ... }
    >>> reversed_until_now(110, {"1": 44_000_000, "2": 66_000_000}, lines)
    44
    """
    earning = {line_id: part for line_id, part in basis.items() if part > 0}
    if all(not lines[line_id].left_milli for line_id in earning):
        return amount
    back = sum(
        (part * refunded_share(lines[line_id]) for line_id, part in earning.items()), Fraction(0)
    )
    share = back * Fraction(amount, sum(earning.values()))
    return divide_down(share.numerator, share.denominator)


def refunded_share(line: SoldLine) -> Fraction:
    """Return which part of what a line cost was given back; of one that cost nothing, of it."""
    if line.paid_minor > 0:
        return Fraction(min(line.refunded_minor, line.paid_minor), line.paid_minor)
    if line.quantity_milli <= 0:
        return Fraction(0)
    return Fraction(min(line.returned_milli, line.quantity_milli), line.quantity_milli)


def returned_part(parts: Mapping[str, int], lines: Mapping[str, SoldLine]) -> int:
    """Return what of amounts per line belongs to the pieces that are back, rounded down.

    Args:
        parts: line id to an amount on the whole line.
        lines: the lines of the receipt by id, after the return.

    A voucher of 10.00 took 6.95 off a line of which one of two pieces is back:

    >>> returned_part({"1": 695, "2": 305}, {"1": SoldLine("1", "a", 2000, 4304, 1000, 2152)})
    347
    """
    back = sum(
        (
            Fraction(part * line.returned_milli, line.quantity_milli)
            for line_id, part in parts.items()
            if (line := lines.get(line_id)) is not None and line.quantity_milli > 0
        ),
        Fraction(0),
    )
    return divide_down(back.numerator, back.denominator)


def spent_until_now(amount: int, lines: Iterable[SoldLine]) -> int:
    """Return what of spent points is given back once the lines are back as they say.

    Args:
        amount: that the receipt spent, in the account's unit.
        lines: of the receipt, after the return.

    Returns:
        In the account's unit, rounded down, in proportion to the refunded part of the receipt.

    >>> back = SoldLine("1", "a", 1000, 4400, 1000, 4400)
    >>> spent_until_now(100, [back, SoldLine("2", "b", 1000, 6600)])
    40
    """
    share = _refunded_share(lines)
    return divide_down(amount * share.numerator, share.denominator)


def part_left(amount_minor: int, lines: Iterable[SoldLine]) -> int:
    """Return what stays of an amount that belongs to the whole receipt, rounded down.

    Args:
        amount_minor: for the whole receipt, in minor units (cents).
        lines: of the receipt, after the return.

    >>> part_left(333, [SoldLine("1", "a", 3000, 3333, 1000, 1111)])
    222
    """
    share = 1 - _refunded_share(lines)
    return divide_down(amount_minor * share.numerator, share.denominator)


def _refunded_share(lines: Iterable[SoldLine]) -> Fraction:
    """Return which part of a receipt was given back: of its money, else of its pieces."""
    sold = [line for line in lines if line.quantity_milli > 0]
    paid_minor = sum(max(0, line.paid_minor) for line in sold)
    if paid_minor:
        back_minor = sum(min(line.refunded_minor, max(0, line.paid_minor)) for line in sold)
        return Fraction(back_minor, paid_minor)
    if not sold:
        return Fraction(0)
    pieces = sum(line.quantity_milli for line in sold)
    return Fraction(sum(min(line.returned_milli, line.quantity_milli) for line in sold), pieces)
