"""Which events of a till head office has: duplicates, gaps and forks (sync.md 5.3).

1. An event below the acknowledged number is a duplicate when its bytes are the same, and a fork
   when they are not. One beyond the next number is a gap.
2. Numbers run on from epoch to epoch: a new one begins at most one beyond all before.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, select

from head_office.portions import in_portions
from head_office.problems import ProblemError
from head_office.storage import till_epoch, till_event

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.engine import Connection

    from sync_agent.protocol.messages import Event

_OF_TILL: Final = select(
    till_epoch.c.epoch, till_epoch.c.acked_seq, till_epoch.c.durable_seq
).where(till_epoch.c.till == bindparam("till"))
_HELD: Final = select(till_event.c.epoch, till_event.c.seq, till_event.c.hash).where(
    (till_event.c.till == bindparam("till"))
    & till_event.c.epoch.in_(bindparam("epochs", expanding=True))
    & till_event.c.seq.in_(bindparam("seqs", expanding=True))
)
_MOVE: Final = (
    till_epoch.update()
    .where(
        (till_epoch.c.till == bindparam("of_till")) & (till_epoch.c.epoch == bindparam("of_epoch"))
    )
    .values(acked_seq=bindparam("acked_seq"))
)


class EventNumbers:
    """The numbers of one till inside the transaction of a batch.

    Args:
        connection: an open write transaction.
        till: whose events they are.
        events: of the batch.
    """

    def __init__(self, connection: Connection, till: str, events: Iterable[Event]) -> None:
        self._connection = connection
        self._till = till
        self._acked: dict[int, int] = {}
        self._durable: dict[int, int] = {}
        for row in connection.execute(_OF_TILL, {"till": till}):
            self._acked[row.epoch], self._durable[row.epoch] = row.acked_seq, row.durable_seq
        self._first: dict[int, int] = {}
        self._moved: set[int] = set()
        self._held: dict[tuple[int, int], bytes] = {}
        epochs: set[int] = set()
        seqs: set[int] = set()
        for event in events:
            epochs.add(event.epoch)
            seqs.add(event.seq)
        for some in in_portions(sorted(seqs)):
            asked = {"till": till, "epochs": sorted(epochs), "seqs": some}
            for row in connection.execute(_HELD, asked):
                self._held[row.epoch, row.seq] = bytes(row.hash)

    def take(self, event: Event, line: bytes) -> bytes | None:
        """Return the hash of an event that is the next one; None for a duplicate.

        Raises:
            ProblemError: ``gap`` or ``fork``.
        """
        epoch, seq = event.epoch, event.seq
        digest = hashlib.sha256(line).digest()
        known = self._held.get((epoch, seq))
        if known is not None:
            if known == digest:
                return None
            raise ProblemError("fork", 409, f"event {seq} of epoch {epoch} is another one")
        acked_seq = self._acked.get(epoch)
        if acked_seq is None:
            most = max(self._acked.values(), default=0) + 1
            if seq > most:
                raise ProblemError("gap", 409, f"expected at most {most}")
            self._first[epoch] = seq
        elif seq <= acked_seq:
            raise ProblemError("fork", 409, f"epoch {epoch} began behind event {seq}")
        elif seq > acked_seq + 1:
            raise ProblemError("gap", 409, f"expected {acked_seq + 1}, got {seq}")
        self._acked[epoch] = seq
        self._moved.add(epoch)
        self._held[epoch, seq] = digest
        return digest

    def keep(self) -> None:
        """Write how far head office has everything now."""
        for epoch in self._moved:
            acked_seq = self._acked[epoch]
            if epoch in self._first:
                values = {"first_seq": self._first[epoch], "acked_seq": acked_seq}
                self._connection.execute(
                    till_epoch.insert(), {"till": self._till, "epoch": epoch, **values}
                )
            else:
                place = {"of_till": self._till, "of_epoch": epoch}
                self._connection.execute(_MOVE, {**place, "acked_seq": acked_seq})

    def acked_seq(self, epoch: int) -> int:
        """Return up to which number all is held."""
        return self._acked.get(epoch, 0)

    def durable_seq(self, epoch: int) -> int:
        """Return up to which number all stands in a verified backup, too."""
        return min(self.acked_seq(epoch), self._durable.get(epoch, 0))
