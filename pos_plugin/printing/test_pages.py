"""Test pages of a running till: asked for by a person, printed between two jobs."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any

from pos_plugin.clock import utc_text
from pos_plugin.notices import Refusal, Refused
from pos_plugin.printing.devices import test_job

if TYPE_CHECKING:
    from pos_plugin.clock import Clock
    from pos_plugin.config import TillConfig
    from pos_plugin.printing.threads import PrintThreads
    from printers.encode import Job
    from printers.ports import Device
    from printers.probe import Tested


class PrinterTests:
    """The last test of each printer, as long as this process lives.

    Args:
        config: of the till.
        clock: when a unit was tested.
        threads: that print.
    """

    def __init__(self, config: TillConfig, clock: Clock, threads: PrintThreads) -> None:
        self._config = config
        self._clock = clock
        self._threads = threads
        self._lock = Lock()
        self._found: dict[str, dict[str, Any]] = {}

    def begin(self, name: str) -> dict[str, Any] | Refused:
        """Have a test page printed before the next job; returns at once.

        A test that still runs is not begun again. What is wrong with the page or the profile is
        found before anything leaves.

        Raises:
            PrinterError: the page cannot be laid out.
        """
        printer = self._config.printer_called(name)
        if printer is None or printer.transport == "host":
            return Refused(Refusal.PRINT_NOT_NOW)
        with self._lock:
            found = self._found.get(name)
            if found is not None and found["state"] == "testing":
                return dict(found)
            job = test_job(printer, self._config, at=self._clock.now())
            self._found[name] = {"printer": name, "state": "testing"}
        if not self._threads.between_jobs(name, lambda device: self._test(name, device, job)):
            with self._lock:
                del self._found[name]
            return Refused(Refusal.PRINT_NOT_NOW)
        return {"printer": name, "state": "testing"}

    def last(self, name: str) -> dict[str, Any] | None:
        """Return how the last test of a printer stands; None if there was none."""
        with self._lock:
            found = self._found.get(name)
            return None if found is None else dict(found)

    def _test(self, name: str, device: Device, job: Job) -> None:
        from printers.try_out import try_out

        found: dict[str, Any] = {"printer": name, "state": "failed", "reason": "internal_fault"}
        try:
            tested = try_out(device, job, tested_at=utc_text(self._clock.now()))
            found = _plain(name, tested, job)
        finally:
            with self._lock:
                self._found[name] = found


def _plain(name: str, tested: Tested, job: Job) -> dict[str, Any]:
    return {
        "printer": name,
        "state": "failed" if tested.reason.value else "tested",
        "level": tested.level,
        "answers": tested.answers,
        "unit": tested.unit,
        "facts": dict(tested.facts),
        "duration_ms": int(1_000 * tested.seconds),
        "reason": tested.reason.value,
        "warnings": list(job.warnings),
    }
