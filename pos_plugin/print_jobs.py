"""The print jobs of a till as everybody sees them: plain values, notices, pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pos_plugin.loyalty.voucher_document import whose
from pos_plugin.print_notices import CHOICES, JobNotice, print_notice
from pos_plugin.storage import journal_lookup, print_changes
from pos_plugin.storage.blobs import BlobAssets

if TYPE_CHECKING:
    from pathlib import Path

    from pos_plugin.config import Printer
    from pos_plugin.notices import Notice
    from pos_plugin.storage.journal_writer import JournalWriter
    from pos_plugin.storage.print_changes import JobRow


class PrintJobs:
    """Reads the jobs of a till; raises ``StorageError`` where the journal cannot be read.

    Args:
        journal: holds the jobs.
        data_dir: of the till.
        printer: of the till, if it has one.
    """

    def __init__(self, journal: JournalWriter, data_dir: Path, printer: Printer | None) -> None:
        self._journal = journal
        self._data_dir = data_dir
        self._printer = printer
        self._is_host = printer is not None and printer.transport == "host"

    def find(self, uid: str) -> JobRow | None:
        """Return a job; None if unknown."""
        with self._journal.reading() as connection:
            return print_changes.find_job(connection, uid)

    def has_work(self) -> bool:
        """Say whether jobs wait, or were being sent when the last process ended."""
        with self._journal.reading() as connection:
            return journal_lookup.has_print_work(connection)

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
            "handed_over_at": job.handed_over_at,
            "replaced_by": job.replaced_by,
            "notice": _said(job),
            "pages": self._paths(job),
            "page_count": self._page_count(job),
        }

    def pages(self, uid: str) -> list[bytes]:
        """Return the pages of a job as PNG, as they lie or should lie on paper."""
        job = self.find(uid)
        if job is None or job.sha256 is None or self._printer is None:
            return []
        if not self._is_host:
            return [path.read_bytes() for path in self._paths(job)]
        from printers.document import Document
        from printers.errors import DocumentInvalid
        from printers.render import render

        assets = BlobAssets(self._data_dir)
        try:
            document = Document.from_json(job.document)
            found = {name: assets.read(name) for name in document.assets()}
            pictures = {name: file for name, file in found.items() if file is not None}
            return [render(document, pictures, dots=self._printer.dots).png()]
        except DocumentInvalid:
            return []

    def _page_count(self, job: JobRow) -> int:
        if self._is_host:
            return int(job.sha256 is not None)
        return len(self._paths(job))

    def _paths(self, job: JobRow) -> list[Path]:
        if self._printer is None or self._is_host or job.sha256 is None:
            return []
        folder = self._data_dir / self._printer.directory
        return sorted(folder.glob(f"*-{job.sha256[:12]}.png"))


def notice_about(job: JobRow) -> JobNotice:
    """Return what the cashier should know of a job, and whose voucher it is."""
    notice = _said(job)
    holder, code_end = whose(job.document)
    return JobNotice(
        job.uid,
        job.state.value,
        notice,
        job.subject_uid,
        job.copy_index,
        is_open=notice.code in CHOICES,
        holder=holder,
        code_end=code_end,
    )


def _said(job: JobRow) -> Notice:
    return print_notice(
        job.state,
        job.reason,
        handed_over=job.handed_over_at is not None,
        is_void=job.is_void,
    )
