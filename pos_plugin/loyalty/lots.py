"""Accounts as lots: every earning is a lot with its own days; everything else takes from lots.

1. A lot is the sum of the entries that name it, so the order in which entries arrive decides
   nothing, and the same entries give the same lots on every till and at head office.
2. A reversal takes from the lot it reverses, also when that is used up: a lot below zero is the
   debt of the account. What the customer has is repaid to debts before anything can be spent.
3. Taken is the earliest expiry first, then the earliest maturity, then the lot id; never more than
   is available.
4. A lot can be used until closing on its expiry day. Expiry follows from the day; an account is
   right before anybody has booked the entry that says so.

Amounts are integers of the account's unit: points, or minor units (cents) of bonus money. Days are
shop days as ISO 8601 text, which sorts as days do.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from pos_plugin.loyalty.program_terms import Terms

RESTORE_GRACE_DAYS: Final = 14
_NEVER: Final = "9999-12-31"  # sorts behind every day on which something expires


class Kind(StrEnum):
    """What an entry does (domain.md §7.1)."""

    EARN = "earn"
    REDEEM = "redeem"
    PAYOUT = "payout"
    EXPIRE = "expire"
    REVERSE = "reverse"
    RESTORE = "restore"
    ADJUST = "adjust"
    TRANSFER = "transfer"


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """An entry of a points or bonus account; never changed, only followed by another one.

    Args:
        id: of the entry.
        customer: whose account.
        program: the account.
        kind: what it does.
        delta: signed.
        lot: id of the entry that opened the lot it belongs to; its own id when it opens one.
        matures_on: first day on which the lot can be used.
        expires_on: last day on which the lot can be used; None = it never expires.
        group: shared by the entries of one action over several lots.
        reverses: id of the entry that this one takes back, wholly or in part.
        reason: why somebody corrected the account.
        promotions: that earned it.
        basis: what each line of the receipt has in it, in millionths; of an earning.
    """

    id: str
    customer: str
    program: str
    kind: Kind
    delta: int
    lot: str
    matures_on: str
    expires_on: str | None = None
    group: str | None = None
    reverses: str | None = None
    reason: str | None = None
    promotions: tuple[str, ...] = ()
    basis: Mapping[str, int] = field(default_factory=dict)

    def to_event(self) -> dict[str, Any]:
        """Return the entry as it stands in the body of an event."""
        return {
            "id": self.id,
            "customer": self.customer,
            "program": self.program,
            "kind": self.kind.value,
            "delta": self.delta,
            "lot": self.lot,
            "matures_on": self.matures_on,
            "expires_on": self.expires_on,
            "group": self.group,
            "reverses": self.reverses,
            "reason": self.reason,
            "promotions": list(self.promotions),
        }


class Lot(NamedTuple):
    """What is left of an earning.

    Args:
        id: of the entry that opened it.
        left: in the account's unit; below zero = a debt.
        matures_on: first day on which it can be used.
        expires_on: last day on which it can be used; None = it never expires.
        taken_on: the latest day on which something was taken from it; of a debt: since when.
    """

    id: str
    left: int
    matures_on: str
    expires_on: str | None
    taken_on: str | None = None

    @property
    def order(self) -> tuple[str, str, str]:
        """Sorts lots as they are used."""
        return self.expires_on or _NEVER, self.matures_on, self.id


class Movement(NamedTuple):
    """What an entry, or several on one lot, do to it; ``on`` is the shop day of what they take."""

    lot: str
    delta: int
    matures_on: str
    expires_on: str | None
    on: str | None


def movement(entry: LedgerEntry, *, on: str) -> Movement:
    """Return what an entry does to its lot.

    Args:
        entry: of the account.
        on: shop day on which it was booked.
    """
    opens = entry.lot == entry.id
    return Movement(
        entry.lot, entry.delta, entry.matures_on, entry.expires_on, None if opens else on
    )


def fold(movements: Iterable[Movement], start: Iterable[Lot] = ()) -> tuple[Lot, ...]:
    """Return the open lots of an account, in the order in which they are used.

    Args:
        movements: in any order.
        start: the lots that they come on top of.

    >>> earned = Movement("a", 100, "2026-03-07", None, None)
    >>> fold([Movement("a", -30, "2026-03-07", None, "2026-03-09"), earned])
    (Lot(id='a', left=70, matures_on='2026-03-07', expires_on=None, taken_on='2026-03-09'),)
    """
    lots = {lot.id: lot for lot in start}
    for one in movements:
        before = lots.get(one.lot) or Lot(one.lot, 0, one.matures_on, one.expires_on)
        lots[one.lot] = before._replace(
            left=before.left + one.delta,
            taken_on=max(before.taken_on or "", one.on or "") or None,
        )
    return tuple(sorted((lot for lot in lots.values() if lot.left), key=lambda lot: lot.order))


class Expired(NamedTuple):
    """What of a lot nobody can use any more, and since the end of which day."""

    lot: Lot
    amount: int


class Standing(NamedTuple):
    """An account on a day; ``available + pending - debt`` is what the customer has.

    Args:
        available: can be spent.
        pending: is there and not mature yet.
        matures_on: when the next of it matures; None without any.
        debt: what is missing after everything was repaid that there is.
        expired: lots whose day has passed, with what expired of each.
        expires_on: the day after which the next of the available expires; None = none does.
        expiring: how much of the available expires then.
    """

    available: int
    pending: int
    matures_on: str | None
    debt: int
    expired: tuple[Expired, ...]
    expires_on: str | None
    expiring: int

    @property
    def value(self) -> int:
        """What the customer has, below zero for a debt."""
        return self.available + self.pending - self.debt


def standing(lots: Iterable[Lot], *, on: str) -> Standing:
    """Return what an account is worth on a shop day.

    Args:
        lots: open lots.
        on: shop day; a lot counts until closing on its expiry day.

    >>> lots = [Lot("a", 100, "2026-03-07", "2026-03-31"), Lot("b", 50, "2026-04-01", None)]
    >>> march = standing(lots, on="2026-03-31")
    >>> march.available, march.pending, march.matures_on, march.expires_on
    (100, 50, '2026-04-01', '2026-03-31')
    >>> standing(lots, on="2026-04-01").available
    50
    """
    ordered = sorted(lots, key=lambda lot: lot.order)
    debts = [_Debt(lot.taken_on or "", -lot.left) for lot in ordered if lot.left < 0]
    debts.sort(key=lambda debt: debt.since)
    expired: list[Expired] = []
    mature: list[Lot] = []
    immature: list[Lot] = []
    for lot in ordered:
        if lot.left <= 0:
            continue
        if lot.expires_on is not None and lot.expires_on < on:
            left = _repay(debts, lot)
            if left:
                expired.append(Expired(lot, left))
        else:
            (mature if lot.matures_on <= on else immature).append(lot)
    debt = sum(debt.owed for debt in debts)
    usable = sum(lot.left for lot in mature)
    coming = sum(lot.left for lot in immature)
    available = max(0, usable - debt)
    debt_then = max(0, debt - usable)
    next_on = mature[0].expires_on if mature and available else None
    expiring = sum(lot.left for lot in mature if lot.expires_on == next_on) if next_on else 0
    return Standing(
        available=available,
        pending=max(0, coming - debt_then),
        matures_on=min((lot.matures_on for lot in immature), default=None),
        debt=max(0, debt_then - coming),
        expired=tuple(expired),
        expires_on=next_on,
        expiring=min(available, expiring),
    )


@dataclass(slots=True)
class _Debt:
    since: str
    owed: int


def _repay(debts: Iterable[_Debt], lot: Lot) -> int:
    """Repay the debts that were there while the lot could be used; return what is left of it."""
    left = lot.left
    for debt in debts:
        if debt.since <= (lot.expires_on or _NEVER):
            part = min(left, debt.owed)
            debt.owed -= part
            left -= part
    return left


def take(lots: Iterable[Lot], amount: int, *, on: str) -> tuple[tuple[Lot, int], ...]:
    """Return from which lots an amount is taken, and how much from each.

    Args:
        lots: open lots.
        amount: > 0 and at most what is available on the day.
        on: shop day.

    >>> lots = [Lot("b", 50, "2026-01-01", None), Lot("a", 30, "2026-01-01", "2026-12-31")]
    >>> [(lot.id, part) for lot, part in take(lots, 40, on="2026-03-07")]
    [('a', 30), ('b', 10)]
    """
    parts: list[tuple[Lot, int]] = []
    for lot in sorted(lots, key=lambda lot: lot.order):
        usable = lot.matures_on <= on and (lot.expires_on is None or lot.expires_on >= on)
        if amount and usable and lot.left > 0:
            part = min(amount, lot.left)
            parts.append((lot, part))
            amount -= part
    return tuple(parts)


def spend(
    lots: Iterable[Lot],
    amount: int,
    *,
    customer: str,
    program: str,
    kind: Kind,
    on: str,
    new_id: Callable[[], str],
    reason: str | None = None,
) -> tuple[LedgerEntry, ...]:
    """Return the entries that take an amount from an account, all of one group.

    Args:
        lots: open lots.
        amount: > 0 and at most what is available on the day.
        customer: whose account.
        program: the account.
        kind: ``redeem``, ``payout`` or ``adjust``.
        on: shop day.
        new_id: makes the id of an entry.
        reason: of a correction.
    """
    group = new_id()
    return tuple(
        LedgerEntry(
            id=new_id(),
            customer=customer,
            program=program,
            kind=kind,
            delta=-part,
            lot=lot.id,
            matures_on=lot.matures_on,
            expires_on=lot.expires_on,
            group=group,
            reason=reason,
        )
        for lot, part in take(lots, amount, on=on)
    )


def earn(
    *,
    entry_id: str,
    customer: str,
    program: str,
    amount: int,
    terms: Terms,
    on: dt.date,
    kind: Kind = Kind.EARN,
    reason: str | None = None,
    promotions: tuple[str, ...] = (),
    basis: Mapping[str, int] | None = None,
) -> LedgerEntry:
    """Return the entry that opens a lot.

    Args:
        entry_id: of the entry, and so of the lot.
        customer: whose account.
        program: the account.
        amount: > 0, in the account's unit.
        terms: of the programme.
        on: shop day.
        kind: ``earn``, or ``adjust`` for a correction.
        reason: of a correction.
        promotions: that earned it.
        basis: what each line of the receipt has in it, in millionths.
    """
    return LedgerEntry(
        id=entry_id,
        customer=customer,
        program=program,
        kind=kind,
        delta=amount,
        lot=entry_id,
        matures_on=terms.matures_on(on),
        expires_on=terms.expires_on(on),
        reason=reason,
        promotions=promotions,
        basis=basis or {},
    )


def reverse(entry: LedgerEntry, amount: int, *, entry_id: str) -> LedgerEntry:
    """Return the entry that takes an earning back, wholly or in part.

    It names the lot of the earning, whatever is left of that: own lot first, and below zero it is
    the debt. So no till has to know what another one took, and the order of returns decides
    nothing.

    Args:
        entry: that earned.
        amount: to be taken back, > 0, in the account's unit.
        entry_id: of the new entry.
    """
    return LedgerEntry(
        id=entry_id,
        customer=entry.customer,
        program=entry.program,
        kind=Kind.REVERSE,
        delta=-amount,
        lot=entry.lot,
        matures_on=entry.matures_on,
        expires_on=entry.expires_on,
        reverses=entry.id,
    )


def restore(
    taken: Sequence[tuple[LedgerEntry, int]],
    amount: int,
    *,
    on: dt.date,
    new_id: Callable[[], str],
    grace_days: int = RESTORE_GRACE_DAYS,
) -> tuple[LedgerEntry, ...]:
    """Return the entries that give back what a sale had redeemed, with the old expiry.

    What would have expired meanwhile can be used for some days more. What was taken last comes
    back first, like an undo.

    Args:
        taken: entries that redeemed, in the order of the group, each with what of it is not given
            back yet (>= 0).
        amount: to be given back, at most the sum of those rests.
        on: shop day.
        new_id: makes the id of an entry.
        grace_days: for what is past its day.
    """
    today = on.isoformat()
    entries: list[LedgerEntry] = []
    for entry, rest in reversed(taken):
        part = min(amount, rest)
        if part <= 0:
            continue
        amount -= part
        expires_on = entry.expires_on
        if expires_on is not None and expires_on < today:
            expires_on = (on + dt.timedelta(days=grace_days)).isoformat()
        new = new_id()
        entries.append(
            LedgerEntry(
                id=new,
                customer=entry.customer,
                program=entry.program,
                kind=Kind.RESTORE,
                delta=part,
                lot=new,
                matures_on=entry.matures_on,
                expires_on=expires_on,
                group=entry.group,
                reverses=entry.id,
            )
        )
    return tuple(entries)


class Known(NamedTuple):
    """An entry as a balance of the past sees it; both instants as ISO 8601 UTC of one form."""

    movement: Movement
    occurred_at: str
    recorded_at: str


def balance(entries: Iterable[Known], *, as_of: str, known_at: str, on: str) -> int:
    """Return what an account was worth at one instant, as it was known at another.

    What had expired by then is not in it, whether or not an entry says so (ADR 0029).

    Args:
        entries: of one account, in any order.
        as_of: what happened later does not count.
        known_at: what was recorded later does not count.
        on: shop day of ``as_of``.

    >>> earned = Movement("a", 10, "2026-03-07", "2026-03-31", None)
    >>> late = Known(earned, "2026-03-07T12:00:00.000Z", "2026-03-09T08:00:00.000Z")
    >>> march = {"as_of": "2026-03-08T00:00:00.000Z", "on": "2026-03-08"}
    >>> balance([late], known_at="2026-03-08T00:00:00.000Z", **march)
    0
    >>> balance([late], known_at="2026-03-10T00:00:00.000Z", **march)
    10
    >>> balance([late], as_of="2026-04-01T12:00:00.000Z", known_at="9", on="2026-04-01")
    0
    """
    counted = (
        entry.movement
        for entry in entries
        if entry.occurred_at <= as_of and entry.recorded_at <= known_at
    )
    return standing(fold(counted), on=on).value
