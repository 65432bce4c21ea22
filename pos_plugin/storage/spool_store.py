"""The print jobs in ``journal.db``: the port that ``printers.ports.SpoolStore`` asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pos_plugin.clock import utc_text
from pos_plugin.loyalty.vouchers import VoucherState
from pos_plugin.storage import print_documents
from pos_plugin.storage.print_changes import PrintChanges, find_job, waiting_jobs
from pos_plugin.storage.print_strips import every, keep_left_out
from pos_plugin.storage.voucher_lookup import known_now
from printers.ports import TRANSITIONS, JobChange, JobReason, JobState, PrintJob

if TYPE_CHECKING:
    from collections.abc import Iterable

    import apsw

    from pos_plugin.clock import Clock
    from pos_plugin.storage.cache_reader import CacheReader
    from pos_plugin.storage.journal_writer import JournalWriter
    from pos_plugin.storage.print_changes import JobRow
    from printers.ports import Attempt, Duty, Outcome

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
# As the index of the open jobs says it: asked once a second.
_WAITING: Final = (
    "SELECT uid, code_hash FROM print_job JOIN voucher ON voucher.id = subject_uid "
    "WHERE print_job.state IN ('QUEUED', 'SENDING', 'HELD', 'UNKNOWN', 'FAILED') "
    "AND print_job.state <> 'SENDING' "
    # A strip is not over with its first coupon; those of other tills come with the next look.
    "AND NOT EXISTS (SELECT 1 FROM strip_coupon WHERE strip = subject_uid)"
)
_ENDED: Final = {
    VoucherState.REDEEMED: JobReason.VOUCHER_REDEEMED,
    VoucherState.CANCELLED: JobReason.VOUCHER_VOID,
}


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
        # By job: the coupons without which a strip was laid out.
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
                and not print_documents.has_old(connection, now)
            )
        if is_quiet:
            return ()
        with self._journal.transaction() as connection:
            # Over first: what is void is not held for anybody.
            over = _uids(connection, f"SELECT uid {_OVER}", today)
            told = [self._move(connection, uid, JobState.CANCELLED) for uid in over]
            overdue = _uids(connection, f"SELECT uid FROM print_job WHERE {_OVERDUE}", instant)  # noqa: S608
            told += [self._move(connection, uid, JobState.HELD) for uid in overdue]
            print_documents.empty_old(connection, now)
        return tuple(told)

    def settle_elsewhere(self, cache: CacheReader) -> tuple[JobChange, ...]:
        """Give up the paper of vouchers that were redeemed or cancelled at another till.

        Args:
            cache: what head office says of them; what this till did since counts too.
        """
        with self._journal.reading() as connection:
            waiting: Any = connection.execute(_WAITING).fetchall()
            over = {
                uid: reason for uid, code in waiting if (reason := _over(connection, cache, code))
            }
        if not over:
            return ()
        told = []
        with self._journal.transaction() as connection:
            for uid, reason in over.items():
                job = find_job(connection, uid)
                if job is not None and (job.state, JobState.CANCELLED) in TRANSITIONS:
                    self._changes.change(connection, job, JobState.CANCELLED, reason)
                    told.append(_told(job, JobState.CANCELLED, reason))
        return tuple(told)

    def _move(self, connection: apsw.Connection, uid: str, state: JobState) -> JobChange:
        job = find_job(connection, uid)
        if job is None:
            raise AssertionError("a job of this very transaction")
        if state is JobState.HELD:
            reason = JobReason.TOO_LATE
        elif job.is_void:
            reason = JobReason.VOUCHER_VOID
        else:
            reason = JobReason.VOUCHER_REDEEMED if job.is_used else JobReason.VOUCHER_EXPIRED
        self._changes.change(connection, job, state, reason)
        return _told(job, state, reason)

    def next_queued(self, duty: Duty, *, skip: frozenset[str]) -> PrintJob | None:
        """Return the oldest ``QUEUED`` job of a printer whose uid is not in ``skip``."""
        for job in self._queued(duty):
            if job.uid not in skip:
                self._left_out[job.uid] = job.void_coupons
                return PrintJob(
                    uid=job.uid,
                    kind=job.kind,
                    subject_uid=job.subject_uid,
                    printer_role=job.printer_role,
                    document=job.printable,
                    copy_index=job.copy_index,
                    state=job.state,
                    reason=job.reason,
                    attempt=job.attempt,
                )
        return None

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
            if job is None or job.state is not JobState.QUEUED or job.is_void or job.is_used:
                return False
            if attempt.number != job.attempt + 1:
                return False
            if job.void_coupons != self._left_out.get(job_uid, ()):
                return False  # void since it was laid out: it is laid out again
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
            keep_left_out(connection, job_uid, attempt.number, job.void_coupons)
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


def _over(connection: apsw.Connection, cache: CacheReader, code_hash: bytes) -> JobReason | None:
    """Return why nobody needs the paper of a voucher any more; None if somebody may."""
    told = cache.voucher(code_hash)
    if told is None or told.voucher.state not in _ENDED:
        return None
    kind = cache.voucher_type(told.voucher.type)
    is_multi_use = kind is not None and kind.multi_use
    # Used and given back here, head office may not have heard of the second yet.
    now = known_now(connection, told, is_here=True, is_multi_use=is_multi_use)
    return _ENDED.get(VoucherState(now.state))


def _uids(connection: apsw.Connection, question: str, value: str) -> list[str]:
    rows: Any = connection.execute(question, (value,)).fetchall()
    return [uid for (uid,) in rows]


def _told(job: JobRow, state: JobState, reason: JobReason) -> JobChange:
    return JobChange(job.uid, job.subject_uid, state, reason, job.attempt)
