"""A simulated printer that lives in real time; its faces carry bytes to it and answers away."""

from __future__ import annotations

from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING

from printers.sim.core import PrinterCore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from printers.page import Page
    from printers.sim.core import Knobs, Reaction
    from printers.sim.faults import Fault
    from printers.sim.interpreter import FramingError


class Machine:
    """A printer, used by any thread.

    Args:
        knobs: how it is built.
        faults: what happens to it, in this order.
        on_page: told of each page that came out, and whether it is torn.
    """

    def __init__(
        self,
        knobs: Knobs | None = None,
        faults: Iterable[Fault] = (),
        *,
        on_page: Callable[[Page, bool], object] = lambda _page, _is_torn: None,
    ) -> None:
        self._core = PrinterCore(knobs, faults)
        self._on_page = on_page
        self._lock = Lock()
        self._answers = bytearray()
        self.pages: list[Page] = []
        self.torn: list[Page] = []
        self.errors: list[FramingError] = []

    def take(self, data: bytes) -> int:
        """Give it bytes; return how many it took."""
        with self._lock:
            return self._note(self._core.feed(data, monotonic()))

    def answers(self, limit: int = 4_096) -> bytes:
        """Take away what it said."""
        with self._lock:
            self._note(self._core.tick(monotonic()))
            said = bytes(self._answers[:limit])
            del self._answers[:limit]
            return said

    def happen(self, *faults: Fault) -> None:
        """Let these faults come, after those that still wait."""
        with self._lock:
            self._core.faults.extend(faults)

    @property
    def is_ready(self) -> bool:
        """Whether DSR and CTS are on."""
        with self._lock:
            self._note(self._core.tick(monotonic()))
            return self._core.is_ready

    @property
    def is_there(self) -> bool:
        """Whether it is plugged in and on."""
        with self._lock:
            self._note(self._core.tick(monotonic()))
            return self._core.is_there

    @property
    def has_power(self) -> bool:
        """Whether it is on and not just starting."""
        with self._lock:
            self._note(self._core.tick(monotonic()))
            return self._core.has_power

    @property
    def is_plugged(self) -> bool:
        """Whether its cable is in."""
        with self._lock:
            self._note(self._core.tick(monotonic()))
            return self._core.is_plugged

    @property
    def breaks(self) -> int:
        """How often its connection broke so far."""
        with self._lock:
            return self._core.breaks

    @property
    def taken_bytes(self) -> int:
        """All bytes it ever took."""
        with self._lock:
            return self._core.taken_bytes

    def _note(self, reaction: Reaction) -> int:
        self._answers += reaction.answers
        self.errors += reaction.errors
        for page in reaction.torn:
            self.torn.append(page)
            self._on_page(page, True)
        for page in reaction.pages:
            self.pages.append(page)
            self._on_page(page, False)
        return reaction.accepted
