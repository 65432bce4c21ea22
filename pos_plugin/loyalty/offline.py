"""What a voucher may give while head office cannot be asked (sync.md §8).

In local mode none of this applies: this till is the authority.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pos_plugin.loyalty.voucher_type import DEFAULT_SCOPE, GIFTS, LegalKind
from pos_plugin.notices import Refusal, Refused

if TYPE_CHECKING:
    from pos_plugin.loyalty.voucher_type import VoucherType
    from pos_plugin.loyalty.vouchers import Voucher


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """The most that is given in one offline period, in minor units (cents).

    ``gift_minor``: of a voucher that somebody paid for; 0 = those are never used offline.
    """

    voucher_minor: int
    customer_minor: int
    till_minor: int
    gift_minor: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What was given since the last upload, in minor units (cents)."""

    voucher_minor: int = 0
    customer_minor: int = 0
    till_minor: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """Which till asks."""

    shop: str
    till: str


def room_minor(
    voucher: Voucher, kind: VoucherType | None, *, at: Place, caps: Caps, spent: Spent
) -> int | Refused | None:
    """Return how much a voucher may give, in minor units (cents); None = as much as it holds.

    Args:
        voucher: that may be used but for this.
        kind: of it; None = not known to this version, then its legal kind decides.
        at: the till that asks.
        caps: of the till's settings; a kind with a cap of its own keeps that one.
        spent: what was given already.

    Returns:
        ``voucher_needs_online`` where its scope does not reach, ``voucher_offline_cap`` with the
        cap in ``cap_minor`` where nothing is left.
    """
    scope = kind.scope if kind else DEFAULT_SCOPE[LegalKind(voucher.legal_kind)]
    cap_minor = caps.voucher_minor
    if voucher.legal_kind in GIFTS and scope == "never" and caps.gift_minor:
        scope, cap_minor = "shop", caps.gift_minor  # the owner of this till answers for it
    is_same_shop = voucher.shop is None or voucher.shop == at.shop
    if scope == "issuing_till":
        # Nobody else uses it, so nothing can be lost.
        if is_same_shop and voucher.till == at.till:
            return None
        return Refused(Refusal.VOUCHER_NEEDS_ONLINE)
    if scope == "never" or not is_same_shop:
        return Refused(Refusal.VOUCHER_NEEDS_ONLINE)
    cap_minor = (kind.offline_cap_minor if kind else 0) or cap_minor
    least = min(
        (cap_minor - spent.voucher_minor, cap_minor),
        (caps.customer_minor - spent.customer_minor, caps.customer_minor),
        (caps.till_minor - spent.till_minor, caps.till_minor),
    )
    if least[0] <= 0:
        return Refused(Refusal.VOUCHER_OFFLINE_CAP, {"cap_minor": least[1]})
    return least[0]
