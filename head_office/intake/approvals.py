"""Goods on approval of all tills: what a customer has out, and whether that passes the limit.

Two tills without a network each keep within the limit and pass it together. The goods are out:
that is an exception for a person, nothing is refused afterwards.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import select

from head_office import master_rows
from head_office.intake.customers import survivor
from head_office.intake.effects import NotUnderstood
from head_office.storage import approval_piece, exception
from pos_plugin import limits
from pos_plugin.clock import utc_text
from pos_plugin.loyalty.approvals import ApprovalLine, LineState, out_minor
from sync_agent.protocol.words import Text

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from head_office.sources import Source
    from sync_agent.protocol.messages import Event

KINDS: Final = frozenset({"approval_issued", "approval_line_returned", "approval_settled"})
OVER_LIMIT: Final = "approval_over_limit"


class _Piece(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")

    line_id: Text
    sku: Text
    quantity_milli: int = Field(ge=0, le=limits.MAX_QUANTITY_MILLI)
    price_at_issue_minor: int = Field(ge=0, le=limits.MAX_PRICE_MINOR)
    state: Text


class _Body(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")

    approval: Text
    customer: Text
    cashier: Text | None = None
    lines: list[_Piece] = Field(max_length=limits.MAX_LIST)


def take_approval(connection: Connection, event: Event, *, source: Source) -> None:
    """Take the pieces of an approval in, and note when more is out than the customer may have.

    Args:
        connection: in the transaction of the event.
        event: of any kind; one that is about no approval changes nothing.
        source: the event.

    Raises:
        NotUnderstood: the pieces are not what a till writes.
    """
    if event.kind not in KINDS:
        return
    try:
        body = _Body.model_validate(event.body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(step) for step in first["loc"])
        raise NotUnderstood(f"{event.kind}: {place}: {first['msg']}") from None
    approval = body.approval
    customer = survivor(connection, body.customer)
    grown = 0
    piece = approval_piece.c
    for one in body.lines:
        line = ApprovalLine(
            line_id=one.line_id,
            sku=one.sku,
            quantity_milli=one.quantity_milli,
            price_at_issue_minor=one.price_at_issue_minor,
            facts={},
            state=one.state,
        )
        here = (piece.approval == approval) & (piece.line_id == one.line_id)
        was = connection.execute(select(piece.state).where(here)).scalar_one_or_none()
        values = {
            "customer": customer,
            "till": source.till,
            "worth_minor": line.worth_minor,
            "state": one.state,
        }
        if was is None:
            connection.execute(
                approval_piece.insert().values(approval=approval, line_id=one.line_id, **values)
            )
        else:
            connection.execute(approval_piece.update().where(here).values(values))
        if was != LineState.OPEN:
            grown += out_minor([line])
    if grown:
        _note(
            connection,
            approval,
            customer,
            source,
            cashier=body.cashier,
            occurred_at=utc_text(event.occurred_at),
        )


def _note(
    connection: Connection,
    approval: str,
    customer: str,
    source: Source,
    *,
    cashier: str | None,
    occurred_at: str,
) -> None:
    known = master_rows.row(connection, "customer", customer)
    limit_minor = known.get("limit_left_minor") if known else None
    if limit_minor is None:
        return
    piece = approval_piece.c
    rows = connection.execute(
        select(piece.till, piece.worth_minor)
        .where((piece.customer == customer) & (piece.state == LineState.OPEN.value))
        .order_by(piece.approval, piece.line_id)
    ).all()
    others = [row.till for row in rows if row.till != source.till]
    # One till alone knows what it does: whoever lifted the limit there is in `limit_overridden`.
    if not others or sum(row.worth_minor for row in rows) <= limit_minor:
        return
    connection.execute(
        exception.insert().values(
            kind=OVER_LIMIT,
            subject=approval,
            other=f"{source.till}:{source.epoch}:{source.seq}",
            customer=customer,
            till=source.till,
            other_till=others[0],
            cashier=cashier,
            occurred_at=occurred_at,
        )
    )
