"""What the calls of goods on approval answer."""

from __future__ import annotations

from typing import Any, Literal

from pos_plugin.service.contract.effects import Effect
from pos_plugin.service.contract.words import Answer, Day, Milli, Minor
from pos_plugin.text import Text


class ApprovalPiece(Answer):
    """A piece of an approval, and where it is."""

    line_id: Text
    sku: Text
    name: str | None
    quantity_milli: Milli
    price_at_issue_minor: Minor
    state: Literal["open", "returned", "sold"]


class ApprovalState(Answer):
    """Goods that a customer took home to choose."""

    number: str
    customer: Text
    due_on: Day
    price_guaranteed: bool
    state: Literal["issued", "settled"]
    out_minor: Minor
    lines: list[ApprovalPiece]


class ApprovalBooked(ApprovalState):
    """An approval after a step; `fiscal_type` is what we propose for the fiscal record."""

    fiscal_type: Literal["AVSonstige"]
    effects: list[Effect]


class ApprovalSale(ApprovalState):
    """What is kept as a sale, to be evaluated and completed; null when nothing is open."""

    sale: dict[str, Any] | None
    effects: list[Effect]


class PieceOut(Answer):
    """A piece that is at a customer."""

    number: str
    customer: Text
    customer_name: str
    due_on: Day
    is_overdue: bool
    line_id: Text
    sku: Text
    name: str | None
    quantity_milli: Milli
    price_at_issue_minor: Minor


class ApprovalList(Answer):
    """Everything that was at customers when a shop day closed."""

    approvals: list[PieceOut]
