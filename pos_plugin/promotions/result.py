"""The result of an evaluation (promotions.md §5), values only."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import native

if TYPE_CHECKING:
    from collections.abc import Callable


if TYPE_CHECKING:
    from native.result import (
        Diagnostics,
        LineDiscount,
        LineResult,
        PromotionResult,
        VatResult,
    )
else:
    Diagnostics = native.FORM.Diagnostics
    LineDiscount = native.FORM.LineDiscount
    LineResult = native.FORM.LineResult
    PromotionResult = native.FORM.PromotionResult
    VatResult = native.FORM.VatResult


__all__ = [
    "CouponUsed",
    "Diagnostics",
    "Earned",
    "Hint",
    "LineDiscount",
    "LineResult",
    "NotApplied",
    "PromotionResult",
    "Result",
    "VatResult",
]


@dataclass(frozen=True, slots=True)
class Earned:
    """What an account earns: points or minor units of bonus money, rounded down once."""

    account: str
    amount: int
    promotions: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object."""
        return {
            "account": self.account,
            "amount": self.amount,
            "promotions": list(self.promotions),
        }


@dataclass(frozen=True, slots=True)
class CouponUsed:
    """A coupon that this sale redeems when it is completed."""

    code: str
    series: str
    promotion: str


class NotApplied(NamedTuple):
    """Why a promotion does not apply: the first reason in the order of promotions.md §5.

    With ``beaten``: ``by`` names the promotions that took its units or its layer, and
    ``would_cost_minor`` is how much dearer the sale is when it must apply, in minor units (cents),
    0 where it would cost the same; None where that was not proven.
    """

    promotion: str
    code: str
    need: int | None = None
    have: int | None = None
    by: tuple[str, ...] = ()
    would_cost_minor: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object; figures only where there are some."""
        value: dict[str, Any] = {"promotion": self.promotion, "code": self.code}
        if self.need is not None:
            value["need"] = self.need
        if self.have is not None:
            value["have"] = self.have
        if self.by:
            value["by"] = list(self.by)
        if self.would_cost_minor is not None:
            value["would_cost_minor"] = self.would_cost_minor
        return value


@dataclass(frozen=True, slots=True)
class Hint:
    """A near miss that is true: with the addition, the promotion saves at least ``saving_minor``.

    Exactly one of ``need_minor`` (minor units, cents) and ``need_quantity`` (units) says what is
    missing, ``of`` which units it is about, as a selector (empty = any unit). ``label`` is the
    promotion's own text by language. ``is_gift``: nothing but what a buy-get gives is missing, and
    with it the sale costs no more than now.
    """

    promotion: str
    saving_minor: int
    need_minor: int | None = None
    need_quantity: int | None = None
    of: dict[str, Any] = field(default_factory=dict)
    label: dict[str, str] = field(default_factory=dict)
    is_gift: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object of promotions.md §5; ``of`` only where it is not every unit."""
        value: dict[str, Any] = {"promotion": self.promotion}
        if self.need_minor is not None:
            value["need_minor"] = self.need_minor
        if self.need_quantity is not None:
            value["need_quantity"] = self.need_quantity
        if self.of:
            value["of"] = self.of
        value["saving_minor"] = self.saving_minor
        return value


@dataclass(slots=True)
class Result:
    """Everything the till needs; ``not_applied`` and ``hints`` are worked out on first access."""

    generation: int
    optimal: bool
    gap_minor: int
    gross_minor: int
    discount_minor: int
    total_minor: int
    lines: tuple[LineResult, ...]
    promotions: tuple[PromotionResult, ...]
    vat: tuple[VatResult, ...]
    earned: tuple[Earned, ...]
    coupons_used: tuple[CouponUsed, ...]
    diagnostics: Diagnostics
    explain: Callable[[], tuple[NotApplied, ...]] = field(repr=False, compare=False)
    find_hints: Callable[[], tuple[Hint, ...]] = field(default=tuple, repr=False, compare=False)
    _not_applied: tuple[NotApplied, ...] | None = field(default=None, repr=False, compare=False)
    _hints: tuple[Hint, ...] | None = field(default=None, repr=False, compare=False)

    @property
    def not_applied(self) -> tuple[NotApplied, ...]:
        """Every promotion that does not apply, with the reason, by id."""
        if self._not_applied is None:
            self._not_applied = self.explain()
        return self._not_applied

    @property
    def hints(self) -> tuple[Hint, ...]:
        """Near misses that are true, the nearest first."""
        if self._hints is None:
            self._hints = self.find_hints()
        return self._hints

    def to_dict(self, *, explain: bool = True) -> dict[str, Any]:
        """Return the JSON object of promotions.md §5.

        Args:
            explain: with ``not_applied``; a thousand reasons cost as much as the price.
        """
        reasons = {"not_applied": [n.to_dict() for n in self.not_applied]} if explain else {}
        return {
            "generation": self.generation,
            "optimal": self.optimal,
            "gap_minor": self.gap_minor,
            "gross_minor": self.gross_minor,
            "discount_minor": self.discount_minor,
            "total_minor": self.total_minor,
            "lines": [one.to_dict() for one in self.lines],
            "promotions": [one.to_dict() for one in self.promotions],
            "vat": [one.to_dict() for one in self.vat],
            "earned": [e.to_dict() for e in self.earned],
            "coupons_used": [
                {"code": c.code, "series": c.series, "promotion": c.promotion}
                for c in self.coupons_used
            ],
            **reasons,
            "hints": [hint.to_dict() for hint in self.hints],
            "diagnostics": self.diagnostics.to_dict(),
        }
