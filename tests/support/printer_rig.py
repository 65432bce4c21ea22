"""A printer on every way there is: the device is ours, the other end is the simulator.

Nothing here depends on how fast the machine is. What has to come is waited for long; what must not
come is waited for as briefly as the check itself says; and people act (paper in, cover shut) when
the till has told them to, not at a time.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from threading import Event
from time import monotonic
from typing import TYPE_CHECKING, Any

from printing import PICTURES, dots_of, welcome

from printers.device import ReceiptPrinter
from printers.document import Document
from printers.encode import encode
from printers.levels import Unit, Units
from printers.line import Patience
from printers.ports import JobReason, Outcome
from printers.render import render
from printers.sim.faults import Fault
from printers.sim.machine import Machine
from printers.sim.memory import MemoryTransport
from printers.transports.devfile import DeviceFileTransport
from printers.transports.network import NetworkTransport
from printers.transports.serial_line import SerialTransport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from printers.sim.core import Knobs
    from printers.transports.port import Transport

DOCUMENT = Document.from_dict(welcome())
JOB = encode(DOCUMENT, PICTURES)
PAGE = dots_of(render(DOCUMENT, PICTURES).png())
ADDRESS = "the rig"

PATIENCE = Patience(
    answer_s=20.0,
    first_byte_s=30.0,
    silent_s=20.0,
    notice_s=0.1,
    stall_s=60.0,
    spare_s=30.0,
    deadline_min_s=0.1,
    deadline_max_s=60.0,
    idle_every_s=0.0,
    late_s=60.0,
)
# For what no answer is waited for that comes.
BRIEF_S = 0.2
# A network is faster than any serial line behind it; pauses for the line have their own tests.
_ANY_BAUD = 100_000_000
# Nothing of all this takes so long unless it hangs.
HANG_S = 60.0
WAYS = ("memory", "network", "serial_pty", "serial_dsr", "serial_rtscts", "usb", "devfile")
# These ways show when a printer is switched off and on,
SEE_RESTART = frozenset({"memory", "network", "serial_rtscts", "usb", "devfile"})
# and these show nothing of it, so that nothing there is ever confirmed.
HIDE_RESTART = frozenset({"serial_pty"})


class Tape(Machine):
    """A machine that keeps every byte it took."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.tape = bytearray()

    def take(self, data: bytes) -> int:
        taken = super().take(data)
        self.tape += data[:taken]
        return taken

    @property
    def has_had_its_faults(self) -> bool:
        """Whether nothing has to happen to it any more."""
        with self._lock:
            return not self._core.faults

    def hurry(self) -> None:
        """Print as fast as there are bytes from now on."""
        with self._lock:
            self._core.knobs = replace(self._core.knobs, rows_per_s=None)


@dataclass
class Rig:
    """One printer, one way, one device."""

    way: str
    machine: Tape
    device: ReceiptPrinter
    units: Units
    patience: Patience
    face: Any = None
    stalls: list[JobReason] = field(default_factory=list)
    when_told: dict[JobReason, Callable[[], object]] = field(default_factory=dict)
    ids: int = 0

    @property
    def level(self) -> int:
        return self.units.find(printer="bon", address=ADDRESS).level

    def send(self, *faults: str) -> Outcome:
        """Print the voucher; faults count their bytes from where the printer stands now."""
        assert self.device.ready() is JobReason.NONE
        self.happen(*faults)
        self.ids += 1
        return self.device.send(JOB, process_id=f"id{self.ids:02}", on_stall=self._hear)

    def _hear(self, reason: JobReason) -> None:
        self.stalls.append(reason)
        # A busy machine makes a printer slow before its fault; nobody has to act then.
        if self.machine.has_had_its_faults:
            self.when_told.get(reason, lambda: None)()

    def wait(self, **seconds: float) -> None:
        """Have another patience from now on; the names are those of ``Patience``."""
        for name, value in seconds.items():
            object.__setattr__(self.patience, name, value)

    def give_up(self) -> None:
        """Wait no longer for a printer that stands still."""
        self.wait(stall_s=0.0)

    def happen(self, *faults: str) -> None:
        here = self.machine.taken_bytes
        for text in faults:
            fault = Fault.parse(text)
            at_byte = None if fault.at_byte is None else fault.at_byte + here
            self.machine.happen(Fault(fault.kind, at_byte, fault.after_s))

    def until(self, condition: Any, seconds: float = HANG_S) -> bool:
        """Wait until the machine has come so far; its time passes only when somebody looks."""
        ends = monotonic() + seconds
        while not condition():
            if monotonic() > ends:
                return False
            self.machine.is_there  # noqa: B018 - lets its time pass
            Event().wait(0.002)
        return True

    def whole_vouchers(self) -> int:
        """How many whole vouchers lie on the table, whatever hangs above them."""
        papers = [dots_of(page.png())[1] for page in self.machine.pages]
        return sum(paper.count(PAGE[1]) for paper in papers)


class Bench:
    """Builds rigs and takes them down."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.serial = SerialTransport
        self._stack = ExitStack()
        self._count = 0

    def rig(
        self,
        way: str,
        *,
        knobs: Knobs | None = None,
        level: int | None = None,
        level_max: int = 3,
        kind: type[ReceiptPrinter] = ReceiptPrinter,
        patience: Patience = PATIENCE,
        faults: Iterable[Fault] = (),
    ) -> Rig:
        self._count += 1
        patience = replace(patience)
        machine = Tape(knobs, faults)
        transport, face = self._connect(way, machine)
        units = Units(self.folder / f"units{self._count}")
        if level is None:
            level = 0 if way == "devfile" else 3
        if level:
            facts = {"serial": "SIM0001"}
            units.write(Unit("bon", "bon", ADDRESS, level, facts, tested_at="2026-03-07"))
        device = kind(
            transport,
            printer="bon",
            address=ADDRESS,
            units=units,
            flow={"serial_dsr": "dsr", "serial_rtscts": "rtscts"}.get(way, "none"),
            level_max=level_max,
            patience=patience,
        )
        self._stack.callback(device.close)
        return Rig(way, machine, device, units, patience, face)

    def close(self) -> None:
        self._stack.close()

    def _connect(self, way: str, machine: Machine) -> tuple[Transport, Any]:
        match way:
            case "memory":
                return MemoryTransport(machine), None
            case "network":
                from printers.sim.tcp import TcpFace

                face: Any = self._stack.enter_context(TcpFace(machine))
                return NetworkTransport("127.0.0.1", face.port), face
            case "serial_pty":
                from printers.sim.pty_line import PtyFace

                face = self._stack.enter_context(PtyFace(machine))
                return self.serial(face.path, baud=115_200, flow="none"), face
            case "serial_dsr" | "serial_rtscts":
                from printers.sim.rfc2217 import Rfc2217Face

                face = self._stack.enter_context(Rfc2217Face(machine))
                flow: Any = way.removeprefix("serial_")
                return SerialTransport(face.address, baud=_ANY_BAUD, flow=flow), face
            case "usb":
                from printers.sim.usb_backend import PRODUCT, SERIAL, VENDOR, UsbBackend
                from printers.transports.usb_bulk import UsbAddress, UsbTransport

                backend = UsbBackend(machine)
                address = UsbAddress(VENDOR, PRODUCT, SERIAL)
                return UsbTransport(address, backend=backend), backend
            case _:
                from printers.sim.fifo import FifoFace

                path = self.folder / f"lp{self._count}"
                face = self._stack.enter_context(FifoFace(machine, path))
                return DeviceFileTransport(path, takes_fifo=True), face
