"""Caps of offline spending that a till raised, and who accepted what may be lost (sync.md §8).

The cap of a till stands in its own settings, and its report says it. One above what was accepted
for this till before is written down here and named by ``status`` and ``worst-case`` until a person
accepts it by name. Going back and up to an accepted cap again needs no new word.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import func, select

from head_office import audit
from head_office.storage import raised_cap
from pos_plugin.clock import utc_text

if TYPE_CHECKING:
    import datetime as dt

    from sqlalchemy.engine import Connection

TILL_CAP_MINOR: Final = 50_000
"""What a till may spend in one offline period unless it says otherwise, in minor units (cents)."""


class RaisedCap(NamedTuple):
    """A cap above what was accepted; ``accepted_by`` is None until somebody answers for it."""

    till: str
    cap_minor: int
    raised_at: str
    accepted_by: str | None
    accepted_at: str | None


def take_cap(connection: Connection, till: str, cap_minor: int | None, *, now_text: str) -> None:
    """Write a reported cap down if it is higher than what was accepted for this till."""
    if cap_minor is None:
        return
    here = raised_cap.c
    accepted = select(func.max(here.cap_minor)).where(
        (here.till == till) & here.accepted_by.is_not(None)
    )
    most_minor = max(TILL_CAP_MINOR, connection.execute(accepted).scalar() or 0)
    known = select(here.till).where((here.till == till) & (here.cap_minor == cap_minor))
    if cap_minor > most_minor and connection.execute(known).first() is None:
        connection.execute(
            raised_cap.insert().values(till=till, cap_minor=cap_minor, raised_at=now_text)
        )


def raised_caps(connection: Connection) -> list[RaisedCap]:
    """Return every cap that was ever raised, by till."""
    columns = [raised_cap.c[name] for name in RaisedCap._fields]
    rows = connection.execute(select(*columns).order_by(raised_cap.c.till, raised_cap.c.cap_minor))
    return [RaisedCap(*row) for row in rows]


def accept(connection: Connection, till: str, *, by: str, at: dt.datetime) -> int | None:
    """Note who answers for the cap of a till; return it, None when there is nothing to accept."""
    here = raised_cap.c
    waiting = (here.till == till) & here.accepted_by.is_(None)
    cap_minor = connection.execute(select(func.max(here.cap_minor)).where(waiting)).scalar()
    if cap_minor is None:
        return None
    connection.execute(
        raised_cap.update().where(waiting).values(accepted_by=by, accepted_at=utc_text(at))
    )
    audit.note(
        connection, at=at, user=by, action="cap.accepted", subject=till, cap_minor=int(cap_minor)
    )
    return int(cap_minor)
