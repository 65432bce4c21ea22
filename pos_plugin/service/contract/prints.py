"""What the calls of print jobs answer."""

from __future__ import annotations

from pos_plugin.service.contract.words import Answer


class PrintJob(Answer):
    """Where a print job stands."""

    job: str
    state: str
    reason: str
    text: str
    pages: int
