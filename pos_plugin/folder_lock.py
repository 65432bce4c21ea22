"""One process a role and data folder: a lock that dies with its process, however that ends."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from pos_plugin.errors import StorageError

if TYPE_CHECKING:
    from pathlib import Path


class FolderTaken(Exception):  # noqa: N818 - an answer, read as a state
    """Another process holds the lock."""


class FolderLock:
    """Holds a lock file until ``release`` or the end of the process.

    Args:
        path: of the lock file; made when missing, and never removed: two processes could otherwise
            lock two files.

    Raises:
        FolderTaken: somebody holds it.
        StorageError: the file cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as fault:
            raise StorageError(
                f"{path.name} cannot be opened: {fault.strerror}",
                hint="Look at the rights of the data folder, whose it is, and at the disk.",
            ) from None
        try:
            _lock(handle)
        except OSError:
            os.close(handle)
            raise FolderTaken from None
        self._handle: int | None = handle

    def release(self) -> None:
        """Let go; twice is once."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def _lock(handle: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
