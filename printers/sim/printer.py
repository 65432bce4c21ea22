"""The simulated printer: a device that prints PNG files into a folder, with faults on demand."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Event, Lock
from time import monotonic
from typing import TYPE_CHECKING, Final, Literal

from printers.encode import NUL, PADDING_BYTES_MAX, RASTER_HEADER_BYTES
from printers.ports import JobReason, JobState, Outcome, PrinterStatus
from printers.sim.interpreter import FramingError, Interpreter

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from printers.encode import Job
    from printers.page import Page

# Bytes arrive in pieces as on a line, and no piece ends where a command ends.
_CHUNK_BYTES: Final = 509
STALL_MS: Final = 120_000


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong once, in the next job, before its byte ``at_byte`` (from 0) is taken.

    ``stall``: the printer takes nothing more. ``reset``: it forgets what it was reading, the
    bytes go on. ``power_off``: it is gone. ``mute``: it prints everything and never answers.
    """

    kind: Literal["stall", "reset", "power_off", "mute"]
    at_byte: int = 0


class SimulatedPrinter:
    """A printer whose paper is a folder of PNG files.

    Pages are named ``000001-<first 12 digits of the job's SHA-256>.png``, so a print attempt
    finds its pages; what a power cut left hanging ends in ``-torn.png``. A file appears whole or
    not at all.

    Args:
        folder: where pages go; made when the first job comes.
        dots: printable width.
        fault: what goes wrong with the next job.
        stall_ms: how long a printer that takes or says nothing is waited for.
    """

    def __init__(
        self,
        folder: Path,
        *,
        dots: int = 576,
        fault: Fault | None = None,
        stall_ms: int = STALL_MS,
    ) -> None:
        self._folder = folder
        self._interpreter = Interpreter(dots=dots)
        self._closed = Event()
        self._line = Lock()
        self._stall_ms = stall_ms
        # Whatever the printer was reading before we came: enough zeros end it.
        self._padding_bytes = PADDING_BYTES_MAX
        self.fault = fault
        self.errors: list[FramingError] = []

    @property
    def unit(self) -> str:
        """It is every time the same machine."""
        return "simulator"

    def ready(self) -> JobReason:
        """Return whether it can print; see :class:`printers.ports.Device`."""
        return self._gate()

    def send(self, job: Job, *, process_id: str, on_stall: Callable[[JobReason], None]) -> Outcome:
        """Print a job; see :class:`printers.ports.Device`."""
        del process_id, on_stall
        with self._line:
            reason = self._gate()
            if reason is not JobReason.NONE:
                return Outcome(JobState.QUEUED, reason, 0)
            try:
                reason = self._print(NUL * self._padding_bytes + job.data, job.sha256[:12])
            except OSError:
                # A full disk is the end of its paper: perhaps a page of the job lies there.
                reason = JobReason.PAPER_OUT
            # P31: an unclean end may have left the printer inside a strip of this job.
            clean = reason is JobReason.NONE
            self._padding_bytes = 0 if clean else job.fragment_max + RASTER_HEADER_BYTES
        if clean:
            return Outcome(JobState.CONFIRMED, reason, 3)
        return Outcome(JobState.UNKNOWN, reason, 0)

    def idle(self) -> PrinterStatus:
        """Return its status; see :class:`printers.ports.Device`."""
        is_there = not self._closed.is_set()
        return PrinterStatus(
            reachable=is_there,
            online=is_there,
            cover="closed",
            paper="ok",
            error=False,
            source="simulator",
            seen_at_s=monotonic(),
        )

    def late(self) -> tuple[str, ...]:
        """Return nothing: what it says comes in time."""
        return ()

    def close(self) -> None:
        """Let go; a job that stalls ends at once."""
        self._closed.set()

    def pages(self) -> list[Path]:
        """All pages so far, oldest first."""
        # Whatever else lies in the folder is no page of ours.
        return sorted(self._folder.glob("[0-9][0-9][0-9][0-9][0-9][0-9]-*.png"))

    def _gate(self) -> JobReason:
        if self._closed.is_set():
            return JobReason.PRINTER_OFFLINE
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            return JobReason.PRINTER_OFFLINE
        return JobReason.NONE

    def _print(self, data: bytes, name: str) -> JobReason:
        fault, self.fault = self.fault, None
        start = self._interpreter.taken_bytes
        mistakes = len(self.errors)
        stop = len(data) if fault is None else min(fault.at_byte, len(data))
        self._take(data[:stop], name)
        if fault is not None:
            reason = self._fail(fault, data[stop:], name)
            if reason is not JobReason.NONE:
                return reason
        # What an interrupted job left half said is no mistake of this one.
        own = [error for error in self.errors[mistakes:] if error.offset >= start]
        return JobReason.PRINTER_ERROR if own else JobReason.NONE

    def _fail(self, fault: Fault, rest: bytes, name: str) -> JobReason:
        match fault.kind:
            case "stall":
                return self._wait(JobReason.STALLED)
            case "mute":
                self._take(rest, name)
                return self._wait(JobReason.DEADLINE)
            case "power_off":
                self._lose_power(name)
                return JobReason.PRINTER_OFFLINE
            case "reset":
                self._lose_power(name)
                self._take(rest, name)
        return JobReason.NONE

    def _wait(self, reason: JobReason) -> JobReason:
        is_closed = self._closed.wait(self._stall_ms / 1_000)
        return JobReason.STOPPED if is_closed else reason

    def _take(self, data: bytes, name: str) -> None:
        for start in range(0, len(data), _CHUNK_BYTES):
            pages, errors = self._interpreter.feed(data[start : start + _CHUNK_BYTES])
            self.errors.extend(errors)
            for page in pages:
                self._lay_down(page, f"{name}.png")

    def _lose_power(self, name: str) -> None:
        page, errors = self._interpreter.power_off()
        self.errors.extend(errors)
        if page is not None:
            self._lay_down(page, f"{name}-torn.png")

    def _lay_down(self, page: Page, ending: str) -> None:
        pages = self.pages()
        number = int(pages[-1].name.partition("-")[0]) + 1 if pages else 1
        target = self._folder / f"{number:06d}-{ending}"
        unfinished = target.with_suffix(".part")
        unfinished.write_bytes(page.png())
        # Whoever looks into the folder sees a whole picture or none.
        unfinished.replace(target)
