"""Where a printer is, as the settings say it; what is wrong is found before anything is opened."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

Flow = Literal["dsr", "rtscts", "xonxoff", "none"]
"""How a serial printer says that it is full."""
Way = Literal["network", "serial", "usb", "devfile", "winraw", "queue"]

BAUD: Final = 38_400
NETWORK: Final = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([^\s:\[\]]+))(?::(\d{1,5}))?")
_USB: Final = re.compile(r"[0-9A-Fa-f]{4}:[0-9A-Fa-f]{4}(?::\S{1,126})?")
_RFC2217: Final = re.compile(r"rfc2217://[^\s/?#@]+:\d{1,5}")
_PORTS: Final = range(1, 65_536)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a printer is.

    Args:
        name: of the printer in the settings.
        transport: the way to it.
        address: ``host`` or ``host:port`` in the network, ``vendor:product`` or
            ``vendor:product:serial`` on USB, the name of a queue.
        port: a serial port (``/dev/ttyS0``, ``COM3``, ``rfc2217://host:port``), a device file.
        baud: of a serial port.
        flow: of a serial port.
    """

    name: str
    transport: Way
    address: str = ""
    port: str = ""
    baud: int = BAUD
    flow: Flow = "dsr"

    @property
    def where(self) -> str:
        """Transport and place, as unit files name them."""
        return f"{self.transport} {self.address or self.port}"


def wrong_place(place: Place) -> str:
    """Return what is wrong with a place, one sentence; empty = nothing."""
    match place.transport:
        case "network":
            found = NETWORK.fullmatch(place.address)
            if found is None or int(found[3] or 1) not in _PORTS:
                return (
                    "a network printer needs `address`, "
                    'for example "192.168.0.50", "bon.local:9101" or "[fe80::1]:9100"'
                )
        case "usb":
            if not _USB.fullmatch(place.address):
                return 'a USB printer needs `address`, for example "04b8:0202" (lsusb shows it)'
        case "serial":
            # pyserial knows addresses that write files, guess ports or speak to anybody.
            is_strange = "://" in place.port and not _RFC2217.fullmatch(place.port)
            if not place.port or is_strange or int(_port_of(place.port)) not in _PORTS:
                return (
                    "a serial printer needs `port`, "
                    'for example "/dev/ttyS0", "COM3" or "rfc2217://10.0.0.7:4001"'
                )
        case "devfile":
            if not place.port:
                return 'a device file needs `port`, for example "/dev/usb/lp0"'
        case "winraw" | "queue":
            # `lp` would take a name with a dash for an option.
            if not place.address or place.address.startswith("-"):
                return "a queue needs `address`: its name in the system's list of printers"
    return ""


def _port_of(port: str) -> str:
    return port.rpartition(":")[2] if _RFC2217.fullmatch(port) else "1"
