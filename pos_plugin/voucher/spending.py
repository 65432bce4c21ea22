"""How much may be spent at this till that head office does not know of yet (sync.md §8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pos_plugin.agent_word import is_silent_too_long
from pos_plugin.storage import ledger_store, voucher_store
from pos_plugin.storage.epochs import held_up_to

if TYPE_CHECKING:
    from collections.abc import Collection

    from pos_plugin.config import TillConfig
    from pos_plugin.storage.cache_reader import CacheReader
    from pos_plugin.storage.journal_lookup import Journal


def room_minor(
    config: TillConfig,
    journal: Journal,
    cache: CacheReader | None,
    customers: Collection[str],
) -> int | None:
    """Return what a customer may still spend, in minor units (cents); None = there is no cap.

    Vouchers, points and bonus money count together, from the last upload on. Without a head office
    this till is the authority.

    Args:
        config: of the till.
        journal: of the till.
        cache: says up to which event head office holds everything.
        customers: every id of the customer.
    """
    if config.head_office is None:
        return None
    if is_silent_too_long(config.data_dir):
        return 0
    held = held_up_to(journal, cache)
    mine = ledger_store.spent_since(journal, held, customers=customers)
    vouchers = voucher_store.given_since(journal, held)
    by_customer_minor = mine.customer_minor + sum(
        one.amount_minor for one in vouchers if one.customer in customers
    )
    at_till_minor = mine.till_minor + sum(one.amount_minor for one in vouchers)
    caps = config.offline
    left_minor = min(
        caps.customer_minor - by_customer_minor,
        caps.till_minor - at_till_minor,
    )
    return max(0, left_minor)
