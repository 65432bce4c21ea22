"""The question behind the cut, and what its answer is worth (printing.md P28 to P30).

Laws:
1. CONFIRMED is said when the printer said so: its process id (level 3) or the fence (level 2) came
   back while it reported no stop.
2. A printer that was switched off and on in the middle of a page answers as if nothing had been.
   Who could not have seen that does not say CONFIRMED.
3. The time in which a printer waits for paper is not taken from its deadline.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, assert_never

from printers.levels import LEVEL_OF_DOUBT
from printers.line import DLE_EOT, FENCE, PROCESS_ID
from printers.ports import JobReason, JobState, Outcome
from printers.status import stop_of

if TYPE_CHECKING:
    from printers.late import LateAnswers
    from printers.line import Line
    from printers.stall import Stall


@dataclass(frozen=True, slots=True)
class Belief:
    """How far the end of one attempt is believed.

    Args:
        line: to the printer.
        level: of this unit on this line, 0 to 3.
        process_id: of the attempt.
        stall: what was seen of its pauses.
        late: earlier attempts of this connection, whose answers may come first.
    """

    line: Line
    level: int
    process_id: str
    stall: Stall
    late: LateAnswers

    def question(self) -> bytes:
        """Return what goes out behind the cut; the answer is expected from now on."""
        match self.level:
            case 3:
                return PROCESS_ID + self.process_id.encode("ascii")
            case 2:
                self.line.open_fence()
                return FENCE
            case 1:
                self.line.open_status(1)
                return DLE_EOT + b"\x01"
            case _:
                return b""

    def outcome(self, wait_s: float) -> Outcome:
        """Wait for the answer and say how the attempt ended.

        Raises:
            PrinterError: the connection is gone.
            Stalled: it stood still for too long.
            Stopped: the till is being closed.
        """
        match self.level:
            case 0:
                return Outcome(JobState.ASSUMED, JobReason.NONE, 0)
            case 1:
                return self._good_status(wait_s)
            case _:
                return self._came_back(wait_s)

    def _came_back(self, wait_s: float) -> Outcome:
        reason = JobReason.DEADLINE
        wanted = "process_id" if self.level > 2 else "fence"
        ends_s = monotonic() + wait_s
        is_last_look = False
        while not is_last_look:
            began_s = monotonic()
            # What lies there when the time is over came in time, however late the till looks.
            is_last_look = began_s >= ends_s
            look_s = min(self.line.patience.answer_s / 4, max(0.0, ends_s - began_s))
            for answer in self.line.listen(look_s):
                if answer.kind != wanted:
                    continue
                if wanted == "process_id" and answer.value != self.process_id:
                    if not self.late.note(answer, self.line.status):
                        reason = JobReason.FOREIGN_ANSWER
                    continue
                return self._answered()
            stop = stop_of(self.line.status)
            if stop is JobReason.NONE:
                self.stall.over()
            else:
                # It said why it stands still; the time it takes to put paper in does not count.
                ends_s += monotonic() - began_s
                is_last_look = False
                self.stall.goes_on(stop)
        if self.level > 2 and self.line.transport.restart == "breaks":
            # Nobody watches the lines from now on; a connection tells by itself.
            self.late.expect(self.process_id, for_s=self.line.patience.late_s)
        return Outcome(JobState.UNKNOWN, reason, 0)

    def _answered(self) -> Outcome:
        self.stall.over()
        if stop_of(self.line.status) is not JobReason.NONE:
            return Outcome(JobState.UNKNOWN, JobReason.NOT_BELIEVED, self.level)
        if self._may_have_restarted():
            return Outcome(JobState.ASSUMED, JobReason.STALLED, LEVEL_OF_DOUBT)
        return Outcome(JobState.CONFIRMED, JobReason.NONE, self.level)

    def _may_have_restarted(self) -> bool:
        restart = self.line.transport.restart
        match restart:
            case "breaks":
                return False
            case "shows":
                return self.stall.was_unwatched
            case "pauses":
                return self.stall.was_unwatched or self.stall.was_silent
            case "hidden":
                return True
            case _:
                assert_never(restart)

    def _good_status(self, wait_s: float) -> Outcome:
        line = self.line
        answer = line.expect("status", wait_s)
        while answer is not None and stop_of(line.status) is not JobReason.NONE:
            self.stall.goes_on(stop_of(line.status))
            line.listen(line.patience.answer_s)
            if not line.ask(1):
                break
            if not line.status.online:
                line.ask(2)
        self.stall.over()
        if answer is None or stop_of(line.status) is not JobReason.NONE:
            return Outcome(JobState.UNKNOWN, JobReason.PRINTER_MUTE, 0)
        return Outcome(JobState.ASSUMED, JobReason.NONE, 1)
