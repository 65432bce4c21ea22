"""The spool: one worker thread per printer; the till never waits for paper.

Laws of this file (printing.md §1 and §3.9):
1. A document is laid out and encoded whole before the first byte; what fails there is ``FAILED``,
   and nothing is on paper.
2. ``SENDING`` is committed before byte 1 leaves. After that nothing is repeated by itself.
3. ``CONFIRMED`` only after the device said so. Every exception while sending is ``UNKNOWN``.
4. At start each ``SENDING`` becomes ``UNKNOWN``: its process died and nobody saw the paper.
5. An outcome that could not be stored is stored first, before the next job is taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from printers.drafts import open_draft
from printers.encode import encode
from printers.errors import DocumentInvalid
from printers.limits import PAGE_DOTS
from printers.ports import (
    TRANSITIONS,
    Assets,
    Device,
    JobChange,
    JobReason,
    JobState,
    PrintJob,
    SpoolStore,
)
from printers.process_id import process_id
from printers.worker import RETRY_FIRST_MS, Worker

if TYPE_CHECKING:
    from collections.abc import Callable

    from printers.encode import Job

__all__ = [
    "TRANSITIONS",
    "Assets",
    "Device",
    "JobChange",
    "JobReason",
    "JobState",
    "PrintJob",
    "Spool",
    "SpoolStore",
]


@dataclass(frozen=True, slots=True)
class _Outcome:
    job: PrintJob
    attempt: int
    state: JobState
    reason: JobReason
    notes: tuple[str, ...]


class Spool:
    """Prints the queued jobs of one printer, oldest first, in its own thread.

    Args:
        store: durable jobs.
        device: the printer; closed by :meth:`stop`.
        assets: pictures by SHA-256.
        printer: name of the printer in the settings, written to each attempt.
        printer_role: which jobs it prints.
        on_change: told after each committed change, mostly from the worker thread.
        on_fault: told of exceptions of the store, of ``on_change`` and of our own.
        dots: width of the printer.
        till: shop and number of the till, part of each process id.
        retry_first_ms: pause after a fault of the store; doubles up to 30 s.
    """

    def __init__(
        self,
        store: SpoolStore,
        device: Device,
        assets: Assets,
        *,
        printer: str,
        printer_role: str,
        on_change: Callable[[JobChange], None],
        on_fault: Callable[[Exception], None],
        dots: int = PAGE_DOTS,
        till: str = "",
        retry_first_ms: int = RETRY_FIRST_MS,
    ) -> None:
        self._store = store
        self._device = device
        self._assets = assets
        self._printer = printer
        self._printer_role = printer_role
        self._on_change = on_change
        self._on_fault = on_fault
        self._dots = dots
        self._till = till
        self._unstored: _Outcome | None = None
        self._worker = Worker(
            f"spool-{printer}", self._step, on_fault=on_fault, retry_first_ms=retry_first_ms
        )

    def start(self) -> None:
        """Settle what the last process left, then print what is queued.

        Raises:
            Exception: whatever the store raises; then nothing was started.
        """
        for change in self._store.recover(printer_role=self._printer_role):
            self._tell(change)
        self._worker.start()

    def wake(self) -> None:
        """Say that a job was committed; returns at once."""
        self._worker.wake()

    def stop(self) -> bool:
        """End within 2 s: the running job may finish in the first half, then the line is cut.

        Returns:
            Whether the thread has ended; if not, its job stays ``SENDING`` and the next start
            makes it ``UNKNOWN``.
        """
        return self._worker.stop(self._device.close)

    def _step(self) -> int | None:
        return 0 if self._print_next() else None

    def _print_next(self) -> bool:
        """Print one job; False when nothing is queued."""
        self._store_outcome()
        job = self._store.next_queued(printer_role=self._printer_role, skip=frozenset())
        if job is None:
            return False
        encoded = self._encoded(job)
        if encoded is None:
            return True
        attempt = self._store.begin_attempt(
            job.uid,
            printer=self._printer,
            byte_count=len(encoded.data),
            sha256=encoded.sha256,
            fragment_max=encoded.fragment_max,
        )
        if attempt is None:
            return True
        self._tell(_change(job, JobState.SENDING, attempt=attempt, notes=encoded.warnings))
        self._send(job, encoded, attempt)
        return True

    def _encoded(self, job: PrintJob) -> Job | None:
        try:
            document, pictures = open_draft(job, self._assets)
            return encode(document, pictures, dots=self._dots)
        except DocumentInvalid:
            reason = JobReason.DOCUMENT_INVALID
        # One document that finds a mistake of ours must not stop the ones behind it.
        except Exception as error:  # noqa: BLE001
            reason = JobReason.INTERNAL_FAULT
            self._report(error)
        self._store.fail(job.uid, reason=reason)
        self._tell(_change(job, JobState.FAILED, reason=reason))
        return None

    def _send(self, job: PrintJob, encoded: Job, attempt: int) -> None:
        state, reason = JobState.UNKNOWN, JobReason.INTERNAL_FAULT
        try:
            state, reason, _ = self._device.send(
                encoded,
                process_id=process_id(self._till, job.uid, attempt),
                on_stall=lambda _: None,
            )
        # Any fault after byte 1 may have left paper: it is a doubt like every other.
        except Exception as error:  # noqa: BLE001
            self._report(error)
        self._unstored = _Outcome(job, attempt, state, reason, encoded.warnings)
        self._store_outcome()

    def _store_outcome(self) -> None:
        if self._unstored is None:
            return
        ended = self._unstored
        done = self._store.finish(
            ended.job.uid, attempt=ended.attempt, state=ended.state, reason=ended.reason
        )
        self._unstored = None
        if not done:
            return
        self._tell(
            _change(
                ended.job,
                ended.state,
                reason=ended.reason,
                attempt=ended.attempt,
                notes=ended.notes,
            )
        )

    def _tell(self, change: JobChange) -> None:
        try:
            self._on_change(change)
        # The listener is the host's code; printing goes on without it.
        except Exception as error:  # noqa: BLE001
            self._report(error)

    def _report(self, error: Exception) -> None:
        self._on_fault(error)


def _change(
    job: PrintJob,
    state: JobState,
    *,
    reason: JobReason = JobReason.NONE,
    attempt: int = 0,
    notes: tuple[str, ...] = (),
) -> JobChange:
    return JobChange(job.uid, job.subject_uid, state, reason, attempt, notes)
