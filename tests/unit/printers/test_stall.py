"""Whose pause it is: the printer's, or that of a till that was busy elsewhere."""

from __future__ import annotations

import pytest

from printers.line import Patience
from printers.ports import JobReason
from printers.stall import Stall, Stalled

PATIENCE = Patience()


class Watch:
    """A clock that stands until it is told to go on."""

    def __init__(self) -> None:
        self.now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


class Counter:
    """A printer that is looked at."""

    def __init__(self) -> None:
        self.watch = Watch()
        self.told: list[JobReason] = []
        self.stall = Stall(PATIENCE, self.told.append, clock=self.watch)

    def after(self, seconds: float, stop: JobReason = JobReason.NONE) -> None:
        """The next look, which finds it standing still."""
        self.watch.now_s += seconds
        self.stall.goes_on(stop)


@pytest.fixture
def counter() -> Counter:
    return Counter()


def test_a_busy_till_is_no_silent_printer(counter: Counter) -> None:
    counter.after(30.0)
    counter.after(0.1)
    counter.stall.over()
    assert not counter.stall.was_silent
    assert counter.told == []


def test_what_nobody_looked_at_was_unwatched(counter: Counter) -> None:
    counter.stall.over()
    counter.watch.now_s += PATIENCE.silent_s / 2
    counter.stall.over()
    assert not counter.stall.was_unwatched
    counter.watch.now_s += PATIENCE.silent_s
    counter.stall.over()
    assert counter.stall.was_unwatched
    counter.stall.over()
    assert counter.stall.was_unwatched


def test_a_printer_seen_standing_without_a_word_was_silent(counter: Counter) -> None:
    counter.after(0.1)
    counter.after(PATIENCE.silent_s)
    counter.stall.over()
    assert counter.stall.was_silent


def test_a_late_word_explains_the_whole_pause(counter: Counter) -> None:
    counter.after(0.1)
    counter.after(2 * PATIENCE.silent_s)
    counter.after(0.1, JobReason.PAPER_OUT)
    counter.stall.over()
    assert not counter.stall.was_silent


def test_silence_after_a_word_is_silence_again(counter: Counter) -> None:
    counter.after(0.1, JobReason.COVER_OPEN)
    counter.after(0.1)
    counter.after(PATIENCE.silent_s)
    counter.stall.over()
    assert counter.stall.was_silent


def test_one_explained_pause_excuses_no_other(counter: Counter) -> None:
    counter.after(0.1)
    counter.after(PATIENCE.silent_s)
    counter.stall.over()
    counter.after(0.1, JobReason.PAPER_OUT)
    counter.stall.over()
    assert counter.stall.was_silent


def test_the_notice_comes_once_and_goes_when_it_goes_on(counter: Counter) -> None:
    counter.after(0.0, JobReason.PAPER_OUT)
    for _ in range(3):
        counter.after(PATIENCE.notice_s, JobReason.PAPER_OUT)
    counter.stall.over()
    counter.stall.over()
    assert counter.told == [JobReason.PAPER_OUT, JobReason.NONE]


def test_it_ends_the_job_only_when_it_was_seen_standing_for_so_long(counter: Counter) -> None:
    counter.after(10 * PATIENCE.stall_s)
    counter.after(PATIENCE.stall_s - 1, JobReason.PAPER_OUT)
    with pytest.raises(Stalled) as stalled:
        counter.after(1.0, JobReason.PAPER_OUT)
    assert stalled.value.reason is JobReason.PAPER_OUT


def test_nobody_waits_for_the_first_byte_of_a_busy_printer(counter: Counter) -> None:
    counter.after(0.0)
    counter.watch.now_s += PATIENCE.first_byte_s
    with pytest.raises(Stalled) as stalled:
        counter.stall.goes_on(JobReason.NONE, is_first_byte=True)
    assert stalled.value.reason is JobReason.PRINTER_BUSY
