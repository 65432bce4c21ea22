"""A printer on a serial line, also behind ``rfc2217://``; by pyserial.

Three traps of pyserial shape this file (read in its source, 3.5):

- A write that times out does not say how much it wrote. So we ask the line first whether it takes
  anything, and write without blocking; Windows cannot, there a timeout is a doubt.
- ``dsrdtr`` does nothing on POSIX. So DSR is looked at before every small piece, and no piece goes
  out while an earlier one still waits in the machine.
- ``rfc2217://`` has no brake and no write timeout, and each change of a timeout renegotiates the
  port. So bytes go out no faster than the line behind it can carry them.
"""

from __future__ import annotations

import select
import sys
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from printers.errors import PrinterBusy, PrinterOffline, PrinterReset
from printers.transports.port import POLL_S, ModemLines, gone, left_of, pause

if TYPE_CHECKING:
    from collections.abc import Callable

    from printers.levels import Restart
    from printers.place import Flow

WRITE_TIMEOUT_S: Final = 2.0
SLOW_BAUD: Final = 19_200
_SLOW_CHUNK_BYTES: Final = 256
_FAST_CHUNK_BYTES: Final = 512
# Printers go busy with 128 bytes to spare (Epson's documents): less than that fits after a look.
_DSR_PIECE_BYTES: Final = 64
_READ_TIMEOUT_S: Final = 0.02
_BITS_PER_BYTE: Final = 10
_LINE_POLL_S: Final = 0.001
_HINT: Final = "Check that the printer is on, its cable, and the port in till.toml."


