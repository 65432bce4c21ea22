"""Brings imports into the cache for whoever is not the agent: by its running one, or as one."""

from __future__ import annotations

import time
from threading import Event
from typing import TYPE_CHECKING, Final

from pos_plugin.storage.cache_reader import CacheReader
from sync_agent.errors import AgentRunning
from sync_agent.imports.one_at_a_time import ImportRefused
from sync_agent.imports.shelf import Shelf
from sync_agent.local.agent import LocalAgent
from sync_agent.lock import agent_lock
from sync_agent.waking import WAKE_NAME

if TYPE_CHECKING:
    from collections.abc import Callable

    from pos_plugin.clock import Clock
    from pos_plugin.config import TillConfig

WAIT_S: Final = 120.0
LOOK_S: Final = 0.05


def settler(config: TillConfig, clock: Clock) -> Callable[[], None]:
    """Return what waits until the cache holds every import, and helps where no agent runs."""

    def settle() -> None:
        pause = Event()
        ends_s = time.monotonic() + WAIT_S
        while not _is_settled(config):
            try:
                with agent_lock(config.data_dir), LocalAgent(config, clock) as agent:
                    agent.settle()
            except AgentRunning:
                (config.data_dir / WAKE_NAME).touch()
                pause.wait(LOOK_S)
            if time.monotonic() > ends_s:
                raise ImportRefused(
                    "the agent does not bring the imports into the cache",
                    hint="Look with: stammkunde agent status",
                )

    return settle


def _is_settled(config: TillConfig) -> bool:
    entries = Shelf(config.data_dir).entries()
    cache = CacheReader.open(config.data_dir)
    if cache is None:
        return not entries
    with cache:
        cursor = cache.cursor(f"shop:{config.shop}")
    return not entries or (cursor is not None and cursor.position >= entries[-1].last_seq)
