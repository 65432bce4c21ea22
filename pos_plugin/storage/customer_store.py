"""Customers and cards that this till made or changed, in its journal; SQL only.

Every function takes the open journal connection; those that write stand in the transaction of the
event whose number they are given.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pos_plugin.card_hash import normalised
from pos_plugin.search_keys import name_keys
from pos_plugin.storage.cache_reader import FoundCustomer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pos_plugin.storage.journal_lookup import Journal

SALT_BYTES: Final = 16
CUSTOMERS: Final = "customer"
_LAST_LETTER: Final = "\U0010ffff"
_FOUND: Final = (
    "SELECT customer, number, name, birthday_on, home_shop "
    "FROM local_customer_key JOIN local_customer ON id = customer"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalCustomer:
    """A customer made here, or what of one was changed here.

    Args:
        id: of the customer.
        created: made at this till.
        kind: ``person`` or ``company``.
        number: what the customer calls it.
        name: of the person or company.
        birthday_on: day of birth.
        language: of letters and receipts.
        home_shop: of the customer.
        phones: digits to be found by.
        email_hashes: keyed hashes to be found by.
        fields: which of these were said at this till.
        epoch: life of the journal of the last event about it.
        seq: number of that event.
    """

    id: str
    created: bool
    kind: str
    number: str
    name: str
    birthday_on: str | None
    language: str | None
    home_shop: str
    phones: tuple[str, ...]
    email_hashes: tuple[str, ...]
    fields: frozenset[str]
    epoch: int = 0
    seq: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalCard:
    """A card assigned or blocked here."""

    code_hash: bytes
    customer: str
    symbology: str
    role: str
    status: str
    replaced_by: bytes | None
    epoch: int = 0
    seq: int = 0


@dataclass(frozen=True, slots=True)
class Private:
    """Names and contact data of an event, and the hash that its line carries."""

    salt: bytes
    content: bytes
    hash: str


def sealed(facts: Mapping[str, Any]) -> Private:
    """Return personal facts with a fresh salt and their hash: SHA-256 of salt and content."""
    salt = secrets.token_bytes(SALT_BYTES)
    content = json.dumps(dict(facts), ensure_ascii=False, separators=(",", ":")).encode()
    return Private(salt, content, hashlib.sha256(salt + content).hexdigest())


def add_private(journal: Journal, seq: int, customer: str, private: Private) -> None:
    """Store the personal part of an event beside its line."""
    journal.execute(
        "INSERT INTO event_private (seq, customer, salt, bytes) VALUES (?, ?, ?, ?)",
        (seq, customer, private.salt, private.content),
    )


def next_number(journal: Journal, kind: str) -> int:
    """Count one further in a range of numbers; a number is given once."""
    given: Any = journal.execute(
        "INSERT INTO number_range (kind, last) VALUES (?, 1) "
        "ON CONFLICT (kind) DO UPDATE SET last = last + 1 RETURNING last",
        (kind,),
    ).fetchone()
    return int(given[0])


def put_customer(journal: Journal, one: LocalCustomer) -> None:
    """Store a customer as this till knows it now, and by what it is found."""
    journal.execute(
        "INSERT INTO local_customer (id, epoch, seq, created, kind, number, name, birthday_on, "
        "language, home_shop, phones, email_hashes, fields) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (id) DO UPDATE SET epoch = excluded.epoch, seq = excluded.seq, "
        "created = excluded.created, kind = excluded.kind, name = excluded.name, "
        "birthday_on = excluded.birthday_on, language = excluded.language, "
        "phones = excluded.phones, email_hashes = excluded.email_hashes, fields = excluded.fields",
        (
            one.id,
            one.epoch,
            one.seq,
            int(one.created),
            one.kind,
            one.number,
            one.name,
            one.birthday_on,
            one.language,
            one.home_shop,
            json.dumps(one.phones),
            json.dumps(one.email_hashes),
            json.dumps(sorted(one.fields)),
        ),
    )
    journal.execute("DELETE FROM local_customer_key WHERE customer = ?", (one.id,))
    journal.executemany(
        "INSERT INTO local_customer_key (kind, key, customer) VALUES (?, ?, ?)",
        [(kind, key, one.id) for kind, key in sorted(_keys(one))],
    )


def customer(journal: Journal, customer_id: str) -> LocalCustomer | None:
    """Return what this till itself knows of a customer."""
    row: Any = journal.execute(
        "SELECT id, created, kind, number, name, birthday_on, language, home_shop, phones, "
        "email_hashes, fields, epoch, seq FROM local_customer WHERE id = ?",
        (customer_id,),
    ).fetchone()
    if row is None:
        return None
    known, created, kind, number, name, born, language, shop, phones, emails, fields, *at = row
    return LocalCustomer(
        id=known,
        created=bool(created),
        kind=kind,
        number=number,
        name=name,
        birthday_on=born,
        language=language,
        home_shop=shop,
        phones=tuple(json.loads(phones)),
        email_hashes=tuple(json.loads(emails)),
        fields=frozenset(json.loads(fields)),
        epoch=at[0],
        seq=at[1],
    )


def made_here(journal: Journal) -> list[str]:
    """Return the ids of the customers that this till created and that were not erased."""
    rows: Any = journal.execute("SELECT id FROM local_customer WHERE created = 1 ORDER BY id")
    return [customer for (customer,) in rows]


def customers_by_key(
    journal: Journal, kind: str, key: str, *, count_max: int
) -> list[FoundCustomer]:
    """Return the customers of this till with exactly this key, by id."""
    rows: Any = journal.execute(
        f"{_FOUND} WHERE local_customer_key.kind = ? AND key = ? ORDER BY customer LIMIT ?",
        (kind, key, count_max),
    ).fetchall()
    return [FoundCustomer(*row) for row in rows]


def customers_by_name(
    journal: Journal, words: Sequence[str], *, count_max: int
) -> list[FoundCustomer]:
    """Return the customers of this till with words that begin with each of ``words``."""
    first = max(words, key=len)
    rest = list(words)
    rest.remove(first)
    fits = "".join(" AND ' ' || key GLOB ?" for _ in rest)
    rows: Any = journal.execute(
        f"{_FOUND} WHERE local_customer_key.kind = 'name' AND key >= ? AND key < ?{fits} "
        "GROUP BY customer ORDER BY min(key), customer LIMIT ?",
        (first, first + _LAST_LETTER, *(f"* {word}*" for word in rest), count_max),
    ).fetchall()
    return [FoundCustomer(*row) for row in rows]


def put_card(journal: Journal, card: LocalCard) -> None:
    """Store whose card this is and how it stands."""
    journal.execute(
        "INSERT INTO local_card (code_hash, epoch, seq, customer, symbology, role, status, "
        "replaced_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (code_hash) DO UPDATE SET "
        "epoch = excluded.epoch, seq = excluded.seq, customer = excluded.customer, "
        "role = excluded.role, status = excluded.status, replaced_by = excluded.replaced_by",
        (
            card.code_hash,
            card.epoch,
            card.seq,
            card.customer,
            card.symbology,
            card.role,
            card.status,
            card.replaced_by,
        ),
    )


def card(journal: Journal, code_hash: bytes) -> LocalCard | None:
    """Return a card as this till last heard of it from its own cashier."""
    row: Any = journal.execute(
        "SELECT code_hash, customer, symbology, role, status, replaced_by, epoch, seq "
        "FROM local_card WHERE code_hash = ?",
        (code_hash,),
    ).fetchone()
    return _card(row) if row else None


def cards_of(journal: Journal, customers: Iterable[str]) -> list[LocalCard]:
    """Return the cards that this till gave to any of these ids."""
    cards: list[LocalCard] = []
    for one in customers:
        rows: Any = journal.execute(
            "SELECT code_hash, customer, symbology, role, status, replaced_by, epoch, seq "
            "FROM local_card WHERE customer = ? ORDER BY code_hash",
            (one,),
        ).fetchall()
        cards += [_card(row) for row in rows]
    return cards


def last_purchases(
    journal: Journal, customers: Iterable[str], *, count_max: int
) -> list[dict[str, Any]]:
    """Return the newest purchases at this till of any of these ids, the newest first.

    Each with ``business_on``, ``receipt_number``, ``total_minor`` (minor units, cents), ``pieces``
    (whole ones) and up to three ``skus``; voided ones are none.
    """
    found: list[tuple[int, dict[str, Any]]] = []
    for one in customers:
        rows: Any = journal.execute(
            "SELECT seq, business_on, receipt_number, total_minor FROM receipt WHERE customer = ? "
            "AND NOT EXISTS (SELECT 1 FROM sale_void WHERE sale_void.receipt = receipt.seq) "
            "ORDER BY seq DESC LIMIT ?",
            (one, count_max),
        ).fetchall()
        for seq, business_on, number, total_minor in rows:
            lines: Any = journal.execute(
                "SELECT sku, quantity_milli FROM receipt_line WHERE receipt = ? ORDER BY position",
                (seq,),
            ).fetchall()
            purchase = {
                "business_on": business_on,
                "receipt_number": number,
                "total_minor": total_minor,
                "pieces": sum(max(0, quantity_milli) // 1000 for _, quantity_milli in lines),
                "skus": list(dict.fromkeys(sku for sku, _ in lines))[:3],
            }
            found.append((seq, purchase))
    found.sort(key=lambda one: one[0], reverse=True)
    return [purchase for _, purchase in found[:count_max]]


def _card(row: Sequence[Any]) -> LocalCard:
    code_hash, owner, symbology, role, status, replaced_by, epoch, seq = row
    return LocalCard(
        code_hash=bytes(code_hash),
        customer=owner,
        symbology=symbology,
        role=role,
        status=status,
        replaced_by=bytes(replaced_by) if replaced_by is not None else None,
        epoch=epoch,
        seq=seq,
    )


def _keys(one: LocalCustomer) -> set[tuple[str, str]]:
    """Return by what a customer is found; of a changed one only what was said here."""
    keys: set[tuple[str, str]] = set()
    if one.created:
        keys.add(("number", normalised(one.number)))
    if "name" in one.fields:
        keys |= {("name", key) for key in name_keys(one.name)}
    if "phone" in one.fields:
        keys |= {("phone", phone) for phone in one.phones}
    if "email" in one.fields:
        keys |= {("email", email_hash) for email_hash in one.email_hashes}
    if "birthday_on" in one.fields and one.birthday_on is not None:
        keys.add(("birthday", one.birthday_on))
    return keys
