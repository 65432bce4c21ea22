"""Signing in and out, and the language of this browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

from head_office import audit, users
from head_office.users import Role
from head_office.web import sessions
from head_office.web.door import Page

if TYPE_CHECKING:
    from starlette.responses import Response

    from head_office.web.visit import Visit


def show(visit: Visit) -> Response:
    """Ask for name and password."""
    return visit.page("sign_in.html", fault="", name="")


def sign_in(visit: Visit) -> Response:
    """Begin a session for the right password."""
    name, password = visit.word("name").lower()[:80], (visit.form.get("password") or [""])[-1]
    if not visit.site.sign_ins.allows(name, now=visit.now):
        fault = visit.say(
            "Zu viele Versuche. Bitte in einer Viertelstunde noch einmal.",
            "Too many tries. Please try again in a quarter of an hour.",
        )
        return visit.page("sign_in.html", status=429, fault=fault, name=name)
    if not users.has_password(visit.database, name, password):
        with visit.database.write() as connection:
            audit.note(connection, at=visit.now, user=name, action="sign_in.failed", subject=name)
        fault = visit.say("Name oder Kennwort stimmt nicht.", "Name or password is not right.")
        return visit.page("sign_in.html", status=401, fault=fault, name=name)
    visit.site.sign_ins.succeeded(name)
    language = visit.language
    visit.session.clear()
    visit.session.update(key=sessions.begin(visit.database, name, now=visit.now), language=language)
    with visit.database.write() as connection:
        audit.note(connection, at=visit.now, user=name, action="sign_in", subject=name)
    return visit.go("/")


def sign_out(visit: Visit) -> Response:
    """End the session, here and in the browser."""
    sessions.end(visit.database, str(visit.session.get("key", "")))
    language = visit.language
    visit.session.clear()
    visit.session["language"] = language
    return visit.go("/sign-in")


def change_language(visit: Visit) -> Response:
    """Speak the other language from now on, on the page where it was asked for."""
    visit.session["language"] = "en" if visit.word("language") == "en" else "de"
    back = visit.word("back")
    return visit.go(back if back.startswith("/") else "/")


PAGES = (
    Page("GET", "/sign-in", None, show),
    Page("POST", "/sign-in", None, sign_in),
    Page("POST", "/sign-out", Role.VIEWER, sign_out),
    Page("POST", "/language", None, change_language),
)
