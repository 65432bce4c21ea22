"""Which ways show that a printer was switched off and on, tried out as a person does it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from printer_rig import BRIEF_S, JOB, PATIENCE, WAYS, Bench, Rig

from printers.levels import RESTART_HIDDEN
from printers.ports import JobReason, JobState
from printers.restart import is_restart_seen

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# pyserial's client half of RFC 2217 sets its thread up with names that Python has renamed.
pytestmark = [
    pytest.mark.filterwarnings("ignore:setDaemon:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:setName:DeprecationWarning"),
]

# What does not answer is asked thirty times.
QUICK = replace(PATIENCE, answer_s=BRIEF_S)
HIDDEN = ("serial_pty",)
# Nothing can be asked there.
SHOWING = [way for way in WAYS if way not in (*HIDDEN, "devfile")]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    bench.close()


def is_seen(rig: Rig, *, off: str, on: str) -> bool:
    def switch_off() -> None:
        rig.happen(off)
        lines = rig.device._line.transport.modem_lines()
        if lines is not None and off == "power_off@0":
            assert rig.until(lambda: not rig.device._line.transport.modem_lines().dsr)

    found = is_restart_seen(
        rig.device._line, switch_off=switch_off, switch_on=lambda: rig.happen(on)
    )
    rig.device._line.hang_up()
    return found


@pytest.mark.parametrize("way", SHOWING)
def test_a_printer_at_the_end_of_its_way_shows_its_restart(bench: Bench, way: str) -> None:
    assert is_seen(bench.rig(way, patience=QUICK), off="power_off@0", on="power_on@0")


@pytest.mark.parametrize("way", SHOWING)
def test_what_stays_on_between_hides_it(bench: Bench, way: str) -> None:
    # As a print server does: the printer says nothing for a while, and the connection stands.
    assert not is_seen(bench.rig(way), off="mute@0", on="speak@0")


@pytest.mark.parametrize("way", HIDDEN)
def test_a_line_without_dsr_hides_it_and_nobody_is_asked(bench: Bench, way: str) -> None:
    def never() -> None:
        raise AssertionError("nobody has to get up for this")

    rig = bench.rig(way)
    assert not is_restart_seen(rig.device._line, switch_off=never, switch_on=never)


def test_what_a_person_saw_holds_until_a_person_sees_otherwise(bench: Bench) -> None:
    rig = bench.rig("memory", patience=QUICK)
    unit = rig.units.find(printer="bon", address="the rig")
    rig.units.believe(unit, level=1, why=RESTART_HIDDEN)
    tested = rig.device.try_out(JOB, tested_at="2026-03-08T10:00:00.000Z")
    assert (tested.level, tested.answers, tested.reason) == (1, 3, JobReason.NONE)
    assert rig.send().state is JobState.ASSUMED
