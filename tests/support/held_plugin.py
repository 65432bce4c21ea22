"""A plugin whose own thread is busy with something else: every answer is late."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pos_plugin import Plugin


@contextmanager
def held(plugin: Plugin) -> Iterator[None]:
    """Keep the plugin's thread busy until the end of the block."""
    begun, go_on = threading.Event(), threading.Event()
    counter: Any = plugin._counter

    def hold() -> None:
        begun.set()
        assert go_on.wait(30)

    def nothing(*_: object) -> None:
        return None

    asker = threading.Thread(
        target=lambda: counter.do(hold, within_ms=60_000, instead=nothing, late=nothing)
    )
    asker.start()
    try:
        assert begun.wait(10)
        yield
    finally:
        go_on.set()
        asker.join(30)
