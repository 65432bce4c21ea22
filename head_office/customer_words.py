"""By what people search customers at head office: narrow rows beside the wide ones of ``master``.

A part of a name is sought in the names of all customers. Here they stand folded as tills fold them,
so the database finds them itself: among 100 000 rows of master data that took a second.

Whoever writes rows of customers calls ``keep``. Whoever changes what it writes raises
``upgrade.FORM``.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, bindparam, delete, or_, select, update

from head_office.storage import customer_words, master
from pos_plugin.search_keys import name_words, phone_digits

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.engine import Connection

_EDGE: Final = "\x1f"
_FILLED_AT_ONCE: Final = 1_000


def keep(connection: Connection, table: str, key: str, wire: Mapping[str, Any]) -> None:
    """Follow a row of master data that was written; other tables than customers' have no words."""
    if table not in _WORDS:
        return
    words = _WORDS[table](wire)
    if connection.execute(_CHANGE[table], {"of_key": key, **words}).rowcount == 0:
        connection.execute(customer_words.insert(), {"row_key": key, **words})


def forget(connection: Connection, key: str) -> None:
    """Follow a customer's row that was taken out."""
    connection.execute(delete(customer_words).where(customer_words.c.row_key == key))


def find(connection: Connection, term: str, *, found_max: int) -> list[dict[str, Any]]:
    """Return the rows of customers whose id, number, name or phone number holds a term.

    Where there are more than asked for, whoever has the very id, number or phone number is among
    those returned, then the first by name.

    Args:
        connection: open.
        term: not empty.
        found_max: so many at most.
    """
    here = customer_words.c
    plain = _plain(term)
    is_whole = here.plain.contains(_EDGE + plain + _EDGE, autoescape=True)
    holds = here.plain.contains(plain, autoescape=True)
    words = name_words(term)
    if words:
        holds |= and_(*(here.folded.contains(word, autoescape=True) for word in words))
    digits = phone_digits(term)
    if digits:
        has_phone = here.phones.contains(_EDGE + digits + _EDGE, autoescape=True)
        holds, is_whole = or_(holds, has_phone), or_(is_whole, has_phone)
    keys = (
        select(here.row_key)
        .where(holds)
        .order_by(is_whole.desc(), here.folded, here.row_key)
        .limit(found_max)
    )
    rows = connection.execute(
        select(master.c.row).where(
            (master.c.table_name == "customer")
            & master.c.row_key.in_(connection.execute(keys).scalars().all())
        )
    ).scalars()
    return [json.loads(row) for row in rows]


def fill(connection: Connection) -> None:
    """Write the words of all customers anew."""
    connection.execute(delete(customer_words))
    for table, key, write in (
        ("customer", "row_key", customer_words.insert()),
        ("customer_search", "of_key", _CHANGE["customer_search"]),
    ):
        found = connection.execute(
            select(master.c.row_key, master.c.row).where(master.c.table_name == table)
        )
        for some in found.partitions(_FILLED_AT_ONCE):
            words = [{key: row.row_key} | _WORDS[table](json.loads(row.row)) for row in some]
            connection.execute(write, words)


def _plain(*texts: str) -> str:
    # PostgreSQL has no place for a NUL in a text.
    return _EDGE.join(texts).casefold().replace("\0", _EDGE)


def _of_name(wire: Mapping[str, Any]) -> dict[str, str]:
    plain = _plain("", wire["id"], wire["number"], wire["name"], "")
    return {"plain": plain, "folded": " ".join(name_words(wire["name"]))}


def _of_search(wire: Mapping[str, Any]) -> dict[str, str]:
    return {"phones": _EDGE.join(("", *wire["phones"], ""))}


_WORDS: Final = {"customer": _of_name, "customer_search": _of_search}
_HERE: Final = update(customer_words).where(customer_words.c.row_key == bindparam("of_key"))
_CHANGE: Final = {
    "customer": _HERE.values(plain=bindparam("plain"), folded=bindparam("folded")),
    "customer_search": _HERE.values(phones=bindparam("phones")),
}
