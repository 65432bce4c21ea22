"""The owner's page as one application that head office's server mounts."""

from __future__ import annotations

import secrets
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.responses import Response
from starlette.routing import Route

from head_office.minute_limit import MinuteLimit
from head_office.storage import meta
from head_office.web import (
    classes_page,
    customer_actions,
    customers_page,
    history,
    log_page,
    previews,
    promotion_form,
    promotion_list,
    promotion_page,
    publishing,
    reports,
    sessions,
    sign_in,
    tills_page,
    today,
    users_page,
    vouchers_page,
)
from head_office.web.headers import Headers
from head_office.web.sign_in_limit import SignInLimit
from head_office.web.visit import ROOT, VISITS_A_MINUTE, Site

if TYPE_CHECKING:
    from starlette.requests import Request

    from head_office.storage import Database
    from head_office.web.door import Page
    from head_office.web.jobs import Jobs
    from pos_plugin.clock import Clock

PAGES: Final[tuple[Page, ...]] = (
    *sign_in.PAGES,
    *today.PAGES,
    *promotion_list.PAGES,
    *promotion_form.PAGES,
    *promotion_page.PAGES,
    *previews.PAGES,
    *publishing.PAGES,
    *history.PAGES,
    *reports.PAGES,
    *customers_page.PAGES,
    *customer_actions.PAGES,
    *classes_page.PAGES,
    *vouchers_page.PAGES,
    *tills_page.PAGES,
    *log_page.PAGES,
    *users_page.PAGES,
)
"""Every address there is, but for the files of ``static``."""

COOKIE: Final = "stammkunde_office"
_TYPES: Final = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
_SESSION_KEY: Final = "session_key"


def create_page(database: Database, clock: Clock, jobs: Jobs, *, over_tls: bool) -> Starlette:
    """Return the page.

    Args:
        database: head office, open as long as the page is.
        clock: tells the time.
        jobs: of this server.
        over_tls: whether browsers come by TLS; the cookie is sent back by TLS alone then.
    """
    site = Site(database, SignInLimit(), MinuteLimit(VISITS_A_MINUTE), jobs)
    routes = [page.route(site, clock) for page in PAGES]
    session = Middleware(
        SessionMiddleware,
        secret_key=_session_key(database),
        session_cookie=COOKIE,
        path=ROOT,
        same_site="strict",
        https_only=over_tls,
        max_age=int(sessions.WHOLE.total_seconds()),
    )
    return Starlette(routes=[*_static(), *routes], middleware=[Middleware(Headers), session])


def _static() -> list[Route]:
    """The files of the page, read once; they hold no secret."""
    routes = []
    for entry in (files("head_office.web") / "static").iterdir():
        media_type = _TYPES.get(entry.name.rpartition(".")[2])
        if media_type is None:
            continue
        answer = _Kept(entry.read_bytes(), media_type)
        routes.append(Route(f"/static/{entry.name}", answer.get, methods=["GET"]))
    return routes


class _Kept:
    """A file as it is sent; the browser may keep it for an hour."""

    def __init__(self, content: bytes, media_type: str) -> None:
        self._content = content
        self._media_type = media_type

    async def get(self, _request: Request) -> Response:
        headers = {"cache-control": "private, max-age=3600"}
        return Response(self._content, media_type=self._media_type, headers=headers)


def _session_key(database: Database) -> str:
    """The key that signs cookies; made when the first server of this head office starts."""
    asked = select(meta.c.value).where(meta.c.name == _SESSION_KEY)
    with database.read() as connection:
        known = connection.execute(asked).scalar_one_or_none()
    if known is None:
        try:
            with database.write() as connection:
                connection.execute(
                    meta.insert().values(name=_SESSION_KEY, value=secrets.token_hex(32))
                )
        except IntegrityError:
            pass  # another server of the same folder made it at the same moment
        with database.read() as connection:
            known = connection.execute(asked).scalar_one()
    return str(known)
