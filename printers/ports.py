"""The life of a print job as a table, and what the spool needs from outside.

Laws (printing.md §1):
1. ``SENDING`` is durable before byte 1 leaves; then nothing is repeated by itself.
2. A process that starts turns each ``SENDING`` into ``UNKNOWN``.
3. ``CONFIRMED`` is only said when the printer said it; any doubt is ``UNKNOWN``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol


class JobState(StrEnum):
    """Where a print job stands."""

    QUEUED = "QUEUED"
    SENDING = "SENDING"
    CONFIRMED = "CONFIRMED"
    UNKNOWN = "UNKNOWN"


# The store's trigger is made from this table and refuses every other step; None = the job is new.
TRANSITIONS: Final[frozenset[tuple[JobState | None, JobState]]] = frozenset(
    {
        (None, JobState.QUEUED),
        (JobState.QUEUED, JobState.SENDING),
        (JobState.SENDING, JobState.CONFIRMED),
        (JobState.SENDING, JobState.UNKNOWN),
    }
)


class JobReason(StrEnum):
    """Why a job stands where it stands; each has a German and an English notice in the till."""

    NONE = ""
    DOCUMENT_INVALID = "document_invalid"  # QUEUED: cannot be laid out, nothing left the till
    PRINTER_OFFLINE = "printer_offline"  # UNKNOWN: the printer fell silent or away while sending
    PROCESS_START = "process_start"  # UNKNOWN: the process died while sending
    # Our own mistake: before sending the job stays QUEUED, while sending it is UNKNOWN.
    INTERNAL_FAULT = "internal_fault"


@dataclass(frozen=True, slots=True)
class PrintJob:
    """One document to be printed once; stored in the transaction of its voucher."""

    uid: str
    kind: str
    subject_uid: str
    printer_role: str
    document: str
    copy_index: int = 0
    state: JobState = JobState.QUEUED
    reason: JobReason = JobReason.NONE


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


class SpoolStore(Protocol):
    """Durable jobs and attempts.

    ``recover`` is called by the thread that starts the spool before the worker lives, everything
    else by the worker thread alone. Any exception means "not done"; the spool comes again.
    """

    def recover(self, *, printer_role: str) -> tuple[JobChange, ...]:
        """Turn each ``SENDING`` of this printer into ``UNKNOWN`` with reason ``process_start``."""
        ...

    def next_queued(self, *, printer_role: str, skip: frozenset[str]) -> PrintJob | None:
        """Return the oldest ``QUEUED`` job of this printer whose uid is not in ``skip``."""
        ...

    def begin_attempt(
        self, job_uid: str, *, printer: str, byte_count: int, sha256: str, fragment_max: int
    ) -> int | None:
        """Commit ``SENDING`` and a new attempt, durable (synchronous=FULL) when this returns.

        Returns:
            The number of the attempt, from 1; None if the job is no longer ``QUEUED``.
        """
        ...

    def finish(self, job_uid: str, *, attempt: int, state: JobState, reason: JobReason) -> None:
        """Commit the end of an attempt: ``CONFIRMED`` or ``UNKNOWN``.

        Called again with the same values after an exception; then it must change nothing twice.
        """
        ...

    def note(self, job_uid: str, *, reason: JobReason) -> None:
        """Write why a ``QUEUED`` job waits; its state stays."""
        ...


class Device(Protocol):
    """A printer that takes bytes."""

    def send(self, data: bytes, *, timeout_ms: int) -> None:
        """Print ``data``; return only when the printer has said that all of it came out.

        Raises:
            PrinterError: anything else; how much is on paper is then not known.
        """
        ...

    def close(self) -> None:
        """Let go of the printer; a running ``send`` ends at once with ``PrinterError``."""
        ...


class Assets(Protocol):
    """Pictures by content."""

    def read(self, sha256: str, /) -> bytes | None:
        """Return the file with this SHA-256 (lower-case hex); None if missing or not as named."""
        ...
