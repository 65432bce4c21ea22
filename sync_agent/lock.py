"""One agent a data folder."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from threading import Event
from typing import TYPE_CHECKING, Final

from pos_plugin.folder_lock import FolderLock, FolderTaken
from pos_plugin.storage.connect import make_data_dir
from sync_agent.errors import AgentRunning

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAME: Final = "agent.lock"


TRIES: Final = 10
TRY_AGAIN_S: Final = 0.1  # whoever only looks whether an agent runs holds the lock for an instant


@contextmanager
def agent_lock(data_dir: Path, *, tries: int = 1) -> Iterator[None]:
    """Hold the lock of the data folder.

    Args:
        data_dir: of the till.
        tries: how often, ``TRIES`` for whoever comes to stay.

    Raises:
        AgentRunning: another process holds it.
        StorageError: the folder cannot be written.
    """
    make_data_dir(data_dir)
    lock = _take(data_dir, tries)
    try:
        yield
    finally:
        lock.release()


def is_running(data_dir: Path) -> bool:
    """Say whether an agent serves the data folder."""
    if not (data_dir / NAME).is_file():
        return False
    try:
        FolderLock(data_dir / NAME).release()
    except FolderTaken:
        return True
    return False


def _take(data_dir: Path, tries: int) -> FolderLock:
    rest = Event()
    for left in reversed(range(tries)):
        with suppress(FolderTaken):
            return FolderLock(data_dir / NAME)
        if left:
            rest.wait(TRY_AGAIN_S)
    raise AgentRunning(
        f"an agent already serves {data_dir}", hint="Look with: stammkunde agent status"
    )
