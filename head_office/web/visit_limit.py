"""How much one person may ask of the page."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import datetime as dt

A_MINUTE: Final = 600
"""Ten a second for a whole minute: people type slower, what a program sends is not theirs."""


class VisitLimit:
    """Counts the requests of each person in this minute of the clock.

    Whoever is beyond waits for the next minute; nobody else does. Only who is signed in is
    counted, so no more names are kept than there are accounts.
    """

    def __init__(self) -> None:
        self._counted: dict[str, tuple[int, int]] = {}
        self._turn = threading.Lock()

    def allows(self, name: str, *, now: dt.datetime) -> bool:
        """Return whether one more request of this person is answered."""
        this_minute = int(now.timestamp()) // 60
        with self._turn:
            minute, number = self._counted.get(name, (this_minute, 0))
            number = number + 1 if minute == this_minute else 1
            self._counted[name] = (this_minute, number)
            return number <= A_MINUTE
