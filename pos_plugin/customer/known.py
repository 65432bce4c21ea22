"""Whom this till knows: the rows of head office, and over them what was made or changed here.

1. What this till said itself is shown until the rows of head office include it (`folded`), then
   the rows alone: nothing is shown twice and nothing is missed.
2. An id that became another one leads to it; what it had is counted for it.
3. Without a cache the till's own customers are there all the same.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from pos_plugin.loyalty.consents import Word, counting
from pos_plugin.storage import consent_store, customer_lookup, customer_store, erasure_store
from pos_plugin.storage.cache_reader import CustomerRow, FoundCustomer
from pos_plugin.storage.customer_ids import ids_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pos_plugin.storage.cache_reader import CacheReader
    from pos_plugin.storage.customer_store import LocalCustomer
    from pos_plugin.storage.journal_lookup import Journal

ACTIVE = "active"
_FIELD_OF_KEY = {"name": "name", "phone": "phone", "email": "email", "birthday": "birthday_on"}


class KnownCard(NamedTuple):
    """A card as it stands now; the rate in basis points."""

    customer: str
    status: str
    role: str
    instant_discount_bp: int


class KnownCustomers:
    """Looks customers up in both files; made anew for each question.

    Args:
        cache: of head office; None while there is none.
        journal: of this till.
    """

    def __init__(self, cache: CacheReader | None, journal: Journal) -> None:
        self.cache = cache
        self.journal = journal
        # One question asks for the same several times.
        self._ids: dict[str, list[str]] = {}
        self._folded: dict[str, dict[int, int]] = {}

    def survivor(self, customer: str) -> str:
        """Return the id under which a customer is known now."""
        return customer_lookup.survivor(self.cache, customer) if self.cache else customer

    def ids(self, customer: str) -> list[str]:
        """Return every id whose entries are this customer's: its own, merged ones, its cards."""
        if customer not in self._ids:
            self._ids[customer] = ids_of(self.cache, self.journal, customer)
        return self._ids[customer]

    def row(self, customer: str) -> CustomerRow | None:
        """Return a customer as it is shown now, with any of its ids."""
        customer = self.survivor(customer)
        if erasure_store.is_erased(self.journal, customer):
            return None
        cached = self.cache.customer(customer) if self.cache else None
        local = self._uncovered(customer)
        if local is None:
            return cached
        if cached is None:
            return _row_of(local) if local.created else None
        return replace(
            cached,
            name=local.name if "name" in local.fields else cached.name,
            birthday_on=(
                local.birthday_on if "birthday_on" in local.fields else cached.birthday_on
            ),
        )

    def contacts(self, customer: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return phone digits and e-mail hashes as they are known now."""
        phones, emails = customer_lookup.contacts(self.cache, customer) if self.cache else ((), ())
        local = self._uncovered(customer)
        if local is not None and "phone" in local.fields:
            phones = local.phones
        if local is not None and "email" in local.fields:
            emails = local.email_hashes
        return phones, emails

    def card(self, code_hash: bytes) -> KnownCard | None:
        """Return whose card this is; a card of a merged customer is the survivor's."""
        cached = customer_lookup.card(self.cache, code_hash) if self.cache else None
        local = customer_store.card(self.journal, code_hash)
        if local is not None and not self._covers(local.customer, local.epoch, local.seq):
            rate_bp = cached.instant_discount_bp if cached else 0
            owner = self.survivor(local.customer)
            return KnownCard(owner, local.status, local.role, rate_bp)
        if cached is None:
            return None
        return KnownCard(self.survivor(cached.customer), *cached[1:])

    def rate_bp(self, row: CustomerRow, card: KnownCard | None = None) -> int:
        """Return the standing rate in basis points: the best of customer, card and group."""
        group_bp = (
            customer_lookup.group_rate_bp(self.cache, row.discount_group) if self.cache else 0
        )
        return max(row.instant_discount_bp, group_bp, card.instant_discount_bp if card else 0)

    def consents(self, customer: str) -> dict[tuple[str, str], Word]:
        """Return the word that counts now, by purpose and channel."""
        known = dict(customer_lookup.consents(self.cache, customer)) if self.cache else {}
        folded = self._folded_of(customer)
        for own in consent_store.words_of(self.journal, self.ids(customer)):
            if folded.get(own.epoch, 0) >= own.seq:
                continue
            place = (own.purpose, own.channel)
            known[place] = counting(known.get(place), own.word)
        return known

    def by_key(self, kind: str, key: str, *, count_max: int) -> list[FoundCustomer]:
        """Return the active customers with exactly this key, by id.

        Args:
            kind: ``number``, ``phone``, ``email`` or ``birthday``.
            key: in its one written form.
            count_max: so many at most.
        """
        cached = self.cache.customers_by_key(kind, key, count_max=count_max) if self.cache else []
        own = customer_store.customers_by_key(self.journal, kind, key, count_max=count_max)
        found = self._together(kind, cached, own)
        return sorted(found, key=lambda one: one.id)[:count_max]

    def by_name(self, words: Sequence[str], *, count_max: int) -> list[FoundCustomer]:
        """Return active customers with words in their name that begin with each of ``words``."""
        cached = self.cache.customers_by_name(words, count_max=count_max) if self.cache else []
        own = customer_store.customers_by_name(self.journal, words, count_max=count_max)
        return self._together("name", cached, own)[:count_max]

    def _together(
        self, kind: str, cached: Sequence[FoundCustomer], own: Sequence[FoundCustomer]
    ) -> list[FoundCustomer]:
        field = _FIELD_OF_KEY.get(kind)
        found: dict[str, FoundCustomer] = {}
        for one in cached:
            if erasure_store.is_erased(self.journal, one.id):
                continue
            local = self._uncovered(one.id)
            if local is None:
                found[one.id] = one
            elif field not in local.fields:
                found[one.id] = self._as_shown(one.id) or one
        for one in own:
            shown = self._as_shown(one.id) if self._uncovered(one.id) else None
            if shown is not None:
                found[one.id] = shown
        return list(found.values())

    def _as_shown(self, customer: str) -> FoundCustomer | None:
        row = self.row(customer)
        if row is None or row.status != ACTIVE:
            return None
        return FoundCustomer(row.id, row.number, row.name, row.birthday_on, row.home_shop)

    def _uncovered(self, customer: str) -> LocalCustomer | None:
        local = customer_store.customer(self.journal, customer)
        if local is None or self._covers(customer, local.epoch, local.seq):
            return None
        return local

    def _covers(self, customer: str, epoch: int, seq: int) -> bool:
        """Say whether the rows of head office include an event of this till."""
        if self.cache is None:
            return False
        return self._folded_of(self.survivor(customer)).get(epoch, 0) >= seq

    def _folded_of(self, customer: str) -> dict[int, int]:
        if self.cache is None:
            return {}
        if customer not in self._folded:
            self._folded[customer] = customer_lookup.folded(self.cache, customer)
        return self._folded[customer]


def _row_of(local: LocalCustomer) -> CustomerRow:
    return CustomerRow(
        id=local.id,
        number=local.number,
        name=local.name,
        birthday_on=local.birthday_on,
        status=ACTIVE,
        instant_discount_bp=0,
        discount_group=None,
        segments=(),
        home_shop=local.home_shop,
        limit_left_minor=None,
    )
