"""T5: a till is killed while it prints at level 3; what lies on the table judges what it says.

``STAMMKUNDE_SPOOL_KILLS`` says how often, 60 by itself, 2 000 in ``make soak``. The printer is the
simulator in a process of its own behind a socket; the seed is printed. What the till believes is
never asked whether it is true: the papers are, dot by dot.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import apsw
import pytest
from l3_till import DOTS, voucher
from printing import dots_of

from printers.document import Document
from printers.render import render

if TYPE_CHECKING:
    from collections.abc import Iterator

SUPPORT = Path(__file__).parents[1] / "support"
KILLS = int(os.environ.get("STAMMKUNDE_SPOOL_KILLS", "60"))
JOBS_A_LIFE = 4
# A life prints its vouchers in about as long; each moment of it is as likely.
LIFE_S_MAX = 1.1
# When a wrong till is killed, counted from its first voucher.
STEPS_S = tuple(0.02 + 0.04 * number for number in range(12))
ROW_BYTES = DOTS // 8


@dataclass
class Audit:
    """What is wrong, in the words of the laws."""

    lost: list[str] = field(default_factory=list)
    printed_twice: list[str] = field(default_factory=list)
    falsely_confirmed: list[str] = field(default_factory=list)
    silently_queued_again: list[str] = field(default_factory=list)
    states: dict[str, int] = field(default_factory=dict)
    doubts_on_paper: int = 0

    @property
    def is_clean(self) -> bool:
        return not (
            self.lost or self.printed_twice or self.falsely_confirmed or self.silently_queued_again
        )


class Shop:
    """A printer that stands there, and a till that dies again and again."""

    def __init__(self, folder: Path, kind: str) -> None:
        self.folder = folder
        self.added: list[str] = []
        self.lives = 0
        self.faults: list[str] = []
        (folder / "till").mkdir(parents=True)
        self.printer = _process("l3_printer.py", str(folder / "paper"))
        port = _line(self.printer)
        self.till = _process("l3_till.py", str(folder / "till"), port, kind)
        assert _line(self.till) == "ready"

    def live(self, *, kill_after_s: float | None, kill_after_jobs: int = 0) -> None:
        """Let the till live once.

        Args:
            kill_after_s: its end; None lets it print everything.
            kill_after_jobs: as many vouchers are queued before the time begins.
        """
        assert self.till.stdin is not None
        self.lives += 1
        count = 0 if kill_after_s is None else JOBS_A_LIFE
        self.till.stdin.write(json.dumps({"life": self.lives, "count": count}) + "\n")
        self.till.stdin.flush()
        pid = int(_line(self.till).removeprefix("pid "))
        if kill_after_s is not None:
            for _ in range(kill_after_jobs):
                self._hear(_line(self.till))
            Event().wait(kill_after_s)
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        while not self._hear(_line(self.till)):
            pass

    def _hear(self, line: str) -> bool:
        """Note what the till says; say whether it was its last word."""
        word, _, rest = line.partition(" ")
        if word == "added":
            self.added.append(rest)
        elif word == "fault":
            self.faults.append(rest)
        return word in ("killed", "ended", "died")

    def audit(self) -> Audit:
        """Compare what the journal says with what lies on the table."""
        journal = apsw.Connection(
            str(self.folder / "till" / "journal.db"), flags=apsw.SQLITE_OPEN_READONLY
        )
        rows = journal.execute("SELECT uid, state FROM print_job").fetchall()
        # Only the worker that lives can say that no byte left, and it says why.
        attempts = journal.execute(
            "SELECT job_uid, count(*) FROM print_attempt "
            "WHERE NOT (outcome IS 'QUEUED' AND ended_at IS NOT NULL AND reason <> '') "
            "GROUP BY job_uid"
        ).fetchall()
        journal.close()
        states = {str(uid): str(state) for uid, state in rows}
        papers = self._papers(list(states))
        audit = Audit()
        for state in states.values():
            audit.states[state] = audit.states.get(state, 0) + 1
        finished = ("CONFIRMED", "UNKNOWN")
        audit.lost = [uid for uid in self.added if states.get(uid) not in finished]
        audit.printed_twice = [uid for uid, count in papers.items() if count > 1]
        for uid, state in states.items():
            if state == "CONFIRMED" and papers[uid] != 1:
                audit.falsely_confirmed.append(uid)
            if state == "UNKNOWN" and papers[uid]:
                audit.doubts_on_paper += 1
        audit.silently_queued_again = [str(uid) for uid, count in attempts if count > 1]
        return audit

    def _papers(self, uids: list[str]) -> dict[str, int]:
        """How often each voucher lies there whole, whatever a kill left hanging above it."""
        wanted: dict[bytes, str] = {}
        heights = set()
        for uid in uids:
            dots = dots_of(render(Document.from_dict(voucher(uid)), {}, dots=DOTS).png())[1]
            wanted[_digest(dots)] = uid
            heights.add(len(dots))
        found = dict.fromkeys(uids, 0)
        for path in sorted((self.folder / "paper").glob("*.png")):
            paper = dots_of(path.read_bytes())[1]
            for size in heights:
                for start in range(0, len(paper) - size + 1, ROW_BYTES):
                    uid = wanted.get(_digest(paper[start : start + size]))
                    if uid is not None:
                        found[uid] += 1
        return found

    def close(self) -> None:
        for process in (self.till, self.printer):
            process.kill()
            process.communicate()


@contextmanager
def shop(folder: Path, kind: str = "honest") -> Iterator[Shop]:
    opened = Shop(folder, kind)
    try:
        yield opened
    finally:
        opened.close()


def _process(name: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(SUPPORT / name), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline().rstrip("\n")
    assert line, "it has ended"
    return line


def _digest(dots: bytes) -> bytes:
    return blake2b(dots, digest_size=16).digest()


def test_till_that_is_killed_while_it_prints_never_lies(tmp_path: Path) -> None:
    seed = random.SystemRandom().getrandbits(32)
    print(f"seed {seed}, {KILLS} kills")  # noqa: T201 - the seed of a failure
    chance = random.Random(seed)  # noqa: S311 - a seeded test
    with shop(tmp_path) as open_shop:
        for _ in range(KILLS):
            open_shop.live(kill_after_s=chance.uniform(0, LIFE_S_MAX))
        open_shop.live(kill_after_s=None)
        audit = open_shop.audit()
        print(f"{len(open_shop.added)} jobs, {audit}")  # noqa: T201 - the figures of the run
    assert open_shop.faults == []
    assert audit.is_clean, audit
    assert audit.states.get("UNKNOWN"), "no kill met a job on the line: it proved nothing"
    assert audit.states.get("CONFIRMED")


@pytest.mark.parametrize(
    ("kind", "law"),
    [
        ("late", "printed_twice"),
        ("hasty", "falsely_confirmed"),
        ("hopeful", "silently_queued_again"),
        ("forgetful", "lost"),
    ],
)
def test_wrong_till_is_found_out(tmp_path: Path, kind: str, law: str) -> None:
    """Negative controls: each breaks one law, and the same audit sees it."""
    with shop(tmp_path, kind) as open_shop:
        # Each round goes from the first job on the line to the last paper; mostly one is enough.
        for first in range(3):
            for step_s in STEPS_S[first::3]:
                open_shop.live(kill_after_s=step_s, kill_after_jobs=1)
            open_shop.live(kill_after_s=None)
            audit = open_shop.audit()
            if getattr(audit, law):
                break
    assert getattr(audit, law), (kind, audit)
