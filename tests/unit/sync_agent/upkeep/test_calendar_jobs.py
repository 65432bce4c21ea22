from __future__ import annotations

import threading

from sync_agent.upkeep.calendar_jobs import CalendarJobs


class WallClock:
    """Goes like the machine's own until somebody sets it."""

    def __init__(self) -> None:
        self.set_by_s = 0.0

    def __call__(self) -> float:
        import time

        return time.monotonic() + self.set_by_s


def test_clock_set_back_an_hour_runs_the_job_again() -> None:
    clock, ran = WallClock(), threading.Event()
    with CalendarJobs(ran.set, clock) as jobs:
        assert not jobs.look_at_the_clock()
        assert not ran.is_set()
        for jump_s in (-3_600, 2 * 86_400):
            ran.clear()
            clock.set_by_s += jump_s
            assert jobs.look_at_the_clock()
            assert ran.wait(30)
            assert not jobs.look_at_the_clock()


def test_clock_that_drifts_a_little_runs_nothing() -> None:
    clock, ran = WallClock(), threading.Event()
    with CalendarJobs(ran.set, clock) as jobs:
        clock.set_by_s += 1.5
        assert not jobs.look_at_the_clock()
        assert not ran.wait(0.1)


def test_nobody_who_looks_at_the_clock_runs_no_job() -> None:
    """Negative control: the scheduler by itself does not notice a clock that was set."""
    clock, ran = WallClock(), threading.Event()
    with CalendarJobs(ran.set, clock):
        clock.set_by_s -= 3_600
        assert not ran.wait(0.5)
