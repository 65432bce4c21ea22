"""Room kept for receipts: a file that is given up when the disk is full (sync.md 4.5).

Random bytes, because a file system that compresses, or leaves holes out, would give nothing back.
While it is given up, nothing is spent and nothing is issued at this till: earning and selling go on
for thousands of receipts, and somebody has time to make room.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

NAME: Final = "ballast"
SPENT: Final = "ballast.spent"
SIZE_BYTES: Final = 32 << 20  # 5,000 receipts and more
_AT_ONCE: Final = 1 << 20
_LOOKS: Final = 10  # idle seconds before the disk is asked: a start is busy enough
_EVERY: Final = 60


class Ballast:
    """The ballast of one data folder; the till makes it and gives it up.

    Args:
        data_dir: data folder of the till.
        size_bytes: of the file.
    """

    def __init__(self, data_dir: Path, *, size_bytes: int = SIZE_BYTES) -> None:
        self._path = data_dir / NAME
        self._mark = data_dir / SPENT
        self._size_bytes = size_bytes
        self._looks = 0
        self.is_spent = self._mark.exists()
        """Whether it was given up and the disk has no room for a new one yet."""

    def give_up(self) -> bool:
        """Make room for receipts; False when it was given up before."""
        try:
            self._path.unlink()
        except OSError:
            return False
        self.is_spent = True
        with suppress(OSError):  # known until the next start all the same
            self._mark.touch()
        return True

    def look(self) -> None:
        """Make it again, now and then, once the disk has twice its size to spare."""
        self._looks += 1
        if self._looks >= _LOOKS and (self._looks - _LOOKS) % _EVERY == 0:
            self.ensure()

    def ensure(self) -> bool:
        """Make it where it is missing and fits; say whether it is there."""
        if self._path.exists():
            return True
        try:
            if shutil.disk_usage(self._path.parent).free < 2 * self._size_bytes:
                return False
            self._write()
        except OSError:
            return False
        self.is_spent = False
        with suppress(OSError):
            self._mark.unlink()
        return True

    def _write(self) -> None:
        temporary = self._path.with_name(f"{NAME}.new")
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                left = self._size_bytes
                while left > 0:
                    left -= file.write(os.urandom(min(_AT_ONCE, left)))
                file.flush()
                os.fsync(file.fileno())
            temporary.rename(self._path)
        except OSError:
            with suppress(OSError):
                temporary.unlink()
            raise
