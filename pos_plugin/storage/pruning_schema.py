"""How far the journal is pruned, and the one change of an event that this allows (ADR 0031)."""

from __future__ import annotations

from typing import Final

JOURNAL: Final = (
    # Up to which event of an epoch nothing has to be sent ever again, and what the cache had
    # applied when that was seen: an older cache does not count these events.
    """CREATE TABLE pruning (
        epoch INTEGER PRIMARY KEY REFERENCES epoch (epoch),
        up_to_seq INTEGER NOT NULL CHECK (up_to_seq > 0),
        bucket TEXT NOT NULL,
        bucket_epoch INTEGER NOT NULL,
        position INTEGER NOT NULL CHECK (position >= 0),
        pruned_at TEXT NOT NULL
    ) STRICT""",
    """CREATE TRIGGER pruning_goes_on BEFORE UPDATE ON pruning
        WHEN NEW.epoch IS NOT OLD.epoch OR NEW.up_to_seq < OLD.up_to_seq
        BEGIN SELECT RAISE(ABORT, 'pruning: never goes back'); END""",
    """CREATE TRIGGER pruning_is_not_deleted BEFORE DELETE ON pruning
        BEGIN SELECT RAISE(ABORT, 'pruning: a row is never deleted'); END""",
    """CREATE TRIGGER event_is_not_changed BEFORE UPDATE ON event
        BEGIN SELECT RAISE(ABORT, 'event: a fact is never changed'); END""",
    # Taken out and put back without its line: only so its page becomes free. What is left of it
    # stands under every receipt and entry that names it.
    """CREATE TRIGGER event_is_not_deleted BEFORE DELETE ON event
        WHEN OLD.seq > coalesce((SELECT up_to_seq FROM pruning WHERE epoch = OLD.epoch), 0)
        BEGIN SELECT RAISE(ABORT, 'event: a row is never deleted'); END""",
)
