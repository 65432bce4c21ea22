"""The print jobs in ``journal.db``: the port that ``printers.ports.SpoolStore`` asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pos_plugin.clock import utc_text
from pos_plugin.storage.print_changes import IS_VOID, PrintChanges, find_job
from printers.ports import JobChange, JobReason, JobState, PrintJob

if TYPE_CHECKING:
    from pos_plugin.clock import Clock
    from pos_plugin.storage.journal_writer import JournalWriter


class JournalSpoolStore:
    """Durable print jobs; every change is committed when the call returns.

    Args:
        journal: of the till.
        clock: instants of attempts.
        shop: code of the shop, for events.
        till: number of the till, for events.
    """

    def __init__(self, journal: JournalWriter, clock: Clock, *, shop: str, till: str) -> None:
        self._journal = journal
        self._clock = clock
        self._changes = PrintChanges(journal, clock, shop=shop, till=till)

    def recover(self, *, printer_role: str) -> tuple[JobChange, ...]:
        """Turn each ``SENDING`` of this printer into ``UNKNOWN`` with reason ``process_start``."""
        with self._journal.transaction() as connection:
            uids: Any = connection.execute(
                "SELECT uid FROM print_job WHERE state = 'SENDING' AND printer_role = ? "
                "ORDER BY created_at, uid",
                (printer_role,),
            ).fetchall()
            jobs = [job for (uid,) in uids if (job := find_job(connection, uid)) is not None]
            for job in jobs:
                self._changes.end_attempt(
                    connection, job, JobState.UNKNOWN, JobReason.PROCESS_START
                )
        return tuple(
            JobChange(
                job.uid, job.subject_uid, JobState.UNKNOWN, JobReason.PROCESS_START, job.attempt
            )
            for job in jobs
        )

    def next_queued(self, *, printer_role: str, skip: frozenset[str]) -> PrintJob | None:
        """Return the oldest ``QUEUED`` job of this printer whose uid is not in ``skip``.

        One whose voucher was cancelled is left alone.
        """
        with self._journal.reading() as connection:
            rows: Any = connection.execute(
                "SELECT uid, kind, subject_uid, printer_role, document, copy_index, state, reason "  # noqa: S608
                "FROM print_job WHERE state = 'QUEUED' AND printer_role = ? "
                f"AND NOT {IS_VOID} ORDER BY rowid",
                (printer_role,),
            )
            for uid, kind, subject, role, document, copy_index, state, reason in rows:
                if uid not in skip:
                    return PrintJob(
                        uid=uid,
                        kind=kind,
                        subject_uid=subject,
                        printer_role=role,
                        document=document,
                        copy_index=copy_index,
                        state=JobState(state),
                        reason=JobReason(reason),
                    )
        return None

    def begin_attempt(
        self, job_uid: str, *, printer: str, byte_count: int, sha256: str, fragment_max: int
    ) -> int | None:
        """Commit ``SENDING`` and a new attempt, durable when this returns.

        Returns:
            The number of the attempt, from 1; None if the job is no longer to be printed.
        """
        with self._journal.transaction() as connection:
            job = find_job(connection, job_uid)
            if job is None or job.is_void or job.state is not JobState.QUEUED:
                return None
            self._changes.change(connection, job, JobState.SENDING, JobReason.NONE)
            attempt = job.attempt + 1
            connection.execute(
                "INSERT INTO print_attempt (job_uid, attempt, printer, byte_count, sha256, "
                "fragment_max, started_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    job_uid,
                    attempt,
                    printer,
                    byte_count,
                    sha256,
                    fragment_max,
                    utc_text(self._clock.now()),
                ),
            )
        return attempt

    def finish(self, job_uid: str, *, attempt: int, state: JobState, reason: JobReason) -> bool:
        """Commit the end of an attempt; the same again changes nothing.

        Returns:
            Whether the job stands there by this end.
        """
        with self._journal.transaction() as connection:
            job = find_job(connection, job_uid)
            if job is None or job.attempt != attempt:
                return False
            if job.state is JobState.SENDING:
                self._changes.end_attempt(connection, job, state, reason)
                return True
            return job.state is state and job.reason is reason

    def fail(self, job_uid: str, *, reason: JobReason) -> None:
        """Commit that a ``QUEUED`` job cannot be printed."""
        with self._journal.transaction() as connection:
            job = find_job(connection, job_uid)
            if job is not None and job.state is JobState.QUEUED:
                self._changes.change(connection, job, JobState.FAILED, reason)

    def note(self, job_uid: str, *, reason: JobReason) -> None:
        """Write why a ``QUEUED`` job waits; its state stays."""
        with self._journal.transaction() as connection:
            connection.execute(
                "UPDATE print_job SET reason = ? WHERE uid = ? AND state = 'QUEUED'",
                (reason.value, job_uid),
            )
