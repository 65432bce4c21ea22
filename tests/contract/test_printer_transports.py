"""T4: one contract for every way to a printer: right state, in time, whatever goes wrong.

Each check is a function of a rig, so that the same check can be shown to fail on a device that is
wrong in just that point. "In time" is not measured: a check says how long may be waited for what
never comes, and hangs if that is not kept.
"""

from __future__ import annotations

from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import pytest
from printer_rig import (
    ADDRESS,
    BRIEF_S,
    HANG_S,
    HIDE_RESTART,
    JOB,
    PAGE,
    PATIENCE,
    SEE_RESTART,
    WAYS,
    Bench,
    Rig,
)
from printing import dots_of

from printers.device import ReceiptPrinter
from printers.lock import PrinterLock
from printers.ports import JobReason, JobState, Outcome
from printers.sim.core import Knobs
from printers.sim.memory import MemoryTransport
from printers.transports.serial_line import SerialTransport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from printers.belief import Belief
    from printers.encode import Job

# pyserial's client half of RFC 2217 sets its thread up with names that Python has renamed.
pytestmark = [
    pytest.mark.filterwarnings("ignore:setDaemon:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:setName:DeprecationWarning"),
]

ASSUMED = (JobState.ASSUMED, JobReason.NONE)
CONFIRMED = (JobState.CONFIRMED, JobReason.NONE)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    bench.close()


def can_answer(rig: Rig) -> bool:
    return rig.way != "devfile"


def good_end(rig: Rig) -> tuple[JobState, JobReason]:
    return CONFIRMED if can_answer(rig) and rig.way not in HIDE_RESTART else ASSUMED


def ended(outcome: Outcome) -> tuple[JobState, JobReason]:
    return outcome.state, outcome.reason


def cause_of(rig: Rig, reason: JobReason) -> JobReason:
    """What the cashier hears of a stop: who cannot answer only stands still."""
    return reason if can_answer(rig) else JobReason.STALLED


# --- what every way must do ----------------------------------------------------------------------


def check_identical(rig: Rig) -> None:
    assert len(JOB.data) > 50_000
    assert ended(rig.send()) == good_end(rig)
    assert rig.until(lambda: rig.machine.pages)
    (page,) = rig.machine.pages
    assert dots_of(page.png()) == PAGE
    assert not rig.machine.errors


def check_short_writes(rig: Rig) -> None:
    assert ended(rig.send("short_write@9000")) == good_end(rig)
    assert rig.until(rig.whole_vouchers)


def check_stray_bytes(rig: Rig) -> None:
    assert ended(rig.send("stray_bytes@9000")) == good_end(rig)
    assert rig.until(rig.whole_vouchers)


def check_stall(rig: Rig) -> None:
    rig.when_told[JobReason.STALLED] = rig.give_up
    assert ended(rig.send("stall@9000")) == (JobState.UNKNOWN, JobReason.STALLED)
    assert rig.stalls[-1] is JobReason.STALLED
    assert rig.whole_vouchers() == 0


def check_unplugged_and_back(rig: Rig) -> None:
    """The printer stays in the middle of a picture; the next voucher comes out whole."""
    assert rig.send("unplug@9000").state is JobState.UNKNOWN
    assert rig.device.ready() is not JobReason.NONE
    if rig.way == "serial_pty":
        return  # the port has another name now, as a USB adapter's
    rig.happen("replug@0")
    assert rig.until(lambda: rig.device.ready() is JobReason.NONE)
    assert ended(rig.send()) == good_end(rig)
    assert rig.until(lambda: rig.whole_vouchers() == 1)


def check_restart(rig: Rig) -> None:
    rig.wait(silent_s=BRIEF_S / 2, notice_s=BRIEF_S)
    rig.when_told[JobReason.STALLED] = lambda: rig.happen("power_on@0")
    outcome = rig.send("reset@9000")
    if rig.way in SEE_RESTART:
        assert outcome.state is JobState.UNKNOWN
    else:
        # It cannot be seen on this way; but it is never called printed.
        assert outcome.state is JobState.ASSUMED
    assert rig.whole_vouchers() == 0


