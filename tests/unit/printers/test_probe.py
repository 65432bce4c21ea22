from __future__ import annotations

from dataclasses import replace
from threading import Event
from typing import Any

import pytest
from printer_rig import PATIENCE
from printing import dots_of

from printers.encode import encode
from printers.line import Line
from printers.ports import JobReason
from printers.probe import IDS, look, probe
from printers.render import render
from printers.sim.core import FACTS, Knobs
from printers.sim.faults import Fault
from printers.sim.machine import Machine
from printers.sim.memory import MemoryTransport
from printers.test_page import test_page as a_test_page

DOCUMENT, PICTURES = a_test_page(dots=576, lang="de", printer="bon", said="heute")
JOB = encode(DOCUMENT, PICTURES)
QUICK = replace(PATIENCE, answer_s=0.1)


def probed(machine: Machine) -> Any:
    line = Line(MemoryTransport(machine), QUICK, Event())
    line.connect()
    return probe(line, JOB, wait_s=0.4)


@pytest.mark.parametrize("level", [0, 1, 2, 3])
def test_a_unit_gets_the_level_of_what_it_answers(level: Any) -> None:
    machine = Machine(Knobs(level=level))
    found = probed(machine)
    assert found.level == level
    (page,) = machine.pages
    assert dots_of(page.png()) == dots_of(render(DOCUMENT, PICTURES).png())
    assert not machine.errors
    assert dict(found.facts) == (
        {}
        if level == 0
        else {"maker": FACTS[66], "model": FACTS[67], "firmware": FACTS[65], "serial": FACTS[68]}
    )


def test_a_clone_with_a_fixed_id_is_not_level_3() -> None:
    found = probed(Machine(Knobs(process_id="foreign")))
    assert found.ids == ("1234", "1234")
    assert found.level == 2


def test_one_id_of_two_is_not_level_3() -> None:
    # Muted while the page prints: the first id came, the second did not.
    found = probed(Machine(faults=[Fault("mute", at_byte=20_000)]))
    assert found.ids == IDS[:1]
    assert found.level == 0


def test_paper_near_its_end_is_no_failure() -> None:
    found = probed(Machine(faults=[Fault("near_end", at_byte=20_000)]))
    assert (found.level, found.stop) == (3, JobReason.NONE)


def test_what_stops_it_in_the_end_is_part_of_the_result() -> None:
    # A clone that answers when it reads: everything came back, and the paper was out.
    knobs = Knobs(process_id="early", buffer_bytes=200_000)
    found = probed(Machine(knobs, [Fault("paper_out", at_byte=20_000)]))
    assert found.stop is JobReason.PAPER_OUT


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("near_end", JobReason.NONE),
        ("paper_out", JobReason.PAPER_OUT),
        ("cover_open", JobReason.COVER_OPEN),
        ("cutter", JobReason.PRINTER_ERROR),
        ("mute", JobReason.PRINTER_MUTE),
    ],
)
def test_an_idle_printer_says_why_it_does_not_print(fault: Any, reason: JobReason) -> None:
    machine = Machine(faults=[Fault(fault)])
    assert look(Line(MemoryTransport(machine), QUICK, Event())) is reason
    assert not machine.errors


def test_a_look_finds_a_printer_inside_an_unfinished_picture() -> None:
    machine = Machine(Knobs(real_time="data"))
    machine.take(b"\x1b@\x1dv0\x00\x48\x00\x38\x00" + bytes(500))
    assert look(Line(MemoryTransport(machine), QUICK, Event())) is JobReason.NONE
