"""A simulated printer on a pseudo terminal: a serial port without modem lines (measured)."""

from __future__ import annotations

import os
import pty
import select
import tty
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from printers.sim.face import STEP_S, Carrier, Face

if TYPE_CHECKING:
    from printers.sim.machine import Machine

_READ_BYTES: Final = 4_096


class PtyFace(Face):
    """A serial port of a machine.

    A pulled cable ends the terminal: its path is a new one after a replug, as an adapter's is.

    Args:
        machine: the printer.
    """

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._breaks = machine.breaks
        self._pending = self._saying = b""
        self._ours, self._theirs = self._open()
        self._carrier = Carrier("simulated-pty", self._step)
        self._carrier.start()

    @property
    def path(self) -> str:
        """What the till opens."""
        return os.ttyname(self._theirs)

    def close(self) -> None:
        """Take the port away."""
        self._carrier.end()
        self._drop()

    def _open(self) -> tuple[int, int]:
        ours, theirs = pty.openpty()
        tty.setraw(theirs)
        os.set_blocking(ours, False)
        return ours, theirs

    def _drop(self) -> None:
        for handle in (self._ours, self._theirs):
            if handle >= 0:
                os.close(handle)
        self._ours = self._theirs = -1
        self._pending = self._saying = b""

    def _step(self) -> None:
        is_there = self._machine.is_there
        if self._machine.breaks != self._breaks:
            self._breaks = self._machine.breaks
            self._pending = self._saying = b""
            if not is_there:
                self._drop()
        if not is_there:
            self._carrier.rest()
            return
        if self._ours < 0:
            self._ours, self._theirs = self._open()
        self._pending = self._pending[self._machine.take(self._pending) :]
        self._saying += self._machine.answers()
        readable, writable, _ = select.select(
            [] if self._pending else [self._ours], [self._ours] if self._saying else [], [], STEP_S
        )
        with suppress(BlockingIOError):
            if readable:
                self._pending = os.read(self._ours, _READ_BYTES)
            if writable:
                self._saying = self._saying[os.write(self._ours, self._saying) :]
        if self._pending and not readable:
            self._carrier.rest()
