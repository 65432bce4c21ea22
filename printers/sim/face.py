"""What all faces share: a thread that carries bytes to a machine and its answers away."""

from __future__ import annotations

from threading import Event, Thread
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Callable

STEP_S: Final = 0.005
_END_S: Final = 5.0


class Carrier:
    """A thread that takes one step after the other until it is ended.

    Args:
        name: of the thread.
        step: carries what there is, and waits no longer than a few milliseconds for more.
    """

    def __init__(self, name: str, step: Callable[[], None]) -> None:
        self._step = step
        self._ending = Event()
        self._thread = Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin; whoever owns it is whole by now."""
        self._thread.start()

    def rest(self) -> None:
        """Wait a moment where nothing can be waited for."""
        self._ending.wait(STEP_S)

    def end(self) -> None:
        """End the thread."""
        self._ending.set()
        self._thread.join(_END_S)

    def _run(self) -> None:
        while not self._ending.is_set():
            self._step()


class Face:
    """A way to a machine, for a ``with``."""

    def close(self) -> None:
        """Take the printer away from this way."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
