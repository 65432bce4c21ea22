"""A test page on whatever device there is."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from printers.device import ReceiptPrinter
from printers.ports import JobReason
from printers.probe import Tested
from printers.queue_device import QueuePrinter

if TYPE_CHECKING:
    from printers.encode import Job
    from printers.ports import Device


def try_out(device: Device, job: Job, *, tested_at: str) -> Tested:
    """Print a test page; a unit that can answer gets the level of what it answered.

    Args:
        device: the printer, and nobody prints on it meanwhile.
        job: the page.
        tested_at: now, as text with offset.
    """
    if isinstance(device, ReceiptPrinter):
        return device.try_out(job, tested_at=tested_at)
    began_s = monotonic()
    reason, level = device.ready(), 0
    if reason is JobReason.NONE:
        _, reason, level = device.send(job, process_id="test", on_stall=lambda _: None)
    message = device.why_not if reason and isinstance(device, QueuePrinter) else ""
    return Tested(level, level, device.unit, {}, monotonic() - began_s, reason, message)
