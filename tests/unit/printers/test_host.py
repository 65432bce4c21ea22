"""The host prints: a real journal, a simulated host, every way in which it can answer or not."""

from __future__ import annotations

from base64 import b64decode
from functools import partial
from queue import Empty, Queue
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest
from journal_spool import MORNING, JournalSpool
from printing import PICTURES, dots_of, plain, welcome
from waiting import until

from pos_plugin.clock import SettableClock
from pos_plugin.notices import Refused
from pos_plugin.storage.print_choices import PrintChoices
from printers.document import Document
from printers.host import SENDING_MAX, HostPrint, HostSpool, lay_out
from printers.ports import Duty, JobChange, JobReason, JobState
from printers.render import render
from printers.sim.host import HostError, SimulatedHost
from printers.text import render_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from printers.host import Payload
    from printers.ports import Attempt, PrintJob

WAIT_S = 60
FORMATS = ["png", "text", "escpos"]


class Pictures:
    def read(self, sha256: str) -> bytes | None:
        return PICTURES.get(sha256)


class Line:
    """The host at the other end: ``take`` is its driver; without one nobody is there."""

    def __init__(self, take: Callable[[dict[str, Any]], object] | None = None) -> None:
        self.driver = take
        self.told: Queue[HostPrint] = Queue()

    def is_there(self) -> bool:
        return self.driver is not None

    def take(self, effect: HostPrint) -> bool:
        self.told.put(effect)
        assert self.driver is not None
        return bool(self.driver(effect.to_effect()))


class Till:
    def __init__(self, folder: Path) -> None:
        self.store = JournalSpool(folder / "journal.db")
        self.choices = PrintChoices(
            self.store._writer, SettableClock(MORNING), shop="001", till="3"
        )
        self.host = SimulatedHost(folder / "host")
        self.changes: Queue[JobChange] = Queue()
        self.faults: Queue[Exception] = Queue()
        self.spools: list[HostSpool] = []

    def start(self, line: Line, *, kind: type[HostSpool] = HostSpool, **options: Any) -> HostSpool:
        form, dots = options.pop("format", "png"), options.pop("dots", 576)
        spool = kind(
            options.pop("store", self.store),
            line,
            Pictures(),
            duty=Duty("bon", frozenset({"voucher"})),
            lay_out=partial(lay_out, format=form, dots=dots),
            on_change=self.changes.put,
            on_fault=self.faults.put,
            retry_first_ms=1,
            **options,
        )
        self.spools.append(spool)
        spool.start()
        return spool

    def until(self, uid: str, state: JobState) -> JobChange:
        while True:
            change = self.changes.get(timeout=WAIT_S)
            if change.job_uid == uid and change.state is state:
                return change

    def close(self) -> None:
        for spool in self.spools:
            spool.stop()
        self.store.close()


@pytest.fixture
def till(tmp_path: Path) -> Iterator[Till]:
    till = Till(tmp_path)
    yield till
    till.close()


def yes(_effect: dict[str, Any]) -> bool:
    return True


@pytest.mark.parametrize("form", FORMATS)
def test_host_gets_the_page_in_its_own_form(till: Till, form: str) -> None:
    till.store.add("a", welcome())
    till.start(Line(till.host.take), format=form)
    till.until("a", JobState.SENDING)
    until(till.host.papers, within_s=WAIT_S, what="the paper")
    (paper,) = till.host.papers()
    document = Document.from_dict(welcome())
    if form == "text":
        assert paper.read_text("utf-8") == render_text(document, columns=48).text()
    else:
        wanted = render(document, PICTURES)
        assert dots_of(paper.read_bytes()) == dots_of(wanted.png())
    assert till.store.state("a") == ("SENDING", ""), "nobody has reported it"


@pytest.mark.parametrize(("dots", "columns"), [(384, 32), (512, 42), (576, 48)])
def test_page_is_as_wide_as_the_paper_of_the_host(till: Till, dots: int, columns: int) -> None:
    till.store.add("a", plain())
    line = Line(yes)
    drawing = till.start(line, dots=dots)
    effect = line.told.get(timeout=WAIT_S).to_effect()
    assert dots_of(b64decode(effect["png"]))[0][0] == dots
    drawing.stop()  # or it may take the next job, too
    till.store.add("b", plain())
    other = Line(yes)
    till.start(other, dots=dots, format="text")
    lines = other.told.get(timeout=WAIT_S).to_effect()["text"].splitlines()
    assert max(map(len, lines)) <= columns


