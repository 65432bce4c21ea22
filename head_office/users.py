"""People who use the owner's page: names, roles, passwords.

1. A password is never stored; its Argon2id hash is.
2. A wrong name takes as long as a wrong password.
3. Whoever loses the password, the role or the account loses every session at once.
4. The page never takes the last owner away. The command line may: it can add another.
"""

from __future__ import annotations

import re
import threading
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import delete, select

from head_office import audit
from head_office.storage import user, user_session
from pos_plugin.clock import utc_text
from pos_plugin.errors import ConfigError

if TYPE_CHECKING:
    import datetime as dt

    from argon2 import PasswordHasher
    from sqlalchemy.engine import Connection, Row

    from head_office.storage import Database

PASSWORD_MIN: Final = 12
PASSWORD_MAX: Final = 200
COMMAND_LINE: Final = "command line"
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")
# A hash takes 64 MiB; so many at a time, however many people sign in.
_hashing: Final = threading.Semaphore(2)


class Role(StrEnum):
    """What somebody may do; each includes the one before it."""

    VIEWER = "viewer"
    EDITOR = "editor"
    OWNER = "owner"

    def includes(self, needed: Role) -> bool:
        """Return whether this role may do what ``needed`` may.

        >>> Role.OWNER.includes(Role.EDITOR), Role.VIEWER.includes(Role.EDITOR)
        (True, False)
        """
        order = list(Role)
        return order.index(self) >= order.index(needed)


class LastOwner(Exception):  # noqa: N818 - a state: the page says so
    """After this nobody who may sign in would be an owner."""


class User(NamedTuple):
    """Somebody with an account."""

    name: str
    role: Role
    created_at: str
    is_disabled: bool


def add(
    database: Database,
    name: str,
    role: Role,
    password: str,
    *,
    now: dt.datetime,
    by: str = COMMAND_LINE,
) -> None:
    """Give somebody an account; ``by`` is who does it.

    Raises:
        ConfigError: the name is none or is taken, or the password is too short or too long.
    """
    if not _NAME.fullmatch(name):
        raise ConfigError(
            "out_of_range", "NAME", "1 to 40 of a-z 0-9 . _ - beginning with a letter or figure"
        )
    hashed = _hashed(password)
    with database.write() as connection:
        if _row(connection, name) is not None:
            raise ConfigError("duplicate_id", "NAME", f"there is a user {name}")
        connection.execute(
            user.insert().values(
                name=name, role=role.value, password_hash=hashed, created_at=utc_text(now)
            )
        )
        audit.note(connection, at=now, user=by, action="user.added", subject=name, role=role)


def change(
    database: Database,
    name: str,
    *,
    now: dt.datetime,
    role: Role | None = None,
    password: str | None = None,
    is_disabled: bool | None = None,
    by: str = COMMAND_LINE,
) -> None:
    """Change role, password or whether the account is in use; ends the sessions of the user.

    Raises:
        ConfigError: nobody has the name, or the password is too short or too long.
        LastOwner: nobody would be left who may do this on the page.
    """
    values: dict[str, str | None] = {}
    if role is not None:
        values["role"] = role.value
    if password is not None:
        values["password_hash"] = _hashed(password)
    if is_disabled is not None:
        values["disabled_at"] = utc_text(now) if is_disabled else None
    with database.write() as connection:
        if _row(connection, name) is None:
            raise ConfigError("out_of_range", "NAME", f"there is no user {name}")
        connection.execute(user.update().where(user.c.name == name).values(values))
        if by != COMMAND_LINE and not _has_owner(connection):
            raise LastOwner
        connection.execute(delete(user_session).where(user_session.c.user == name))
        audit.note(
            connection,
            at=now,
            user=by,
            action="user.changed",
            subject=name,
            fields=sorted(values),
        )


def known(connection: Connection) -> list[User]:
    """Return all users by name."""
    return [
        User(row.name, Role(row.role), row.created_at, row.disabled_at is not None)
        for row in connection.execute(select(user).order_by(user.c.name))
    ]


def find(connection: Connection, name: str) -> User | None:
    """Return who has this name and may sign in."""
    row = _row(connection, name)
    if row is None or row.disabled_at is not None:
        return None
    return User(row.name, Role(row.role), row.created_at, is_disabled=False)


def has_password(database: Database, name: str, password: str) -> bool:
    """Return whether somebody who may sign in has this name and password."""
    from argon2.exceptions import VerificationError

    with database.read() as connection:
        row = _row(connection, name)
    stored = None if row is None or row.disabled_at is not None else row.password_hash
    if len(password) > PASSWORD_MAX:
        return False
    with _hashing:
        try:
            _hasher().verify(stored or _nobody(), password)
        except VerificationError:
            return False
    return stored is not None


def _row(connection: Connection, name: str) -> Row[Any] | None:
    return connection.execute(select(user).where(user.c.name == name)).one_or_none()


def _has_owner(connection: Connection) -> bool:
    may = (user.c.role == Role.OWNER.value) & user.c.disabled_at.is_(None)
    return connection.execute(select(user.c.name).where(may)).first() is not None


def _hashed(password: str) -> str:
    if not PASSWORD_MIN <= len(password) <= PASSWORD_MAX:
        raise ConfigError(
            "out_of_range", "password", f"{PASSWORD_MIN} to {PASSWORD_MAX} characters"
        )
    with _hashing:
        return _hasher().hash(password)


def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher

    return PasswordHasher()  # its defaults are those of RFC 9106 for little memory


@cache
def _nobody() -> str:
    """A hash with the cost of a real one; whoever meets its password is refused all the same."""
    return _hasher().hash("nobody has this password")
