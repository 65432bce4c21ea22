"""Finds the next events to send: what the till wrote and head office does not hold yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from pos_plugin.errors import StorageError
from sync_agent.protocol import BATCH_BYTES_MAX, BATCH_EVENTS_MAX, EVENT_BYTES_MAX

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class OutboxEvent(Protocol):
    """An event as the journal holds it; ``line`` are the bytes the till wrote, sent unchanged."""

    @property
    def seq(self) -> int:
        """Its number, growing over all epochs of the journal."""
        ...

    @property
    def epoch(self) -> int:
        """The life of the journal it was written in."""
        ...

    @property
    def line(self) -> bytes:
        """One line of JSON, without the line feed."""
        ...

    @property
    def private(self) -> bytes:
        """The line that stands before it with what is personal; empty for most events."""
        ...


class Journal(Protocol):
    """What the outbox asks of the till's journal."""

    def epochs(self) -> Sequence[tuple[int, int]]:
        """Epoch and its first event number, in order."""
        ...

    def events_after(self, seq: int, limit: int) -> Sequence[OutboxEvent]:
        """The next events in order."""
        ...


@dataclass(frozen=True, slots=True)
class Batch:
    """Events of one epoch, in order, as one body."""

    epoch: int
    first_seq: int
    last_seq: int
    body: bytes


def start_after(epochs: Sequence[tuple[int, int]], acked: Mapping[int, int]) -> int:
    """Return the event number after which the upload goes on.

    Numbers run on from epoch to epoch, but an acknowledgement counts for its epoch alone: a new
    journal begins at 1 again, whatever head office holds of the old one.

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


def next_batch(journal: Journal, acked: Mapping[int, int]) -> Batch | None:
    """Return the next events: of one epoch, at most 200, at most 1 MiB; a larger event goes alone.

    Raises:
        StorageError: an event is larger than head office takes.
    """
    after = start_after(journal.epochs(), acked)
    taken: list[OutboxEvent] = []
    size = 0
    for event in journal.events_after(after, BATCH_EVENTS_MAX):
        size += len(event.line) + len(event.private) + 2
        if size > EVENT_BYTES_MAX and not taken:
            raise StorageError(
                f"event {event.seq} of the journal has {len(event.line)} bytes",
                hint="Call support: this event cannot be sent.",
            )
        if taken and (size > BATCH_BYTES_MAX or event.epoch != taken[0].epoch):
            break
        taken.append(event)
    if not taken:
        return None
    return Batch(
        epoch=taken[0].epoch,
        first_seq=taken[0].seq,
        last_seq=taken[-1].seq,
        body=b"".join(
            line + b"\n" for event in taken for line in (event.private, event.line) if line
        ),
    )
