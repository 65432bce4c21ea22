"""Words of the shop's own articles, shown beside the fields that want them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from sqlalchemy import select

from head_office.storage import master, till
from head_office.web import names

if TYPE_CHECKING:
    from head_office.storage import Database

_ARTICLES: Final = 2_000
_SHOWN: Final = 30
_CODES: Final = (
    ("groups", "segment_bit", "segment"),
    ("accounts", "program", "code"),
    ("voucher_kinds", "voucher_type", "code"),
)


def words(database: Database) -> dict[str, list[str]]:
    """Return the words of the shop by their name.

    ``categories``, ``brands``, ``seasons`` and ``tags`` of the first articles; ``groups`` of
    customers, ``shops``, ``accounts``, ``voucher_kinds``.
    """
    found: dict[str, set[str]] = {
        name: set() for name in ("categories", "brands", "seasons", "tags")
    }
    with database.read() as connection:
        rows = connection.execute(
            select(master.c.row).where(master.c.table_name == "article").limit(_ARTICLES)
        ).scalars()
        for text in rows:
            row = json.loads(text)
            found["categories"] |= set(row.get("categories") or ())
            found["tags"] |= set(row.get("tags") or ())
            found["brands"] |= {row["brand"]} if row.get("brand") else set()
            found["seasons"] |= {row["season"]} if row.get("season") else set()
        found["shops"] = set(connection.execute(select(till.c.shop)).scalars())
        for name, table, column in _CODES:
            found[name] = {str(row[column]) for row in names.rows(connection, table)}
    return {name: sorted(some)[:_SHOWN] for name, some in found.items()}


def query(**values: str) -> str:
    """Return what stands behind the question mark of an address.

    >>> query(id="3 für 2")
    'id=3+f%C3%BCr+2'
    """
    return urlencode(values)
