"""What every spool store must do (``printers.ports.SpoolStore``); one factory per store."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from journal_spool import JournalSpool
from printing import plain, training

from pos_plugin.errors import StorageError
from printers.ports import TRANSITIONS, JobReason, JobState

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ATTEMPT = {"printer": "bon", "byte_count": 900, "sha256": "0" * 64, "fragment_max": 72}
STORES = [JournalSpool]
Store = JournalSpool
NOBODY: frozenset[str] = frozenset()


@pytest.fixture(params=STORES)
def store(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Store]:
    store: Store = request.param(tmp_path / "journal.db")
    yield store
    store.close()


def next_uid(store: Store, skip: frozenset[str] = NOBODY) -> str | None:
    job = store.next_queued(printer_role="voucher", skip=skip)
    return job.uid if job else None


def test_oldest_job_of_this_printer_comes_first(store: Store) -> None:
    store.add("b", plain())
    store.add("a", plain())
    assert next_uid(store) == "b"
    assert next_uid(store, frozenset({"b"})) == "a"
    assert next_uid(store, frozenset({"a", "b"})) is None
    assert store.next_queued(printer_role="slip", skip=NOBODY) is None


def test_begun_attempt_is_durable_and_begins_once(store: Store, tmp_path: Path) -> None:
    store.add("a", plain())
    assert store.begin_attempt("a", **ATTEMPT) == 1
    assert store.begin_attempt("a", **ATTEMPT) is None
    assert next_uid(store) is None
    other = type(store)(tmp_path / "journal.db")
    assert other.state("a") == ("SENDING", "")
    other.close()


ENDS = [JobState.CONFIRMED, JobState.ASSUMED, JobState.UNKNOWN, JobState.FAILED]


@pytest.mark.parametrize("state", ENDS)
def test_finishing_again_changes_nothing(store: Store, state: JobState) -> None:
    store.add("a", plain())
    assert store.begin_attempt("a", **ATTEMPT) == 1
    for _ in range(2):
        assert store.finish("a", attempt=1, state=state, reason=JobReason.NONE)
    assert store.state("a") == (state, "")
    assert next_uid(store) is None
    assert store.events("print_closed") == [("a", 1, state)]


def test_attempt_that_somebody_else_ended_stays_ended(store: Store) -> None:
    store.add("a", plain())
    store.begin_attempt("a", **ATTEMPT)
    assert store.finish("a", attempt=1, state=JobState.CONFIRMED, reason=JobReason.NONE)
    assert not store.finish("a", attempt=1, state=JobState.ASSUMED, reason=JobReason.HOST_SILENT)
    assert not store.finish("a", attempt=2, state=JobState.UNKNOWN, reason=JobReason.NONE)
    assert store.state("a") == ("CONFIRMED", "")


def test_job_that_cannot_be_printed_fails_without_an_attempt(store: Store) -> None:
    store.add("a", plain())
    store.fail("a", reason=JobReason.DOCUMENT_INVALID)
    assert store.state("a") == ("FAILED", "document_invalid")
    assert store.attempts("a") == []
    assert next_uid(store) is None
    store.fail("a", reason=JobReason.INTERNAL_FAULT)
    assert store.state("a") == ("FAILED", "document_invalid")
    assert store.events("print_closed") == [("a", 0, "FAILED")]


def test_training_leaves_no_event(store: Store) -> None:
    store.add("a", training())
    store.begin_attempt("a", **ATTEMPT)
    store.finish("a", attempt=1, state=JobState.CONFIRMED, reason=JobReason.NONE)
    assert store.state("a") == ("CONFIRMED", "")
    assert store.events("print_closed") == []


def test_recovery_turns_sending_into_unknown_and_nothing_else(store: Store) -> None:
    for uid in ("sending", "confirmed", "queued"):
        store.add(uid, plain())
    for uid in ("sending", "confirmed"):
        store.begin_attempt(uid, **ATTEMPT)
    store.finish("confirmed", attempt=1, state=JobState.CONFIRMED, reason=JobReason.NONE)
    changed = store.recover(printer_role="voucher")
    assert [(change.job_uid, change.state) for change in changed] == [("sending", JobState.UNKNOWN)]
    assert store.recover(printer_role="voucher") == ()
    assert store.state("sending") == ("UNKNOWN", "process_start")
    assert store.state("confirmed") == ("CONFIRMED", "")
    assert next_uid(store) == "queued"


def test_noted_job_waits_with_its_reason(store: Store) -> None:
    store.add("a", plain())
    store.note("a", reason=JobReason.HOST_AWAY)
    assert store.state("a") == ("QUEUED", "host_away")
    assert next_uid(store) == "a"


@pytest.mark.parametrize("start", list(JobState))
@pytest.mark.parametrize("end", list(JobState))
def test_trigger_refuses_every_other_step(store: Store, start: JobState, end: JobState) -> None:
    store.add("a", plain())
    ways: dict[str, list[str]] = {
        "QUEUED": [],
        "SENDING": ["SENDING"],
        "CONFIRMED_BY_OPERATOR": ["SENDING", "UNKNOWN", "CONFIRMED_BY_OPERATOR"],
        "REPLACED": ["SENDING", "UNKNOWN", "REPLACED"],
        "CANCELLED": ["CANCELLED"],
    }
    for step in ways.get(start, ["SENDING", start]):
        store.move("a", step)
    if (start, end) in TRANSITIONS:
        store.move("a", end)
    elif start is not end:
        with pytest.raises(StorageError, match="not in the state table"):
            store.move("a", end)
