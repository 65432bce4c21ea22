"""A printer of Windows, past its driver: a RAW job of the print spooler; by pywin32.

Not run: no Windows was at hand. Written and reviewed against the documents of pywin32 (win32print)
and of the Windows print spooler: OpenPrinter, StartDocPrinter level 1 with data type "RAW",
StartPagePrinter, WritePrinter (returns the bytes written), EndPagePrinter, EndDocPrinter,
ClosePrinter. The spooler prints a job when it has ended; whether it comes out nobody says, so this
way is always level 0.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from printers.errors import PrinterOffline
from printers.transports.port import gone, pause

if TYPE_CHECKING:
    from printers.levels import Restart
    from printers.transports.port import ModemLines

_CHUNK_BYTES: Final = 4_096
_HINT: Final = "Check the name in till.toml: it is the one in Windows' list of printers."
_DOCUMENT: Final = "Stammkunde"


class WinRawTransport:
    """A printer in Windows' list of printers.

    Args:
        queue: its name there.
    """

    chunk_bytes = _CHUNK_BYTES
    is_for_one_job = True
    restart: Restart = "breaks"

    def __init__(self, queue: str) -> None:
        self._queue = queue
        self._handle: Any = None
        self._has_job = False

    def open(self, deadline_s: float) -> None:
        """Open the printer; see :class:`printers.transports.port.Transport`."""
        del deadline_s  # the spooler is on this machine
        if self._handle is not None:
            return
        win32print, error = _load()
        with gone(self._queue, _HINT, error):
            self._handle = win32print.OpenPrinter(self._queue)

    def write_some(self, chunk: bytes, deadline_s: float) -> int:
        """Return what the spooler took; see :class:`printers.transports.port.Transport`."""
        del deadline_s
        if self._handle is None:
            raise PrinterOffline(f"{self._queue} is not open")
        win32print, error = _load()
        with gone(self._queue, _HINT, error):
            if not self._has_job:
                # Begun with the first bytes, so that a look leaves no empty job in the queue.
                win32print.StartDocPrinter(self._handle, 1, (_DOCUMENT, None, "RAW"))
                self._has_job = True
                win32print.StartPagePrinter(self._handle)
            return int(win32print.WritePrinter(self._handle, chunk))

    def read(self, limit: int, deadline_s: float) -> bytes:
        """Return nothing: a queue says nothing; waits until the deadline."""
        del limit
        while pause(deadline_s):
            pass
        return b""

    def modem_lines(self) -> ModemLines | None:
        """Return None: a queue has none."""
        return None

    def close(self) -> None:
        """End the job, which prints it; twice is once."""
        handle, self._handle = self._handle, None
        has_job, self._has_job = self._has_job, False
        if handle is None:
            return
        win32print, error = _load()
        if has_job:
            with suppress(error):
                win32print.EndPagePrinter(handle)
                win32print.EndDocPrinter(handle)
        with suppress(error):
            win32print.ClosePrinter(handle)


def _load() -> tuple[Any, type[Exception]]:
    try:
        import pywintypes
        import win32print
    except ImportError:
        raise PrinterOffline("pywin32 is missing", hint="pip install pywin32") from None
    return win32print, pywintypes.error
