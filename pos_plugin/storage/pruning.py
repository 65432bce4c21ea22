"""Takes the bytes of old events out of the journal once nobody can need them (sync.md §4.2).

Laws of this file:

1. Gone is only what was sent: the line of an event and what is personal beside it. Number, uid and
   hash stay, and so do receipts, entries and vouchers: returns, voids and statements need them.
2. All of it holds at once: in a verified backup of head office, older than 14 days, counted in the
   cached rows of everybody it concerns, and those rows on the disk of this till.
3. Events go in their order; the first that must stay keeps all behind it.
"""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any, Final

from pos_plugin.clock import utc_text
from pos_plugin.loyalty.provisional import is_provisional
from pos_plugin.loyalty.windows import row_and_day
from pos_plugin.storage import customer_lookup, voucher_store
from pos_plugin.storage.pruned import pruned

if TYPE_CHECKING:
    from pos_plugin.clock import Clock
    from pos_plugin.storage.cache_reader import CacheReader
    from pos_plugin.storage.current_cache import CurrentCache
    from pos_plugin.storage.journal_lookup import Journal
    from pos_plugin.storage.journal_writer import JournalWriter

KEPT_FOR: Final = dt.timedelta(days=14)
LOOK_EVERY: Final = dt.timedelta(hours=1)
AT_ONCE: Final = 25  # events a transaction: a scan that comes in the middle keeps its 100 ms
# Head office answers these with rows of the customer beside balances and counters.
_OF_CUSTOMERS: Final = ("customer_", "card_assigned", "card_blocked", "consent_")


class Pruning:
    """Looks now and then whether events of a till may go.

    Args:
        journal: the writer.
        cache: the current one of the agent.
        clock: tells the time.
        bucket: of this till's shop; None without a head office, and then nothing ever goes.
    """

    def __init__(
        self, journal: JournalWriter, cache: CurrentCache, clock: Clock, *, bucket: str | None
    ) -> None:
        self._journal = journal
        self._cache = cache
        self._clock = clock
        self._bucket = bucket
        self._looked_at: dt.datetime | None = None

    def look(self) -> int:
        """Prune what is due, a little at once; return how many events went.

        Raises:
            StorageError: nothing was changed.
        """
        at = self._clock.now()
        cache = self._cache.reader()
        if self._bucket is None or cache is None:
            return 0
        if self._looked_at is not None and abs(at - self._looked_at) < LOOK_EVERY:
            return 0
        if not cache.is_on_disk():
            return 0  # in a moment: the agent empties its log once a minute
        count = prune(self._journal, cache, bucket=self._bucket, at=at)
        if count < AT_ONCE:
            self._looked_at = at
        return count


def prune(journal: JournalWriter, cache: CacheReader, *, bucket: str, at: dt.datetime) -> int:
    """Prune the next events, at most ``AT_ONCE``; return how many.

    Args:
        journal: the writer.
        cache: the current one of the agent.
        bucket: of this till's shop.
        at: now.

    Raises:
        StorageError: nothing was changed.
    """
    cursor = cache.cursor(bucket)
    if cursor is None or not cache.is_on_disk():
        return 0
    with journal.reading() as connection:
        done = pruned(connection)
        after = max(done.values(), default=0)
        going = _going(connection, cache, after=after, before=utc_text(at - KEPT_FOR))
    # Rows that are only in the log could be lost with it; what was read is asked for first.
    if not going or not cache.is_on_disk():
        return 0
    up_to = {epoch: seq for seq, epoch in going}
    with journal.rewriting() as connection:
        connection.executemany(
            "INSERT INTO pruning (epoch, up_to_seq, bucket, bucket_epoch, position, pruned_at) "
            "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (epoch) DO UPDATE SET "
            "up_to_seq = excluded.up_to_seq, bucket = excluded.bucket, "
            "bucket_epoch = excluded.bucket_epoch, position = excluded.position, "
            "pruned_at = excluded.pruned_at",
            [
                (epoch, seq, bucket, cursor.epoch, cursor.position, utc_text(at))
                for epoch, seq in up_to.items()
            ],
        )
        _empty(connection, after=after, last=going[-1][0])
    return len(going)


def _empty(journal: Journal, *, after: int, last: int) -> None:
    """Take the lines out of a range of events, and what is personal beside them."""
    journal.execute("DELETE FROM event_private WHERE seq > ? AND seq <= ?", (after, last))
    # What lists of vouchers read of an event stands in its line alone.
    rows: list[Any] = journal.execute(
        "SELECT seq, epoch, uid, kind, hash, occurred_at FROM event WHERE seq > ? AND seq <= ? "
        "AND NOT EXISTS (SELECT 1 FROM voucher_event WHERE voucher_event.seq = event.seq)",
        (after, last),
    ).fetchall()
    # A row that only becomes shorter keeps its page: out with all of them, and back in.
    journal.executemany("DELETE FROM event WHERE seq = ?", [(row[0],) for row in rows])
    journal.executemany(
        "INSERT INTO event (seq, epoch, uid, kind, line, hash, occurred_at) "
        "VALUES (?, ?, ?, ?, x'', ?, ?)",
        rows,
    )


def _going(
    journal: Journal, cache: CacheReader, *, after: int, before: str
) -> list[tuple[int, int]]:
    """Return number and epoch of the events that may go now, in their order."""
    durable = cache.durable()
    rows: list[Any] = journal.execute(
        "SELECT seq, epoch, kind, line, occurred_at FROM event WHERE seq > ? ORDER BY seq LIMIT ?",
        (after, AT_ONCE),
    ).fetchall()
    going: list[tuple[int, int]] = []
    for seq, epoch, kind, line, occurred_at in rows:
        if seq > durable.get(epoch, 0) or occurred_at >= before:
            break
        event = json.loads(line)
        if not _is_counted(journal, cache, event, kind=kind, epoch=epoch, seq=seq):
            break
        going.append((seq, epoch))
    return going


def _is_counted(
    journal: Journal, cache: CacheReader, event: dict[str, Any], *, kind: str, epoch: int, seq: int
) -> bool:
    """Say whether the rows of the cache include an event, as far as it changed any."""
    for entry in event["body"].get("entries", ()):
        customer = customer_lookup.survivor(cache, entry["customer"])
        if cache.was_erased(customer):
            continue
        key, _ = row_and_day(entry["key"])
        row = (cache.balances(customer) | cache.counters(customer)).get(key)
        if row is None and is_provisional(customer):
            continue  # nobody owns the card yet, so head office sends no row of it
        if row is None or row.folded.get(epoch, 0) < seq:
            return False
    for voucher in voucher_store.touched_vouchers(journal, seq):
        folded = cache.voucher_folded(voucher)
        if folded is not None and folded.get(epoch, 0) < seq:
            return False
    if kind.startswith(_OF_CUSTOMERS):
        for one in event["touches"]:
            customer = customer_lookup.survivor(cache, one)
            known = customer_lookup.folded(cache, customer)
            # A card has no row of its own here.
            if cache.customer(customer) is not None and known.get(epoch, 0) < seq:
                return False
    return True
