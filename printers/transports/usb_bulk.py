"""A printer on USB without any driver of the system; by pyusb and libusb.

Found anew at each opening: after a replug the old handle is dead. Never reset: some printers lose
what they hold. On Windows the device needs the driver WinUSB instead of the vendor's.
"""

from __future__ import annotations

import errno
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from printers.errors import PrinterBusy, PrinterOffline
from printers.transports.port import left_of, pause

if TYPE_CHECKING:
    from printers.levels import Restart
    from printers.transports.port import ModemLines

_CHUNK_BYTES: Final = 4_096
_TRANSFER_S: Final = 2.0
_PRINTER_CLASS: Final = 7
_READ_BYTES: Final = 512
# libusb: 0 would mean "for ever".
_TIMEOUT_MS_MIN: Final = 1


class UsbAddress(NamedTuple):
    """``vendor:product`` or ``vendor:product:serial``, the numbers in hex as `lsusb` shows them."""

    vendor: int
    product: int
    serial: str = ""

    @classmethod
    def parse(cls, text: str) -> UsbAddress:
        """Return the address in a text.

        Raises:
            ValueError: it is none.

        >>> UsbAddress.parse("04b8:0202:X3XF012345")
        UsbAddress(vendor=1208, product=514, serial='X3XF012345')
        """
        vendor, product, *serial = text.split(":", 2)
        return cls(int(vendor, 16), int(product, 16), serial[0] if serial else "")


class _Line(NamedTuple):
    device: Any
    interface: Any
    into: Any
    out_of: Any | None
    had_driver: bool


