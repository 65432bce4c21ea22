"""Customers without a visit since a day: a visit is a day with a receipt or a rental."""

from __future__ import annotations

from collections import defaultdict
from contextlib import ExitStack
from typing import TYPE_CHECKING, NamedTuple

from pos_plugin.customer.known import KnownCustomers
from pos_plugin.errors import StorageError
from pos_plugin.storage import customer_store
from pos_plugin.storage.cache_reader import CacheReader
from pos_plugin.storage.class_facts import facts
from pos_plugin.storage.class_lookup import active_customers
from pos_plugin.storage.journal_reader import JournalReader

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping

    from pos_plugin.config import TillConfig
    from pos_plugin.loyalty.class_history import Fact
    from pos_plugin.storage.cache_reader import CustomerRow
    from pos_plugin.storage.journal_lookup import Journal


class Missed(NamedTuple):
    """A customer who stayed away; ``last_on`` is the last visit, None = never seen here."""

    customer: str
    number: str
    name: str
    last_on: dt.date | None


def not_seen_since(config: TillConfig, since_on: dt.date) -> list[Missed]:
    """Return active customers without a visit from a day on, the longest away first.

    Args:
        config: of the till.
        since_on: shop day.

    Raises:
        StorageError: there are no customers, or a file cannot be read.
    """
    cache = CacheReader.open(config.data_dir)
    journal = JournalReader.open(config.data_dir)
    if cache is None and journal is None:
        raise StorageError("this till has no customers yet", hint="Import them first.")
    found: list[Missed] = []
    with ExitStack() as stack:
        last: dict[str, dt.date] = {}
        own: list[CustomerRow] = []
        if cache is not None:
            stack.enter_context(cache)
        if journal is not None:
            stack.enter_context(journal)
            connection = stack.enter_context(journal.reading())
            known = KnownCustomers(cache, connection)
            last = _by_survivor(last_visits(facts(connection)), known)
            own, seen = _made_here(known, connection, last)
            last |= seen
        if cache is not None:
            people = active_customers(stack.enter_context(cache.reading()))
            found = [Missed(one, number, name, last.get(one)) for one, number, name in people]
        sent = {one.customer for one in found}
        found += [
            Missed(one.id, one.number, one.name, last.get(one.id))
            for one in own
            if one.id not in sent
        ]
    away = [one for one in found if one.last_on is None or one.last_on < since_on]
    return sorted(away, key=lambda one: (one.last_on is not None, one.last_on, one.number))


def _by_survivor(last: Mapping[str, dt.date], known: KnownCustomers) -> dict[str, dt.date]:
    """Return the last visits under the ids of today: merged customers are one."""
    found: dict[str, dt.date] = {}
    for customer, on in last.items():
        now = known.survivor(customer)
        found[now] = max(on, found.get(now, on))
    return found


def _made_here(
    known: KnownCustomers, journal: Journal, last: Mapping[str, dt.date]
) -> tuple[list[CustomerRow], dict[str, dt.date]]:
    """Return the active customers made at this till, and when each came last, also by a card."""
    own: list[CustomerRow] = []
    seen: dict[str, dt.date] = {}
    for customer in customer_store.made_here(journal):
        row = known.row(customer)
        if row is None or row.status != "active":
            continue
        own.append(row)
        days = [last[one] for one in known.ids(row.id) if one in last]
        if days:
            seen[row.id] = max(days)
    return own, seen


def last_visits(every: Iterable[Fact]) -> dict[str, dt.date]:
    """Return the last day of each customer with a receipt or rental that still counts."""
    presence: defaultdict[tuple[str, dt.date], int] = defaultdict(int)
    for fact in every:
        presence[fact.customer, fact.counted_on] += fact.presence
    last: dict[str, dt.date] = {}
    for (customer, on), times in presence.items():
        if times > 0:
            last[customer] = max(on, last.get(customer, on))
    return last