def test_effect_says_what_the_host_must_know(till: Till) -> None:
    till.store.add("a", plain())
    line = Line(yes)
    till.start(line)
    effect = line.told.get(timeout=WAIT_S).to_effect()
    del effect["png"]
    assert effect == {
        "effect_id": "print:a",
        "kind": "print",
        "job": "a",
        "attempt": 1,
        "document": "voucher",
        "printer_role": "voucher",
        "copy_index": 0,
        "format": "png",
        "codes": [{"symbology": "qr", "content": "SK7F2K9QXM4T", "readable": "SK7F-2K9Q-XM4T"}],
    }


def test_sending_is_durable_before_the_host_hears(till: Till, tmp_path: Path) -> None:
    seen: list[tuple[str, str]] = []

    def look(_effect: dict[str, Any]) -> bool:
        other = JournalSpool(tmp_path / "journal.db")
        seen.append(other.state("a"))
        other.close()
        return True

    till.store.add("a", plain())
    line = Line(look)
    till.start(line)
    line.told.get(timeout=WAIT_S)
    until(lambda: seen, within_s=WAIT_S, what="the host")
    assert seen == [("SENDING", "")]


class HastyHostSpool(HostSpool):
    """Negative control: tells the host first and writes it down afterwards."""

    def _begin(self, job: PrintJob, payload: Payload) -> HostPrint | None:
        self._line.take(HostPrint(job, 1, payload))
        return super()._begin(job, payload)


def test_telling_before_writing_is_seen(till: Till, tmp_path: Path) -> None:
    seen: list[tuple[str, str]] = []

    def look(_effect: dict[str, Any]) -> bool:
        other = JournalSpool(tmp_path / "journal.db")
        seen.append(other.state("a"))
        other.close()
        return True

    till.store.add("a", plain())
    till.start(Line(look), kind=HastyHostSpool)
    until(lambda: seen, within_s=WAIT_S, what="the host")
    assert seen[0] == ("QUEUED", "")


def test_with_nobody_there_it_stays_queued(till: Till) -> None:
    till.store.add("a", plain())
    line = Line()
    spool = till.start(line)
    assert till.until("a", JobState.QUEUED).reason is JobReason.HOST_AWAY
    assert till.store.state("a") == ("QUEUED", "host_away")
    line.driver = till.host.take
    spool.wake()
    till.until("a", JobState.SENDING)
    assert till.store.attempts("a")[0][0] == 1


def test_whoever_asked_fetches_it_without_listening(till: Till) -> None:
    spool = till.start(Line())
    till.store.add("a", plain())
    spool.ask("a")
    effect = spool.effect("a", wait_ms=WAIT_S * 1_000)
    assert effect is not None
    assert (effect.job.uid, effect.attempt) == ("a", 1)
    assert spool.effect("a") is effect
    assert spool.effects() == [effect]
    assert spool.effect("b") is None


def test_whoever_asks_while_it_is_found_that_nobody_is_there_gets_it(till: Till) -> None:
    class AskedMeanwhile(Line):
        def is_there(self) -> bool:
            if not asked.is_set():
                asked.set()
                till.spools[0].ask("a")
            return False

    asked = Event()
    till.store.add("a", plain())
    spool = till.start(AskedMeanwhile())
    assert spool.effect("a", wait_ms=WAIT_S * 1_000) is not None


@pytest.mark.parametrize(
    ("went_out", "state"), [(True, JobState.ASSUMED), (False, JobState.UNKNOWN)]
)
def test_silence_is_assumed_only_when_it_went_out_whole(
    till: Till, went_out: bool, state: JobState
) -> None:
    till.store.add("a", plain())
    till.start(Line(lambda _effect: went_out), report_within_s=1)
    assert till.until("a", state).reason is JobReason.HOST_SILENT
    assert till.store.state("a") == (state, "host_silent")
    assert len(till.store.attempts("a")) == 1, "nothing is repeated by itself"


def test_host_that_never_reports_is_believed_as_far_as_that_goes(till: Till) -> None:
    till.store.add("a", plain())
    till.start(Line(till.host.take), report_within_s=0)
    till.until("a", JobState.ASSUMED)


def test_fault_of_the_host_is_a_doubt(till: Till) -> None:
    def fails(_effect: dict[str, Any]) -> bool:
        raise OSError("no such printer")

    till.store.add("a", plain())
    till.start(Line(fails))
    assert till.until("a", JobState.UNKNOWN).reason is JobReason.HOST_FAULT
    assert isinstance(till.faults.get(timeout=WAIT_S), OSError)


