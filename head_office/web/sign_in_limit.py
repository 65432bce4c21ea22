"""How often a wrong password may be tried."""

from __future__ import annotations

import datetime as dt
import threading
from collections import deque
from typing import Final

TRIES: Final = 8
TRIES_OF_ALL: Final = 100
WITHIN: Final = dt.timedelta(minutes=15)


class SignInLimit:
    """Counts failures of the last quarter of an hour: eight a name, a hundred altogether.

    Whoever is beyond waits, also with the right password, so guessing goes on at 32 an hour. A
    session that runs is not touched by it. Memory is bounded by the hundred.
    """

    def __init__(self) -> None:
        self._failed: deque[tuple[dt.datetime, str]] = deque()
        self._turn = threading.Lock()

    def allows(self, name: str, *, now: dt.datetime) -> bool:
        """Return whether this name may try now; the try counts until ``succeeded``."""
        with self._turn:
            while self._failed and now - self._failed[0][0] >= WITHIN:
                self._failed.popleft()
            mine = sum(1 for _, tried in self._failed if tried == name)
            if mine >= TRIES or len(self._failed) >= TRIES_OF_ALL:
                return False
            # Counted before the password is looked at: a hundred tries at once are a hundred.
            self._failed.append((now, name))
            return True

    def succeeded(self, name: str) -> None:
        """Forget the failures of a name."""
        with self._turn:
            self._failed = deque(one for one in self._failed if one[1] != name)
