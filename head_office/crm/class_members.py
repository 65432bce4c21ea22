"""How many customers stand in each class now."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from head_office.storage import class_history

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection


def members(connection: Connection) -> dict[str, dict[str, int]]:
    """Return the number of customers by scheme and class, as the last run left them.

    ``none`` and ``new`` of the scheme are counted, too: somebody who is in no class.
    """
    row = class_history.c
    asked = (
        select(row.scheme, row.code, func.count())
        .where(row.until_on.is_(None))
        .group_by(row.scheme, row.code)
    )
    found: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for scheme, code, number in connection.execute(asked):
        found[scheme][code] = number
    return dict(found)
