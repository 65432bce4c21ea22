"""The plugin as the service sees it: asked without stopping the event loop."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from pos_plugin.plugin import Plugin

Answer = TypeVar("Answer")

ASKING_MAX: Final = 32
"""Requests that wait for the plugin at once; a till sends one after the other."""


class Desk:
    """Serves whoever asks the plugin.

    The plugin does its work on a thread of its own and lets nobody wait longer than its budget. So
    each who asks waits on a thread of his own: behind somebody who waits for a slow disk, a budget
    would begin too late.
    """

    def __init__(self, plugin: Plugin) -> None:
        self.plugin = plugin
        self._asking = ThreadPoolExecutor(max_workers=ASKING_MAX, thread_name_prefix="asking")

    async def ask(self, work: Callable[[Plugin], Answer]) -> Answer:
        """Return what the plugin answers; other requests go on meanwhile."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._asking, work, self.plugin)

    def close(self) -> None:
        """Finish what was asked and let the thread go; the plugin stays open."""
        self._asking.shutdown()
