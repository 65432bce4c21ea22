"""The print jobs in ``journal.db``: the port that ``printers.ports.SpoolStore`` asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pos_plugin.clock import utc_text
from printers.ports import JobChange, JobReason, JobState, PrintJob

if TYPE_CHECKING:
    from pos_plugin.clock import Clock
    from pos_plugin.storage.journal_writer import JournalWriter

_ENDED = frozenset({JobState.CONFIRMED})


class JournalSpoolStore:
    """Durable print jobs; every change is committed when the call returns."""

    def __init__(self, journal: JournalWriter, clock: Clock) -> None:
        self._journal = journal
        self._clock = clock

    def recover(self, *, printer_role: str) -> tuple[JobChange, ...]:
        """Turn each ``SENDING`` of this printer into ``UNKNOWN`` with reason ``process_start``."""
        with self._journal.transaction() as connection:
            rows: Any = connection.execute(
                "SELECT uid, subject_uid, (SELECT max(attempt) FROM print_attempt "
                "WHERE job_uid = uid) FROM print_job WHERE state = 'SENDING' AND printer_role = ?",
                (printer_role,),
            ).fetchall()
            changes = tuple(
                JobChange(uid, subject, JobState.UNKNOWN, JobReason.PROCESS_START, attempt)
                for uid, subject, attempt in rows
            )
            for change in changes:
                self._end(
                    change.job_uid,
                    attempt=change.attempt,
                    state=change.state,
                    reason=change.reason,
                )
        return changes

    def next_queued(self, *, printer_role: str, skip: frozenset[str]) -> PrintJob | None:
        """Return the oldest ``QUEUED`` job of this printer whose uid is not in ``skip``."""
        with self._journal.reading() as connection:
            rows: Any = connection.execute(
                "SELECT uid, kind, subject_uid, printer_role, document, copy_index, state, reason "
                "FROM print_job WHERE state = 'QUEUED' AND printer_role = ? "
                "ORDER BY rowid",
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
            The number of the attempt, from 1; None if the job is no longer ``QUEUED``.
        """
        with self._journal.transaction() as connection:
            state: Any = connection.execute(
                "SELECT state FROM print_job WHERE uid = ?", (job_uid,)
            ).get
            if state != JobState.QUEUED:
                return None
            connection.execute(
                "UPDATE print_job SET state = 'SENDING', reason = '' WHERE uid = ?", (job_uid,)
            )
            last: Any = connection.execute(
                "SELECT max(attempt) FROM print_attempt WHERE job_uid = ?", (job_uid,)
            ).get
            attempt = int(last or 0) + 1
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

    def finish(self, job_uid: str, *, attempt: int, state: JobState, reason: JobReason) -> None:
        """Commit the end of an attempt; the same again changes nothing."""
        with self._journal.transaction() as connection:
            outcome: Any = connection.execute(
                "SELECT outcome FROM print_attempt WHERE job_uid = ? AND attempt = ?",
                (job_uid, attempt),
            ).get
            if outcome is None:
                self._end(job_uid, attempt=attempt, state=state, reason=reason)

    def note(self, job_uid: str, *, reason: JobReason) -> None:
        """Write why a ``QUEUED`` job waits; its state stays."""
        with self._journal.transaction() as connection:
            connection.execute(
                "UPDATE print_job SET reason = ? WHERE uid = ? AND state = 'QUEUED'",
                (reason.value, job_uid),
            )

    def _end(self, job_uid: str, *, attempt: int, state: JobState, reason: JobReason) -> None:
        now = utc_text(self._clock.now())
        with self._journal.reading() as connection:
            connection.execute(
                "UPDATE print_job SET state = ?, reason = ?, closed_at = ? WHERE uid = ?",
                (state.value, reason.value, now if state in _ENDED else None, job_uid),
            )
            connection.execute(
                "UPDATE print_attempt SET ended_at = ?, outcome = ?, reason = ? "
                "WHERE job_uid = ? AND attempt = ?",
                (now, state.value, reason.value, job_uid, attempt),
            )
