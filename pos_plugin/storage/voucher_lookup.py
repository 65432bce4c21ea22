"""A voucher as this till knows it now: what head office sent, and what this till did since."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pos_plugin.loyalty.voucher_standing import Wear
from pos_plugin.loyalty.vouchers import USABLE, VoucherState
from pos_plugin.storage import voucher_store
from pos_plugin.storage.journal_lookup import open_vouchers as own_open_vouchers
from pos_plugin.storage.journal_lookup import voucher_by_code, voucher_by_id

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pos_plugin.loyalty.vouchers import Accepted, CachedVoucher, Voucher
    from pos_plugin.storage.cache_reader import CacheReader
    from pos_plugin.storage.journal_lookup import Journal


def find_voucher(
    journal: Journal, cached: CachedVoucher | None, code_hash: bytes, *, is_multi_use: bool = False
) -> Voucher | None:
    """Return the voucher with this code, from the journal, else from head office.

    Of one that both know, head office knows what other tills did: its row counts, with what this
    till did since (sync.md §6).

    Args:
        journal: of this till.
        cached: as head office sent it, if it did.
        code_hash: of the code.
        is_multi_use: the kind may be used any number of times.
    """
    own = voucher_by_code(journal, code_hash)
    if cached is None:
        return own
    return known_now(journal, cached, is_here=own is not None, is_multi_use=is_multi_use)


def used_now(journal: Journal, accepted: Accepted) -> Voucher | None:
    """Return an accepted voucher as it stands in this transaction; None when it was used up.

    The row of one of this till follows what other tills did, so that its next step is allowed.
    """
    is_multi_use = accepted.kind is not None and accepted.kind.multi_use
    voucher: Voucher | None
    if accepted.told is None:
        voucher = voucher_by_id(journal, accepted.voucher.id)
    else:
        is_here = accepted.voucher.is_here
        voucher = known_now(journal, accepted.told, is_here=is_here, is_multi_use=is_multi_use)
    if voucher is None or voucher.state not in USABLE:
        return None
    if voucher.is_here:
        voucher_store.adopt(journal, voucher)
    return voucher


def as_told(journal: Journal, cache: CacheReader | None, code_hash: bytes) -> Voucher | None:
    """Return a voucher of this till as head office knows it; None where it has said nothing.

    Args:
        journal: of this till; what it did since counts, too.
        cache: what head office sent; None = nothing.
        code_hash: of the code.
    """
    told = cache.voucher(code_hash) if cache else None
    if cache is None or told is None:
        return None
    kind = cache.voucher_type(told.voucher.type)
    is_multi_use = kind is not None and kind.multi_use
    return known_now(journal, told, is_here=True, is_multi_use=is_multi_use)


def known_now(
    journal: Journal, cached: CachedVoucher, *, is_here: bool, is_multi_use: bool = False
) -> Voucher:
    """Return a cached voucher after what this till did since."""
    since = voucher_store.happened(journal, cached.voucher.id, cached.folded)
    told = cached.voucher
    if not since:
        return replace(told, is_here=is_here)
    used_minor = 0
    if told.value_minor is not None and told.balance_minor is not None:
        used_minor = told.value_minor - told.balance_minor
    has_lapsed = told.state == VoucherState.REDEEMED and (told.balance_minor or 0) > 0
    wear = Wear(
        value_minor=told.value_minor,
        used_minor=used_minor,
        uses=cached.uses,
        lapses=int(has_lapsed),
        is_blocked=told.state == VoucherState.BLOCKED,
        is_cancelled=told.state == VoucherState.CANCELLED,
        is_multi_use=is_multi_use,
    ).after(since)
    now = wear.standing()
    value_minor = None if told.value_minor is None else told.value_minor - wear.reduced_minor
    return replace(
        told,
        state=now.state.value,
        value_minor=value_minor,
        balance_minor=now.balance_minor,
        is_here=is_here,
    )


def open_vouchers(
    journal: Journal, cached: Iterable[CachedVoucher], customers: Iterable[str], *, on: str
) -> list[Voucher]:
    """Return what a customer may redeem on a shop day, the earliest expiry first.

    Args:
        journal: of this till.
        cached: vouchers of the customer as head office sent them.
        customers: every id of hers.
        on: shop day.
    """
    told = {one.voucher.id: one for one in cached}
    own = [one for customer in customers for one in own_open_vouchers(journal, customer, on=on)]
    here = {one.id for one in own}
    found = [one for one in own if one.id not in told]
    found += [
        now
        for one in told.values()
        if (now := known_now(journal, one, is_here=one.voucher.id in here)).state in USABLE
        and now.valid_to_on >= on
    ]
    return sorted(found, key=lambda one: (one.valid_to_on, one.id))
