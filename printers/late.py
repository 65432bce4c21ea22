"""Answers that come after their attempt has ended: they count while its connection stands (P29)."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Final

from printers.ports import JobReason
from printers.status import stop_of

if TYPE_CHECKING:
    from printers.ports import PrinterStatus
    from printers.status import Answer

_AWAITED_MAX: Final = 20


class LateAnswers:
    """The attempts of one connection that ended in doubt and may still be answered."""

    def __init__(self) -> None:
        self._awaited: list[str] = []
        self._found: list[str] = []
        self._until_s = 0.0

    @property
    def is_awaited(self) -> bool:
        """Whether any may still come."""
        return bool(self._awaited)

    @property
    def is_over(self) -> bool:
        """Whether a connection need not be kept for them any longer."""
        return not self._awaited or monotonic() > self._until_s

    def expect(self, process_id: str, *, for_s: float) -> None:
        """Say that an attempt ended without its answer."""
        self._awaited = [*self._awaited, process_id][-_AWAITED_MAX:]
        self._until_s = monotonic() + for_s

    def note(self, answer: Answer, status: PrinterStatus) -> bool:
        """Note an answer to an earlier attempt; False if it is none.

        One that comes while the printer reports a stop is not believed.
        """
        if answer.kind != "process_id" or answer.value not in self._awaited:
            return False
        self._awaited.remove(answer.value)
        if stop_of(status) is JobReason.NONE:
            self._found.append(answer.value)
        return True

    def take(self) -> tuple[str, ...]:
        """Return what came since the last call."""
        found, self._found = tuple(self._found), []
        return found

    def give_up(self) -> None:
        """Say that the connection is gone, and every answer with it."""
        self._awaited.clear()
