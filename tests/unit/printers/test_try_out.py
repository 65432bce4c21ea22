"""A test page on each kind of device, and what a test leaves behind."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from printer_rig import BRIEF_S, JOB, PATIENCE, Bench

from printers.lock import PrinterLock
from printers.ports import JobReason, JobState
from printers.sim.core import Knobs
from printers.sim.printer import SimulatedPrinter
from printers.try_out import try_out

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

AT = "2026-03-08T10:00:00.000Z"
# What a printer does not answer is waited for briefly; in memory it answers at once or never.
QUICK = replace(PATIENCE, answer_s=BRIEF_S, deadline_max_s=BRIEF_S)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    bench.close()


@pytest.mark.parametrize(
    ("way", "level"), [("memory", 0), ("memory", 1), ("memory", 2), ("memory", 3), ("network", 3)]
)
def test_a_tested_unit_is_believed_from_the_next_job_on(bench: Bench, way: str, level: Any) -> None:
    patience = QUICK if way == "memory" else PATIENCE
    rig = bench.rig(way, knobs=Knobs(level=level), level=0, patience=patience)
    tested = try_out(rig.device, JOB, tested_at=AT)
    assert (tested.level, tested.reason) == (level, JobReason.NONE)
    assert rig.level == level
    outcome = rig.send()
    wanted = JobState.CONFIRMED if level >= 2 else JobState.ASSUMED
    assert (outcome.state, outcome.level) == (wanted, level)


def test_what_stands_still_keeps_its_level(bench: Bench) -> None:
    rig = bench.rig("memory", patience=QUICK)
    rig.happen("cover_open@0")
    tested = try_out(rig.device, JOB, tested_at=AT)
    assert (tested.reason, tested.unit) == (JobReason.COVER_OPEN, "")
    assert rig.level == 3


def test_what_is_not_there_keeps_its_level(bench: Bench) -> None:
    rig = bench.rig("memory", patience=QUICK)
    rig.happen("unplug@0")
    rig.machine.answers()
    tested = try_out(rig.device, JOB, tested_at=AT)
    assert tested.reason is JobReason.PRINTER_OFFLINE
    assert tested.message
    assert rig.level == 3


def test_who_has_the_printer_is_named(bench: Bench, tmp_path: Path) -> None:
    rig = bench.rig("memory", patience=QUICK)
    rig.device._lock_path = tmp_path / "bon.lock"
    lock = PrinterLock(tmp_path / "bon.lock")
    tested = try_out(rig.device, JOB, tested_at=AT)
    lock.release()
    assert tested.reason is JobReason.PRINTER_BUSY
    assert "process" in tested.message


def test_a_closed_till_tests_nothing(bench: Bench) -> None:
    rig = bench.rig("memory", patience=QUICK)
    rig.device.close()
    assert try_out(rig.device, JOB, tested_at=AT).reason is JobReason.STOPPED


def test_a_simulator_is_tested_too(tmp_path: Path) -> None:
    printer = SimulatedPrinter(tmp_path / "prints")
    tested = try_out(printer, JOB, tested_at=AT)
    assert (tested.level, tested.reason) == (3, JobReason.NONE)
    assert len(printer.pages()) == 1
