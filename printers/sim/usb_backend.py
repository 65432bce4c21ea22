"""A simulated printer on USB: a backend of pyusb, so that all of pyusb above it is real."""

from __future__ import annotations

import errno
from array import array
from time import monotonic
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

import usb.backend
import usb.core

from printers.transports.port import pause

if TYPE_CHECKING:
    from collections.abc import Iterator

    from printers.sim.machine import Machine

VENDOR: Final = 0x04B8
PRODUCT: Final = 0x0202
SERIAL: Final = "SIM0001"
_OUT: Final = 0x01
_IN: Final = 0x82
_PACKET_BYTES: Final = 64
_GET_DESCRIPTOR: Final = 0x06
_STRING: Final = 0x03
_GET_CONFIGURATION: Final = 0x08
_SERIAL_INDEX: Final = 3
_LANGUAGE: Final = b"\x04\x03\x09\x04"


class UsbBackend(usb.backend.IBackend):  # type: ignore[misc]  # pyusb has no types
    """One printer of class 7, as libusb would show it.

    Args:
        machine: the printer.
        has_kernel_driver: the system's own driver sits on it until it is detached.
    """

    def __init__(self, machine: Machine, *, has_kernel_driver: bool = True) -> None:
        self._machine = machine
        self.has_kernel_driver = has_kernel_driver
        self._is_claimed = False
        self.resets = 0

    def enumerate_devices(self) -> Iterator[object]:
        """Yield the printer while it is plugged in."""
        if self._machine.is_there:
            yield self

    def get_device_descriptor(self, dev: object) -> Any:  # noqa: ANN401, ARG002
        """Return what lsusb shows."""
        return SimpleNamespace(
            bLength=18,
            bDescriptorType=1,
            bcdUSB=0x0200,
            bDeviceClass=0,
            bDeviceSubClass=0,
            bDeviceProtocol=0,
            bMaxPacketSize0=_PACKET_BYTES,
            idVendor=VENDOR,
            idProduct=PRODUCT,
            bcdDevice=0x0100,
            iManufacturer=1,
            iProduct=2,
            iSerialNumber=_SERIAL_INDEX,
            bNumConfigurations=1,
            address=1,
            bus=1,
            port_number=1,
            port_numbers=(1,),
            speed=2,
        )

    def get_configuration_descriptor(self, dev: object, config: int) -> Any:  # noqa: ANN401, ARG002
        """Return its only configuration."""
        if config:
            raise IndexError(config)
        return SimpleNamespace(
            bLength=9,
            bDescriptorType=2,
            wTotalLength=32,
            bNumInterfaces=1,
            bConfigurationValue=1,
            iConfiguration=0,
            bmAttributes=0xC0,
            bMaxPower=1,
            extra_descriptors=[],
        )

    def get_interface_descriptor(self, dev: object, intf: int, alt: int, config: int) -> Any:  # noqa: ANN401, ARG002
        """Return its printer interface."""
        if intf or alt:
            raise IndexError(intf)
        return SimpleNamespace(
            bLength=9,
            bDescriptorType=4,
            bInterfaceNumber=0,
            bAlternateSetting=0,
            bNumEndpoints=2,
            bInterfaceClass=7,
            bInterfaceSubClass=1,
            bInterfaceProtocol=2,
            iInterface=0,
            extra_descriptors=[],
        )

    def get_endpoint_descriptor(
        self,
        dev: object,  # noqa: ARG002
        ep: int,
        intf: int,  # noqa: ARG002
        alt: int,  # noqa: ARG002
        config: int,  # noqa: ARG002
    ) -> Any:  # noqa: ANN401
        """Return one way in and one way out, bulk."""
        return SimpleNamespace(
            bLength=7,
            bDescriptorType=5,
            bEndpointAddress=(_OUT, _IN)[ep],
            bmAttributes=2,
            wMaxPacketSize=_PACKET_BYTES,
            bInterval=0,
            bRefresh=0,
            bSynchAddress=0,
            extra_descriptors=[],
        )

    def open_device(self, dev: object) -> int:  # noqa: ARG002
        """Return a handle; it dies with the connection."""
        self._look()
        return self._machine.breaks

    def close_device(self, dev_handle: int) -> None:
        """Close a handle."""

    def get_configuration(self, dev_handle: int) -> int:
        """Return the configuration that the system has chosen."""
        self._look(dev_handle)
        return 1

    def set_configuration(self, dev_handle: int, config_value: int) -> None:  # noqa: ARG002
        """Take a configuration."""
        self._look(dev_handle)

    def is_kernel_driver_active(self, dev_handle: int, intf: int) -> bool:  # noqa: ARG002
        """Return whether usblp sits on it."""
        return self.has_kernel_driver

    def detach_kernel_driver(self, dev_handle: int, intf: int) -> None:  # noqa: ARG002
        """Send usblp away."""
        self.has_kernel_driver = False

    def attach_kernel_driver(self, dev_handle: int, intf: int) -> None:  # noqa: ARG002
        """Let usblp come back."""
        self.has_kernel_driver = True

    def claim_interface(self, dev_handle: int, intf: int) -> None:  # noqa: ARG002
        """Give it to one program alone."""
        self._look(dev_handle)
        if self.has_kernel_driver or self._is_claimed:
            raise usb.core.USBError("Resource busy", -6, errno.EBUSY)
        self._is_claimed = True

    def release_interface(self, dev_handle: int, intf: int) -> None:  # noqa: ARG002
        """Give it back."""
        self._is_claimed = False

    def reset_device(self, dev_handle: int) -> None:  # noqa: ARG002
        """Count what must never happen."""
        self.resets += 1

    def bulk_write(self, dev_handle: int, ep: int, intf: int, data: Any, timeout: int) -> int:  # noqa: ANN401, ARG002
        """Take bytes until the time is up; what was taken counts, as in libusb."""
        piece = bytes(data)
        taken = 0
        ends_s = monotonic() + timeout / 1_000
        while taken < len(piece):
            self._look(dev_handle)
            now = self._machine.take(piece[taken:])
            taken += now
            if not now and not pause(ends_s):
                break
        if not taken and piece:
            raise usb.core.USBTimeoutError("Operation timed out", -7, errno.ETIMEDOUT)
        return taken

    def bulk_read(self, dev_handle: int, ep: int, intf: int, buff: Any, timeout: int) -> int:  # noqa: ANN401, ARG002
        """Give what the printer says."""
        ends_s = monotonic() + timeout / 1_000
        while True:
            self._look(dev_handle)
            said = self._machine.answers(len(buff))
            if said:
                buff[: len(said)] = array("B", said)
                return len(said)
            if not pause(ends_s):
                raise usb.core.USBTimeoutError("Operation timed out", -7, errno.ETIMEDOUT)

    def ctrl_transfer(
        self,
        dev_handle: int,
        bmRequestType: int,  # noqa: N803, ARG002 - pyusb's names
        bRequest: int,  # noqa: N803
        wValue: int,  # noqa: N803
        wIndex: int,  # noqa: N803, ARG002
        data: Any,  # noqa: ANN401
        timeout: int,  # noqa: ARG002
    ) -> int:
        """Answer the questions for texts."""
        self._look(dev_handle)
        answer = b""
        if bRequest == _GET_DESCRIPTOR and wValue >> 8 == _STRING:
            text = SERIAL if wValue & 0xFF == _SERIAL_INDEX else "Simulator"
            body = text.encode("utf-16-le")
            answer = bytes([2 + len(body), _STRING]) + body if wValue & 0xFF else _LANGUAGE
        elif bRequest == _GET_CONFIGURATION:
            answer = b"\x01"
        answer = answer[: len(data)]
        data[: len(answer)] = array("B", answer)
        return len(answer)

    def _look(self, dev_handle: int | None = None) -> None:
        is_gone = not self._machine.is_there
        if is_gone or (dev_handle is not None and dev_handle != self._machine.breaks):
            self._is_claimed = False
            raise usb.core.USBError("No such device (it may have been disconnected)", -4, 19)
