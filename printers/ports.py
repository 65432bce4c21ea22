"""The life of a print job as a table, and what a spool needs from outside.

Laws (printing.md §1):
1. ``SENDING`` is durable before byte 1 leaves, or before the host is told; then nothing is
   repeated by itself.
2. A process that starts turns each ``SENDING`` into ``UNKNOWN``.
3. ``CONFIRMED`` is only said when the printer, or the host that owns it, said it; silence is
   ``ASSUMED`` or ``UNKNOWN``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from printers.encode import Job


class JobState(StrEnum):
    """Where a print job stands."""

    QUEUED = "QUEUED"
    HELD = "HELD"  # nothing is on paper, and nothing comes before somebody says so
    SENDING = "SENDING"
    CONFIRMED = "CONFIRMED"
    ASSUMED = "ASSUMED"  # went out whole, nobody said that it is on paper
    UNKNOWN = "UNKNOWN"
    FAILED = "FAILED"  # nothing that could be redeemed is on paper
    CONFIRMED_BY_OPERATOR = "CONFIRMED_BY_OPERATOR"
    REPLACED = "REPLACED"  # a copy was asked for; it has its own job
    CANCELLED = "CANCELLED"


# The store's trigger refuses every other step; None = the job is new.
TRANSITIONS: Final[frozenset[tuple[JobState | None, JobState]]] = frozenset(
    {
        (None, JobState.QUEUED),
        (None, JobState.HELD),
        (JobState.QUEUED, JobState.SENDING),
        # The customer has left: no pile of vouchers tomorrow.
        (JobState.QUEUED, JobState.HELD),
        # It cannot even be laid out.
        (JobState.QUEUED, JobState.FAILED),
        (JobState.QUEUED, JobState.CANCELLED),
        # A device that accepted no byte, said by the worker that lives; never after a start.
        (JobState.SENDING, JobState.QUEUED),
        (JobState.SENDING, JobState.CONFIRMED),
        (JobState.SENDING, JobState.ASSUMED),
        (JobState.SENDING, JobState.UNKNOWN),
        (JobState.SENDING, JobState.FAILED),
        # A host that reports late, a process id that comes late.
        (JobState.ASSUMED, JobState.CONFIRMED),
        (JobState.ASSUMED, JobState.UNKNOWN),
        (JobState.ASSUMED, JobState.FAILED),
        (JobState.UNKNOWN, JobState.CONFIRMED),
        (JobState.UNKNOWN, JobState.FAILED),
        # The cashier looked, or asks for a copy.
        (JobState.UNKNOWN, JobState.CONFIRMED_BY_OPERATOR),
        (JobState.UNKNOWN, JobState.REPLACED),
        (JobState.ASSUMED, JobState.REPLACED),
        (JobState.CONFIRMED, JobState.REPLACED),
        (JobState.CONFIRMED_BY_OPERATOR, JobState.REPLACED),
        # Nothing was on paper, so it is no copy.
        (JobState.HELD, JobState.QUEUED),
        (JobState.FAILED, JobState.QUEUED),
        (JobState.HELD, JobState.CANCELLED),
        (JobState.UNKNOWN, JobState.CANCELLED),
        (JobState.FAILED, JobState.CANCELLED),
    }
)


class JobReason(StrEnum):
    """Why a job stands where it stands; each has a German and an English notice in the till."""

    NONE = ""
    DOCUMENT_INVALID = "document_invalid"  # FAILED: cannot be laid out, nothing left the till
    HOST_AWAY = "host_away"  # QUEUED: nobody is there who would print it
    HOST_REPORT = "host_report"  # FAILED, UNKNOWN: the host said so
    HOST_SILENT = "host_silent"  # ASSUMED, UNKNOWN: the host did not report in time
    HOST_FAULT = "host_fault"  # UNKNOWN: the host's own function failed while it printed
    # QUEUED: the gate was shut, nothing is on paper. While SENDING, with a printer that has
    # stopped in the middle: what it waits for. UNKNOWN: what ended the attempt.
    PRINTER_OFFLINE = "printer_offline"  # gone, refuses, unplugged
    PRINTER_BUSY = "printer_busy"  # another till or program has it
    PRINTER_MUTE = "printer_mute"  # takes bytes or a connection, answers nothing
    PRINTER_ERROR = "printer_error"  # cutter or mechanics; it reports a fault of its own
    PAPER_OUT = "paper_out"
    COVER_OPEN = "cover_open"
    STALLED = "stalled"  # UNKNOWN: took nothing more for 120 s, and did not say why
    RESET = "reset"  # UNKNOWN: switched off and on while it had the job
    DEADLINE = "deadline"  # UNKNOWN: everything went out, the answer did not come in time
    FOREIGN_ANSWER = "foreign_answer"  # UNKNOWN: it answered for a job that is not this one
    NOT_BELIEVED = "not_believed"  # UNKNOWN: it confirmed while it reported a stop
    STOPPED = "stopped"  # UNKNOWN: the till was closed while the printer had the job
    PROCESS_START = "process_start"  # UNKNOWN: the process died while sending
    CASHIER = "cashier"  # CANCELLED, REPLACED, CONFIRMED_BY_OPERATOR, QUEUED again
    AFTER_ACK = "after_ack"  # HELD: this shop asks the cashier before it prints
    TOO_LATE = "too_late"  # HELD: it waited so long that the customer has left
    VOUCHER_BLOCKED = "voucher_blocked"  # HELD: nobody may use it for now
    IDENTIFIED = "identified"  # QUEUED again: the customer is back
    VOUCHER_REDEEMED = "voucher_redeemed"  # CANCELLED: nothing is left to be printed
    VOUCHER_EXPIRED = "voucher_expired"  # CANCELLED
    VOUCHER_VOID = "voucher_void"  # CANCELLED
    CUSTOMER_ERASED = "customer_erased"  # CANCELLED
    # Our own mistake: before sending the job is FAILED, while sending it is UNKNOWN.
    INTERNAL_FAULT = "internal_fault"


@dataclass(frozen=True, slots=True)
class PrintJob:
    """One document to be printed once; stored in the transaction of its voucher.

    ``attempt`` is the last one, 0 before the first.
    """

    uid: str
    kind: str
    subject_uid: str
    printer_role: str
    document: str
    copy_index: int = 0
    state: JobState = JobState.QUEUED
    reason: JobReason = JobReason.NONE
    attempt: int = 0


@dataclass(frozen=True, slots=True)
class JobChange:
    """A committed change of a job, told to ``on_change`` afterwards.

    ``attempt`` counts from 1 and is 0 before the first; ``notes`` name what the paper lacks, for
    example ``missing_glyph U+4E2D``.
    """

    job_uid: str
    subject_uid: str
    state: JobState
    reason: JobReason
    attempt: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Duty:
    """Which jobs a printer of a till prints: those of its roles, and those moved to it.

    Args:
        printer: its name in the settings.
        roles: that it serves.
        others: names of the other printers of this till; a job moved to one of them is theirs.
    """

    printer: str
    roles: frozenset[str]
    others: frozenset[str] = frozenset()

    def takes(self, printer_role: str, moved_to: str | None) -> bool:
        """Say whether a job is to be printed here.

        Args:
            printer_role: of the job.
            moved_to: printer that the cashier chose for it; one that is gone counts as none.
        """
        if moved_to == self.printer:
            return True
        return moved_to not in self.others and printer_role in self.roles


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What is known of an attempt before its first byte or before the host is told.

    Args:
        number: from 1; one more than the last attempt of the job.
        printer: its name in the settings.
        unit: the very machine, as its test knows it; empty where nobody knows.
        encoder: ``raster`` or ``native``, or the format of a host.
        rung: of the budget ladder: what was left out.
        byte_count: of everything sent.
        sha256: of these bytes, lower-case hex.
        fragment_max: bytes of dots in the largest picture strip.
        seconds: that the bytes take on the line.
        process_id: by which the printer answers for this attempt; empty where it cannot.
    """

    number: int
    printer: str
    byte_count: int
    sha256: str
    unit: str = ""
    encoder: str = "raster"
    rung: str = ""
    fragment_max: int = 0
    seconds: int = 0
    process_id: str = ""


