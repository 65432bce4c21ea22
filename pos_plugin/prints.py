"""The printing thread of a till: started when there is something to print, asked how it went."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pos_plugin.notices import Notice, NoticeCode
from pos_plugin.storage import journal_lookup
from pos_plugin.storage.blobs import read_blob

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pos_plugin.clock import Clock
    from pos_plugin.config import Printer
    from pos_plugin.storage.journal_writer import JournalWriter
    from printers.ports import JobChange
    from printers.spool import Spool

ROLE: Final = "voucher"


class _BlobAssets:
    """Pictures in ``blobs/``: the port ``printers.ports.Assets``."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir

    def read(self, sha256: str) -> bytes | None:
        """Return the file with this SHA-256; None if missing or not as named."""
        return read_blob(self._data_dir, sha256)


class Prints:
    """Print jobs of a till with its one printer, or without any.

    Args:
        journal: holds the jobs.
        clock: instants of attempts.
        data_dir: folder of the till.
        printer: from the settings; without one, jobs stay queued.
        on_change: told of every committed change, mostly from the printing thread.
        on_fault: told of exceptions in the printing thread.
    """

    def __init__(
        self,
        journal: JournalWriter,
        clock: Clock,
        data_dir: Path,
        printer: Printer | None,
        *,
        on_change: Callable[[JobChange], None],
        on_fault: Callable[[Exception], None],
    ) -> None:
        self._journal = journal
        self._clock = clock
        self._data_dir = data_dir
        self._printer = printer
        self._on_change = on_change
        self._on_fault = on_fault
        self._spool: Spool | None = None

    def start_if_needed(self) -> None:
        """Start the thread when jobs of the last process are open; else the first job does it."""
        with self._journal.reading() as connection:
            waiting = journal_lookup.has_print_work(connection)
        if waiting:
            self.wake()

    def wake(self) -> None:
        """Say that a job was committed; returns at once."""
        if self._printer is None:
            return
        if self._spool is None:
            self._spool = self._new_spool(self._printer)
            self._spool.start()
        self._spool.wake()

    def stop(self) -> None:
        """End the thread within 2 s; what it was sending becomes ``UNKNOWN`` at the next start."""
        if self._spool is not None:
            self._spool.stop()
            self._spool = None

    def job(self, uid: str) -> dict[str, Any] | None:
        """Return where a job stands, with the pages of its last attempt; None if unknown."""
        with self._journal.reading() as connection:
            found = journal_lookup.print_state(connection, uid)
        if found is None:
            return None
        state, reason, sha256 = found
        return {
            "job": uid,
            "state": state,
            "reason": reason,
            "notice": print_notice(state, reason),
            "pages": self._pages(sha256),
        }

    def open_jobs(self) -> int:
        """Return how many jobs are not on paper for certain."""
        with self._journal.reading() as connection:
            return journal_lookup.count_open_prints(connection)

    def _pages(self, sha256: str | None) -> list[Path]:
        if self._printer is None or sha256 is None:
            return []
        folder = self._data_dir / self._printer.directory
        return sorted(folder.glob(f"*-{sha256[:12]}.png"))

    def _new_spool(self, printer: Printer) -> Spool:
        from pos_plugin.storage.spool_store import JournalSpoolStore
        from printers.sim.printer import SimulatedPrinter
        from printers.spool import Spool

        return Spool(
            JournalSpoolStore(self._journal, self._clock),
            SimulatedPrinter(self._data_dir / printer.directory),
            _BlobAssets(self._data_dir),
            printer=printer.name,
            printer_role=ROLE,
            on_change=self._on_change,
            on_fault=self._on_fault,
        )


def print_notice(state: str, reason: str) -> Notice:
    """Return what the cashier should know of a print job."""
    if state == "QUEUED" and reason:
        return Notice(NoticeCode.PRINT_DOCUMENT_INVALID)
    return Notice(NoticeCode(f"print_{state.lower()}"))
