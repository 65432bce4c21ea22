"""What every spool does: one worker thread, one store, one printer, whoever owns it.

Laws of this file (printing.md §1 and §3.9):
1. A document is laid out and encoded whole before anything else; what fails there is ``FAILED``,
   and nothing is on paper.
2. ``SENDING`` is committed before anything leaves. After that nothing is repeated by itself.
3. At start each ``SENDING`` becomes ``UNKNOWN``: its process died and nobody saw the paper.
4. What nobody waits for any more is put aside before the next job is looked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from printers.drafts import open_draft
from printers.errors import DocumentInvalid
from printers.ports import JobChange, JobReason, JobState
from printers.worker import RETRY_FIRST_MS, RETRY_MAX_MS, Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from printers.document import Document
    from printers.ports import Assets, Duty, PrintJob, SpoolStore

Laid = TypeVar("Laid")


class Spooling:
    """Prints the queued jobs of one printer, oldest first, in its own thread.

    Subclasses say in :meth:`_work` what one step is.

    Args:
        store: durable jobs.
        assets: pictures by SHA-256.
        duty: which jobs are printed here.
        on_change: told after each committed change, mostly from the worker thread.
        on_fault: told of exceptions of the store, of ``on_change`` and of our own.
        retry_first_ms: pause after a fault or before a shut gate; doubles up to 30 s.
    """

    def __init__(
        self,
        store: SpoolStore,
        assets: Assets,
        *,
        duty: Duty,
        on_change: Callable[[JobChange], None],
        on_fault: Callable[[Exception], None],
        retry_first_ms: int = RETRY_FIRST_MS,
    ) -> None:
        self._store = store
        self._assets = assets
        self._duty = duty
        self._on_change = on_change
        self._on_fault = on_fault
        self._worker = Worker(
            f"spool-{duty.printer}", self._step, on_fault=on_fault, retry_first_ms=retry_first_ms
        )

    @property
    def printer(self) -> str:
        """Name of its printer in the settings."""
        return self._duty.printer

    def start(self) -> None:
        """Settle what the last process left, then print what is queued.

        Raises:
            Exception: whatever the store raises; then nothing was started.
        """
        for change in self._store.recover(printer=self._duty.printer):
            self._tell(change)
        self._worker.start()

    def wake(self) -> None:
        """Say that a job was committed or moved; returns at once."""
        self._worker.wake()

    def stop(self) -> bool:
        """End within 2 s: the running job may finish in the first half, then the line is cut.

        Returns:
            Whether the thread has ended; if not, its job stays ``SENDING`` and the next start
            makes it ``UNKNOWN``.
        """
        return self._worker.stop(self._release)

    def _release(self) -> None:
        """Let go of whatever a step may hang on."""

    def _work(self) -> int | None:
        """Do one piece of work; return how long to sleep, as :class:`printers.worker.Worker`."""
        raise NotImplementedError

    def _step(self) -> int | None:
        for change in self._store.settle():
            self._tell(change)
        sleep_ms = self._work()
        if sleep_ms == 0:
            return 0
        # What waits is put aside in time, also when nobody wakes us.
        waits = self._store.next_queued(self._duty, skip=frozenset()) is not None
        if not waits:
            return sleep_ms
        return RETRY_MAX_MS if sleep_ms is None else min(sleep_ms, RETRY_MAX_MS)

    def _laid_out(
        self, job: PrintJob, lay_out: Callable[[Document, Mapping[str, bytes]], Laid]
    ) -> Laid | None:
        """Return what leaves for a job; None when it cannot be printed and is ``FAILED`` now."""
        try:
            document, pictures = open_draft(job, self._assets)
            return lay_out(document, pictures)
        except DocumentInvalid:
            reason = JobReason.DOCUMENT_INVALID
        # One document that finds a mistake of ours must not stop the ones behind it.
        except Exception as error:  # noqa: BLE001
            reason = JobReason.INTERNAL_FAULT
            self._on_fault(error)
        self._store.fail(job.uid, reason=reason)
        self._tell(change_of(job, JobState.FAILED, reason=reason))
        return None

    def _tell(self, change: JobChange) -> None:
        try:
            self._on_change(change)
        # The listener is the host's code; printing goes on without it.
        except Exception as error:  # noqa: BLE001
            self._on_fault(error)


def change_of(
    job: PrintJob,
    state: JobState,
    *,
    reason: JobReason = JobReason.NONE,
    attempt: int = 0,
    notes: tuple[str, ...] = (),
) -> JobChange:
    """Return a committed change of a job as listeners hear it."""
    return JobChange(job.uid, job.subject_uid, state, reason, attempt, notes)
