"""One agent a data folder: a lock that dies with its process, however that ends."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

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
    handle = os.open(data_dir / NAME, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            _lock(handle)
        except OSError:
            raise AgentRunning(
                f"an agent already serves {data_dir}", hint="Look with: stammkunde agent status"
            ) from None
        yield
    finally:
        # Closing lets go of the lock; the file stays, or two agents could lock two files.
        os.close(handle)


def is_running(data_dir: Path) -> bool:
    """Say whether an agent serves the data folder."""
    if not (data_dir / NAME).is_file():
        return False
    try:
        with agent_lock(data_dir):
            return False
    except AgentRunning:
        return True


def _lock(handle: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
