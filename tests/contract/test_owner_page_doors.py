"""Who tries to get in beside the door of the owner's page stays outside, at every address."""

from __future__ import annotations

import asyncio
import datetime as dt
import re
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx
import pytest
from head_office_site import ANNA, ARTICLE, Site
from owner_page import PASSWORD, PEOPLE, add_people, visitor
from sqlalchemy import func, select
from starlette.applications import Starlette
from starlette.routing import Mount

import head_office.web
from head_office import users
from head_office.promotions import drafts
from head_office.storage import (
    audit,
    consent_word,
    draft,
    master,
    rule_generation,
    user_session,
    voucher,
    voucher_fact,
)
from head_office.users import Role
from head_office.web import sessions
from head_office.web.app import COOKIE, PAGES, create_page
from head_office.web.door import FORM_BYTES_MAX
from head_office.web.forms import FORMS
from head_office.web.jobs import Jobs
from head_office.web.sign_in_limit import TRIES, TRIES_OF_ALL, WITHIN, SignInLimit
from head_office.web.visit import ROOT, VISITS_A_MINUTE
from pos_plugin.clock import SettableClock, SystemClock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from owner_page import Visitor

    from head_office.web.door import Page

AT_DOOR = f"{ROOT}/sign-in"
NASTY = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{7*7}}"
OWN_CODE = re.compile(r"""<style|<\w(?:[^>"]|"[^"]*")*?\s(?:style|on\w+)=|javascript:""")
GUARDED = [page for page in PAGES if page.role is not None]
CHANGING = [page for page in PAGES if page.method == "POST"]
NASTY_KIND = {
    "code": NASTY,
    "legal_kind": "promo",
    "effect": {"kind": "value", "minor": 500, "label": {"de": NASTY, "en": NASTY}},
    "conditions": {"text": {"de": "Ab sofort.", "en": "At once."}},
    "validity": {"days": 30},
    "layout": {"title": {"de": "Danke", "en": "Thank you"}},
}
RULE: dict[str, Any] = {
    "id": NASTY,
    "layer": "article",
    "label": {"de": NASTY, "en": NASTY},
    "campaign": NASTY,
    "scope": {"shops": [NASTY]},
    "offer": {
        "kind": "unit_discount",
        "on": {"any_of": [{"categories": [NASTY]}]},
        "benefit": {"type": "percent", "bp": 2000},
    },
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("doors"))
    site.load(
        article=[ARTICLE | {"categories": [NASTY], "brand": NASTY}],
        customer=[ANNA | {"id": NASTY, "name": NASTY, "number": NASTY, "segments": [NASTY]}],
        program=[{"code": NASTY, "unit": "POINTS"}, {"code": f"{NASTY}2", "unit": "POINTS"}],
        voucher_type=[NASTY_KIND],
    )
    with site.database() as database, database.write() as connection:
        connection.execute(
            voucher.insert().values(
                id=NASTY, type=NASTY, customer=NASTY, state="issued", till=NASTY, detail="{}"
            )
        )
    add_people(site, *PEOPLE)
    with site.served() as url:
        site.url = url
        yield site


@pytest.fixture(scope="module")
def people(site: Site) -> Iterator[dict[str, Visitor]]:
    """Owner, editor and viewer, each signed in once."""
    with ExitStack() as stack:
        yield {name: stack.enter_context(visitor(site.url, name)) for name in PEOPLE}


@pytest.fixture
def owner(people: dict[str, Visitor]) -> Visitor:
    people["olga"].get("/")
    return people["olga"]


def named(page: Page) -> str:
    return f"{page.method} {page.path}"


def path_of(page: Page) -> str:
    return page.path.replace("{form}", "percent").replace("{job}", "none")


def ask(client: httpx.Client, page: Page, fields: dict[str, str] | None = None) -> httpx.Response:
    return client.request(
        page.method, f"/office{path_of(page)}", data=fields if page.method == "POST" else None
    )


def state(site: Site) -> tuple[Any, ...]:
    """All that somebody outside must not be able to change."""
    with site.database() as database, database.read() as connection:
        return (
            connection.execute(select(func.count()).select_from(rule_generation)).scalar(),
            connection.execute(select(draft)).all(),
            users.known(connection),
            connection.execute(select(voucher_fact)).all(),
            connection.execute(select(func.count()).select_from(voucher)).scalar(),
            connection.execute(select(consent_word)).all(),
            connection.execute(select(master).where(master.c.table_name == "customer")).all(),
            connection.execute(
                select(func.count()).where(audit.c.action.notin_(("sign_in", "sign_in.failed")))
            ).scalar(),
        )


