"""Tables of ``cache.db``, and how a row of the wire becomes a row of the table.

Every row from head office carries ``ver``, its log sequence: an older one never overwrites a newer
one, so applying a page again changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pos_plugin.storage import account_schema, customer_schema
from pos_plugin.storage.class_schema import CLASSES
from pos_plugin.storage.template_lookup import SCHEMA as TEMPLATES

APPLICATION_ID: Final = 0x534B4331  # "SKC1"
VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Table:
    """A table that head office fills.

    Args:
        key: primary key columns, in the order of the table.
        columns: the other columns, without ``ver``.
        json: columns whose wire value is a list or an object, stored as JSON text.
        hex: columns whose wire value is hexadecimal text, stored as bytes.
        ver: the column that holds the log sequence.
    """

    key: tuple[str, ...]
    columns: tuple[str, ...]
    json: frozenset[str] = frozenset()
    hex: frozenset[str] = frozenset()
    ver: str = "ver"


TABLES: Final = {
    "article": Table(
        key=("sku",),
        columns=(
            "name",
            "categories",
            "brand",
            "season",
            "tags",
            "unit_price_minor",
            "markdown",
            "vat_rate_bp",
            "discountable",
        ),
        json=frozenset({"categories", "tags"}),
    ),
    # Twelve columns: the most a till may hold of a person (domain.md law 9); `version` is the ver.
    "customer": Table(
        key=("id",),
        columns=(
            "number",
            "name",
            "birthday_on",
            "home_shop",
            "status",
            "instant_discount_bp",
            "discount_group",
            "tier",
            "segment_bits",
            "limit_left_minor",
        ),
        ver="version",
    ),
    # Beside the customer row, so that this one keeps its columns and holds nothing in clear that a
    # till need not know: digits to compare, e-mail addresses as keyed hashes.
    "customer_search": Table(
        key=("customer",),
        columns=("phones", "email_hashes"),
        json=frozenset({"phones", "email_hashes"}),
    ),
    "segment_bit": Table(key=("bit",), columns=("segment",)),
    "card": Table(
        key=("code_hash",),
        columns=(
            "symbology",
            "customer",
            "role",
            "status",
            "replaced_by",
            "instant_discount_bp",
        ),
        hex=frozenset({"code_hash", "replaced_by"}),
    ),
    "alias": Table(key=("alias",), columns=("customer",)),
    "consent": Table(
        key=("customer", "purpose", "channel"),
        columns=("id", "status", "text_id", "text_revision", "captured_at"),
    ),
    "customer_folded": Table(key=("customer",), columns=("folded",), json=frozenset({"folded"})),
    "discount_group": Table(key=("code",), columns=("instant_discount_bp",)),
    "program": Table(
        key=("code",),
        columns=(
            "unit",
            "maturity_days",
            "expiry",
            "payout_threshold",
            "payout_voucher_type",
            "payout_denominations",
            "liability",
        ),
        json=frozenset({"payout_denominations"}),
    ),
    "earn_trigger": Table(
        key=("event", "program"),
        columns=("points", "conditions"),
        json=frozenset({"conditions"}),
    ),
    "reward": Table(
        key=("code",),
        columns=(
            "program",
            "kind",
            "label",
            "points",
            "value_minor",
            "min_points",
            "sku",
            "voucher_type",
            "valid_from_on",
            "valid_to_on",
            "stock",
            "limit_per_customer",
        ),
        json=frozenset({"label"}),
    ),
    "voucher_type": Table(
        key=("code",),
        columns=(
            "legal_kind",
            "effect",
            "conditions",
            "validity",
            "customer_bound",
            "transferable",
            "multi_use",
            "partial",
            "offline_scope",
            "offline_cap_minor",
            "layout",
            "code_scheme",
            "vat_rate_bp",
            "interval_days",
            "per_year_max",
        ),
        json=frozenset({"effect", "conditions", "validity", "layout"}),
    ),
    # By the hash of its code: that is how one is scanned. `balance_minor` falls below zero, `uses`
    # (redemptions not taken back) above one, where tills without a network used it twice.
    "voucher": Table(
        key=("code_hash",),
        columns=(
            "id",
            "type",
            "legal_kind",
            "customer",
            "customer_bound",
            "state",
            "value_minor",
            "balance_minor",
            "uses",
            "redeemed_on",
            "redeemed_till",
            "valid_from_on",
            "valid_to_on",
            "shop",
            "till",
            "folded",
        ),
        json=frozenset({"folded"}),
        hex=frozenset({"code_hash"}),
    ),
    "event_trigger": Table(
        key=("event", "voucher_type"), columns=("conditions",), json=frozenset({"conditions"})
    ),
    "balance": Table(
        key=("customer", "program"),
        columns=("value", "lots", "as_of", "folded"),
        json=frozenset({"lots", "folded"}),
    ),
    "abc_scheme": Table(
        key=("code", "revision"),
        columns=(
            "since_on",
            "window",
            "metrics",
            "method",
            "combine",
            "age_days_min",
            "classes",
            "cells",
        ),
        json=frozenset({"window", "metrics", "classes", "cells"}),
    ),
    "purchase_price": Table(key=("sku", "since_on"), columns=("purchase_price_minor",)),
    "cover": Table(key=("title", "start_on"), columns=("price_minor", "blob")),
    "customer_counter": Table(
        key=("customer", "key"),
        columns=("value", "days", "folded"),
        json=frozenset({"days", "folded"}),
    ),
}

RELEASE_1: Final = (
    """CREATE TABLE article (
        sku TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        categories TEXT NOT NULL,
        brand TEXT,
        season TEXT,
        tags TEXT NOT NULL,
        unit_price_minor INTEGER NOT NULL,
        markdown INTEGER NOT NULL CHECK (markdown IN (0, 1)),
        vat_rate_bp INTEGER NOT NULL,
        discountable INTEGER NOT NULL CHECK (discountable IN (0, 1)),
        ver INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE customer (
        id TEXT PRIMARY KEY,
        number TEXT NOT NULL,
        name TEXT NOT NULL,
        birthday_on TEXT,
        home_shop TEXT NOT NULL,
        status TEXT NOT NULL,
        instant_discount_bp INTEGER NOT NULL,
        discount_group TEXT,
        tier TEXT,
        segment_bits INTEGER NOT NULL,
        limit_left_minor INTEGER,
        version INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE customer_search (
        customer TEXT PRIMARY KEY,
        phones TEXT NOT NULL,
        email_hashes TEXT NOT NULL,
        ver INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID""",
    # Made by the writer from the two tables above, for active customers only; never sent. The key
    # stands first and nothing else is indexed: a question is one range of this one tree.
    """CREATE TABLE customer_key (
        kind TEXT NOT NULL CHECK (kind IN ('number', 'phone', 'email', 'name', 'birthday')),
        key TEXT NOT NULL,
        customer TEXT NOT NULL,
        PRIMARY KEY (kind, key, customer)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE segment_bit (
        bit INTEGER PRIMARY KEY CHECK (bit BETWEEN 0 AND 62),
        segment TEXT NOT NULL,
        ver INTEGER NOT NULL
    ) STRICT""",
    """CREATE TABLE card (
        code_hash BLOB PRIMARY KEY CHECK (length(code_hash) = 16),
        symbology TEXT NOT NULL,
        customer TEXT NOT NULL,
        role TEXT NOT NULL,
        status TEXT NOT NULL,
        replaced_by BLOB,
        instant_discount_bp INTEGER NOT NULL,
        ver INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID""",
    # effect {"label": {de, en}}, conditions {"text": {de, en}}, validity {"days": n},
    # layout {"title": {de, en}, "text": {de, en}, "logo": sha256}
    """CREATE TABLE voucher_type (
        code TEXT PRIMARY KEY,
        legal_kind TEXT NOT NULL,
        effect TEXT NOT NULL,
        conditions TEXT NOT NULL,
        validity TEXT NOT NULL,
        customer_bound INTEGER NOT NULL CHECK (customer_bound IN (0, 1)),
        transferable INTEGER NOT NULL CHECK (transferable IN (0, 1)),
        multi_use INTEGER NOT NULL CHECK (multi_use IN (0, 1)),
        partial INTEGER NOT NULL CHECK (partial IN (0, 1)),
        offline_scope TEXT NOT NULL,
        offline_cap_minor INTEGER NOT NULL,
        layout TEXT NOT NULL,
        code_scheme TEXT NOT NULL,
        vat_rate_bp INTEGER,
        interval_days INTEGER,
        per_year_max INTEGER,
        ver INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE voucher (
        code_hash BLOB PRIMARY KEY CHECK (length(code_hash) = 16),
        id TEXT NOT NULL,
        type TEXT NOT NULL,
        legal_kind TEXT NOT NULL,
        customer TEXT,
        customer_bound INTEGER NOT NULL CHECK (customer_bound IN (0, 1)),
        state TEXT NOT NULL,
        value_minor INTEGER,
        balance_minor INTEGER,
        uses INTEGER NOT NULL,
        redeemed_on TEXT,
        redeemed_till TEXT,
        valid_from_on TEXT NOT NULL,
        valid_to_on TEXT NOT NULL,
        shop TEXT,
        till TEXT,
        folded TEXT NOT NULL,
        ver INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID""",
    # The panel asks for the vouchers of one customer; most vouchers have one, and few change.
    "CREATE INDEX voucher_of_customer ON voucher (customer) WHERE customer IS NOT NULL",
    """CREATE TABLE event_trigger (
        event TEXT NOT NULL,
        voucher_type TEXT NOT NULL,
        conditions TEXT NOT NULL,
        ver INTEGER NOT NULL,
        PRIMARY KEY (event, voucher_type)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE customer_counter (
        customer TEXT NOT NULL,
        key TEXT NOT NULL,
        value INTEGER NOT NULL,
        days TEXT NOT NULL,
        folded TEXT NOT NULL,
        ver INTEGER NOT NULL,
        PRIMARY KEY (customer, key)
    ) STRICT, WITHOUT ROWID""",
    *account_schema.CACHE,
    *customer_schema.CACHE,
    *CLASSES,
    *TEMPLATES,
    # Accepted rule generations; content lies in blobs/<sha256>. Never removed: the highest one here
    # is the floor below which no package is taken.
    """CREATE TABLE rule_generation (
        generation INTEGER PRIMARY KEY,
        chain TEXT NOT NULL,
        ring TEXT NOT NULL,
        activate_at TEXT NOT NULL,
        sha256 TEXT NOT NULL,
        key_id TEXT NOT NULL,
        signature TEXT NOT NULL,
        accepted_at TEXT NOT NULL
    ) STRICT""",
    # lacks_keys: the log is being read for the first time, customer_key is filled at its end.
    """CREATE TABLE cursor (
        bucket TEXT PRIMARY KEY,
        epoch INTEGER NOT NULL,
        position INTEGER NOT NULL,
        synced_at TEXT NOT NULL,
        lacks_keys INTEGER NOT NULL DEFAULT 0 CHECK (lacks_keys IN (0, 1))
    ) STRICT, WITHOUT ROWID""",
    # durable_seq: up to there a verified backup of head office has everything, too.
    """CREATE TABLE acked (
        epoch INTEGER PRIMARY KEY,
        acked_seq INTEGER NOT NULL,
        incarnation TEXT NOT NULL,
        durable_seq INTEGER NOT NULL DEFAULT 0
    ) STRICT""",
    # What the rows of each table add up to (row_sum.py), kept since the first page of the log.
    """CREATE TABLE table_sum (
        name TEXT PRIMARY KEY,
        sum TEXT NOT NULL CHECK (length(sum) = 16),
        is_comparable INTEGER NOT NULL CHECK (is_comparable IN (0, 1))
    ) STRICT, WITHOUT ROWID""",
)

KEPT: Final = ("acked", "rule_generation", "erased")
"""Tables of the agent's own that a new cache file takes over from the one before."""
