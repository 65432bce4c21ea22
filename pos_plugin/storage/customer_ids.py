"""Under which ids a customer may have got something: merged ones, and cards without an owner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pos_plugin.loyalty.provisional import provisional_id
from pos_plugin.storage import customer_lookup, customer_store

if TYPE_CHECKING:
    from pos_plugin.storage.cache_reader import CacheReader
    from pos_plugin.storage.journal_lookup import Journal


def ids_of(cache: CacheReader | None, journal: Journal, customer: str) -> list[str]:
    """Return every id whose entries and vouchers are this customer's, her own first.

    Args:
        cache: of head office, which merges; None while there is none.
        journal: of this till, which gives cards.
        customer: the id under which she is known now.
    """
    own = [customer, *(customer_lookup.aliases(cache, customer) if cache else [])]
    cards = [provisional_id(card.code_hash) for card in customer_store.cards_of(journal, own)]
    return [*own, *(card for card in cards if card not in own)]
