"""A printer on a cable or in the network: the gate, and one job.

Laws of this file (printing.md P26 to P31):
1. Questions go out only between complete commands; during a job the printer tells a stop by itself
   (ASB), never asked.
2. After an unclean end, and on every new connection, zeros come first: they fill up a picture that
   somebody left unfinished, which would eat this voucher.
3. Nothing is sent twice. A job of which no byte was accepted is queued again; any other that does
   not end well is a doubt.
4. How far the end is believed stands in :mod:`printers.belief`. A unit that answers while it
   reports a stop is level 1 for good; one that nobody has tested gets no question at all.
5. Never sent: DLE ENQ, DLE DC4, anything that clears, resets, opens or switches off.
"""

from __future__ import annotations

from contextlib import suppress
from threading import Event, Lock
from time import monotonic
from typing import TYPE_CHECKING

from printers.belief import Belief
from printers.deadline import answer_within_s
from printers.encode import INITIALISE, NUL, PADDING_BYTES_MAX, RASTER_HEADER_BYTES
from printers.errors import PrinterBusy, PrinterError, PrinterReset
from printers.idle import IdleQuestions
from printers.late import LateAnswers
from printers.levels import LEVEL_MAX, LEVEL_OF_DOUBT, Unit, believable
from printers.line import ASB_OFF, ASB_ON, Line, Patience, Stopped
from printers.lock import PrinterLock, PrinterTaken
from printers.ports import JobReason, JobState, Outcome
from printers.probe import Tested
from printers.stall import Stall, Stalled
from printers.status import stop_of
from printers.unit_trial import UnitTrial

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from printers.encode import Job
    from printers.levels import Units
    from printers.place import Flow
    from printers.ports import PrinterStatus
    from printers.transports.port import Transport


def reason_of(fault: PrinterError) -> JobReason:
    """Return the word for a fault of a transport."""
    match fault:
        case PrinterBusy():
            return JobReason.PRINTER_BUSY
        case PrinterReset():
            return JobReason.RESET
        case _:
            return JobReason.PRINTER_OFFLINE


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
        level_max: how far it is believed at most, whatever its unit was tested for.
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
        level_max: int = LEVEL_MAX,
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
        self._level_max = level_max
        self._lock_path = lock_path
        self._lock: PrinterLock | None = None
        self._trial = UnitTrial(printer, address, units, baud, hears, level_max)
        # One conversation at a time; ``close`` waits for it a moment.
        self._talking = Lock()
        self._unit: Unit = units.find(printer=printer, address=address)
        self._unit_level = 0
        self._is_unit_known = False
        self._padding_bytes = PADDING_BYTES_MAX
        self._accepted_bytes = 0
        self._late = LateAnswers()
        self._idle = IdleQuestions()

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
            self._after(job, outcome)
            self._end_if_closed()
            return outcome

    def idle(self) -> PrinterStatus:
        """Ask once, at most every 10 s; see :class:`printers.ports.Device`."""
        with self._talking:
            if self._stopping.is_set() or not self._idle.is_due(self._patience.idle_every_s):
                return self._line.status
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
                self._own()
                self._hang_up()
                return self._trial.run(self._line, job, tested_at=tested_at)
            except PrinterError as fault:
                reason, message = _before_byte_1(reason_of(fault)), f"{fault}. {fault.hint}"
            except OSError as fault:
                reason, message = JobReason.INTERNAL_FAULT, f"the level is not stored: {fault}"
            except Stopped:
                reason, message = JobReason.STOPPED, ""
            finally:
                self._hang_up()
                self._end_if_closed()
            return Tested(0, 0, "", {}, monotonic() - began_s, reason, message.rstrip(". "))

    def late(self) -> tuple[str, ...]:
        """Return process ids that came after their attempt had ended."""
        with self._talking:
            if self._late.is_awaited and self._line.is_open and not self._stopping.is_set():
                try:
                    self._hear_late()
                except (PrinterError, Stopped):
                    self._hang_up()
                if self._line.transport.is_for_one_job and self._late.is_over:
                    self._hang_up()
            return self._late.take()

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
        reason = self._look()
        if reason is JobReason.PRINTER_MUTE:
            # One that was off when its port was opened has shown no line yet that tells its power.
            self._hang_up()
        return reason

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
        self._unit_level = self._unit.level
        self._is_unit_known = not self._unit.serial
        self._padding_bytes = PADDING_BYTES_MAX
        self._late.give_up()

    @property
    def _level(self) -> int:
        restart = self._line.transport.restart
        return believable(self._unit_level, restart, level_max=self._level_max)

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

        self._hear_late()
        padding = NUL * self._padding_bytes
        line.write(padding + INITIALISE, before)
        self._check_unit()
        if self._level:
            line.write(ASB_ON, before)
        body = job.data.removeprefix(INITIALISE)
        line.write(body, progress)
        belief = Belief(line, self._level, process_id, stall, self._late)
        line.write(belief.question(), progress)
        byte_count = len(padding) + len(job.data)
        wait_s = answer_within_s(byte_count, baud=self._baud, patience=self._patience)
        outcome = self._ended(belief, wait_s)
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
            self._unit_level = 0

    def _ended(self, belief: Belief, wait_s: float) -> Outcome:
        outcome = belief.outcome(wait_s)
        if outcome.reason is JobReason.NOT_BELIEVED:
            self._believe_less()
        return outcome

    def _believe_less(self) -> None:
        self._unit_level = LEVEL_OF_DOUBT
        # With a full disk it is believed less until the next start.
        with suppress(OSError):
            self._unit = self._units.believe(self._unit, level=LEVEL_OF_DOUBT, why="not_believed")

    def _doubt(self, reason: JobReason) -> Outcome:
        if self._accepted_bytes == 0:
            return Outcome(JobState.QUEUED, _before_byte_1(reason), 0)
        return Outcome(JobState.UNKNOWN, reason, 0)

    def _after(self, job: Job, outcome: Outcome) -> None:
        if outcome.state in (JobState.CONFIRMED, JobState.ASSUMED):
            self._padding_bytes = 0
            if self._line.transport.is_for_one_job:
                self._hang_up()
            return
        self._padding_bytes = job.fragment_max + RASTER_HEADER_BYTES
        answers_late = outcome.reason in (JobReason.DEADLINE, JobReason.FOREIGN_ANSWER)
        if not (answers_late and self._late.is_awaited):
            self._hang_up()

    def _hear_late(self) -> None:
        for answer in self._line.listen(0):
            self._late.note(answer, self._line.status)

    def _look_once(self) -> None:
        self._own()
        is_kept = self._late.is_awaited
        if self._line.transport.is_for_one_job and not is_kept:
            level = self._units.find(printer=self._printer, address=self._address).level
            if level == 0:
                # A connection without a question would only keep others out.
                return
        self._connect()
        if self._level:
            self._idle.ask(self._line)
        is_mute = self._level > 0 and self._line.status.online is None
        if not is_kept and (self._line.transport.is_for_one_job or is_mute):
            self._hang_up()

    def _hang_up(self) -> None:
        self._late.give_up()
        self._line.hang_up()

    def _end_if_closed(self) -> None:
        if not self._stopping.is_set():
            return
        self._hang_up()
        lock, self._lock = self._lock, None
        if lock is not None:
            lock.release()