class UsbTransport:
    """A USB printer of class 7.

    Args:
        address: of the device; the first of its kind where no serial number is given.
        backend: libusb as pyusb speaks to it; None = what pyusb finds.
    """

    chunk_bytes = _CHUNK_BYTES
    is_for_one_job = False
    restart: Restart = "breaks"

    def __init__(self, address: UsbAddress, *, backend: object | None = None) -> None:
        self._address = address
        self._backend = backend
        self._line: _Line | None = None

    def open(self, deadline_s: float) -> None:
        """Find and claim it; see :class:`printers.transports.port.Transport`."""
        del deadline_s  # libusb answers at once
        if self._line is not None:
            return
        import usb.core

        try:
            device = self._find()
            if device is None:
                hint = "Check that the printer is on and its cable; `lsusb` lists what is there."
                raise PrinterOffline(f"no USB device {self._name}", hint=hint)
            self._line = self._claim(device)
        except usb.core.NoBackendError:
            hint = "Install libusb 1.0 (Debian: apt install libusb-1.0-0)."
            raise PrinterOffline("libusb is missing", hint=hint) from None
        except usb.core.USBError as fault:
            raise self._unopened(fault) from fault

    def write_some(self, chunk: bytes, deadline_s: float) -> int:
        """Return what the printer took; see :class:`printers.transports.port.Transport`."""
        import usb.core

        line = self._claimed()
        try:
            return int(line.into.write(chunk, timeout=self._timeout_ms(deadline_s)))
        except usb.core.USBTimeoutError:
            # pyusb counts a transfer that was cut short; this one took nothing.
            return 0
        except usb.core.USBError as fault:
            raise self._lost(fault) from fault

    def read(self, limit: int, deadline_s: float) -> bytes:
        """Return what came; see :class:`printers.transports.port.Transport`."""
        import usb.core

        line = self._claimed()
        while line.out_of is not None:
            try:
                # A packet larger than the buffer would be an overflow, so the buffer is large.
                data = bytes(
                    line.out_of.read(max(limit, _READ_BYTES), timeout=self._timeout_ms(deadline_s))
                )
            except usb.core.USBTimeoutError:
                return b""
            except usb.core.USBError as fault:
                raise self._lost(fault) from fault
            # A printer with nothing to say sends empty packets.
            if data or not pause(deadline_s):
                return data
        while pause(deadline_s):
            pass
        return b""

    def modem_lines(self) -> ModemLines | None:
        """Return None: USB has none."""
        return None

    def close(self) -> None:
        """Release the interface; twice is once."""
        line, self._line = self._line, None
        if line is None:
            return
        import usb.core
        import usb.util

        with suppress(usb.core.USBError):
            usb.util.release_interface(line.device, line.interface)
        if line.had_driver:
            # The system gets back what it had.
            with suppress(usb.core.USBError, NotImplementedError):
                line.device.attach_kernel_driver(line.interface.bInterfaceNumber)
        with suppress(usb.core.USBError):
            usb.util.dispose_resources(line.device)

    @property
    def _name(self) -> str:
        vendor, product, serial = self._address
        return f"{vendor:04x}:{product:04x}" + (f":{serial}" if serial else "")

    def _find(self) -> Any | None:  # noqa: ANN401 - pyusb has no types
        import usb.core

        wanted = self._address.serial

        def is_it(device: Any) -> bool:  # noqa: ANN401
            if not wanted:
                return True
            try:
                return bool(device.serial_number == wanted)
            except (usb.core.USBError, ValueError):
                # Not ours to open, so not ours to print on.
                return False

        return usb.core.find(
            idVendor=self._address.vendor,
            idProduct=self._address.product,
            backend=self._backend,
            custom_match=is_it,
        )

    def _claim(self, device: Any) -> _Line:  # noqa: ANN401
        import usb.core
        import usb.util

        try:
            configuration = device.get_active_configuration()
        except usb.core.USBError as fault:
            if fault.errno in {errno.EACCES, errno.EBUSY, errno.ENODEV}:
                raise
            # A device nobody has configured yet.
            device.set_configuration()
            configuration = device.get_active_configuration()
        interface = usb.util.find_descriptor(configuration, bInterfaceClass=_PRINTER_CLASS)
        if interface is None:
            raise PrinterOffline(f"USB device {self._name} is no printer (class 7)")
        number = interface.bInterfaceNumber
        had_driver = False
        with suppress(NotImplementedError):
            had_driver = bool(device.is_kernel_driver_active(number))
            if had_driver:
                device.detach_kernel_driver(number)
        usb.util.claim_interface(device, number)

        def endpoint(direction: int) -> Any:  # noqa: ANN401
            return usb.util.find_descriptor(
                interface,
                custom_match=lambda one: (
                    usb.util.endpoint_direction(one.bEndpointAddress) == direction
                    and usb.util.endpoint_type(one.bmAttributes) == usb.util.ENDPOINT_TYPE_BULK
                ),
            )

        into = endpoint(usb.util.ENDPOINT_OUT)
        if into is None:
            raise PrinterOffline(f"USB device {self._name} takes no data")
        out_of = endpoint(usb.util.ENDPOINT_IN)
        return _Line(device, interface, into, out_of, had_driver)

    def _timeout_ms(self, deadline_s: float) -> int:
        left_s = left_of(min(deadline_s, monotonic() + _TRANSFER_S))
        return max(_TIMEOUT_MS_MIN, int(1_000 * left_s))

    def _claimed(self) -> _Line:
        if self._line is None:
            raise PrinterOffline(f"USB device {self._name} is not open")
        return self._line

    def _unopened(self, fault: Any) -> PrinterOffline:  # noqa: ANN401
        if fault.errno == errno.EBUSY:
            return PrinterBusy(f"USB device {self._name} is in use by another program")
        hint = "Check that the printer is on and its cable."
        if fault.errno == errno.EACCES:
            hint = "The udev rule of packaging/ is missing, or on Windows the driver WinUSB."
        return PrinterOffline(f"USB device {self._name}: {fault}", hint=hint)

    def _lost(self, fault: Any) -> PrinterOffline:  # noqa: ANN401
        return PrinterOffline(f"USB device {self._name} is gone: {fault}")
