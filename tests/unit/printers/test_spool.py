"""The spool on a real SQLite file, a simulated printer and, where it dies, a real process."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from queue import Queue
from threading import Event
from time import monotonic
from typing import TYPE_CHECKING, Any, Literal

import apsw
import pytest
from journal_spool import JournalSpool
from printing import PICTURES, dots_of, plain, welcome

from printers.document import Document
from printers.ports import TRANSITIONS, Duty, JobChange, JobReason, JobState, Outcome
from printers.render import render
from printers.sim.printer import Fault, SimulatedPrinter
from printers.spool import Spool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from printers.encode import Job
    from printers.ports import Attempt, Device, PrinterStatus, PrintJob, SpoolStore

WAIT_S = 60
DUTY = Duty("bon", frozenset({"voucher"}))
TILL = Path(__file__).parents[2] / "support" / "spool_till.py"


class Pictures:
    def read(self, sha256: str) -> bytes | None:
        return PICTURES.get(sha256)


class Till:
    """A running spool and everything it says."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.prints = folder / "prints"
        self.store = JournalSpool(folder / "journal.db")
        self.changes: Queue[JobChange] = Queue()
        self.faults: Queue[Exception] = Queue()
        self.spools: list[Spool] = []

    def start(
        self,
        *,
        fault: Fault | None = None,
        kind: type[Spool] = Spool,
        store: SpoolStore | None = None,
        device: Device | None = None,
        stall_ms: int = 50,
        **options: Any,
    ) -> Spool:
        options.setdefault("on_change", self.changes.put)
        spool = kind(
            store or self.store,
            device or SimulatedPrinter(self.prints, fault=fault, stall_ms=stall_ms),
            Pictures(),
            duty=DUTY,
            on_fault=self.faults.put,
            retry_first_ms=1,
            **options,
        )
        self.spools.append(spool)
        spool.start()
        return spool

    def until(self, uid: str, *states: JobState) -> JobChange:
        end = monotonic() + WAIT_S
        while True:
            change = self.changes.get(timeout=end - monotonic())
            if change.job_uid == uid and change.state in states:
                return change

    def whole_pages(self) -> list[Path]:
        return sorted(p for p in self.prints.glob("*.png") if not p.stem.endswith("torn"))

    def close(self) -> None:
        for spool in self.spools:
            spool.stop()
        self.store.close()


@pytest.fixture
def till(tmp_path: Path) -> Iterator[Till]:
    till = Till(tmp_path)
    yield till
    till.close()


def test_voucher_is_printed_and_confirmed(till: Till) -> None:
    spool = till.start()
    till.store.add("a", welcome())
    spool.wake()
    change = till.until("a", JobState.CONFIRMED)
    assert (change.reason, change.attempt) == (JobReason.NONE, 1)
    assert till.store.state("a") == ("CONFIRMED", "")
    ((_, digest, outcome),) = till.store.attempts("a")
    assert outcome == "CONFIRMED"
    (page,) = till.whole_pages()
    assert page.name == f"000001-{digest[:12]}.png"
    expected = render(Document.from_dict(welcome()), PICTURES)
    assert dots_of(page.read_bytes()) == dots_of(expected.png())


def test_jobs_print_in_order_and_each_once(till: Till) -> None:
    for number in range(4):
        till.store.add(f"job{number}", plain(subject_uid=f"v{number}"))
    till.start()
    till.until("job3", JobState.CONFIRMED)
    assert len(till.whole_pages()) == 4
    assert till.faults.empty()


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault("stall", 9_000), JobReason.STALLED),
        (Fault("mute"), JobReason.DEADLINE),
        (Fault("power_off", 9_000), JobReason.PRINTER_OFFLINE),
    ],
)
def test_any_doubt_is_unknown_and_nothing_is_repeated(
    till: Till, fault: Fault, reason: JobReason
) -> None:
    till.store.add("a", welcome())
    till.store.add("b", plain())
    till.start(fault=fault)
    assert till.until("a", JobState.UNKNOWN).reason is reason
    till.until("b", JobState.CONFIRMED)
    assert till.store.state("a") == ("UNKNOWN", reason)
    assert len(till.store.attempts("a")) == 1
    assert printed_at_most_once(till, "a")


def printed_at_most_once(till: Till, uid: str) -> bool:
    """Independent of the spool's word: how often does the voucher lie on the table?"""
    wanted = render(Document.from_json(till.store.document(uid)), PICTURES).png()
    dots = dots_of(wanted)[1]
    papers = [dots_of(page.read_bytes())[1] for page in till.whole_pages()]
    return sum(dots in paper for paper in papers) <= 1