def check_quick_restart(rig: Rig) -> None:
    """Off and on again before anybody could have looked."""
    outcome = rig.send("reset@9000")
    assert outcome.state is not JobState.CONFIRMED
    assert rig.whole_vouchers() == 0


def check_power_cut(rig: Rig) -> None:
    rig.when_told[JobReason.STALLED] = rig.give_up
    assert rig.send("power_off@9000").state is JobState.UNKNOWN
    assert len(rig.machine.torn) == 1


def check_mute(rig: Rig) -> None:
    rig.wait(deadline_max_s=BRIEF_S)
    outcome = rig.send("mute@9000")
    if can_answer(rig):
        silence = JobReason.PRINTER_MUTE if rig.way in HIDE_RESTART else JobReason.DEADLINE
        assert ended(outcome) == (JobState.UNKNOWN, silence)
    else:
        assert ended(outcome) == ASSUMED


def check_goes_on(rig: Rig, fault: str, reason: JobReason, mended: str) -> None:
    cause = cause_of(rig, reason)
    rig.when_told[cause] = lambda: rig.happen(mended)
    assert ended(rig.send(fault)) == good_end(rig)
    # On a busy machine the word may come after the first notice; what is told last is right.
    assert rig.stalls[-2:] == [cause, JobReason.NONE]
    assert set(rig.stalls[:-2]) <= {JobReason.STALLED, JobReason.NONE}
    assert rig.until(rig.whole_vouchers)


def check_gives_up(rig: Rig, fault: str, reason: JobReason) -> None:
    cause = cause_of(rig, reason)
    rig.when_told[cause] = rig.give_up
    assert ended(rig.send(fault)) == (JobState.UNKNOWN, cause)


def check_paper(rig: Rig) -> None:
    check_goes_on(rig, "paper_out@9000", JobReason.PAPER_OUT, "refill@0")


def check_paper_never_comes(rig: Rig) -> None:
    check_gives_up(rig, "paper_out@9000", JobReason.PAPER_OUT)


def check_cover(rig: Rig) -> None:
    check_goes_on(rig, "cover_open@9000", JobReason.COVER_OPEN, "cover_close@0")


def check_cutter(rig: Rig) -> None:
    check_gives_up(rig, "cutter@9000", JobReason.PRINTER_ERROR)


CHECKS = (
    check_identical,
    check_short_writes,
    check_stray_bytes,
    check_stall,
    check_unplugged_and_back,
    check_restart,
    check_power_cut,
    check_mute,
    check_paper,
    check_paper_never_comes,
    check_cover,
    check_cutter,
)


@pytest.mark.parametrize(
    ("way", "check"),
    [
        pytest.param(way, check, id=f"{way}-{check.__name__.removeprefix('check_')}")
        for way in WAYS
        for check in CHECKS
    ],
)
def test_every_way_ends_in_the_right_state_in_time(
    bench: Bench, way: str, check: Callable[[Rig], None]
) -> None:
    # A restart takes as long as the check wants.
    check(bench.rig(way, knobs=Knobs(restart_s=HANG_S)))


# --- what every way that can answer must do ------------------------------------------------------


QUICK_RESTART = Knobs(restart_s=0.0)


@pytest.mark.parametrize("way", ["memory", "network", "serial_pty", "usb", "devfile"])
def test_a_restart_that_takes_no_time_is_never_confirmed(bench: Bench, way: str) -> None:
    check_quick_restart(bench.rig(way, knobs=QUICK_RESTART))


@pytest.mark.parametrize(
    ("way", "end"),
    [
        ("memory", CONFIRMED),
        ("serial_dsr", (JobState.ASSUMED, JobReason.STALLED)),
        ("serial_rtscts", (JobState.ASSUMED, JobReason.STALLED)),
    ],
)
def test_lines_tell_only_who_looks_at_them(
    bench: Bench, way: str, end: tuple[JobState, JobReason]
) -> None:
    rig = bench.rig(way)
    # Between any two looks there was time to switch it off and on.
    rig.wait(silent_s=0.0)
    assert ended(rig.send()) == end
    assert rig.until(rig.whole_vouchers)


