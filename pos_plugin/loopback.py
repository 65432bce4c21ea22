"""A listening socket, on 127.0.0.1 unless somebody says otherwise."""

from __future__ import annotations

import socket
import sys
from typing import Final

from pos_plugin.errors import PosPluginError

ADDRESS: Final = "127.0.0.1"


class PortTaken(PosPluginError):  # noqa: N818 - read as a state, like the others
    """Another program already listens on the port."""

    def __init__(self, port: int, fault: OSError) -> None:
        super().__init__(
            f"port {port} cannot be used: {fault.strerror}", hint="Choose another with --port."
        )


def listen(port: int, *, address: str = ADDRESS) -> socket.socket:
    """Return a listening socket.

    Args:
        port: 0 takes a free one.
        address: IPv4; whoever gives one that other machines reach answers for it.

    Raises:
        PortTaken: another program listens there, or the address is not of this machine.
    """
    # By its protocol asyncio knows that Nagle's algorithm can be switched off (TCP_NODELAY).
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if sys.platform != "win32":  # there it would let two servers share the port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen()  # whoever connects from now on waits instead of being refused
    except OSError as fault:
        listener.close()
        raise PortTaken(port, fault) from None
    return listener