class RetryingSpool(Spool):
    """Negative control: tries again after byte 1."""

    def _send(self, job: PrintJob, encoded: Job, attempt: Attempt) -> int:
        ended = self._device.send(encoded, process_id="!!!!", on_stall=lambda _: None)
        if ended.state is not JobState.CONFIRMED:
            return super()._send(job, encoded, attempt)
        return 0


def test_retry_after_byte_1_would_print_twice(till: Till) -> None:
    till.store.add("a", welcome())
    till.start(fault=Fault("mute"), kind=RetryingSpool)
    till.until("a", JobState.CONFIRMED)
    assert not printed_at_most_once(till, "a")


class HastySpool(Spool):
    """Negative control: takes the end of writing for the end of printing."""

    def _send(self, job: PrintJob, encoded: Job, attempt: Attempt) -> int:
        self._device.send(encoded, process_id="!!!!", on_stall=lambda _: None)
        ended = Outcome(JobState.CONFIRMED, JobReason.NONE, 3)
        self._store.finish(job.uid, attempt=attempt.number, ended=ended)
        self._on_change(
            JobChange(job.uid, job.subject_uid, JobState.CONFIRMED, JobReason.NONE, attempt.number)
        )
        return 0


def confirmed_without_paper(till: Till, uid: str) -> bool:
    return till.store.state(uid)[0] == "CONFIRMED" and not till.whole_pages()


@pytest.mark.parametrize("at_byte", [0, 3_000, 30_000])
def test_stall_confirms_nothing(till: Till, at_byte: int) -> None:
    till.store.add("a", welcome())
    till.start(fault=Fault("stall", at_byte))
    till.until("a", JobState.UNKNOWN)
    assert not confirmed_without_paper(till, "a")


def test_confirming_when_writing_ends_would_lie(till: Till) -> None:
    till.store.add("a", welcome())
    till.start(fault=Fault("stall", 30_000), kind=HastySpool)
    till.until("a", JobState.CONFIRMED)
    assert confirmed_without_paper(till, "a")


