"""A printer that stands still: first a wait, then a notice, then a doubt (printing.md P30).

Two laws keep a slow till from blaming its printer:
1. A pause begins with the first look that found the printer taking nothing. Time in which nobody
   looked is the till's own.
2. A printer that names its stop explains the whole pause before it, however late the word comes:
   one that was switched off and on has forgotten that it should tell (ASB).

And one keeps it from believing too much: while nobody looked, a printer may have been switched off
and on.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from printers.ports import JobReason

if TYPE_CHECKING:
    from collections.abc import Callable

    from printers.line import Patience


class Stalled(Exception):  # noqa: N818 - an end, read as a state
    """It stood still for too long.

    Args:
        reason: what it waits for; ``STALLED`` when it does not say.
    """

    def __init__(self, reason: JobReason) -> None:
        super().__init__(reason.value)
        self.reason = reason


class Stall:
    """Counts how long a printer has stood still.

    Args:
        patience: when it is told, and when it ends the job.
        on_stall: told of the reason, once; and of ``NONE`` when it goes on.
        clock: seconds that never go back.
    """

    def __init__(
        self,
        patience: Patience,
        on_stall: Callable[[JobReason], None],
        *,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._patience = patience
        self._on_stall = on_stall
        self._clock = clock
        self._stands_from_s: float | None = None
        self._silent_from_s = 0.0
        self._is_silent = False
        self._told: JobReason | None = None
        self._looked_at_s: float | None = None
        # Nobody looked for as long as it takes to switch a printer off and on.
        self.was_unwatched = False
        # It stood still for a while and did not say why: it may have been switched off and on.
        self.was_silent = False

    def goes_on(self, stop: JobReason, *, is_first_byte: bool = False) -> None:
        """Say that a look found it standing still.

        Args:
            stop: what it waits for; ``NONE`` = it does not say.
            is_first_byte: nothing of the job was taken yet, so nobody has to wait for it.

        Raises:
            Stalled: for too long.
        """
        now_s = self._look()
        if self._stands_from_s is None:
            self._stands_from_s = self._silent_from_s = now_s
        stood_s = now_s - self._stands_from_s
        reason = JobReason.STALLED if stop is JobReason.NONE else stop
        if reason is not JobReason.STALLED:
            self._silent_from_s = now_s
        self._is_silent = now_s - self._silent_from_s >= self._patience.silent_s
        if is_first_byte and stood_s >= self._patience.first_byte_s:
            raise Stalled(JobReason.PRINTER_BUSY if stop is JobReason.NONE else stop)
        if stood_s >= self._patience.stall_s:
            raise Stalled(reason)
        if stood_s >= self._patience.notice_s and self._told is not reason:
            self._told = reason
            self._on_stall(reason)

    def over(self) -> None:
        """Say that a look found it going on."""
        self._look()
        self.was_silent = self.was_silent or self._is_silent
        self._is_silent = False
        self._stands_from_s = None
        if self._told is not None:
            self._told = None
            self._on_stall(JobReason.NONE)

    def _look(self) -> float:
        now_s = self._clock()
        if self._looked_at_s is not None:
            gap_s = now_s - self._looked_at_s
            self.was_unwatched = self.was_unwatched or gap_s >= self._patience.silent_s
        self._looked_at_s = now_s
        return now_s
