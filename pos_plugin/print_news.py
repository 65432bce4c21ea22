"""What everybody at the till hears of its printing: notices that come and go, and the printer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from pos_plugin.errors import StorageError
from pos_plugin.print_jobs import notice_about
from pos_plugin.print_listeners import Told

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pos_plugin.config import Printer
    from pos_plugin.print_jobs import PrintJobs
    from pos_plugin.print_listeners import Listeners
    from pos_plugin.print_notices import JobNotice
    from pos_plugin.storage.print_changes import JobRow
    from printers.ports import JobChange

NOTICES_MAX: Final = 50

_PRINTER_STATES: Final[Mapping[str, str]] = {
    "SENDING": "printing",
    "CONFIRMED": "ready",
    "ASSUMED": "ready",
    "UNKNOWN": "in_doubt",
    "FAILED": "failed",
}


class PrintNews:
    """Tells the listeners of every change, and knows what the cashier put off.

    Args:
        jobs: of the till.
        listeners: who is told.
        printer: of the till, if it has one.
        on_change: told of every committed change before the listeners.
        on_fault: told when a job cannot be read.
    """

    def __init__(
        self,
        jobs: PrintJobs,
        listeners: Listeners,
        printer: Printer | None,
        *,
        on_change: Callable[[JobChange], None],
        on_fault: Callable[[Exception], None],
    ) -> None:
        self._jobs = jobs
        self._listeners = listeners
        self._printer = printer
        self._on_change = on_change
        self._on_fault = on_fault
        self._later: set[str] = set()
        self._printer_state = "ready"

    def notices(self) -> list[JobNotice]:
        """Return the open notices, the oldest first; the newest 50 when there are more."""
        notices = [self._notice(job) for job in self._jobs.told(NOTICES_MAX)]
        return [one for one in notices if one.is_open]

    def put_off(self, notice_id: str, uid: str) -> None:
        """Take a question away until the next start: nobody has answered yet."""
        self._later.add(notice_id)
        self.tell_of(uid)

    def printer(self) -> dict[str, Any] | None:
        """Return how the printer stands; None without one."""
        if self._printer is None:
            return None
        return {
            "printer": self._printer.name,
            "transport": self._printer.transport,
            "state": self._printer_state,
        }

    def committed(self, change: JobChange) -> None:
        """Hear of a committed change, on the printing thread."""
        self._on_change(change)
        self.changed(change.job_uid, change.state, change.reason)

    def changed(self, uid: str, state: str, reason: str) -> None:
        """Tell everybody of a job that stands elsewhere now."""
        self._later = {one for one in self._later if not one.startswith(uid)}
        printer_state = _PRINTER_STATES.get(state)
        if state == "QUEUED" and reason == "host_away":
            printer_state = "waiting"
        if printer_state not in (None, self._printer_state):
            self._printer_state = str(printer_state)
            self._listeners.tell(Told("printer", self.printer() or {}))
        self.tell_of(uid)

    def tell_of(self, uid: str) -> None:
        """Tell everybody what is to be known of a job now."""
        try:
            job = self._jobs.find(uid)
        except StorageError as fault:
            self._on_fault(fault)
            return
        if job is not None:
            self._listeners.tell(Told("notice", self._notice(job)))

    def tell_notices(self, on_notice: Callable[[dict[str, Any]], object], language: str) -> None:
        """Tell a function of the host of every notice, as plain values in this language."""

        def listener(told: Told) -> None:
            if told.kind == "notice":
                on_notice(told.to_dict(language))

        self._listeners.add(listener, prints=False)

    def _notice(self, job: JobRow) -> JobNotice:
        found = notice_about(job)
        return replace(found, is_open=found.is_open and found.notice_id not in self._later)
