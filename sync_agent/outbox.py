"""Finds the next events to send: what the till wrote and head office does not hold yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from pos_plugin.errors import StorageError
from pos_plugin.storage.epochs import start_after
from sync_agent.protocol.limits import BATCH_BYTES_MAX, BATCH_EVENTS_MAX, EVENT_BYTES_MAX

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


def next_batch(
    journal: Journal, acked: Mapping[int, int], *, events_max: int = BATCH_EVENTS_MAX
) -> Batch | None:
    """Return the next events: of one epoch, at most 1 MiB; a larger event goes alone.

    Args:
        journal: of the till.
        acked: by epoch up to which event head office holds all.
        events_max: so many at most, 1 to 200.

    Raises:
        StorageError: an event is larger than head office takes.
    """
    after = start_after(journal.epochs(), acked)
    taken: list[OutboxEvent] = []
    size = 0
    for event in journal.events_after(after, events_max):
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
