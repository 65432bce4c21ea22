"""What an event may issue to a customer, as the cache says when it happens."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pos_plugin.loyalty.issue_pace import may_have_another
from pos_plugin.loyalty.voucher_type import read_voucher_type
from pos_plugin.loyalty.vouchers import due, issue
from pos_plugin.storage.customer_ids import ids_of
from pos_plugin.storage.given_vouchers import given_vouchers
from pos_plugin.storage.voucher_lookup import open_vouchers
from pos_plugin.units import divide_down

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Mapping

    from pos_plugin.loyalty.voucher_type import VoucherType
    from pos_plugin.loyalty.vouchers import CachedVoucher, NewVoucher
    from pos_plugin.storage.cache_reader import CacheReader
    from pos_plugin.storage.journal_lookup import Journal

_WHOLE_BP: Final = 10_000


@dataclass(frozen=True, slots=True)
class Offer:
    """The triggers of an event with the kinds of voucher they name; empty = issues nothing."""

    event: str
    customer: str | None = None
    ids: tuple[str, ...] = ()
    holder: str = ""
    segments: tuple[str, ...] = ()
    triggers: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    kinds: Mapping[str, VoucherType] = field(default_factory=dict)
    cached: tuple[CachedVoucher, ...] = ()

    def issue(
        self,
        journal: Journal,
        *,
        segments: Collection[str],
        redeemed: Collection[str],
        now: dt.datetime,
        basis_minor: int = 0,
    ) -> list[NewVoucher]:
        """Return the new vouchers, not stored yet.

        Args:
            journal: what the customer still holds.
            segments: of the customer, as at the event.
            redeemed: ids of the vouchers that the event uses up.
            now: instant of the event.
            basis_minor: what was paid for goods, in minor units (cents), for the kinds that are
                worth a share of it; a share of less than a cent issues nothing.
        """
        if self.customer is None:
            return []
        held = open_vouchers(journal, self.cached, self.ids, on=now.date().isoformat())
        holds = {voucher.type for voucher in held if voucher.id not in redeemed}
        holds |= {code for code in self.kinds if self._rests(journal, code, redeemed, now.date())}
        issued: list[NewVoucher] = []
        for one in due(self.triggers, segments=segments, holds=holds):
            kind = self.kinds.get(one.type)
            if kind is None:
                continue
            share_minor = None
            if kind.effect.share_bp is not None:
                share_minor = divide_down(max(0, basis_minor) * kind.effect.share_bp, _WHOLE_BP)
                if not share_minor:
                    continue
            issued.append(
                issue(
                    one,
                    kind,
                    customer=self.customer,
                    event=self.event,
                    at=now,
                    value_minor=share_minor,
                )
            )
        return issued

    def _rests(self, journal: Journal, code: str, redeemed: Collection[str], on: dt.date) -> bool:
        """Say whether the customer has to wait for another voucher of this kind."""
        kind = self.kinds[code]
        if self.customer is None or (kind.interval_days is None and kind.per_year_max is None):
            return False
        return not may_have_another(
            given_vouchers(journal, self.cached, self.ids, code, redeemed=redeemed, on=on),
            on=on,
            interval_days=kind.interval_days,
            per_year_max=kind.per_year_max,
        )


def read_offer(cache: CacheReader, journal: Journal, event: str, customer: str) -> Offer:
    """Return what an event may issue to a customer; what she holds under any id counts."""
    triggers = cache.event_triggers(event)
    if not triggers:
        return Offer(event)
    kinds = {code: read_voucher_type(cache.voucher_type(code)) for code, _ in triggers}
    row = cache.customer(customer)
    ids = ids_of(cache, journal, customer)
    return Offer(
        event,
        customer,
        tuple(ids),
        holder=row.name if row else customer,
        segments=row.segments if row else (),
        cached=tuple(voucher for one in ids for voucher in cache.vouchers_of(one)),
        triggers=triggers,
        kinds={
            code: kind
            for code, kind in kinds.items()
            if kind is not None and kind.is_issued_by_events
        },
    )
