"""The owner's page as an HTTP client sees it: signs in, reads, sends forms."""

from __future__ import annotations

import html
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx

from head_office import users
from head_office.users import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from head_office_site import Site

PASSWORD = "ein langes Kennwort"
PEOPLE = {"olga": Role.OWNER, "emil": Role.EDITOR, "vera": Role.VIEWER}


def add_people(site: Site, *names: str) -> None:
    """Give people their accounts; a hash takes a while, so only those who are needed."""
    with site.database() as database:
        for name in names:
            users.add(database, name, PEOPLE[name], PASSWORD, now=site.clock.now())


class Visitor:
    """Somebody with a browser that runs no scripts."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        self.last = self.get("/sign-in")

    def get(self, path: str) -> httpx.Response:
        self.last = self.client.get(f"/office{path}")
        return self.last

    def post(self, path: str, **fields: Any) -> httpx.Response:
        """Send a form with the secret word of the last page."""
        self.last = self.client.post(f"/office{path}", data={"csrf": self.csrf, **fields})
        return self.last

    @property
    def csrf(self) -> str:
        found = re.search(r'name="csrf" value="([^"]+)"', self.last.text)
        if found is None:
            self.get("/sign-in")
            found = re.search(r'name="csrf" value="([^"]+)"', self.last.text)
        assert found is not None, self.last.text
        return found[1]

    def sign_in(self, name: str, password: str = PASSWORD) -> httpx.Response:
        return self.post("/sign-in", name=name, password=password)


def text_of(answer: httpx.Response) -> str:
    """What a page says, tags left out."""
    body = answer.text.partition("<main")[2]
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body)))


@contextmanager
def visitor(url: str, name: str | None = None) -> Iterator[Visitor]:
    """A fresh browser, signed in when a name is given."""
    with httpx.Client(base_url=url, trust_env=False, follow_redirects=True, timeout=60) as client:
        one = Visitor(client)
        if name is not None:
            answer = one.sign_in(name)
            assert answer.url.path == "/office/", answer.text
        yield one
