"""What an event may issue to a customer, as the cache says when it happens."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pos_plugin.loyalty.voucher_type import read_voucher_type
from pos_plugin.loyalty.vouchers import due, issue
from pos_plugin.storage.journal_lookup import open_vouchers

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Mapping

    from pos_plugin.loyalty.voucher_type import VoucherType
    from pos_plugin.loyalty.vouchers import NewVoucher
    from pos_plugin.storage.cache_reader import CacheReader
    from pos_plugin.storage.journal_lookup import Journal


@dataclass(frozen=True, slots=True)
class Offer:
    """The triggers of an event with the kinds of voucher they name; empty = issues nothing."""

    event: str
    customer: str | None = None
    holder: str = ""
    segments: tuple[str, ...] = ()
    triggers: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    kinds: Mapping[str, VoucherType] = field(default_factory=dict)

    def issue(
        self,
        journal: Journal,
        *,
        segments: Collection[str],
        redeemed: Collection[str],
        now: dt.datetime,
    ) -> list[NewVoucher]:
        """Return the new vouchers, not stored yet.

        Args:
            journal: what the customer still holds.
            segments: of the customer, as at the event.
            redeemed: ids of the vouchers that the event uses up.
            now: instant of the event.
        """
        if self.customer is None:
            return []
        held = open_vouchers(journal, self.customer, on=now.date().isoformat())
        holds = {voucher.type for voucher in held if voucher.id not in redeemed}
        return [
            issue(one, self.kinds[one.type], customer=self.customer, event=self.event, at=now)
            for one in due(self.triggers, segments=segments, holds=holds)
            if one.type in self.kinds
        ]


def read_offer(cache: CacheReader, event: str, customer: str) -> Offer:
    """Return what an event may issue to a customer."""
    triggers = cache.event_triggers(event)
    if not triggers:
        return Offer(event)
    kinds = {code: read_voucher_type(cache.voucher_type(code)) for code, _ in triggers}
    row = cache.customer(customer)
    return Offer(
        event,
        customer,
        holder=row.name if row else customer,
        segments=row.segments if row else (),
        triggers=triggers,
        kinds={
            code: kind
            for code, kind in kinds.items()
            if kind is not None and kind.is_issued_by_events
        },
    )
