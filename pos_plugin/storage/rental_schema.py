"""The table of rentals in ``journal.db``: what a day counted never changes afterwards."""

from __future__ import annotations

from typing import Final

RENTAL: Final = (
    # An article that a customer rented. `counted_on`: the shop day on which it counts, of its
    # issue, or of its return when this till saw only that (then out_at is empty); `returned_as`:
    # the host's id of the return; cancelled_on: from then on it counts nowhere.
    """CREATE TABLE rental (
        rental TEXT NOT NULL,
        position INTEGER NOT NULL,
        customer TEXT,
        sku TEXT,
        days INTEGER,
        due_on TEXT,
        price_minor INTEGER,
        counted_on TEXT NOT NULL,
        out_at TEXT,
        returned_at TEXT,
        returned_as TEXT,
        late_days INTEGER,
        cancelled_at TEXT,
        cancelled_on TEXT,
        PRIMARY KEY (rental, position),
        CHECK ((returned_at IS NULL) = (returned_as IS NULL)),
        CHECK ((cancelled_at IS NULL) = (cancelled_on IS NULL))
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX rental_of_customer ON rental (customer) WHERE customer IS NOT NULL",
    "CREATE INDEX rental_returned_as ON rental (returned_as) WHERE returned_as IS NOT NULL",
    """CREATE TRIGGER rental_is_not_deleted BEFORE DELETE ON rental
        BEGIN SELECT RAISE(ABORT, 'rental: a row is never deleted'); END""",
    """CREATE TRIGGER rental_terms_stay
        BEFORE UPDATE OF rental, position, customer, sku, days, due_on, price_minor, counted_on
        ON rental
        BEGIN SELECT RAISE(ABORT, 'rental: its terms never change'); END""",
    """CREATE TRIGGER rental_is_issued_once BEFORE UPDATE OF out_at ON rental
        WHEN OLD.out_at IS NOT NULL
        BEGIN SELECT RAISE(ABORT, 'rental: was issued'); END""",
    """CREATE TRIGGER rental_is_returned_once BEFORE UPDATE OF returned_at, returned_as ON rental
        WHEN OLD.returned_at IS NOT NULL AND NEW.returned_at IS NOT NULL
        BEGIN SELECT RAISE(ABORT, 'rental: came back'); END""",
    """CREATE TRIGGER rental_is_cancelled_once
        BEFORE UPDATE OF cancelled_at, cancelled_on ON rental
        WHEN OLD.cancelled_at IS NOT NULL
        BEGIN SELECT RAISE(ABORT, 'rental: was cancelled'); END""",
)
"""Table, indexes and triggers, in the order in which they are made."""
