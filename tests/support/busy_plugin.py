"""A plugin whose own thread is held up, as by a disk that does not answer."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pos_plugin import Plugin

HELD_S_MAX = 30


@contextmanager
def busy(plugin: Plugin) -> Iterator[None]:
    """Hold the thread until the end of the block; what was asked meanwhile is then done."""
    entered, leave = threading.Event(), threading.Event()

    def work() -> None:
        entered.set()
        leave.wait(HELD_S_MAX)

    def hold() -> None:
        plugin._counter.do(
            work,
            within_ms=HELD_S_MAX * 1000,
            instead=lambda _fault: None,
            late=lambda: None,
        )

    holder = threading.Thread(target=hold)
    holder.start()
    try:
        assert entered.wait(10)
        yield
    finally:
        leave.set()
        holder.join(10)
