"""Whoever changes ``imports/`` holds a lock; nobody waits for it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from pos_plugin.errors import PosPluginError
from pos_plugin.folder_lock import FolderLock, FolderTaken

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOCK_NAME: Final = "import.lock"


class ImportRefused(PosPluginError):  # noqa: N818 - a state, as the faults of the storage
    """The till cannot import now, or not at all."""


@contextmanager
def alone(data_dir: Path) -> Iterator[None]:
    """Hold the lock of ``imports/``.

    Raises:
        ImportRefused: somebody else holds it.
    """
    try:
        lock = FolderLock(data_dir / LOCK_NAME)
    except FolderTaken:
        raise ImportRefused(
            "another import is under way", hint="Try again when it has ended."
        ) from None
    try:
        yield
    finally:
        lock.release()
