"""Which vouchers of a kind a customer got before, for the pace in which the next may come."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

from pos_plugin.loyalty.issue_pace import Given
from pos_plugin.loyalty.vouchers import VoucherState
from pos_plugin.storage.voucher_lookup import known_now

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from pos_plugin.loyalty.vouchers import CachedVoucher
    from pos_plugin.storage.journal_lookup import Journal

# The shop day stands in the event, whatever the time zone of the machine says today.
_OWN: Final = """
    SELECT id, valid_to_on, state,
        (SELECT json_extract(CAST(line AS TEXT), '$.body.business_on') FROM event
            WHERE seq = issued_seq),
        (SELECT max(json_extract(CAST(line AS TEXT), '$.body.business_on'))
            FROM voucher_event AS used JOIN event ON event.seq = used.seq
            WHERE used.voucher = voucher.id AND used.kind = 'redeemed')
    FROM voucher WHERE customer = ? AND type = ? AND state NOT IN ('planned', 'cancelled')"""


def given_vouchers(
    journal: Journal,
    cached: Iterable[CachedVoucher],
    customers: Iterable[str],
    voucher_type: str,
    *,
    redeemed: Collection[str],
    on: dt.date,
) -> list[Given]:
    """Return the vouchers of one kind that a customer got, cancelled ones left out.

    Args:
        journal: of this till.
        cached: vouchers of the customer as head office sent them, those of this till too. Where
            nobody knows when one was used, it counts from the day on which it was given.
        customers: every id of hers.
        voucher_type: the kind.
        redeemed: ids of the vouchers that the event under way uses up.
        on: shop day of the event.
    """
    found: list[Given] = []
    told_of = {one.voucher.id: one for one in cached if one.voucher.type == voucher_type}
    rows: list[Any] = [
        row for one in customers for row in journal.execute(_OWN, (one, voucher_type))
    ]
    for voucher, valid_to_on, own_state, issued_on, used_on in rows:
        elsewhere = told_of.pop(voucher, None)
        state = own_state
        if elsewhere is not None:
            state = known_now(journal, elsewhere, is_here=True).state
        if state == VoucherState.CANCELLED:
            continue
        from_on = dt.date.fromisoformat(issued_on or valid_to_on)
        last_on = dt.date.fromisoformat(valid_to_on)
        is_used = voucher in redeemed or state == VoucherState.REDEEMED
        if voucher in redeemed:
            ended_on = on
        elif is_used:
            days = (used_on, elsewhere.redeemed_on if elsewhere else None)
            ended_on = max((dt.date.fromisoformat(day) for day in days if day), default=from_on)
        else:
            ended_on = last_on
        found.append(Given(issued_on=from_on, ended_on=ended_on, is_over=is_used or last_on < on))
    for one in told_of.values():
        told = one.voucher
        if told.state == VoucherState.CANCELLED:
            continue
        from_on = dt.date.fromisoformat(told.valid_from_on)
        last_on = dt.date.fromisoformat(told.valid_to_on)
        is_used = told.state == VoucherState.REDEEMED
        used_on = dt.date.fromisoformat(one.redeemed_on) if one.redeemed_on else from_on
        found.append(
            Given(
                issued_on=from_on,
                ended_on=used_on if is_used else last_on,
                is_over=is_used or last_on < on,
            )
        )
    return found
