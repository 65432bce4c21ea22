"""A test page on a receipt printer, and the file of its unit that comes of it (printing.md P28)."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING

from printers.deadline import answer_within_s
from printers.encode import NUL, PADDING_BYTES_MAX
from printers.levels import RESTART_HIDDEN, Unit, believable, unit_name
from printers.ports import JobReason
from printers.probe import Tested, look, probe

if TYPE_CHECKING:
    from printers.encode import Job
    from printers.levels import Restart, Units
    from printers.line import Line


@dataclass(frozen=True, slots=True)
class UnitTrial:
    """What a test has to know of the printer.

    Args:
        printer: what the settings call it.
        address: transport and place.
        units: the files of tested units.
        baud: of a serial line; None = as fast as USB and network.
        hears: it can answer.
        level_max: how far the settings let it be believed.
    """

    printer: str
    address: str
    units: Units
    baud: int | None
    hears: bool
    level_max: int

    def run(self, line: Line, job: Job, *, tested_at: str) -> Tested:
        """Print the page and store the level; a printer that stands still keeps the one it has.

        Args:
            line: to the printer, not connected.
            job: the page.
            tested_at: now, as text with offset.

        Raises:
            PrinterError: it cannot be reached, or went away.
            OSError: the level cannot be stored.
            Stopped: the till is being closed.
        """
        began_s = monotonic()
        if not self.hears:
            line.connect()
            line.write(NUL * PADDING_BYTES_MAX + job.data, lambda _: None)
            name = self.units.find(printer=self.printer, address=self.address).unit
            return Tested(0, 0, name, {}, monotonic() - began_s, JobReason.NONE)
        stop = look(line)
        if stop not in (JobReason.NONE, JobReason.PRINTER_MUTE):
            return Tested(0, 0, "", {}, monotonic() - began_s, stop)
        wait_s = answer_within_s(len(job.data), baud=self.baud, patience=line.patience)
        found = probe(line, job, wait_s=wait_s)
        if found.stop is not JobReason.NONE:
            # What it did not answer while it stood still says nothing about it.
            return Tested(0, 0, "", found.facts, found.seconds, found.stop)
        restart: Restart = line.transport.restart
        known = self.units.find(printer=self.printer, address=self.address)
        if known.why == RESTART_HIDDEN:
            # A person saw it; only a person sees otherwise.
            restart = "hidden"
        level = believable(found.level, restart, level_max=self.level_max)
        why = known.why if known.why == RESTART_HIDDEN else "way"
        unit = Unit(
            unit=unit_name(printer=self.printer, facts=found.facts),
            printer=self.printer,
            address=self.address,
            level=level,
            facts=found.facts,
            tested_at=tested_at,
            why="" if level == found.level else why,
        )
        self.units.write(unit)
        return Tested(level, found.level, unit.unit, unit.facts, found.seconds, JobReason.NONE)
