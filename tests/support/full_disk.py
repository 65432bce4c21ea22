"""A disk that can be filled and emptied: an apsw VFS whose writes fail while ``full`` is set."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import apsw

if TYPE_CHECKING:
    from collections.abc import Iterator


class _File(apsw.VFSFile):
    def __init__(self, disk: FullDisk, name: Any, flags: Any) -> None:
        super().__init__(disk.base, name, flags)
        self._disk = disk

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - the name of SQLite
        if self._disk.full:
            raise apsw.FullError("database or disk is full")
        super().xWrite(data, offset)


class FullDisk(apsw.VFS):
    """The default file system of connections opened while it stands."""

    def __init__(self) -> None:
        self.base = apsw.vfs_names()[0]
        self.full = False
        super().__init__("full-disk", self.base, makedefault=True)

    def xOpen(self, name: Any, flags: Any) -> _File:  # noqa: N802
        return _File(self, name, flags)


@contextmanager
def fillable_disk() -> Iterator[FullDisk]:
    """Put the disk in place, and take it away."""
    disk = FullDisk()
    try:
        yield disk
    finally:
        disk.unregister()
