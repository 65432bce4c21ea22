"""What became of a voucher on paper."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from pos_plugin import limits
from sync_agent import protocol
from sync_agent.event_bodies.parts import Head


class PrintClosed(Head):
    """``print_closed``: a print job reached an end, or was corrected (printing.md §3.9)."""

    job: protocol.Text
    kind: protocol.Text
    subject: protocol.Text
    copy_index: protocol.Sequence
    attempt: protocol.Sequence
    state: protocol.Text
    reason: Annotated[str, Field(max_length=limits.MAX_TEXT)]


class PrintHandedOver(Head):
    """``print_handed_over``: the cashier gave another paper to the customer, no voucher."""

    job: protocol.Text
    kind: protocol.Text
    subject: protocol.Text
    copy_index: protocol.Sequence


class NoticeAcknowledged(Head):
    """``notice_acknowledged``: the cashier saw what was said of a paper and decides later."""

    job: protocol.Text
    kind: protocol.Text
    subject: protocol.Text
    copy_index: protocol.Sequence
    notice: protocol.Text


class VoucherHandedOver(Head):
    """``voucher_handed_over``: the cashier gave the paper to the customer."""

    job: protocol.Text
    kind: protocol.Text
    subject: protocol.Text
    copy_index: protocol.Sequence
