"""The lives of a journal: which one an event was written in, and how far head office holds them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pos_plugin.storage.pruned import pruned

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pos_plugin.storage.cache_reader import CacheReader
    from pos_plugin.storage.journal_lookup import Journal


def start_after(epochs: Sequence[tuple[int, int]], acked: Mapping[int, int]) -> int:
    """Return the event number after which the upload goes on.

    Numbers run on from epoch to epoch, but an acknowledgement counts for its epoch alone: a new
    journal begins at 1 again, whatever head office holds of the old one.

    Args:
        epochs: epoch and its first event number, in order.
        acked: by epoch: up to which number head office holds everything.

    >>> start_after([(77, 1), (88, 41)], {77: 40})
    40
    >>> start_after([(77, 1), (88, 41)], {77: 40, 88: 45})
    45
    >>> start_after([(99, 1)], {77: 40})
    0
    """
    after = 0
    for number, (epoch, first_seq) in enumerate(epochs):
        after = acked.get(epoch, first_seq - 1)
        if number + 1 < len(epochs) and after < epochs[number + 1][1] - 1:
            break
    return after


def held(acked: Mapping[int, int], pruned_: Mapping[int, int]) -> dict[int, int]:
    """Return by epoch what head office holds, when its acknowledgements were lost, too.

    What is pruned stands in its backup: it is never sent again.

    >>> held({77: 40}, {77: 20, 66: 9})
    {77: 40, 66: 9}
    """
    return {**acked, **{epoch: max(seq, acked.get(epoch, 0)) for epoch, seq in pruned_.items()}}


def held_up_to(journal: Journal, cache: CacheReader | None) -> int:
    """Return up to which event of this journal head office holds everything.

    Of the lives in this journal: after a restore an acknowledgement of the old one says nothing of
    events that have the same numbers in the new one.

    Args:
        journal: of the till.
        cache: holds the acknowledgements; None = nothing is known.
    """
    rows: list[Any] = journal.execute(
        "SELECT epoch, first_seq FROM epoch ORDER BY first_seq, opened_at"
    ).fetchall()
    return start_after(rows, held(cache.acked() if cache else {}, pruned(journal)))