def test_what_the_settings_do_not_believe_is_not_asked(bench: Bench) -> None:
    rig = bench.rig("memory", level_max=1)
    outcome = rig.send()
    assert (ended(outcome), outcome.level) == (ASSUMED, 1)
    assert b"\x1d(H" not in rig.machine.tape
    assert rig.level == 3


def check_foreign_id(rig: Rig) -> None:
    rig.wait(deadline_max_s=2 * BRIEF_S)
    outcome = rig.send()
    assert outcome.state is JobState.UNKNOWN
    if rig.way == "memory":
        # Elsewhere a busy machine may bring it after the deadline.
        assert outcome.reason is JobReason.FOREIGN_ANSWER


ANSWERING = [way for way in WAYS if way != "devfile"]


@pytest.mark.parametrize("way", [way for way in ANSWERING if way not in HIDE_RESTART])
def test_the_id_of_another_job_confirms_nothing(bench: Bench, way: str) -> None:
    check_foreign_id(bench.rig(way, knobs=Knobs(process_id="foreign")))


@pytest.mark.parametrize("way", ANSWERING)
@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("paper_out@0", JobReason.PAPER_OUT),
        ("cover_open@0", JobReason.COVER_OPEN),
        ("cutter@0", JobReason.PRINTER_ERROR),
        ("mute@0", JobReason.PRINTER_MUTE),
        ("power_off@0", JobReason.PRINTER_OFFLINE),
    ],
)
def test_the_gate_stays_shut_and_nothing_is_printed(
    bench: Bench, way: str, fault: str, reason: JobReason
) -> None:
    rig = bench.rig(way)
    if reason is JobReason.PRINTER_MUTE:
        rig.wait(answer_s=BRIEF_S)
    rig.happen(fault)
    rig.machine.answers()
    found = rig.device.ready()
    if way == "network" and fault.startswith("power_off"):
        # Nobody listens there any more: refused, or broken while it was made.
        assert found in (reason, JobReason.PRINTER_BUSY)
    else:
        assert found is reason
    assert not any(rig.machine.tape.strip(b"\x00\x1b@\x10\x04\x01\x02"))


def printing_for_longer_than_anybody_waits(bench: Bench, way: str) -> Rig:
    """A printer that has taken everything and still prints."""
    rig = bench.rig(way, knobs=Knobs(buffer_bytes=200_000, rows_per_s=200))
    rig.wait(deadline_max_s=BRIEF_S)
    assert ended(rig.send()) == (JobState.UNKNOWN, JobReason.DEADLINE)
    return rig


@pytest.mark.parametrize("way", ["memory", "network", "usb"])
def test_a_late_id_still_counts_while_the_connection_stands(bench: Bench, way: str) -> None:
    rig = printing_for_longer_than_anybody_waits(bench, way)
    rig.machine.hurry()
    heard: list[str] = []
    assert rig.until(lambda: heard.extend(rig.device.late()) or heard)
    assert heard == ["id01"]
    assert rig.device.late() == ()


@pytest.mark.parametrize("way", ["serial_dsr", "serial_rtscts"])
def test_a_late_id_on_a_line_that_nobody_watches_counts_for_nothing(bench: Bench, way: str) -> None:
    rig = printing_for_longer_than_anybody_waits(bench, way)
    rig.machine.hurry()
    assert rig.until(rig.whole_vouchers)
    assert rig.device.late() == ()


def test_a_connection_that_broke_hears_no_late_id(bench: Bench) -> None:
    rig = printing_for_longer_than_anybody_waits(bench, "memory")
    rig.happen("unplug@0", "replug+0s")
    rig.machine.hurry()
    assert rig.until(rig.whole_vouchers)
    assert rig.device.late() == ()


