"""Points for an event outside a sale (B3): a rental returned in time, an enrolment.

A broken cache costs nothing else: an event that cannot read what it earns earns nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pos_plugin.errors import StorageError
from pos_plugin.loyalty.lots import LedgerEntry, earn
from pos_plugin.loyalty.program_terms import Terms
from pos_plugin.storage import account_lookup
from pos_plugin.uids import new_uid

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping

    from pos_plugin.storage.current_cache import CurrentCache

IN_TIME: Final = "in_time"
"""Condition of a trigger: no article of the rental is late."""


def earned_by(
    event: str,
    cache: CurrentCache,
    *,
    customer: str | None,
    is_in_time: bool,
    now: dt.datetime,
) -> list[LedgerEntry]:
    """Return what an event earns; nothing without a customer or a readable cache.

    Args:
        event: its kind.
        cache: of the till.
        customer: who earns.
        is_in_time: whether nothing was late.
        now: instant of the event, shop-local.
    """
    if customer is None:
        return []
    try:
        reader = cache.reader()
        triggers = account_lookup.earn_triggers(reader, event) if reader else []
        programs = account_lookup.programs(reader) if reader and triggers else {}
    except StorageError:
        return []
    return [
        earn(
            entry_id=str(new_uid(now)),
            customer=customer,
            program=one.program,
            amount=one.points,
            terms=programs[one.program].terms if one.program in programs else Terms(),
            on=now.date(),
        )
        for one in triggers
        # A condition that this version does not know earns nothing.
        if not one.conditions or (one.conditions == {IN_TIME: True} and is_in_time)
    ]


def facts_of(entries: Iterable[LedgerEntry]) -> dict[str, Any]:
    """Return what the body of the event says of accounts."""
    entries = list(entries)
    return {
        "ledger": [entry.to_event() for entry in entries],
        "entries": [
            {"customer": customer, "key": program, "delta": delta}
            for (customer, program), delta in _sums(entries).items()
        ],
    }


def changes_of(entries: Iterable[LedgerEntry]) -> dict[str, int]:
    """Return what each account of the one customer gets."""
    return {program: delta for (_, program), delta in _sums(entries).items()}


def effects_of(entries: Iterable[LedgerEntry], texts: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return what the host shows.

    Args:
        entries: that earned.
        texts: by entry id, in the shop's language.
    """
    return [
        {
            "effect_id": f"earn:{entry.id}",
            "kind": "earn",
            "account": entry.program,
            "amount": entry.delta,
            "promotions": [],
            "text": texts[entry.id],
        }
        for entry in entries
    ]


def _sums(entries: Iterable[LedgerEntry]) -> dict[tuple[str, str], int]:
    sums: dict[tuple[str, str], int] = {}
    for entry in entries:
        place = entry.customer, entry.program
        sums[place] = sums.get(place, 0) + entry.delta
    return sums
