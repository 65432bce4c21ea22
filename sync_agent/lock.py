"""One agent a data folder."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from pos_plugin.folder_lock import FolderLock, FolderTaken
from sync_agent.errors import AgentRunning

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAME: Final = "agent.lock"


@contextmanager
def agent_lock(data_dir: Path) -> Iterator[None]:
    """Hold the lock of the data folder.

    Raises:
        AgentRunning: another process holds it.
    """
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        lock = FolderLock(data_dir / NAME)
    except FolderTaken:
        raise AgentRunning(
            f"an agent already serves {data_dir}", hint="Look with: stammkunde agent status"
        ) from None
    try:
        yield
    finally:
        lock.release()


def is_running(data_dir: Path) -> bool:
    """Say whether an agent serves the data folder."""
    if not (data_dir / NAME).is_file():
        return False
    try:
        with agent_lock(data_dir):
            return False
    except AgentRunning:
        return True
