"""What everybody at the till hears of its printing: notices that come and go, and the printer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from pos_plugin.errors import StorageError
from pos_plugin.notices import Notice, NoticeCode
from pos_plugin.print_listeners import Told
from pos_plugin.print_notices import WAITS
from pos_plugin.printing.jobs import notice_about

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from pos_plugin.config import Printer, TillConfig
    from pos_plugin.print_listeners import Listeners
    from pos_plugin.print_notices import JobNotice
    from pos_plugin.printing.jobs import PrintJobs
    from pos_plugin.storage.print_changes import JobRow
    from printers.ports import JobChange, PrinterStatus

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
        config: of the till, with its printers.
        on_change: told of every committed change before the listeners.
        on_fault: told when a job cannot be read.
    """

    def __init__(
        self,
        jobs: PrintJobs,
        listeners: Listeners,
        config: TillConfig,
        *,
        on_change: Callable[[JobChange], None],
        on_fault: Callable[[Exception], None],
    ) -> None:
        self._jobs = jobs
        self._listeners = listeners
        self._config = config
        self._on_change = on_change
        self._on_fault = on_fault
        self._later: set[str] = set()
        self._printers = {printer.name: "ready" for printer in config.printer}
        self._low: set[str] = set()

    def notices(self, *, with_put_off: bool) -> list[JobNotice]:
        """Return the open notices, the oldest first; the newest 50 when there are more."""
        put_off = frozenset() if with_put_off else frozenset(self._later)
        notices = [self._notice(job, put_off) for job in self._jobs.told(NOTICES_MAX)]
        return [one for one in notices if one.is_open]

    def is_put_off(self, notice_id: str) -> bool:
        """Say whether the cashier has put a notice off in this process."""
        return notice_id in self._later

    def put_off(self, notice_id: str, uid: str) -> None:
        """Take a question away until the next start: nobody has answered yet."""
        self._later.add(notice_id)
        self.tell_of(uid)

    def ask_again(self, uid: str) -> None:
        """Bring back the question about a job, if it was put off: now it can be answered."""
        still = {one for one in self._later if not one.startswith(uid)}
        if still != self._later:
            self._later = still
            self.tell_of(uid)

    def printers(self) -> list[dict[str, Any]]:
        """Return how each printer stands, in the order of the settings.

        ``notice`` is what it says of itself: that its roll is nearly used up.
        """
        return [self._printer(printer) for printer in self._config.printer]

    def _printer(self, printer: Printer) -> dict[str, Any]:
        is_low = printer.name in self._low
        low = Notice(NoticeCode.PRINT_PAPER_LOW, {"printer": printer.name}) if is_low else None
        return {
            "printer": printer.name,
            "transport": printer.transport,
            "state": self._printers[printer.name],
            "notice": low,
        }

    def status(self, name: str, status: PrinterStatus) -> None:
        """Hear what an idle printer says of itself, on its thread."""
        was_low, is_low = name in self._low, status.paper == "near_end"
        if is_low:
            self._low.add(name)
        else:
            self._low.discard(name)
        if was_low != is_low:
            self._tell_printer(name)

    def _tell_printer(self, name: str) -> None:
        printer = self._config.printer_called(name)
        if printer is not None:
            self._listeners.tell(Told("printer", self._printer(printer)))

    def committed(self, change: JobChange) -> None:
        """Hear of a committed change, on the printing thread."""
        self._on_change(change)
        self.changed(change.job_uid, change.state, change.reason)

    def changed(self, uid: str, state: str, reason: str) -> None:
        """Tell everybody of a job that stands elsewhere now."""
        self._later = {one for one in self._later if not one.startswith(uid)}
        job = self._find(uid)
        if job is None:
            return
        printer = self._jobs.printer_of(job)
        printer_state = _PRINTER_STATES.get(state)
        if reason in WAITS and state in ("QUEUED", "SENDING"):
            printer_state = "waiting"
        if printer is not None and printer_state not in (None, self._printers[printer.name]):
            self._printers[printer.name] = str(printer_state)
            self._tell_printer(printer.name)
        self._listeners.tell(Told("notice", self._notice(job)))

    def tell_of(self, uid: str) -> None:
        """Tell everybody what is to be known of a job now."""
        job = self._find(uid)
        if job is not None:
            self._listeners.tell(Told("notice", self._notice(job)))

    def _find(self, uid: str) -> JobRow | None:
        try:
            return self._jobs.find(uid)
        except StorageError as fault:
            self._on_fault(fault)
            return None

    def tell_notices(self, on_notice: Callable[[dict[str, Any]], object], language: str) -> None:
        """Tell a function of the host of every notice, as plain values in this language."""

        def listener(told: Told) -> None:
            if told.kind == "notice":
                on_notice(told.to_dict(language))

        self._listeners.add(listener, prints=False)

    def _notice(self, job: JobRow, put_off: Collection[str] | None = None) -> JobNotice:
        found = notice_about(job, has_fallback=self._jobs.fallback_of(job) is not None)
        later = self._later if put_off is None else put_off
        return replace(found, is_open=found.is_open and found.notice_id not in later)
