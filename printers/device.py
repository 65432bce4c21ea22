"""A printer on a cable or in the network: the gate, one job, and how far its answer is believed.

Laws of this file (printing.md P26 to P31):
1. Questions go out only between complete commands; during a job the printer tells a stop by itself
   (ASB), never asked.
2. After an unclean end, and on every new connection, zeros come first: they fill up a picture that
   somebody left unfinished, which would eat this voucher.
3. Nothing is sent twice. A job of which no byte was accepted is queued again; any other that does
   not end well is a doubt.
4. CONFIRMED is said when the printer said so: its process id (level 3) or the fence (level 2) came
   back while it reported no stop. An answer while it reports one makes the unit level 1 for good.
   Where a restart of the printer cannot be seen, a silent pause makes it ASSUMED.
5. A unit that nobody has tested gets no question at all.
6. Never sent: DLE ENQ, DLE DC4, anything that clears, resets, opens or switches off.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from threading import Event, Lock
from time import monotonic
from typing import TYPE_CHECKING, Final

from printers.encode import INITIALISE, NUL, PADDING_BYTES_MAX, RASTER_HEADER_BYTES
from printers.errors import PrinterBusy, PrinterError, PrinterReset
from printers.levels import Unit, unit_name
from printers.limits import PAGE_ROWS_MAX
from printers.line import (
    ASB_OFF,
    ASB_ON,
    DLE_EOT,
    FENCE,
    PROCESS_ID,
    Line,
    Patience,
    Stopped,
)
from printers.lock import PrinterLock, PrinterTaken
from printers.ports import JobReason, JobState, Outcome
from printers.probe import Tested, look, probe
from printers.stall import Stall, Stalled
from printers.status import stop_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from printers.encode import Job
    from printers.levels import Units
    from printers.place import Flow
    from printers.ports import PrinterStatus
    from printers.status import Answer
    from printers.transports.port import Transport

WIRE_BYTES_PER_S: Final = 200_000
BITS_PER_BYTE: Final = 10
ROWS_PER_S: Final = 800
_LEVEL_NOT_BELIEVED: Final = 1
_LATE_MAX: Final = 20


def reason_of(fault: PrinterError) -> JobReason:
    """Return the word for a fault of a transport."""
    match fault:
        case PrinterBusy():
            return JobReason.PRINTER_BUSY
        case PrinterReset():
            return JobReason.RESET
        case _:
            return JobReason.PRINTER_OFFLINE


def answer_within_s(byte_count: int, *, baud: int | None, patience: Patience) -> float:
    """Return how long an answer behind so many bytes may take, in seconds (printing.md P29).

    1.5 times the wire, the longest page at 800 rows a second, and 10 s to spare; 15 to 180 s.

    >>> answer_within_s(9_600, baud=9_600, patience=Patience())
    30.0
    """
    per_s = WIRE_BYTES_PER_S if baud is None else baud / BITS_PER_BYTE
    wait_s = 1.5 * byte_count / per_s + PAGE_ROWS_MAX / ROWS_PER_S + patience.spare_s
    return min(max(wait_s, patience.deadline_min_s), patience.deadline_max_s)


def _before_byte_1(reason: JobReason) -> JobReason:
    # A printer that restarts before it has anything is only not there for a moment.
    return JobReason.PRINTER_OFFLINE if reason is JobReason.RESET else reason


class ReceiptPrinter:
    """A receipt printer that takes ESC/POS bytes; see :class:`printers.ports.Device`.

    Args:
        transport: the way to it.
        printer: what the settings call it.
        address: transport and place, as unit files name it.
        units: the files of tested units.
        baud: of a serial line; None = as fast as USB and network.
        flow: of a serial line.
        hears: it can answer; False = a queue of Windows takes its bytes.
        lock_path: its lock file, held until ``close``; None = somebody else holds it for us.
        patience: how long what may take.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        printer: str,
        address: str,
        units: Units,
        baud: int | None = None,
        flow: Flow = "none",
        hears: bool = True,
        lock_path: Path | None = None,
        patience: Patience | None = None,
    ) -> None:
        self._patience = patience or Patience()
        self._stopping = Event()
        self._line = Line(transport, self._patience, self._stopping)
        self._printer = printer
        self._address = address
        self._units = units
        self._baud = baud
        self._flow = flow
        self._hears = hears
        self._lock_path = lock_path
        self._lock: PrinterLock | None = None
        # One conversation at a time; ``close`` waits for it a moment.
        self._talking = Lock()
        self._unit: Unit = units.find(printer=printer, address=address)
        self._level = 0
        self._is_unit_known = False
        self._padding_bytes = PADDING_BYTES_MAX
        self._accepted_bytes = 0
        # Attempts that ended in doubt and whose answer may still come on this connection.
        self._awaited: list[str] = []
        self._late: list[str] = []
        self._kept_until_s = 0.0
        self._asked_at_s: float | None = None
        self._idle_question = 1

    @property
    def unit(self) -> str:
        """Name of the unit, as its file and the attempts have it."""
        return self._unit.unit

    def ready(self) -> JobReason:
        """Open and look; see :class:`printers.ports.Device`."""
        with self._talking:
            try:
                return self._gate()
            except PrinterError as fault:
                self._hang_up()
                return _before_byte_1(reason_of(fault))
            except Stopped:
                return JobReason.STOPPED
            finally:
                self._end_if_closed()

    def send(self, job: Job, *, process_id: str, on_stall: Callable[[JobReason], None]) -> Outcome:
        """Print a job; see :class:`printers.ports.Device`."""
        with self._talking:
            self._accepted_bytes = 0
            stall = Stall(self._patience, on_stall)
            try:
                if not self._line.is_open:
                    reason = self._gate()
                    if reason is not JobReason.NONE:
                        return Outcome(JobState.QUEUED, reason, 0)
                outcome = self._print(job, process_id, stall)
            except PrinterError as fault:
                outcome = self._doubt(reason_of(fault))
            except Stalled as stalled:
                outcome = self._doubt(stalled.reason)
            except Stopped:
                outcome = self._doubt(JobReason.STOPPED)
            self._after(job, process_id, outcome)
            self._end_if_closed()
            return outcome

    def idle(self) -> PrinterStatus:
        """Ask once, at most every 10 s; see :class:`printers.ports.Device`."""
        with self._talking:
            now_s = monotonic()
            is_early = (
                self._asked_at_s is not None
                and now_s - self._asked_at_s < self._patience.idle_every_s
            )
            if is_early or self._stopping.is_set():
                return self._line.status
            self._asked_at_s = now_s
            try:
                self._look_once()
            except PrinterBusy:
                self._hang_up()
            except (PrinterError, Stopped):
                self._hang_up()
                self._line.forget()
            finally:
                self._end_if_closed()
            return self._line.status

    def try_out(self, job: Job, *, tested_at: str) -> Tested:
        """Print a test page and store how far the unit is believed from now on.

        Args:
            job: the page.
            tested_at: now, as text with offset.
        """
        with self._talking:
            began_s = monotonic()
            try:
                return self._try_out(job, tested_at)
            except PrinterError as fault:
                reason, message = _before_byte_1(reason_of(fault)), f"{fault}. {fault.hint}"
            except OSError as fault:
                reason, message = JobReason.INTERNAL_FAULT, f"the level is not stored: {fault}"
            except Stopped:
                reason, message = JobReason.STOPPED, ""
            finally:
                self._hang_up()
                self._end_if_closed()
            return Tested(0, "", {}, monotonic() - began_s, reason, message.rstrip(". "))

    def late(self) -> tuple[str, ...]:
        """Return process ids that came after their attempt had ended."""
        with self._talking:
            if self._awaited and self._line.is_open and not self._stopping.is_set():
                try:
                    for answer in self._line.listen(0):
                        self._is_late(answer)
                except (PrinterError, Stopped):
                    self._hang_up()
                is_over = not self._awaited or monotonic() > self._kept_until_s
                if self._line.transport.is_for_one_job and is_over:
                    self._hang_up()
            found, self._late = tuple(self._late), []
            return found

    def close(self) -> None:
        """Let go, from any thread; a running ``send`` ends at once."""
        self._stopping.set()
        # A connection that is being made ends by itself; then whoever makes it lets go.
        if self._talking.acquire(timeout=self._patience.answer_s):
            try:
                self._end_if_closed()
            finally:
                self._talking.release()

    def _gate(self) -> JobReason:
        if self._stopping.is_set():
            return JobReason.STOPPED
        self._own()
        if self._line.transport.is_for_one_job:
            # A connection that was kept for a late answer is not the one of this job.
            self._hang_up()
        self._connect()
        if not self._lines_ready():
            return JobReason.PRINTER_OFFLINE
        if self._level == 0:
            return JobReason.NONE
        return self._look()

    def _own(self) -> None:
        if self._lock is not None or self._lock_path is None:
            return
        try:
            self._lock = PrinterLock(self._lock_path)
        except PrinterTaken as taken:
            raise PrinterBusy(str(taken)) from None
        except OSError as fault:
            raise PrinterBusy(f"{self._lock_path} cannot be locked: {fault}") from None

    def _connect(self) -> None:
        if not self._line.connect():
            return
        self._unit = self._units.find(printer=self._printer, address=self._address)
        self._level = self._unit.level
        self._is_unit_known = not self._unit.serial
        self._padding_bytes = PADDING_BYTES_MAX
        self._awaited.clear()

    def _lines_ready(self) -> bool:
        lines = self._line.modem_lines()
        if lines is None or self._flow not in ("dsr", "rtscts"):
            return True
        return lines.dsr if self._flow == "dsr" else lines.cts

    def _look(self) -> JobReason:
        line = self._line
        if not line.ask(1):
            # It may take the question for dots of a picture that was never finished.
            if self._padding_bytes == 0:
                return JobReason.PRINTER_MUTE
            line.write_quickly(NUL * self._padding_bytes + INITIALISE)
            self._padding_bytes = 0
            if not line.ask(1):
                return JobReason.PRINTER_MUTE
        if not line.status.online:
            line.ask(2)
        line.ask(4)
        return stop_of(line.status)

    def _try_out(self, job: Job, tested_at: str) -> Tested:
        began_s = monotonic()
        self._own()
        self._hang_up()
        if not self._hears:
            self._line.connect()
            self._line.write(NUL * PADDING_BYTES_MAX + job.data, lambda _: None)
            return Tested(0, self.unit, {}, monotonic() - began_s, JobReason.NONE)
        stop = look(self._line)
        if stop not in (JobReason.NONE, JobReason.PRINTER_MUTE):
            return Tested(0, "", {}, monotonic() - began_s, stop)
        wait_s = answer_within_s(len(job.data), baud=self._baud, patience=self._patience)
        found = probe(self._line, job, wait_s=wait_s)
        if found.stop is not JobReason.NONE:
            # What it did not answer while it stood still says nothing about it.
            return Tested(0, "", found.facts, found.seconds, found.stop)
        unit = Unit(
            unit=unit_name(printer=self._printer, facts=found.facts),
            printer=self._printer,
            address=self._address,
            level=found.level,
            facts=found.facts,
            tested_at=tested_at,
        )
        self._units.write(unit)
        return Tested(unit.level, unit.unit, unit.facts, found.seconds, JobReason.NONE)

    def _print(self, job: Job, process_id: str, stall: Stall) -> Outcome:
        line = self._line

        def progress(accepted: int) -> None:
            self._accepted_bytes += accepted
            if accepted:
                stall.over()
            else:
                stall.goes_on(stop_of(line.status), is_first_byte=self._accepted_bytes == 0)

        def before(accepted: int) -> None:
            progress(accepted)
            # What comes before the document prints nothing.
            self._accepted_bytes = 0

        for answer in line.listen(0):
            self._is_late(answer)
        padding = NUL * self._padding_bytes
        line.write(padding + INITIALISE, before)
        self._check_unit()
        if self._level:
            line.write(ASB_ON, before)
        body = job.data.removeprefix(INITIALISE)
        line.write(body, progress)
        question = self._question(process_id)
        if question:
            line.write(question, progress)
        byte_count = len(padding) + len(job.data)
        wait_s = answer_within_s(byte_count, baud=self._baud, patience=self._patience)
        outcome = self._answered(process_id, wait_s, stall)
        if self._level and outcome.state is not JobState.UNKNOWN:
            with suppress(PrinterError):
                line.write_quickly(ASB_OFF)
        return outcome

    def _check_unit(self) -> None:
        # The shop may have put another printer at this place since the test.
        if self._is_unit_known or not self._level:
            return
        self._is_unit_known = True
        if self._line.fact("serial") != self._unit.serial:
            self._level = 0

    def _question(self, process_id: str) -> bytes:
        match self._level:
            case 3:
                return PROCESS_ID + process_id.encode("ascii")
            case 2:
                self._line.open_fence()
                return FENCE
            case 1:
                self._line.open_status(1)
                return DLE_EOT + b"\x01"
            case _:
                return b""

    def _answered(self, process_id: str, wait_s: float, stall: Stall) -> Outcome:
        match self._level:
            case 0:
                return Outcome(JobState.ASSUMED, JobReason.NONE, 0)
            case 1:
                return self._good_status(wait_s, stall)
            case _:
                return self._came_back(process_id, wait_s, stall)

    def _came_back(self, process_id: str, wait_s: float, stall: Stall) -> Outcome:
        reason = JobReason.DEADLINE
        wanted = "process_id" if self._level > 2 else "fence"
        ends_s = monotonic() + wait_s
        is_last_look = False
        while not is_last_look:
            began_s = monotonic()
            # What lies there when the time is over came in time, however late the till looks.
            is_last_look = began_s >= ends_s
            look_s = min(self._patience.answer_s / 4, max(0.0, ends_s - began_s))
            for answer in self._line.listen(look_s):
                if answer.kind != wanted:
                    continue
                if wanted == "process_id" and answer.value != process_id:
                    if not self._is_late(answer):
                        reason = JobReason.FOREIGN_ANSWER
                    continue
                stall.over()
                if stop_of(self._line.status) is not JobReason.NONE:
                    self._believe_less()
                    return Outcome(JobState.UNKNOWN, JobReason.NOT_BELIEVED, self._level)
                if stall.was_silent and not self._line.transport.sees_reset:
                    # A pause of which it said nothing: switched off and on it would answer so, too.
                    return Outcome(JobState.ASSUMED, JobReason.STALLED, 1)
                return Outcome(JobState.CONFIRMED, JobReason.NONE, self._level)
            stop = stop_of(self._line.status)
            if stop is JobReason.NONE:
                stall.over()
            else:
                # It said why it stands still; the time it takes to put paper in does not count.
                ends_s += monotonic() - began_s
                is_last_look = False
                stall.goes_on(stop)
        return Outcome(JobState.UNKNOWN, reason, 0)

    def _good_status(self, wait_s: float, stall: Stall) -> Outcome:
        line = self._line
        answer = line.expect("status", wait_s)
        while answer is not None and stop_of(line.status) is not JobReason.NONE:
            stall.goes_on(stop_of(line.status))
            line.listen(self._patience.answer_s)
            if not line.ask(1):
                break
            if not line.status.online:
                line.ask(2)
        stall.over()
        if answer is None or stop_of(line.status) is not JobReason.NONE:
            return Outcome(JobState.UNKNOWN, JobReason.PRINTER_MUTE, 0)
        return Outcome(JobState.ASSUMED, JobReason.NONE, 1)

    def _believe_less(self) -> None:
        self._level = _LEVEL_NOT_BELIEVED
        # With a full disk it is believed less until the next start.
        self._unit = replace(self._unit, level=_LEVEL_NOT_BELIEVED, why="not_believed")
        with suppress(OSError):
            self._units.write(self._unit)

    def _doubt(self, reason: JobReason) -> Outcome:
        if self._accepted_bytes == 0:
            return Outcome(JobState.QUEUED, _before_byte_1(reason), 0)
        return Outcome(JobState.UNKNOWN, reason, 0)

    def _after(self, job: Job, process_id: str, outcome: Outcome) -> None:
        if outcome.state in (JobState.CONFIRMED, JobState.ASSUMED):
            self._padding_bytes = 0
            if self._line.transport.is_for_one_job:
                self._hang_up()
            return
        self._padding_bytes = job.fragment_max + RASTER_HEADER_BYTES
        answers_late = outcome.reason in (JobReason.DEADLINE, JobReason.FOREIGN_ANSWER)
        if self._level == 3 and answers_late:
            # A late answer counts as long as this connection stands.
            self._awaited = [*self._awaited, process_id][-_LATE_MAX:]
            self._kept_until_s = monotonic() + self._patience.late_s
        else:
            self._hang_up()

    def _is_late(self, answer: Answer) -> bool:
        """Note an answer for an earlier attempt; False if it is none."""
        if answer.kind != "process_id" or answer.value not in self._awaited:
            return False
        self._awaited.remove(answer.value)
        if stop_of(self._line.status) is JobReason.NONE:
            self._late.append(answer.value)
        return True

    def _look_once(self) -> None:
        self._own()
        is_kept = bool(self._awaited)
        if self._line.transport.is_for_one_job and not is_kept:
            level = self._units.find(printer=self._printer, address=self._address).level
            if level == 0:
                # A connection without a question would only keep others out.
                return
        self._connect()
        if self._level:
            if not self._line.ask(self._idle_question):
                self._line.forget()
            # One question at a time: the paper, then the printer, then why it does not print.
            if self._idle_question != 1:
                self._idle_question = 1
            else:
                self._idle_question = 4 if self._line.status.online else 2
        if self._line.transport.is_for_one_job and not is_kept:
            self._hang_up()

    def _hang_up(self) -> None:
        self._awaited.clear()
        self._line.hang_up()

    def _end_if_closed(self) -> None:
        if not self._stopping.is_set():
            return
        self._hang_up()
        lock, self._lock = self._lock, None
        if lock is not None:
            lock.release()
