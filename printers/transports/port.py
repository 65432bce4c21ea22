"""What every way to a printer can do, and how its faults are named.

Laws (printing.md P24, P25):
1. ``write_some`` says exactly how many bytes were accepted. What it cannot count it raises for, and
   the job is a doubt.
2. Nothing waits past its deadline, so whoever closes the till is never kept waiting.
3. Nothing is ever created, reset, cleared or switched off.

Deadlines are seconds of the monotonic clock.
"""

from __future__ import annotations

from contextlib import contextmanager
from threading import Event
from time import monotonic
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from printers.errors import PrinterOffline

if TYPE_CHECKING:
    from collections.abc import Iterator

    from printers.levels import Restart

# How long a loop that can only look again waits in between.
POLL_S: Final = 0.01

_NEVER: Final = Event()


class ModemLines(NamedTuple):
    """The lines of a serial port that the printer drives."""

    cts: bool
    dsr: bool


class Transport(Protocol):
    """A way to one printer; used by one thread.

    Args:
        chunk_bytes: how much is offered to ``write_some`` at once.
        is_for_one_job: whether each job has its own connection.
        restart: what it shows of a printer that is switched off and on; counts while it is open.
    """

    @property
    def chunk_bytes(self) -> int: ...  # noqa: D102 - above

    @property
    def is_for_one_job(self) -> bool: ...  # noqa: D102 - above

    @property
    def restart(self) -> Restart: ...  # noqa: D102 - above

    def open(self, deadline_s: float) -> None:
        """Connect; an open transport is left as it is.

        Raises:
            PrinterError: it cannot be reached; ``PrinterBusy`` when somebody else has it.
        """
        ...

    def write_some(self, chunk: bytes, deadline_s: float) -> int:
        """Return how many bytes were accepted until the deadline; 0 = it takes nothing now.

        Raises:
            PrinterError: the connection is gone; how much of ``chunk`` was accepted is not known.
        """
        ...

    def read(self, limit: int, deadline_s: float) -> bytes:
        """Return what the printer said, as soon as it said anything; empty = nothing in time.

        Raises:
            PrinterError: the connection is gone.
        """
        ...

    def modem_lines(self) -> ModemLines | None:
        """Return the lines of a serial port; None if there are none to see."""
        ...

    def close(self) -> None:
        """Let go; twice is once. What was accepted still reaches the printer."""
        ...


def pause(deadline_s: float, *, step_s: float = POLL_S) -> bool:
    """Wait a moment before looking again; False when the deadline has passed."""
    left_s = deadline_s - monotonic()
    if left_s <= 0:
        return False
    _NEVER.wait(min(step_s, left_s))
    return True


def left_of(deadline_s: float) -> float:
    """Return the seconds left until a deadline, at least 0."""
    return max(0.0, deadline_s - monotonic())


@contextmanager
def gone(name: str, hint: str, *errors: type[Exception]) -> Iterator[None]:
    """Turn the faults of a library into ours: the printer is gone."""
    try:
        yield
    except errors as fault:
        raise PrinterOffline(f"{name}: {fault}", hint=hint) from fault
