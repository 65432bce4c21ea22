"""A simulated printer in the network, on the loopback address alone.

As real ones it serves one connection at a time; the next one waits until this one has ended. A
restart or a pulled cable breaks the connection.
"""

from __future__ import annotations

import select
import socket
import struct
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from printers.sim.face import STEP_S, Carrier, Face

if TYPE_CHECKING:
    from printers.sim.machine import Machine

_READ_BYTES: Final = 4_096
# Buffers of the kernel would hide that the printer takes nothing: as small as it lets us.
_SOCKET_BUFFER_BYTES: Final = 4_096
_BREAK: Final = struct.pack("ii", 1, 0)


class TcpFace(Face):
    """Port 9100 of a machine.

    Args:
        machine: the printer.
        port: on 127.0.0.1; 0 takes a free one.
    """

    def __init__(self, machine: Machine, *, port: int = 0) -> None:
        self._machine = machine
        self._listener = self._listen(port)
        self.port: int = self._listener.getsockname()[1]
        self._line: socket.socket | None = None
        self._breaks = machine.breaks
        self._pending = b""
        self._saying = b""
        self._carrier = Carrier("simulated-tcp", self._step)
        self._carrier.start()

    @property
    def listens(self) -> bool:
        """Whether somebody who connects now gets through to it."""
        return self._listener.fileno() >= 0

    def close(self) -> None:
        """Take the printer out of the network."""
        self._carrier.end()
        self._hang_up(breaks=False)
        self._listener.close()

    def _listen(self, port: int) -> socket.socket:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SOCKET_BUFFER_BYTES)
        listener.bind(("127.0.0.1", port))
        listener.listen(1)
        return listener

    def _step(self) -> None:
        is_there = self._machine.is_there
        if self._machine.breaks != self._breaks:
            self._breaks = self._machine.breaks
            self._hang_up(breaks=True)
        if not is_there:
            self._listener.close()
            self._carrier.rest()
            return
        if not self.listens:
            with suppress(OSError):
                self._listener = self._listen(self.port)
            return
        if self._line is None:
            self._accept()
        else:
            self._carry(self._line)

    def _accept(self) -> None:
        if select.select([self._listener], [], [], STEP_S)[0]:
            self._line, _ = self._listener.accept()
            self._line.setblocking(False)
            self._line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            # What was said to nobody is lost.
            self._machine.answers()
            self._saying = b""

    def _carry(self, line: socket.socket) -> None:
        self._pending = self._pending[self._machine.take(self._pending) :]
        self._saying += self._machine.answers()
        readable, writable, _ = select.select(
            [] if self._pending else [line], [line] if self._saying else [], [], STEP_S
        )
        try:
            if readable:
                self._pending = line.recv(_READ_BYTES)
                if not self._pending:
                    self._hang_up(breaks=False)
                    return
            if writable:
                self._saying = self._saying[line.send(self._saying) :]
        except OSError:
            self._hang_up(breaks=False)
            return
        if self._pending and not readable:
            self._carrier.rest()

    def _hang_up(self, *, breaks: bool) -> None:
        line, self._line = self._line, None
        self._pending = self._saying = b""
        if line is None:
            return
        if breaks:
            with suppress(OSError):
                line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _BREAK)
        line.close()