class SpoolStore(Protocol):
    """Durable jobs and attempts.

    ``recover`` is called by the thread that starts the spool before the worker lives, everything
    else by the worker thread alone. Any exception means "not done"; the spool comes again.
    """

    def recover(self, *, printer: str) -> tuple[JobChange, ...]:
        """Turn each ``SENDING`` of this printer into ``UNKNOWN`` with reason ``process_start``."""
        ...

    def settle(self) -> tuple[JobChange, ...]:
        """Put aside what nobody waits for any more.

        A ``QUEUED`` job past its time becomes ``HELD``. One whose voucher was redeemed, has
        expired or is void becomes ``CANCELLED``, as far as the table has the step.
        """
        ...

    def next_queued(self, duty: Duty, *, skip: frozenset[str]) -> PrintJob | None:
        """Return the oldest ``QUEUED`` job of a printer whose uid is not in ``skip``."""
        ...

    def begin_attempt(self, job_uid: str, attempt: Attempt) -> bool:
        """Commit ``SENDING`` and a new attempt, durable (synchronous=FULL) when this returns.

        Returns:
            False, and nothing was changed, if the job is no longer ``QUEUED`` or the attempt is
            not its next one.
        """
        ...

    def finish(self, job_uid: str, *, attempt: int, ended: Outcome) -> bool:
        """Commit the end of an attempt that is still ``SENDING``.

        Called again with the same values after an exception; then it must change nothing twice.

        Returns:
            Whether the job stands there by this end; False when somebody else ended it before.
        """
        ...

    def confirm_late(self, job_uid: str, *, attempt: int) -> JobChange | None:
        """Commit that the printer answered for an attempt after it had ended.

        Returns:
            The change; None if the job does not stand in ``UNKNOWN`` or ``ASSUMED`` by this very
            attempt any more, or somebody handed it over.
        """
        ...

    def fail(self, job_uid: str, *, reason: JobReason) -> None:
        """Commit that a ``QUEUED`` job cannot be printed: ``FAILED``, without any attempt."""
        ...

    def note(self, job_uid: str, *, reason: JobReason) -> None:
        """Write why a ``QUEUED`` or ``SENDING`` job waits; its state stays."""
        ...

    def note_all(self, duty: Duty, *, reason: JobReason) -> tuple[JobChange, ...]:
        """Write why every ``QUEUED`` job of a printer waits; return those it was new to."""
        ...


