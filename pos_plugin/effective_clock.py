"""The time a till works by: the machine's, put right by head office, never behind what was booked.

Laws of this file (sync.md §5.4, ADR 0032):

1. Effective = the later of: the machine plus its distance to head office, head office's last word,
   the last event of this till. So a clock that is set back brings nothing to life again.
2. A clock that is set ahead by more than a day expires nothing: time goes on as it was, until head
   office says the same day.
3. A till that was off cannot tell a holiday from a wrong clock: more than 400 days nobody believes,
   of the machine or of head office.
"""

from __future__ import annotations

import datetime as dt
import time
from typing import TYPE_CHECKING, Final

from pos_plugin.agent_word import head_office_word

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pos_plugin.clock import Clock

JUMP: Final = dt.timedelta(days=1)
LONGEST_REST: Final = dt.timedelta(days=400)
FINEST: Final = dt.timedelta(seconds=2)  # head office's date has whole seconds: less is no distance
READ_EVERY_S: Final = 1.0
_CENTURY: Final = dt.timedelta(days=36_500)


class EffectiveClock:
    """The clock of a till that has a head office.

    Args:
        wall: the clock of the machine.
        data_dir: data folder of the till; the agent writes there what head office says.
        passed_s: counts seconds whatever anybody sets; goes on while the machine sleeps.
    """

    def __init__(
        self, wall: Clock, data_dir: Path, *, passed_s: Callable[[], float] | None = None
    ) -> None:
        self._wall = wall
        self._data_dir = data_dir
        self._passed_s = passed_s or _passed_s
        self._read_s: float | None = None
        self._offset = dt.timedelta(0)
        self._told_at: dt.datetime | None = None
        self._newest_at: Callable[[], dt.datetime | None] = _never
        self._last: tuple[dt.datetime, float] | None = None
        self.is_held = False
        """Whether the machine's clock is not believed for now."""

    def follow(self, newest_at: Callable[[], dt.datetime | None]) -> None:
        """Never be behind the newest event from now on.

        Args:
            newest_at: tells when it happened; None before the first.
        """
        self._newest_at = newest_at

    def now(self) -> dt.datetime:
        """Return the effective instant, with the shop's own offset from UTC."""
        wall = self._wall.now()
        passed_s = self._passed_s()
        booked_at = self._newest_at()
        self._read(passed_s, booked_at=booked_at)
        told = wall + self._offset
        known = [at for at in (self._told_at, booked_at) if at is not None]
        expected = self._expected(passed_s)
        self.is_held = self._is_jump(told, expected, known)
        at = (expected or max(known)) if self.is_held else told
        at = max([at, *known]).astimezone(wall.tzinfo)
        self._last = at, passed_s
        return at

    def _is_jump(
        self, told: dt.datetime, expected: dt.datetime | None, known: list[dt.datetime]
    ) -> bool:
        if self._told_at is not None and told - self._told_at <= JUMP:
            return False  # head office says the same
        if expected is not None:
            return told - expected > JUMP
        return bool(known) and told - max(known) > LONGEST_REST

    def _expected(self, passed_s: float) -> dt.datetime | None:
        """Return what time it is by what was said last; None at the start."""
        if self._last is None:
            return None
        at, then_s = self._last
        return at + dt.timedelta(seconds=max(0.0, passed_s - then_s))

    def _read(self, passed_s: float, *, booked_at: dt.datetime | None) -> None:
        """Learn what head office said last, from the agent's file."""
        if self._read_s is not None and 0 <= passed_s - self._read_s < READ_EVERY_S:
            return
        self._read_s = passed_s
        word = head_office_word(self._data_dir)
        if word.at is None or word.at - (booked_at or word.at) > LONGEST_REST:
            self._offset, self._told_at = dt.timedelta(0), None
            return
        self._told_at = word.at
        offset = dt.timedelta(milliseconds=word.offset_ms)
        self._offset = offset if FINEST < abs(offset) < _CENTURY else dt.timedelta(0)


def _never() -> None:
    return None


def _passed_s() -> float:
    # Where there is one, the clock that counts while the machine sleeps, too.
    source = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if source is None else time.clock_gettime(source)
