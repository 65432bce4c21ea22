"""A printer behind a device file, for example /dev/usb/lp0 of Linux.

Opened without O_CREAT and only if it is a character device: a missing /dev/usb/lp0 must not become
a file in which vouchers pile up (python-escpos 3.1 does that, measured).
"""

from __future__ import annotations

import errno
import os
import select
import stat
from typing import TYPE_CHECKING, Final

from printers.errors import PaperOut, PrinterBusy, PrinterOffline
from printers.transports.port import left_of, pause

if TYPE_CHECKING:
    from pathlib import Path

    from printers.levels import Restart
    from printers.transports.port import ModemLines

_CHUNK_BYTES: Final = 4_096
_NOT_ANSWERING: Final = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


class DeviceFileTransport:
    """A character device; a FIFO, too, where tests ask for one.

    Args:
        path: of the device.
        takes_fifo: for tests; a FIFO takes bytes and answers nothing.
    """

    chunk_bytes = _CHUNK_BYTES
    is_for_one_job = False

    def __init__(self, path: Path, *, takes_fifo: bool = False) -> None:
        self._path = path
        self._takes_fifo = takes_fifo
        self._handle: int | None = None
        self._can_read = False

    @property
    def restart(self) -> Restart:
        """A printer's device goes with its power; a terminal is a serial line, and stays."""
        is_terminal = self._handle is not None and os.isatty(self._handle)
        return "hidden" if is_terminal else "breaks"

    def open(self, deadline_s: float) -> None:
        """Open the device; see :class:`printers.transports.port.Transport`."""
        del deadline_s  # opening without blocking takes no time
        if self._handle is not None:
            return
        flags = os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
        try:
            mode = self._path.stat().st_mode
            if stat.S_ISFIFO(mode) and self._takes_fifo:
                self._handle = os.open(self._path, os.O_WRONLY | flags)
                self._can_read = False
                return
            if not stat.S_ISCHR(mode):
                hint = "Name the printer's device in till.toml, for example /dev/usb/lp0."
                raise PrinterOffline(f"{self._path} is no device", hint=hint)
            self._handle, self._can_read = self._open_device(flags)
        except OSError as fault:
            raise self._unopened(fault) from None

    def write_some(self, chunk: bytes, deadline_s: float) -> int:
        """Return what the device took; see :class:`printers.transports.port.Transport`."""
        handle = self._open_handle()
        if not select.select([], [handle], [], left_of(deadline_s))[1]:
            return 0
        try:
            return os.write(handle, chunk)
        except BlockingIOError:
            return 0
        except OSError as fault:
            if fault.errno == errno.ENOSPC:
                # So the printer drivers of Linux say it; nothing of this chunk was taken.
                raise PaperOut(f"{self._path}: no paper") from fault
            raise PrinterOffline(f"{self._path} is gone: {fault.strerror}") from fault

    def read(self, limit: int, deadline_s: float) -> bytes:
        """Return what came, nothing where it cannot be read."""
        handle = self._open_handle()
        while True:
            if self._can_read and select.select([handle], [], [], left_of(deadline_s))[0]:
                try:
                    data = os.read(handle, limit)
                except BlockingIOError:
                    data = b""
                except OSError as fault:
                    raise PrinterOffline(f"{self._path} is gone: {fault.strerror}") from fault
                if data:
                    return data
            # A device with nothing to say is readable and empty.
            if not pause(deadline_s):
                return b""

    def modem_lines(self) -> ModemLines | None:
        """Return None: a device file shows none."""
        return None

    def close(self) -> None:
        """Close the device; twice is once."""
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)

    def _open_device(self, flags: int) -> tuple[int, bool]:
        try:
            return os.open(self._path, os.O_RDWR | flags), True
        except OSError as fault:
            if fault.errno not in _NOT_ANSWERING:
                raise
        return os.open(self._path, os.O_WRONLY | flags), False

    def _unopened(self, fault: OSError) -> PrinterOffline:
        if fault.errno == errno.EBUSY:
            return PrinterBusy(f"{self._path} is in use")
        hint = "Check that the printer is on and its cable."
        if fault.errno in _NOT_ANSWERING:
            hint = "The till's user needs the group of the device, mostly `lp` (docs/printing.md)."
        return PrinterOffline(f"{self._path}: {fault.strerror}", hint=hint)

    def _open_handle(self) -> int:
        if self._handle is None:
            raise PrinterOffline(f"{self._path} is not open")
        return self._handle
