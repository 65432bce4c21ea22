"""What the host reports of a print job and what the cashier chooses, one transaction each.

1. Only the steps of the state table (``printers.ports.TRANSITIONS``); everything else is refused.
2. The same again gives the same answer and changes nothing.
3. What the host says late counts as long as nobody copied, cancelled, handed over or answered.
4. A voucher that was cancelled is neither printed again nor handed over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from pos_plugin.clock import utc_text
from pos_plugin.notices import Refusal, Refused
from pos_plugin.storage.print_changes import PrintChanges, find_job
from pos_plugin.uids import new_uid
from printers.document import Document
from printers.errors import DocumentInvalid
from printers.ports import TRANSITIONS, JobReason, JobState

if TYPE_CHECKING:
    from collections.abc import Mapping

    import apsw

    from pos_plugin.clock import Clock
    from pos_plugin.storage.journal_writer import JournalWriter
    from pos_plugin.storage.print_changes import JobRow

REPORTS: Final[Mapping[str, JobState]] = {
    "printed": JobState.CONFIRMED,
    "failed": JobState.FAILED,
    "unknown": JobState.UNKNOWN,
}
ON_PAPER: Final = frozenset({JobState.CONFIRMED, JobState.ASSUMED, JobState.CONFIRMED_BY_OPERATOR})


class Chosen(NamedTuple):
    """A job after a choice, and whether the choice changed it."""

    job: JobRow
    changed: bool


class PrintChoices:
    """Reports and choices about the print jobs of one till.

    Args:
        journal: of the till.
        clock: instants; its wall clock stands on copies.
        shop: code of the shop, for events.
        till: number of the till, for events.
    """

    def __init__(self, journal: JournalWriter, clock: Clock, *, shop: str, till: str) -> None:
        self._journal = journal
        self._clock = clock
        self._changes = PrintChanges(journal, clock, shop=shop, till=till)

    def report(self, uid: str, *, attempt: int, result: str) -> Chosen | Refused:
        """Take what the host says of an attempt.

        Args:
            uid: of the job.
            attempt: as the effect named it.
            result: ``printed``, ``failed`` or ``unknown``.
        """
        with self._journal.transaction() as connection:
            job = find_job(connection, uid)
            if job is None:
                return Refused(Refusal.PRINT_JOB_UNKNOWN)
            if attempt != job.attempt or not attempt:
                return Refused(Refusal.CONFLICT)
            if job.reported == result:
                return Chosen(job, changed=False)
            state = REPORTS[result]
            if state is not job.state:
                if (job.state, state) not in TRANSITIONS or job.handed_over_at is not None:
                    return Refused(Refusal.CONFLICT)
                reason = JobReason.NONE if state is JobState.CONFIRMED else JobReason.HOST_REPORT
                if job.state is JobState.SENDING:
                    self._changes.end_attempt(connection, job, state, reason)
                else:
                    self._changes.change(connection, job, state, reason)
            connection.execute(
                "UPDATE print_attempt SET reported = ? WHERE job_uid = ? AND attempt = ?",
                (result, uid, attempt),
            )
            return _chosen(connection, uid, changed=state is not job.state)

    def print_again(self, uid: str) -> Chosen | Refused:
        """Queue a failed job again: nothing was on paper, so it carries no copy mark."""
        with self._journal.transaction() as connection:
            job = find_job(connection, uid)
            if job is None:
                return Refused(Refusal.PRINT_JOB_UNKNOWN)
            if job.is_void:
                return Refused(Refusal.PRINT_NOT_NOW)
            if job.state in (JobState.QUEUED, JobState.SENDING):
                return Chosen(job, changed=False)
            return self._step(connection, job, JobState.QUEUED)

    def came_out(self, uid: str) -> Chosen | Refused:
        """Take the cashier's word that the paper came out whole."""
        with self._journal.transaction() as connection:
            job = find_job(connection, uid)
            if job is None:
                return Refused(Refusal.PRINT_JOB_UNKNOWN)
            return self._step(connection, job, JobState.CONFIRMED_BY_OPERATOR)

    def cancel(self, uid: str, *, remark: str | None) -> Chosen | Refused:
        """Give a job up; the voucher stays what it is.

        Args:
            uid: of the job.
            remark: the cashier's own words.
        """
        with self._journal.transaction() as connection:
            job = find_job(connection, uid)
            if job is None:
                return Refused(Refusal.PRINT_JOB_UNKNOWN)
            return self._step(connection, job, JobState.CANCELLED, remark=remark)

    def reprint(self, uid: str) -> Chosen | Refused:
        """Queue the next copy under its copy mark and return its job; the old one is replaced."""
        with self._journal.transaction() as connection:
            job = find_job(connection, uid)
            if job is None:
                return Refused(Refusal.PRINT_JOB_UNKNOWN)
            if job.replaced_by is not None:
                return _chosen(connection, job.replaced_by, changed=False)
            if (job.state, JobState.REPLACED) not in TRANSITIONS or job.is_void:
                return Refused(Refusal.PRINT_NOT_NOW)
            now = self._clock.now()
            try:
                document = Document.from_json(job.document).next_copy(
                    copied_at=now.strftime("%Y-%m-%dT%H:%M")
                )
            except DocumentInvalid:
                # As often as a copy mark can count.
                return Refused(Refusal.PRINT_NOT_NOW)
            copy = str(new_uid(now))
            connection.execute(
                "INSERT INTO print_job (uid, kind, subject_uid, printer_role, document, "
                "copy_index, state, reason, created_at) SELECT ?, kind, subject_uid, "
                "printer_role, ?, ?, 'QUEUED', '', ? FROM print_job WHERE uid = ?",
                (copy, document.to_json(), document.copy_index, utc_text(now), uid),
            )
            connection.execute("UPDATE print_job SET replaced_by = ? WHERE uid = ?", (copy, uid))
            self._changes.change(connection, job, JobState.REPLACED, JobReason.CASHIER)
            return _chosen(connection, copy, changed=True)

    def hand_over(self, uid: str, *, cashier: str | None) -> Chosen | Refused:
        """Record that the customer has the paper.

        Args:
            uid: of the job.
            cashier: who gave it.
        """
        with self._journal.transaction() as connection:
            job = find_job(connection, uid)
            if job is None:
                return Refused(Refusal.PRINT_JOB_UNKNOWN)
            if job.handed_over_at is not None:
                return Chosen(job, changed=False)
            if job.state not in ON_PAPER or job.is_void:
                return Refused(Refusal.NOTICE_UNKNOWN)
            connection.execute(
                "UPDATE print_job SET handed_over_at = ? WHERE uid = ?",
                (utc_text(self._clock.now()), uid),
            )
            self._changes.tell("voucher_handed_over", job, cashier=cashier)
            return _chosen(connection, uid, changed=True)

    def _step(
        self,
        connection: apsw.Connection,
        job: JobRow,
        state: JobState,
        *,
        remark: str | None = None,
    ) -> Chosen | Refused:
        if job.state is state:
            return Chosen(job, changed=False)
        if (job.state, state) not in TRANSITIONS:
            return Refused(Refusal.PRINT_NOT_NOW)
        self._changes.change(connection, job, state, JobReason.CASHIER, remark=remark)
        return _chosen(connection, job.uid, changed=True)


def _chosen(connection: apsw.Connection, uid: str, *, changed: bool) -> Chosen:
    job = find_job(connection, uid)
    if job is None:
        raise AssertionError("a job of this very transaction")
    return Chosen(job, changed)
