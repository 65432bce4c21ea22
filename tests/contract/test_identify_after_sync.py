"""What is loaded at head office identifies a customer at the till, and stops doing so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from head_office_site import ANNA, Site

from pos_plugin import Found, Plugin, Refusal, Refused, Scanned
from pos_plugin.clock import SystemClock
from sync_agent.agent import Agent
from sync_agent.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ANNA_MUELLER = {
    **ANNA,
    "number": "100-1",
    "name": "Anna Müller",
    "birthday_on": "1980-12-24",
    "phone": "0170/1234567",
    "email": "Anna@Example.org",
}
BERND = {**ANNA, "id": "K2", "number": "100-2", "name": "Bernd Müller", "phone": "+49 170 1234567"}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    site.load(customer=[ANNA_MUELLER, BERND])
    with site.served() as url:
        site.url = url
        site.add_till("3")
        yield site


def sync(site: Site) -> None:
    with Agent(read_settings(site.till_dir() / "till.toml"), SystemClock()) as agent:
        agent.cycle()
        assert agent.status.problems == {}


def identify(site: Site, **asked: str) -> Any:
    with Plugin.open(site.till_dir() / "till.toml") as plugin:
        return plugin.identify(**asked)


def names(answer: Any) -> list[str]:
    assert isinstance(answer, Found)
    return [str(one["name"]) for one in answer.customers]


def test_customers_of_head_office_are_found_at_the_till(site: Site) -> None:
    assert identify(site, number="1001") == Refused(Refusal.CUSTOMER_UNKNOWN)
    sync(site)
    for asked in ({"number": "1001"}, {"email": "anna@example.org"}, {"name": "müller an"}):
        found = identify(site, **asked)
        assert isinstance(found, Scanned), asked
        assert found.panel is not None
        assert found.panel["name"] == "Anna Müller"
    both = ["Anna Müller", "Bernd Müller"]
    assert names(identify(site, phone="0049 170 1234567")) == both
    assert sorted(names(identify(site, name="mueller"))) == both


def test_change_at_head_office_is_followed(site: Site) -> None:
    sync(site)
    site.load(customer=[{**ANNA_MUELLER, "name": "Anna Weiß", "phone": "089 5555", "email": None}])
    sync(site)
    assert isinstance(identify(site, phone="+49 89 5555"), Scanned)
    assert isinstance(identify(site, name="weiss"), Scanned)
    assert identify(site, email="anna@example.org") == Refused(Refusal.CUSTOMER_UNKNOWN)
    assert identify(site, name="anna mueller") == Refused(Refusal.CUSTOMER_UNKNOWN)
    bernd = identify(site, phone="0170 1234567")
    assert isinstance(bernd, Scanned)
    assert bernd.code == "100-2"


def test_blocked_at_head_office_is_not_offered(site: Site) -> None:
    sync(site)
    site.load(customer=[{**ANNA_MUELLER, "status": "blocked"}])
    sync(site)
    assert identify(site, number="1001") == Refused(Refusal.CUSTOMER_UNKNOWN)
    assert isinstance(identify(site, name="müller"), Scanned)


def test_address_is_on_no_till_in_clear(site: Site) -> None:
    sync(site)
    content = b"".join(path.read_bytes() for path in site.till_dir().glob("cache-*"))
    assert b"example.org" not in content.lower()
    assert b"491701234567" in content  # negative control: digits are there to be compared
