"""Print jobs of a till as a person wants to see them; read-only."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pos_plugin.storage.journal_reader import JournalReader

if TYPE_CHECKING:
    from pathlib import Path

    from printers.ports import Duty

_OPEN: Final = ("QUEUED", "SENDING", "HELD", "UNKNOWN", "FAILED")


class ListedJob(NamedTuple):
    """A print job with its last attempt; what is not known is empty."""

    uid: str
    kind: str
    subject_uid: str
    copy_index: int
    state: str
    reason: str
    created_at: str
    printer: str
    attempts: int
    rung: str
    level: int | None
    ended_at: str


def print_list(data_dir: Path, *, limit: int, is_open: bool) -> list[ListedJob]:
    """Return the newest print jobs, the newest first.

    Args:
        data_dir: of the till; without a journal there are none.
        limit: how many at most.
        is_open: only those that still want paper or an answer.

    Raises:
        StorageError: the journal cannot be read.
    """
    states = json.dumps(_OPEN) if is_open else None
    rows = _rows(
        data_dir,
        "SELECT job.uid, job.kind, job.subject_uid, job.copy_index, job.state, job.reason, "
        "job.created_at, COALESCE(last.printer, ''), COALESCE(last.attempt, 0), "
        "COALESCE(last.rung, ''), last.level, COALESCE(last.ended_at, '') FROM print_job AS job "
        "LEFT JOIN print_attempt AS last ON last.job_uid = job.uid AND last.attempt = "
        "(SELECT MAX(attempt) FROM print_attempt WHERE job_uid = job.uid) "
        "WHERE ?1 IS NULL OR job.state IN (SELECT value FROM json_each(?1)) "
        "ORDER BY job.created_at DESC, job.rowid DESC LIMIT ?2",
        (states, limit),
    )
    return [ListedJob(*row) for row in rows]


def waiting_by_state(data_dir: Path, *, duty: Duty) -> dict[str, int]:
    """Return how many open jobs a printer has, by state.

    Raises:
        StorageError: the journal cannot be read.
    """
    rows = _rows(
        data_dir,
        "SELECT state, printer_role, printer FROM print_job "
        "WHERE state IN (SELECT value FROM json_each(?))",
        (json.dumps(_OPEN),),
    )
    return dict(Counter(state for state, role, moved_to in rows if duty.takes(role, moved_to)))


def _rows(data_dir: Path, query: str, values: tuple[Any, ...]) -> list[Any]:
    journal = JournalReader.open(data_dir)
    if journal is None:
        return []
    with journal, journal.reading() as connection:
        return list(connection.execute(query, values))
