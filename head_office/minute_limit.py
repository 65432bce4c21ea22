"""How much anybody may ask in a minute."""

from __future__ import annotations

import threading
from typing import Final

_NAMES_MAX: Final = 100_000
"""Kept at a time; beyond it everybody is counted anew."""


class MinuteLimit:
    """Counts the questions of each name in this minute of a clock.

    Whoever is beyond waits for the next minute; nobody else does.

    Args:
        a_minute: questions of a name that are answered.
    """

    def __init__(self, a_minute: int) -> None:
        self._a_minute = a_minute
        self._counted: dict[str, tuple[int, int]] = {}
        self._turn = threading.Lock()

    def allows(self, *names: str, at_s: float) -> bool:
        """Return whether one more question is answered that is asked under all these names.

        Args:
            names: who asks; behind one that is beyond no other is counted.
            at_s: instant of the question in seconds, always by the same clock.
        """
        this_minute = int(at_s // 60)
        with self._turn:
            if len(self._counted) > _NAMES_MAX:
                self._counted.clear()
            for name in names:
                minute, number = self._counted.get(name, (this_minute, 0))
                number = number + 1 if minute == this_minute else 1
                self._counted[name] = (this_minute, number)
                if number > self._a_minute:
                    return False
            return True