class Outcome(NamedTuple):
    """How one attempt ended.

    Args:
        state: ``CONFIRMED``, ``ASSUMED``, ``UNKNOWN``; ``QUEUED`` only when the printer accepted
            no byte at all.
        reason: why; ``NONE`` for ``CONFIRMED``.
        level: what made us believe it: 3 = its own process id came back, 2 = the fence, 1 = a good
            status afterwards, 0 = nothing.
    """

    state: JobState
    reason: JobReason
    level: int


@dataclass(frozen=True, slots=True)
class PrinterStatus:
    """What a printer says of itself while nothing is printed (P27).

    Args:
        reachable: somebody is there who takes bytes.
        online: ready to print; None where the printer cannot be asked.
        cover: whether it is open; None = unknown.
        paper: of the roll.
        error: cutter, mechanics, temperature; None = unknown.
        source: how it was learnt: ``eot``, ``asb``, ``queue``, ``simulator``, ``none``.
        seen_at_s: of the monotonic clock, when it was learnt.
    """

    reachable: bool
    online: bool | None
    cover: Literal["closed", "open"] | None
    paper: Literal["ok", "near_end", "out", "unknown"]
    error: bool | None
    source: str
    seen_at_s: float


class Device(Protocol):
    """A printer that takes jobs; no method but ``close`` is called from two threads at once."""

    @property
    def unit(self) -> str:
        """The very machine as its test knows it, written to each attempt; empty if unknown."""
        ...

    def ready(self) -> JobReason:
        """Open and look: the gate, before anything durable.

        Returns:
            ``NONE`` when it can print; else why not, and the job stays ``QUEUED`` with it.
            A fault of the printer is never raised.
        """
        ...

    def send(self, job: Job, *, process_id: str, on_stall: Callable[[JobReason], None]) -> Outcome:
        """Print a job behind its own preamble (P31) and wait for the answer of its level.

        Args:
            job: everything, encoded.
            process_id: 4 characters 21H to 7AH that name this attempt.
            on_stall: told after 10 s in which the printer took nothing, with what it waits for
                (``STALLED`` if it does not say); told ``NONE`` when it goes on.

        Returns:
            How it ended; a fault of the printer is never raised.
        """
        ...

    def idle(self) -> PrinterStatus:
        """Ask for the status once; called at most every 10 s, and only while nothing is sent."""
        ...

    def late(self) -> tuple[str, ...]:
        """Return process ids of earlier attempts that came after their ``send`` had ended.

        Each is returned once, and only as long as the connection of its attempt stands.
        """
        ...

    def close(self) -> None:
        """Let go of the printer, from any thread; a running ``send`` ends as ``UNKNOWN``."""
        ...


class Assets(Protocol):
    """Pictures by content."""

    def read(self, sha256: str, /) -> bytes | None:
        """Return the file with this SHA-256 (lower-case hex); None if missing or not as named."""
        ...
