"""A spool store on a real SQLite file, small enough to be judged at a glance."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import apsw

from printers.ports import TRANSITIONS, JobChange, JobReason, JobState, PrintJob

if TYPE_CHECKING:
    from pathlib import Path

_STEPS = ", ".join(
    f"('{start}', '{end}')" for start, end in sorted(TRANSITIONS - {(None, JobState.QUEUED)})
)
_SCHEMA = f"""
CREATE TABLE IF NOT EXISTS print_job (
  number INTEGER PRIMARY KEY, uid TEXT UNIQUE NOT NULL, printer_role TEXT NOT NULL,
  document TEXT NOT NULL, copy_index INTEGER NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS print_attempt (
  job_uid TEXT NOT NULL, attempt INTEGER NOT NULL, sha256 TEXT NOT NULL, outcome TEXT,
  PRIMARY KEY (job_uid, attempt)
) STRICT;
CREATE TRIGGER IF NOT EXISTS print_job_step BEFORE UPDATE OF state ON print_job
WHEN old.state <> new.state AND (old.state, new.state) NOT IN (VALUES {_STEPS})
BEGIN SELECT RAISE(ABORT, 'this step is not in the state table'); END;
"""


class SqliteSpoolStore:
    """Implements ``printers.ports.SpoolStore``."""

    def __init__(self, path: Path) -> None:
        self._db = apsw.Connection(str(path))
        self._db.set_busy_timeout(5_000)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.execute(_SCHEMA)

    def close(self) -> None:
        self._db.close()

    def add(self, uid: str, document: dict[str, Any], *, copy_index: int = 0) -> None:
        self._db.execute(
            "INSERT INTO print_job (uid, printer_role, document, copy_index, state, reason)"
            " VALUES (?, 'voucher', ?, ?, 'QUEUED', '')",
            (uid, json.dumps(document), copy_index),
        )

    def state(self, uid: str) -> tuple[str, str]:
        return self._db.execute(
            "SELECT state, reason FROM print_job WHERE uid = ?", (uid,)
        ).fetchone()

    def attempts(self, uid: str) -> list[tuple[int, str, str | None]]:
        return list(
            self._db.execute(
                "SELECT attempt, sha256, outcome FROM print_attempt WHERE job_uid = ?", (uid,)
            )
        )

    def move(self, uid: str, state: str) -> None:
        self._db.execute("UPDATE print_job SET state = ? WHERE uid = ?", (state, uid))

    def recover(self, *, printer_role: str) -> tuple[JobChange, ...]:
        with self._db:
            left = self._db.execute(
                "UPDATE print_job SET state = 'UNKNOWN', reason = 'process_start'"
                " WHERE state = 'SENDING' AND printer_role = ? RETURNING uid",
                (printer_role,),
            ).fetchall()
            for (uid,) in left:
                self._db.execute(
                    "UPDATE print_attempt SET outcome = 'UNKNOWN'"
                    " WHERE job_uid = ? AND outcome IS NULL",
                    (uid,),
                )
        return tuple(
            JobChange(uid, uid, JobState.UNKNOWN, JobReason.PROCESS_START, 1) for (uid,) in left
        )

    def next_queued(self, *, printer_role: str, skip: frozenset[str]) -> PrintJob | None:
        for uid, document, copy_index in self._db.execute(
            "SELECT uid, document, copy_index FROM print_job"
            " WHERE state = 'QUEUED' AND printer_role = ? ORDER BY number",
            (printer_role,),
        ).fetchall():
            if uid not in skip:
                return PrintJob(uid, "voucher", uid, printer_role, document, copy_index)
        return None

    def begin_attempt(
        self, job_uid: str, *, printer: str, byte_count: int, sha256: str, fragment_max: int
    ) -> int | None:
        assert printer
        assert byte_count > fragment_max > 0
        with self._db:
            if self.state(job_uid)[0] != "QUEUED":
                return None
            self.move(job_uid, "SENDING")
            attempt = len(self.attempts(job_uid)) + 1
            self._db.execute(
                "INSERT INTO print_attempt VALUES (?, ?, ?, NULL)", (job_uid, attempt, sha256)
            )
        return attempt

    def finish(self, job_uid: str, *, attempt: int, state: JobState, reason: JobReason) -> None:
        with self._db:
            self._db.execute(
                "UPDATE print_job SET state = ?, reason = ? WHERE uid = ?",
                (state.value, reason.value, job_uid),
            )
            self._db.execute(
                "UPDATE print_attempt SET outcome = ? WHERE job_uid = ? AND attempt = ?",
                (state.value, job_uid, attempt),
            )

    def note(self, job_uid: str, *, reason: JobReason) -> None:
        self._db.execute("UPDATE print_job SET reason = ? WHERE uid = ?", (reason.value, job_uid))


class LateSpoolStore(SqliteSpoolStore):
    """Negative control: says ``SENDING`` only after the bytes have left."""

    def begin_attempt(self, job_uid: str, **attempt: Any) -> int | None:
        self._late = (job_uid, attempt)
        return 1

    def finish(self, job_uid: str, *, attempt: int, state: JobState, reason: JobReason) -> None:
        late_uid, late = self._late
        super().begin_attempt(late_uid, **late)
        super().finish(job_uid, attempt=attempt, state=state, reason=reason)
