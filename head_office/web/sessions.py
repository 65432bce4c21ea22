"""Who is signed in: a random key in the browser, its hash here.

1. A session ends after two hours without a click, after twelve in any case, and at once when its
   user changes.
2. Signing in makes a new key: one that was known before is worth nothing.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, select

from head_office import users
from head_office.storage import user_session
from pos_plugin.clock import instant, utc_text

if TYPE_CHECKING:
    from head_office.storage import Database
    from head_office.users import User

IDLE: Final = dt.timedelta(hours=2)
WHOLE: Final = dt.timedelta(hours=12)
_SEEN_EVERY: Final = dt.timedelta(minutes=5)


def begin(database: Database, name: str, *, now: dt.datetime) -> str:
    """Begin a session and return its key; sessions that are over are swept out."""
    key = secrets.token_urlsafe(32)
    now_text = utc_text(now)
    with database.write() as connection:
        connection.execute(
            delete(user_session).where(
                (user_session.c.seen_at <= utc_text(now - IDLE))
                | (user_session.c.begun_at <= utc_text(now - WHOLE))
            )
        )
        connection.execute(
            user_session.insert().values(
                key_sha256=_hash(key), user=name, begun_at=now_text, seen_at=now_text
            )
        )
    return key


def end(database: Database, key: str) -> None:
    """End a session."""
    with database.write() as connection:
        connection.execute(delete(user_session).where(user_session.c.key_sha256 == _hash(key)))


def visitor(database: Database, key: str, *, now: dt.datetime) -> User | None:
    """Return whose session the key opens, None when it opens none."""
    here = user_session.c.key_sha256 == _hash(key)
    with database.read() as connection:
        row = connection.execute(select(user_session).where(here)).one_or_none()
        if row is None:
            return None
        seen_at, begun_at = instant(row.seen_at), instant(row.begun_at)
        # A clock that was set back ends nobody's session, and makes none last longer.
        if now - seen_at >= IDLE or now - begun_at >= WHOLE:
            return None
        found = users.find(connection, row.user)
    if found is not None and now - seen_at >= _SEEN_EVERY:
        with database.write() as connection:
            connection.execute(user_session.update().where(here).values(seen_at=utc_text(now)))
    return found


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