def test_what_cannot_be_laid_out_fails_before_the_host_hears(till: Till) -> None:
    till.store.add("a", plain(kind="poster"))
    till.store.add("b", plain())
    line = Line(yes)
    till.start(line)
    till.until("a", JobState.FAILED)
    assert line.told.get(timeout=WAIT_S).job.uid == "b"
    assert till.store.attempts("a") == []


def test_only_so_many_wait_for_their_report(till: Till) -> None:
    for number in range(SENDING_MAX + 1):
        till.store.add(f"job{number:02}", plain(subject_uid=f"v{number}"))
    line = Line(yes)
    spool = till.start(line)
    for number in range(SENDING_MAX):
        assert line.told.get(timeout=WAIT_S).job.uid == f"job{number:02}"
    with pytest.raises(Empty):
        line.told.get(timeout=0.2)
    till.choices.report("job00", attempt=1, result="printed")
    spool.settled("job00")
    assert line.told.get(timeout=WAIT_S).job.uid == f"job{SENDING_MAX:02}"


def test_next_start_doubts_what_was_not_reported(till: Till) -> None:
    till.store.add("a", plain())
    first = till.start(Line(yes))
    till.until("a", JobState.SENDING)
    assert first.stop()
    assert till.store.state("a") == ("SENDING", "")
    line = Line(yes)
    till.start(line)
    assert till.until("a", JobState.UNKNOWN).reason is JobReason.PROCESS_START
    with pytest.raises(Empty):
        line.told.get(timeout=0.2)
    late = till.choices.report("a", attempt=1, result="printed")
    assert not isinstance(late, Refused)
    assert till.store.state("a") == ("CONFIRMED", "")


class RepeatingHostSpool(HostSpool):
    """Negative control: silence makes a new attempt."""

    def _end(self, effect: HostPrint, state: JobState, reason: JobReason) -> None:
        if effect.attempt == 1:
            self._line.take(HostPrint(effect.job, 2, effect.payload))
        super()._end(effect, state, reason)


def papers_of(till: Till, uid: str) -> int:
    return sum(paper.name.startswith(uid) for paper in till.host.papers())


def test_repeating_with_a_new_attempt_would_print_twice(till: Till) -> None:
    till.store.add("a", plain())
    till.start(Line(till.host.take), report_within_s=1, kind=RepeatingHostSpool)
    till.until("a", JobState.ASSUMED)
    assert papers_of(till, "a") == 2


def test_same_pair_is_printed_once_however_often_it_is_told(till: Till) -> None:
    till.store.add("a", plain())
    line = Line(till.host.take)
    till.start(line)
    effect = line.told.get(timeout=WAIT_S).to_effect()
    until(lambda: papers_of(till, "a"), within_s=WAIT_S, what="the paper")
    assert [till.host.take(effect) for _ in range(3)] == ["printed"] * 3
    assert papers_of(till, "a") == 1


def test_host_that_cannot_know_says_so(till: Till, tmp_path: Path) -> None:
    till.store.add("a", plain())
    line = Line(yes)
    till.start(line)
    effect = line.told.get(timeout=WAIT_S).to_effect()

    class PowerCut(Exception):  # noqa: N818
        pass

    def die() -> None:
        raise PowerCut

    for step in ("before_paper", "after_paper"):
        dying = SimulatedHost(tmp_path / step, dies_at=step, die=die)
        with pytest.raises(PowerCut):
            dying.take(effect)
        reborn = SimulatedHost(tmp_path / step)
        assert reborn.take(effect) == "unknown"
        assert len(reborn.papers()) == (step == "after_paper")


@pytest.mark.parametrize(
    "effect",
    [
        {"kind": "message"},
        {"kind": "print", "job": "a", "attempt": 1, "format": "pdf"},
        {"kind": "print", "job": "a", "attempt": 1, "format": "escpos", "escpos": "G3A="},
    ],
)
def test_simulated_host_refuses_what_no_driver_takes(till: Till, effect: dict[str, Any]) -> None:
    with pytest.raises(HostError):
        till.host.take(effect)


def test_fault_of_the_store_loses_nothing(till: Till) -> None:
    broken = Event()

    class Full(JournalSpool):
        def begin_attempt(self, job_uid: str, attempt: Attempt) -> bool:
            if not broken.is_set():
                broken.set()
                raise OSError("disk full")
            return super().begin_attempt(job_uid, attempt)

    till.store.add("a", plain())
    till.store.__class__ = Full
    line = Line(till.host.take)
    till.start(line)
    assert line.told.get(timeout=WAIT_S).attempt == 1
    assert till.faults.qsize() == 1
