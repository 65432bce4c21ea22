"""The print jobs in ``journal.db``: the port that ``printers.ports.SpoolStore`` asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pos_plugin.clock import utc_text
from pos_plugin.storage import print_documents, voucher_store
from pos_plugin.storage.print_changes import (
    PrintChanges,
    find_job,
    lying_vouchers,
    waiting_jobs,
)
from pos_plugin.storage.print_strips import NOT_PRINTED, every, keep_left_out, without
from pos_plugin.storage.voucher_lookup import as_told
from printers.ports import JobChange, JobReason, JobState, PrintJob

if TYPE_CHECKING:
    from collections.abc import Iterable

    import apsw

    from pos_plugin.clock import Clock
    from pos_plugin.loyalty.vouchers import Voucher
    from pos_plugin.storage.cache_reader import CacheReader
    from pos_plugin.storage.journal_writer import JournalWriter
    from pos_plugin.storage.print_changes import JobRow
    from printers.ports import Attempt, Duty, Outcome

LYING_MAX: Final = 50  # papers that nobody handed over: so many are shown
# What a printer waits for; any other reason of a queued job says who queued it.
_WAITS: Final = frozenset(
    {
        JobReason.HOST_AWAY,
        JobReason.PRINTER_OFFLINE,
        JobReason.PRINTER_BUSY,
        JobReason.PRINTER_MUTE,
        JobReason.PRINTER_ERROR,
        JobReason.PAPER_OUT,
        JobReason.COVER_OPEN,
    }
)
_OVERDUE: Final = "state = 'QUEUED' AND hold_after_at <= ?"
_OVER: Final = (
    "FROM print_job JOIN voucher ON voucher.id = subject_uid "
    "WHERE print_job.state IN ('QUEUED', 'HELD', 'UNKNOWN', 'FAILED') "
    "AND " + every("voucher.state IN ('cancelled', 'redeemed') OR voucher.valid_to_on < ?1")
)
_BLOCKED: Final = (
    "FROM print_job JOIN voucher ON voucher.id = subject_uid WHERE print_job.state = 'QUEUED' AND "
    + every(
        "voucher.state IN ('blocked', 'cancelled', 'redeemed') OR voucher.valid_to_on < ?1",
    )
)
# Every voucher of the paper, a strip has several.
_ON_PAPER: Final = (
    "SELECT voucher.id, code_hash, voucher.state FROM print_job "
    "LEFT JOIN strip_coupon ON strip = subject_uid "
    "CROSS JOIN voucher ON voucher.id = coalesce(strip_coupon.voucher, subject_uid) "
)
# As the index of the open jobs says it: asked once a second.
_WAITING: Final = (
    f"{_ON_PAPER} WHERE print_job.state IN ('QUEUED', 'SENDING', 'HELD', 'UNKNOWN', 'FAILED')"
)


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
        # By job: the coupons without which a strip was laid out on its shop day.
        self._left_out: dict[str, tuple[int, ...]] = {}

    def recover(self, *, printer: str) -> tuple[JobChange, ...]:
        """Turn each ``SENDING`` of this printer into ``UNKNOWN`` with reason ``process_start``."""
        return self._recover(lambda job: job.printer == printer)

    def recover_others(self, *, printers: Iterable[str]) -> tuple[JobChange, ...]:
        """Do the same for what was sent by printers that are not among these any more."""
        known = frozenset(printers)
        return self._recover(lambda job: job.printer not in known)

    def _recover(self, is_meant: Any) -> tuple[JobChange, ...]:  # noqa: ANN401 - a question
        with self._journal.transaction() as connection:
            jobs = [
                job for job in waiting_jobs(connection, state=JobState.SENDING) if is_meant(job)
            ]
            for job in jobs:
                self._changes.end_attempt(
                    connection, job, JobState.UNKNOWN, JobReason.PROCESS_START
                )
        return tuple(_told(job, JobState.UNKNOWN, JobReason.PROCESS_START) for job in jobs)

    def settle(self) -> tuple[JobChange, ...]:
        """Put aside what nobody waits for any more, and documents kept long enough."""
        now = self._clock.now()
        today, instant = now.date().isoformat(), utc_text(now)
        with self._journal.reading() as connection:
            is_quiet = (
                connection.execute(f"SELECT 1 FROM print_job WHERE {_OVERDUE}", (instant,)).get  # noqa: S608
                is None
                and connection.execute(f"SELECT 1 {_OVER}", (today,)).get is None
                and connection.execute(f"SELECT 1 {_BLOCKED}", (today,)).get is None
                and not print_documents.has_old(connection, now)
            )
        if is_quiet:
            return ()
        with self._journal.transaction() as connection:
            # Over first: what is void is not held for anybody.
            over = _uids(connection, f"SELECT uid {_OVER}", today)
            told = [self._move(connection, uid, JobState.CANCELLED) for uid in over]
            blocked = _uids(connection, f"SELECT uid {_BLOCKED}", today)
            told += [self._move(connection, uid, JobState.HELD) for uid in blocked]
            overdue = _uids(connection, f"SELECT uid FROM print_job WHERE {_OVERDUE}", instant)  # noqa: S608
            told += [self._move(connection, uid, JobState.HELD) for uid in overdue]
            print_documents.empty_old(connection, now)
        return tuple(told)

    def hear_of_lying(self, cache: CacheReader) -> tuple[str, ...]:
        """Take in what head office says of vouchers on paper that nobody handed over yet.

        Args:
            cache: what head office says of them; what this till did since counts too.

        Returns:
            The jobs of which something else is to be said now.
        """
        with self._journal.reading() as connection:
            moved = [
                (uid, known)
                for uid, code, state in lying_vouchers(connection, LYING_MAX)
                if (known := _elsewhere(connection, cache, code, state)) is not None
            ]
        if moved:
            with self._journal.transaction() as connection:
                for _, known in moved:
                    voucher_store.adopt(connection, known)
        return tuple(dict.fromkeys(uid for uid, _ in moved))

    def settle_elsewhere(
        self, cache: CacheReader, job_uid: str | None = None
    ) -> tuple[JobChange, ...]:
        """Give up, hold or shorten the paper of vouchers that ended or were blocked elsewhere.

        Args:
            cache: what head office says of them; what this till did since counts too.
            job_uid: of the one job that is meant; None = all that wait.
        """
        with self._journal.reading() as connection:
            question = _WAITING if job_uid is None else f"{_ON_PAPER} WHERE uid = ?"
            named = () if job_uid is None else (job_uid,)
            rows: Any = connection.execute(question, named).fetchall()
            moved = [
                known
                for _, code, state in rows
                if (known := _elsewhere(connection, cache, code, state)) is not None
            ]
        if not moved:
            return ()
        with self._journal.transaction() as connection:
            for known in moved:
                voucher_store.adopt(connection, known)
        return self.settle()

    def _move(self, connection: apsw.Connection, uid: str, state: JobState) -> JobChange:
        job = find_job(connection, uid)
        if job is None:
            raise AssertionError("a job of this very transaction")
        if state is JobState.HELD:
            reason = JobReason.VOUCHER_BLOCKED if job.is_blocked else JobReason.TOO_LATE
        elif job.is_void:
            reason = JobReason.VOUCHER_VOID
        else:
            reason = JobReason.VOUCHER_REDEEMED if job.is_used else JobReason.VOUCHER_EXPIRED
        self._changes.change(connection, job, state, reason)
        return _told(job, state, reason)

    def next_queued(self, duty: Duty, *, skip: frozenset[str]) -> PrintJob | None:
        """Return the oldest ``QUEUED`` job of a printer whose uid is not in ``skip``."""
        for job in self._queued(duty):
            left_out = job.over_coupons(self._today())
            has_any = not job.coupons or len(left_out) < len(job.coupons)
            if job.uid not in skip and has_any:
                self._left_out[job.uid] = left_out
                return PrintJob(
                    uid=job.uid,
                    kind=job.kind,
                    subject_uid=job.subject_uid,
                    printer_role=job.printer_role,
                    document=without(job.document, left_out),
                    copy_index=job.copy_index,
                    state=job.state,
                    reason=job.reason,
                    attempt=job.attempt,
                )
        return None

    def _today(self) -> str:
        return self._clock.now().date().isoformat()

    def _queued(self, duty: Duty) -> list[JobRow]:
        with self._journal.reading() as connection:
            jobs = waiting_jobs(connection, state=JobState.QUEUED)
        return [job for job in jobs if duty.takes(job.printer_role, job.moved_to)]

    def begin_attempt(self, job_uid: str, attempt: Attempt) -> bool:
        """Commit ``SENDING`` and a new attempt, durable when this returns.

        Returns:
            False, and nothing was changed, if the job is no longer to be printed or the attempt is
            not its next one.
        """
        with self._journal.transaction() as connection:
            job = find_job(connection, job_uid)
            if job is None or job.state is not JobState.QUEUED:
                return False
            if job.is_void or job.is_used or job.is_blocked:
                return False
            if attempt.number != job.attempt + 1:
                return False
            left_out = job.over_coupons(self._today())
            if left_out != self._left_out.get(job_uid, ()):
                return False  # over since it was laid out: it is laid out again
            connection.execute(
                "INSERT INTO print_attempt (job_uid, attempt, printer, unit, encoder, rung, "
                "byte_count, sha256, fragment_max, seconds, process_id, started_at) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    job_uid,
                    attempt.number,
                    attempt.printer,
                    attempt.unit,
                    attempt.encoder,
                    attempt.rung,
                    attempt.byte_count,
                    attempt.sha256,
                    attempt.fragment_max,
                    attempt.seconds,
                    attempt.process_id,
                    utc_text(self._clock.now()),
                ),
            )
            keep_left_out(connection, job_uid, attempt.number, left_out)
            self._changes.change(connection, job, JobState.SENDING, JobReason.NONE)
        return True

    def finish(self, job_uid: str, *, attempt: int, ended: Outcome) -> bool:
        """Commit the end of an attempt; the same again changes nothing.

        Returns:
            Whether the job stands there by this end.
        """
        state, reason, level = ended
        with self._journal.transaction() as connection:
            job = find_job(connection, job_uid)
            if job is None or job.attempt != attempt:
                return False
            if job.state is JobState.SENDING:
                self._changes.end_attempt(connection, job, state, reason, level=level)
                return True
            return job.state is state and job.reason is reason

    def confirm_late(self, job_uid: str, *, attempt: int) -> JobChange | None:
        """Commit that the printer answered for an attempt after it had ended."""
        with self._journal.transaction() as connection:
            job = find_job(connection, job_uid)
            if job is None or job.attempt != attempt or job.handed_over_at is not None:
                return None
            if job.state not in (JobState.UNKNOWN, JobState.ASSUMED):
                return None
            self._changes.change(connection, job, JobState.CONFIRMED, JobReason.NONE)
        return _told(job, JobState.CONFIRMED, JobReason.NONE)

    def fail(self, job_uid: str, *, reason: JobReason) -> None:
        """Commit that a ``QUEUED`` job cannot be printed."""
        with self._journal.transaction() as connection:
            job = find_job(connection, job_uid)
            if job is not None and job.state is JobState.QUEUED:
                self._changes.change(connection, job, JobState.FAILED, reason)

    def note(self, job_uid: str, *, reason: JobReason) -> None:
        """Write why a ``QUEUED`` or ``SENDING`` job waits; its state stays."""
        with self._journal.transaction() as connection:
            connection.execute(
                "UPDATE print_job SET reason = ? WHERE uid = ? AND state IN ('QUEUED', 'SENDING')",
                (reason.value, job_uid),
            )

    def note_all(self, duty: Duty, *, reason: JobReason) -> tuple[JobChange, ...]:
        """Write why every ``QUEUED`` job of a printer waits; return those it was new to."""
        others = [job for job in self._queued(duty) if job.reason is not reason]
        if reason is JobReason.NONE:
            others = [job for job in others if job.reason in _WAITS]
        for job in others:
            self.note(job.uid, reason=reason)
        return tuple(_told(job, JobState.QUEUED, reason) for job in others)


def _elsewhere(
    connection: apsw.Connection, cache: CacheReader, code_hash: bytes, state: str
) -> Voucher | None:
    """Return a voucher of this till as head office knows it, None if it stands here as there.

    Only what matters for paper: that it ended, was blocked, or can be used again.
    """
    # Used and given back here, head office may not have heard of the second yet.
    now = as_told(connection, cache, code_hash)
    if now is None or now.state == state:
        return None
    return now if {now.state, state} & NOT_PRINTED else None


def _uids(connection: apsw.Connection, question: str, value: str) -> list[str]:
    rows: Any = connection.execute(question, (value,)).fetchall()
    return [uid for (uid,) in rows]


def _told(job: JobRow, state: JobState, reason: JobReason) -> JobChange:
    return JobChange(job.uid, job.subject_uid, state, reason, job.attempt)
