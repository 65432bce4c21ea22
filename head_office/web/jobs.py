"""Work that runs beside the page, with a progress that can be asked for.

1. A job belongs to who started it; to everybody else it does not exist.
2. Two run at a time, the rest wait, at most three of each owner; the last twenty are remembered,
   in memory only.
3. A job that takes longer than ten minutes is ended.
"""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

# By name: what a preview starts prints and books, which no module of head office may.
WORK: Final = {"lint": "head_office.web.check_work", "replay": "pos_plugin.replay.beside"}
KEPT: Final = 20
AT_ONCE: Final = 2
OF_OWNER: Final = 3
LONGEST_S: Final = 600


class TooMuchWork(Exception):  # noqa: N818 - a state: the page says so
    """Somebody starts more than is finished."""


@dataclass(slots=True)
class Job:
    """One piece of work.

    Args:
        id: that its owner asks with.
        owner: name of who started it.
        order: what it was told.
        done: how far it is.
        most: where the end is; 0 = not known yet.
        result: what came out, None while it runs.
    """

    id: str
    owner: str
    order: dict[str, Any]
    done: int = 0
    most: int = 0
    result: dict[str, Any] | None = None
    is_over: threading.Event = field(default_factory=threading.Event)

    @property
    def percent(self) -> int:
        """How far it is, 0 to 100."""
        return 100 if self.is_over.is_set() else min(99, self.done * 100 // max(self.most, 1))


class Jobs:
    """All jobs of a server."""

    def __init__(self) -> None:
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._turn = threading.Lock()
        self._running = threading.Semaphore(AT_ONCE)
        self._processes: set[subprocess.Popen[str]] = set()
        self._closed = False

    def start(self, owner: str, order: dict[str, Any]) -> Job:
        """Begin a job and return it.

        Args:
            owner: who may ask for it.
            order: its ``work`` names the program of ``WORK``, which reads the rest.

        Raises:
            TooMuchWork: the owner has so much under way that no more is taken.
        """
        job = Job(secrets.token_urlsafe(12), owner, order)
        with self._turn:
            mine = [one for one in self._jobs.values() if one.owner == owner]
            if sum(not one.is_over.is_set() for one in mine) >= OF_OWNER:
                raise TooMuchWork
            self._jobs[job.id] = job
            while len(self._jobs) > KEPT:
                self._jobs.popitem(last=False)
        threading.Thread(target=self._run, args=(job,), daemon=True).start()
        return job

    def find(self, job_id: str, owner: str) -> Job | None:
        """Return a job of its owner."""
        with self._turn:
            job = self._jobs.get(job_id)
        return job if job is not None and job.owner == owner else None

    def close(self) -> None:
        """End whatever runs."""
        with self._turn:
            self._closed = True
            for process in self._processes:
                process.kill()

    def _run(self, job: Job) -> None:
        try:
            with self._running, TemporaryDirectory(prefix="stammkunde-") as name:
                job.result = self._in_folder(job, Path(name))
        finally:
            if job.result is None:
                job.result = {"fault": "the work ended early"}
            job.is_over.set()

    def _in_folder(self, job: Job, folder: Path) -> dict[str, Any] | None:
        order = json.dumps(job.order, ensure_ascii=False)
        (folder / "order.json").write_text(order, encoding="utf-8")
        with self._turn:
            if self._closed:
                return None
            process = subprocess.Popen(  # noqa: S603 - our own module
                [sys.executable, "-m", WORK[job.order["work"]], str(folder)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
            self._processes.add(process)
        limit = threading.Timer(LONGEST_S, process.kill)
        limit.start()
        try:
            with process:
                for line in process.stdout or ():
                    done, _, most = line.partition(" ")
                    job.done, job.most = int(done), int(most)
        finally:
            limit.cancel()
            with self._turn:
                self._processes.discard(process)
        result = folder / "result.json"
        if process.returncode != 0 or not result.is_file():
            return None
        value: dict[str, Any] = json.loads(result.read_text(encoding="utf-8"))
        return value