class SerialTransport:
    """A serial port.

    Args:
        port: ``/dev/ttyS0``, ``COM3``, or an address ``rfc2217://host:port``.
        baud: bits a second.
        flow: how the printer says that it is full: ``dsr`` (what most are set to), ``rtscts``,
            ``xonxoff``, ``none``.
    """

    is_for_one_job = False

    def __init__(self, port: str, *, baud: int, flow: Flow = "dsr") -> None:
        self._port = port
        self._baud = baud
        self._flow = flow
        self._line: Any = None
        self._had_dsr = False
        # When the line behind a server in the network has carried what it has.
        self._carried_at_s = 0.0

    @property
    def chunk_bytes(self) -> int:
        """256 bytes up to 19,200 baud, else 512."""
        return _SLOW_CHUNK_BYTES if self._baud <= SLOW_BAUD else _FAST_CHUNK_BYTES

    @property
    def restart(self) -> Restart:
        """DSR is the power where it is not the brake; without it nothing tells.

        Neither does CTS: what waits in the system for it goes out after a restart, unseen.
        """
        if self._flow == "dsr":
            return "pauses"
        return "shows" if self._had_dsr else "hidden"

    def open(self, deadline_s: float) -> None:
        """Open the port for us alone; see :class:`printers.transports.port.Transport`."""
        del deadline_s  # pyserial has its own: 5 s for a connection, none for a port
        if self._line is not None:
            return
        import serial

        settings: dict[str, Any] = {
            "baudrate": self._baud,
            "timeout": _READ_TIMEOUT_S,
            "rtscts": self._flow == "rtscts",
            "xonxoff": self._flow == "xonxoff",
            "exclusive": True,
        }
        if not self._is_remote:
            settings["write_timeout"] = WRITE_TIMEOUT_S if sys.platform == "win32" else 0
        line = None
        try:
            line = serial.serial_for_url(self._port, do_not_open=True, **settings)
            line.open()
        except (serial.SerialException, OSError, ValueError) as fault:
            _close(line)
            if "lock" in str(fault):
                raise PrinterBusy(f"{self._port} is in use by another program") from fault
            raise PrinterOffline(f"{self._port}: {fault}", hint=_HINT) from fault
        self._line = line
        lines = self.modem_lines()
        if self._flow == "dsr" and lines is None:
            self.close()
            raise PrinterOffline(
                f"{self._port} shows no DSR",
                hint='Set another `flow` for this printer in till.toml, for example "rtscts".',
            )
        self._had_dsr = lines is not None and lines.dsr

    def write_some(self, chunk: bytes, deadline_s: float) -> int:
        """Return what the line took; see :class:`printers.transports.port.Transport`."""
        while not self._takes_more():
            if not pause(deadline_s, step_s=self._step_s()):
                return 0
        piece = chunk[:_DSR_PIECE_BYTES] if self._flow == "dsr" else chunk
        if not self._is_remote and sys.platform != "win32":
            ready = select.select([], [self._line.fileno()], [], left_of(deadline_s))[1]
            if not ready:
                return 0
        accepted = int(self._talk(lambda: self._line.write(piece)))
        wire_s = accepted * _BITS_PER_BYTE / self._baud
        self._carried_at_s = max(monotonic(), self._carried_at_s) + wire_s
        return accepted

    def read(self, limit: int, deadline_s: float) -> bytes:
        """Return what came; see :class:`printers.transports.port.Transport`."""
        while True:
            self._look_for_power()
            if not self._talk(lambda: self._line.in_waiting) and left_of(deadline_s) <= 0:
                return b""
            data = bytes(self._talk(lambda: self._read_waiting(limit)))
            if data or left_of(deadline_s) <= 0:
                return data

    def modem_lines(self) -> ModemLines | None:
        """Return CTS and DSR; None where there are none, as on a pseudo terminal."""
        if self._line is None:
            return None
        import serial

        try:
            return ModemLines(cts=bool(self._line.cts), dsr=bool(self._line.dsr))
        except (OSError, serial.SerialException):
            return None

    def close(self) -> None:
        """Close the port; twice is once."""
        line, self._line = self._line, None
        _close(line)

    @property
    def _is_remote(self) -> bool:
        return "://" in self._port

    def _read_waiting(self, limit: int) -> bytes:
        # Asked for more than there is, pyserial waits for the rest until its timeout.
        return bytes(self._line.read(max(1, min(limit, self._line.in_waiting))))

    def _takes_more(self) -> bool:
        self._look_for_power()
        # Behind a server in the network only we can look at CTS before we fill its memory, and on
        # Windows a write that is braked for 2 s cannot be counted.
        looks_at_cts = self._flow == "rtscts" and (self._is_remote or sys.platform == "win32")
        if self._flow != "dsr" and not looks_at_cts:
            return not self._is_remote or monotonic() >= self._carried_at_s
        lines = self.modem_lines()
        if lines is None or not (lines.cts if looks_at_cts else lines.dsr):
            return False
        if self._is_remote:
            return monotonic() >= self._carried_at_s
        # What still waits in the machine would go out although the printer says stop.
        return int(self._talk(lambda: self._line.out_waiting)) == 0

    def _step_s(self) -> float:
        # No longer than the line needs for a piece, or the line would stand idle.
        left_s = self._carried_at_s - monotonic()
        return min(POLL_S, left_s) if left_s > 0 else _LINE_POLL_S

    def _look_for_power(self) -> None:
        # Where DSR is not the brake it is the power: it falls when the printer is switched off.
        if self.restart != "shows":
            return
        lines = self.modem_lines()
        if lines is not None and not lines.dsr:
            raise PrinterReset(f"{self._port}: the printer was switched off")

    def _talk(self, call: Callable[[], Any]) -> Any:  # noqa: ANN401 - pyserial has no types
        import serial

        if self._line is None:
            raise PrinterOffline(f"{self._port} is not open")
        with gone(self._port, _HINT, serial.SerialException, OSError, TypeError):
            return call()


def _close(line: Any) -> None:  # noqa: ANN401 - pyserial has no types
    if line is None:
        return
    # pyserial's client of RFC 2217 forgets its socket when the other end has gone.
    forgotten = getattr(line, "_socket", None)
    with suppress(OSError):
        line.close()
    if forgotten is not None:
        with suppress(OSError):
            forgotten.close()