@pytest.mark.parametrize("page", GUARDED, ids=named)
def test_nobody_gets_in_without_a_session(site: Site, page: Page) -> None:
    before = state(site)
    with visitor(site.url) as stranger:
        fields = {"csrf": stranger.csrf}
        stranger.client.follow_redirects = False
        answer = ask(stranger.client, page, fields)
    assert (answer.status_code, answer.headers["location"]) == (303, "/office/sign-in")
    assert state(site) == before


FORBIDDEN = [
    (name, page)
    for name, role in PEOPLE.items()
    for page in GUARDED
    if page.role is not None and not role.includes(page.role)
]


def test_nobody_does_what_the_role_does_not_allow(site: Site, people: dict[str, Visitor]) -> None:
    assert len(FORBIDDEN) > 10
    before = state(site)
    for name, page in FORBIDDEN:
        somebody = people[name]
        somebody.get("/")
        answer = ask(somebody.client, page, {"csrf": somebody.csrf})
        assert answer.status_code == 403, (name, named(page))
    assert state(site) == before


def test_a_form_without_the_secret_word_changes_nothing(
    site: Site, owner: Visitor, people: dict[str, Visitor]
) -> None:
    before = state(site)
    people["emil"].get("/")
    for page in CHANGING:
        for word in (None, "", "wrong", people["emil"].csrf):
            answer = ask(owner.client, page, {"a": "1"} if word is None else {"csrf": word})
            assert answer.status_code == 403, (named(page), word)
    assert owner.get("/").url.path == "/office/"
    assert state(site) == before


def test_a_form_of_a_foreign_page_is_refused(site: Site, owner: Visitor) -> None:
    for origin in ("https://evil.example", "null", site.url.replace("127.0.0.1", "localhost")):
        answer = owner.client.post(
            "/office/language", data={"csrf": owner.csrf}, headers={"origin": origin}
        )
        assert answer.status_code == 403, origin
    answer = owner.client.post(
        "/office/language", data={"csrf": owner.csrf}, headers={"origin": site.url}
    )
    assert answer.status_code == 200


def test_the_roles_of_addresses_are_meant() -> None:
    """Whoever adds an address decides here who may come."""
    open_to_all = {named(page) for page in PAGES if page.role is None}
    assert open_to_all == {"GET /sign-in", "POST /sign-in", "POST /language"}
    for_viewers = {named(page) for page in CHANGING if page.role is Role.VIEWER}
    assert for_viewers == {"POST /sign-out"}


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
def test_a_changing_address_has_no_other_method(owner: Visitor, method: str) -> None:
    for page in CHANGING:
        if any(one.method == "GET" and one.path == page.path for one in PAGES):
            continue
        assert owner.client.request(method, f"/office{path_of(page)}").status_code in {404, 405}


def test_the_cookie_is_for_this_page_alone(site: Site) -> None:
    with visitor(site.url, "olga") as owner:
        cookie = owner.last.history[0].headers["set-cookie"].lower()
    assert {"httponly", "samesite=strict", "path=/office"} <= set(re.split(r";\s*", cookie))


def test_a_cookie_that_was_changed_is_none(site: Site) -> None:
    with visitor(site.url, "olga") as owner:
        signed = owner.client.cookies[COOKIE]
    for wrong in (signed[:-2] + "xx", signed[1:], "x", signed.partition(".")[0]):
        with httpx.Client(base_url=site.url, trust_env=False, cookies={COOKIE: wrong}) as client:
            assert client.get("/office/").status_code == 303


def test_signing_out_ends_the_session_also_for_a_copy_of_the_cookie(site: Site) -> None:
    with visitor(site.url, "olga") as owner:
        copied = owner.client.cookies[COOKIE]
        with httpx.Client(base_url=site.url, trust_env=False, cookies={COOKIE: copied}) as client:
            assert client.get("/office/").status_code == 200
            owner.post("/sign-out")
            assert client.get("/office/").status_code == 303


