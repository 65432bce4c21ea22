"""What head office knows of a customer, in one place, for people who are asked about it."""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import LargeBinary, and_, cast, func, or_, select

from head_office import master_rows
from head_office.intake.balances import balance_at
from head_office.segments import Bits
from head_office.storage import consent_word, ledger_entry, master, receipt
from pos_plugin.clock import utc_text
from pos_plugin.search_keys import name_words, phone_digits

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
    exact = master_rows.row(connection, "customer", term)
    found = {} if exact is None else {exact["id"]: exact}
    for row in _rows_with(connection, "customer", term):
        if any(term.casefold() in str(row[name]).casefold() for name in ("id", "number", "name")):
            found.setdefault(row["id"], row)
    for row in _named(connection, name_words(term)):
        found.setdefault(row["id"], row)
    digits = phone_digits(term)
    if digits:
        for row in _rows_with(connection, "customer_search", digits):
            owner = master_rows.row(connection, "customer", row["customer"])
            if owner is not None and digits in row["phones"]:
                found.setdefault(owner["id"], owner)
    return sorted(found.values(), key=lambda row: (row["name"], row["id"]))[:FOUND_MAX]


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
            one for one in _rows_with(connection, "card", customer) if one["customer"] == customer
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


def _rows_with(connection: Connection, table: str, term: str) -> list[dict[str, Any]]:
    """Rows whose text holds a term somewhere; the caller looks where."""
    # SQLite tells Ü from ü, so the cases in which people write are asked for.
    cases = dict.fromkeys((term, term.lower(), term.upper(), term.title()))
    written = [json.dumps(one, ensure_ascii=False)[1:-1] for one in cases]
    holds = or_(*(master.c.row.icontains(one, autoescape=True) for one in written))
    rows = connection.execute(
        select(master.c.row).where((master.c.table_name == table) & holds).limit(4 * FOUND_MAX)
    ).scalars()
    return [json.loads(row) for row in rows]


def _named(connection: Connection, words: tuple[str, ...]) -> list[dict[str, Any]]:
    """The first customers whose name holds all words, in the one form of ``name_words``."""
    if not words:
        return []
    # The database compares plain letters. Names with others are folded here: one in a few.
    if connection.dialect.name == "sqlite":  # octet_length came with SQLite 3.43
        octets = func.length(cast(master.c.row, LargeBinary))
    else:
        octets = func.octet_length(master.c.row)
    plain = and_(*(master.c.row.icontains(word, autoescape=True) for word in words))
    with connection.execute(
        select(master.c.row).where(
            (master.c.table_name == "customer") & or_(plain, octets > func.length(master.c.row))
        )
    ) as found:
        rows = (json.loads(row) for row in found.scalars())
        return list(islice((row for row in rows if _is_named(row["name"], words)), FOUND_MAX))


def _is_named(name: str, words: tuple[str, ...]) -> bool:
    whole = " ".join(name_words(name))
    return all(word in whole for word in words)


def _newest(connection: Connection, table: Any, customer: str, by: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - a table and a column of SQLAlchemy
    rows = connection.execute(
        select(table).where(table.c.customer == customer).order_by(by.desc()).limit(ROWS_MAX)
    )
    return [dict(row) for row in rows.mappings()]
