"""Brings the file of an earlier version up to this one, when the first command opens it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, inspect, select, text

from head_office import customer_words, master_rows
from head_office.storage import json_field, master, meta, metadata

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from head_office.storage import Database

FORM: Final = "1"
"""Raise it with every change of the tables, of ``customer_words`` or of ``name_words``."""
_NAME: Final = "form"


def ensure(database: Database) -> None:
    """Give a file what it lacks, all of it or nothing; one of our own form is only asked."""
    with database.read() as connection:
        if _is_of_form(connection):
            return
    with database.write() as connection:
        if not _is_of_form(connection):  # another process may have been faster
            _upgrade(connection)


def _is_of_form(connection: Connection) -> bool:
    known = select(meta.c.value).where(meta.c.name == _NAME)
    return connection.execute(known).scalar_one_or_none() == FORM


def _upgrade(connection: Connection) -> None:
    metadata.create_all(connection)
    if all(one["name"] != "customer" for one in inspect(connection).get_columns("master")):
        connection.execute(text("ALTER TABLE master ADD COLUMN customer TEXT"))
        connection.execute(
            master.update()
            .where(master.c.table_name.in_(master_rows.OF_PERSON))
            .values(customer=json_field(master.c.row, "customer"))
        )
    for table in metadata.sorted_tables:
        for index in table.indexes:
            index.create(connection, checkfirst=True)
    customer_words.fill(connection)
    connection.execute(delete(meta).where(meta.c.name == _NAME))
    connection.execute(meta.insert().values(name=_NAME, value=FORM))
