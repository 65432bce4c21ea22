"""The till's own spool store, with the few questions that the tests of printing ask."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from made_files import have_journal

from pos_plugin.clock import SettableClock
from pos_plugin.folder_lock import FolderLock
from pos_plugin.storage.connect import JOURNAL_NAME, open_journal
from pos_plugin.storage.journal_writer import JournalWriter, NewPrintJob
from pos_plugin.storage.spool_store import JournalSpoolStore

if TYPE_CHECKING:
    from pathlib import Path

    from printers.ports import Attempt, Outcome

MORNING = dt.datetime(2026, 3, 7, 9, 0, tzinfo=dt.UTC)


def _writer(folder: Path) -> JournalWriter:
    """A writer beside others: these tests look at one journal as a next process would."""
    lock = FolderLock(folder / f"{uuid4()}.lock")
    have_journal(folder)
    writer = JournalWriter(open_journal(folder), folder / JOURNAL_NAME, lock)
    with writer.transaction():
        writer.epoch = writer._current_epoch(MORNING)
    return writer


class JournalSpool(JournalSpoolStore):
    """``journal.db`` of a till whose folder is the parent of ``path``."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(exist_ok=True)
        self._writer = _writer(path.parent)
        self._jobs = 0
        self.clock = SettableClock(MORNING)
        super().__init__(self._writer, self.clock, shop="001", till="3")

    def close(self) -> None:
        self._writer.close()

    def add(self, uid: str, document: dict[str, Any], **facts: Any) -> None:
        self._jobs += 1
        facts = {"subject_uid": f"of {uid}", "training": document.get("training", False)} | facts
        with self._writer.transaction():
            self._writer.add_print_job(
                NewPrintJob(uid=uid, document=json.dumps(document), **facts),
                at=MORNING + dt.timedelta(seconds=self._jobs),
            )

    def state(self, uid: str) -> tuple[str, str]:
        return self._rows("SELECT state, reason FROM print_job WHERE uid = ?", uid)[0]

    def is_sending(self) -> bool:
        with self._writer.reading() as connection:
            sending = connection.execute("SELECT 1 FROM print_job WHERE state = 'SENDING'").get
        return sending is not None

    def attempts(self, uid: str) -> list[tuple[Any, ...]]:
        return self._rows(
            "SELECT attempt, sha256, outcome FROM print_attempt WHERE job_uid = ?", uid
        )

    def events(self, kind: str) -> list[tuple[str, int, str]]:
        rows = self._rows("SELECT line FROM event WHERE kind = ? ORDER BY seq", kind)
        bodies = [json.loads(line)["body"] for (line,) in rows]
        return [(body["job"], body["attempt"], body["state"]) for body in bodies]

    def document(self, uid: str) -> str:
        return self._rows("SELECT document FROM print_job WHERE uid = ?", uid)[0][0]

    def move(self, uid: str, state: str) -> None:
        with self._writer.transaction() as connection:
            connection.execute("UPDATE print_job SET state = ? WHERE uid = ?", (state, uid))

    def _rows(self, question: str, uid: str) -> list[Any]:
        with self._writer.reading() as connection:
            return connection.execute(question, (uid,)).fetchall()


class LateJournalSpool(JournalSpool):
    """Negative control: says ``SENDING`` only after the bytes have left."""

    def begin_attempt(self, job_uid: str, attempt: Attempt) -> bool:
        self._late = (job_uid, attempt)
        return True

    def finish(self, job_uid: str, *, attempt: int, ended: Outcome) -> bool:
        super().begin_attempt(*self._late)
        return super().finish(job_uid, attempt=attempt, ended=ended)
