"""Codes of a sale: which vouchers may be used in it, here and now.

1. A voucher is looked up in the journal of this till and in what head office sent (sync.md §6).
2. With a head office, what it may give without asking is limited (sync.md §8); a sale is never
   stopped by it.
3. Vouchers of one sale share what is left of the caps, in the order of the codes.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from pos_plugin.card_hash import normalised
from pos_plugin.loyalty.offline import Caps, Place, Spent, room_minor
from pos_plugin.loyalty.rewards import is_reward_code
from pos_plugin.loyalty.voucher_code import read_code, voucher_hash
from pos_plugin.loyalty.voucher_minimum import missing_minor
from pos_plugin.loyalty.voucher_type import read_voucher_type
from pos_plugin.loyalty.vouchers import OVERRIDE_MINIMUM, Accepted, check
from pos_plugin.notices import Refusal, Refused
from pos_plugin.promotions.coupons import given_by_coupons
from pos_plugin.storage import voucher_store
from pos_plugin.storage.voucher_lookup import find_voucher

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pos_plugin.config import TillConfig
    from pos_plugin.loyalty.voucher_type import VoucherType
    from pos_plugin.loyalty.vouchers import CachedVoucher, Voucher
    from pos_plugin.model import Line
    from pos_plugin.promotions.result import Result
    from pos_plugin.snapshot import Snapshot
    from pos_plugin.storage.cache_reader import CacheReader
    from pos_plugin.storage.journal_lookup import Journal


@dataclass(slots=True)
class Presented:
    """The codes of a sale: what may be used by code, and why not."""

    accepted: dict[str, Accepted] = field(default_factory=dict)
    rejected: dict[str, Refused] = field(default_factory=dict)
    known: dict[str, str] = field(default_factory=dict)
    """Id of the voucher of each code that belongs to one."""

    def reject(self, code: str, why: Refused) -> None:
        """Take an accepted code back."""
        del self.accepted[code]
        self.rejected[code] = why


class Found(NamedTuple):
    """A voucher as it stands now, its kind, and what head office had sent of it."""

    voucher: Voucher | None = None
    kind: VoucherType | None = None
    told: CachedVoucher | None = None


class VoucherBook:
    """The vouchers that a till knows, with their kinds.

    Args:
        config: of the till.
        journal: of the till.
        cache: what head office sent; None while there is nothing.
    """

    def __init__(self, config: TillConfig, journal: Journal, cache: CacheReader | None) -> None:
        self._config = config
        self._journal = journal
        self._cache = cache

    def find(self, code: str) -> Found:
        """Return the voucher of a code as it stands now, with its kind."""
        code_hash = voucher_hash(code)
        told = self._cache.voucher(code_hash) if self._cache else None
        voucher = find_voucher(self._journal, told, code_hash)
        if voucher is None:
            return Found()
        kind = self.kind(voucher.type)
        if kind is not None and kind.multi_use:
            voucher = find_voucher(self._journal, told, code_hash, is_multi_use=True) or voucher
        if told is None:
            voucher = replace(voucher, shop=self._config.shop, till=self._config.till)
        return Found(voucher, kind, told)

    def kind(self, code: str) -> VoucherType | None:
        """Return a kind of voucher; None when this version does not know it."""
        return read_voucher_type(self._cache.voucher_type(code)) if self._cache else None

    def room(
        self, voucher: Voucher, kind: VoucherType | None, *, customer: str | None, taken_minor: int
    ) -> int | Refused | None:
        """Return how much a voucher may give without head office, in minor units (cents).

        Args:
            voucher: that may be used but for this.
            kind: of it.
            customer: of the sale.
            taken_minor: what other vouchers of the same sale may give already.

        Returns:
            None = as much as it holds: this till is the authority.
        """
        if self._config.head_office is None:
            return None
        acked = self._cache.acked().values() if self._cache else ()
        given = voucher_store.given_since(self._journal, max(acked, default=0))
        spent = Spent(
            voucher_minor=sum(one.amount_minor for one in given if one.voucher == voucher.id),
            customer_minor=taken_minor
            + sum(one.amount_minor for one in given if customer and one.customer == customer),
            till_minor=taken_minor + sum(one.amount_minor for one in given),
        )
        caps = self._config.offline
        return room_minor(
            voucher,
            kind,
            at=Place(self._config.shop, self._config.till),
            caps=Caps(
                voucher_minor=caps.voucher_minor,
                customer_minor=caps.customer_minor,
                till_minor=caps.till_minor,
            ),
            spent=spent,
        )


def present(snapshot: Snapshot, book: VoucherBook) -> Presented:
    """Return which codes of a sale may be used, as far as its value does not decide it."""
    found = Presented()
    basket, extras = snapshot.basket, snapshot.extras
    customer = basket.customer.id if basket.customer else None
    taken_minor = 0
    for scanned in extras.codes:
        if is_reward_code(scanned.code):
            continue  # no voucher: points_off.py
        code = read_code(scanned.code) or normalised(scanned.code)
        voucher, kind, told = book.find(code)
        if voucher is None:
            found.rejected[scanned.code] = Refused(Refusal.VOUCHER_UNKNOWN)
            continue
        found.known[code] = voucher.id
        answer: Accepted | Refused = check(
            voucher,
            kind,
            customer=customer,
            shop=basket.shop,
            on=basket.wall_at.date(),
            rights=extras.rights,
        )
        if isinstance(answer, Accepted):
            answer = _with_minimum(answer, "scanned", basket.lines, None, snapshot)
        if isinstance(answer, Accepted):
            room = book.room(voucher, kind, customer=customer, taken_minor=taken_minor)
            answer = (
                room if isinstance(room, Refused) else replace(answer, room_minor=room, told=told)
            )
        if isinstance(answer, Refused):
            found.rejected[code] = answer
            continue
        if answer.room_minor is not None:
            wanted = (scanned.amount_minor, voucher.balance_minor, answer.room_minor)
            worth_minor = min(amount for amount in wanted if amount is not None)
            if _would_lapse(answer, scanned.amount_minor):
                cap = {"cap_minor": answer.room_minor, "currency": basket.currency}
                found.rejected[code] = Refused(Refusal.VOUCHER_OFFLINE_CAP, cap)
                continue
            if voucher.balance_minor is not None:
                taken_minor += worth_minor
        found.accepted[code] = answer
    return found


def check_paid_minimum(found: Presented, snapshot: Snapshot, paid_minor: Sequence[int]) -> None:
    """Reject value vouchers whose minimum the promotions leave unmet.

    Args:
        found: what may be used so far; changed.
        snapshot: the sale.
        paid_minor: per line after the promotions, in minor units (cents).
    """
    for code, accepted in list(found.accepted.items()):
        answer = _with_minimum(accepted, "paid", snapshot.basket.lines, paid_minor, snapshot)
        if isinstance(answer, Refused):
            found.reject(code, answer)
        else:
            found.accepted[code] = answer


def coupons_over_their_cap(found: Presented, result: Result) -> dict[str, Refused]:
    """Return the coupons whose promotions give more than may be given without head office.

    Args:
        found: what may be used.
        result: of the sale with these coupons.
    """
    too_much: dict[str, Refused] = {}
    taken_minor = 0
    discounts = [one for line in result.lines for one in line.discounts]
    for code, given_minor in given_by_coupons(result.coupons_used, discounts).items():
        accepted = found.accepted.get(code)
        if accepted is None or accepted.room_minor is None:
            continue
        if taken_minor + given_minor > accepted.room_minor:
            cap = {"cap_minor": accepted.room_minor}
            too_much[code] = Refused(Refusal.VOUCHER_OFFLINE_CAP, cap)
        else:
            taken_minor += given_minor
    return too_much


def _would_lapse(accepted: Accepted, asked_minor: int | None) -> bool:
    """Say whether a cap would make a rest lapse that the customer did not leave."""
    voucher, kind = accepted.voucher, accepted.kind
    if voucher.balance_minor is None or accepted.room_minor is None:
        return False
    stays = kind.rest_stays if kind else False
    wanted_minor = min(asked_minor or voucher.balance_minor, voucher.balance_minor)
    return not stays and wanted_minor > accepted.room_minor


def _with_minimum(
    accepted: Accepted,
    basis: str,
    lines: Sequence[Line],
    paid_minor: Sequence[int] | None,
    snapshot: Snapshot,
) -> Accepted | Refused:
    minimum = accepted.kind.conditions.min_purchase if accepted.kind else None
    if minimum is None or minimum.basis != basis:
        return accepted
    lacks_minor = missing_minor(minimum, lines, paid_minor)
    if not lacks_minor:
        return accepted
    if OVERRIDE_MINIMUM in snapshot.extras.rights:
        return replace(accepted, rights_used=(*accepted.rights_used, OVERRIDE_MINIMUM))
    return Refused(
        Refusal.VOUCHER_MINIMUM_NOT_MET,
        {
            "need_minor": minimum.minor,
            "missing_minor": lacks_minor,
            "currency": snapshot.basket.currency,
        },
    )
