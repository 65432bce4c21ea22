"""What tills without a network could not know of each other: kept for a person, nothing is undone.

1. A voucher stays what it is: it was printed and handed over.
2. An exception has the id of what it is about, so an event that comes twice is one exception.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import select

from head_office.storage import exception, ledger_entry, voucher

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.engine import Connection

    from head_office.sources import Source

SECOND_VOUCHER: Final = "second_voucher"
OVERSPENT_LOT: Final = "overspent_lot"
SPENDS: Final = frozenset({"redeem", "payout", "adjust", "transfer"})
_OPEN: Final = ("issued", "partly_redeemed")


class Noted(NamedTuple):
    """An exception as it is listed.

    ``subject`` and ``other`` are vouchers; of an overspent lot the lot and the event; of an
    approval over the limit its number and the event.
    """

    kind: str
    customer: str | None
    subject: str
    other: str
    till: str
    other_till: str
    cashier: str | None
    occurred_at: str


def note_second_vouchers(
    connection: Connection,
    issued: Iterable[str],
    *,
    till: str,
    cashier: str | None,
    occurred_at: str,
) -> None:
    """Note vouchers that an event gave although another till had given one of the kind.

    Args:
        connection: in the transaction of the event, vouchers stored.
        issued: ids of the vouchers.
        till: that gave them.
        cashier: that gave them.
        occurred_at: instant of the event.
    """
    for one in issued:
        mine = _voucher(connection, one)
        if mine is None or mine["customer"] is None or not _is_given_by_event(mine):
            continue
        rows = connection.execute(
            select(voucher.c.id, voucher.c.till, voucher.c.detail).where(
                voucher.c.customer == mine["customer"],
                voucher.c.type == mine["type"],
                voucher.c.till != till,
                voucher.c.state.in_(_OPEN),
            )
        )
        for other, other_till, detail in rows.all():
            theirs = json.loads(detail)
            if not _is_given_by_event(theirs) or not _meet(mine, theirs):
                continue
            connection.execute(
                exception.insert().values(
                    kind=SECOND_VOUCHER,
                    subject=one,
                    other=other,
                    customer=mine["customer"],
                    till=till,
                    other_till=other_till,
                    cashier=cashier,
                    occurred_at=occurred_at,
                )
            )


def note_overspent_lots(
    connection: Connection,
    spent: Iterable[str],
    *,
    source: Source,
    cashier: str | None,
    occurred_at: str,
) -> None:
    """Note lots of which two tills together spent more than there was.

    A lot that a return took below zero is a debt and no exception: only what was spent counts.

    Args:
        connection: in the transaction of the event, its ledger entries stored.
        spent: lots that the event spent from.
        source: the event.
        cashier: of it.
        occurred_at: instant of it.
    """
    entry = ledger_entry.c
    for lot in dict.fromkeys(spent):
        rows = connection.execute(
            select(entry.customer, entry.till, entry.kind, entry.delta)
            .where(entry.lot == lot)
            .order_by(entry.occurred_at, entry.id)
        ).all()
        # A lot whose opening entry is not here yet is judged when that comes in.
        opened = sum(row.delta for row in rows if row.delta > 0)
        taken = sum(row.delta for row in rows if row.kind in SPENDS and row.delta < 0)
        others = [
            row.till
            for row in rows
            if row.kind in SPENDS and row.delta < 0 and row.till != source.till
        ]
        if not opened or opened + taken >= 0 or not others:
            continue
        connection.execute(
            exception.insert().values(
                kind=OVERSPENT_LOT,
                subject=lot,
                other=f"{source.till}:{source.epoch}:{source.seq}",
                customer=rows[0].customer,
                till=source.till,
                other_till=others[0],
                cashier=cashier,
                occurred_at=occurred_at,
            )
        )


def noted(connection: Connection) -> list[Noted]:
    """Return every exception, the oldest first."""
    columns = [exception.c[name] for name in Noted._fields]
    rows = connection.execute(
        select(*columns).order_by(exception.c.occurred_at, exception.c.subject, exception.c.other)
    )
    return [Noted(*row) for row in rows]


def _voucher(connection: Connection, one: str) -> dict[str, Any] | None:
    detail = connection.execute(
        select(voucher.c.detail).where(voucher.c.id == one)
    ).scalar_one_or_none()
    return None if detail is None else dict(json.loads(detail))


def _is_given_by_event(detail: dict[str, Any]) -> bool:
    # What somebody bought, or got from head office, may stand beside another one.
    return detail.get("trigger") in {"rental_returned", "sale_completed"}


def _meet(mine: dict[str, Any], theirs: dict[str, Any]) -> bool:
    spans = [
        (one.get("valid_from_on") or "", one.get("valid_to_on") or "9") for one in (mine, theirs)
    ]
    return max(first for first, _ in spans) <= min(last for _, last in spans)