def test_an_answer_while_it_reports_a_stop_makes_it_level_1(bench: Bench) -> None:
    # A clone that answers when it reads, not when it has printed.
    rig = bench.rig("memory", knobs=Knobs(process_id="early", buffer_bytes=200_000))
    outcome = rig.send("paper_out@9000")
    assert ended(outcome) == (JobState.UNKNOWN, JobReason.NOT_BELIEVED)
    assert rig.level == 1
    rig.happen("refill@0")
    assert rig.until(lambda: rig.device.ready() is JobReason.NONE)
    assert rig.send().level == 1


@pytest.mark.parametrize(
    ("level", "end", "believed"),
    [
        (3, CONFIRMED, 3),
        (2, CONFIRMED, 2),
        (1, ASSUMED, 1),
        (0, ASSUMED, 0),
    ],
)
def test_each_level_says_what_it_knows(
    bench: Bench, level: Any, end: tuple[JobState, JobReason], believed: int
) -> None:
    rig = bench.rig("memory", knobs=Knobs(level=level), level=level)
    outcome = rig.send()
    assert ended(outcome) == end
    assert outcome.level == believed
    assert rig.whole_vouchers() == 1


def test_another_unit_at_the_same_place_is_not_believed(bench: Bench) -> None:
    rig = bench.rig("memory", knobs=Knobs(facts={68: "ANOTHER"}))
    assert ended(rig.send()) == ASSUMED
    assert b"\x1d(H" not in rig.machine.tape


def test_an_untested_unit_is_asked_nothing(bench: Bench) -> None:
    rig = bench.rig("memory", level=0)
    assert ended(rig.send()) == ASSUMED
    assert bytes(rig.machine.tape).lstrip(b"\0") == JOB.data


def test_what_must_never_be_sent_is_never_sent(bench: Bench) -> None:
    rig = bench.rig("memory")
    rig.send()
    rig.device.idle()
    for forbidden in (b"\x10\x05", b"\x10\x14", b"\x1bp"):
        assert forbidden not in rig.machine.tape


def test_a_usb_printer_is_never_reset(bench: Bench) -> None:
    rig = bench.rig("usb")
    rig.send("unplug@9000")
    rig.happen("replug@0")
    assert rig.until(lambda: rig.device.ready() is JobReason.NONE)
    assert rig.face.resets == 0


def test_whoever_closes_the_till_does_not_wait_for_paper(bench: Bench) -> None:
    rig = bench.rig("memory")
    rig.wait(stall_s=10 * HANG_S)
    stalled = Event()
    rig.when_told[JobReason.PAPER_OUT] = stalled.set
    ends: list[Outcome] = []
    sending = Thread(target=lambda: ends.append(rig.send("paper_out@9000")))
    sending.start()
    assert stalled.wait(HANG_S)
    rig.device.close()
    sending.join(HANG_S)
    assert not sending.is_alive()
    assert ended(ends[0]) == (JobState.UNKNOWN, JobReason.STOPPED)
    assert rig.device.ready() is JobReason.STOPPED


def test_one_printer_has_one_owner(bench: Bench, tmp_path: Path) -> None:
    lock = PrinterLock(tmp_path / "bon.lock")
    rig = bench.rig("memory")
    other = ReceiptPrinter(
        MemoryTransport(rig.machine),
        printer="bon",
        address=ADDRESS,
        units=rig.units,
        lock_path=tmp_path / "bon.lock",
        patience=PATIENCE,
    )
    assert other.ready() is JobReason.PRINTER_BUSY
    assert not rig.machine.tape
    lock.release()
    assert other.ready() is JobReason.NONE
    other.close()


