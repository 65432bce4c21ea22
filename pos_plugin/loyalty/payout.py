"""Pay-out of bonus money: how much, in which values, and why not (B2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pos_plugin.loyalty.rewards import figures, not_enough
from pos_plugin.notices import Refusal, Refused

if TYPE_CHECKING:
    from pos_plugin.loyalty.lots import Standing

NOTES_MAX: Final = 20  # vouchers of one pay-out: that many a customer can carry
_UNIT: Final = "EUR_MINOR"


@dataclass(frozen=True, slots=True, kw_only=True)
class PayOut:
    """By which rules is paid out; amounts in minor units (cents).

    Args:
        threshold: less than this is not paid out.
        denominations: the only values of a voucher; empty = any.
        room_minor: what head office need not know of first; None = everything.
        note_max_minor: the most one voucher may be worth; None = anything.
    """

    threshold: int = 0
    denominations: tuple[int, ...] = ()
    room_minor: int | None = None
    note_max_minor: int | None = None


def notes(rules: PayOut, has: Standing, *, asked_minor: int | None) -> list[int] | Refused:
    """Return the values of the vouchers, the largest first, or why there are none.

    Args:
        rules: of the programme and the till.
        has: the account today.
        asked_minor: exactly so much, in minor units (cents); None = as much as possible.

    >>> from pos_plugin.loyalty.lots import Lot, standing
    >>> has = standing([Lot("a", 3_730, "2026-01-01", None)], on="2026-03-07")
    >>> notes(PayOut(threshold=500, denominations=(500, 1_000, 2_000)), has, asked_minor=None)
    [2000, 1000, 500]
    """
    least_minor = max(1, rules.threshold)
    refused = not_enough(has, asked_minor or least_minor, unit=_UNIT)
    if refused is not None and refused.code is Refusal.BALANCE_NOT_MATURE:
        return refused
    if has.available < least_minor or (asked_minor or least_minor) < least_minor:
        have = figures(_UNIT, need=least_minor, have=has.available)
        return Refused(Refusal.PAYOUT_THRESHOLD, have)
    if refused is not None:
        return refused
    limit_minor = has.available if rules.room_minor is None else rules.room_minor
    wanted_minor = min(has.available, limit_minor) if asked_minor is None else asked_minor
    if wanted_minor > limit_minor or wanted_minor < least_minor:
        return Refused(Refusal.OFFLINE_CAP, {"cap_minor": limit_minor})
    values = _values(rules, wanted_minor)
    if asked_minor is not None and sum(values) != asked_minor:
        return Refused(Refusal.PAYOUT_DENOMINATION)
    return values or Refused(Refusal.PAYOUT_DENOMINATION)


def _values(rules: PayOut, wanted_minor: int) -> list[int]:
    """Return values that sum to the amount, or to as much of it as they can."""
    most_minor = rules.note_max_minor
    if not rules.denominations:
        step_minor = wanted_minor if most_minor is None else min(wanted_minor, most_minor)
        sizes = [step_minor] if step_minor else []
    else:
        sizes = sorted(
            (one for one in set(rules.denominations) if most_minor is None or one <= most_minor),
            reverse=True,
        )
    values: list[int] = []
    left_minor = wanted_minor
    for size_minor in sizes:
        while size_minor and left_minor >= size_minor and len(values) < NOTES_MAX:
            values.append(size_minor)
            left_minor -= size_minor
    if not rules.denominations and left_minor > 0 and len(values) < NOTES_MAX:
        values.append(left_minor)
    return values
