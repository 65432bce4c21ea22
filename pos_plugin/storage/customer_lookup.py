"""What head office sent beside the customer rows: aliases, consents, groups, what is folded."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from pos_plugin.loyalty.consents import Word

if TYPE_CHECKING:
    from pos_plugin.storage.cache_reader import CacheReader


class CachedCard(NamedTuple):
    """A card as head office knows it; the rate in basis points."""

    customer: str
    status: str
    role: str
    instant_discount_bp: int


def card(cache: CacheReader, code_hash: bytes) -> CachedCard | None:
    """Return a card by the hash of its number."""
    rows = cache.rows(
        "SELECT customer, status, role, instant_discount_bp FROM card WHERE code_hash = ?",
        code_hash,
    )
    return CachedCard(*rows[0]) if rows else None


def survivor(cache: CacheReader, customer: str) -> str:
    """Return the id that a merged one became, else the id itself; never more than eight steps."""
    for _ in range(8):
        rows = cache.rows("SELECT customer FROM alias WHERE alias = ?", customer)
        if not rows:
            break
        customer = rows[0][0]
    return customer


def aliases(cache: CacheReader, customer: str) -> list[str]:
    """Return the ids that became this one."""
    found: list[str] = []
    asked = [customer]
    while asked and len(found) < 100:
        rows = cache.rows("SELECT alias FROM alias WHERE customer = ? ORDER BY alias", asked.pop())
        new = [alias for (alias,) in rows if alias not in found and alias != customer]
        found += new
        asked += new
    return found


def folded(cache: CacheReader, customer: str) -> dict[int, int]:
    """Return epoch to the highest event that the rows of this customer include."""
    rows = cache.rows("SELECT folded FROM customer_folded WHERE customer = ?", customer)
    highest: dict[int, int] = {}
    for _till, epoch, seq in json.loads(rows[0][0]) if rows else ():
        highest[epoch] = max(seq, highest.get(epoch, 0))
    return highest


def consents(cache: CacheReader, customer: str) -> dict[tuple[str, str], Word]:
    """Return what counts by purpose and channel, as head office knows it."""
    rows = cache.rows(
        "SELECT purpose, channel, id, status, captured_at, text_id, text_revision FROM consent "
        "WHERE customer = ?",
        customer,
    )
    return {
        (purpose, channel): Word(
            id=word,
            status=status,
            captured_at=captured_at,
            text_id=text_id,
            text_revision=text_revision,
        )
        for purpose, channel, word, status, captured_at, text_id, text_revision in rows
    }


def group_rate_bp(cache: CacheReader, group: str | None) -> int:
    """Return the standing rate of a discount group in basis points, 0 without one."""
    if group is None:
        return 0
    rows = cache.rows("SELECT instant_discount_bp FROM discount_group WHERE code = ?", group)
    return int(rows[0][0]) if rows else 0


def contacts(cache: CacheReader, customer: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return phone digits and e-mail hashes of a customer."""
    rows = cache.rows(
        "SELECT phones, email_hashes FROM customer_search WHERE customer = ?", customer
    )
    if not rows:
        return (), ()
    return tuple(json.loads(rows[0][0])), tuple(json.loads(rows[0][1]))


def erased_after(cache: CacheReader, ver: int) -> list[tuple[str, int]]:
    """Return whom head office has erased since a place in its log, with that place."""
    rows = cache.rows("SELECT customer, ver FROM erased WHERE ver > ? ORDER BY ver", ver)
    return [(customer, at) for customer, at in rows]
