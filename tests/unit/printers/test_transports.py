"""What is peculiar to one way; what all ways have in common is T4."""

from __future__ import annotations

import os
import socket
import sys
from dataclasses import replace
from pathlib import Path
from time import monotonic

import pytest
from printer_rig import BRIEF_S, JOB, PATIENCE

from printers.device import ReceiptPrinter
from printers.errors import PrinterBusy, PrinterOffline
from printers.levels import Units
from printers.ports import JobReason, JobState
from printers.sim.machine import Machine
from printers.sim.pty_line import PtyFace
from printers.sim.rfc2217 import Rfc2217Face
from printers.sim.tcp import TcpFace
from printers.sim.usb_backend import PRODUCT, VENDOR, UsbBackend
from printers.transports.devfile import DeviceFileTransport
from printers.transports.network import NetworkTransport
from printers.transports.port import ModemLines
from printers.transports.serial_line import SerialTransport
from printers.transports.usb_bulk import UsbAddress, UsbTransport
from printers.transports.winraw import WinRawTransport

pytestmark = [
    pytest.mark.filterwarnings("ignore:setDaemon:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:setName:DeprecationWarning"),
]


def soon() -> float:
    """Of what comes for sure, on the busiest machine."""
    return monotonic() + 30.0


# --- device files --------------------------------------------------------------------------------


def test_a_missing_device_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(PrinterOffline):
        DeviceFileTransport(tmp_path / "lp0").open(soon())
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_no_printer(tmp_path: Path) -> None:
    path = tmp_path / "lp0"
    path.write_bytes(b"")
    with pytest.raises(PrinterOffline, match="no device"):
        DeviceFileTransport(path).open(soon())
    assert path.read_bytes() == b""


def test_a_pipe_is_no_printer_outside_tests(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "lp0")
    with pytest.raises(PrinterOffline, match="no device"):
        DeviceFileTransport(tmp_path / "lp0").open(soon())


def test_a_device_that_can_be_read_is_heard() -> None:
    machine = Machine()
    with PtyFace(machine) as face:
        transport = DeviceFileTransport(Path(face.path))
        transport.open(soon())
        assert transport.write_some(b"\x10\x04\x01", soon()) == 3
        assert transport.read(100, soon()) == b"\x12"
        assert transport.read(100, monotonic()) == b""
        transport.close()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has a device that is full")
def test_the_driver_of_the_system_says_that_the_paper_is_out(tmp_path: Path) -> None:
    device = ReceiptPrinter(
        DeviceFileTransport(Path("/dev/full")),
        printer="bon",
        address="devfile /dev/full",
        units=Units(tmp_path),
        patience=replace(PATIENCE, first_byte_s=BRIEF_S),
    )
    outcome = device.send(JOB, process_id="abcd", on_stall=lambda _: None)
    device.close()
    assert outcome == (JobState.QUEUED, JobReason.PAPER_OUT, 0)


# --- network -------------------------------------------------------------------------------------


def test_a_port_nobody_listens_on_is_refused_as_busy() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(PrinterBusy):
            NetworkTransport("127.0.0.1", taken.getsockname()[1]).open(soon())


def test_an_unknown_name_is_said() -> None:
    with pytest.raises(PrinterOffline, match="not known"):
        NetworkTransport("bon.invalid").open(soon())


def test_a_second_till_waits_until_the_first_has_printed() -> None:
    machine = Machine()
    with TcpFace(machine) as face:
        first = NetworkTransport("127.0.0.1", face.port)
        second = NetworkTransport("127.0.0.1", face.port)
        first.open(soon())
        first.write_some(b"\x10\x04\x01", soon())
        assert first.read(10, soon()) == b"\x12"
        second.open(soon())
        second.write_some(b"\x10\x04\x01", soon())
        assert second.read(10, monotonic() + 0.1) == b""
        first.close()
        assert second.read(10, soon()) == b"\x12"
        second.close()


# --- serial --------------------------------------------------------------------------------------


def test_a_port_is_ours_alone() -> None:
    with PtyFace(Machine()) as face:
        first = SerialTransport(face.path, baud=115_200, flow="none")
        first.open(soon())
        with pytest.raises(PrinterBusy):
            SerialTransport(face.path, baud=115_200, flow="none").open(soon())
        first.close()


def test_a_port_without_dsr_is_not_braked_by_it() -> None:
    with PtyFace(Machine()) as face, pytest.raises(PrinterOffline, match="no DSR"):
        SerialTransport(face.path, baud=115_200, flow="dsr").open(soon())


def test_chunks_are_small_on_slow_lines() -> None:
    assert [SerialTransport("x", baud=baud).chunk_bytes for baud in (9_600, 19_200, 38_400)] == [
        256,
        256,
        512,
    ]


def test_dsr_brakes_before_every_piece() -> None:
    machine = Machine()
    with Rfc2217Face(machine) as face:
        transport = SerialTransport(face.address, baud=115_200, flow="dsr")
        transport.open(soon())
        assert transport.modem_lines() == ModemLines(cts=True, dsr=True)
        assert transport.write_some(JOB.data[:256], soon()) == 64
        face.dsr = False
        ends = soon()
        while transport.modem_lines() != ModemLines(cts=True, dsr=False):
            assert monotonic() < ends
        assert transport.write_some(JOB.data[:256], monotonic() + 0.1) == 0
        face.dsr = True
        assert transport.write_some(JOB.data[:256], soon()) == 64
        transport.close()


def test_cts_brakes_behind_a_server_in_the_network() -> None:
    with Rfc2217Face(Machine()) as face:
        transport = SerialTransport(face.address, baud=115_200, flow="rtscts")
        transport.open(soon())
        face.cts = False
        ends = soon()
        while transport.modem_lines() != ModemLines(cts=False, dsr=True):
            assert monotonic() < ends
        assert transport.write_some(b"x", monotonic() + 0.1) == 0
        transport.close()


def test_a_port_that_is_not_there_is_said() -> None:
    with pytest.raises(PrinterOffline):
        SerialTransport("/dev/ttyNONE", baud=9_600, flow="none").open(soon())


# --- USB -----------------------------------------------------------------------------------------


def test_another_serial_number_is_another_printer() -> None:
    backend = UsbBackend(Machine())
    with pytest.raises(PrinterOffline, match="no USB device"):
        UsbTransport(UsbAddress(VENDOR, PRODUCT, "X"), backend=backend).open(soon())


def test_the_drivers_of_the_system_make_way_and_a_second_program_does_not() -> None:
    backend = UsbBackend(Machine(), has_kernel_driver=True)
    first = UsbTransport(UsbAddress(VENDOR, PRODUCT), backend=backend)
    first.open(soon())
    with pytest.raises(PrinterBusy):
        UsbTransport(UsbAddress(VENDOR, PRODUCT), backend=backend).open(soon())
    first.close()
    assert backend.has_kernel_driver, "the system gets back what it had"
    first.open(soon())
    first.close()
    assert backend.resets == 0


@pytest.mark.parametrize("text", ["", "04b8", "x:y", "04b8:"])
def test_a_usb_address_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        UsbAddress.parse(text)


# --- Windows -------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform == "win32", reason="says what is missing elsewhere")
def test_without_pywin32_the_way_says_what_is_missing() -> None:
    with pytest.raises(PrinterOffline, match="pywin32"):
        WinRawTransport("EPSON").open(soon())
