"""What the host reports of a print job and what the cashier chooses, one transaction each.

1. Only the steps of the state table (``printers.ports.TRANSITIONS``); everything else is refused.
2. The same again gives the same answer and changes nothing.
3. What the host says late counts as long as nobody copied, cancelled, handed over or answered.
4. A voucher that was cancelled is neither printed again nor handed over; one that is blocked waits
   until it is let go.
"""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Final, NamedTuple

from pos_plugin.clock import utc_text
from pos_plugin.notices import Refusal, Refused
from pos_plugin.storage import print_documents
from pos_plugin.storage.print_changes import PrintChanges, find_job, jobs_of
from pos_plugin.uids import new_uid
from printers.errors import DocumentInvalid
from printers.ports import TRANSITIONS, JobReason, JobState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import apsw

    from pos_plugin.clock import Clock
    from pos_plugin.storage.journal_writer import JournalWriter
    from pos_plugin.storage.print_changes import JobRow
    from printers.document import Document

REPORTS: Final[Mapping[str, JobState]] = {
    "printed": JobState.CONFIRMED,
    "failed": JobState.FAILED,
    "unknown": JobState.UNKNOWN,
}
VOUCHERS: Final = frozenset({"voucher", "coupon"})
BACK_AGAIN: Final = frozenset({JobReason.TOO_LATE, JobReason.VOUCHER_BLOCKED})
"""Held for these reasons, paper comes when its customer is identified again."""
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
        hold_after_s: how long somebody waits for paper of a printer role; None = for ever.
    """

    def __init__(
        self,
        journal: JournalWriter,
        clock: Clock,
        *,
        shop: str,
        till: str,
        hold_after_s: Callable[[str], int | None] = lambda _role: None,
    ) -> None:
        self._journal = journal
        self._clock = clock
        self._hold_after_s = hold_after_s
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
        """Queue a held or failed job: nothing was on paper, so it carries no copy mark."""
        with self._journal.transaction() as connection:
            job = find_job(connection, uid)
            if job is None:
                return Refused(Refusal.PRINT_JOB_UNKNOWN)
            if job.is_void or job.is_blocked:
                return Refused(Refusal.PRINT_NOT_NOW)
            if job.state in (JobState.QUEUED, JobState.SENDING):
                return Chosen(job, changed=False)
            if (job.state, JobState.QUEUED) not in TRANSITIONS:
                return Refused(Refusal.PRINT_NOT_NOW)
            if not job.document:
                # Of an erased customer, or kept long enough; nothing is left to be laid out.
                return Refused(Refusal.PRINT_NOT_NOW)
            self._requeue(connection, job, JobReason.CASHIER)
            return _chosen(connection, uid, changed=True)

    def identified(self, customers: Iterable[str]) -> list[Chosen]:
        """Queue what was held because the customer had left or it was blocked: she is back.

        Args:
            customers: every id of hers.
        """
        with self._journal.transaction() as connection:
            held = [
                job
                for job in jobs_of(connection, customers, JobState.HELD)
                if job.reason in BACK_AGAIN and not job.is_blocked
            ]
            for job in held:
                self._requeue(connection, job, JobReason.IDENTIFIED)
            return [_chosen(connection, job.uid, changed=True) for job in held]

    def move(self, uid: str, *, printer: str) -> Chosen | Refused:
        """Give a job of which nothing is on paper to another printer.

        Args:
            uid: of the job.
            printer: its name in the settings.
        """
        with self._journal.transaction() as connection:
            job = find_job(connection, uid)
            if job is None:
                return Refused(Refusal.PRINT_JOB_UNKNOWN)
            if job.moved_to == printer and job.state is JobState.QUEUED:
                return Chosen(job, changed=False)
            if job.state not in (JobState.QUEUED, JobState.HELD) or job.is_void or job.is_blocked:
                return Refused(Refusal.PRINT_NOT_NOW)
            connection.execute("UPDATE print_job SET printer = ? WHERE uid = ?", (printer, uid))
            if job.state is JobState.HELD:
                self._requeue(connection, job, JobReason.CASHIER)
            else:
                connection.execute("UPDATE print_job SET reason = '' WHERE uid = ?", (uid,))
            return _chosen(connection, uid, changed=True)

    def erased(self, connection: apsw.Connection, customer: str) -> int:
        """Give up what is not on paper of a customer who is erased, and empty her documents.

        Args:
            connection: of the running transaction.
            customer: id.

        Returns:
            How many documents were emptied.
        """
        open_states = (JobState.QUEUED, JobState.HELD, JobState.UNKNOWN, JobState.FAILED)
        for job in jobs_of(connection, [customer], *open_states):
            self._changes.change(connection, job, JobState.CANCELLED, JobReason.CUSTOMER_ERASED)
        return print_documents.empty_of(connection, customer, self._clock.now())

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
            if (job.state, JobState.REPLACED) not in TRANSITIONS:
                return Refused(Refusal.PRINT_NOT_NOW)
            if job.is_void or job.is_used or job.is_blocked:
                return Refused(Refusal.PRINT_NOT_NOW)
            now = self._clock.now()
            try:
                document = _whole(job.document).next_copy(copied_at=now.strftime("%Y-%m-%dT%H:%M"))
            except DocumentInvalid:
                # As often as a copy mark can count; or its document is gone.
                return Refused(Refusal.PRINT_NOT_NOW)
            copy = str(new_uid(now))
            connection.execute(
                "INSERT INTO print_job (uid, kind, subject_uid, customer, printer_role, printer, "
                "template_id, template_version, document, copy_index, training, state, reason, "
                "created_at, hold_after_at) SELECT ?, kind, subject_uid, customer, printer_role, "
                "printer, template_id, template_version, ?, ?, training, 'QUEUED', '', ?, ? "
                "FROM print_job WHERE uid = ?",
                (
                    copy,
                    document.to_json(),
                    document.copy_index,
                    utc_text(now),
                    self._hold_after_at(job),
                    uid,
                ),
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
            if job.kind in VOUCHERS:
                self._changes.tell("voucher_handed_over", job, cashier=cashier)
            else:
                self._changes.tell("print_handed_over", job, cashier=cashier)
            return _chosen(connection, uid, changed=True)

    def put_off(self, uid: str, *, notice: str, cashier: str | None) -> Chosen | Refused:
        """Record that the cashier has seen a notice and decides later.

        Args:
            uid: of the job.
            notice: code of what was said.
            cashier: who put it off.
        """
        with self._journal.transaction() as connection:
            job = find_job(connection, uid)
            if job is None:
                return Refused(Refusal.NOTICE_UNKNOWN)
            self._changes.tell("notice_acknowledged", job, notice=notice, cashier=cashier)
            return Chosen(job, changed=False)

    def _hold_after_at(self, job: JobRow) -> str | None:
        hold_after_s = self._hold_after_s(job.printer_role)
        if hold_after_s is None:
            return None
        return utc_text(self._clock.now() + dt.timedelta(seconds=hold_after_s))

    def _requeue(self, connection: apsw.Connection, job: JobRow, reason: JobReason) -> None:
        self._changes.requeue(connection, job, reason, hold_after_at=self._hold_after_at(job))

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


def _whole(document: str) -> Document:
    """Return a stored document to be printed; of one cut down to the needed, with its end.

    Raises:
        DocumentInvalid: it is gone.
    """
    from printers.document import Document

    try:
        content = json.loads(document)
    except ValueError:
        return Document.from_json(document)
    if all(block["type"] != "cut" for block in content["blocks"]):
        content["blocks"].append({"type": "cut"})
    return Document.from_dict(content)
