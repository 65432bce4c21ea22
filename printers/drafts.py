"""What a queued job will put on paper: its document, checked once more, with its pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from printers.document import Document
from printers.errors import DocumentInvalid, InvalidReason

if TYPE_CHECKING:
    from collections.abc import Mapping

    from printers.ports import Assets, PrintJob


def open_draft(job: PrintJob, assets: Assets) -> tuple[Document, Mapping[str, bytes]]:
    """Return the document of a job and those of its pictures that are there.

    Raises:
        DocumentInvalid: it cannot be printed, or does not say which copy its job is.
    """
    document = Document.from_json(job.document)
    # Law 9: a further print without its copy mark would pass as the original.
    if document.copy_index != job.copy_index:
        raise DocumentInvalid(
            InvalidReason.OUT_OF_RANGE,
            "copy_index",
            f"the document says {document.copy_index}, its job {job.copy_index}",
        )
    found = {name: assets.read(name) for name in document.assets()}
    return document, {name: file for name, file in found.items() if file is not None}
