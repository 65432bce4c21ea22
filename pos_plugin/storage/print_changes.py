"""How a print job changes in ``journal.db``: its row, and the event that tells head office.

Every closed attempt and every later change is an event ``print_closed`` in the same transaction.
Training leaves no event.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pos_plugin.clock import utc_text
from printers.ports import JobReason, JobState

if TYPE_CHECKING:
    import apsw

    from pos_plugin.clock import Clock
    from pos_plugin.storage.journal_writer import JournalWriter

# Nothing is left to be done about these.
_CLOSED: Final = frozenset(
    {
        JobState.CONFIRMED,
        JobState.CONFIRMED_BY_OPERATOR,
        JobState.REPLACED,
        JobState.CANCELLED,
    }
)


class JobRow(NamedTuple):
    """A print job as it is stored.

    ``attempt`` is its last one, 0 before the first; ``is_void``: its voucher was cancelled.
    """

    uid: str
    kind: str
    subject_uid: str
    document: str
    copy_index: int
    state: JobState
    reason: JobReason
    created_at: str
    handed_over_at: str | None
    replaced_by: str | None
    training: bool
    customer: str | None
    attempt: int
    reported: str | None
    sha256: str | None
    is_void: bool


IS_VOID: Final = (
    "EXISTS (SELECT 1 FROM voucher WHERE voucher.id = subject_uid AND voucher.state = 'cancelled')"
)
"""Of a row of ``print_job``: its voucher was cancelled."""

_JOB: Final = (
    "SELECT uid, print_job.kind, subject_uid, document, copy_index, print_job.state, "  # noqa: S608
    "print_job.reason, created_at, handed_over_at, replaced_by, "
    "coalesce(json_extract(document, '$.training'), 0), "
    "(SELECT customer FROM voucher WHERE voucher.id = subject_uid), "
    f"coalesce(attempt, 0), reported, sha256, {IS_VOID} "
    "FROM print_job LEFT JOIN print_attempt ON job_uid = uid AND attempt = "
    "(SELECT max(attempt) FROM print_attempt WHERE job_uid = uid) "
)


def _row(values: Any) -> JobRow:  # noqa: ANN401 - a row of SQLite
    row = JobRow(*values)
    return row._replace(
        state=JobState(row.state),
        reason=JobReason(row.reason),
        training=bool(row.training),
        is_void=bool(row.is_void),
    )


def find_job(journal: apsw.Connection, uid: str) -> JobRow | None:
    """Return a print job with its last attempt."""
    values: Any = journal.execute(_JOB + "WHERE uid = ?", (uid,)).fetchone()
    return None if values is None else _row(values)


def told_jobs(journal: apsw.Connection, limit: int) -> list[JobRow]:
    """Return the newest jobs about which something may be left to do, the oldest first."""
    rows: Any = journal.execute(
        _JOB + "WHERE handed_over_at IS NULL AND print_job.state NOT IN ('REPLACED', 'CANCELLED') "
        f"AND NOT {IS_VOID} ORDER BY created_at DESC, print_job.rowid DESC LIMIT ?",
        (limit,),
    ).fetchall()
    return [_row(values) for values in reversed(rows)]


def unfinished_jobs(journal: apsw.Connection) -> list[JobRow]:
    """Return the jobs that are not on paper for certain and not given up, the oldest first."""
    rows: Any = journal.execute(
        _JOB + "WHERE handed_over_at IS NULL AND print_job.state NOT IN ('REPLACED', 'CANCELLED') "
        "AND print_job.state IN ('QUEUED', 'SENDING', 'UNKNOWN', 'FAILED') "
        f"AND NOT {IS_VOID} ORDER BY created_at, print_job.rowid"
    )
    return [_row(values) for values in rows]


class PrintChanges:
    """Changes print jobs of one till, inside transactions that the caller holds.

    Args:
        journal: of the till.
        clock: instants.
        shop: code of the shop, for events.
        till: number of the till, for events.
    """

    def __init__(self, journal: JournalWriter, clock: Clock, *, shop: str, till: str) -> None:
        self._journal = journal
        self._clock = clock
        self._shop = shop
        self._till = till

    def change(
        self,
        journal: apsw.Connection,
        job: JobRow,
        state: JobState,
        reason: JobReason,
        *,
        remark: str | None = None,
    ) -> None:
        """Move a job to a state of its table.

        Args:
            journal: of the running transaction.
            job: as it is stored now.
            state: where to.
            reason: why.
            remark: the cashier's own words.
        """
        closed_at = utc_text(self._clock.now()) if state in _CLOSED else None
        journal.execute(
            "UPDATE print_job SET state = ?, reason = ?, closed_at = ?, "
            "remark = coalesce(?, remark) WHERE uid = ?",
            (state.value, reason.value, closed_at, remark, job.uid),
        )
        if state not in (JobState.QUEUED, JobState.SENDING):
            self.tell(
                "print_closed", job, attempt=job.attempt, state=state.value, reason=reason.value
            )

    def end_attempt(
        self, journal: apsw.Connection, job: JobRow, state: JobState, reason: JobReason
    ) -> None:
        """Write how the last attempt of a job ended, and move the job there."""
        journal.execute(
            "UPDATE print_attempt SET ended_at = ?, outcome = ?, reason = ? "
            "WHERE job_uid = ? AND attempt = ?",
            (utc_text(self._clock.now()), state.value, reason.value, job.uid, job.attempt),
        )
        self.change(journal, job, state, reason)

    def tell(self, kind: str, job: JobRow, **facts: object) -> None:
        """Store an event about a job in the outbox."""
        if job.training:
            return
        now = self._clock.now()
        self._journal.add_event(
            kind=kind,
            body={
                "shop": self._shop,
                "till": self._till,
                "customer": job.customer,
                "business_on": now.date().isoformat(),
                "job": job.uid,
                "kind": job.kind,
                "subject": job.subject_uid,
                "copy_index": job.copy_index,
                **facts,
            },
            touches=[] if job.customer is None else [job.customer],
            at=now,
        )
