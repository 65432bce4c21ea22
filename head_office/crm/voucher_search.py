"""Finds vouchers for people who are asked about one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import func, or_, select

from head_office import master_rows
from head_office.crm import customer_file
from head_office.storage import json_field, voucher
from head_office.vouchers import standing
from pos_plugin.loyalty.signed_code import voucher_symbols
from pos_plugin.loyalty.voucher_code import voucher_hash

if TYPE_CHECKING:
    import datetime as dt

    from sqlalchemy import ColumnElement
    from sqlalchemy.engine import Connection, Row

FOUND_MAX: Final = 50
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
    """Return the newest vouchers that fit, at most ``FOUND_MAX``.

    Args:
        connection: open.
        term: id, printed code, code of a kind, or name, number or phone of the holder; empty = all.
        state: one of ``STATES``; empty = any.
        on: shop day of today.
    """
    asked = select(voucher).order_by(voucher.c.id.desc()).limit(FOUND_MAX)
    if term := term.strip():
        of = [voucher.c.id == term, voucher.c.type == term]
        code = voucher_symbols(term)
        if code is not None:
            of.append(voucher.c.detail.contains(voucher_hash(code).hex(), autoescape=True))
        holders = [row["id"] for row in customer_file.find(connection, term)]
        asked = asked.where(or_(*of, voucher.c.customer.in_(holders)))
    if state == "expired":
        asked = asked.where(_is_over(on))
    elif state in OPEN:
        asked = asked.where((voucher.c.state == state) & ~_is_over(on))
    elif state:
        asked = asked.where(voucher.c.state == state)
    return [_found(connection, row, on) for row in connection.execute(asked).all()]


def of_customer(connection: Connection, customer: str, *, on: dt.date) -> list[Found]:
    """Return the newest vouchers of a customer, at most ``FOUND_MAX``."""
    rows = connection.execute(
        select(voucher)
        .where(voucher.c.customer == customer)
        .order_by(voucher.c.id.desc())
        .limit(FOUND_MAX)
    )
    return [_found(connection, row, on) for row in rows.all()]


def _is_over(on: dt.date) -> ColumnElement[bool]:
    """What ``_state`` calls expired, as a question to the database."""
    valid_to_on = func.coalesce(json_field(voucher.c.detail, "valid_to_on"), "")
    return voucher.c.state.in_(OPEN) & (valid_to_on > "") & (valid_to_on < on.isoformat())


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
