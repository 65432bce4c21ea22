"""A visit: one request of a person, and what the page's functions answer with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import HTMLResponse, RedirectResponse, Response

from head_office.web.jobs import TooMuchWork
from head_office.web.rendering import html

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from head_office.minute_limit import MinuteLimit
    from head_office.storage import Database
    from head_office.users import Role, User
    from head_office.web.jobs import Jobs
    from head_office.web.sign_in_limit import SignInLimit

ROOT: Final = "/office"
VISITS_A_MINUTE: Final = 600
"""Ten a second for a whole minute: people type slower, what a program sends is not theirs."""


class NotThere(Exception):  # noqa: N818 - a state: the page answers 404
    """What the address names does not exist."""


@dataclass(frozen=True, slots=True)
class Site:
    """What all visits share."""

    database: Database
    sign_ins: SignInLimit
    visits: MinuteLimit
    jobs: Jobs


@dataclass(frozen=True, slots=True)
class Visit:
    """A request that was let in.

    Args:
        site: what all visits share.
        now: instant of the request.
        at: the address below the page's root, as ``PAGES`` names it.
        address: the whole of it, for who comes back; the first page for what was sent.
        user: who is signed in, None where nobody needs to be.
        path: parts of the address that vary.
        query: what stands behind the question mark.
        form: what was sent.
        session: what the signed cookie holds; changes are sent back.
    """

    site: Site
    now: dt.datetime
    at: str
    address: str
    user: User | None
    path: Mapping[str, str]
    query: Mapping[str, str]
    form: Mapping[str, list[str]]
    session: dict[str, Any] = field(default_factory=dict)

    @property
    def database(self) -> Database:
        """Head office."""
        return self.site.database

    @property
    def language(self) -> str:
        """``de``, or ``en`` when this browser asked for it."""
        return "en" if self.session.get("language") == "en" else "de"

    @property
    def name(self) -> str:
        """Name of who is signed in."""
        return self.user.name if self.user else ""

    def is_at(self, *addresses: str) -> bool:
        """Return whether the address is one of these, or lies below it."""
        return any(self.at == one or self.at.startswith(f"{one}/") for one in addresses)

    def may(self, role: Role) -> bool:
        """Return whether who is signed in may do what this role may."""
        return self.user is not None and self.user.role.includes(role)

    def word(self, field_name: str) -> str:
        """Return a field that was sent, trimmed; empty when it was not."""
        return (self.form.get(field_name) or [""])[-1].strip()

    def number(self, field_name: str) -> int:
        """Return a whole number that was sent; -1 for anything else."""
        word = self.word(field_name)
        return int(word) if word.isascii() and word.isdigit() and len(word) <= 15 else -1

    def say(self, german: str, english: str) -> str:
        """Return the sentence in the visitor's language."""
        return german if self.language == "de" else english

    def page(self, template: str, *, status: int = 200, **values: Any) -> Response:  # noqa: ANN401
        """Answer with a template."""
        said = self.session.pop("said", None)
        return HTMLResponse(
            html(
                template,
                language=self.language,
                visit=self,
                root=ROOT,
                csrf=self.session.get("csrf", ""),
                said=said,
                **values,
            ),
            status_code=status,
        )

    def start(self, order: dict[str, Any], *, shown_at: str, otherwise: str) -> Response:
        """Begin work and answer with the page that shows it.

        Args:
            order: what ``Jobs.start`` takes.
            shown_at: address below which the job is shown.
            otherwise: address where it says that too much is under way.
        """
        try:
            job = self.site.jobs.start(self.name, order)
        except TooMuchWork:
            said = self.say(
                "Es wird schon genug gerechnet. Bitte warten, bis etwas davon fertig ist.",
                "Enough is being worked on. Please wait until some of it is done.",
            )
            return self.go(otherwise, said)
        return self.go(f"{shown_at}/{job.id}")

    def go(self, path: str, said: str = "") -> Response:
        """Answer with another page of ours, which says a sentence first."""
        if said:
            self.session["said"] = said
        return RedirectResponse(f"{ROOT}{path}", status_code=303)
