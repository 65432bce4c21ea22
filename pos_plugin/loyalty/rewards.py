"""Rewards: what points buy, today, and how much of an account that takes.

1. The catalogue changes; what counts is what it says at the moment of the exchange, and that is
   kept in the event.
2. A reward is never given for points that are not available: not mature yet is refused with the
   day.
3. A ``discount`` is any amount from its minimum on; every other reward is whole pieces.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from pos_plugin.notices import Refusal, Refused
from pos_plugin.units import divide_down

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pos_plugin.loyalty.lots import Standing


CODE_PREFIX: Final = "reward:"


def is_reward_code(code: str) -> bool:
    """Say whether a code of a sale is a reward, not a voucher.

    >>> is_reward_code("reward:EURO"), is_reward_code("ABCD")
    (True, False)
    """
    return code.startswith(CODE_PREFIX)


def reward_of_code(code: str) -> str:
    """Return the reward that such a code names.

    >>> reward_of_code("reward:EURO")
    'EURO'
    """
    return code.removeprefix(CODE_PREFIX)


class RewardKind(StrEnum):
    """What a reward is."""

    ARTICLE = "article"  # a taxable supply: the host sells it
    DISCOUNT = "discount"  # off the price of a sale
    VOUCHER_TYPE = "voucher_type"
    EVENT = "event"  # outside the shop: a document only
    DONATION = "donation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reward:
    """A row of the catalogue.

    Args:
        code: of the reward.
        program: account that pays.
        kind: what it is.
        label: the words, by language.
        points: its price in the account's unit; of a discount: what ``value_minor`` costs.
        value_minor: of a discount, in minor units (cents).
        min_points: of a discount: the least that is taken.
        sku: of an article.
        voucher_type: code of the kind of voucher.
        valid_from_on: first shop day; None = always.
        valid_to_on: last shop day; None = always.
        stock: how many there are; None = enough.
        limit_per_customer: how many one customer gets; None = any.
    """

    code: str
    program: str
    kind: RewardKind
    label: Mapping[str, str]
    points: int
    value_minor: int | None = None
    min_points: int = 0
    sku: str | None = None
    voucher_type: str | None = None
    valid_from_on: str | None = None
    valid_to_on: str | None = None
    stock: int | None = None
    limit_per_customer: int | None = None

    def worth_minor(self, points: int) -> int:
        """Return what so many points take off a price, in minor units (cents), rounded down."""
        return divide_down(points * (self.value_minor or 0), self.points)

    def price_of(self, worth_minor: int) -> int:
        """Return the points that an amount off the price costs, rounded up.

        >>> euro = Reward(code="EURO", program="points", kind=RewardKind.DISCOUNT, label={},
        ...               points=100, value_minor=50)
        >>> euro.price_of(33), euro.worth_minor(66)
        (66, 33)
        """
        return -divide_down(-worth_minor * self.points, self.value_minor or 1)

    def snapshot(self) -> dict[str, Any]:
        """Return what the catalogue says now, for the event."""
        return {
            "reward": self.code,
            "program": self.program,
            "kind": self.kind.value,
            "label": dict(self.label),
            "points": self.points,
            "value_minor": self.value_minor,
            "sku": self.sku,
            "voucher_type": self.voucher_type,
        }


def not_now(reward: Reward | None, *, on: str) -> Refused | None:
    """Say why a reward cannot be had on a shop day; None when it can.

    Args:
        reward: None when it is not in the catalogue.
        on: shop day.
    """
    if reward is None:
        return Refused(Refusal.REWARD_UNKNOWN)
    if reward.valid_from_on is not None and on < reward.valid_from_on:
        return Refused(Refusal.REWARD_NOT_YET, {"valid_from_on": reward.valid_from_on})
    if reward.valid_to_on is not None and on > reward.valid_to_on:
        return Refused(Refusal.REWARD_LAPSED, {"valid_to_on": reward.valid_to_on})
    return None


def figures(unit: str, **amounts: int) -> dict[str, int]:
    """Return amounts of an account with their unit in the name, as refusals say them.

    >>> figures("POINTS", need=5), figures("EUR_MINOR", need=500)
    ({'need_points': 5}, {'need_minor': 500})
    """
    ending = "points" if unit == "POINTS" else "minor"
    return {f"{name}_{ending}": amount for name, amount in amounts.items()}


def not_enough(has: Standing, amount: int, *, unit: str) -> Refused | None:
    """Say why an amount cannot be spent; None when it can.

    Args:
        has: the account today.
        amount: > 0, in its unit.
        unit: of the account.

    Returns:
        ``balance_not_mature`` with the day when waiting helps, else ``balance_too_low``.
    """
    if amount <= has.available:
        return None
    if has.matures_on is not None and amount <= has.available + has.pending:
        said = figures(unit, need=amount, have=has.available, pending=has.pending)
        return Refused(Refusal.BALANCE_NOT_MATURE, {**said, "matures_on": has.matures_on})
    return Refused(Refusal.BALANCE_TOO_LOW, figures(unit, need=amount, have=has.available))


def sold_out(reward: Reward, *, given: int, held: int, quantity: int) -> Refused | None:
    """Say why a reward of limited number cannot be had; None when it can.

    Args:
        reward: in the catalogue.
        given: how many were given already, to anybody.
        held: how many this customer got already.
        quantity: wanted now.
    """
    if reward.stock is not None and given + quantity > reward.stock:
        return Refused(Refusal.REWARD_SOLD_OUT, {"left": max(0, reward.stock - given)})
    limit = reward.limit_per_customer
    if limit is not None and held + quantity > limit:
        return Refused(Refusal.REWARD_LIMIT, {"limit": limit})
    return None
