"""Where a voucher stands after all that happened to it, in any order (domain.md §3).

A till and head office use the same sums: what was used less what was taken back. Nothing here looks
at the order of events, so two of them may learn the same things at different times.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from pos_plugin.loyalty.vouchers import Standing, VoucherState

if TYPE_CHECKING:
    from collections.abc import Iterable


class Happened(NamedTuple):
    """Something that happened to a voucher.

    Args:
        kind: ``redeemed``, ``rolled_back``, ``reduced``, ``blocked``, ``unblocked``, ``cancelled``;
            anything else changes nothing.
        amount_minor: of its value in minor units (cents); None for a coupon.
        lapsed_minor: what nobody can use after this redemption; of a redemption taken back what
            had lapsed with it.
    """

    kind: str
    amount_minor: int | None = None
    lapsed_minor: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wear:
    """What is gone of a voucher.

    Args:
        value_minor: at its issue, in minor units (cents); None for a coupon.
        used_minor: redeemed and not taken back; above the value after a double use.
        reduced_minor: taken off the value by returns.
        uses: redemptions not taken back.
        lapses: of those, how many let a rest lapse.
        is_blocked: nobody may use it for now.
        is_cancelled: its occasion was taken back.
        is_multi_use: any number of redemptions leaves it as it is.
    """

    value_minor: int | None
    used_minor: int = 0
    reduced_minor: int = 0
    uses: int = 0
    lapses: int = 0
    is_blocked: bool = False
    is_cancelled: bool = False
    is_multi_use: bool = False

    def after(self, happened: Iterable[Happened]) -> Wear:
        """Return what is gone once this happened, too; block and unblock in their order."""
        wear = self
        for one in happened:
            amount_minor = one.amount_minor or 0
            lapses = 1 if one.lapsed_minor else 0
            if one.kind == "redeemed":
                wear = replace(
                    wear,
                    used_minor=wear.used_minor + amount_minor,
                    uses=wear.uses + 1,
                    lapses=wear.lapses + lapses,
                )
            elif one.kind == "rolled_back":
                wear = replace(
                    wear,
                    used_minor=wear.used_minor - amount_minor,
                    uses=max(0, wear.uses - 1),
                    lapses=max(0, wear.lapses - lapses),
                )
            elif one.kind == "reduced":
                wear = replace(wear, reduced_minor=wear.reduced_minor + amount_minor)
            elif one.kind in ("blocked", "unblocked"):
                wear = replace(wear, is_blocked=one.kind == "blocked")
            elif one.kind == "cancelled":
                wear = replace(wear, is_cancelled=True)
        return wear

    @property
    def is_overused(self) -> bool:
        """Whether more of it was used than there was: two tills without a network did not know."""
        if self.is_multi_use:
            return False
        if self.value_minor is None:
            return self.uses > 1
        return self.used_minor > self.value_minor - self.reduced_minor

    def standing(self) -> Standing:
        """Return state and balance; the balance is below zero after a double use.

        >>> Wear(value_minor=1000, used_minor=400, uses=1).standing()
        Standing(state=<VoucherState.PARTLY_REDEEMED: 'partly_redeemed'>, balance_minor=600)
        """
        left_minor = None
        if self.value_minor is not None:
            left_minor = self.value_minor - self.reduced_minor - self.used_minor
        return Standing(self._state(left_minor), left_minor)

    def _state(self, left_minor: int | None) -> VoucherState:
        if self.is_cancelled:
            return VoucherState.CANCELLED
        if self.is_blocked:
            return VoucherState.BLOCKED
        if self.is_multi_use:
            return VoucherState.ISSUED
        if left_minor is None:
            return VoucherState.REDEEMED if self.uses else VoucherState.ISSUED
        if left_minor <= 0:
            return VoucherState.REDEEMED
        if self.used_minor <= 0:
            return VoucherState.ISSUED
        return VoucherState.REDEEMED if self.lapses else VoucherState.PARTLY_REDEEMED
