"""Customers without a visit since a day: a visit is a day with a receipt or a rental."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from pos_plugin.errors import StorageError
from pos_plugin.storage.cache_reader import CacheReader
from pos_plugin.storage.class_facts import facts
from pos_plugin.storage.class_lookup import active_customers
from pos_plugin.storage.journal_reader import JournalReader

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from pos_plugin.config import TillConfig
    from pos_plugin.loyalty.class_history import Fact


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
    if cache is None:
        raise StorageError("this till has no customers yet", hint="Import them first.")
    with cache, cache.reading() as connection:
        people = active_customers(connection)
    last: dict[str, dt.date] = {}
    journal = JournalReader.open(config.data_dir)
    if journal is not None:
        with journal, journal.reading() as connection:
            last = last_visits(facts(connection))
    found = [
        Missed(customer, number, name, last.get(customer)) for customer, number, name in people
    ]
    away = [one for one in found if one.last_on is None or one.last_on < since_on]
    return sorted(away, key=lambda one: (one.last_on is not None, one.last_on, one.number))


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
