"""What the calls of print jobs, notices and events answer."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from pos_plugin.service.contract.effects import Print
from pos_plugin.service.contract.events import PrinterState
from pos_plugin.service.contract.words import Answer, Instant


class PrintJob(Answer):
    """Where a print job stands."""

    job: str
    state: str = Field(
        description="QUEUED, HELD, SENDING, CONFIRMED, ASSUMED, UNKNOWN, FAILED, "
        "CONFIRMED_BY_OPERATOR, REPLACED or CANCELLED"
    )
    reason: str
    attempt: int = Field(description="the last one; 0 before the first")
    copy_index: int = Field(description="0 = the original")
    subject: str = Field(description="id of the voucher")
    printer: str | None = Field(description="where it was sent or moved; null = its role decides")
    handed_over_at: Instant | None
    replaced_by: str | None = Field(description="job of the copy")
    text: str
    pages: int
    effect: Print | None = Field(
        default=None, description="what the host is to print; only while its report is awaited"
    )


class NoticeChoice(Answer):
    """What the cashier can do: a call of the print job, or acknowledge."""

    choice: str = Field(
        description="print, reprint, came-out, other-printer, cancel or acknowledge"
    )
    text: str


class JobNotice(Answer):
    """A notice about a print job; a job has at most one at a time."""

    notice_id: str
    open: bool
    job: str
    state: str
    subject: str
    copy_index: int
    code: str
    params: dict[str, Any]
    text: str
    level: str
    audience: str
    choices: list[NoticeChoice]


class Notices(Answer):
    """The open notices, the oldest first, and how each printer stands."""

    notices: list[JobNotice]
    printers: list[PrinterState]


class PrinterTest(Answer):
    """How the last test page of a printer stands; all but the first two only when it has ended."""

    printer: str
    state: str = Field(description="testing, tested or failed")
    level: int | None = Field(
        default=None, description="how far the unit is believed from now on, 0 to 3"
    )
    answers: int | None = Field(
        default=None,
        description="level of what it answered; above level where the way hides a restart",
    )
    unit: str | None = Field(default=None, description="empty = no level was stored")
    facts: dict[str, str] | None = Field(default=None, description="what it says of itself")
    duration_ms: int | None = Field(default=None, description="to its last answer")
    reason: str | None = Field(default=None, description="why it was not tested; empty = it was")
    warnings: list[str] | None = Field(default=None, description="what the paper lacks")
