"""Codes of a sale: which vouchers may be used in it, here and now.

1. A voucher is looked up in the journal of this till and in what head office sent (sync.md §6).
2. With a head office, what it may give without asking is limited (sync.md §8); a sale is never
   stopped by it.
3. Vouchers of one sale share what is left of the caps, in the order of the codes.
4. A signed code counts as a row of head office would where there is none; a row that is there says
   more: what other tills did, and that it is blocked.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from pos_plugin.agent_word import is_silent_too_long
from pos_plugin.card_hash import normalised
from pos_plugin.loyalty.offline import Caps, Place, Spent, room_minor
from pos_plugin.loyalty.rewards import is_reward_code
from pos_plugin.loyalty.signed_code import (
    NO_CUSTOMER,
    customer_tag,
    id_of,
    narrower,
    read_signed,
    type_tag,
    voucher_symbols,
)
from pos_plugin.loyalty.voucher_code import voucher_hash
from pos_plugin.loyalty.voucher_minimum import missing_minor
from pos_plugin.loyalty.voucher_type import read_voucher_type
from pos_plugin.loyalty.vouchers import (
    OVERRIDE_MINIMUM,
    Accepted,
    CachedVoucher,
    Voucher,
    VoucherState,
    check,
)
from pos_plugin.notices import Refusal, Refused
from pos_plugin.promotions.coupons import given_by_coupons
from pos_plugin.storage import ledger_store, voucher_store
from pos_plugin.storage.customer_ids import ids_of
from pos_plugin.storage.epochs import held_up_to
from pos_plugin.storage.voucher_lookup import find_voucher, known_now

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pos_plugin.config import TillConfig
    from pos_plugin.loyalty.signed_code import SignedCode
    from pos_plugin.loyalty.voucher_type import VoucherType
    from pos_plugin.model import Line
    from pos_plugin.promotions.result import Result
    from pos_plugin.sale.snapshot import Snapshot
    from pos_plugin.storage.cache_reader import CacheReader
    from pos_plugin.storage.journal_lookup import Journal


@dataclass(slots=True)
class Presented:
    """The codes of a sale: what may be used by code, and why not."""

    accepted: dict[str, Accepted] = field(default_factory=dict)
    rejected: dict[str, Refused] = field(default_factory=dict)
    known: dict[str, str] = field(default_factory=dict)
    """Id of the voucher of each code that belongs to one."""
    taken_minor: int = 0
    """What value vouchers that fall under caps may give together, in minor units (cents)."""

    def reject(self, code: str, why: Refused) -> None:
        """Take an accepted code back."""
        del self.accepted[code]
        self.rejected[code] = why


class Found(NamedTuple):
    """A voucher as it stands now, its kind, and what head office had sent of it.

    ``is_others``: a signed code is bound to another customer than the one who was asked about.
    """

    voucher: Voucher | None = None
    kind: VoucherType | None = None
    told: CachedVoucher | None = None
    is_others: bool = False


def _nobody_holds(_sale_id: str, _voucher: str) -> None:
    """Leave it to the local policy."""


class VoucherBook:
    """The vouchers that a till knows, with their kinds.

    Args:
        config: of the till.
        journal: of the till.
        cache: what head office sent; None while there is nothing.
        keys: public keys of head office by key id; they sign rule packages and voucher codes.
        hold: asks head office to hold a voucher (its id) for a sale (its id): True = it does, a
            refusal = it must not be used, None = nobody knows, the local policy decides.
    """

    def __init__(
        self,
        config: TillConfig,
        journal: Journal,
        cache: CacheReader | None,
        keys: Mapping[str, bytes],
        hold: Callable[[str, str], bool | Refused | None] = _nobody_holds,
    ) -> None:
        self.hold = hold
        self._config = config
        self._journal = journal
        self._cache = cache
        self._keys = keys

    def find(self, code: str, *, customer: str | None = None) -> Found:
        """Return the voucher of a code as it stands now, with its kind.

        Args:
            code: as it was scanned, or one written form of it.
            customer: of the sale; a signed code only says whether it is hers.
        """
        signed = read_signed(code)
        code_hash = voucher_hash(voucher_symbols(code) or normalised(code))
        told = self._cache.voucher(code_hash) if self._cache else None
        voucher = find_voucher(self._journal, told, code_hash)
        if voucher is None:
            return self._find_signed(signed, customer) if signed else Found()
        kind = self.kind(voucher.type)
        if kind is not None and kind.multi_use:
            voucher = find_voucher(self._journal, told, code_hash, is_multi_use=True) or voucher
        if told is None:
            voucher = replace(voucher, shop=self._config.shop, till=self._config.till)
        if voucher.customer is not None and voucher.customer in self._ids(customer):
            # Given to a card without an owner, or before two customers became one.
            voucher = replace(voucher, customer=customer)
        return Found(voucher, kind, told)

    def _find_signed(self, signed: SignedCode, customer: str | None) -> Found:
        """Return a voucher that nobody told this till of, as its signed code says."""
        kinds = self._cache.voucher_type_codes() if self._cache else []
        kind = next((self.kind(one) for one in kinds if type_tag(one) == signed.type), None)
        if kind is None or not signed.is_signed(self._keys):
            return Found()
        is_bound = signed.customer != NO_CUSTOMER
        is_holders = is_bound and customer is not None and self._is(customer, signed.customer)
        told = CachedVoucher(
            Voucher(
                id=id_of(signed.code),
                type=kind.code,
                legal_kind=kind.legal_kind.value,
                customer=customer if is_holders else None,
                customer_bound=is_bound or kind.customer_bound,
                state=VoucherState.ISSUED.value,
                value_minor=signed.value_minor,
                balance_minor=signed.value_minor,
                valid_from_on=signed.valid_from_on.isoformat(),
                valid_to_on=signed.valid_to_on.isoformat(),
                is_here=False,
            ),
            uses=0,
            folded=None,
        )
        voucher = known_now(self._journal, told, is_here=False, is_multi_use=kind.multi_use)
        scope = narrower(kind.scope, signed.scope)
        kind = kind.model_copy(update={"offline_scope": scope})
        is_others = is_bound and not is_holders and not kind.transferable
        return Found(voucher, kind, told, is_others)

    def _is(self, customer: str, tag: bytes) -> bool:
        """Say whether a tag stands for a customer, or for one that became her."""
        return any(customer_tag(one) == tag for one in self._ids(customer))

    def _ids(self, customer: str | None) -> list[str]:
        """Return every id of a customer; none of nobody."""
        return [] if customer is None else ids_of(self._cache, self._journal, customer)

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
        held = held_up_to(self._journal, self._cache)
        given = voucher_store.given_since(self._journal, held)
        ids = self._ids(customer)
        # Points and bonus count in the same caps.
        accounts = ledger_store.spent_since(self._journal, held, customers=ids)
        spent = Spent(
            voucher_minor=sum(one.amount_minor for one in given if one.voucher == voucher.id),
            customer_minor=taken_minor
            + accounts.customer_minor
            + sum(one.amount_minor for one in given if one.customer in ids),
            till_minor=taken_minor + accounts.till_minor + sum(one.amount_minor for one in given),
        )
        caps = self._config.offline
        room = room_minor(
            voucher,
            kind,
            at=Place(self._config.shop, self._config.till),
            caps=Caps(
                voucher_minor=caps.voucher_minor,
                customer_minor=caps.customer_minor,
                till_minor=caps.till_minor,
                gift_minor=caps.gift_minor,
            ),
            spent=spent,
        )
        if room is not None and is_silent_too_long(self._config.data_dir):
            return Refused(Refusal.VOUCHER_NEEDS_ONLINE)
        return room


def present(snapshot: Snapshot, book: VoucherBook) -> Presented:
    """Return which codes of a sale may be used, as far as its value does not decide it."""
    found = Presented()
    basket, extras = snapshot.basket, snapshot.extras
    customer = basket.customer.id if basket.customer else None
    for scanned in extras.codes:
        if is_reward_code(scanned.code):
            continue  # no voucher: points_off.py
        # Under its own symbols: a voucher scanned in two forms is one.
        code = voucher_symbols(scanned.code) or normalised(scanned.code)
        if code in found.accepted:
            continue
        voucher, kind, told, is_others = book.find(scanned.code, customer=customer)
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
        if isinstance(answer, Accepted) and is_others:
            answer = Refused(Refusal.VOUCHER_OTHER_CUSTOMER)
        if isinstance(answer, Accepted):
            answer = _with_minimum(answer, "scanned", basket.lines, None, snapshot)
        if isinstance(answer, Accepted):
            # Online first: what head office holds for this sale needs no cap.
            is_shared = extras.training or (kind is not None and kind.multi_use)
            held = None if is_shared else book.hold(basket.sale_id, voucher.id)
            if isinstance(held, Refused):
                found.rejected[code] = held
                continue
            room = (
                None
                if held
                else book.room(voucher, kind, customer=customer, taken_minor=found.taken_minor)
            )
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
                found.taken_minor += worth_minor
        found.accepted[code] = answer
    _leave_room(found, book, customer)
    return found


def _leave_room(found: Presented, book: VoucherBook, customer: str | None) -> None:
    """Give coupons the room that all value vouchers of the sale leave, whatever came first."""
    for code, accepted in list(found.accepted.items()):
        if accepted.room_minor is None or accepted.voucher.balance_minor is not None:
            continue
        room = book.room(
            accepted.voucher, accepted.kind, customer=customer, taken_minor=found.taken_minor
        )
        if isinstance(room, Refused):
            found.reject(code, room)
        else:
            found.accepted[code] = replace(accepted, room_minor=room)


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


def given_under_caps(found: Presented, result: Result) -> int:
    """Return what vouchers and coupons of a sale may give under caps, in minor units (cents)."""
    discounts = [one for line in result.lines for one in line.discounts]
    given = given_by_coupons(result.coupons_used, discounts)
    return found.taken_minor + sum(
        given_minor
        for code, given_minor in given.items()
        if code in found.accepted and found.accepted[code].room_minor is not None
    )


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
