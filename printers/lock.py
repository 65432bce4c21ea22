"""One process a printer: a lock file that holds the pid and dies with its process."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

_PID_BYTES_MAX: Final = 20
# Windows locks bytes; this one lies behind the number, so that others can read it.
_LOCKED_BYTE: Final = 1_000


class PrinterTaken(Exception):  # noqa: N818 - an answer, read as a state
    """Another process has the printer.

    Args:
        pid: of that process; 0 = it did not say.
    """

    def __init__(self, pid: int) -> None:
        super().__init__(f"the printer is in use by process {pid}" if pid else "in use")
        self.pid = pid


class PrinterLock:
    """Holds a printer until ``release`` or the end of the process.

    Args:
        path: of the lock file; made when missing, and never removed: two processes could otherwise
            lock two files.

    Raises:
        PrinterTaken: somebody has it.
        OSError: the file cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(handle)
        except OSError:
            pid = _read_pid(handle)
            os.close(handle)
            raise PrinterTaken(pid) from None
        os.ftruncate(handle, 0)
        os.write(handle, str(os.getpid()).encode())
        self._handle: int | None = handle

    def release(self) -> None:
        """Let go; twice is once."""
        handle, self._handle = self._handle, None
        if handle is not None:
            with suppress(OSError):
                os.ftruncate(handle, 0)
            os.close(handle)


def _read_pid(handle: int) -> int:
    try:
        os.lseek(handle, 0, os.SEEK_SET)
        text = os.read(handle, _PID_BYTES_MAX)
    except OSError:
        return 0
    return int(text) if text.isdigit() else 0


def _lock(handle: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        os.lseek(handle, _LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        os.lseek(handle, 0, os.SEEK_SET)
    else:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
