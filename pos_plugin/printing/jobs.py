"""The print jobs of a till as everybody sees them: plain values, notices, pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pos_plugin.loyalty.voucher_document import whose
from pos_plugin.print_notices import CHOICES, JobNotice, print_notice
from pos_plugin.storage import journal_lookup, print_changes, print_documents
from pos_plugin.storage.blobs import BlobAssets
from pos_plugin.storage.print_strips import named
from printers.ports import JobState

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from pos_plugin.config import Printer, TillConfig
    from pos_plugin.notices import Notice
    from pos_plugin.storage.journal_writer import JournalWriter
    from pos_plugin.storage.print_changes import JobRow


class PrintJobs:
    """Reads the jobs of a till; raises ``StorageError`` where the journal cannot be read.

    Args:
        journal: holds the jobs.
        config: of the till, with its printers.
    """

    def __init__(self, journal: JournalWriter, config: TillConfig) -> None:
        self._journal = journal
        self._config = config

    def find(self, uid: str) -> JobRow | None:
        """Return a job; None if unknown."""
        with self._journal.reading() as connection:
            return print_changes.find_job(connection, uid)

    def has_work(self) -> bool:
        """Say whether jobs wait, or were being sent when the last process ended."""
        with self._journal.reading() as connection:
            return journal_lookup.has_print_work(connection)

    def held_for(self, customers: Iterable[str]) -> list[JobRow]:
        """Return the jobs of a customer that are held, in the order in which they were queued.

        Args:
            customers: every id of hers.
        """
        with self._journal.reading() as connection:
            return print_changes.jobs_of(connection, customers, JobState.HELD)

    def unfinished(self) -> list[dict[str, Any]]:
        """Return the jobs that are not on paper for certain and not given up, the oldest first."""
        with self._journal.reading() as connection:
            found = print_changes.unfinished_jobs(connection)
        return [self.plain(job) for job in found]

    def told(self, limit: int) -> list[JobRow]:
        """Return the newest jobs about which something may be left to do, the oldest first."""
        with self._journal.reading() as connection:
            return print_changes.told_jobs(connection, limit)

    def plain(self, job: JobRow) -> dict[str, Any]:
        """Return a job as plain values, with its notice."""
        return {
            "job": job.uid,
            "state": job.state.value,
            "reason": job.reason.value,
            "attempt": job.attempt,
            "copy_index": job.copy_index,
            "subject": job.subject_uid,
            "printer": job.printer if job.printer is not None else job.moved_to,
            "handed_over_at": job.handed_over_at,
            "replaced_by": job.replaced_by,
            "notice": said_of(job),
            "pages": self._paths(job),
            "page_count": self._page_count(job),
        }

    def printer_of(self, job: JobRow) -> Printer | None:
        """Return the printer of a job: where it was sent, where it was moved, else of its role."""
        config = self._config
        if job.state is not JobState.QUEUED:
            sent = config.printer_called(job.printer)
            if sent is not None:
                return sent
        return config.printer_called(job.moved_to) or config.printer_for(job.printer_role)

    def fallback_of(self, job: JobRow) -> str | None:
        """Return the printer that may take a job over; None if there is none."""
        printer = self.printer_of(job)
        return None if printer is None else printer.fallback

    def forget_erased(self) -> None:
        """Delete the simulator's pictures of everything that was printed for erased customers."""
        with self._journal.reading() as connection:
            sent = print_documents.pages_of_erased(connection)
        for name, sha256 in sent:
            printer = self._config.printer_called(name)
            if printer is not None and printer.transport == "simulator":
                for path in self._pictures(printer, sha256, torn=True):
                    path.unlink(missing_ok=True)

    def pages(self, uid: str) -> list[bytes]:
        """Return the pages of a job as PNG, as they lie or should lie on paper."""
        job = self.find(uid)
        if job is None or job.sha256 is None:
            return []
        printer = self._config.printer_called(job.printer)
        if printer is None:
            return []
        if printer.transport == "simulator":
            return [path.read_bytes() for path in self._paths(job)]
        from printers.document import Document
        from printers.errors import DocumentInvalid
        from printers.render import render

        assets = BlobAssets(self._config.data_dir)
        try:
            document = Document.from_json(job.printed)
            found = {name: assets.read(name) for name in document.assets()}
            pictures = {name: file for name, file in found.items() if file is not None}
            return [render(document, pictures, dots=printer.dots).png()]
        except DocumentInvalid:
            return []

    def _page_count(self, job: JobRow) -> int:
        printer = self._config.printer_called(job.printer)
        if printer is None or job.sha256 is None:
            return 0
        if printer.transport == "simulator":
            return len(self._paths(job))
        return int(bool(job.document))

    def _paths(self, job: JobRow) -> list[Path]:
        printer = self._config.printer_called(job.printer)
        if printer is None or printer.transport != "simulator" or job.sha256 is None:
            return []
        return self._pictures(printer, job.sha256)

    def _pictures(self, printer: Printer, sha256: str, *, torn: bool = False) -> list[Path]:
        folder = self._config.data_dir / printer.directory
        ending = "*" if torn else ""
        return sorted(folder.glob(f"*-{sha256[:12]}{ending}.png"))


def notice_about(job: JobRow, *, has_fallback: bool = False) -> JobNotice:
    """Return what the cashier should know of a job, and whose paper it is.

    Args:
        job: as it is stored.
        has_fallback: another printer may take it over.
    """
    notice = said_of(job)
    holder, code_end = whose(job.standing)
    return JobNotice(
        job.uid,
        job.state.value,
        notice,
        job.subject_uid,
        job.copy_index,
        is_open=notice.code in CHOICES and not job.is_used and job.handed_over_at is None,
        has_fallback=has_fallback,
        holder=holder,
        code_end=code_end,
    )


def said_of(job: JobRow) -> Notice:
    """Return the sentence about a job."""
    return print_notice(
        job.state,
        job.reason,
        paper=job.kind,
        seconds=job.seconds,
        handed_over=job.handed_over_at is not None,
        is_void=job.is_void,
        is_used=job.is_used,
        is_blocked=job.is_blocked,
        void_coupons=named(job.document, sorted({*job.void_coupons} - {*job.left_out})),
    )
