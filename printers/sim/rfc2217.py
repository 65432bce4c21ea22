"""A simulated printer behind a serial port in the network (RFC 2217), with CTS and DSR.

The protocol is pyserial's own server half. The server stays when the printer is switched off, and
goes when the cable is pulled. CTS falls while the printer is full or stopped; DSR does, too, unless
the port was told RTS/CTS: then DSR is its power. A test may say otherwise.
"""

from __future__ import annotations

import select
import socket
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from printers.sim.face import STEP_S, Carrier, Face

if TYPE_CHECKING:
    from printers.sim.machine import Machine

_READ_BYTES: Final = 1_024
_HOST: Final = "127.0.0.1"


class _Port:
    """The serial port as pyserial's server half wants to see it."""

    def __init__(self, face: Rfc2217Face) -> None:
        self._face = face
        self.baudrate = 9_600
        self.bytesize = 8
        self.parity = "N"
        self.stopbits = 1
        self.xonxoff = False
        self.rtscts = False
        self.dtr = True
        self.rts = True
        self.break_condition = False
        self.ri = False
        self.cd = False

    @property
    def cts(self) -> bool:
        return self._face.is_on("cts")

    @property
    def dsr(self) -> bool:
        return self._face.is_on("dsr")

    def reset_input_buffer(self) -> None:
        """A client that has just come purges; there is nothing yet."""

    def reset_output_buffer(self) -> None:
        """As above; what the printer has, it keeps."""


class _Connection:
    """Where the server half writes to."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._lock = Lock()

    def write(self, data: bytes) -> None:
        with self._lock, suppress(OSError):
            self._line.sendall(data)


class Rfc2217Face(Face):
    """A serial server on the loopback address.

    Args:
        machine: the printer.
    """

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        # What a test says of a line; None = as the printer is.
        self.dsr: bool | None = None
        self.cts: bool | None = None
        self._breaks = machine.breaks
        self._listener = socket.create_server((_HOST, 0))
        self.port: int = self._listener.getsockname()[1]
        self._line: socket.socket | None = None
        self._server: Any = None
        self._port: _Port | None = None
        self._connection: _Connection | None = None
        self._pending = b""
        self._carrier = Carrier("simulated-rfc2217", self._step)
        self._carrier.start()

    @property
    def address(self) -> str:
        """What the till opens."""
        return f"rfc2217://{_HOST}:{self.port}"

    def is_on(self, name: str) -> bool:
        """Whether DSR or CTS is on."""
        wished = self.dsr if name == "dsr" else self.cts
        if wished is not None:
            return wished
        is_power = name == "dsr" and self._port is not None and self._port.rtscts
        return self._machine.has_power if is_power else self._machine.is_ready

    def close(self) -> None:
        """Take the server away."""
        self._carrier.end()
        self._hang_up()
        self._listener.close()

    def _step(self) -> None:
        is_plugged = self._machine.is_plugged
        if self._machine.breaks != self._breaks:
            self._breaks = self._machine.breaks
            self._pending = b""
            if not is_plugged:
                self._hang_up()
        if not is_plugged:
            self._listener.close()
            self._carrier.rest()
        elif self._listener.fileno() < 0:
            with suppress(OSError):
                self._listener = socket.create_server((_HOST, self.port))
        elif self._line is None:
            self._accept()
        else:
            self._carry(self._line)

    def _accept(self) -> None:
        if not select.select([self._listener], [], [], STEP_S)[0]:
            return
        from serial.rfc2217 import PortManager

        self._line, _ = self._listener.accept()
        self._line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connection = _Connection(self._line)
        self._machine.answers()
        self._port = _Port(self)
        self._server = PortManager(self._port, self._connection)

    def _carry(self, line: socket.socket) -> None:
        self._server.check_modem_lines()
        self._pending = self._pending[self._machine.take(self._pending) :]
        said = self._machine.answers()
        if said and self._connection is not None:
            self._connection.write(b"".join(self._server.escape(said)))
        if not select.select([line], [], [], STEP_S)[0]:
            return
        try:
            data = line.recv(_READ_BYTES)
        except OSError:
            data = b""
        if not data:
            self._hang_up()
            return
        # What the printer has no room for waits in the server.
        self._pending += b"".join(self._server.filter(data))

    def _hang_up(self) -> None:
        line, self._line = self._line, None
        self._server = self._connection = None
        self._pending = b""
        if line is not None:
            line.close()
