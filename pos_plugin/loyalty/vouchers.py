"""Vouchers: their life as a table, who may redeem one, and when an event issues one."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pos_plugin.loyalty.voucher_code import new_code, voucher_hash
from pos_plugin.notices import Refusal, Refused
from pos_plugin.uids import new_uid

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from pos_plugin.loyalty.voucher_type import VoucherType


class VoucherState(StrEnum):
    """Where a voucher stands; expiry is derived from its days."""

    ISSUED = "issued"
    PARTLY_REDEEMED = "partly_redeemed"
    REDEEMED = "redeemed"
    CANCELLED = "cancelled"


# The trigger of journal.db refuses every other step; None = the voucher is new. A step back is a
# redemption taken back; what was used can no longer be cancelled.
TRANSITIONS: Final[frozenset[tuple[VoucherState | None, VoucherState]]] = frozenset(
    {
        (None, VoucherState.ISSUED),
        (VoucherState.ISSUED, VoucherState.PARTLY_REDEEMED),
        (VoucherState.ISSUED, VoucherState.REDEEMED),
        (VoucherState.PARTLY_REDEEMED, VoucherState.PARTLY_REDEEMED),
        (VoucherState.PARTLY_REDEEMED, VoucherState.REDEEMED),
        (VoucherState.REDEEMED, VoucherState.PARTLY_REDEEMED),
        (VoucherState.REDEEMED, VoucherState.ISSUED),
        (VoucherState.PARTLY_REDEEMED, VoucherState.ISSUED),
        (VoucherState.ISSUED, VoucherState.CANCELLED),
    }
)

USABLE: Final = frozenset({VoucherState.ISSUED, VoucherState.PARTLY_REDEEMED})

OVERRIDE_EXPIRED: Final = "override_expired_voucher"


@dataclass(frozen=True, slots=True, kw_only=True)
class Voucher:
    """A voucher as the journal holds it; days are shop days, both included.

    A coupon has no value. Of a voucher with a value, ``balance_minor`` is the value less everything
    that was used of it, in minor units (cents); a rest that lapsed stays in it, and the state says
    that nobody can use it.
    """

    id: str
    type: str
    legal_kind: str
    customer: str | None
    customer_bound: bool
    state: str
    value_minor: int | None
    balance_minor: int | None
    valid_from_on: str
    valid_to_on: str


class Standing(NamedTuple):
    """What moves in the life of a voucher; the balance is None for a coupon."""

    state: VoucherState
    balance_minor: int | None


def after_redemption(voucher: Voucher, amount_minor: int | None, *, rest_stays: bool) -> Standing:
    """Return where a voucher stands after a sale used it.

    Args:
        voucher: before the sale.
        amount_minor: what the sale used of its value, in minor units (cents); None for a coupon.
        rest_stays: whether the rest can be used later.
    """
    if voucher.balance_minor is None or amount_minor is None:
        return Standing(VoucherState.REDEEMED, None)
    left_minor = voucher.balance_minor - amount_minor
    is_open = left_minor > 0 and rest_stays
    return Standing(VoucherState.PARTLY_REDEEMED if is_open else VoucherState.REDEEMED, left_minor)


def after_rollback(voucher: Voucher, amount_minor: int | None) -> Standing:
    """Return where a voucher stands after a sale that had used it was taken back.

    Args:
        voucher: before that.
        amount_minor: what the sale had used of its value, in minor units (cents); None for a
            coupon.
    """
    if voucher.balance_minor is None or amount_minor is None:
        return Standing(VoucherState.ISSUED, None)
    balance_minor = voucher.balance_minor + amount_minor
    is_whole = balance_minor == voucher.value_minor
    return Standing(
        VoucherState.ISSUED if is_whole else VoucherState.PARTLY_REDEEMED, balance_minor
    )


@dataclass(frozen=True, slots=True)
class Accepted:
    """A voucher that may be used now; ``right_used`` names the right that lifted a refusal."""

    voucher: Voucher
    right_used: str | None = None


def check(
    voucher: Voucher | None, *, customer: str | None, on: dt.date, rights: Collection[str]
) -> Accepted | Refused:
    """Say whether a voucher may be used in a sale.

    Args:
        voucher: None when the code is not known.
        customer: id of the customer of the sale.
        on: shop day of the sale.
        rights: of the cashier, sent by the host.
    """
    if voucher is None:
        return Refused(Refusal.VOUCHER_UNKNOWN)
    if voucher.state == VoucherState.CANCELLED:
        return Refused(Refusal.VOUCHER_BLOCKED)
    if voucher.state not in USABLE:
        return Refused(Refusal.VOUCHER_REDEEMED)
    if voucher.customer_bound and customer is None:
        return Refused(Refusal.VOUCHER_NEEDS_CUSTOMER)
    if voucher.customer_bound and customer != voucher.customer:
        return Refused(Refusal.VOUCHER_OTHER_CUSTOMER)
    day = on.isoformat()
    if day < voucher.valid_from_on:
        return Refused(Refusal.VOUCHER_NOT_YET_VALID, {"valid_from_on": voucher.valid_from_on})
    if day > voucher.valid_to_on:
        if OVERRIDE_EXPIRED in rights:
            return Accepted(voucher, OVERRIDE_EXPIRED)
        return Refused(Refusal.VOUCHER_EXPIRED, {"valid_to_on": voucher.valid_to_on})
    return Accepted(voucher)


@dataclass(frozen=True, slots=True)
class Due:
    """A voucher that an event issues; ``class_at_issue`` is the segment that made it so."""

    type: str
    class_at_issue: str | None


def due(
    triggers: Iterable[tuple[str, Mapping[str, Any]]],
    *,
    segments: Collection[str],
    holds: Collection[str],
) -> list[Due]:
    """Return the vouchers that an event issues to a customer.

    Args:
        triggers: voucher type and conditions; ``{}`` = everybody,
            ``{"in_segment": {"any_of": [code, …]}}`` = members. A condition that this version does
            not know issues nothing: a voucher too few can be given later, one too many cannot be
            taken back.
        segments: codes of the segments of the customer.
        holds: types of which the customer holds one that is neither redeemed nor expired.
    """
    issued: list[Due] = []
    for voucher_type, conditions in triggers:
        if voucher_type in holds:
            continue
        if not conditions:
            issued.append(Due(voucher_type, None))
            continue
        wanted = conditions.get("in_segment")
        any_of = wanted.get("any_of") if isinstance(wanted, dict) else None
        if len(conditions) > 1 or not isinstance(any_of, list) or len(wanted or ()) > 1:
            continue
        found = next((code for code in any_of if code in segments), None)
        if found is not None:
            issued.append(Due(voucher_type, found))
    return issued


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVoucher:
    """A voucher about to be issued; ``code`` is for the paper, the journal keeps its hash.

    ``value_minor`` is in minor units (cents); None for a coupon.
    """

    id: str
    code: str
    type: VoucherType
    customer: str
    value_minor: int | None
    valid_from_on: str
    valid_to_on: str
    trigger: str
    class_at_issue: str | None

    @property
    def code_hash(self) -> bytes:
        """What the journal keeps of the code."""
        return voucher_hash(self.code)

    def to_event(self) -> dict[str, Any]:
        """Return the voucher as it stands in the body of an event."""
        return {
            "id": self.id,
            "type": self.type.code,
            "legal_kind": self.type.legal_kind,
            "code_hash": self.code_hash.hex(),
            "customer": self.customer,
            "customer_bound": self.type.customer_bound,
            "value_minor": self.value_minor,
            "valid_from_on": self.valid_from_on,
            "valid_to_on": self.valid_to_on,
            "trigger": self.trigger,
            "class_at_issue": self.class_at_issue,
        }


def issue(
    one: Due, voucher_type: VoucherType, *, customer: str, event: str, at: dt.datetime
) -> NewVoucher:
    """Return a new voucher with a random code, valid from today on.

    Args:
        one: why it is issued.
        voucher_type: its kind.
        customer: who gets it.
        event: kind of the event that issues it.
        at: now, shop-local.
    """
    today = at.date()
    return NewVoucher(
        id=str(new_uid(at)),
        code=new_code(),
        type=voucher_type,
        customer=customer,
        value_minor=voucher_type.effect.minor,
        valid_from_on=today.isoformat(),
        valid_to_on=(today + dt.timedelta(days=voucher_type.validity.days)).isoformat(),
        trigger=event,
        class_at_issue=one.class_at_issue,
    )
