"""Vouchers with a value in a sale: what each takes off the price, or pays, after all promotions.

1. ``promo`` and ``earned_bonus`` reduce the price of what may be discounted; ``gift_mpv``,
   ``gift_spv`` and ``goods_credit`` then pay. Never mixed (domain.md §3).
2. Reductions first, then payments; in each the earliest expiry first, then the code: the order of
   scanning decides nothing.
3. No voucher gives more than it holds, than the customer wants, than its lines are worth or than
   is left to pay: none is ever paid out in cash.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from pos_plugin.loyalty.voucher_type import REDUCES_PRICE, LegalKind
from pos_plugin.units import allocate

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pos_plugin.model import Line


Rest: TypeAlias = Literal["stays", "lapses", "new"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueVoucher:
    """A voucher with a value that may be used now.

    Args:
        code: as it is printed.
        voucher: its id.
        legal_kind: decides how it acts.
        balance_minor: what it holds in minor units (cents), > 0.
        asked_minor: how much of it the customer wants to use; None = as much as possible.
        valid_to_on: last shop day.
        rest: what becomes of what is left: it stays on it, lapses, or a new voucher gets it.
        room_minor: how much it may give without head office, in minor units (cents); None = all.
        vat_rate_bp: of a ``gift_spv``: the one rate it pays; None = not known, pays nothing.
    """

    code: str
    voucher: str
    legal_kind: LegalKind
    balance_minor: int
    asked_minor: int | None
    valid_to_on: str
    rest: Rest
    vat_rate_bp: int | None = None
    room_minor: int | None = None

    @property
    def rest_stays(self) -> bool:
        """Whether somebody can use later what is left of it."""
        return self.rest != "lapses"


@dataclass(frozen=True, slots=True)
class UsedVoucher:
    """What a voucher does in a sale.

    Args:
        voucher: which one.
        amount_minor: what it takes off the price or pays, in minor units (cents), > 0.
        lines: what it takes off each line of the sale, in their order; empty when it pays.
    """

    voucher: ValueVoucher
    amount_minor: int
    lines: tuple[int, ...] = ()

    @property
    def reduces_price(self) -> bool:
        """Whether it is a price reduction; else it is a means of payment."""
        return self.voucher.legal_kind in REDUCES_PRICE

    @property
    def effect_id(self) -> str:
        """The id of the effect that says so."""
        return f"{'reduce' if self.reduces_price else 'tender'}:{self.voucher.voucher}"

    @property
    def left_minor(self) -> int:
        """What it has not given, in minor units (cents)."""
        return self.voucher.balance_minor - self.amount_minor

    @property
    def rest_minor(self) -> int:
        """What can be used later, in minor units (cents)."""
        return self.left_minor if self.voucher.rest_stays else 0

    def reduced(self, lines: Sequence[Line]) -> list[tuple[Line, int]]:
        """Return the lines that it reduces, each with its part in minor units (cents).

        Args:
            lines: of the sale, all of them.
        """
        if not self.reduces_price:
            return []
        return [(line, part) for line, part in zip(lines, self.lines, strict=True) if part]

    @property
    def is_cut(self) -> bool:
        """Whether the customer wanted to use more than was possible."""
        return (self.voucher.asked_minor or 0) > self.amount_minor


@dataclass(frozen=True, slots=True)
class Settlement:
    """What the vouchers of a sale do together.

    Args:
        used: in the order in which they act; one that does nothing is missing.
        paid_minor: per line of the sale, after the reductions, in minor units (cents).
        payable_minor: what is left to pay by other means; negative when goods came back.
    """

    used: tuple[UsedVoucher, ...]
    paid_minor: tuple[int, ...]
    payable_minor: int

    @property
    def discount_minor(self) -> int:
        """What the price reductions take off, in minor units (cents)."""
        return sum(one.amount_minor for one in self.used if one.reduces_price)

    @property
    def tendered_minor(self) -> int:
        """What the others pay, in minor units (cents)."""
        return sum(one.amount_minor for one in self.used if not one.reduces_price)


def settle_vouchers(
    lines: Sequence[Line], paid_minor: Sequence[int], vouchers: Iterable[ValueVoucher]
) -> Settlement:
    """Return what vouchers do in a sale.

    A reduction is spread over the lines that may be discounted, in proportion to what they cost
    after the promotions and the vouchers before it (largest remainder; equal remainders: higher
    price, then sku, then line order). Lines that came back take no part.

    Args:
        lines: of the sale.
        paid_minor: per line, after all promotions, in minor units (cents).
        vouchers: that the customer wants to use.
    """
    state = _Sale(lines, list(paid_minor))
    used = [
        one for voucher in sorted(vouchers, key=_order) if (one := state.use(voucher)) is not None
    ]
    return Settlement(tuple(used), tuple(state.paid_minor), state.payable_minor)


def _order(voucher: ValueVoucher) -> tuple[bool, str, str]:
    return voucher.legal_kind not in REDUCES_PRICE, voucher.valid_to_on, voucher.code


class _Sale:
    """A sale while its vouchers are used one after the other."""

    def __init__(self, lines: Sequence[Line], paid_minor: list[int]) -> None:
        self._lines = lines
        self.paid_minor = paid_minor
        self.payable_minor = sum(paid_minor)
        # What single-purpose vouchers paid, by VAT rate; without a rate they pay nothing.
        self._by_rate: dict[int | None, int] = {}

    def use(self, voucher: ValueVoucher) -> UsedVoucher | None:
        """Use a voucher; None when it does nothing."""
        wanted_minor = voucher.balance_minor if voucher.asked_minor is None else voucher.asked_minor
        base = self._base(voucher)
        amount_minor = min(wanted_minor, voucher.balance_minor, self._room(voucher, base))
        if voucher.room_minor is not None:
            amount_minor = min(amount_minor, voucher.room_minor)
        if amount_minor <= 0:
            return None
        self.payable_minor -= amount_minor
        if voucher.legal_kind not in REDUCES_PRICE:
            if voucher.legal_kind is LegalKind.GIFT_SPV:
                before_minor = self._by_rate.get(voucher.vat_rate_bp, 0)
                self._by_rate[voucher.vat_rate_bp] = before_minor + amount_minor
            return UsedVoucher(voucher, amount_minor)
        order = [
            (-line.unit_price_minor, line.sku, position)
            for position, line in enumerate(self._lines)
        ]
        parts = allocate(amount_minor, base, order)
        self.paid_minor = [paid - part for paid, part in zip(self.paid_minor, parts, strict=True)]
        return UsedVoucher(voucher, amount_minor, tuple(parts))

    def _base(self, voucher: ValueVoucher) -> list[int]:
        """Return per line what the voucher may act on, in minor units (cents)."""
        return [
            max(0, paid_minor) if _acts_on(voucher, line) else 0
            for line, paid_minor in zip(self._lines, self.paid_minor, strict=True)
        ]

    def _room(self, voucher: ValueVoucher, base: Sequence[int]) -> int:
        """Return what the voucher can give at most, in minor units (cents)."""
        room_minor = sum(base)
        if voucher.legal_kind is LegalKind.GIFT_SPV:
            room_minor -= self._by_rate.get(voucher.vat_rate_bp, 0)
        return min(room_minor, self.payable_minor)


def _acts_on(voucher: ValueVoucher, line: Line) -> bool:
    if voucher.legal_kind in REDUCES_PRICE:
        return line.discountable
    if voucher.legal_kind is LegalKind.GIFT_SPV:
        return line.vat_rate_bp == voucher.vat_rate_bp
    return True
