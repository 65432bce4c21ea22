"""Printing by the host: most tills own their printer, so the host is told what to print.

Laws of this file (printing.md §3.6):
1. A document is laid out whole before the host is told.
2. ``SENDING`` is committed before the effect leaves us. After that the same job and attempt may be
   told again, but never another attempt by itself.
3. Only the host says ``CONFIRMED`` or ``FAILED``. Silence is ``ASSUMED`` when the effect went out
   whole, else ``UNKNOWN``.
4. With nobody there who would print it, a job stays ``QUEUED``.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from threading import Condition
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol

from printers.encode import encode
from printers.limits import CHARACTER_DOTS, PAGE_DOTS
from printers.ports import Attempt, JobReason, JobState, Outcome
from printers.render import render
from printers.spooling import Spooling, change_of
from printers.text import codes_of, render_text
from printers.worker import RETRY_FIRST_MS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from printers.document import Document
    from printers.encode import Job
    from printers.ports import Assets, Duty, JobChange, PrintJob, SpoolStore
    from printers.text import Code

HostFormat = Literal["png", "text", "escpos"]

REPORT_WITHIN_S: Final = 60
# Effects that wait for their report are kept in memory; what comes behind them stays queued.
SENDING_MAX: Final = 20
ASKED_MAX: Final = 1_000


@dataclass(frozen=True, slots=True)
class Payload:
    """What the host's printer gets.

    Args:
        format: of ``data``.
        data: a PNG of 1 bit, lines of text in UTF-8, or ESC/POS bytes.
        codes: for a driver that draws them itself.
        notes: what the paper lacks, for example ``missing_glyph U+4E2D``.
        rung: what the line had no time for.
        seconds: that the bytes take on the line; 0 = nobody knows.
    """

    format: HostFormat
    data: bytes
    codes: tuple[Code, ...]
    notes: tuple[str, ...]
    rung: str = ""
    seconds: int = 0

    def plain(self) -> str:
        """The data as it stands in JSON: lines as they are, anything else in base64."""
        return self.data.decode() if self.format == "text" else b64encode(self.data).decode()


@dataclass(frozen=True, slots=True)
class HostPrint:
    """One attempt of one job, as the host is told; printed once, however often it is told."""

    job: PrintJob
    attempt: int
    payload: Payload

    def to_effect(self) -> dict[str, Any]:
        """The effect ``print`` as plain values."""
        return {
            "effect_id": f"print:{self.job.uid}",
            "kind": "print",
            "job": self.job.uid,
            "attempt": self.attempt,
            "document": self.job.kind,
            "printer_role": self.job.printer_role,
            "copy_index": self.job.copy_index,
            "format": self.payload.format,
            self.payload.format: self.payload.plain(),
            "codes": [code._asdict() for code in self.payload.codes],
        }


class HostLine(Protocol):
    """The way to a host that prints whatever it is told."""

    def is_there(self) -> bool:
        """Return whether somebody listens who prints."""
        ...

    def take(self, effect: HostPrint) -> bool:
        """Tell the host.

        Returns:
            Whether the effect went out whole; if not yet, ``HostSpool.went_out`` says so later.

        Raises:
            Exception: the host's own; what is on paper is then not known.
        """
        ...


@dataclass(slots=True)
class _Sending:
    effect: HostPrint
    ends_s: float
    went_out: bool = False


class HostSpool(Spooling):
    """Tells the host what to print, oldest job first, and waits for what it says.

    Args:
        store: durable jobs.
        line: to a host that listens; callers that fetch what they asked for need none.
        assets: pictures by SHA-256.
        duty: which jobs the host prints.
        report_within_s: how long the host may take to report; 0 = it never does.
        on_change: told after each change that this thread committed.
        on_fault: told of exceptions of the store, of the host and of our own.
        lay_out: what the host gets for a document with its pictures.
        retry_first_ms: pause after a fault of the store; doubles up to 30 s.
    """

    def __init__(
        self,
        store: SpoolStore,
        line: HostLine,
        assets: Assets,
        *,
        duty: Duty,
        lay_out: Callable[[Document, Mapping[str, bytes]], Payload],
        on_change: Callable[[JobChange], None],
        on_fault: Callable[[Exception], None],
        report_within_s: int = REPORT_WITHIN_S,
        retry_first_ms: int = RETRY_FIRST_MS,
    ) -> None:
        super().__init__(
            store,
            assets,
            duty=duty,
            on_change=on_change,
            on_fault=on_fault,
            retry_first_ms=retry_first_ms,
        )
        self._line = line
        self._lay_out = lay_out
        self._report_within_s = report_within_s
        self._changed = Condition()
        self._sending: dict[str, _Sending] = {}
        self._asked: dict[str, None] = {}
        self._passed_over: set[str] = set()

    def wake(self) -> None:
        """Say that a job was committed, or that somebody came who prints; returns at once."""
        # Another set, not an emptied one: the worker may be reading the old one.
        self._passed_over = set()
        super().wake()

    def ask(self, job_uid: str) -> None:
        """Say that the caller fetches the effect of a job himself, now or later."""
        with self._changed:
            while len(self._asked) >= ASKED_MAX:
                del self._asked[next(iter(self._asked))]
            self._asked[job_uid] = None
        self.wake()

    def effect(self, job_uid: str, *, wait_ms: int = 0) -> HostPrint | None:
        """Return what the host is to print of a job that waits for its report.

        Args:
            job_uid: of the job.
            wait_ms: how long to wait for it to be laid out.
        """
        with self._changed:
            self._changed.wait_for(lambda: job_uid in self._sending, wait_ms / 1_000)
            found = self._sending.get(job_uid)
            return None if found is None else found.effect

    def effects(self) -> list[HostPrint]:
        """Return everything that waits for its report, in order."""
        with self._changed:
            return [one.effect for one in self._sending.values()]

    def take_left_over(self) -> list[HostPrint]:
        """Return what waits for its report and has reached nobody whole, in order.

        It counts as gone out with the caller: nobody gets it here again.
        """
        with self._changed:
            found = [one.effect for one in self._sending.values() if not one.went_out]
        for effect in found:
            self.went_out(effect.job.uid, attempt=effect.attempt)
        return found

    def went_out(self, job_uid: str, *, attempt: int) -> None:
        """Say that the host has the whole effect."""
        with self._changed:
            found = self._sending.get(job_uid)
            if found is None or found.effect.attempt != attempt:
                return
            found.went_out = True
            if self._report_within_s == 0:
                found.ends_s = monotonic()
        self._worker.wake()

    def settled(self, job_uid: str) -> None:
        """Forget a job that was reported, cancelled or replaced."""
        with self._changed:
            was_full = len(self._sending) >= SENDING_MAX
            self._sending.pop(job_uid, None)
            self._asked.pop(job_uid, None)
        if was_full:
            self._worker.wake()

    def _work(self) -> int | None:
        """Tell the host of one job, or wait for what it says."""
        self._end_silent()
        if self._tell_next():
            return 0
        with self._changed:
            ends_s = min((one.ends_s for one in self._sending.values()), default=None)
        return None if ends_s is None else max(1, int(1_000 * (ends_s - monotonic())) + 1)

    def _end_silent(self) -> None:
        with self._changed:
            now_s = monotonic()
            silent = [one for one in self._sending.values() if one.ends_s <= now_s]
        for one in silent:
            state = JobState.ASSUMED if one.went_out else JobState.UNKNOWN
            self._end(one.effect, state, JobReason.HOST_SILENT)

    def _tell_next(self) -> bool:
        """Tell the host of one job; False when nothing can be told now."""
        # Who asks or comes from here on puts another set there: his job is looked at again.
        passed_over = self._passed_over
        job = self._store.next_queued(self._duty, skip=frozenset(passed_over))
        if job is None or len(self._sending) >= SENDING_MAX:
            return False
        if job.uid not in self._asked and not self._line.is_there():
            passed_over.add(job.uid)
            self._say_away(job)
            return True
        payload = self._laid_out(job, self._lay_out)
        if payload is None:
            self.settled(job.uid)
            return True
        effect = self._begin(job, payload)
        if effect is not None:
            self._hand_over(effect)
        return True

    def _say_away(self, job: PrintJob) -> None:
        if job.reason is not JobReason.HOST_AWAY:
            self._store.note(job.uid, reason=JobReason.HOST_AWAY)
            self._tell(change_of(job, JobState.QUEUED, reason=JobReason.HOST_AWAY))

    def _begin(self, job: PrintJob, payload: Payload) -> HostPrint | None:
        """Commit ``SENDING``; None when somebody cancelled the job meanwhile."""
        attempt = Attempt(
            number=job.attempt + 1,
            printer=self._duty.printer,
            encoder=payload.format,
            rung=payload.rung,
            seconds=payload.seconds,
            byte_count=len(payload.data),
            sha256=sha256(payload.data).hexdigest(),
        )
        if not self._store.begin_attempt(job.uid, attempt):
            return None
        return HostPrint(job, attempt.number, payload)

    def _hand_over(self, effect: HostPrint) -> None:
        job = effect.job
        within_s = self._report_within_s or REPORT_WITHIN_S
        with self._changed:
            self._sending[job.uid] = _Sending(effect, monotonic() + within_s)
            self._asked.pop(job.uid, None)
            self._changed.notify_all()
        notes = effect.payload.notes
        self._tell(change_of(job, JobState.SENDING, attempt=effect.attempt, notes=notes))
        if not self._line.is_there():
            return
        try:
            went_out = self._line.take(effect)
        # The host's own code: whether it had begun to print nobody knows.
        except Exception as error:  # noqa: BLE001
            self._on_fault(error)
            self._end(effect, JobState.UNKNOWN, JobReason.HOST_FAULT)
            return
        if went_out:
            self.went_out(job.uid, attempt=effect.attempt)

    def _end(self, effect: HostPrint, state: JobState, reason: JobReason) -> None:
        job = effect.job
        ended = Outcome(state, reason, 0)
        done = self._store.finish(job.uid, attempt=effect.attempt, ended=ended)
        self.settled(job.uid)
        if done:
            self._tell(change_of(job, state, reason=reason, attempt=effect.attempt))


def lay_out(
    document: Document,
    pictures: Mapping[str, bytes],
    *,
    format: HostFormat,  # noqa: A002 - the word of the settings
    dots: int = PAGE_DOTS,
    to_bytes: Callable[[Document, Mapping[str, bytes]], Job] | None = None,
) -> Payload:
    """What a host's printer gets for a document.

    Args:
        document: a checked document.
        pictures: PBM files by SHA-256.
        format: what the host's driver takes.
        dots: width of the host's printer.
        to_bytes: what ``escpos`` is made by; one picture of every page when missing.

    Raises:
        DocumentInvalid: it cannot be laid out; nothing has left.
    """
    codes = tuple(codes_of(document))
    if format == "text":
        lines = render_text(document, columns=dots // CHARACTER_DOTS)
        return Payload(format, lines.text().encode(), codes, lines.notes)
    if format == "escpos":
        to_bytes = to_bytes or partial(encode, dots=dots)
        job = to_bytes(document, pictures)
        return Payload(format, job.data, codes, job.warnings, rung=job.rung, seconds=job.seconds)
    page = render(document, pictures, dots=dots)
    return Payload(format, page.png(), codes, page.notes)