def test_signing_in_makes_a_new_key_and_a_new_secret_word(site: Site) -> None:
    with visitor(site.url) as owner:
        before, word = owner.client.cookies[COOKIE], owner.csrf
        owner.sign_in("olga")
        assert owner.client.cookies[COOKIE] != before
        assert owner.csrf != word


def test_a_disabled_user_is_out_at_once(site: Site) -> None:
    with site.database() as database:
        users.add(database, "gast", Role.OWNER, PASSWORD, now=site.clock.now())
    with visitor(site.url, "gast") as guest:
        with site.database() as database:
            users.change(database, "gast", now=site.clock.now(), is_disabled=True)
        assert guest.get("/").url.path == "/office/sign-in"
        assert guest.sign_in("gast").status_code == 401


def test_a_session_ends_by_itself(site: Site) -> None:
    now = SystemClock().now()
    with site.database() as database:
        key = sessions.begin(database, "olga", now=now)
        assert sessions.visitor(database, key, now=now + sessions.IDLE - dt.timedelta(seconds=1))
        assert sessions.visitor(database, key, now=now + sessions.IDLE) is not None  # was seen
        assert sessions.visitor(database, key, now=now + 3 * sessions.IDLE) is None
        assert sessions.visitor(database, "", now=now) is None
        at = now
        while at - now < sessions.WHOLE:
            assert sessions.visitor(database, key, now=at) is not None
            at += dt.timedelta(hours=1)
        assert sessions.visitor(database, key, now=at) is None
        with database.read() as connection:
            kept = connection.execute(select(user_session.c.key_sha256)).scalars().all()
        assert key not in kept


def test_guessing_ends_after_eight_tries(site: Site) -> None:
    with site.database() as database:
        users.add(database, "rate", Role.OWNER, PASSWORD, now=site.clock.now())
    with visitor(site.url) as guesser:
        tries = [guesser.sign_in("rate", f"wrong {n}").status_code for n in range(TRIES)]
        assert tries == [401] * TRIES
        assert guesser.sign_in("rate").status_code == 429
    with visitor(site.url, "vera"):
        pass  # others sign in meanwhile


def test_the_limit_forgets_after_a_quarter_of_an_hour() -> None:
    limit, now = SignInLimit(), SystemClock().now()
    assert [limit.allows("a", now=now) for _ in range(TRIES + 1)] == [True] * TRIES + [False]
    assert limit.allows("b", now=now)
    assert limit.allows("a", now=now + WITHIN)
    many = SignInLimit()
    assert all(many.allows(str(n), now=now) for n in range(TRIES_OF_ALL))
    assert not many.allows("one more", now=now)


def test_who_asks_more_than_people_do_waits_for_a_minute(site: Site) -> None:
    clock = SettableClock(SystemClock().now())

    async def told(page: Starlette, name: str, number: int, path: str = "/") -> list[int]:
        """What a browser is told that signs in and then asks so often."""
        browser = httpx.AsyncClient(transport=httpx.ASGITransport(page), base_url="http://page")
        async with browser:
            word = re.search(r'name="csrf" value="([^"]+)"', (await browser.get(AT_DOOR)).text)
            fields = {"csrf": word[1] if word else "", "name": name, "password": PASSWORD}
            assert (await browser.post(AT_DOOR, data=fields)).status_code == 303
            return [(await browser.get(f"{ROOT}{path}")).status_code for _ in range(number)]

    with site.database() as database:
        door = create_page(database, clock, Jobs(), over_tls=False)
        page = Starlette(routes=[Mount(ROOT, door)])
        asked = asyncio.run(told(page, "vera", VISITS_A_MINUTE + 1))
        assert asked == [200] * VISITS_A_MINUTE + [429]
        # A new session is the same person, no address is left out, and others go on.
        assert asyncio.run(told(page, "vera", 1, "/sign-in")) == [429]
        assert asyncio.run(told(page, "olga", 1)) == [200]
        clock.advance(seconds=60)
        assert asyncio.run(told(page, "vera", 1)) == [200]


def test_a_job_is_nobody_elses(owner: Visitor, people: dict[str, Visitor]) -> None:
    for work in ("/checks", "/previews"):
        path = owner.post(work).url.path.removeprefix("/office")
        assert path.startswith(f"{work}/")
        assert owner.get(path).status_code == 200
        people["emil"].get("/")
        assert people["emil"].get(path).status_code == 404


