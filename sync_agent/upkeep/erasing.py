"""Follows erasures in the agent's own file: whom the till erased, the cache forgets, too.

Head office's removals come with the pages of its log; the till's stand in its journal. Both end in
``CacheWriter.erase``, and in local mode in the kept import files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from pos_plugin.storage.cache_writer import CacheWriter
    from pos_plugin.storage.journal_reader import JournalReader


def follow_till(
    writer: CacheWriter,
    journal: JournalReader,
    *,
    after: int,
    forget: Callable[[Collection[str]], object] | None = None,
) -> int:
    """Erase whom the till has erased since an event; return the number to go on from.

    Doing it again changes nothing, so a start may begin at 0.

    Args:
        writer: of the cache.
        journal: of the till.
        after: number of the last event that was followed.
        forget: takes the same ids out of the kept import files (local mode).
    """
    writer.empty_log_again()
    erased = journal.erased_after(after)
    if not erased:
        return after
    ids = [customer for customer, _ in erased]
    if forget is not None:
        # First the files: an apply of them between the two would bring the rows back.
        forget(ids)
    writer.erase(ids)
    return erased[-1][1]
