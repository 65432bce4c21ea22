"""What an idle printer is asked: one question at a time, not too often (printing.md P27)."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from printers.line import Line


class IdleQuestions:
    """Goes round: the paper, then the printer, then why it does not print."""

    def __init__(self) -> None:
        self._asked_at_s: float | None = None
        self._number = 1

    def is_due(self, every_s: float) -> bool:
        """Whether it is time for the next question; it counts as asked then."""
        now_s = monotonic()
        if self._asked_at_s is not None and now_s - self._asked_at_s < every_s:
            return False
        self._asked_at_s = now_s
        return True

    def ask(self, line: Line) -> None:
        """Ask the next one; silence = nothing is known any more.

        Raises:
            PrinterError: the printer does not even take the question.
            Stopped: the till is being closed.
        """
        if not line.ask(self._number):
            line.forget()
        if self._number != 1:
            self._number = 1
        else:
            self._number = 4 if line.status.online else 2