@pytest.mark.parametrize("way", ["memory", "network"])
def test_an_idle_printer_tells_that_its_paper_goes_to_its_end(bench: Bench, way: str) -> None:
    rig = bench.rig(way)
    rig.happen("near_end@0")
    for _ in range(2):
        status = rig.device.idle()
    assert (status.reachable, status.online, status.paper) == (True, True, "near_end")
    rig.happen("cover_open@0")
    for _ in range(3):
        status = rig.device.idle()
    assert (status.online, status.cover, status.paper) == (False, "open", "near_end")
    rig.happen("mute@0")
    rig.wait(answer_s=BRIEF_S)
    status = rig.device.idle()
    assert (status.reachable, status.online, status.paper) == (True, None, "unknown")
    rig.happen("unplug@0")
    assert rig.until(lambda: not rig.machine.is_there)
    if way == "memory":
        assert rig.device.idle().reachable is False
    else:
        # Refused: another till may be printing, so what was known stands.
        assert rig.until(lambda: not rig.face.listens)
        assert rig.device.ready() is JobReason.PRINTER_BUSY
        assert rig.device.idle().reachable is True


def test_an_idle_network_printer_that_nobody_tested_is_left_alone(bench: Bench) -> None:
    rig = bench.rig("network", level=0)
    assert rig.device.idle().reachable is False
    tested = bench.rig("network")
    assert tested.device.idle().online is True


# --- negative controls: each of these devices is wrong in one point, and a check sees it ---------


class TakesAnyBlock(ReceiptPrinter):
    """Believes whatever block comes."""

    def _ended(self, belief: Belief, wait_s: float) -> Outcome:
        answer = self._line.expect("process_id", wait_s)
        return super()._ended(belief, 0) if answer is None else confirmed()


class ConfirmsWhenWritingEnds(ReceiptPrinter):
    """Takes accepted bytes for paper."""

    def _ended(self, belief: Belief, wait_s: float) -> Outcome:
        del belief, wait_s
        return confirmed()


class TriesAgain(ReceiptPrinter):
    """Sends the job again when it did not end well."""

    def send(self, job: Job, *, process_id: str, on_stall: Callable[[JobReason], None]) -> Outcome:
        outcome = super().send(job, process_id=process_id, on_stall=on_stall)
        if outcome.state is not JobState.UNKNOWN:
            return outcome
        return super().send(job, process_id=process_id, on_stall=on_stall)


class ShowsEveryRestart(SerialTransport):
    """Says that it shows what it does not."""

    restart = "breaks"


class NeverPads(ReceiptPrinter):
    """Begins without zeros."""

    def _connect(self) -> None:
        super()._connect()
        self._padding_bytes = 0


def confirmed() -> Outcome:
    return Outcome(JobState.CONFIRMED, JobReason.NONE, 3)


def check_printed_once(rig: Rig) -> None:
    """A printer that prints and whose answer is lost has printed once."""
    rig.wait(deadline_max_s=BRIEF_S, answer_s=BRIEF_S)
    rig.send("mute@60000")
    assert rig.until(rig.whole_vouchers)
    assert rig.whole_vouchers() == 1


@pytest.mark.parametrize(
    ("kind", "check", "knobs"),
    [
        (TakesAnyBlock, check_foreign_id, Knobs(process_id="foreign")),
        (ConfirmsWhenWritingEnds, check_mute, None),
        (TriesAgain, check_printed_once, None),
        (NeverPads, check_unplugged_and_back, Knobs(real_time="obeyed")),
    ],
)
def test_a_wrong_device_is_seen(
    bench: Bench, kind: type[ReceiptPrinter], check: Callable[[Rig], None], knobs: Knobs | None
) -> None:
    right, wrong = (bench.rig("memory", knobs=knobs, kind=one) for one in (ReceiptPrinter, kind))
    check(right)
    wrong.wait(answer_s=BRIEF_S)
    with pytest.raises(AssertionError):
        check(wrong)


def test_a_line_that_shows_less_than_it_says_is_seen(bench: Bench) -> None:
    bench.serial = ShowsEveryRestart
    wrong = bench.rig("serial_pty", knobs=QUICK_RESTART)
    with pytest.raises(AssertionError):
        check_quick_restart(wrong)
