"""How far the journal is pruned, and what that says of sums (sync.md §6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pos_plugin.storage.cache_reader import CacheReader
    from pos_plugin.storage.journal_lookup import Journal


def pruned(journal: Journal) -> dict[int, int]:
    """Return by epoch up to which event the journal is pruned."""
    rows: Any = journal.execute("SELECT epoch, up_to_seq FROM pruning")
    return dict(rows)


def is_behind(journal: Journal, cache: CacheReader | None) -> bool:
    """Say whether the cache is older than the one by which events were pruned.

    Its rows may miss what was in those, so nobody can tell a sum by them.

    Args:
        journal: of this till.
        cache: that is read now.
    """
    rows: list[Any] = journal.execute(
        "SELECT bucket, bucket_epoch, max(position) FROM pruning GROUP BY bucket, bucket_epoch"
    ).fetchall()
    for bucket, bucket_epoch, position in rows:
        cursor = cache.cursor(bucket) if cache else None
        if cursor is None:
            return True
        # Another life of the bucket began later, from what head office holds.
        if cursor.epoch == bucket_epoch and cursor.position < position:
            return True
    return False


def included_up_to(folded: Mapping[int, int] | None, epoch: int, gone: Mapping[int, int]) -> int:
    """Return up to which event of an epoch a row of head office includes this till's entries.

    Head office may drop what it says of an epoch once the till has pruned it. A row that is not
    there includes nothing.

    Args:
        folded: of the row: epoch to event; None without a row.
        epoch: of the entries.
        gone: as ``pruned`` says it.

    >>> included_up_to({7: 40}, 7, {7: 30}), included_up_to({}, 7, {7: 30})
    (40, 30)
    >>> included_up_to(None, 7, {7: 30})
    0
    """
    return 0 if folded is None else folded.get(epoch, gone.get(epoch, 0))
