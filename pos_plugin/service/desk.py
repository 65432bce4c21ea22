"""The plugin as the service sees it: one thread, one call after the other."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from pos_plugin.plugin import Plugin

Answer = TypeVar("Answer")


class Desk:
    """Serves whoever asks the plugin, in the order in which they came.

    The plugin takes calls of any thread, one at a time; a queue before one thread keeps the order
    and never ties up more than that thread while a disk is slow.
    """

    def __init__(self, plugin: Plugin) -> None:
        self.plugin = plugin
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="plugin")

    async def ask(self, work: Callable[[Plugin], Answer]) -> Answer:
        """Return what the plugin answers; other requests go on meanwhile."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._worker, work, self.plugin)

    def close(self) -> None:
        """Finish what was asked and let the thread go; the plugin stays open."""
        self._worker.shutdown()
