"""Accounts on the owner's page: added, changed, locked, and never without an owner."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from head_office_site import Site
from owner_page import PASSWORD, add_people, text_of, visitor

from head_office import audit, users

if TYPE_CHECKING:
    from collections.abc import Iterator

    from owner_page import Visitor

OTHER = "  ein anderes Kennwort "


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("users"))
    add_people(site, "olga")
    with site.served() as url:
        site.url = url
        yield site


@pytest.fixture
def owner(site: Site) -> Iterator[Visitor]:
    with visitor(site.url, "olga") as owner:
        yield owner


def known(site: Site) -> dict[str, tuple[str, bool]]:
    with site.database() as database, database.read() as connection:
        return {one.name: (one.role.value, one.is_disabled) for one in users.known(connection)}


def logged(site: Site) -> list[audit.Entry]:
    with site.database() as database, database.read() as connection:
        return audit.newest(connection, rows_max=50)


def add(owner: Visitor, name: str, role: str = "viewer", password: str = PASSWORD) -> int:
    answer = owner.post("/users/add", name=name, role=role, password=password, again=password)
    return answer.status_code


def test_an_owner_adds_changes_and_locks_somebody(site: Site, owner: Visitor) -> None:
    assert add(owner, "emil", "editor") == 200
    assert "emil kann sich anmelden." in text_of(owner.last)
    assert "emil Schreiben" in text_of(owner.last)
    with visitor(site.url, "emil") as emil:
        owner.post("/users/role", name="emil", role="viewer")
        assert known(site)["emil"] == ("viewer", False)
        assert emil.get("/").url.path == "/office/sign-in"
        assert emil.sign_in("emil").url.path == "/office/"
        owner.post("/users/password", name="emil", password=OTHER, again=OTHER)
        assert emil.get("/").url.path == "/office/sign-in"
        assert emil.sign_in("emil").status_code == 401
        assert emil.sign_in("emil", OTHER).status_code == 200
        owner.post("/users/lock", name="emil", locked="1")
        assert "Gesperrt" in text_of(owner.last)
        assert emil.get("/").url.path == "/office/sign-in"
        assert emil.sign_in("emil", OTHER).status_code == 401
        owner.post("/users/lock", name="emil", locked="0")
        assert emil.sign_in("emil", OTHER).status_code == 200
    rows = [one for one in logged(site) if one.subject == "emil" and one.user == "olga"]
    assert [one.action for one in rows] == 4 * ["user.changed"] + ["user.added"]
    assert OTHER.strip() not in str(rows)


def test_the_last_owner_stays(site: Site, owner: Visitor) -> None:
    before = known(site)
    for path, field in (("role", {"role": "editor"}), ("lock", {"locked": "1"})):
        answer = owner.post(f"/users/{path}", name="olga", **field)
        assert answer.status_code == 409
        assert "niemanden mehr mit der Rolle Inhaber" in text_of(answer)
    assert known(site) == before
    assert add(owner, "otto", "owner") == 200
    assert owner.post("/users/role", name="otto", role="editor").status_code == 200


def test_what_cannot_be_is_said_in_words(site: Site, owner: Visitor) -> None:
    before = known(site)
    for name, password, words in (
        ("olga", PASSWORD, "Diesen Namen gibt es schon"),
        ("Ein Mensch", PASSWORD, "Ein Name besteht aus"),
        ("kurt", "kurz", "Ein Kennwort hat 12 bis 200 Zeichen"),
        ("kurt", "x" * 201, "Ein Kennwort hat 12 bis 200 Zeichen"),
    ):
        assert add(owner, name, password=password) == 422
        assert words in text_of(owner.last)
    for path in ("/users/add", "/users/password"):
        answer = owner.post(path, name="olga", role="owner", password=PASSWORD, again=OTHER)
        assert answer.status_code == 422
        assert "Die beiden Kennwörter sind verschieden" in text_of(answer)
        assert PASSWORD not in answer.text
    assert known(site) == before


def test_nobody_and_no_role_are_not_there(site: Site, owner: Visitor) -> None:
    before = known(site)
    assert owner.post("/users/role", name="olga", role="king").status_code == 404
    for path in ("/users/role", "/users/lock", "/users/password"):
        for name in ("nobody", "", "olga\x00", "OLGA", "<script>"):
            answer = owner.post(path, name=name, role="viewer", password=PASSWORD, again=PASSWORD)
            assert answer.status_code == 404, (path, name)
    assert known(site) == before


def test_english_speaks_of_roles_too(owner: Visitor) -> None:
    owner.post("/language", language="en")
    assert "olga Owner · since" in text_of(owner.get("/users"))
