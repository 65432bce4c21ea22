"""What head office knows of a customer, in one place, for people who are asked about it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import select

from head_office import customer_words, master_rows
from head_office.intake.balances import balance_at
from head_office.segments import Bits
from head_office.storage import consent_word, ledger_entry, master, receipt
from pos_plugin.clock import utc_text

if TYPE_CHECKING:
    import datetime as dt

    from sqlalchemy.engine import Connection

FOUND_MAX: Final = 50
ROWS_MAX: Final = 50
TERM_MIN: Final = 2


class Account(NamedTuple):
    """What stands on an account now; ``unit`` is ``POINTS`` or ``EUR_MINOR``."""

    program: str
    unit: str
    value: int


class File(NamedTuple):
    """A customer.

    Args:
        row: name, number, home shop and so on, as tills have it.
        groups: names of the groups.
        accounts: what stands on each.
        ledger: the newest entries, as mappings.
        consents: purpose, channel, status and instant of each word that counts.
        cards: role and status of each; the number itself is known nowhere.
        receipts: the newest, with shop day, till and amounts.
    """

    row: dict[str, Any]
    groups: list[str]
    accounts: list[Account]
    ledger: list[dict[str, Any]]
    consents: list[dict[str, Any]]
    cards: list[dict[str, Any]]
    receipts: list[dict[str, Any]]


def find(connection: Connection, term: str) -> list[dict[str, Any]]:
    """Return the first customers whose id, number, name or phone number holds a term.

    Names are compared as tills compare them, so "Mueller" finds Müller.

    Args:
        connection: open.
        term: at least two characters.
    """
    term = term.strip()
    if len(term) < TERM_MIN:
        return []
    found = customer_words.find(connection, term, found_max=FOUND_MAX)
    return sorted(found, key=lambda row: (row["name"], row["id"]))


def open_file(connection: Connection, customer: str, *, now: dt.datetime) -> File | None:
    """Return all about a customer, None where there is none, or none any more."""
    row = master_rows.row(connection, "customer", customer)
    if row is None:
        return None
    return File(
        row=row,
        groups=Bits(connection).names(row["segment_bits"]),
        accounts=_accounts(connection, customer, utc_text(now)),
        ledger=_newest(connection, ledger_entry, customer, ledger_entry.c.occurred_at),
        consents=_newest(connection, consent_word, customer, consent_word.c.captured_at),
        cards=[
            one for table, _, one in master_rows.of_person(connection, customer) if table == "card"
        ],
        receipts=_newest(connection, receipt, customer, receipt.c.occurred_at),
    )


def _accounts(connection: Connection, customer: str, now_text: str) -> list[Account]:
    rows = connection.execute(
        select(master.c.row).where(master.c.table_name == "program").order_by(master.c.row_key)
    ).scalars()
    return [
        Account(
            program=program["code"],
            unit=program["unit"],
            value=balance_at(
                connection, customer, program["code"], as_of=now_text, known_at=now_text
            ),
        )
        for program in map(json.loads, rows)
    ]


def _newest(connection: Connection, table: Any, customer: str, by: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - a table and a column of SQLAlchemy
    rows = connection.execute(
        select(table).where(table.c.customer == customer).order_by(by.desc()).limit(ROWS_MAX)
    )
    return [dict(row) for row in rows.mappings()]
