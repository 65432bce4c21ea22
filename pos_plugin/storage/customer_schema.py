"""Tables of customers: what this till made or changed itself, and what head office sends of them.

What is personal stands in tables whose rows may be deleted; what may never change holds ids only.
"""

from __future__ import annotations

from typing import Final

JOURNAL: Final = (
    # Names and contact data of an event; its line carries only their salted hash, so that erasing
    # them leaves the chain of events whole (docs/adr/0025).
    """CREATE TABLE event_private (
        seq INTEGER PRIMARY KEY REFERENCES event (seq),
        customer TEXT NOT NULL,
        salt BLOB NOT NULL CHECK (length(salt) = 16),
        bytes BLOB NOT NULL
    ) STRICT""",
    "CREATE INDEX event_private_of_customer ON event_private (customer)",
    """CREATE TRIGGER event_private_is_not_changed BEFORE UPDATE ON event_private
        BEGIN SELECT RAISE(ABORT, 'event_private: erased, never changed'); END""",
    # How far this till has counted; a number is given once, also after an erasure.
    """CREATE TABLE number_range (
        kind TEXT PRIMARY KEY,
        last INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID""",
    # A customer made here, or the fields of one that were changed here (`fields`); shown until the
    # cached rows have folded event `seq`.
    """CREATE TABLE local_customer (
        id TEXT PRIMARY KEY,
        epoch INTEGER NOT NULL,
        seq INTEGER NOT NULL REFERENCES event (seq),
        created INTEGER NOT NULL CHECK (created IN (0, 1)),
        kind TEXT NOT NULL CHECK (kind IN ('person', 'company')),
        number TEXT NOT NULL,
        name TEXT NOT NULL,
        birthday_on TEXT,
        language TEXT,
        home_shop TEXT NOT NULL,
        phones TEXT NOT NULL,
        email_hashes TEXT NOT NULL,
        fields TEXT NOT NULL
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE local_customer_key (
        kind TEXT NOT NULL CHECK (kind IN ('number', 'phone', 'email', 'name', 'birthday')),
        key TEXT NOT NULL,
        customer TEXT NOT NULL,
        PRIMARY KEY (kind, key, customer)
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX local_customer_key_of ON local_customer_key (customer)",
    """CREATE TABLE local_card (
        code_hash BLOB PRIMARY KEY CHECK (length(code_hash) = 16),
        epoch INTEGER NOT NULL,
        seq INTEGER NOT NULL REFERENCES event (seq),
        customer TEXT NOT NULL,
        symbology TEXT NOT NULL,
        role TEXT NOT NULL CHECK (role IN ('main', 'partner', 'app')),
        status TEXT NOT NULL CHECK (status IN (
            'ordered', 'active', 'blocked', 'lost', 'replaced')),
        replaced_by BLOB
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX local_card_of_customer ON local_card (customer)",
    # Every word of a customer about contact, in order; which one counts is worked out of them.
    """CREATE TABLE consent (
        id TEXT PRIMARY KEY,
        epoch INTEGER NOT NULL,
        seq INTEGER NOT NULL REFERENCES event (seq),
        customer TEXT NOT NULL,
        purpose TEXT NOT NULL CHECK (purpose IN (
            'programme', 'receipts_in_app', 'profiling', 'marketing')),
        channel TEXT NOT NULL CHECK (channel IN (
            'letter', 'email', 'sms', 'phone', 'app', 'till')),
        status TEXT NOT NULL CHECK (status IN ('pending', 'given', 'withdrawn', 'objected')),
        legal_basis TEXT NOT NULL,
        text_id TEXT,
        text_revision INTEGER,
        captured_at TEXT NOT NULL,
        captured_by TEXT,
        place TEXT NOT NULL,
        proof_kind TEXT CHECK (proof_kind IN ('signature_sha256', 'form_number')),
        proof_ref TEXT,
        replaces TEXT
    ) STRICT""",
    "CREATE INDEX consent_of_customer ON consent (customer, seq)",
    # Who was erased here, and what was counted as gone; nothing of the person.
    """CREATE TABLE erasure (
        customer TEXT PRIMARY KEY,
        seq INTEGER NOT NULL REFERENCES event (seq),
        erased_at TEXT NOT NULL
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX receipt_of_customer ON receipt (customer, seq) WHERE customer IS NOT NULL",
)
"""Of ``journal.db``, behind the tables of events and receipts."""

JOURNAL_FACTS: Final = ("consent", "erasure")

CACHE: Final = (
    # An id that became another one: merged customers, and cards that got an owner.
    """CREATE TABLE alias (
        alias TEXT PRIMARY KEY,
        customer TEXT NOT NULL,
        ver INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX alias_of_customer ON alias (customer)",
    # What counts now of the words of a customer, one row a purpose and channel.
    """CREATE TABLE consent (
        customer TEXT NOT NULL,
        purpose TEXT NOT NULL,
        channel TEXT NOT NULL,
        id TEXT NOT NULL,
        status TEXT NOT NULL,
        text_id TEXT,
        text_revision INTEGER,
        captured_at TEXT NOT NULL,
        ver INTEGER NOT NULL,
        PRIMARY KEY (customer, purpose, channel)
    ) STRICT, WITHOUT ROWID""",
    # Up to which event of this till the rows of a customer, its cards and consents include.
    """CREATE TABLE customer_folded (
        customer TEXT PRIMARY KEY,
        folded TEXT NOT NULL,
        ver INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE discount_group (
        code TEXT PRIMARY KEY,
        instant_discount_bp INTEGER NOT NULL,
        ver INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID""",
    # Who head office has erased: the till follows in its own file. Made by the writer.
    """CREATE TABLE erased (
        customer TEXT PRIMARY KEY,
        ver INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID""",
)
"""Of ``cache.db``."""
