"""The simulated printer itself; its time is handed in, so nobody waits."""

from __future__ import annotations

from pathlib import Path

import pytest
from printer_rig import JOB, PAGE
from printing import dots_of

from printers.line import ASB_ON, FENCE, PROCESS_ID
from printers.sim.core import Knobs, PrinterCore
from printers.sim.faults import KINDS, Fault

ID = PROCESS_ID + b"abcd"
ANSWER = b"\x37\x22abcd\x00"


def printer(*faults: str, knobs: Knobs | None = None) -> PrinterCore:
    return PrinterCore(knobs, [Fault.parse(fault) for fault in faults])


def fed(core: PrinterCore, data: bytes, *, now: float = 0.0) -> tuple[bytes, int]:
    """All answers to bytes, and how many pages they brought; the time stands still."""
    answers, pages, place = b"", 0, 0
    while place < len(data):
        reaction = core.feed(data[place:], now)
        answers += reaction.answers
        pages += len(reaction.pages)
        place += reaction.accepted
        if reaction.accepted == 0:
            break
    return answers, pages


def test_a_job_comes_out_dot_for_dot_and_is_answered_for() -> None:
    reaction = printer(knobs=Knobs(buffer_bytes=200_000)).feed(JOB.data + ID, 0.0)
    (page,) = reaction.pages
    assert dots_of(page.png()) == PAGE
    assert reaction.answers == ANSWER
    assert not reaction.errors


def test_real_time_requests_are_answered_while_it_stands_still() -> None:
    core = printer("paper_out@0")
    assert fed(core, b"\x10\x04\x01\x10\x04\x04")[0] == b"\x1a\x7e"
    assert fed(core, FENCE)[0] == b""


@pytest.mark.parametrize(("real_time", "answers"), [("obeyed", b"\x12"), ("data", b"")])
def test_a_request_inside_a_picture_is_obeyed_or_dots(real_time: str, answers: bytes) -> None:
    strip = b"\x1dv0\x00\x03\x00\x01\x00"
    core = printer(knobs=Knobs(real_time=real_time))  # type: ignore[arg-type]
    assert fed(core, b"\x1b@" + strip + b"\x10\x04\x01")[0] == answers


@pytest.mark.parametrize(
    ("level", "answers"),
    [
        (0, b""),
        (1, b"\x12\x10\x00\x00\x00"),
        (2, b"\x12\x10\x00\x00\x00\x00"),
        (3, b"\x12\x10\x00\x00\x00\x00" + ANSWER),
    ],
)
def test_each_level_answers_what_it_knows(level: int, answers: bytes) -> None:
    core = printer(knobs=Knobs(level=level))  # type: ignore[arg-type]
    assert fed(core, b"\x10\x04\x01" + ASB_ON + FENCE + ID)[0] == answers


def test_a_stop_is_told_by_itself_once_it_was_asked_for() -> None:
    core = printer("cover_open+5s", "cover_close+5s")
    fed(core, ASB_ON)
    assert core.tick(4.9).answers == b""
    assert core.tick(5.0).answers == b"\x38\x00\x00\x00"
    assert core.tick(10.0).answers == b"\x10\x00\x00\x00"


def test_the_buffer_is_full_after_its_bytes() -> None:
    core = printer("paper_out@0", knobs=Knobs(buffer_bytes=4_096))
    assert core.feed(JOB.data, 0.0).accepted == 4_096
    assert not core.is_ready


def test_a_slow_line_carries_what_its_time_allows() -> None:
    core = printer(knobs=Knobs(bytes_per_s=960))
    assert core.feed(JOB.data, 0.0).accepted == 0
    assert core.feed(JOB.data, 1.0).accepted == 960
    assert core.feed(JOB.data[960:], 1.5).accepted == 480


def test_a_right_id_waits_for_the_paper_and_an_early_one_does_not() -> None:
    slow = Knobs(buffer_bytes=200_000, rows_per_s=1_000)
    core = printer(knobs=slow)
    assert core.feed(JOB.data + ID, 0.0).answers == b""
    seconds = PAGE[0][1] / 1_000
    answers = b"".join(core.tick(step * seconds / 50).answers for step in range(60))
    assert answers == ANSWER
    early = printer(knobs=Knobs(buffer_bytes=200_000, rows_per_s=1_000, process_id="early"))
    assert early.feed(JOB.data + ID, 0.0).answers == ANSWER


def test_a_power_cut_forgets_and_leaves_a_torn_page() -> None:
    core = printer("power_off@30000", "power_on+1s")
    place = 0
    torn = 0
    while (reaction := core.feed(JOB.data[place:], 0.0)).accepted:
        place += reaction.accepted
        torn += len(reaction.torn)
    torn += len(reaction.torn)
    assert (place, torn) == (30_000, 1)
    assert not core.is_there
    assert core.tick(1.0).accepted == 0
    assert core.is_there


@pytest.mark.parametrize(("zeros", "is_whole"), [(4_104, True), (0, False)])
def test_a_pulled_cable_leaves_it_in_the_middle_of_a_picture(zeros: int, is_whole: bool) -> None:
    core = printer("unplug@5000", "replug+1s", knobs=Knobs(buffer_bytes=200_000))
    fed(core, JOB.data)
    core.tick(1.0)
    reaction = core.feed(bytes(zeros) + JOB.data, 1.0)
    (page,) = reaction.pages
    assert dots_of(page.png())[1].endswith(PAGE[1]) is is_whole
    assert bool(reaction.errors) is not is_whole


def test_mute_prints_and_says_nothing() -> None:
    core = printer("mute@100", "speak+9s")
    assert fed(core, JOB.data + ID) == (b"", 1)


@pytest.mark.parametrize("kind", KINDS)
def test_every_fault_can_be_written_and_happens(kind: str) -> None:
    assert Fault.parse(f"{kind}@12").at_byte == 12
    assert Fault.parse(f"{kind}+0.5s").after_s == 0.5
    core = printer(kind)
    core.tick(0.0)
    assert not core.faults


@pytest.mark.parametrize("text", ["", "fire", "stall@", "stall@-1", "stall+1", "stall@1 ", "a@1"])
def test_a_fault_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="KIND"):
        Fault.parse(text)


def test_the_page_about_printing_names_every_fault() -> None:
    page = (Path(__file__).parents[3] / "docs" / "printing.md").read_text("utf-8")
    assert [kind for kind in KINDS if f"`{kind}`" not in page] == []
