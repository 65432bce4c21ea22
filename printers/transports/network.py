"""A printer in the network: one TCP connection a job, port 9100 as all of them have.

That the connection took all bytes says nothing: 50 kB to a peer that never reads were accepted at
once (measured). Only an answer of the printer confirms.
"""

from __future__ import annotations

import errno
import select
import socket
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Final

from printers.errors import PrinterBusy, PrinterOffline, PrinterReset
from printers.transports.port import left_of, pause

if TYPE_CHECKING:
    from printers.levels import Restart
    from printers.transports.port import ModemLines

PORT: Final = 9_100
CONNECT_S: Final = 3.0
_CHUNK_BYTES: Final = 4_096
# A large one would take a whole voucher at once, and no stall would ever be felt.
_SEND_BUFFER_BYTES: Final = 8_192
# So long the printer may close by itself; unread answers at close() would make the kernel throw
# away what it still has to send.
_GOODBYE_S: Final = 0.3
_READ_BYTES: Final = 4_096
_ROUNDS_MAX: Final = 1_000
_CONNECTING: Final = frozenset({0, errno.EINPROGRESS, errno.EWOULDBLOCK, errno.EALREADY})


class NetworkTransport:
    """TCP to a printer or to its print server.

    Args:
        host: name or address.
        port: 9100 unless the printer was told another.
    """

    chunk_bytes = _CHUNK_BYTES
    is_for_one_job = True
    restart: Restart = "breaks"

    def __init__(self, host: str, port: int = PORT) -> None:
        self._host = host
        self._port = port
        self._socket: socket.socket | None = None

    def open(self, deadline_s: float) -> None:
        """Connect within 3 s; see :class:`printers.transports.port.Transport`."""
        if self._socket is not None:
            return
        deadline_s = min(deadline_s, monotonic() + CONNECT_S)
        try:
            found = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
        except OSError as fault:
            hint = "Check its address in till.toml and the network cable."
            raise PrinterOffline(f"{self._name} is not known: {fault}", hint=hint) from None
        family, kind, protocol, _, address = found[0]
        line = socket.socket(family, kind, protocol)
        try:
            line.setblocking(False)
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
            self._connect(line, address, deadline_s)
        except BaseException:
            line.close()
            raise
        self._socket = line

    def write_some(self, chunk: bytes, deadline_s: float) -> int:
        """Return what the connection took; see :class:`printers.transports.port.Transport`."""
        line = self._open_socket()
        if not select.select([], [line], [], left_of(deadline_s))[1]:
            return 0
        try:
            return line.send(chunk)
        except BlockingIOError:
            return 0
        except OSError as fault:
            raise self._lost(fault) from fault

    def read(self, limit: int, deadline_s: float) -> bytes:
        """Return what came; see :class:`printers.transports.port.Transport`."""
        line = self._open_socket()
        if not select.select([line], [], [], left_of(deadline_s))[0]:
            return b""
        try:
            data = line.recv(limit)
        except BlockingIOError:
            return b""
        except OSError as fault:
            raise self._lost(fault) from fault
        if not data:
            raise PrinterOffline(f"{self._name} has closed the connection")
        return data

    def modem_lines(self) -> ModemLines | None:
        """Return None: a network has none."""
        return None

    def close(self) -> None:
        """Say goodbye, so that what is on its way arrives; twice is once."""
        line, self._socket = self._socket, None
        if line is None:
            return
        with suppress(OSError):
            line.shutdown(socket.SHUT_WR)
            deadline_s = monotonic() + _GOODBYE_S
            for _ in range(_ROUNDS_MAX):
                if not select.select([line], [], [], left_of(deadline_s))[0]:
                    break
                if not line.recv(_READ_BYTES):
                    break
        line.close()

    @property
    def _name(self) -> str:
        return f"{self._host}:{self._port}"

    def _connect(self, line: socket.socket, address: object, deadline_s: float) -> None:
        code = line.connect_ex(address)  # type: ignore[arg-type]  # as getaddrinfo gave it
        while code in _CONNECTING:
            _, writable, failed = select.select([], [line], [line], min(0.1, left_of(deadline_s)))
            if writable or failed:
                code = line.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                break
            if not pause(deadline_s):
                raise PrinterOffline(
                    f"{self._name} does not answer",
                    hint="Check that it is on, its cable, and its address in till.toml.",
                )
        if code == errno.ECONNREFUSED:
            # Most printers take one connection at a time and refuse the second.
            raise PrinterBusy(
                f"{self._name} refuses: another till prints, it is starting, or has another port"
            )
        if code:
            raise PrinterOffline(f"{self._name} cannot be reached: {errno.errorcode.get(code)}")

    def _open_socket(self) -> socket.socket:
        if self._socket is None:
            raise PrinterOffline(f"{self._name} is not connected")
        return self._socket

    def _lost(self, fault: OSError) -> PrinterOffline:
        kind = PrinterReset if isinstance(fault, ConnectionResetError) else PrinterOffline
        return kind(f"{self._name}: the connection is gone: {fault.strerror}")
