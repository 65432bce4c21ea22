"""The audit log: who changed what and when, and every sign-in that failed.

Rows are added in the transaction of the change itself: there is no change without its row.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import select

from head_office.storage import audit
from pos_plugin.clock import utc_text

if TYPE_CHECKING:
    import datetime as dt

    from sqlalchemy.engine import Connection


class Entry(NamedTuple):
    """A row of the log; ``detail`` depends on the action."""

    number: int
    at: str
    user: str
    action: str
    subject: str
    detail: dict[str, Any]


def note(
    connection: Connection,
    *,
    at: dt.datetime,
    user: str,
    action: str,
    subject: str,
    **detail: object,
) -> None:
    """Add a row.

    Args:
        connection: the open write transaction of the change.
        at: instant.
        user: who did it; ``command line`` for whoever has the machine.
        action: for example ``promotion.published``.
        subject: what was changed, by its id.
        detail: what JSON can hold; never a password, never a card.
    """
    connection.execute(
        audit.insert().values(
            at=utc_text(at),
            user=user,
            action=action,
            subject=subject,
            detail=json.dumps(detail, ensure_ascii=False),
        )
    )


def newest(connection: Connection, *, rows_max: int) -> list[Entry]:
    """Return the last rows, the newest first."""
    rows = connection.execute(select(audit).order_by(audit.c.number.desc()).limit(rows_max))
    return [
        Entry(row.number, row.at, row.user, row.action, row.subject, json.loads(row.detail))
        for row in rows
    ]
