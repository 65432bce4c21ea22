"""A simulated printer behind a named pipe: it takes bytes and cannot answer."""

from __future__ import annotations

import fcntl
import os
import select
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from printers.sim.face import STEP_S, Carrier, Face

if TYPE_CHECKING:
    from pathlib import Path

    from printers.sim.machine import Machine

_READ_BYTES: Final = 4_096
# Of Linux; as small as it lets us, so that a full printer is felt.
_SET_PIPE_SIZE: Final = 1_031


class FifoFace(Face):
    """A device file of a machine.

    Args:
        machine: the printer.
        path: of the pipe; made, and removed at the end.
    """

    def __init__(self, machine: Machine, path: Path) -> None:
        self._machine = machine
        self._path = path
        self._breaks = machine.breaks
        self._pending = b""
        os.mkfifo(path, 0o600)
        self._handle = self._open()
        self._carrier = Carrier("simulated-fifo", self._step)
        self._carrier.start()

    def close(self) -> None:
        """Remove the device."""
        self._carrier.end()
        self._drop()
        self._path.unlink(missing_ok=True)

    def _open(self) -> int:
        handle = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK)
        with suppress(OSError):
            fcntl.fcntl(handle, _SET_PIPE_SIZE, _READ_BYTES)
        return handle

    def _drop(self) -> None:
        if self._handle >= 0:
            os.close(self._handle)
        self._handle = -1
        self._pending = b""

    def _step(self) -> None:
        # While it starts nobody reads, so that whoever writes notices that his handle is dead.
        is_there = self._machine.is_there and self._machine.has_power
        if self._machine.breaks != self._breaks:
            self._breaks = self._machine.breaks
            self._drop()
        if not is_there:
            self._carrier.rest()
            return
        if self._handle < 0:
            self._handle = self._open()
        self._pending = self._pending[self._machine.take(self._pending) :]
        # Nobody hears it.
        self._machine.answers()
        if self._pending or not select.select([self._handle], [], [], STEP_S)[0]:
            self._carrier.rest()
            return
        with suppress(BlockingIOError):
            self._pending = os.read(self._handle, _READ_BYTES)
        if not self._pending:
            # No writer has it open; reading would return at once for ever.
            self._carrier.rest()
