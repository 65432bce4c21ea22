"""Runs one round of an agent that kills itself: ``dying_agent.py till.toml WHERE NUMBER``.

WHERE: ``action`` dies before the action of this number, ``commit`` before the commit of this number
in a new cache file. ``in_place`` as fourth word: a broken agent that empties the current file
instead of filling a new one.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from pos_plugin.clock import SystemClock
from pos_plugin.storage.cache_schema import TABLES
from pos_plugin.storage.cache_writer import CacheWriter
from sync_agent import cycle
from sync_agent.agent import Agent
from sync_agent.settings import read_settings


class _Death:
    """Counts, and ends the process at a number."""

    def __init__(self, number: int) -> None:
        self.left = number

    def count(self) -> bool:
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self.left -= 1
        return False


def main(config: str, where: str, number: str, how: str = "") -> None:
    death = _Death(int(number))
    opened = CacheWriter.open_next

    def open_next(data_dir: Path) -> CacheWriter:
        writer = opened(data_dir)
        if where == "commit":
            writer._connection.set_commit_hook(death.count)
        return writer

    CacheWriter.open_next = staticmethod(open_next)  # type: ignore[method-assign, assignment]
    with Agent(read_settings(Path(config)), SystemClock()) as agent:
        act = agent._do

        def counting(action: Any) -> Any:
            if where == "action":
                death.count()
            if how == "in_place" and isinstance(action, cycle.BeginRefetch):
                connection = agent._writer._connection
                for name in (*TABLES, "cursor"):
                    connection.execute(f"DELETE FROM {name}")  # noqa: S608
                return cycle.RefetchBegun()
            if how == "in_place" and isinstance(action, cycle.PutCacheInPlace):
                return cycle.CachePutInPlace()
            return act(action)

        agent._do = counting  # type: ignore[method-assign]
        agent.cycle()


if __name__ == "__main__":
    main(*sys.argv[1:])
