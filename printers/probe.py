"""Finds out how far a unit can be believed, with a test page in its paper (printing.md P28).

A process id goes out before the page and another behind the cut. Level 3 is a unit that gives both
back, in this order, and nothing else; else a fence behind the cut (level 2), else a real-time
status (level 1), else nothing (level 0). A unit that cannot do one of them may print its letters:
that is why only a person starts this, never a sale.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

from printers.encode import INITIALISE, NUL, PADDING_BYTES_MAX
from printers.errors import PrinterOffline
from printers.line import FACTS, FENCE, PROCESS_ID
from printers.ports import JobReason
from printers.status import stop_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from printers.encode import Job
    from printers.line import Line

IDS = ("Sk1<", "Sk2>")


class Tested(NamedTuple):
    """What a person hears of a test.

    Args:
        level: how far the unit is believed from now on.
        answers: the level of what it answered; above ``level`` where its line or the settings
            let it be believed no further.
        unit: its name; empty = no level was stored.
        facts: what it says of itself.
        seconds: from the first byte to the last answer.
        reason: why it was not tested; ``NONE`` = it was.
        message: of a fault, and what to do.
    """

    level: int
    answers: int
    unit: str
    facts: Mapping[str, str]
    seconds: float
    reason: JobReason
    message: str = ""


class Probe(NamedTuple):
    """What a test found.

    Args:
        level: of what it answered.
        facts: what it says of itself.
        seconds: from the first byte to the last answer.
        ids: the process ids it gave back, in order.
        stop: what it reported at the end; ``NONE`` = nothing.
    """

    level: int
    facts: Mapping[str, str]
    seconds: float
    ids: tuple[str, ...]
    stop: JobReason


def look(line: Line) -> JobReason:
    """Ask an idle printer everything it can say; ``PRINTER_MUTE`` when it says nothing.

    Raises:
        PrinterError: it cannot be reached.
    """
    line.connect()
    if not line.ask(1):
        # It may take the question for dots of a picture that was never finished.
        line.write_quickly(NUL * PADDING_BYTES_MAX + INITIALISE)
        if not line.ask(1):
            return JobReason.PRINTER_MUTE
    for number in (2, 3, 4):
        line.ask(number)
    return stop_of(line.status)


def facts_of(line: Line) -> dict[str, str]:
    """Ask a printer who it is; what it does not say is missing."""
    found: dict[str, str] = {}
    for name in FACTS:
        fact = line.fact(name)
        if fact is None:
            break
        found[name] = fact
    return found


def probe(line: Line, job: Job, *, wait_s: float) -> Probe:
    """Print a page and find the level of a unit.

    Args:
        line: to the printer, connected.
        job: the page.
        wait_s: for the answer behind the cut.

    Raises:
        PrinterError: the printer went away or took nothing.
    """
    began_s = monotonic()
    ends_s = began_s + line.patience.stall_s

    def progress(accepted: int) -> None:
        nonlocal ends_s
        if accepted:
            ends_s = monotonic() + line.patience.stall_s
        elif monotonic() > ends_s:
            raise PrinterOffline("the printer takes nothing")

    has_status = line.ask(1)
    line.write(NUL * PADDING_BYTES_MAX + INITIALISE, progress)
    facts = facts_of(line) if has_status else {}
    line.write(PROCESS_ID + IDS[0].encode("ascii"), progress)
    line.write(job.data, progress)
    line.write(PROCESS_ID + IDS[1].encode("ascii"), progress)
    ids = _ids(line, wait_s)
    level = 0
    if ids == IDS:
        level = 3
    else:
        line.open_fence()
        line.write(FENCE, progress)
        # What it has not said by now is not held up by paper any more.
        if line.expect("fence", max(line.patience.answer_s, wait_s / 3)) is not None:
            level = 2
        elif has_status and line.ask(1):
            level = 1
    seconds = monotonic() - began_s
    stop = look(line) if level else JobReason.NONE
    return Probe(level, facts, seconds, ids, stop)


def _ids(line: Line, wait_s: float) -> tuple[str, ...]:
    found: list[str] = []
    ends_s = monotonic() + wait_s
    while tuple(found) != IDS and monotonic() < ends_s:
        heard = line.listen(line.patience.answer_s / 4)
        found += [answer.value for answer in heard if answer.kind == "process_id"]
        if stop_of(line.status) is not JobReason.NONE:
            ends_s = min(ends_s + line.patience.answer_s / 4, monotonic() + wait_s)
    return tuple(found)
