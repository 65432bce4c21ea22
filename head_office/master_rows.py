"""Rows of master data that change one at a time: read, written, and taken out for ever."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import delete, select

from head_office import customer_words, log
from head_office.storage import master
from sync_agent.protocol.json_bytes import compact_json

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from head_office.log import Row

ERASE: Final = "erase"
OF_PERSON: Final = ("customer_search", "card", "consent")


def row(connection: Connection, table: str, *key: str) -> dict[str, Any] | None:
    """Return a row of master data by its key."""
    text = connection.execute(
        select(master.c.row).where(_is(table, json.dumps(key, ensure_ascii=False)))
    ).scalar_one_or_none()
    return None if text is None else dict(json.loads(text))


def put(connection: Connection, table: str, wire: dict[str, Any], *, shop: str) -> None:
    """Keep a row of a shop's customers."""
    key = log.row_key(table, wire)
    text = compact_json(wire).decode()
    here = _is(table, key)
    values = {"row": text, "customer": wire.get("customer")}
    if connection.execute(master.update().where(here).values(values)).rowcount == 0:
        connection.execute(
            master.insert().values(table_name=table, row_key=key, shop=shop, **values)
        )
    customer_words.keep(connection, table, key, wire)


def of_person(connection: Connection, customer: str) -> list[tuple[str, str, dict[str, Any]]]:
    """Return a customer's search row, cards and consents: table, key and row of each."""
    found = connection.execute(
        select(master.c.table_name, master.c.row_key, master.c.row)
        .where((master.c.customer == customer) & master.c.table_name.in_(OF_PERSON))
        .order_by(master.c.table_name, master.c.row_key)
    )
    return [(table, key, json.loads(text)) for table, key, text in found.all()]


def erase(connection: Connection, customer: str) -> list[Row]:
    """Take everything personal of a customer out; return the removals that tills follow."""
    removed: list[Row] = [("customer", {"id": customer, log.REASON: ERASE})]
    for table, key, wire in of_person(connection, customer):
        connection.execute(delete(master).where(_is(table, key)))
        removed.append((table, {**wire, log.REASON: ERASE}))
    key = log.row_key("customer", {"id": customer})
    connection.execute(delete(master).where(_is("customer", key)))
    customer_words.forget(connection, key)
    return removed


def _is(table: str, key: str) -> Any:  # noqa: ANN401 - a clause of SQLAlchemy
    return (master.c.table_name == table) & (master.c.row_key == key)
