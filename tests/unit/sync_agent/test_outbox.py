from __future__ import annotations

from dataclasses import dataclass

import pytest

from pos_plugin.errors import StorageError
from sync_agent.outbox import next_batch
from sync_agent.protocol.limits import BATCH_BYTES_MAX, BATCH_EVENTS_MAX, EVENT_BYTES_MAX


@dataclass(frozen=True)
class Written:
    seq: int
    epoch: int
    line: bytes = b"{}"
    private: bytes = b""


class FakeJournal:
    def __init__(self, events: list[Written], epochs: list[tuple[int, int]]) -> None:
        self._events = events
        self._epochs = epochs

    def epochs(self) -> list[tuple[int, int]]:
        return self._epochs

    def events_after(self, seq: int, limit: int) -> list[Written]:
        return [event for event in self._events if event.seq > seq][:limit]


def test_batch_begins_behind_what_head_office_holds() -> None:
    journal = FakeJournal([Written(seq, 7) for seq in range(1, 6)], [(7, 1)])
    batch = next_batch(journal, {7: 3})
    assert batch is not None
    assert (batch.epoch, batch.first_seq, batch.last_seq) == (7, 4, 5)
    assert batch.body == b"{}\n{}\n"
    assert next_batch(journal, {7: 5}) is None


def test_batch_has_at_most_two_hundred_events_and_one_mebibyte() -> None:
    many = FakeJournal([Written(seq, 7) for seq in range(1, 1000)], [(7, 1)])
    batch = next_batch(many, {})
    assert batch is not None
    assert batch.last_seq == BATCH_EVENTS_MAX
    few = next_batch(many, {}, events_max=5)
    assert few is not None
    assert few.last_seq == 5
    fat = FakeJournal([Written(seq, 7, b"x" * 400_000) for seq in range(1, 9)], [(7, 1)])
    batch = next_batch(fat, {})
    assert batch is not None
    assert batch.last_seq == 2
    assert len(batch.body) <= BATCH_BYTES_MAX


def test_batch_never_mixes_two_epochs() -> None:
    events = [Written(1, 7), Written(2, 7), Written(3, 8), Written(4, 8)]
    journal = FakeJournal(events, [(7, 1), (8, 3)])
    sent = []
    acked: dict[int, int] = {}
    while (batch := next_batch(journal, acked)) is not None:
        sent.append((batch.epoch, batch.first_seq, batch.last_seq))
        acked[batch.epoch] = batch.last_seq
    assert sent == [(7, 1, 2), (8, 3, 4)]


def test_new_journal_is_sent_from_its_beginning() -> None:
    journal = FakeJournal([Written(1, 9)], [(9, 1)])
    batch = next_batch(journal, {7: 500})
    assert batch is not None
    assert batch.first_seq == 1


def test_event_larger_than_a_batch_goes_alone() -> None:
    lines = [b"{}", b"x" * BATCH_BYTES_MAX, b"{}"]
    journal = FakeJournal([Written(seq, 7, line) for seq, line in enumerate(lines, 1)], [(7, 1)])
    sent = []
    acked: dict[int, int] = {}
    while (batch := next_batch(journal, acked)) is not None:
        sent.append((batch.first_seq, batch.last_seq))
        acked[batch.epoch] = batch.last_seq
    assert sent == [(1, 1), (2, 2), (3, 3)]


def test_event_larger_than_head_office_takes_is_named() -> None:
    journal = FakeJournal([Written(1, 7, b"x" * EVENT_BYTES_MAX)], [(7, 1)])
    with pytest.raises(StorageError, match="event 1 "):
        next_batch(journal, {})


def test_what_is_personal_stands_before_its_event_and_not_in_it() -> None:
    events = [Written(1, 77), Written(2, 77, b'{"seq":2}', b'{"private_of":2}')]
    batch = next_batch(FakeJournal(events, [(77, 1)]), {})
    assert batch is not None
    assert batch.body == b'{}\n{"private_of":2}\n{"seq":2}\n'
