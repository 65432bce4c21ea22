"""Vouchers: their life as a table, who may redeem one, and when an event issues one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pos_plugin.loyalty.provisional import is_provisional
from pos_plugin.loyalty.voucher_code import new_code, voucher_hash
from pos_plugin.loyalty.voucher_type import LONG_LIVED
from pos_plugin.notices import Refusal, Refused
from pos_plugin.uids import new_uid

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Iterable, Mapping

    from pos_plugin.loyalty.voucher_type import VoucherType


class VoucherState(StrEnum):
    """Where a voucher stands; that its last day is over is no state, who asks looks at the day."""

    PLANNED = "planned"
    ISSUED = "issued"
    RESERVED = "reserved"
    PARTLY_REDEEMED = "partly_redeemed"
    REDEEMED = "redeemed"
    BLOCKED = "blocked"
    CANCELLED = "cancelled"


_S = VoucherState
# The trigger of journal.db refuses every other step; None = the voucher is new. A step back from a
# redemption is one taken back, from `reserved` one released; ISSUED to itself is a value reduced by
# a return, BLOCKED to itself a redemption taken back meanwhile; a blocked one nobody used ends with
# its occasion, so that it is not let go again. What was used is never cancelled.
TRANSITIONS: Final[frozenset[tuple[VoucherState | None, VoucherState]]] = frozenset(
    {
        (None, _S.PLANNED),
        (None, _S.ISSUED),
        (_S.PLANNED, _S.ISSUED),
        (_S.ISSUED, _S.ISSUED),
        (_S.ISSUED, _S.RESERVED),
        (_S.ISSUED, _S.PARTLY_REDEEMED),
        (_S.ISSUED, _S.REDEEMED),
        (_S.ISSUED, _S.BLOCKED),
        (_S.ISSUED, _S.CANCELLED),
        (_S.RESERVED, _S.ISSUED),
        (_S.RESERVED, _S.PARTLY_REDEEMED),
        (_S.RESERVED, _S.REDEEMED),
        (_S.RESERVED, _S.BLOCKED),
        (_S.PARTLY_REDEEMED, _S.PARTLY_REDEEMED),
        (_S.PARTLY_REDEEMED, _S.RESERVED),
        (_S.PARTLY_REDEEMED, _S.REDEEMED),
        (_S.PARTLY_REDEEMED, _S.ISSUED),
        (_S.PARTLY_REDEEMED, _S.BLOCKED),
        (_S.REDEEMED, _S.PARTLY_REDEEMED),
        (_S.REDEEMED, _S.ISSUED),
        (_S.BLOCKED, _S.ISSUED),
        (_S.BLOCKED, _S.PARTLY_REDEEMED),
        (_S.BLOCKED, _S.BLOCKED),
        (_S.BLOCKED, _S.CANCELLED),
    }
)

USABLE: Final = frozenset({VoucherState.ISSUED, VoucherState.PARTLY_REDEEMED})
UNUSED: Final = frozenset({VoucherState.ISSUED, VoucherState.BLOCKED})
"""Where one may stand of which nothing was used; a blocked one may be used up in part."""

OVERRIDE_EXPIRED: Final = "override_expired_voucher"
OVERRIDE_MINIMUM: Final = "override_minimum"


@dataclass(frozen=True, slots=True, kw_only=True)
class Voucher:
    """A voucher as this till knows it now; days are shop days, both included.

    A coupon has no value. Of a voucher with a value, ``balance_minor`` is the value less everything
    that was used of it, in minor units (cents); a rest that lapsed stays in it, and the state says
    that nobody can use it.

    Args:
        shop: that issued it; None = head office, for every shop.
        till: that issued it; None = head office.
        is_here: this till issued it: its row stands in journal.db.
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
    shop: str | None = None
    till: str | None = None
    is_here: bool = True


@dataclass(frozen=True, slots=True)
class CachedVoucher:
    """A voucher as head office sent it, and which events of which tills are in that.

    ``uses``: redemptions not taken back; ``redeemed_on`` and ``redeemed_till``: shop day and till
    of the latest of them, where head office knows; ``folded``: epoch to the highest event, None for
    one that head office never sent (its signed code says what it is).
    """

    voucher: Voucher
    uses: int
    folded: Mapping[int, int] | None
    redeemed_on: str | None = None
    redeemed_till: str | None = None


class Standing(NamedTuple):
    """What moves in the life of a voucher; the balance is None for a coupon."""

    state: VoucherState
    balance_minor: int | None


def after_redemption(
    voucher: Voucher, amount_minor: int | None, *, rest_stays: bool, is_multi_use: bool = False
) -> Standing:
    """Return where a voucher stands after a sale used it.

    Args:
        voucher: before the sale.
        amount_minor: what the sale used of its value, in minor units (cents); None for a coupon.
        rest_stays: whether the rest can be used later.
        is_multi_use: any number of sales may use it.
    """
    if is_multi_use:
        return Standing(VoucherState.ISSUED, voucher.balance_minor)
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
    if voucher.state == VoucherState.BLOCKED:
        given_minor = amount_minor or 0
        balance_minor = voucher.balance_minor
        return Standing(
            VoucherState.BLOCKED, None if balance_minor is None else balance_minor + given_minor
        )
    if voucher.balance_minor is None or amount_minor is None:
        return Standing(VoucherState.ISSUED, None)
    balance_minor = voucher.balance_minor + amount_minor
    is_whole = balance_minor >= (voucher.value_minor or 0)
    return Standing(
        VoucherState.ISSUED if is_whole else VoucherState.PARTLY_REDEEMED, balance_minor
    )


