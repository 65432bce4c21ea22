"""The statement of a customer's accounts (B7): lots, what expired, the latest entries.

Entries of other tills are in the number of head office and not listed one by one. A running balance
stands beside the entries that lie on top of that number; older ones of this till have none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pos_plugin.customer.account_view import Account, accounts_of
from pos_plugin.storage import ledger_store

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pos_plugin.storage.cache_reader import CacheReader
    from pos_plugin.storage.journal_lookup import Journal


def statement(
    customers: Sequence[str],
    cache: CacheReader | None,
    journal: Journal,
    *,
    on: str,
    count_max: int,
    is_alone: bool,
) -> list[dict[str, Any]]:
    """Return every account of a customer with its latest entries, the newest first.

    Args:
        customers: every id of one customer, first the one of head office's rows.
        cache: of head office; None while there is none.
        journal: of this till.
        on: shop day.
        count_max: entries of each account at most.
        is_alone: no other till has entries, so the balance beside every entry is known.
    """
    return [
        _account(account, on=on)
        | {
            "entries": _entries(
                account, customers, cache, journal, count_max=count_max, is_alone=is_alone
            )
        }
        for account in accounts_of(customers, cache, journal).values()
    ]


def _account(account: Account, *, on: str) -> dict[str, Any]:
    has = account.standing(on)
    return {
        "program": account.program.code,
        "unit": account.program.unit,
        "value": has.value,
        "available": has.available,
        "pending": has.pending,
        "matures_on": has.matures_on if has.pending else None,
        "debt": has.debt,
        "expires_on": has.expires_on,
        "expiring": has.expiring,
        "as_of": account.as_of,
        "own_entries": account.own,
        "unknown": account.is_unknown,
        "lots": [
            {"left": lot.left, "matures_on": lot.matures_on, "expires_on": lot.expires_on}
            for lot in account.lots
        ],
        "expired": [
            {"amount": one.amount, "expires_on": one.lot.expires_on} for one in has.expired
        ],
    }


def _entries(
    account: Account,
    customers: Sequence[str],
    cache: CacheReader | None,
    journal: Journal,
    *,
    count_max: int,
    is_alone: bool,
) -> list[dict[str, Any]]:
    """Return entries of this till; the balance beside one is the sum of all entries until then."""
    code = account.program.code
    listed: list[tuple[ledger_store.Listed, bool]] = []
    balance = cache.balances(customers[0]).get(code) if cache else None
    folded = balance.folded if balance else {}
    for customer in customers:
        listed += [
            (one, folded.get(one.epoch, 0) < one.seq)
            for one in ledger_store.latest(journal, customer, code, count_max=count_max)
        ]
    listed.sort(key=lambda item: (item[0].occurred_at, item[0].seq), reverse=True)
    after = sum(lot.left for lot in account.lots)
    entries: list[dict[str, Any]] = []
    is_on_top = True
    for one, is_own in listed[:count_max]:
        is_on_top = is_alone or (is_on_top and is_own)
        entries.append(
            {
                "at": one.occurred_at,
                "kind": one.kind,
                "delta": one.delta,
                "balance_after": after if is_on_top else None,
                "matures_on": one.matures_on,
                "expires_on": one.expires_on,
                "receipt_number": one.receipt_number,
                "reason": one.reason,
            }
        )
        after -= one.delta
    return entries
