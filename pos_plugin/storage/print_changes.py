"""How a print job changes in ``journal.db``: its row, and the event that tells head office.

Every closed attempt and every later change is an event ``print_closed`` with the exact state, in
the same transaction. Training leaves no event.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pos_plugin.clock import utc_text
from pos_plugin.storage.print_strips import COUPONS, LEFT_OUT, Coupon, every, without
from printers.ports import JobReason, JobState

if TYPE_CHECKING:
    from collections.abc import Iterable

    import apsw

    from pos_plugin.clock import Clock
    from pos_plugin.storage.journal_writer import JournalWriter

# From here on the document is kept for 30 days; what comes late starts them anew.
_CLOSED: Final = frozenset(
    {
        JobState.CONFIRMED,
        JobState.ASSUMED,
        JobState.CONFIRMED_BY_OPERATOR,
        JobState.REPLACED,
        JobState.CANCELLED,
    }
)


class JobRow(NamedTuple):
    """A print job as it is stored.

    ``attempt`` is its last one, 0 before the first, with its ``printer``, ``sha256`` and
    ``seconds``; ``moved_to``: the printer that the cashier chose; ``is_void``: every voucher on it
    was cancelled; ``is_used``: every one was redeemed or cancelled; ``is_blocked``: those left are
    blocked; ``coupons``: of a strip, ``left_out``: positions of those that the last attempt left
    out.
    """

    uid: str
    kind: str
    subject_uid: str
    printer_role: str
    moved_to: str | None
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
    printer: str | None
    reported: str | None
    sha256: str | None
    seconds: int
    is_void: bool
    is_used: bool
    is_blocked: bool
    coupons: tuple[Coupon, ...]
    left_out: tuple[int, ...]

    @property
    def void_coupons(self) -> tuple[int, ...]:
        """The positions on a strip of those that were cancelled."""
        return tuple(one.position for one in self.coupons if one.is_void)

    @property
    def standing(self) -> str:
        """The document without the coupons that were cancelled."""
        return without(self.document, self.void_coupons)

    def over_coupons(self, on: str) -> tuple[int, ...]:
        """Return the positions on a strip of those that nobody can use on a shop day."""
        return tuple(one.position for one in self.coupons if one.is_over(on))

    @property
    def printed(self) -> str:
        """The document as the last attempt sent it."""
        return without(self.document, self.left_out)


_IS_VOID: Final = every("voucher.state = 'cancelled'")
_IS_USED: Final = every("voucher.state IN ('redeemed', 'cancelled')")
_IS_BLOCKED: Final = every("voucher.state IN ('blocked', 'redeemed', 'cancelled')")
_JOB: Final = (
    "SELECT uid, print_job.kind, subject_uid, printer_role, print_job.printer, document, "  # noqa: S608
    "copy_index, print_job.state, print_job.reason, created_at, handed_over_at, replaced_by, "
    "training, print_job.customer, coalesce(attempt, 0), print_attempt.printer, reported, sha256, "
    "coalesce(seconds, 0), "
    f"{_IS_VOID}, {_IS_USED} AND NOT {_IS_VOID}, {_IS_BLOCKED} AND NOT {_IS_USED}, "
    f"{COUPONS}, {LEFT_OUT} "
    "FROM print_job LEFT JOIN voucher ON voucher.id = subject_uid "
    "LEFT JOIN print_attempt ON job_uid = uid AND attempt = "
    "(SELECT max(attempt) FROM print_attempt WHERE job_uid = uid) "
)
# Whoever used the voucher has its paper, and one that is void is handed to nobody.
_ASKS: Final = (
    "WHERE handed_over_at IS NULL AND print_job.state NOT IN ('REPLACED', 'CANCELLED') "
    f"AND NOT {_IS_USED} "
)


def _row(values: Any) -> JobRow:  # noqa: ANN401 - a row of SQLite
    row = JobRow(*values)
    return row._replace(
        state=JobState(row.state),
        reason=JobReason(row.reason),
        training=bool(row.training),
        is_void=bool(row.is_void),
        is_used=bool(row.is_used),
        is_blocked=bool(row.is_blocked),
        coupons=tuple(sorted(Coupon(*one) for one in json.loads(values[-2]))),
        left_out=tuple(json.loads(values[-1])),
    )


def find_job(journal: apsw.Connection, uid: str) -> JobRow | None:
    """Return a print job with its last attempt."""
    values: Any = journal.execute(_JOB + "WHERE uid = ?", (uid,)).fetchone()
    return None if values is None else _row(values)


def told_jobs(journal: apsw.Connection, limit: int) -> list[JobRow]:
    """Return the newest jobs about which something may be left to do, the oldest first."""
    rows: Any = journal.execute(
        _JOB + _ASKS + "ORDER BY created_at DESC, print_job.rowid DESC LIMIT ?", (limit,)
    ).fetchall()
    return [_row(values) for values in reversed(rows)]


def lying_vouchers(journal: apsw.Connection, limit: int) -> list[tuple[str, bytes, str]]:
    """Return job, code hash and state of every voucher on the newest papers nobody handed over.

    Args:
        journal: of the till.
        limit: so many papers at most.
    """
    rows: Any = journal.execute(
        # As the index of the jobs that are told says it.
        "SELECT job.uid, code_hash, voucher.state FROM (SELECT uid, subject_uid FROM print_job "
        "WHERE handed_over_at IS NULL AND state NOT IN ('REPLACED', 'CANCELLED') "
        "ORDER BY created_at DESC LIMIT ?) AS job "
        "LEFT JOIN strip_coupon ON strip = job.subject_uid "
        "CROSS JOIN voucher ON voucher.id = coalesce(strip_coupon.voucher, job.subject_uid)",
        (limit,),
    ).fetchall()
    return list(rows)


def unfinished_jobs(journal: apsw.Connection) -> list[JobRow]:
    """Return the jobs that are not on paper for certain and not given up, the oldest first."""
    rows: Any = journal.execute(
        _JOB + _ASKS + "AND print_job.state IN ('QUEUED', 'HELD', 'SENDING', 'UNKNOWN', 'FAILED') "
        "ORDER BY created_at, print_job.rowid"
    )
    return [_row(values) for values in rows]


def waiting_jobs(journal: apsw.Connection, *, state: JobState) -> list[JobRow]:
    """Return the jobs in a state before or after paper, in the order in which they were queued."""
    rows: Any = journal.execute(
        _JOB + "WHERE print_job.state = ? ORDER BY print_job.rowid", (state.value,)
    )
    return [_row(values) for values in rows]


def jobs_of(journal: apsw.Connection, customers: Iterable[str], *states: JobState) -> list[JobRow]:
    """Return the jobs of a customer in these states, in the order in which they were queued.

    Args:
        journal: of the till.
        customers: every id of hers.
        states: that are meant.
    """
    marks = ", ".join("?" * len(ids := list(customers)))
    rows: Any = journal.execute(
        f"{_JOB} WHERE print_job.customer IN ({marks}) ORDER BY print_job.rowid", ids
    )
    return [job for values in rows if (job := _row(values)).state in states]


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
        # Paper that nobody asked for yet, or asked for again, has not come to any end.
        is_end = state not in (JobState.QUEUED, JobState.HELD, JobState.SENDING)
        if is_end or job.state is JobState.SENDING:
            self.tell(
                "print_closed", job, attempt=job.attempt, state=state.value, reason=reason.value
            )

    def end_attempt(
        self,
        journal: apsw.Connection,
        job: JobRow,
        state: JobState,
        reason: JobReason,
        *,
        level: int | None = None,
    ) -> None:
        """Write how the last attempt of a job ended, and move the job there."""
        journal.execute(
            "UPDATE print_attempt SET ended_at = ?, outcome = ?, reason = ?, level = ? "
            "WHERE job_uid = ? AND attempt = ?",
            (
                utc_text(self._clock.now()),
                state.value,
                reason.value,
                level,
                job.uid,
                job.attempt,
            ),
        )
        self.change(journal, job, state, reason)

    def requeue(
        self,
        journal: apsw.Connection,
        job: JobRow,
        reason: JobReason,
        *,
        hold_after_at: str | None,
    ) -> None:
        """Queue a job again of which nothing is on paper.

        Args:
            journal: of the running transaction.
            job: ``HELD`` or ``FAILED``.
            reason: why.
            hold_after_at: until when somebody waits for it now; None = as long as it takes.
        """
        journal.execute(
            "UPDATE print_job SET hold_after_at = ? WHERE uid = ?", (hold_after_at, job.uid)
        )
        self.change(journal, job, JobState.QUEUED, reason)

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
