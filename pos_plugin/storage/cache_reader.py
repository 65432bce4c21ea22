"""Reads ``cache.db``: lookups of the till, cursors of the agent; read-only."""

from __future__ import annotations

import datetime as dt
import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pos_plugin.closing import Closing
from pos_plugin.loyalty.lots import Lot
from pos_plugin.loyalty.vouchers import CachedVoucher, Voucher
from pos_plugin.rule_package import Manifest
from pos_plugin.storage.class_lookup import class_segments
from pos_plugin.storage.connect import cache_path, open_cache_reader, quick_check
from pos_plugin.storage.faults import mapped

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import apsw
    from apsw import SQLiteValue


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a bucket has been applied."""

    epoch: int
    position: int
    synced_at: str


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """A customer as the cache holds one."""

    id: str
    number: str
    name: str
    birthday_on: str | None
    status: str
    instant_discount_bp: int
    discount_group: str | None
    segments: tuple[str, ...]
    home_shop: str = ""
    limit_left_minor: int | None = None
    tier: str | None = None


@dataclass(frozen=True, slots=True)
class FoundCustomer:
    """A customer as a search finds one: just enough to tell two apart."""

    id: str
    number: str
    name: str
    birthday_on: str | None
    home_shop: str


@dataclass(frozen=True, slots=True)
class Summed:
    """A balance or counter of head office, and which events of which tills it includes."""

    value: int
    as_of: str
    folded: dict[int, int]  # epoch to highest event in it
    lots: tuple[Lot, ...] = ()  # of a balance
    days: tuple[tuple[str, int], ...] = ()  # of a counter by the day; ``value`` is on top


@dataclass(frozen=True, slots=True)
class VoucherTypeRow:
    """A kind of voucher; the documents are still as head office sent them."""

    code: str
    legal_kind: str
    effect: dict[str, Any]
    conditions: dict[str, Any]
    validity: dict[str, Any]
    customer_bound: bool
    transferable: bool
    multi_use: bool
    partial: bool
    offline_scope: str
    offline_cap_minor: int
    layout: dict[str, Any]
    code_scheme: str
    vat_rate_bp: int | None
    interval_days: int | None
    per_year_max: int | None


# Search keys drive the join: one range of them is read, each customer by its primary key.
_FOUND: Final = (
    "SELECT customer, number, name, birthday_on, home_shop "
    "FROM customer_key CROSS JOIN customer ON id = customer"
)
_VOUCHER: Final = (
    "SELECT id, type, legal_kind, customer, customer_bound, state, value_minor, balance_minor, "
    "valid_from_on, valid_to_on, shop, till, uses, folded, redeemed_on, redeemed_till FROM voucher"
)
TIER: Final = "tier:"  # rules read a tier as the segment ``tier:<code>``
_LAST_LETTER: Final = "\U0010ffff"


class CacheReader(Closing):
    """One read-only connection to the cache file that was current when it was opened."""

    def __init__(self, connection: apsw.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path
        self.name = path.name

    @classmethod
    def open(cls, data_dir: Path) -> CacheReader | None:
        """Return a reader, or None while there is no cache yet.

        Raises:
            StorageError: there is one and it cannot be read.
        """
        path = cache_path(data_dir)
        connection = open_cache_reader(data_dir)
        if path is None or connection is None:
            return None
        return cls(connection, path)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    @contextmanager
    def reading(self) -> Iterator[apsw.Connection]:
        """Lend the connection to look something up."""
        with mapped(self._path):
            yield self._connection

    def state(self) -> tuple[str, int]:
        """Return file and a number that changes when the agent has written something into it."""
        with mapped(self._path):
            return self.name, int(self._connection.pragma("data_version"))

    def cursor(self, bucket: str) -> Cursor | None:
        """Return how far a bucket has been applied, or None before its first page."""
        row = self._one("SELECT epoch, position, synced_at FROM cursor WHERE bucket = ?", bucket)
        return Cursor(*row) if row else None

    def acked(self) -> dict[int, int]:
        """Return epoch to highest event that head office holds."""
        return dict(self._all("SELECT epoch, acked_seq FROM acked"))

    def durable(self) -> dict[int, int]:
        """Return epoch to highest event that a verified backup of head office holds."""
        return dict(self._all("SELECT epoch, durable_seq FROM acked"))

    def is_on_disk(self) -> bool:
        """Say whether everything read so far outlasts a power cut: nothing is only in the log."""
        log = self._path.with_name(self._path.name + "-wal")
        try:
            return log.stat().st_size == 0
        except FileNotFoundError:
            return True

    def generations(self) -> tuple[Manifest, ...]:
        """Return every accepted rule generation, the highest first."""
        rows = self._all(
            "SELECT chain, ring, generation, activate_at, sha256, key_id, signature "
            "FROM rule_generation ORDER BY generation DESC"
        )
        return tuple(
            Manifest(
                chain=chain,
                ring=ring,
                generation=generation,
                activate_at=activate_at,
                sha256=sha256,
                key_id=key_id,
                signature=signature,
            )
            for chain, ring, generation, activate_at, sha256, key_id, signature in rows
        )

    def incarnation(self) -> str | None:
        """Return which head office gave the acknowledgements, or None before the first."""
        row = self._one("SELECT incarnation FROM acked LIMIT 1")
        return row[0] if row else None

    def quick_check(self) -> str | None:
        """Return what SQLite finds damaged in the file, or None when it is sound."""
        with mapped(self._path):
            return quick_check(self._connection)

    def synced_at(self) -> str | None:
        """Return the instant of the last page from head office, ISO 8601."""
        row = self._one("SELECT max(synced_at) FROM cursor")
        return row[0] if row else None

    def article(self, sku: str) -> dict[str, Any] | None:
        """Return the facts of an article in the words of a line, plus ``name``."""
        row = self._one(
            "SELECT name, categories, brand, season, tags, unit_price_minor, markdown, "
            "vat_rate_bp, discountable FROM article WHERE sku = ?",
            sku,
        )
        if row is None:
            return None
        name, categories, brand, season, tags, price_minor, markdown, vat_rate_bp, free = row
        return {
            "name": name,
            "categories": json.loads(categories),
            "brand": brand,
            "season": season,
            "tags": json.loads(tags),
            "unit_price_minor": price_minor,
            "markdown": bool(markdown),
            "vat_rate_bp": vat_rate_bp,
            "discountable": bool(free),
        }

    def card(self, code_hash: bytes) -> tuple[str, str] | None:
        """Return customer and status of a card."""
        row = self._one("SELECT customer, status FROM card WHERE code_hash = ?", code_hash)
        return (row[0], row[1]) if row else None

    def customer(self, customer: str) -> CustomerRow | None:
        """Return a customer with the codes of the segments it belongs to, sorted."""
        row = self._one(
            "SELECT id, number, name, birthday_on, status, instant_discount_bp, discount_group, "
            "segment_bits, home_shop, limit_left_minor, tier FROM customer WHERE id = ?",
            customer,
        )
        if row is None:
            return None
        known, number, name, birthday_on, status, rate_bp, group, bits, shop, limit_minor = row[:10]
        tier = row[10]
        tiers = [TIER + tier] if tier else []
        segments = self._all("SELECT segment FROM segment_bit WHERE (? >> bit) & 1", bits)
        with mapped(self._path):
            classes = class_segments(self._connection, customer)
        return CustomerRow(
            id=known,
            number=number,
            name=name,
            birthday_on=_day(birthday_on),
            status=status,
            instant_discount_bp=rate_bp,
            discount_group=group,
            segments=tuple(sorted([*(segment for (segment,) in segments), *classes, *tiers])),
            home_shop=shop,
            limit_left_minor=limit_minor,
            tier=tier,
        )

    def customers_by_key(self, kind: str, key: str, *, count_max: int) -> list[FoundCustomer]:
        """Return the active customers with exactly this key, by id.

        Args:
            kind: ``number``, ``phone``, ``email`` or ``birthday``.
            key: in its one written form (``search_keys``).
            count_max: so many at most.
        """
        rows = self._all(
            f"{_FOUND} WHERE kind = ? AND key = ? ORDER BY customer LIMIT ?", kind, key, count_max
        )
        return [_found(row) for row in rows]

    def customers_by_name(self, words: Sequence[str], *, count_max: int) -> list[FoundCustomer]:
        """Return active customers with words in their name that begin with each of ``words``.

        In the order of the alphabet, beginning with the word searched by; each customer once.

        Args:
            words: at least one, in their one written form (``search_keys.name_words``).
            count_max: so many at most.
        """
        # The longest word has the smallest range; the key itself says whether the others fit.
        first = max(words, key=len)
        rest = list(words)
        rest.remove(first)
        fits = "".join(" AND ' ' || key GLOB ?" for _ in rest)
        found: dict[str, FoundCustomer] = {}
        with mapped(self._path):
            for row in self._connection.execute(
                f"{_FOUND} WHERE kind = 'name' AND key >= ? AND key < ?{fits} "
                "ORDER BY key, customer",
                (first, first + _LAST_LETTER, *(f"* {word}*" for word in rest)),
            ):
                found.setdefault(row[0], _found(row))
                if len(found) == count_max:
                    break
        return list(found.values())

    def balances(self, customer: str) -> dict[str, Summed]:
        """Return the balance of each program of a customer."""
        rows = self._all(
            "SELECT program, value, as_of, folded, lots FROM balance WHERE customer = ?", customer
        )
        return {
            key: Summed(
                value, as_of, _folded(folded), tuple(Lot(**lot) for lot in json.loads(lots))
            )
            for key, value, as_of, folded, lots in rows
        }

    def counters(self, customer: str) -> dict[str, Summed]:
        """Return the counters of a customer: ``uses:<promotion>``, ``history:<metric>``."""
        rows = self._all(
            "SELECT key, value, days, folded FROM customer_counter WHERE customer = ?", customer
        )
        return {
            key: Summed(
                value,
                "",
                _folded(folded),
                days=tuple((day, sum_) for day, sum_ in json.loads(days)),
            )
            for key, value, days, folded in rows
        }

    def programs(self) -> dict[str, str]:
        """Return program code to unit, ``POINTS`` or ``EUR_MINOR``."""
        return dict(self._all("SELECT code, unit FROM program ORDER BY code"))

    def voucher_type(self, code: str) -> VoucherTypeRow | None:
        """Return a kind of voucher."""
        row = self._one(
            "SELECT code, legal_kind, effect, conditions, validity, customer_bound, transferable, "
            "multi_use, partial, offline_scope, offline_cap_minor, layout, code_scheme, "
            "vat_rate_bp, interval_days, per_year_max FROM voucher_type WHERE code = ?",
            code,
        )
        if row is None:
            return None
        effect, conditions, validity = (json.loads(text) for text in row[2:5])
        bound, transferable, multi_use, partial = (bool(flag) for flag in row[5:9])
        return VoucherTypeRow(
            code=row[0],
            legal_kind=row[1],
            effect=effect,
            conditions=conditions,
            validity=validity,
            customer_bound=bound,
            transferable=transferable,
            multi_use=multi_use,
            partial=partial,
            offline_scope=row[9],
            offline_cap_minor=row[10],
            layout=json.loads(row[11]),
            code_scheme=row[12],
            vat_rate_bp=row[13],
            interval_days=row[14],
            per_year_max=row[15],
        )

    def voucher_type_codes(self) -> list[str]:
        """Return the codes of all kinds of voucher."""
        return [code for (code,) in self._all("SELECT code FROM voucher_type ORDER BY code")]

    def voucher(self, code_hash: bytes) -> CachedVoucher | None:
        """Return the voucher with this code as head office sent it."""
        row = self._one(f"{_VOUCHER} WHERE code_hash = ?", code_hash)
        return _cached_voucher(row) if row else None

    def voucher_folded(self, voucher: str) -> dict[int, int] | None:
        """Return epoch to highest event that the row of a voucher includes; None without a row."""
        row = self._one("SELECT folded FROM voucher WHERE id = ?", voucher)
        return _folded(row[0]) if row else None

    def vouchers_of(self, customer: str) -> list[CachedVoucher]:
        """Return the vouchers of a customer as head office sent them, used ones too."""
        rows = self._all(f"{_VOUCHER} WHERE customer = ? ORDER BY id", customer)
        return [_cached_voucher(row) for row in rows]

    def event_triggers(self, event: str) -> tuple[tuple[str, dict[str, Any]], ...]:
        """Return voucher type and conditions of each trigger of an event."""
        rows = self._all(
            "SELECT voucher_type, conditions FROM event_trigger WHERE event = ? "
            "ORDER BY voucher_type",
            event,
        )
        return tuple((voucher_type, json.loads(conditions)) for voucher_type, conditions in rows)

    def was_erased(self, customer: str) -> bool:
        """Say whether head office has erased a customer."""
        return self._one("SELECT 1 FROM erased WHERE customer = ?", customer) is not None

    def rows(self, sql: str, *values: SQLiteValue) -> list[Any]:
        """Return all rows of a question of this package."""
        return self._all(sql, *values)

    def _one(self, sql: str, *values: SQLiteValue) -> tuple[Any, ...] | None:
        with mapped(self._path):
            row = self._connection.execute(sql, values).fetchone()
        return tuple(row) if row is not None else None

    def _all(self, sql: str, *values: SQLiteValue) -> list[Any]:
        with mapped(self._path):
            return self._connection.execute(sql, values).fetchall()


def _cached_voucher(row: tuple[Any, ...]) -> CachedVoucher:
    *terms, shop, till, uses, folded, redeemed_on, redeemed_till = row
    names = (
        "id",
        "type",
        "legal_kind",
        "customer",
        "customer_bound",
        "state",
        "value_minor",
        "balance_minor",
        "valid_from_on",
        "valid_to_on",
    )
    facts = dict(zip(names, terms, strict=True))
    facts["customer_bound"] = bool(facts["customer_bound"])
    return CachedVoucher(
        Voucher(**facts, shop=shop, till=till, is_here=False),
        uses,
        _folded(folded),
        redeemed_on=_day(redeemed_on),
        redeemed_till=redeemed_till,
    )


def _found(row: tuple[Any, ...]) -> FoundCustomer:
    customer, number, name, birthday_on, home_shop = row
    return FoundCustomer(customer, number, name, _day(birthday_on), home_shop)


def _day(text: str | None) -> str | None:
    """Return a day, or None for what is none: bad data of one person stops no sale."""
    try:
        return dt.date.fromisoformat(text).isoformat() if text else None
    except ValueError:
        return None


def _folded(text: str) -> dict[int, int]:
    """Return epoch to the highest event an element names; epochs are unique over all tills."""
    highest: dict[int, int] = {}
    for _till, epoch, seq in json.loads(text):
        highest[epoch] = max(seq, highest.get(epoch, 0))
    return highest
