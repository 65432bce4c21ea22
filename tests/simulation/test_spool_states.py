"""Any order of prints, faults, kills, choices and late answers: the spool never lies.

A hypothesis state machine over the real journal and the real spool, step by step in one thread. The
device is a script that knows what really came out; it answers as honest printers do: it confirms
only paper, and says "no byte" only where there was none. What it does between can be anything.
"""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from journal_spool import JournalSpool
from printing import plain

from pos_plugin.notices import Refused
from pos_plugin.storage.print_choices import PrintChoices
from printers.encode import Job
from printers.ports import (
    TRANSITIONS,
    Duty,
    JobReason,
    JobState,
    Outcome,
    PrinterStatus,
)
from printers.spool import Spool

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from printers.document import Document
    from printers.ports import Attempt, JobChange, PrintJob

EXAMPLES = int(os.environ.get("STAMMKUNDE_SOAK_EXAMPLES", "12"))
STEPS = int(os.environ.get("STAMMKUNDE_SOAK_STEPS", "25"))
DUTY = Duty("bon", frozenset({"voucher"}))
WAIT_S = 900

GATES = st.sampled_from([JobReason.NONE] * 4 + [JobReason.PAPER_OUT, JobReason.PRINTER_OFFLINE])
PRINTED = [
    Outcome(JobState.CONFIRMED, JobReason.NONE, 3),
    Outcome(JobState.ASSUMED, JobReason.NONE, 1),
    Outcome(JobState.UNKNOWN, JobReason.DEADLINE, 0),
]
NOT_PRINTED = [
    Outcome(JobState.ASSUMED, JobReason.NONE, 0),
    Outcome(JobState.UNKNOWN, JobReason.STALLED, 0),
    Outcome(JobState.QUEUED, JobReason.PRINTER_BUSY, 0),
]
# Whether paper comes out, and what is said: an outcome, a fault of ours, a kill.
ENDS = st.one_of(
    st.sampled_from([(True, one) for one in PRINTED]),
    st.sampled_from([(False, one) for one in NOT_PRINTED]),
    st.tuples(st.booleans(), st.sampled_from(["fault", "kill"])),
)


class Killed(BaseException):
    """The process is gone."""


class Script:
    """A printer whose paper is a list of process ids."""

    unit = "script"

    def __init__(self) -> None:
        self.gate = JobReason.NONE
        self.end: tuple[bool, Any] = (True, PRINTED[0])
        self.papers: list[str] = []
        self.answers: list[str] = []

    def ready(self) -> JobReason:
        return self.gate

    def send(self, job: Job, *, process_id: str, on_stall: Callable[[JobReason], None]) -> Outcome:
        prints, end = self.end
        if prints:
            self.papers.append(process_id)
        if end == "kill":
            raise Killed
        if end == "fault":
            on_stall(JobReason.PAPER_OUT)
            raise RuntimeError(len(job.data))
        found: Outcome = end
        return found

    def idle(self) -> PrinterStatus:
        return PrinterStatus(
            reachable=True,
            online=True,
            cover="closed",
            paper="ok",
            error=False,
            source="simulator",
            seen_at_s=0.0,
        )

    def late(self) -> tuple[str, ...]:
        found, self.answers = tuple(self.answers), []
        return found

    def close(self) -> None:
        return


class _NoPictures:
    def read(self, sha256: str) -> bytes | None:
        del sha256
        return None


def lay_out(document: Document, pictures: Mapping[str, bytes]) -> Job:
    """Laying out has its own tests; here a document is a few bytes of its own."""
    del pictures
    return Job(document.to_json().encode(), 1, 72, ())


def empty_journal() -> Path:
    """A journal made once; every example begins with a copy."""
    folder = Path(tempfile.mkdtemp(prefix="spool-states-"))
    JournalSpool(folder / "journal.db").close()
    return folder


