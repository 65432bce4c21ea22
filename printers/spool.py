"""The spool of a device of our own: the gate, one job on the line, and what the printer says.

Laws of this file (printing.md §3.9), beside those of :mod:`printers.spooling`:
1. The gate is looked at before anything durable: a shut one leaves the job ``QUEUED`` with the
   reason, and is tried again after 1 to 30 s.
2. ``CONFIRMED`` only when the device said so. Every fault while sending is ``UNKNOWN``; only "it
   accepted no byte" is ``QUEUED`` again.
3. An outcome that could not be stored is stored first, before the next job is taken.
4. A process id that comes late still counts, as long as the connection of its attempt stands.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from math import ceil
from time import monotonic
from typing import TYPE_CHECKING, Final

from printers.encode import encode
from printers.limits import PAGE_DOTS
from printers.ports import Attempt, JobReason, JobState, Outcome
from printers.process_id import process_id
from printers.spooling import Spooling, change_of
from printers.worker import RETRY_FIRST_MS, RETRY_MAX_MS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from printers.document import Document
    from printers.encode import Job
    from printers.ports import Assets, Device, Duty, JobChange, PrinterStatus, PrintJob, SpoolStore

__all__ = ["IDLE_MS", "Spool"]

IDLE_MS: Final = 10_000
"""One status request in so long while nothing is printed."""
LATE_MAX: Final = 100
"""So many attempts in doubt are remembered by their process ids."""


@dataclass(frozen=True, slots=True)
class _Sent:
    job: PrintJob
    attempt: Attempt
    ended: Outcome
    notes: tuple[str, ...]


class Spool(Spooling):
    """Prints the queued jobs of one device, oldest first, in its own thread.

    Args:
        store: durable jobs.
        device: the printer; closed by :meth:`stop`.
        assets: pictures by SHA-256.
        duty: which jobs are printed here.
        on_change: told after each committed change, mostly from the worker thread.
        on_fault: told of exceptions of the store, of ``on_change`` and of our own.
        on_status: told what the idle printer says of itself.
        lay_out: the bytes of a document with its pictures.
        till: shop and number of the till, part of each process id.
        retry_first_ms: pause after a fault or before a shut gate; doubles up to 30 s.
    """

    def __init__(
        self,
        store: SpoolStore,
        device: Device,
        assets: Assets,
        *,
        duty: Duty,
        on_change: Callable[[JobChange], None],
        on_fault: Callable[[Exception], None],
        on_status: Callable[[PrinterStatus], None] | None = None,
        lay_out: Callable[[Document, Mapping[str, bytes]], Job] | None = None,
        till: str = "",
        retry_first_ms: int = RETRY_FIRST_MS,
    ) -> None:
        super().__init__(
            store,
            assets,
            duty=duty,
            on_change=on_change,
            on_fault=on_fault,
            retry_first_ms=retry_first_ms,
        )
        self._device = device
        self._on_status = on_status
        self._lay_out = lay_out or _raster
        self._till = till
        self._retry_first_ms = retry_first_ms
        self._pause_ms = retry_first_ms
        self._gate = JobReason.NONE
        self._ready_job: tuple[str, Job] | None = None
        self._unstored: _Sent | None = None
        self._in_doubt: dict[str, tuple[str, int]] = {}
        self._next_look_s = 0.0
        self._errands: deque[Callable[[Device], object]] = deque()

    def between_jobs(self, errand: Callable[[Device], object]) -> None:
        """Have something done with the device before the next job, on the printing thread.

        Args:
            errand: for example a test page; what it raises is told to ``on_fault``.
        """
        self._errands.append(errand)
        self.wake()

    def _release(self) -> None:
        self._device.close()

    def _work(self) -> int | None:
        """Print one job, or look at the idle printer."""
        self._store_outcome()
        self._confirm_late()
        while self._errands:
            self._run(self._errands.popleft())
        job = self._store.next_queued(self._duty, skip=frozenset())
        if job is None:
            return self._look()
        encoded = self._encoded(job)
        if encoded is None:
            return 0
        reason = self._device.ready()
        if reason is not JobReason.NONE:
            return self._wait(reason)
        self._open_gate(job)
        attempt = Attempt(
            number=job.attempt + 1,
            printer=self._duty.printer,
            unit=self._device.unit,
            encoder=encoded.encoder,
            rung=encoded.rung,
            seconds=encoded.seconds,
            byte_count=len(encoded.data),
            sha256=encoded.sha256,
            fragment_max=encoded.fragment_max,
            process_id=process_id(self._till, job.uid, job.attempt + 1),
        )
        if self._store.begin_attempt(job.uid, attempt):
            notes = encoded.warnings
            self._tell(change_of(job, JobState.SENDING, attempt=attempt.number, notes=notes))
            return self._send(job, encoded, attempt)
        return 0

    def _run(self, errand: Callable[[Device], object]) -> None:
        try:
            errand(self._device)
        # An errand is no job: whatever goes wrong with it, the jobs go on.
        except Exception as error:  # noqa: BLE001
            self._on_fault(error)

    def _encoded(self, job: PrintJob) -> Job | None:
        # A job before a shut gate is not laid out again at every look.
        if self._ready_job is not None and self._ready_job[0] == job.uid:
            return self._ready_job[1]
        encoded = self._laid_out(job, self._lay_out)
        self._ready_job = None if encoded is None else (job.uid, encoded)
        return encoded

    def _send(self, job: PrintJob, encoded: Job, attempt: Attempt) -> int:
        ended = Outcome(JobState.UNKNOWN, JobReason.INTERNAL_FAULT, 0)
        try:
            ended = self._device.send(
                encoded,
                process_id=attempt.process_id,
                on_stall=lambda reason: self._stalled(job, attempt, reason),
            )
        # Any fault after byte 1 may have left paper: it is a doubt like every other.
        except Exception as error:  # noqa: BLE001
            self._on_fault(error)
        self._ready_job = None
        self._unstored = _Sent(job, attempt, ended, encoded.warnings)
        self._store_outcome()
        return self._wait(ended.reason) if ended.state is JobState.QUEUED else 0

    def _stalled(self, job: PrintJob, attempt: Attempt, reason: JobReason) -> None:
        """Say that the printer has stopped within a job, or goes on; the job stays ``SENDING``."""
        try:
            self._store.note(job.uid, reason=reason)
        # A notice that is late costs no paper; the device must not hear of our disk.
        except Exception as error:  # noqa: BLE001
            self._on_fault(error)
            return
        self._tell(change_of(job, JobState.SENDING, reason=reason, attempt=attempt.number))

    def _wait(self, reason: JobReason) -> int:
        """Keep everything that is queued, with the reason; come again after 1 to 30 s."""
        self._gate = reason
        for change in self._store.note_all(self._duty, reason=reason):
            self._tell(change)
        pause_ms, self._pause_ms = self._pause_ms, min(2 * self._pause_ms, RETRY_MAX_MS)
        return pause_ms

    def _open_gate(self, job: PrintJob) -> None:
        self._pause_ms = self._retry_first_ms
        if self._gate is JobReason.NONE and job.reason in (JobReason.NONE, *_CALLED):
            return
        self._gate = JobReason.NONE
        for change in self._store.note_all(self._duty, reason=JobReason.NONE):
            self._tell(change)

    def _store_outcome(self) -> None:
        if self._unstored is None:
            return
        sent = self._unstored
        number = sent.attempt.number
        done = self._store.finish(sent.job.uid, attempt=number, ended=sent.ended)
        self._unstored = None
        state, reason, _ = sent.ended
        if state is JobState.UNKNOWN:
            while len(self._in_doubt) >= LATE_MAX:
                del self._in_doubt[next(iter(self._in_doubt))]
            self._in_doubt[sent.attempt.process_id] = (sent.job.uid, number)
        if done:
            self._tell(change_of(sent.job, state, reason=reason, attempt=number, notes=sent.notes))

    def _confirm_late(self) -> None:
        for answered in self._device.late():
            uid, attempt = self._in_doubt.pop(answered, (None, 0))
            if uid is None:
                continue
            change = self._store.confirm_late(uid, attempt=attempt)
            if change is not None:
                self._tell(change)

    def _look(self) -> int | None:
        """Ask the idle printer how it stands, at most every 10 s."""
        if self._on_status is None:
            return IDLE_MS if self._in_doubt else None
        now_s = monotonic()
        if now_s >= self._next_look_s:
            self._next_look_s = now_s + IDLE_MS / 1_000
            self._on_status(self._device.idle())
        return max(1, ceil(1_000 * (self._next_look_s - now_s)))


# Reasons with which a job is queued again; nothing stands in its way.
_CALLED: Final = (JobReason.CASHIER, JobReason.IDENTIFIED)


def _raster(document: Document, pictures: Mapping[str, bytes]) -> Job:
    return encode(document, pictures, dots=PAGE_DOTS)