@dataclass(frozen=True, slots=True)
class Accepted:
    """A voucher that may be used now.

    Args:
        voucher: as it was when it was asked for.
        kind: what head office says of its kind; None = not known to this version.
        rights_used: of the cashier, that lifted a refusal.
        room_minor: how much it may give without asking head office, in minor units (cents); None =
            as much as it holds.
        told: as head office had sent it; None for one that only this till knows.
    """

    voucher: Voucher
    kind: VoucherType | None = None
    rights_used: tuple[str, ...] = ()
    room_minor: int | None = None
    told: CachedVoucher | None = None


def check(
    voucher: Voucher | None,
    kind: VoucherType | None = None,
    *,
    customer: str | None,
    shop: str | None = None,
    on: dt.date,
    rights: Collection[str],
) -> Accepted | Refused:
    """Say whether a voucher may be used in a sale, as far as the sale's value does not decide it.

    Args:
        voucher: None when the code is not known.
        kind: what head office says of its kind.
        customer: id of the customer of the sale.
        shop: of the sale; None = every shop takes it.
        on: shop day of the sale.
        rights: of the cashier, sent by the host.
    """
    if voucher is None or voucher.state == VoucherState.PLANNED:
        return Refused(Refusal.VOUCHER_UNKNOWN)
    if voucher.state in (VoucherState.CANCELLED, VoucherState.BLOCKED):
        return Refused(Refusal.VOUCHER_BLOCKED)
    if voucher.state not in USABLE or (voucher.balance_minor or 1) <= 0:
        return Refused(Refusal.VOUCHER_REDEEMED)
    shops = kind.conditions.shops if kind else ()
    if shop is not None and shops and shop not in shops:
        return Refused(Refusal.VOUCHER_WRONG_SHOP, {"shops": ", ".join(shops)})
    # A card that nobody owns yet earns and does not redeem.
    if voucher.customer_bound and (customer is None or is_provisional(customer)):
        return Refused(Refusal.VOUCHER_NEEDS_CUSTOMER)
    # Bound without a holder: anybody, but somebody (Kundenzwang). Transferable: any customer.
    is_holders = voucher.customer is not None and not (kind is not None and kind.transferable)
    if voucher.customer_bound and is_holders and customer != voucher.customer:
        return Refused(Refusal.VOUCHER_OTHER_CUSTOMER)
    day = on.isoformat()
    if day < voucher.valid_from_on:
        return Refused(Refusal.VOUCHER_NOT_YET_VALID, {"valid_from_on": voucher.valid_from_on})
    if day > voucher.valid_to_on:
        if OVERRIDE_EXPIRED in rights:
            return Accepted(voucher, kind, (OVERRIDE_EXPIRED,))
        return Refused(Refusal.VOUCHER_EXPIRED, {"valid_to_on": voucher.valid_to_on})
    return Accepted(voucher, kind)


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

    ``value_minor`` is in minor units (cents); None for a coupon. ``customer`` is None for one that
    anybody may have bought.
    """

    id: str
    code: str
    type: VoucherType
    customer: str | None
    value_minor: int | None
    valid_from_on: str
    valid_to_on: str
    trigger: str
    class_at_issue: str | None

    @property
    def code_hash(self) -> bytes:
        """What the journal keeps of the code."""
        return voucher_hash(self.code)

    @property
    def customer_bound(self) -> bool:
        """Whether a sale needs a customer for it; what nobody holds is free for all."""
        return self.type.customer_bound and self.customer is not None

    def to_event(self) -> dict[str, Any]:
        """Return the voucher as it stands in the body of an event."""
        return {
            "id": self.id,
            "type": self.type.code,
            "legal_kind": self.type.legal_kind,
            "code_hash": self.code_hash.hex(),
            "customer": self.customer,
            "customer_bound": self.customer_bound,
            "value_minor": self.value_minor,
            "valid_from_on": self.valid_from_on,
            "valid_to_on": self.valid_to_on,
            "trigger": self.trigger,
            "class_at_issue": self.class_at_issue,
        }


def new_voucher(
    kind: VoucherType,
    *,
    customer: str | None,
    trigger: str,
    at: dt.datetime,
    value_minor: int | None = None,
    valid_to_on: str | None = None,
    class_at_issue: str | None = None,
    code: str | None = None,
) -> NewVoucher:
    """Return a new voucher, valid as its kind says.

    Args:
        kind: of the voucher.
        customer: who gets it, if anybody is known.
        trigger: what issues it: the kind of the event.
        at: now, shop-local.
        value_minor: in minor units (cents); the kind's own when missing.
        valid_to_on: last shop day, where it takes the place of another voucher.
        class_at_issue: the segment that made it so.
        code: on a card that was printed before; random when missing.
    """
    days = kind.validity.span(at.date(), has_floor=kind.legal_kind in LONG_LIVED)
    return NewVoucher(
        id=str(new_uid(at)),
        code=code or new_code(),
        type=kind,
        customer=customer,
        value_minor=kind.effect.minor if value_minor is None else value_minor,
        valid_from_on=days.from_on.isoformat(),
        valid_to_on=valid_to_on or days.to_on.isoformat(),
        trigger=trigger,
        class_at_issue=class_at_issue,
    )


def issue(
    one: Due,
    voucher_type: VoucherType,
    *,
    customer: str,
    event: str,
    at: dt.datetime,
    value_minor: int | None = None,
) -> NewVoucher:
    """Return a new voucher that an event gives, with a random code.

    Args:
        one: why it is issued.
        voucher_type: its kind.
        customer: who gets it.
        event: kind of the event that issues it.
        at: now, shop-local.
        value_minor: in minor units (cents); the kind's own when missing.
    """
    return new_voucher(
        voucher_type,
        customer=customer,
        trigger=event,
        at=at,
        value_minor=value_minor,
        class_at_issue=one.class_at_issue,
    )
