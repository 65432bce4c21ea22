"""What became of a voucher on paper."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from pos_plugin import limits
from sync_agent.event_bodies.parts import Head
from sync_agent.protocol import words


class PrintClosed(Head):
    """``print_closed``: a print job reached an end, or was corrected (printing.md §3.9)."""

    job: words.Text
    kind: words.Text
    subject: words.Text
    copy_index: words.Sequence
    attempt: words.Sequence
    state: words.Text
    reason: Annotated[str, Field(max_length=limits.MAX_TEXT)]


class PrintHandedOver(Head):
    """``print_handed_over``: the cashier gave another paper to the customer, no voucher."""

    job: words.Text
    kind: words.Text
    subject: words.Text
    copy_index: words.Sequence


class NoticeAcknowledged(Head):
    """``notice_acknowledged``: the cashier saw what was said of a paper and decides later."""

    job: words.Text
    kind: words.Text
    subject: words.Text
    copy_index: words.Sequence
    notice: words.Text


class VoucherHandedOver(Head):
    """``voucher_handed_over``: the cashier gave the paper to the customer."""

    job: words.Text
    kind: words.Text
    subject: words.Text
    copy_index: words.Sequence
