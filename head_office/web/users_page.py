"""Who may use this page: accounts, roles, passwords; for the owner alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from head_office import users
from head_office.users import Role
from head_office.web.door import Page
from head_office.web.visit import NotThere
from pos_plugin.errors import ConfigError

if TYPE_CHECKING:
    from starlette.responses import Response

    from head_office.web.visit import Visit


def show(visit: Visit) -> Response:
    """List everybody, and ask for somebody new."""
    return _list(visit)


def add(visit: Visit) -> Response:
    """Give somebody an account."""
    name, password = visit.word("name"), _password(visit)
    if password is None:
        return _list(visit, fault=_twice(visit))
    try:
        users.add(visit.database, name, _role(visit), password, now=visit.now, by=visit.name)
    except ConfigError as fault:
        return _list(visit, fault=_said(visit, fault))
    return visit.go("/users", visit.say(f"{name} kann sich anmelden.", f"{name} may sign in."))


def change_role(visit: Visit) -> Response:
    """Let somebody do more or less than before."""
    return _change(visit, role=_role(visit))


def lock(visit: Visit) -> Response:
    """Let somebody not sign in any more, or again."""
    return _change(visit, is_disabled=visit.word("locked") == "1")


def set_password(visit: Visit) -> Response:
    """Give somebody another password."""
    _ = _known(visit)
    password = _password(visit)
    if password is None:
        return _list(visit, fault=_twice(visit))
    return _change(visit, password=password)


def _change(
    visit: Visit,
    *,
    role: Role | None = None,
    password: str | None = None,
    is_disabled: bool | None = None,
) -> Response:
    name = _known(visit)
    try:
        users.change(
            visit.database,
            name,
            now=visit.now,
            role=role,
            password=password,
            is_disabled=is_disabled,
            by=visit.name,
        )
    except ConfigError as fault:
        return _list(visit, fault=_said(visit, fault))
    except users.LastOwner:
        words = visit.say(
            "Nicht geschehen: Danach gäbe es niemanden mehr mit der Rolle Inhaber.",
            "Not done: nobody would be left with the role of an owner.",
        )
        return _list(visit, fault=words, status=409)
    said = visit.say(
        f"{name} ist geändert und überall abgemeldet.",
        f"{name} is changed and signed out everywhere.",
    )
    return visit.go("/users", said)


def _list(visit: Visit, *, fault: str = "", status: int = 422) -> Response:
    with visit.database.read() as connection:
        known = users.known(connection)
    return visit.page(
        "users.html",
        status=status if fault else 200,
        fault=fault,
        known=known,
        roles=list(Role),
        name=visit.word("name") if fault else "",
        least=users.PASSWORD_MIN,
        most=users.PASSWORD_MAX,
    )


def _known(visit: Visit) -> str:
    name = visit.word("name")
    with visit.database.read() as connection:
        if all(one.name != name for one in users.known(connection)):
            raise NotThere
    return name


def _role(visit: Visit) -> Role:
    try:
        return Role(visit.word("role"))
    except ValueError:
        raise NotThere from None


def _password(visit: Visit) -> str | None:
    """The password as it was typed, blanks and all; None when it was typed in two ways."""
    first, second = ((visit.form.get(field) or [""])[-1] for field in ("password", "again"))
    return first if first == second else None


def _twice(visit: Visit) -> str:
    return visit.say(
        "Nicht geschehen: Die beiden Kennwörter sind verschieden.",
        "Not done: the two passwords differ.",
    )


def _said(visit: Visit, fault: ConfigError) -> str:
    if fault.code == "duplicate_id":
        return visit.say(
            "Nicht geschehen: Diesen Namen gibt es schon.", "Not done: this name is taken."
        )
    if fault.where == "NAME":
        return visit.say(
            "Nicht geschehen: Ein Name besteht aus Kleinbuchstaben a bis z, Ziffern, Punkt, _ "
            "und - (höchstens 40) und beginnt mit Buchstabe oder Ziffer.",
            "Not done: a name is made of small letters a to z, figures, dot, _ and - (at most 40) "
            "and begins with a letter or figure.",
        )
    return visit.say(
        f"Nicht geschehen: Ein Kennwort hat {users.PASSWORD_MIN} bis {users.PASSWORD_MAX} Zeichen.",
        f"Not done: a password has {users.PASSWORD_MIN} to {users.PASSWORD_MAX} characters.",
    )


PAGES = (
    Page("GET", "/users", Role.OWNER, show),
    Page("POST", "/users/add", Role.OWNER, add),
    Page("POST", "/users/role", Role.OWNER, change_role),
    Page("POST", "/users/lock", Role.OWNER, lock),
    Page("POST", "/users/password", Role.OWNER, set_password),
)
