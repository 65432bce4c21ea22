"""One server a data folder; who puts a copy in its place must wait until it has stopped."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from head_office.errors import HeadOfficeServes
from pos_plugin.folder_lock import FolderLock, FolderTaken

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAME: Final = "serve.lock"


@contextmanager
def sole(folder: Path) -> Iterator[None]:
    """Hold the data folder as its only server, or as who replaces its file.

    Raises:
        HeadOfficeServes: a server runs on it.
    """
    try:
        lock = FolderLock(folder / NAME)
    except FolderTaken:
        raise HeadOfficeServes(folder) from None
    try:
        yield
    finally:
        lock.release()
