"""What every spool store must do (``printers.ports.SpoolStore``); one factory per store."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
from journal_spool import MORNING, JournalSpool
from printing import plain, training

from pos_plugin.errors import StorageError
from printers.ports import TRANSITIONS, Attempt, Duty, JobReason, JobState, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

VOUCHERS = Duty("bon", frozenset({"voucher"}))


def attempt(number: int = 1, printer: str = "bon") -> Attempt:
    return Attempt(
        number=number,
        printer=printer,
        unit="tm-20",
        byte_count=900,
        sha256="0" * 64,
        fragment_max=72,
        seconds=8,
        process_id="!a9z",
    )


STORES = [JournalSpool]
Store = JournalSpool
NOBODY: frozenset[str] = frozenset()


@pytest.fixture(params=STORES)
def store(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Store]:
    store: Store = request.param(tmp_path / "journal.db")
    yield store
    store.close()


def next_uid(store: Store, skip: frozenset[str] = NOBODY) -> str | None:
    job = store.next_queued(VOUCHERS, skip=skip)
    return job.uid if job else None


def test_oldest_job_of_this_printer_comes_first(store: Store) -> None:
    store.add("b", plain())
    store.add("a", plain())
    assert next_uid(store) == "b"
    assert next_uid(store, frozenset({"b"})) == "a"
    assert next_uid(store, frozenset({"a", "b"})) is None
    assert store.next_queued(Duty("a4", frozenset({"slip"})), skip=NOBODY) is None


def test_begun_attempt_is_durable_and_begins_once(store: Store, tmp_path: Path) -> None:
    store.add("a", plain())
    assert store.begin_attempt("a", attempt())
    assert not store.begin_attempt("a", attempt())
    assert not store.begin_attempt("a", attempt(2))
    assert next_uid(store) is None
    other = type(store)(tmp_path / "journal.db")
    assert other.state("a") == ("SENDING", "")
    other.close()


NOTHING_LEFT = Outcome(JobState.QUEUED, JobReason.PRINTER_OFFLINE, 0)
PRINTED = Outcome(JobState.CONFIRMED, JobReason.NONE, 3)
ENDS = [JobState.CONFIRMED, JobState.ASSUMED, JobState.UNKNOWN, JobState.FAILED]


@pytest.mark.parametrize("state", ENDS)
def test_finishing_again_changes_nothing(store: Store, state: JobState) -> None:
    store.add("a", plain())
    assert store.begin_attempt("a", attempt())
    for _ in range(2):
        assert store.finish("a", attempt=1, ended=Outcome(state, JobReason.NONE, 2))
    assert store.state("a") == (state, "")
    assert next_uid(store) is None
    assert store.events("print_closed") == [("a", 1, state)]


def test_attempt_that_somebody_else_ended_stays_ended(store: Store) -> None:
    store.add("a", plain())
    store.begin_attempt("a", attempt())
    assert store.finish("a", attempt=1, ended=PRINTED)
    silent = Outcome(JobState.ASSUMED, JobReason.HOST_SILENT, 0)
    assert not store.finish("a", attempt=1, ended=silent)
    assert not store.finish("a", attempt=2, ended=silent)
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
    store.begin_attempt("a", attempt())
    store.finish("a", attempt=1, ended=PRINTED)
    assert store.state("a") == ("CONFIRMED", "")
    assert store.events("print_closed") == []


def test_recovery_turns_sending_into_unknown_and_nothing_else(store: Store) -> None:
    for uid in ("sending", "confirmed", "queued"):
        store.add(uid, plain())
    for uid in ("sending", "confirmed"):
        store.begin_attempt(uid, attempt())
    store.finish("confirmed", attempt=1, ended=PRINTED)
    assert store.recover(printer="a4") == ()
    changed = store.recover(printer="bon")
    assert [(change.job_uid, change.state) for change in changed] == [("sending", JobState.UNKNOWN)]
    assert store.recover(printer="bon") == ()
    assert store.state("sending") == ("UNKNOWN", "process_start")
    assert store.state("confirmed") == ("CONFIRMED", "")
    assert next_uid(store) == "queued"


def test_noted_job_waits_with_its_reason(store: Store) -> None:
    store.add("a", plain())
    store.note("a", reason=JobReason.HOST_AWAY)
    assert store.state("a") == ("QUEUED", "host_away")
    assert next_uid(store) == "a"


WAYS: dict[str, list[str]] = {
    "QUEUED": [],
    "HELD": ["HELD"],
    "SENDING": ["SENDING"],
    "CONFIRMED_BY_OPERATOR": ["SENDING", "UNKNOWN", "CONFIRMED_BY_OPERATOR"],
    "REPLACED": ["SENDING", "UNKNOWN", "REPLACED"],
    "CANCELLED": ["CANCELLED"],
}


def takes(store: Store, uid: str, state: str) -> bool:
    try:
        store.move(uid, state)
    except StorageError as refusal:
        assert "not in the state table" in str(refusal)  # noqa: PT017 - one of hundred
        return False
    return True


def test_trigger_takes_the_steps_of_the_table_and_no_other(store: Store) -> None:
    found = set()
    for start in JobState:
        for end in set(JobState) - {start}:
            uid = f"{start} {end}"
            store.add(uid, plain())
            # The other trigger has its own test: an attempt that says that no byte left.
            store.begin_attempt(uid, attempt())
            store.finish(uid, attempt=1, ended=NOTHING_LEFT)
            for step in WAYS.get(start, ["SENDING", start]):
                store.move(uid, step)
            if takes(store, uid, end):
                found.add((start, end))
    assert found == {step for step in TRANSITIONS if step[0] is not None}


def test_job_starts_queued_or_held(store: Store) -> None:
    starts = {end for start, end in TRANSITIONS if start is None}
    store.add("a", plain())
    store.add("b", plain(), is_held=True)
    assert {store.state("a")[0], store.state("b")[0]} == starts
    assert store.state("b") == ("HELD", "after_ack")
    copy = "INSERT INTO print_job (uid, kind, subject_uid, printer_role, document, copy_index, "
    copy += "state, reason, created_at) SELECT 'c', kind, 'of c', printer_role, document, 0, ?, "
    copy += "'', created_at FROM print_job WHERE uid = 'a'"
    for state in set(JobState) - starts:
        with (
            pytest.raises(StorageError, match="starts as QUEUED or HELD"),
            store._writer.transaction() as connection,
        ):
            connection.execute(copy, (state.value,))


def test_sending_goes_back_only_where_its_attempt_says_that_no_byte_left(store: Store) -> None:
    for uid, ended in (("a", NOTHING_LEFT), ("b", None)):
        store.add(uid, plain())
        assert store.begin_attempt(uid, attempt())
        if ended is not None:
            assert store.finish(uid, attempt=1, ended=ended)
    assert store.state("a") == ("QUEUED", "printer_offline")
    assert store.begin_attempt("a", attempt(2))
    for uid in ("a", "b"):
        with pytest.raises(StorageError, match="does not say that no byte left"):
            store.move(uid, "QUEUED")
    assert store.events("print_closed") == [("a", 1, "QUEUED")]


def test_attempt_keeps_what_was_known_of_it(store: Store) -> None:
    store.add("a", plain())
    store.begin_attempt("a", attempt())
    store.finish("a", attempt=1, ended=PRINTED)
    question = "SELECT printer, unit, encoder, rung, seconds, process_id, level, outcome "
    question += "FROM print_attempt WHERE job_uid = ?"
    assert store._rows(question, "a") == [
        ("bon", "tm-20", "raster", "", 8, "!a9z", 3, "CONFIRMED"),
    ]


def test_job_goes_to_the_printer_of_its_role_or_where_it_was_moved(store: Store) -> None:
    bon = Duty("bon", frozenset({"voucher", "statement"}), frozenset({"a4"}))
    a4 = Duty("a4", frozenset({"slip"}), frozenset({"bon"}))
    store.add("a", plain())
    store.add("b", plain(), printer_role="slip")

    def first(duty: Duty) -> str | None:
        job = store.next_queued(duty, skip=NOBODY)
        return None if job is None else job.uid

    assert (first(bon), first(a4)) == ("a", "b")
    with store._writer.transaction() as connection:
        connection.execute("UPDATE print_job SET printer = 'a4' WHERE uid = 'a'")
        connection.execute("UPDATE print_job SET printer = 'sold' WHERE uid = 'b'")
    assert (first(bon), first(a4)) == (None, "a")
    assert store.next_queued(a4, skip=frozenset({"a"})) is not None, "its printer is gone"


def test_reason_is_new_to_those_it_is_new_to(store: Store) -> None:
    for uid in ("a", "b"):
        store.add(uid, plain())
    store.note("a", reason=JobReason.PAPER_OUT)
    told = store.note_all(VOUCHERS, reason=JobReason.PAPER_OUT)
    assert [(one.job_uid, one.reason) for one in told] == [("b", JobReason.PAPER_OUT)]
    told = store.note_all(VOUCHERS, reason=JobReason.NONE)
    assert [one.job_uid for one in told] == ["a", "b"]
    assert store.state("a") == ("QUEUED", "")


def test_what_nobody_waits_for_is_held(store: Store) -> None:
    store.add("a", plain(), hold_after_at=MORNING + dt.timedelta(seconds=900))
    store.add("b", plain())
    assert store.settle() == ()
    store.clock.advance(seconds=900)
    told = store.settle()
    assert [(one.job_uid, one.state) for one in told] == [("a", JobState.HELD)]
    assert store.state("a") == ("HELD", "too_late")
    assert next_uid(store) == "b"
    assert store.settle() == ()
    assert store.events("print_closed") == []


def test_late_id_counts_for_the_attempt_it_names(store: Store) -> None:
    store.add("a", plain())
    store.begin_attempt("a", attempt())
    assert store.confirm_late("a", attempt=1) is None, "it is no late one"
    doubt = Outcome(JobState.UNKNOWN, JobReason.DEADLINE, 0)
    store.finish("a", attempt=1, ended=doubt)
    assert store.confirm_late("a", attempt=2) is None
    change = store.confirm_late("a", attempt=1)
    assert change is not None
    assert store.state("a") == ("CONFIRMED", "")
    assert store.confirm_late("a", attempt=1) is None
    assert store.events("print_closed") == [("a", 1, "UNKNOWN"), ("a", 1, "CONFIRMED")]


@pytest.mark.parametrize("state", ["CANCELLED", "REPLACED", "CONFIRMED_BY_OPERATOR"])
def test_late_id_comes_too_late_once_somebody_answered(store: Store, state: str) -> None:
    store.add("a", plain())
    store.begin_attempt("a", attempt())
    store.finish("a", attempt=1, ended=Outcome(JobState.UNKNOWN, JobReason.DEADLINE, 0))
    store.move("a", state)
    assert store.confirm_late("a", attempt=1) is None
    assert store.state("a")[0] == state
