from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from printers.choose import lock_path, make_device, transport_of
from printers.device import ReceiptPrinter
from printers.place import Place, wrong_place
from printers.queue_device import QueuePrinter
from printers.transports.devfile import DeviceFileTransport
from printers.transports.network import NetworkTransport
from printers.transports.serial_line import SerialTransport
from printers.transports.usb_bulk import UsbTransport
from printers.transports.winraw import WinRawTransport

if TYPE_CHECKING:
    from pathlib import Path


def place(transport: Any, **where: Any) -> Place:
    return Place(name="bon", transport=transport, **where)


@pytest.mark.parametrize(
    ("where", "kind"),
    [
        (place("network", address="192.168.0.50"), NetworkTransport),
        (place("network", address="bon.local:9101"), NetworkTransport),
        (place("network", address="[fe80::1]:9100"), NetworkTransport),
        (place("serial", port="COM3"), SerialTransport),
        (place("usb", address="04b8:0202"), UsbTransport),
        (place("usb", address="04b8:0202:X3XF"), UsbTransport),
        (place("devfile", port="/dev/usb/lp0"), DeviceFileTransport),
        (place("winraw", address="EPSON TM-T88V"), WinRawTransport),
    ],
)
def test_each_setting_leads_to_its_way(tmp_path: Path, where: Place, kind: type) -> None:
    assert isinstance(transport_of(where), kind)
    assert isinstance(make_device(where, data_dir=tmp_path), ReceiptPrinter)
    assert list(tmp_path.iterdir()) == []  # nothing is opened, nothing is made


def test_a_queue_is_a_device_of_its_own(tmp_path: Path) -> None:
    where = place("queue", address="Laser")
    assert isinstance(make_device(where, data_dir=tmp_path), QueuePrinter)
    with pytest.raises(ValueError, match="pictures"):
        transport_of(where)


@pytest.mark.parametrize(
    "where",
    [
        place("network"),
        place("network", address="bon:0"),
        place("network", address="bon:70000"),
        place("network", address="a b"),
        place("queue", address="--help"),
        place("usb", address="04b8"),
        place("usb", address="epson:tm"),
        place("serial"),
        place("serial", port="rfc2217://10.0.0.7"),
        place("serial", port="rfc2217://10.0.0.7:99999"),
        place("serial", port="rfc2217://10.0.0.7:4001?logging=debug"),
        # pyserial would write the file, speak to anybody, or take the first port it finds.
        place("serial", port="spy:///dev/ttyS0?file=/tmp/spied"),
        place("serial", port="socket://10.0.0.7:25"),
        place("serial", port="hwgrep://tty"),
        place("serial", port="loop://"),
        place("devfile"),
        place("winraw"),
        place("queue"),
    ],
)
def test_a_wrong_place_is_named(tmp_path: Path, where: Place) -> None:
    assert "needs" in wrong_place(where)
    with pytest.raises(ValueError, match="needs"):
        make_device(where, data_dir=tmp_path)


def test_a_lock_file_never_leaves_its_folder(tmp_path: Path) -> None:
    where = Place(name="../../etc/passwd", transport="serial", port="x")
    assert lock_path(where, data_dir=tmp_path).parent == tmp_path / "printer-locks"


def test_no_library_of_a_device_loads_before_it_is_opened() -> None:
    script = (
        "import sys; from pathlib import Path; from printers.choose import make_device\n"
        "from printers.place import Place\n"
        "for way, where in (('network', '1.2.3.4'), ('serial', 'x'), ('usb', '1234:5678')):\n"
        "    make_device(Place(name='b', transport=way, address=where, port=where),"
        " data_dir=Path('.'))\n"
        "print(sorted({'serial', 'usb', 'escpos', 'PIL'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
