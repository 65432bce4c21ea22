"""Finds vouchers for people who are asked about one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import or_, select

from head_office import master_rows
from head_office.crm import customer_file
from head_office.storage import voucher
from head_office.vouchers import standing
from pos_plugin.loyalty.signed_code import voucher_symbols
from pos_plugin.loyalty.voucher_code import voucher_hash

if TYPE_CHECKING:
    import datetime as dt

    from sqlalchemy.engine import Connection, Row

FOUND_MAX: Final = 50
LOOKED_MAX: Final = 100_000
OPEN: Final = frozenset({"issued", "partly_redeemed"})
STATES: Final = ("issued", "partly_redeemed", "redeemed", "expired", "blocked", "cancelled")


class Found(NamedTuple):
    """A voucher.

    Args:
        id: of it; the code itself is known nowhere.
        type: code of its kind.
        customer: id of the holder; None = nobody's.
        holder: name or number of the holder, empty where there is none.
        state: one of ``STATES``.
        balance_minor: what is left in minor units (cents); None for a coupon.
        valid_to_on: last shop day; empty where the issue did not say.
        till: that issued it; empty = head office.
    """

    id: str
    type: str
    customer: str | None
    holder: str
    state: str
    balance_minor: int | None
    valid_to_on: str
    till: str

    @property
    def may_be_blocked(self) -> bool:
        """Whether somebody could use it otherwise."""
        return self.state in OPEN


def find(connection: Connection, *, term: str, state: str, on: dt.date) -> list[Found]:
    """Return the first vouchers that fit, among at most ``LOOKED_MAX`` of the term and state.

    Args:
        connection: open.
        term: id, printed code, code of a kind, or name, number or phone of the holder; empty = all.
        state: one of ``STATES``; empty = any.
        on: shop day of today.
    """
    asked = select(voucher).order_by(voucher.c.id.desc()).limit(LOOKED_MAX)
    if term := term.strip():
        of = [voucher.c.id == term, voucher.c.type == term]
        code = voucher_symbols(term)
        if code is not None:
            of.append(voucher.c.detail.contains(voucher_hash(code).hex(), autoescape=True))
        holders = [row["id"] for row in customer_file.find(connection, term)]
        asked = asked.where(or_(*of, voucher.c.customer.in_(holders)))
    if state:
        stored = OPEN if state == "expired" else {state}
        asked = asked.where(voucher.c.state.in_(stored))
    found: list[Found] = []
    for row in connection.execute(asked):
        if state in ("", _state(row, on)):
            found.append(_found(connection, row, on))
        if len(found) == FOUND_MAX:
            break
    return found


def of_customer(connection: Connection, customer: str, *, on: dt.date) -> list[Found]:
    """Return the newest vouchers of a customer, at most ``FOUND_MAX``."""
    rows = connection.execute(
        select(voucher)
        .where(voucher.c.customer == customer)
        .order_by(voucher.c.id.desc())
        .limit(FOUND_MAX)
    )
    return [_found(connection, row, on) for row in rows.all()]


def _state(row: Row[Any], on: dt.date) -> str:
    is_over = row.state in OPEN and "" < _valid_to_on(row) < on.isoformat()
    return "expired" if is_over else str(row.state)


def _valid_to_on(row: Row[Any]) -> str:
    return str(json.loads(row.detail).get("valid_to_on") or "")


def _found(connection: Connection, row: Row[Any], on: dt.date) -> Found:
    left = standing(connection, row.id)
    return Found(
        id=row.id,
        type=row.type,
        customer=row.customer,
        holder=_holder(connection, row.customer),
        state=_state(row, on),
        balance_minor=None if left is None else left.balance_minor,
        valid_to_on=_valid_to_on(row),
        till=row.till,
    )


def _holder(connection: Connection, customer: str | None) -> str:
    row = master_rows.row(connection, "customer", customer) if customer else None
    return "" if row is None else str(row["name"] or row["number"])
