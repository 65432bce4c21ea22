"""From the settings of a printer to the printer: which way leads to it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from printers.device import ReceiptPrinter
from printers.levels import FOLDER, LEVEL_MAX, Units, unit_name
from printers.place import NETWORK, wrong_place
from printers.queue_device import QueuePrinter
from printers.transports.network import PORT, NetworkTransport

if TYPE_CHECKING:
    from printers.line import Patience
    from printers.place import Place
    from printers.transports.port import Transport

LOCKS: Final = "printer-locks"


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
            found = NETWORK.fullmatch(place.address)
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
    place: Place,
    *,
    data_dir: Path,
    level_max: int = LEVEL_MAX,
    locks: bool = True,
    patience: Patience | None = None,
) -> ReceiptPrinter | QueuePrinter:
    """Return the printer at a place; nothing is opened.

    Args:
        place: where it is.
        data_dir: of the till; holds the files of units and locks.
        level_max: how far it is believed at most.
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
        level_max=level_max,
        lock_path=lock_path(place, data_dir=data_dir) if locks else None,
        patience=patience,
    )


def lock_path(place: Place, *, data_dir: Path) -> Path:
    """Return the lock file of a printer."""
    return data_dir / LOCKS / f"{unit_name(printer=place.name, facts={})}.lock"