def killed_while_sending(till: Till, store: str, fault: Fault) -> None:
    """A real process prints ``a`` and dies by kill -9 when nobody can know the outcome."""
    till.store.add("a", welcome())
    process = subprocess.Popen(
        [
            sys.executable,
            str(TILL),
            str(till.folder / "journal.db"),
            str(till.prints),
            store,
            fault.kind,
            str(fault.at_byte),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "waiting\n"
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(
    "fault", [Fault("stall", 0), Fault("stall", 1), Fault("stall", 30_000), Fault("mute")]
)
def test_kill_while_sending_is_unknown_after_restart(till: Till, fault: Fault) -> None:
    killed_while_sending(till, "honest", fault)
    assert till.store.state("a") == ("SENDING", "")
    till.store.add("b", plain())
    till.start()
    assert till.until("a", JobState.UNKNOWN).reason is JobReason.PROCESS_START
    till.until("b", JobState.CONFIRMED)
    assert till.store.state("a") == ("UNKNOWN", "process_start")
    assert printed_at_most_once(till, "a")
    assert len(till.whole_pages()) == (2 if fault.kind == "mute" else 1)


def test_sending_after_byte_1_would_print_twice(till: Till) -> None:
    killed_while_sending(till, "late", Fault("mute"))
    till.start()
    till.until("a", JobState.CONFIRMED)
    assert not printed_at_most_once(till, "a")


def test_unprintable_document_fails_and_blocks_nobody(till: Till) -> None:
    till.store.add("a", plain(kind="poster"))
    till.store.add("b", plain(copy_index=1, copied_at="2026-07-30T14:05"))
    till.store.add("c", plain())
    till.start()
    till.until("c", JobState.CONFIRMED)
    assert till.store.state("a") == ("FAILED", "document_invalid")
    assert till.store.state("b") == ("FAILED", "document_invalid"), (
        "a copy that its job does not know"
    )
    assert till.store.attempts("a") == []
    assert len(till.whole_pages()) == 1


def test_missing_picture_is_told_and_printed_without(till: Till) -> None:
    till.store.add("a", plain({"type": "image", "asset": "0" * 64}))
    till.start()
    assert till.until("a", JobState.CONFIRMED).notes == (f"missing_picture {'0' * 64}",)


class FullDisk(JournalSpool):
    """Fails once at each step, as a full disk does."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.failing = {"next_queued", "begin_attempt", "finish"}

    def _once(self, step: str) -> None:
        if step in self.failing:
            self.failing.remove(step)
            raise apsw.FullError(step)

    def next_queued(self, duty: Duty, *, skip: frozenset[str]) -> PrintJob | None:
        self._once("next_queued")
        return super().next_queued(duty, skip=skip)

    def begin_attempt(self, job_uid: str, attempt: Attempt) -> bool:
        self._once("begin_attempt")
        return super().begin_attempt(job_uid, attempt)

    def finish(self, job_uid: str, *, attempt: int, ended: Outcome) -> bool:
        self._once("finish")
        return super().finish(job_uid, attempt=attempt, ended=ended)


def test_fault_of_the_store_neither_loses_nor_repeats(till: Till) -> None:
    till.store.add("a", welcome())
    store = FullDisk(till.folder / "journal.db")
    spool = till.start(store=store)
    till.until("a", JobState.CONFIRMED)
    assert till.faults.qsize() == 3
    assert len(till.whole_pages()) == 1
    spool.stop()
    store.close()


def test_faulty_listener_stops_no_printing(till: Till) -> None:
    def listener(change: JobChange) -> None:
        till.changes.put(change)
        raise RuntimeError(change.state)

    till.store.add("a", plain())
    till.store.add("b", plain())
    till.start(on_change=listener)
    till.until("b", JobState.CONFIRMED)
    assert till.faults.qsize() >= 3


def test_stop_cuts_a_stalled_line_within_two_seconds(till: Till) -> None:
    till.store.add("a", welcome())
    spool = till.start(fault=Fault("stall", 100), stall_ms=60_000)
    till.until("a", JobState.SENDING)
    assert spool.stop()
    assert till.store.state("a") == ("UNKNOWN", "stopped")


def test_a_folder_that_cannot_be_made_waits_like_a_printer_that_is_off(till: Till) -> None:
    till.prints.write_text("somebody's notes")
    till.store.add("a", welcome())
    till.start()
    assert till.until("a", JobState.QUEUED).reason is JobReason.PRINTER_OFFLINE
    till.prints.unlink()
    till.until("a", JobState.CONFIRMED)
    assert len(till.whole_pages()) == 1
    assert till.faults.empty()


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="a folder that takes no file")
def test_a_full_disk_under_the_paper_is_a_doubt_and_ends_no_thread(till: Till) -> None:
    till.prints.symlink_to("/proc")
    till.store.add("a", welcome())
    spool = till.start()
    assert till.until("a", JobState.UNKNOWN).reason is JobReason.PAPER_OUT
    till.prints.unlink()
    till.store.add("b", plain())
    spool.wake()
    till.until("b", JobState.CONFIRMED)
    assert till.faults.empty()


class DeafDevice(SimulatedPrinter):
    """A driver that hangs and does not even let go."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.released = Event()

    def send(self, job: Job, **named: Any) -> Outcome:
        del job, named
        self.released.wait(WAIT_S)
        return Outcome(JobState.UNKNOWN, JobReason.STALLED, 0)

    def close(self) -> None:
        return


def test_stop_does_not_wait_for_a_hanging_driver(till: Till) -> None:
    till.store.add("a", welcome())
    device = DeafDevice(till.prints)
    spool = till.start(device=device)
    till.until("a", JobState.SENDING)
    # It still hangs when this returns.
    assert not spool.stop()
    other = JournalSpool(till.folder / "journal.db")
    assert other.state("a") == ("SENDING", "")
    assert [change.state for change in other.recover(printer="bon")] == [JobState.UNKNOWN]
    other.close()
    device.released.set()


def test_state_table_lets_nothing_print_twice() -> None:
    into_queue = {start for start, end in TRANSITIONS if end is JobState.QUEUED}
    assert into_queue == {None, JobState.HELD, JobState.SENDING, JobState.FAILED}
    assert {end for start, end in TRANSITIONS if start is JobState.SENDING} == {
        JobState.QUEUED,
        JobState.CONFIRMED,
        JobState.ASSUMED,
        JobState.UNKNOWN,
        JobState.FAILED,
    }


def test_spool_loads_no_picture_library_before_the_first_voucher() -> None:
    look = (
        "import sys, printers.spool, printers.sim.printer;"
        "print([m for m in ('PIL', 'qrcode', 'escpos', 'pos_plugin') if m in sys.modules])"
    )
    seen = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert seen.stdout == "[]\n"


def test_an_errand_comes_between_two_jobs_and_its_fault_stops_none(till: Till) -> None:
    seen: Queue[Device] = Queue()

    def fails(device: Device) -> None:
        seen.put(device)
        raise RuntimeError("the page is upside down")

    spool = till.start()
    spool.between_jobs(fails)
    till.store.add("a", welcome())
    spool.wake()
    till.until("a", JobState.CONFIRMED)
    assert isinstance(seen.get(timeout=WAIT_S), SimulatedPrinter)
    assert "upside down" in str(till.faults.get(timeout=WAIT_S))


class ScriptedPrinter(SimulatedPrinter):
    """A simulated printer whose gate, end and late answers are said beforehand."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.gates: list[JobReason] = []
        self.looks = 0
        self.ends: list[Outcome] = []
        self.stalls: list[JobReason] = []
        self.ids: list[str] = []
        self.answers: list[str] = []
        self.paper: Literal["ok", "near_end"] = "ok"

    def ready(self) -> JobReason:
        self.looks += 1
        return self.gates.pop(0) if self.gates else JobReason.NONE

    def send(self, job: Job, *, process_id: str, on_stall: Callable[[JobReason], None]) -> Outcome:
        self.ids.append(process_id)
        for reason in self.stalls:
            on_stall(reason)
        if self.ends:
            return self.ends.pop(0)
        return super().send(job, process_id=process_id, on_stall=on_stall)

    def idle(self) -> PrinterStatus:
        return replace(super().idle(), paper=self.paper)

    def late(self) -> tuple[str, ...]:
        found, self.answers = tuple(self.answers), []
        return found


def test_shut_gate_is_no_attempt_and_tells_everybody_who_waits(till: Till) -> None:
    device = ScriptedPrinter(till.prints)
    device.gates = [JobReason.PAPER_OUT] * 3
    for uid in ("a", "b"):
        till.store.add(uid, plain(subject_uid=uid))
    till.start(device=device)
    for uid in ("a", "b"):
        assert till.until(uid, JobState.QUEUED).reason is JobReason.PAPER_OUT
    till.until("b", JobState.CONFIRMED)
    assert device.looks >= 5
    assert [attempt for attempt, *_ in till.store.attempts("a")] == [1]
    assert till.store.events("print_closed") == [("a", 1, "CONFIRMED"), ("b", 1, "CONFIRMED")]


def test_pause_before_a_shut_gate_doubles_up_to_half_a_minute(till: Till) -> None:
    device = ScriptedPrinter(till.prints)
    till.store.add("a", plain())
    spool = Spool(
        till.store,
        device,
        Pictures(),
        duty=DUTY,
        on_change=till.changes.put,
        on_fault=till.faults.put,
    )
    device.gates = [JobReason.PRINTER_OFFLINE] * 7
    pauses = [spool._work() for _ in range(7)]
    assert pauses == [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]
    assert spool._work() == 0
    device.gates = [JobReason.PRINTER_OFFLINE]
    till.store.add("b", plain())
    assert spool._work() == 1_000, "a good gate begins anew"


def test_printer_that_took_no_byte_is_tried_again_under_a_new_attempt(till: Till) -> None:
    device = ScriptedPrinter(till.prints)
    device.ends = [Outcome(JobState.QUEUED, JobReason.PRINTER_BUSY, 0)]
    till.store.add("a", plain())
    till.start(device=device)
    assert till.until("a", JobState.QUEUED).reason is JobReason.PRINTER_BUSY
    till.until("a", JobState.CONFIRMED)
    assert [(number, end) for number, _, end in till.store.attempts("a")] == [
        (1, "QUEUED"),
        (2, "CONFIRMED"),
    ]
    assert len(set(device.ids)) == 2, "each attempt has its own process id"
    assert till.store.events("print_closed") == [("a", 1, "QUEUED"), ("a", 2, "CONFIRMED")]


def test_late_id_confirms_its_own_attempt_only(till: Till) -> None:
    device = ScriptedPrinter(till.prints)
    device.ends = [Outcome(JobState.UNKNOWN, JobReason.DEADLINE, 0)]
    till.store.add("a", plain())
    spool = till.start(device=device)
    till.until("a", JobState.UNKNOWN)
    device.answers = ["!!!!"]
    till.store.add("b", plain(subject_uid="b"))
    spool.wake()
    till.until("b", JobState.CONFIRMED)
    assert till.store.state("a")[0] == "UNKNOWN"
    device.answers = [device.ids[0]]
    spool.wake()
    till.until("a", JobState.CONFIRMED)
    assert till.store.events("print_closed")[-1] == ("a", 1, "CONFIRMED")


def test_stall_is_told_while_the_job_is_on_the_line(till: Till) -> None:
    device = ScriptedPrinter(till.prints)
    device.stalls = [JobReason.PAPER_OUT, JobReason.NONE]
    till.store.add("a", plain())
    till.start(device=device)
    reasons = [till.until("a", JobState.SENDING).reason for _ in range(3)]
    assert reasons == [JobReason.NONE, JobReason.PAPER_OUT, JobReason.NONE]
    till.until("a", JobState.CONFIRMED)
    assert till.store.events("print_closed") == [("a", 1, "CONFIRMED")]


def test_idle_printer_is_asked_once_in_ten_seconds(till: Till) -> None:
    device = ScriptedPrinter(till.prints)
    device.paper = "near_end"
    heard: Queue[PrinterStatus] = Queue()
    spool = till.start(device=device, on_status=heard.put)
    assert heard.get(timeout=WAIT_S).paper == "near_end"
    for _ in range(3):
        spool.wake()
    assert spool._look() is not None
    assert heard.empty()
