"""Vouchers held for a sale while the till is online (sync.md 8.1).

1. A voucher is held for one sale, or with a value up to what is left of it, for 15 minutes.
2. ``confirm`` makes it spent; the event of the sale settles it, also when ``confirm`` got lost.
3. Every call may be repeated with the same effect.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final, Literal

from sqlalchemy import func, select

from head_office.problems import ProblemError
from head_office.storage import reservation, voucher_fact
from head_office.vouchers import standing
from pos_plugin.clock import utc_text
from sync_agent.protocol.messages import ReserveAnswer

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Row

    from head_office.storage import Database
    from sync_agent.protocol.messages import ReserveRequest

HELD_MINUTES: Final = 15
OPEN: Final = frozenset({"issued", "partly_redeemed"})
Step = Literal["reserve", "confirm", "release"]


def take_step(
    database: Database,
    step: Step,
    one: str,
    asked: ReserveRequest,
    *,
    till: str,
    now: dt.datetime,
) -> ReserveAnswer:
    """Hold a voucher for a sale, call it spent, or let it go.

    Args:
        database: head office.
        step: what is asked.
        one: id of the voucher.
        asked: the sale, and of a voucher with a value how much.
        till: that asks.
        now: instant.

    Raises:
        ProblemError: ``not-found`` or ``voucher-taken``.
    """
    with database.write() as connection:
        if step == "reserve":
            return _reserve(connection, one, asked, till=till, now=now)
        mine = _of_sale(one, till, asked.sale_id)
        held = connection.execute(select(reservation).where(mine)).one_or_none()
        if step == "release":
            connection.execute(
                reservation.delete().where(mine & (reservation.c.state == "reserved"))
            )
            if held is not None and held.state == "confirmed":
                raise ProblemError("voucher-taken", 409, "the sale has confirmed it")
            return ReserveAnswer(voucher=one, state="released")
        if held is None:
            raise ProblemError("voucher-taken", 409, "it is not held for this sale any more")
        connection.execute(reservation.update().where(mine).values(state="confirmed"))
        return ReserveAnswer(voucher=one, state="confirmed")


def _reserve(
    connection: Connection, one: str, asked: ReserveRequest, *, till: str, now: dt.datetime
) -> ReserveAnswer:
    now_text = utc_text(now)
    found = standing(connection, one)
    if found is None:
        raise ProblemError("not-found", 404)
    mine = _of_sale(one, till, asked.sale_id)
    if found.state.value not in OPEN:
        raise ProblemError("voucher-taken", 409, f"it is {found.state.value}")
    held = _held_by_others(connection, one, asked.sale_id, till, now_text)
    left_minor = found.balance_minor
    if left_minor is None:
        if held:
            raise ProblemError("voucher-taken", 409, "it is held for another sale")
    else:
        left_minor -= sum(row.amount_minor or 0 for row in held)
        wanted_minor = asked.amount_minor or left_minor
        if left_minor <= 0 or wanted_minor > left_minor:
            raise ProblemError("voucher-taken", 409, f"{max(0, left_minor)} cents are left")
        left_minor -= wanted_minor
    until_text = utc_text(now + dt.timedelta(minutes=HELD_MINUTES))
    connection.execute(reservation.delete().where(mine))
    connection.execute(
        reservation.insert().values(
            voucher=one,
            till=till,
            sale_id=asked.sale_id,
            amount_minor=None if found.balance_minor is None else wanted_minor,
            state="reserved",
            reserved_until=until_text,
        )
    )
    return ReserveAnswer(
        voucher=one, state="reserved", reserved_until=until_text, left_minor=left_minor
    )


def _held_by_others(
    connection: Connection, one: str, sale_id: str, till: str, now_text: str
) -> list[Row[tuple[object, ...]]]:
    """Return what other sales hold now; one whose event has come holds nothing any more."""
    settled = (
        select(func.count())
        .select_from(voucher_fact)
        .where(
            (voucher_fact.c.voucher == reservation.c.voucher)
            & (voucher_fact.c.till == reservation.c.till)
            & (voucher_fact.c.sale_id == reservation.c.sale_id)
        )
        .scalar_subquery()
    )
    is_live = (reservation.c.state == "confirmed") | (reservation.c.reserved_until > now_text)
    of_others = (reservation.c.sale_id != sale_id) | (reservation.c.till != till)
    return list(
        connection.execute(
            select(reservation).where(
                (reservation.c.voucher == one) & of_others & is_live & (settled == 0)
            )
        )
    )


def _of_sale(one: str, till: str, sale_id: str):  # type: ignore[no-untyped-def]  # noqa: ANN202 - a clause of SQLAlchemy
    return (
        (reservation.c.voucher == one)
        & (reservation.c.till == till)
        & (reservation.c.sale_id == sale_id)
    )
