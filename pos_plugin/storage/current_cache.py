"""The cache file that is current now: reopened when the agent has put another one in place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pos_plugin.errors import StorageError
from pos_plugin.storage.cache_reader import CacheReader
from pos_plugin.storage.connect import CURRENT_NAME

if TYPE_CHECKING:
    from pathlib import Path


class CurrentCache:
    """Hands out one reader at a time; asking costs a look at ``cache.current``."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._named = data_dir / CURRENT_NAME
        self._seen: tuple[int, int] | None = None
        self._reader: CacheReader | None = None

    def reader(self) -> CacheReader | None:
        """Return a reader of the current file, or None while there is none.

        Raises:
            StorageError: there is one and it cannot be read.
        """
        try:
            stat = self._named.stat()
        except OSError:
            self.close()
            return None
        seen = (stat.st_mtime_ns, stat.st_ino)
        if seen != self._seen or self._reader is None:
            self.close()
            self._reader = CacheReader.open(self._data_dir)
            self._seen = seen
        return self._reader

    def if_readable(self) -> CacheReader | None:
        """Return a reader; None also where the file cannot be read and the work goes on without."""
        try:
            return self.reader()
        except StorageError:
            return None

    def close(self) -> None:
        """Let go of the file."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None