def test_what_people_wrote_is_never_markup(site: Site) -> None:
    with site.database() as database:
        drafts.save(database, RULE, version=0, user="olga", now=site.clock.now())
        drafts.approve(database, NASTY, version=1, user="olga", now=site.clock.now())
    with visitor(site.url, "olga") as owner:
        owner.sign_in(NASTY)
        pages = [
            ("/", {}), ("/promotions", {}), ("/promotion", {"id": NASTY}),
            ("/promotions/new/percent", {}),
            ("/publish", {}), ("/log", {}), ("/customer", {"id": NASTY}),
            ("/customers", {"term": NASTY}), ("/vouchers", {"term": NASTY}),
            ("/report", {"from": NASTY}),
        ]  # fmt: skip
        shown = 0
        for path, asked in pages:
            page = owner.client.get(f"/office{path}", params=asked)
            assert page.status_code == 200, path
            shown += "&lt;script&gt;" in page.text and "{{7*7}}" in page.text
            assert "<script>alert" not in page.text
            assert "<img" not in page.text
            assert not re.search(r'="[^"]*"\'><', page.text)
        assert shown == len(pages) - 1  # the report shows no word of the address
        answer = owner.post("/customer/voucher", id=NASTY, type=NASTY, value=NASTY, reason=NASTY)
        assert answer.status_code == 422
        assert "<script>alert" not in answer.text
        answer = owner.post("/customer/change", id=NASTY, groups=NASTY, rate=NASTY)
        assert answer.status_code == 422
        assert "<script>alert" not in answer.text
        owner.post("/customer/voucher", id=NASTY, order="1", type=NASTY, reason=NASTY)
        assert "Gegeben" in owner.last.text
        assert "<script>alert" not in owner.last.text + owner.get("/log").text
        answer = owner.post("/promotions/read-back/percent", percent="1", label_de="x",
                            on_categories=NASTY)  # fmt: skip
        assert "<script>alert" not in answer.text
        answer = owner.post("/promotions/save/percent", percent=NASTY, label_de=NASTY)
        assert answer.status_code == 422
        assert "<script>alert" not in answer.text
    with site.database() as database:
        drafts.drop(database, NASTY, version=2, user="olga", now=site.clock.now())


def fields_of_all_pages() -> set[str]:
    """Every name under which a page takes something: of the forms, and read by itself."""
    asked = re.compile(r"""(?:\b(?:word|number|Field)|(?:query|form)\.get)\(\s*"(\w+)\"""")
    folder = Path(head_office.web.__file__).parent
    found = {one for path in folder.rglob("*.py") for one in asked.findall(path.read_text())}
    return found | {field.name for form in FORMS for field in form.fields()}


@pytest.mark.parametrize("page", [one for one in PAGES if one.path != "/sign-out"], ids=named)
def test_no_address_shows_what_is_sent_to_it_as_markup(
    people: dict[str, Visitor], page: Page
) -> None:
    """Whoever adds an address or a field has it tried here."""
    names = fields_of_all_pages()
    assert {"term", "id", "reason", "password", "label_de", "day", "from", "page"} <= names
    owner = people["olga"]
    for form in ("percent", "expert", "points") if "{form}" in page.path else ("percent",):
        path = path_of(page).replace("/percent", f"/{form}").replace("none", quote(NASTY, safe=""))
        for sent in (NASTY, f'"{NASTY}'):
            everything = dict.fromkeys(names, sent)
            if page.method == "GET":
                answer = owner.client.get(f"/office{path}", params=everything)
            else:
                owner.get("/")
                answer = owner.post(path, **everything | {"csrf": owner.csrf})
            assert answer.status_code < 429, sent  # neither failed nor turned away unread
            assert "<script>alert" not in answer.text
            assert "<img" not in answer.text
            assert not OWN_CODE.search(answer.text)
    assert owner.get("/").url.path == "/office/"


def test_every_answer_carries_the_policy(owner: Visitor) -> None:
    for path in ("/", "/sign-in", "/nothing", "/static/page.css", "/checks/none"):
        headers = owner.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        kept = headers["cache-control"]
        assert kept == ("private, max-age=3600" if "static" in path else "no-store")


