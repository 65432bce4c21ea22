"""Goods on approval: no sale until they are kept."""

from __future__ import annotations

from typing import Literal

from sync_agent.event_bodies.parts import Head, Minor, Part
from sync_agent.protocol import words


class ApprovalLine(Part):
    """A piece of an approval and where it is; the price of the issue in minor units (cents)."""

    line_id: words.Text
    sku: words.Text
    quantity_milli: words.Sequence
    price_at_issue_minor: Minor
    state: Literal["open", "returned", "sold"]


class ApprovalIssued(Head):
    """``approval_issued``: goods went out; ``limit_left_minor`` is what was left before."""

    approval: words.Text
    salesperson: words.Text | None
    due_on: words.Day
    price_guaranteed: bool
    limit_left_minor: words.Int64 | None
    lines: list[ApprovalLine]


class ApprovalLineReturned(Head):
    """``approval_line_returned``: pieces that are back, out again, or went out in exchange."""

    approval: words.Text
    lines: list[ApprovalLine]


class ApprovalSettled(Head):
    """``approval_settled``: ``receipt`` is the event of the sale; None when all came back.

    ``open``: number of pieces about which the customer has not decided.
    """

    approval: words.Text
    receipt: words.Sequence | None
    sale_id: words.Text | None
    open: words.Sequence
    lines: list[ApprovalLine]


class LimitOverridden(Head):
    """``limit_overridden``: more went out than was left; ``by_right``: of the cashier."""

    approval: words.Text
    left_minor: words.Int64 | None
    wanted_minor: Minor
    by_right: bool
