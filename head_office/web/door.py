"""The one door of the page: whatever comes passes here before a function of the page sees it.

1. An address says which role it needs; there is no address without that word.
2. What changes something is a POST with the session's secret word (CSRF), from our own page.
3. What is sent is small and is text.
4. Nobody who is signed in asks more than people do.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.routing import Route

from head_office.errors import HeadOfficeBusy, HeadOfficeStorage
from head_office.web import sessions
from head_office.web.visit import ROOT, NotThere, Visit

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from head_office.users import Role
    from head_office.web.visit import Site
    from pos_plugin.clock import Clock

FORM_BYTES_MAX: Final = 512 * 1024
FIELDS_MAX: Final = 500


@dataclass(frozen=True, slots=True)
class Page:
    """An address, who may come, and the function that answers.

    Args:
        method: ``GET`` looks, ``POST`` changes.
        path: below the page's root.
        role: that is needed; None = nobody has to be signed in.
        answer: runs on a thread of its own.
    """

    method: str
    path: str
    role: Role | None
    answer: Callable[[Visit], Response]

    def route(self, site: Site, clock: Clock) -> Route:
        """Return the guarded route."""

        async def endpoint(request: Request) -> Response:
            try:
                form = await _form(request) if self.method == "POST" else {}
            except _FormRefusedError as refused:
                form, status = {}, refused.status
            else:
                status = 200
            visit = Visit(
                site=site,
                now=clock.now(),
                at=self.path,
                address=_address(request) if self.method == "GET" else "/",
                user=None,
                path=dict(request.path_params),
                query=dict(request.query_params),
                form=form,
                session=request.session,
            )
            if status == 200 and self.method == "POST" and not _is_ours(request, form):
                status = 403
            if status != 200:
                return _refused(visit, status)
            return await run_in_threadpool(self._answer, visit)

        return Route(self.path, endpoint, methods=[self.method])

    def _answer(self, visit: Visit) -> Response:
        _secret_word(visit.session)
        try:
            user = sessions.visitor(
                visit.database, str(visit.session.get("key", "")), now=visit.now
            )
            let_in = replace(visit, user=user)
            if user is not None and not visit.site.visits.allows(
                user.name, at_s=visit.now.timestamp()
            ):
                return _refused(let_in, 429)
            if self.role is not None and user is None:
                return let_in.go("/sign-in")
            if self.role is not None and not let_in.may(self.role):
                return _refused(let_in, 403)
            return self.answer(let_in)
        except NotThere:
            return _refused(let_in, 404)
        except (HeadOfficeBusy, HeadOfficeStorage):
            return _refused(visit, 503)


class _FormRefusedError(Exception):
    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


async def _form(request: Request) -> dict[str, list[str]]:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > FORM_BYTES_MAX:
            raise _FormRefusedError(413)
    if request.headers.get("content-type", "").split(";")[0] != "application/x-www-form-urlencoded":
        raise _FormRefusedError(415)
    try:
        return parse_qs(
            body.decode("ascii"),
            keep_blank_values=True,
            max_num_fields=FIELDS_MAX,
            encoding="utf-8",
            errors="strict",
        )
    except ValueError:
        raise _FormRefusedError(400) from None


def _address(request: Request) -> str:
    path = request.url.path.removeprefix(ROOT)
    return f"{path}?{request.url.query}" if request.url.query else path


def _is_ours(request: Request, form: dict[str, list[str]]) -> bool:
    """Whether our own page sent it: its secret word, and where the browser says it comes from."""
    known = str(request.session.get("csrf", ""))
    shown = (form.get("csrf") or [""])[-1]
    if not known or not hmac.compare_digest(known.encode(), shown.encode()):
        return False
    origin = request.headers.get("origin")
    # A proxy that speaks TLS for us passes the name on, not the scheme.
    return origin is None or urlsplit(origin).netloc == request.headers.get("host", "")


def _secret_word(session: dict[str, Any]) -> None:
    if "csrf" not in session:
        session["csrf"] = secrets.token_urlsafe(32)


def _refused(visit: Visit, status: int) -> Response:
    """A page that says so; a fault of the form leads back to the page's start."""
    _secret_word(visit.session)
    return visit.page("refused.html", status=status, code=status, home=ROOT)
