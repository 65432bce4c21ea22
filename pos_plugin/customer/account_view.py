"""The accounts of a customer as this till knows them now: cached lots plus its own entries.

Shown = the lots of head office plus the entries of this till that are not in them (sync.md §6).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from pos_plugin.loyalty.ledger import shown
from pos_plugin.loyalty.lots import fold, standing
from pos_plugin.storage import account_lookup, ledger_store
from pos_plugin.storage.journal_lookup import own_entries
from pos_plugin.storage.pruned import is_behind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pos_plugin.loyalty.lots import Lot, Standing
    from pos_plugin.loyalty.program_terms import Program
    from pos_plugin.storage.cache_reader import CacheReader
    from pos_plugin.storage.journal_lookup import Journal


class Account(NamedTuple):
    """An account of a customer.

    Args:
        program: what head office says of it.
        lots: open ones, in the order in which they are used.
        as_of: instant of head office's number; None before its first word.
        own: whether entries are in it that head office may not know.
        is_unknown: its sum cannot be told until head office has counted what a restore sent again,
            or an old copy of the cache has caught up.
    """

    program: Program
    lots: tuple[Lot, ...]
    as_of: str | None
    own: bool
    is_unknown: bool = False

    def standing(self, on: str) -> Standing:
        """Return what it is worth on a shop day."""
        return standing(self.lots, on=on)


def accounts_of(
    customers: Sequence[str], cache: CacheReader | None, journal: Journal
) -> dict[str, Account]:
    """Return the account of every programme by its code, in the order of the codes.

    Args:
        customers: every id of one customer, the one it is known by now first.
        cache: of head office; None while there is none.
        journal: of this till.
    """
    known = account_lookup.programs(cache) if cache else {}
    cached = cache.balances(customers[0]) if cache else {}
    lots = {program: fold((), balance.lots) for program, balance in cached.items()}
    folded = {program: balance.folded for program, balance in cached.items()}
    own: set[str] = set()
    unknown: set[str] = set(known) if is_behind(journal, cache) else set()
    for customer in customers:
        unknown |= ledger_store.doubtful(journal, customer, folded)
    for customer in customers:
        for program, moved in ledger_store.movements(journal, customer, folded).items():
            lots[program] = fold(moved, lots.get(program, ()))
            own.add(program)
    return {
        code: Account(
            program=program,
            # Nothing can be spent of what nobody can tell.
            lots=() if code in unknown else lots.get(code, ()),
            as_of=cached[code].as_of if code in cached else None,
            own=code in own,
            is_unknown=code in unknown,
        )
        for code, program in known.items()
    }


def counter(key: str, customers: Sequence[str], cache: CacheReader | None, journal: Journal) -> int:
    """Return a counter of a customer as it is shown now.

    Args:
        key: for example ``uses:<promotion>``.
        customers: every id of the customer, first the one of head office's rows.
        cache: of head office; None while there is none.
        journal: of this till.
    """
    cached = cache.counters(customers[0]) if cache else {}
    folded = {name: one.folded for name, one in cached.items()}
    own = [entry for one in customers for entry in own_entries(journal, one, folded)]
    now = shown({name: (one.value, one.folded) for name, one in cached.items()}, own)
    return now[key].value if key in now else 0


def balance_rows(accounts: dict[str, Account], *, on: str) -> list[dict[str, Any]]:
    """Return what the panel shows of each account on a shop day."""
    rows: list[dict[str, Any]] = []
    for code, account in accounts.items():
        has = account.standing(on)
        rows.append(
            {
                "program": code,
                "unit": account.program.unit,
                "value": has.value,
                "available": has.available,
                "pending": has.pending,
                "matures_on": has.matures_on if has.pending else None,
                "expires_on": has.expires_on,
                "expiring": has.expiring,
                "pays_out": account.program.payout_voucher_type is not None
                and has.available >= max(1, account.program.payout_threshold),
                "as_of": account.as_of,
                "own_entries": account.own,
                "unknown": account.is_unknown,
            }
        )
    return rows
