"""The thread behind a spool: works until nothing is left, sleeps until somebody wakes it.

The end of this thread would be the end of printing, so no fault ends it: it is reported, and after
a growing pause the work is tried again.
"""

from __future__ import annotations

from threading import Event, Thread, get_ident
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

RETRY_FIRST_MS: Final = 1_000
RETRY_MAX_MS: Final = 30_000
STOP_MS: Final = 2_000


class Worker:
    """One thread that does one step after the other.

    Args:
        name: of the thread.
        step: does one piece of work and returns how long the thread may sleep before the next, in
            milliseconds: 0 = there may be more, None = until :meth:`wake`.
        on_fault: told of everything that ``step`` raises.
        retry_first_ms: pause after a fault; doubles up to 30 s.
    """

    def __init__(
        self,
        name: str,
        step: Callable[[], int | None],
        *,
        on_fault: Callable[[Exception], None],
        retry_first_ms: int = RETRY_FIRST_MS,
    ) -> None:
        self._step = step
        self._on_fault = on_fault
        self._retry_first_ms = retry_first_ms
        self._work = Event()
        self._stopping = Event()
        self._thread = Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin with the first step at once."""
        self._work.set()
        self._thread.start()

    def wake(self) -> None:
        """Say that there is work; returns at once."""
        self._work.set()

    def stop(self, release: Callable[[], None]) -> bool:
        """End within 2 s: a running step may end in the first half, then ``release`` is called.

        Args:
            release: lets go of whatever the step may hang on.

        Returns:
            Whether the thread has ended; never when its own step asks: it ends after that step.
        """
        self._stopping.set()
        self._work.set()
        if self._thread.ident == get_ident():
            return False
        if self._thread.is_alive():
            self._thread.join(STOP_MS / 2_000)
        release()
        if self._thread.is_alive():
            self._thread.join(STOP_MS / 2_000)
        return not self._thread.is_alive()

    def _run(self) -> None:
        retry_ms = self._retry_first_ms
        sleep_ms: int | None = None
        while not self._stopping.is_set():
            self._work.wait(None if sleep_ms is None else sleep_ms / 1_000)
            self._work.clear()
            if self._stopping.is_set():
                return
            try:
                sleep_ms = self._step()
                retry_ms = self._retry_first_ms
            except Exception as error:  # noqa: BLE001 - see the law of this file
                self._on_fault(error)
                self._stopping.wait(retry_ms / 1_000)
                retry_ms = min(2 * retry_ms, RETRY_MAX_MS)
                sleep_ms = 0
