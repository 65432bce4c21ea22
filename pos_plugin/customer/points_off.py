"""Points and bonus money that lower the price of a sale (B5): a code ``reward:<code>`` in it.

1. They act after all promotions, as a price reduction like ``earned_bonus``, on what may be
   discounted: never more than the total, and what they take off earns nothing.
2. Nothing is taken but by a completed sale, in its transaction, and only what was charged.
3. A sale that was charged stands: what the account does not hold any more by then is noted.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pos_plugin.customer.account_view import accounts_of
from pos_plugin.customer.known import KnownCustomers
from pos_plugin.loyalty.lots import Kind, LedgerEntry, spend, standing
from pos_plugin.loyalty.rewards import (
    RewardKind,
    figures,
    is_reward_code,
    not_enough,
    not_now,
    reward_of_code,
)
from pos_plugin.loyalty.value_vouchers import ValueVoucher
from pos_plugin.loyalty.voucher_type import LegalKind, in_language
from pos_plugin.notices import Refusal, Refused
from pos_plugin.storage import account_lookup
from pos_plugin.uids import new_uid
from pos_plugin.voucher.spending import room_minor

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping, Sequence

    from pos_plugin.config import TillConfig
    from pos_plugin.loyalty.lots import Lot
    from pos_plugin.loyalty.rewards import Reward
    from pos_plugin.loyalty.value_vouchers import UsedVoucher
    from pos_plugin.sale.snapshot import ScannedCode, Snapshot
    from pos_plugin.storage.cache_reader import CacheReader
    from pos_plugin.storage.journal_lookup import Journal

_LAST: Final = "9999-12-31"  # points act after every voucher: those expire


@dataclass(frozen=True, slots=True)
class PointsOff:
    """A reward of a sale that may lower its price.

    Args:
        reward: as the catalogue says now.
        unit: of the account.
        customer: whose account.
        ids: every id of the customer.
        voucher: as which it acts.
        label: in the shop's language.
    """

    reward: Reward
    unit: str
    customer: str
    ids: tuple[str, ...]
    voucher: ValueVoucher
    label: str

    def too_little(self, used: UsedVoucher) -> Refused | None:
        """Say that the sale leaves less to take off than the least that is taken."""
        points = self.reward.price_of(used.amount_minor)
        if points >= self.reward.min_points:
            return None
        said = figures(self.unit, need=self.reward.min_points, have=points)
        return Refused(Refusal.REWARD_MINIMUM, said)


@dataclass(frozen=True, slots=True)
class Offered:
    """The rewards of a sale: what may be used by code, and why not."""

    accepted: dict[str, PointsOff] = field(default_factory=dict)
    rejected: dict[str, Refused] = field(default_factory=dict)


def offered(
    snapshot: Snapshot,
    config: TillConfig,
    cache: CacheReader | None,
    journal: Journal,
    *,
    on: str,
    taken_minor: int = 0,
) -> Offered:
    """Return which rewards of a sale may lower its price.

    Args:
        snapshot: of the sale.
        config: of the till.
        cache: of head office; without it there is no catalogue.
        journal: of the till.
        on: shop day today; what is mature is asked now, not at the first scan.
        taken_minor: what vouchers of the sale may give under the same caps already.
    """
    found = Offered()
    programs: set[str] = set()
    for scanned in snapshot.extras.codes:
        if not is_reward_code(scanned.code):
            continue
        answer = _offer(snapshot, scanned, config, cache, journal, on=on, taken_minor=taken_minor)
        if isinstance(answer, PointsOff) and answer.reward.program in programs:
            answer = Refused(Refusal.REWARD_NOT_HERE)  # an account pays once a sale
        if isinstance(answer, PointsOff):
            programs.add(answer.reward.program)
            found.accepted[scanned.code] = answer
            if answer.voucher.room_minor is not None:
                taken_minor += _most_minor(answer.voucher)
        else:
            found.rejected[scanned.code] = answer
    return found


def _offer(
    snapshot: Snapshot,
    scanned: ScannedCode,
    config: TillConfig,
    cache: CacheReader | None,
    journal: Journal,
    *,
    on: str,
    taken_minor: int,
) -> PointsOff | Refused:
    reward = account_lookup.reward(cache, reward_of_code(scanned.code)) if cache else None
    refused = not_now(reward, on=on)
    if cache is None or reward is None or refused is not None:
        return refused or Refused(Refusal.REWARD_UNKNOWN)
    if reward.kind is not RewardKind.DISCOUNT or not reward.value_minor:
        return Refused(Refusal.REWARD_NOT_HERE)
    known = KnownCustomers(cache, journal)
    row = known.row(snapshot.basket.customer.id) if snapshot.basket.customer else None
    if row is None:
        return Refused(Refusal.REWARD_NEEDS_CUSTOMER)
    ids = known.ids(row.id)
    account = accounts_of(ids, cache, journal).get(reward.program)
    if account is None:
        return Refused(Refusal.ACCOUNT_UNKNOWN)
    unit = account.program.unit
    has = account.standing(on)
    asked_minor = scanned.amount_minor
    wanted = reward.price_of(asked_minor) if asked_minor else 1
    refused = not_enough(has, max(wanted, reward.min_points, 1), unit=unit)
    if refused is not None:
        return refused
    room = room_minor(config, journal, cache, ids)
    if room is not None:
        room = max(0, room - taken_minor)
    if room == 0:
        return Refused(Refusal.OFFLINE_CAP, {"cap_minor": 0})
    label = in_language(reward.label, config.language)
    voucher = ValueVoucher(
        code=scanned.code,
        voucher=scanned.code,
        legal_kind=LegalKind.EARNED_BONUS,
        balance_minor=reward.worth_minor(has.available),
        asked_minor=asked_minor,
        room_minor=room,
        valid_to_on=_LAST,
        rest="stays",
    )
    return PointsOff(reward, unit, row.id, tuple(ids), voucher, label)


def _most_minor(voucher: ValueVoucher) -> int:
    asked = (voucher.asked_minor, voucher.balance_minor, voucher.room_minor)
    return min(amount for amount in asked if amount is not None)


class PointsSpent(NamedTuple):
    """What the accounts of a sale gave.

    Args:
        entries: over the lots.
        worth_minor: by entry id, in minor units (cents).
        facts: for the event: the rewards with what the catalogue said.
    """

    entries: list[LedgerEntry]
    worth_minor: dict[str, int]
    facts: list[dict[str, Any]]

    @property
    def changes(self) -> dict[str, int]:
        """What each account gets: signed, below zero."""
        changes: dict[str, int] = {}
        for entry in self.entries:
            changes[entry.program] = changes.get(entry.program, 0) + entry.delta
        return changes


def spent(
    accepted: Mapping[str, PointsOff],
    used: Iterable[UsedVoucher],
    cache: CacheReader | None,
    journal: Journal,
    *,
    now: dt.datetime,
) -> PointsSpent:
    """Return what a sale takes from the accounts.

    Args:
        accepted: by code, as the sale was evaluated.
        used: everything with a value that was charged.
        cache: of head office.
        journal: in the transaction of the sale.
        now: instant of the sale.
    """
    done = PointsSpent([], {}, [])
    for one in used:
        offer = accepted.get(one.voucher.code)
        if offer is None:
            continue
        reward = offer.reward
        lots = _lots(offer, cache, journal)
        price = reward.price_of(one.amount_minor)
        on = now.date().isoformat()
        points = min(price, standing(lots, on=on).available)
        entries = spend(
            lots,
            points,
            customer=offer.customer,
            program=reward.program,
            kind=Kind.REDEEM,
            on=on,
            new_id=lambda: str(new_uid(now)),
        )
        done.entries.extend(entries)
        if entries:
            done.worth_minor[entries[0].id] = one.amount_minor
        done.facts.append(
            {
                **reward.snapshot(),
                "spent": points,
                "amount_minor": one.amount_minor,
                "missing": price - points,
            }
        )
    return done


def _lots(offer: PointsOff, cache: CacheReader | None, journal: Journal) -> Sequence[Lot]:
    account = accounts_of(offer.ids, cache, journal).get(offer.reward.program)
    return account.lots if account else ()
