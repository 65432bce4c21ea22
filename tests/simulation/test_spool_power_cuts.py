"""Power fails while a till prints: whatever bytes had left, nothing is queued again in silence.

The cuts fall between any two operations of the disk, and while bytes are on their way to the
printer.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import pytest
from journal_spool import JournalSpool, LateJournalSpool
from power_cut import CUTS, SEED, CutDisk, cut_disk, cutting
from printing import plain

from pos_plugin.errors import StorageError
from pos_plugin.storage.connect import quick_check
from printers.encode import Job
from printers.ports import Duty, JobReason, JobState, Outcome, PrinterStatus
from printers.spool import Spool

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from printers.document import Document
    from printers.ports import JobChange

CUTS_A_RUN = 40
JOBS = 60
# A job is about twenty operations of the disk and the four instants of its bytes.
RATE = 0.04
FRAGMENTS = 4
ENDS = (
    Outcome(JobState.CONFIRMED, JobReason.NONE, 3),
    Outcome(JobState.ASSUMED, JobReason.NONE, 0),
    Outcome(JobState.UNKNOWN, JobReason.STALLED, 0),
)
BEGUN = frozenset({JobState.UNKNOWN, JobState.CONFIRMED, JobState.ASSUMED})


class Known(NamedTuple):
    """What the world outside knew when the power failed."""

    added: frozenset[str]
    left: frozenset[str]
    told: Mapping[str, JobState]


class Line:
    """A printer at the end of a line: power may fail before, between and behind its bytes."""

    unit = "line"

    def __init__(self, disk: CutDisk) -> None:
        self._disk = disk
        self.left: set[str] = set()
        self._ends = 0

    def ready(self) -> JobReason:
        return JobReason.NONE

    def send(self, job: Job, *, process_id: str, on_stall: Callable[[JobReason], None]) -> Outcome:
        del process_id, on_stall
        self._disk.did()
        self.left.add(json.loads(job.data)["subject_uid"])
        for _ in range(FRAGMENTS):
            self._disk.did()
        self._ends += 1
        return ENDS[self._ends % len(ENDS)]

    def idle(self) -> PrinterStatus:
        raise AssertionError("there is always a job")

    def late(self) -> tuple[str, ...]:
        return ()

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


def fail(fault: Exception) -> None:
    raise fault


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("journal")
    JournalSpool(folder / "journal.db").close()
    return folder


def printed_until_the_cuts(
    prepared: Path, folder: Path, *, seed: int, kind: type[JournalSpool]
) -> list[tuple[Path, Known]]:
    """Print; every image comes with what was known at that instant."""
    data = folder / "till"
    data.mkdir(parents=True)
    for path in prepared.glob("journal.db*"):
        shutil.copy(path, data)
    added: set[str] = set()
    told: dict[str, JobState] = {}

    def hear(change: JobChange) -> None:
        told[change.job_uid] = change.state

    with cut_disk(seed) as disk:
        line = Line(disk)
        store = kind(data / "journal.db")

        def known() -> Known:
            return Known(frozenset(added), frozenset(line.left), dict(told))

        spool = Spool(
            store,
            line,
            _NoPictures(),
            duty=Duty("bon", frozenset({"voucher"})),
            on_change=hear,
            on_fault=fail,
            lay_out=lay_out,
        )
        with cutting(disk, folder, known, rate=RATE, cuts_max=CUTS_A_RUN) as images:
            for number in range(JOBS):
                uid = f"job{number:03}"
                store.add(uid, plain(subject_uid=uid))
                added.add(uid)
                spool._step()
        store.close()
    return images


def verdict(image: Path, known: Known) -> str:
    """Say what the cut did: ``sound``, ``lost``, ``requeued``, ``untrue``, ``corrupt``."""
    try:
        store = JournalSpool(image / "journal.db")
    except StorageError:
        return "corrupt"
    try:
        with store._writer.reading() as connection:
            if quick_check(connection) is not None:
                return "corrupt"
            uids = {str(uid) for (uid,) in connection.execute("SELECT uid FROM print_job")}
        if not known.added <= uids:
            return "lost"
        store.recover(printer="bon")
        states = {uid: JobState(store.state(uid)[0]) for uid in uids}
        if any(states[uid] not in BEGUN for uid in known.left):
            return "requeued"
        for uid, state in states.items():
            # What was said before the cut stands; what nobody had ended is a doubt, or not begun.
            ends = [row[2] for row in store.attempts(uid)]
            if uid in known.told and known.told[uid] in BEGUN and state is not known.told[uid]:
                return "untrue"
            if ends not in ([], [state.value]) or (not ends and state is not JobState.QUEUED):
                return "untrue"
    finally:
        store.close()
    return "sound"


def verdicts(
    prepared: Path, folder: Path, cuts: int, kind: type[JournalSpool] = JournalSpool
) -> tuple[Counter[str], int]:
    """Return how the cuts ended, and how many of them met bytes that had left without an end."""
    found: Counter[str] = Counter()
    on_the_line = 0
    seed = SEED
    while found.total() < cuts:
        run = folder / str(seed)
        for image, known in printed_until_the_cuts(prepared, run, seed=seed, kind=kind):
            found[verdict(image, known)] += 1
            on_the_line += any(known.told.get(uid) not in BEGUN for uid in known.left)
        shutil.rmtree(run)
        seed += 1
    print(f"seeds {SEED} to {seed - 1}: {dict(found)}, {on_the_line} on the line")  # noqa: T201
    return found, on_the_line


def test_power_cuts_queue_nothing_again_whose_bytes_have_left(
    prepared: Path, tmp_path: Path
) -> None:
    found, on_the_line = verdicts(prepared, tmp_path, CUTS)
    assert set(found) == {"sound"}, found
    assert on_the_line, "no cut met a job on the line: it proved nothing"


def test_sending_written_behind_the_first_byte_would_be_seen(
    prepared: Path, tmp_path: Path
) -> None:
    """Negative control: ``SENDING`` becomes durable only when the bytes have left."""
    found, _ = verdicts(prepared, tmp_path, 20, LateJournalSpool)
    assert found["requeued"] >= 3, found
