"""What open vouchers and accounts are worth on a day: what the chain owes, before any rate of use.

1. What was free advertising is no liability and is counted apart (domain.md §3).
2. What has expired by its days counts nowhere; what is blocked counts, it may be let go again.
3. A debt of one account takes nothing off what other customers have.
"""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import select

from head_office.intake.balances import open_lots
from head_office.storage import ledger_entry, master, voucher, voucher_fact
from head_office.vouchers import worn
from pos_plugin.loyalty.lots import Lot, standing
from pos_plugin.loyalty.voucher_standing import Happened
from pos_plugin.loyalty.voucher_type import LONG_LIVED

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from sqlalchemy.engine import Connection

_MONEY: Final = "EUR_MINOR"
_OPEN: Final = ("issued", "partly_redeemed", "blocked")
_IS_OPEN: Final = voucher.c.state.in_(_OPEN)


class OpenVouchers(NamedTuple):
    """The open vouchers of a legal kind; a coupon is worth nothing by itself."""

    legal_kind: str
    number: int
    open_minor: int

    @property
    def is_owed(self) -> bool:
        """Whether somebody paid for them or earned them."""
        return self.legal_kind in LONG_LIVED


class OpenAccounts(NamedTuple):
    """What customers have on the accounts of a programme, in its unit."""

    program: str
    unit: str
    customers: int
    value: int

    @property
    def is_money(self) -> bool:
        """Whether the unit is minor units (cents); points are worth what they buy."""
        return self.unit == _MONEY


class Liability(NamedTuple):
    """The figures of a day."""

    vouchers: list[OpenVouchers]
    accounts: list[OpenAccounts]

    @property
    def owed_minor(self) -> int:
        """What was paid for or earned and can still be used, in minor units (cents)."""
        return sum(one.open_minor for one in self.vouchers if one.is_owed) + sum(
            one.value for one in self.accounts if one.is_money
        )


def liability(connection: Connection, *, on: dt.date) -> Liability:
    """Return what is open on a shop day, as it is known now."""
    return Liability(_vouchers(connection, on.isoformat()), _accounts(connection, on.isoformat()))


def _vouchers(connection: Connection, on: str) -> list[OpenVouchers]:
    happened = _happened(connection)
    kinds = {row["code"]: row["legal_kind"] for row in _rows(connection, "voucher_type")}
    counts: defaultdict[str, int] = defaultdict(int)
    open_minor: defaultdict[str, int] = defaultdict(int)
    asked = select(voucher.c.id, voucher.c.type, voucher.c.detail).where(_IS_OPEN)
    for one, type_code, detail in connection.execute(asked):
        terms = json.loads(detail)
        valid_to_on = terms.get("valid_to_on")
        if valid_to_on and valid_to_on < on:
            continue
        legal_kind = terms.get("legal_kind") or kinds.get(type_code, "")
        left_minor = worn(terms, happened.get(one, ())).standing().balance_minor
        counts[legal_kind] += 1
        open_minor[legal_kind] += max(0, left_minor or 0)
    return [OpenVouchers(one, counts[one], open_minor[one]) for one in sorted(counts)]


def _happened(connection: Connection) -> dict[str, list[Happened]]:
    """Return what happened to the open vouchers, in its order."""
    fact = voucher_fact.c
    asked = (
        select(fact.voucher, fact.kind, fact.amount_minor, fact.lapsed_minor)
        .where(fact.voucher.in_(select(voucher.c.id).where(_IS_OPEN)))
        .order_by(fact.occurred_at, fact.till, fact.seq)
    )
    found: defaultdict[str, list[Happened]] = defaultdict(list)
    for one, *what in connection.execute(asked):
        found[one].append(Happened(*what))
    return found


def _accounts(connection: Connection, on: str) -> list[OpenAccounts]:
    customers: Sequence[str] = (
        connection.execute(select(ledger_entry.c.customer).distinct()).scalars().all()
    )
    having: defaultdict[str, int] = defaultdict(int)
    value: defaultdict[str, int] = defaultdict(int)
    for (_, program), lots in open_lots(connection, customers).items():
        worth = standing((Lot(**lot) for lot in lots), on=on).value
        if worth > 0:
            having[program] += 1
            value[program] += worth
    return [
        OpenAccounts(row["code"], row["unit"], having[row["code"]], value[row["code"]])
        for row in _rows(connection, "program")
    ]


def _rows(connection: Connection, table: str) -> list[dict[str, Any]]:
    texts = connection.execute(
        select(master.c.row).where(master.c.table_name == table).order_by(master.c.row_key)
    )
    return [json.loads(text) for text in texts.scalars()]
