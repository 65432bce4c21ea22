"""The shortest way to a simulated printer: no cable at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from printers.errors import PrinterOffline, PrinterReset
from printers.transports.port import pause

if TYPE_CHECKING:
    from printers.levels import Restart
    from printers.sim.machine import Machine
    from printers.transports.port import ModemLines


class MemoryTransport:
    """A transport to a machine in the same process.

    Args:
        machine: the printer.
        chunk_bytes: how much it is offered at once.
    """

    is_for_one_job = False
    restart: Restart = "breaks"

    def __init__(self, machine: Machine, *, chunk_bytes: int = 512) -> None:
        self.chunk_bytes = chunk_bytes
        self._machine = machine
        self._breaks: int | None = None

    def open(self, deadline_s: float) -> None:
        """Connect; see :class:`printers.transports.port.Transport`."""
        del deadline_s
        if not self._machine.is_there:
            raise PrinterOffline("the simulated printer is not there")
        if self._breaks is None:
            self._breaks = self._machine.breaks

    def write_some(self, chunk: bytes, deadline_s: float) -> int:
        """Return what the machine took; see :class:`printers.transports.port.Transport`."""
        while True:
            self._look()
            accepted = self._machine.take(chunk)
            if accepted or not pause(deadline_s):
                return accepted

    def read(self, limit: int, deadline_s: float) -> bytes:
        """Return what it said; see :class:`printers.transports.port.Transport`."""
        while True:
            self._look()
            data = self._machine.answers(limit)
            if data or not pause(deadline_s):
                return data

    def modem_lines(self) -> ModemLines | None:
        """Return None: it has none."""
        return None

    def close(self) -> None:
        """Let go."""
        self._breaks = None

    def _look(self) -> None:
        if self._breaks is None or not self._machine.is_there:
            raise PrinterOffline("the simulated printer is gone")
        if self._machine.breaks != self._breaks:
            raise PrinterReset("the simulated printer was switched off")