def test_markup_of_its_own_would_be_seen() -> None:
    """The control of the next one: what stands in a value's quotes is text, all else is not."""
    for text in ("<style>", '<p id="a" onclick="b">', "<p style=x>", "<a href='javascript:b'>"):
        assert OWN_CODE.search(text), text
    assert not OWN_CODE.search('<input value="&lt;img src=x onerror=alert(1)&gt;">')


def test_pages_hold_no_script_and_no_style_of_their_own(owner: Visitor) -> None:
    for page in PAGES:
        if page.method == "GET":
            text = owner.get(path_of(page)).text
            assert not re.search(r"<script(?! src=\"/office/static/)", text)
            assert not OWN_CODE.search(text)
            assert not re.search(r"(?:src|href|action)=\"(?!/office|#)", text)


def test_a_page_is_small(owner: Visitor) -> None:
    files = sum(len(owner.get(f"/static/{name}").content) for name in ("page.css", "htmx.min.js"))
    for page in PAGES:
        if page.method == "GET":
            assert len(owner.get(path_of(page)).content) + files <= 100_000, page.path


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"x" * (FORM_BYTES_MAX + 1), "application/x-www-form-urlencoded", 413),
        (b"&".join(b"a=1" for _ in range(600)), "application/x-www-form-urlencoded", 400),
        (b"a=%ff", "application/x-www-form-urlencoded", 400),
        ("a=ä".encode(), "application/x-www-form-urlencoded", 400),
        (b"{}", "application/json", 415),
        (b"", "", 415),
    ],
)
def test_what_is_no_small_form_is_refused(
    owner: Visitor, content: bytes, kind: str, status: int
) -> None:
    answer = owner.client.post("/office/publish", content=content, headers={"content-type": kind})
    assert answer.status_code == status


def test_odd_addresses_are_not_there(owner: Visitor) -> None:
    for path in (
        "/promotion", "/promotion?id=", "/promotion?id=%00", "/promotion/edit?id=x",
        "/promotions/new/none", "/promotions/new/..%2f..", "/static/../app.py",
        "/static/%2e%2e/app.py", "/static/htmx.LICENSE.txt", "/checks/" + "x" * 500,
    ):  # fmt: skip
        assert owner.get(path).status_code == 404, path
    for path in ("/promotion/approve", "/promotion/drop", "/promotion/pause"):
        answer = owner.post(path, id="\ud7ff\x00", version="9" * 400)
        assert answer.status_code == 404, path


def test_a_till_token_opens_nothing_here(site: Site) -> None:
    token = site.add_till("9")
    with httpx.Client(base_url=site.url, trust_env=False) as client:
        answer = client.get("/office/", headers={"authorization": f"Bearer {token}"})
        assert answer.status_code == 303
        answer = client.get("/v1/head")
        assert answer.status_code == 401


def test_a_session_opens_nothing_of_the_tills(owner: Visitor) -> None:
    assert owner.client.get("/v1/head").status_code == 401


def test_what_comes_by_the_door_does_change_something(site: Site, owner: Visitor) -> None:
    """The control: with session, role and secret word the state is another one."""
    before = state(site)
    assert owner.post("/promotions/save/percent", label_de="A", percent="1").status_code == 200
    assert state(site) != before
    owner.post("/promotion/drop", id="A", version="1")


def test_many_promotions_are_shown_leaf_by_leaf(site: Site, owner: Visitor) -> None:
    now = site.clock.now()
    with site.database() as database:
        for number in range(130):
            rule = RULE | {"id": f"P{number:03}", "label": {"de": f"Aktion {number:03}"}}
            drafts.save(database, rule, version=0, user="olga", now=now)
    first, second = owner.get("/promotions"), owner.get("/promotions?page=2")
    assert ("Aktion 099" in first.text, "Aktion 100" in first.text) == (True, False)
    assert ("Aktion 099" in second.text, "Aktion 129" in second.text) == (False, True)
    assert len(first.content) < 40_000
    for odd in ("0", "-1", "99", "x", "٣", "9" * 5000):
        assert owner.get(f"/promotions?page={odd}").status_code == 200
    with site.database() as database:
        for number in range(130):
            drafts.drop(database, f"P{number:03}", version=1, user="olga", now=now)
