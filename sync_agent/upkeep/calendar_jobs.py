"""What the agent does by the calendar: the nightly check of both files, the copies of the journal.

APScheduler 3.x stops for good when the wall clock goes back (issues 351, 752, 1066). So somebody
who counts in monotonic time looks at the clock now and then, and wakes it when the clock was set.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from apscheduler.schedulers.background import BackgroundScheduler

from pos_plugin.clock import SystemClock
from pos_plugin.closing import Closing

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

CHECK_HOUR: Final = 3
CHECK_SPREAD_S: Final = 3_600  # tills of a shop do not all read their disks in the same minute
BACKUP_LOOK_S: Final = 300  # so often it is looked whether a copy is due
JUMP_S: Final = 2.0


class CalendarJobs(Closing):
    """The scheduler, running inside a ``with``.

    Args:
        check_files: the nightly job; must not raise.
        wall_s: tells the wall clock in seconds.
        back_up: takes a copy of the journal when one is due; must not raise.
    """

    def __init__(
        self,
        check_files: Callable[[], None],
        wall_s: Callable[[], float] | None = None,
        *,
        back_up: Callable[[], object] | None = None,
    ) -> None:
        self._wall_s = wall_s or _system_s
        self._drift_s = self._wall_s() - time.monotonic()
        self._scheduler = BackgroundScheduler()
        self._jobs = [
            self._scheduler.add_job(
                check_files,
                "cron",
                hour=CHECK_HOUR,
                jitter=CHECK_SPREAD_S,
                coalesce=True,
                max_instances=1,
                misfire_grace_time=6 * 3_600,
            )
        ]
        if back_up is not None:
            self._backup = self._scheduler.add_job(
                back_up,
                "interval",
                seconds=BACKUP_LOOK_S,
                coalesce=True,
                max_instances=1,
                misfire_grace_time=None,
            )
            self._jobs.append(self._backup)

    def __enter__(self) -> Self:
        self._scheduler.start()
        return self

    def close(self) -> None:
        """Run no more jobs; wait for those under way."""
        self._scheduler.shutdown()

    def look_at_the_clock(self) -> bool:
        """Run the jobs now when the clock was set by more than two seconds; say whether it was."""
        drift_s = self._wall_s() - time.monotonic()
        was_set = abs(drift_s - self._drift_s) > JUMP_S
        if was_set:
            self._drift_s = drift_s
            for job in self._jobs:
                job.modify(next_run_time=SystemClock().now())
            self._scheduler.wakeup()
        return was_set

    def check_now(self) -> None:
        """Look at the files at once; for a till that was cut off."""
        self._jobs[0].modify(next_run_time=SystemClock().now())
        self._scheduler.wakeup()

    def back_up_now(self) -> None:
        """Look at once whether a copy is due; for a till that was just closed."""
        self._backup.modify(next_run_time=SystemClock().now())
        self._scheduler.wakeup()


def _system_s() -> float:
    return SystemClock().now().timestamp()
