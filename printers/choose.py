"""From the settings of a printer to the printer: which way leads to it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from printers.device import ReceiptPrinter
from printers.levels import FOLDER, Units, unit_name
from printers.queue_device import QueuePrinter
from printers.transports.network import PORT, NetworkTransport

if TYPE_CHECKING:
    from printers.device import Flow
    from printers.line import Patience
    from printers.transports.port import Transport

Way = Literal["network", "serial", "usb", "devfile", "winraw", "queue"]

LOCKS: Final = "printer-locks"
BAUD: Final = 38_400

_NETWORK: Final = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([^\s:\[\]]+))(?::(\d{1,5}))?")
_USB: Final = re.compile(r"[0-9A-Fa-f]{4}:[0-9A-Fa-f]{4}(?::\S{1,126})?")


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
            found = _NETWORK.fullmatch(place.address)
            if found is None or int(found[3] or PORT) not in range(1, 65_536):
                return 'a network printer needs `address`, for example "192.168.0.50"'
        case "usb":
            if not _USB.fullmatch(place.address):
                return 'a USB printer needs `address`, for example "04b8:0202" (lsusb shows it)'
        case "serial":
            if not place.port:
                return 'a serial printer needs `port`, for example "/dev/ttyS0" or "COM3"'
        case "devfile":
            if not place.port:
                return 'a device file needs `port`, for example "/dev/usb/lp0"'
        case "winraw" | "queue":
            if not place.address:
                return "a queue needs `address`: its name in the system's list of printers"
    return ""


def transport_of(place: Place) -> Transport:
    """Return the way to a place that is not wrong; nothing is opened.

    Raises:
        ValueError: it is wrong, or no way for bytes.
    """
    wrong = wrong_place(place)
    if wrong:
        raise ValueError(wrong)
    match place.transport:
        case "network":
            found = _NETWORK.fullmatch(place.address)
            if found is None:
                raise ValueError(place.address)
            return NetworkTransport(found[1] or found[2], int(found[3] or PORT))
        case "serial":
            from printers.transports.serial_line import SerialTransport

            return SerialTransport(place.port, baud=place.baud, flow=place.flow)
        case "usb":
            from printers.transports.usb_bulk import UsbAddress, UsbTransport

            return UsbTransport(UsbAddress.parse(place.address))
        case "devfile":
            from printers.transports.devfile import DeviceFileTransport

            return DeviceFileTransport(Path(place.port))
        case "winraw":
            from printers.transports.winraw import WinRawTransport

            return WinRawTransport(place.address)
        case "queue":
            raise ValueError("a queue takes pictures, no bytes")


def make_device(
    place: Place, *, data_dir: Path, locks: bool = True, patience: Patience | None = None
) -> ReceiptPrinter | QueuePrinter:
    """Return the printer at a place; nothing is opened.

    Args:
        place: where it is.
        data_dir: of the till; holds the files of units and locks.
        locks: it takes its lock file; False where the caller holds it.
        patience: how long what may take.

    Raises:
        ValueError: the place is wrong.
    """
    wrong = wrong_place(place)
    if wrong:
        raise ValueError(wrong)
    if place.transport == "queue":
        return QueuePrinter(place.address)
    is_serial = place.transport == "serial"
    return ReceiptPrinter(
        transport_of(place),
        printer=place.name,
        address=place.where,
        units=Units(data_dir / FOLDER),
        baud=place.baud if is_serial else None,
        flow=place.flow if is_serial else "none",
        hears=place.transport != "winraw",
        lock_path=lock_path(place, data_dir=data_dir) if locks else None,
        patience=patience,
    )


def lock_path(place: Place, *, data_dir: Path) -> Path:
    """Return the lock file of a printer."""
    return data_dir / LOCKS / f"{unit_name(printer=place.name, facts={})}.lock"