class SpoolStates(RuleBasedStateMachine):
    """One till, one printer."""

    spool_kind: type[Spool] = Spool
    template: Path

    @initialize()
    def open(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="spool-states-"))
        for path in self.template.glob("journal.db*"):
            shutil.copy(path, self.folder)
        self.store = JournalSpool(self.folder / "journal.db")
        self.printer = Script()
        self.count = 0
        self.start()

    def start(self) -> None:
        """A process begins."""
        self.spool = self.spool_kind(
            self.store,
            self.printer,
            _NoPictures(),
            duty=DUTY,
            on_change=self.hear,
            on_fault=self.fault,
            lay_out=lay_out,
            retry_first_ms=1,
        )
        self.choices = PrintChoices(
            self.store._writer,
            self.store.clock,
            shop="001",
            till="3",
            hold_after_s=lambda _role: WAIT_S,
        )
        self.printer.answers.clear()
        for change in self.store.recover(printer="bon"):
            self.hear(change)

    def hear(self, change: JobChange) -> None:
        # Told behind its commit, never before.
        assert self.states()[change.job_uid][0] == change.state

    def fault(self, error: Exception) -> None:
        if not isinstance(error, RuntimeError):
            raise error

    def teardown(self) -> None:
        self.store.close()
        shutil.rmtree(self.folder)

    @rule(held=st.booleans())
    def voucher_is_issued(self, held: bool) -> None:
        self.count += 1
        uid = f"job{self.count:03}"
        self.store.add(uid, plain(subject_uid=uid), is_held=held)
        assert self.states()[uid] == ("HELD" if held else "QUEUED", 0)

    @rule(gate=GATES, end=ENDS)
    def worker_does_a_step(self, gate: JobReason, end: tuple[bool, Any]) -> None:
        self.printer.gate, self.printer.end = gate, end
        before = self.states()
        try:
            self.spool._step()
        except Killed:
            # Whatever the process had in its memory is gone; the journal is what it is.
            self.compare(before)
            before = self.states()
            self.start()
        self.compare(before)

    @rule()
    def process_is_killed_while_idle(self) -> None:
        self.start()

    @rule()
    def hold_time_passes(self) -> None:
        self.store.clock.advance(seconds=WAIT_S + 1)

    @precondition(lambda self: self.printer.papers)
    @rule(which=st.integers(0, 50))
    def late_answer_comes(self, which: int) -> None:
        papers = self.printer.papers
        self.printer.answers.append(papers[which % len(papers)])

    @precondition(lambda self: self.count)
    @rule(
        which=st.integers(0, 50),
        choice=st.sampled_from(["print_again", "came_out", "reprint", "cancel", "hand_over"]),
    )
    def cashier_chooses(self, which: int, choice: str) -> None:
        uids = sorted(self.states())
        uid = uids[which % len(uids)]
        before = self.states()
        more: dict[str, Any] = {
            "cancel": {"remark": None},
            "hand_over": {"cashier": None},
        }.get(choice, {})
        chosen = getattr(self.choices, choice)(uid, **more)
        if isinstance(chosen, Refused):
            assert self.states() == before
        self.compare(before)

    def states(self) -> dict[str, tuple[str, int]]:
        rows = self.store._rows(
            "SELECT uid, state, (SELECT count(*) FROM print_attempt WHERE job_uid = uid) "
            "FROM print_job WHERE uid <> ?",
            "",
        )
        return {uid: (state, attempts) for uid, state, attempts in rows}

    def compare(self, before: dict[str, tuple[str, int]]) -> None:
        """Hold what changed to the table; a step of the worker takes two of its steps."""
        for uid, (state, attempts) in self.states().items():
            old, old_attempts = before.get(uid, (None, 0))
            if state == old and attempts == old_attempts:
                continue
            way = [None if old is None else JobState(old)]
            if attempts > old_attempts:
                if way[0] is JobState.HELD:
                    raise AssertionError("it was printed without anybody's word")
                way.append(JobState.SENDING)
            if way[-1] is not JobState(state):
                way.append(JobState(state))
            for start, end in itertools.pairwise(way):
                assert (start, end) in TRANSITIONS, (uid, way)

    @invariant()
    def nothing_is_printed_twice_by_itself(self) -> None:
        if not hasattr(self, "store"):
            return
        rows = self.store._rows(
            "SELECT job_uid, process_id, outcome FROM print_attempt WHERE job_uid <> ?", ""
        )
        papers: dict[str, int] = {}
        doubtful: dict[str, int] = {}
        for uid, process_id, outcome in rows:
            papers[uid] = papers.get(uid, 0) + self.printer.papers.count(process_id)
            doubtful[uid] = doubtful.get(uid, 0) + (outcome != "QUEUED")
        assert all(count <= 1 for count in papers.values()), papers
        assert all(count <= 1 for count in doubtful.values()), doubtful

    @invariant()
    def printed_is_only_said_of_paper(self) -> None:
        if not hasattr(self, "store"):
            return
        rows = self.store._rows(
            "SELECT uid, process_id FROM print_job JOIN print_attempt ON job_uid = uid "
            "WHERE state = 'CONFIRMED' AND outcome <> 'QUEUED' AND uid <> ?",
            "",
        )
        for uid, process_id in rows:
            assert process_id in self.printer.papers, uid

    @invariant()
    def no_job_is_lost(self) -> None:
        if hasattr(self, "store"):
            found = self.states()
            assert {f"job{number:03}" for number in range(1, self.count + 1)} <= set(found)

    @invariant()
    def every_end_of_an_attempt_is_an_event(self) -> None:
        if not hasattr(self, "store"):
            return
        ended = self.store._rows(
            "SELECT job_uid, attempt, outcome FROM print_attempt "
            "WHERE outcome IS NOT NULL AND job_uid <> ?",
            "",
        )
        told = self.store.events("print_closed")
        assert all(tuple(one) in told for one in ended)


class RetryingSpool(Spool):
    """Negative control: sends again what ended in doubt."""

    def _send(self, job: PrintJob, encoded: Job, attempt: Attempt) -> int:
        try:
            ended = self._device.send(
                encoded, process_id=attempt.process_id, on_stall=lambda _reason: None
            )
        except RuntimeError:
            return super()._send(job, encoded, attempt)
        if ended.state is JobState.UNKNOWN:
            return super()._send(job, encoded, attempt)
        self._store.finish(job.uid, attempt=attempt.number, ended=ended)
        return 0


class BelievingSpool(Spool):
    """Negative control: takes every late answer for that of the newest doubt."""

    def _confirm_late(self) -> None:
        if self._device.late() and self._in_doubt:
            uid, attempt = self._in_doubt.popitem()[1]
            self._store.confirm_late(uid, attempt=attempt)


def run(kind: type[Spool], *, examples: int, steps: int) -> None:
    template = empty_journal()
    machine = type("Machine", (SpoolStates,), {"spool_kind": kind, "template": template})
    try:
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=examples,
                stateful_step_count=steps,
                deadline=None,
                phases=[Phase.generate, Phase.shrink] if kind is Spool else [Phase.generate],
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        shutil.rmtree(template)


def test_spool_never_lies_in_any_order() -> None:
    run(Spool, examples=EXAMPLES, steps=STEPS)


@pytest.mark.parametrize("kind", [RetryingSpool, BelievingSpool])
def test_machine_finds_a_spool_that_lies(kind: type[Spool]) -> None:
    with pytest.raises(AssertionError):
        run(kind, examples=300, steps=40)
