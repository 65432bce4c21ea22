"""Tables of classes and covers in ``cache.db``.

Schemes and covers travel like articles. The history is computed by the agent from the journal
alone, so it goes with the cache and comes back the same.
"""

from __future__ import annotations

from typing import Final

CLASSES: Final = (
    # A revision of a scheme; its columns are those of loyalty.class_scheme.ClassScheme.
    """CREATE TABLE abc_scheme (
        code TEXT NOT NULL,
        revision INTEGER NOT NULL,
        since_on TEXT NOT NULL,
        window TEXT NOT NULL,
        metrics TEXT NOT NULL,
        method TEXT NOT NULL,
        combine TEXT NOT NULL,
        age_days_min INTEGER NOT NULL,
        classes TEXT NOT NULL,
        cells TEXT NOT NULL,
        ver INTEGER NOT NULL,
        PRIMARY KEY (code, revision)
    ) STRICT, WITHOUT ROWID""",
    # What a piece of an article costs the shop from a day on, without VAT, in minor units (cents).
    # Only a till without head office has any: it counts the classes by margin itself.
    """CREATE TABLE purchase_price (
        sku TEXT NOT NULL,
        since_on TEXT NOT NULL,
        purchase_price_minor INTEGER,
        ver INTEGER NOT NULL,
        PRIMARY KEY (sku, since_on)
    ) STRICT, WITHOUT ROWID""",
    # A run over the days up to to_on; one that finds nothing to compute leaves no row.
    """CREATE TABLE class_run (
        run INTEGER PRIMARY KEY,
        scheme TEXT NOT NULL,
        to_on TEXT NOT NULL,
        terms TEXT NOT NULL,
        run_at TEXT NOT NULL
    ) STRICT""",
    # `since_on` to `until_on` (open = now): shop days on which the class is in force. The metrics
    # are those of the change; turnover and margin in minor units (cents).
    """CREATE TABLE class_history (
        customer TEXT NOT NULL,
        scheme TEXT NOT NULL,
        since_on TEXT NOT NULL,
        until_on TEXT,
        revision INTEGER NOT NULL,
        class TEXT NOT NULL,
        run INTEGER NOT NULL REFERENCES class_run (run),
        rentals INTEGER NOT NULL,
        visits INTEGER NOT NULL,
        turnover_minor INTEGER NOT NULL,
        margin_minor INTEGER NOT NULL,
        PRIMARY KEY (customer, scheme, since_on)
    ) STRICT, WITHOUT ROWID""",
    # What comes soon, for the paper of vouchers; `blob` is the SHA-256 of a PBM file.
    """CREATE TABLE cover (
        title TEXT NOT NULL,
        start_on TEXT NOT NULL,
        price_minor INTEGER,
        blob TEXT,
        ver INTEGER NOT NULL,
        PRIMARY KEY (title, start_on)
    ) STRICT, WITHOUT ROWID""",
)
