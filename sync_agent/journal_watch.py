"""Notices that the till wrote an event, so that it is sent at once and not at the next poll."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pos_plugin.closing import Closing
from pos_plugin.errors import StorageError
from pos_plugin.storage.connect import JOURNAL_NAME
from pos_plugin.storage.journal_reader import JournalReader

if TYPE_CHECKING:
    from pathlib import Path


class JournalWatch(Closing):
    """Looks at the journal of a data folder; a look is a ``PRAGMA data_version``.

    Print jobs are written into the same file: only a higher event number is news.
    """

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._journal: JournalReader | None = None
        self._file: tuple[int, int] | None = None
        self._version: int | None = None
        self._last_seq = 0

    def close(self) -> None:
        """Let go of the journal."""
        if self._journal is not None:
            self._journal.close()
            self._journal = None

    def has_news(self) -> bool:
        """Say whether an event was written since the last look.

        A journal that cannot be read has none: the cycle meets the same fault and says it.
        """
        try:
            return self._look()
        except StorageError:
            self.close()
            return False

    def _look(self) -> bool:
        try:
            stat = (self._data_dir / JOURNAL_NAME).stat()
        except OSError:
            self.close()
            return False
        # A restore puts another file in place under the same name.
        if (file := (stat.st_dev, stat.st_ino)) != self._file or self._journal is None:
            self.close()
            self._journal = JournalReader.open(self._data_dir)
            self._file, self._version = file, None
        if self._journal is None:
            return False
        version = self._journal.data_version()
        if version == self._version:
            return False
        self._version = version
        last_seq = self._journal.last_seq()
        has_more, self._last_seq = last_seq != self._last_seq, last_seq
        return has_more
